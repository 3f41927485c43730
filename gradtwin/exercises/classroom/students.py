"""Who handed something in: a folder a student, named as people and platforms name them.

Names come in any form: accents composed or not, encodings of a zip file that were not UTF-8, two
students of one name. What is shown is the name; what tells students apart is their folder.
"""

from __future__ import annotations

import csv
import hashlib
import io
import os
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from ..folder import KINDS
from ..submission import decoded
from ..texts import N_, fault
from ..untrusted import clean

_MOODLE = re.compile(r"(?P<name>.+?)_(?P<id>\d+)_assignsubmission_[a-z]+(_(?P<file>.+))?")
_CANVAS = re.compile(r"(?P<name>[^_]+)(_LATE)?_(?P<id>\d+)_\d+_(?P<file>.+)")
_GRADESCOPE = re.compile(r"submission_(?P<id>\d+)")


@dataclass(frozen=True)
class Student:
    """One student.

    Args:
        key: tells students apart: the name of the folder, made fit for a file of its own.
        name: as shown.
        id: the platform's number or name, "" where the folder has none.
        folder: what was handed in; None where it is single files.
        files: those files, by the name that the student gave them.
        email, first_name, last_name, number: from the list of the class.
    """

    key: str
    name: str
    id: str = ""
    folder: Path | None = None
    files: Mapping[str, Path] = field(default_factory=dict)
    email: str = ""
    first_name: str = ""
    last_name: str = ""
    number: str = ""

    @property
    def names(self) -> tuple[str, str]:
        """First and last name: as in the list of the class, else split where people mostly do."""
        if self.first_name or self.last_name:
            return self.first_name, self.last_name
        last, comma, first = self.name.partition(",")
        if not comma:
            first, _, last = self.name.partition(" ")
        return first.strip(), last.strip()


def students_in(folder: Path) -> tuple[list[Student], list[str]]:
    """The students of a class, by name, and the files that belong to nobody.

    A student is a folder, named as one likes or by Moodle, Gradescope or nbgrader; or the files
    that Moodle and Canvas name after students where they make no folders.

    Raises:
        FileNotFoundError, NotADirectoryError: there is no such folder.
    """
    if not folder.exists():
        raise fault(FileNotFoundError, N_("no such folder: {folder}"), folder=folder)
    if not folder.is_dir():
        packed = folder.suffix.lower() in (".zip", ".gz", ".7z")
        raise fault(
            NotADirectoryError,
            N_("expected a folder with a folder a student, got a file: {path}; unpack it first")
            if packed else N_("expected a folder with a folder a student, got a file: {path}"),
            path=folder,
        )
    found: list[Student] = []
    single: dict[tuple[str, str], dict[str, Path]] = {}
    strays: list[str] = []
    for path in sorted(folder.iterdir()):
        if path.name.startswith((".", "__")) or path.is_symlink():
            continue
        name = readable(path.name)
        if path.is_dir():
            found.append(_of_folder(path, name))
        elif (match := _MOODLE.fullmatch(name) or _CANVAS.fullmatch(name)) and match["file"]:
            single.setdefault((match["name"], match["id"]), {})[match["file"]] = path
        elif path.suffix.lower() in KINDS:
            strays.append(name)
    found += [
        Student(_key(f"{name}_{number}"), name, number, files=files)
        for (name, number), files in single.items()
    ]
    told_apart = _told_apart(found)
    return sorted(told_apart, key=lambda s: (folded(s.name), s.id, s.key)), strays


def _told_apart(students: Sequence[Student]) -> list[Student]:
    """Two whose names read the same show their keys too, so that no table mixes them up."""
    times = Counter((s.name, s.id) for s in students)
    return [
        replace(s, name=f"{s.name} ({s.key})") if times[s.name, s.id] > 1 else s for s in students
    ]


def _of_folder(path: Path, name: str) -> Student:
    match = _MOODLE.fullmatch(name) or _GRADESCOPE.fullmatch(name)
    groups = match.groupdict() if match else {}
    return Student(_key(path.name), groups.get("name", name), groups.get("id", ""), path)


def readable(name: str) -> str:
    """A file's name in words: composed accents, and bytes that are no UTF-8 read as Windows-1252.

    >>> readable("Jose\\u0301"), readable("Mu\\udcf1oz")
    ('José', 'Muñoz')
    """
    raw = os.fsencode(name)
    try:
        text = raw.decode()
    except UnicodeDecodeError:
        text = raw.decode("cp1252", errors="replace")
    return clean(unicodedata.normalize("NFC", text))


def folded(text: str) -> str:
    """A name to compare and to sort by: without accents and capitals.

    >>> folded("Álvaro  MUÑOZ")
    'alvaro munoz'
    """
    plain = unicodedata.normalize("NFKD", text)
    return " ".join("".join(c for c in plain if not unicodedata.combining(c)).casefold().split())


def _key(name: str) -> str:
    """A file's name that every system takes, another one for every folder."""
    words = re.sub(r"[^a-z0-9]+", "-", folded(readable(name))).strip("-")[:40]
    return f"{words}-{hashlib.sha256(os.fsencode(name)).hexdigest()[:8]}".lstrip("-")


# The list of the class.

COLUMNS: Mapping[str, Sequence[str]] = {
    "id": ("id", "identifier", "identificador", "student_id", "username", "nombre de usuario",
           "usuario"),
    "number": ("id number", "idnumber", "numero de id", "dni", "sid"),
    "name": ("name", "full name", "nombre completo"),
    "first_name": ("first name", "first_name", "firstname", "nombre"),
    "last_name": ("last name", "last_name", "lastname", "surname", "apellidos", "apellido(s)"),
    "email": ("email", "email address", "e-mail", "correo", "correo electronico",
              "direccion de correo", "direccion de correo electronico"),
}
"""What the columns of a list may be called, in both languages; accents and capitals aside."""


@dataclass(frozen=True)
class Roster:
    """The list of a class: its rows as they came, and where each piece stands."""

    header: list[str]
    rows: list[list[str]]
    columns: Mapping[str, int]

    def get(self, row: Sequence[str], what: str) -> str:
        """A cell, "" where there is none."""
        at = self.columns.get(what, -1)
        return row[at].strip() if 0 <= at < len(row) else ""

    def name(self, row: Sequence[str]) -> str:
        return self.get(row, "name") or " ".join(
            part for part in (self.get(row, "first_name"), self.get(row, "last_name")) if part)


def read_roster(path: Path) -> Roster:
    """A CSV with a row a student: from Moodle (grades, or a grading worksheet), or of one's own.

    Raises:
        FileNotFoundError: no such file.
        ValueError: no column that tells students apart.
    """
    if not path.is_file():
        raise fault(FileNotFoundError, N_("no such file: {path}"), path=path)
    text, _ = decoded(path.read_bytes())
    lines = (text or "").lstrip("\N{ZERO WIDTH NO-BREAK SPACE}")
    first = lines.partition("\n")[0]
    delimiter = max(",;\t", key=first.count)
    header, *rows = list(csv.reader(io.StringIO(lines), delimiter=delimiter)) or [[]]
    known = [folded(name) for name in header]
    columns = {
        what: known.index(name)
        for what, names in COLUMNS.items()
        for name in names[::-1] if name in known
    }
    if not {"id", "number", "name", "first_name", "email"} & set(columns):
        raise fault(
            ValueError,
            N_("{path}: expected a CSV with a column such as {columns} or id number, got {came!r}"),
            path=path, columns=", ".join([*COLUMNS["email"][:2], *COLUMNS["name"][:2]]),
            came=", ".join(header),
        )
    return Roster(header, [row for row in rows if any(cell.strip() for cell in row)], columns)


def with_roster(students: Iterable[Student], roster: Roster) -> list[Student]:
    """The students with what the list says of them; ambiguous names stay as they are."""
    by: dict[str, list[list[str]]] = {}
    for row in roster.rows:
        for word in _words(roster, row):
            by.setdefault(word, []).append(row)
    known = []
    for student in students:
        own = [student.id, *(folded(part) for part in (student.name, student.id))]
        rows = next((by[w] for w in own if w and len(by.get(w, [])) == 1), None)
        if rows is None:
            known.append(student)
            continue
        row = rows[0]
        known.append(replace(
            student, email=roster.get(row, "email"), number=roster.get(row, "number"),
            first_name=roster.get(row, "first_name"), last_name=roster.get(row, "last_name"),
        ))
    return known


def _words(roster: Roster, row: Sequence[str]) -> set[str]:
    """All by which a folder may name this row's student."""
    identifier, email = roster.get(row, "id"), roster.get(row, "email")
    first, last = roster.get(row, "first_name"), roster.get(row, "last_name")
    number = re.search(r"\d+$", identifier)             # "Participant 123" of a grading worksheet
    words = {
        number[0] if number else "", roster.get(row, "number"), folded(identifier), folded(email),
        folded(email.partition("@")[0]), folded(roster.name(row)),
        folded(f"{last}, {first}"), folded(f"{last} {first}"),
    }
    return words - {"", ","}


def row_of(student: Student, roster: Roster) -> int | None:
    """Which row of the list a student is."""
    for n, row in enumerate(roster.rows):
        if student.email and roster.get(row, "email") == student.email:
            return n
        identifier = re.search(r"\d+$", roster.get(row, "id"))
        if student.id and identifier and identifier[0] == student.id:
            return n
        if student.number and roster.get(row, "number") == student.number:
            return n
    return None
