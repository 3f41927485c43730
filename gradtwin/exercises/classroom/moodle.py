"""Grades for Moodle.

With a grading worksheet of the assignment as the list of the class, that worksheet comes back with
its column "Grade" filled, ready for "Upload grading worksheet". Otherwise a file for the import of
grades from CSV: columns that say who (map "Email address" to the e-mail, "ID number" to the number)
and a column a grade item. See docs.moodle.org, "Grade import" and "Assignment grading".
"""

from __future__ import annotations

from ..reports.table import written
from ..texts import pick
from .run import Class, Pupil
from .students import folded, row_of

GRADE = ("grade", "calificacion")
MAXIMUM = ("maximum grade", "calificacion maxima")
IDENTIFIER = ("identifier", "identificador")
MODIFIED = ("last modified (grade)", "ultima modificacion (calificacion)")
"""Columns of the grading worksheet, English and Spanish; without the last, Moodle refuses it."""


def moodle(group: Class, lang: str) -> str:
    """The file to upload, in UTF-8."""
    return _worksheet(group) or _import(group, lang)


def _import(group: Class, lang: str) -> str:
    header = ["First name", "Last name", "ID number", "Email address"]
    header += [pick(e.title, lang) for e in group.exercises]
    return written(_distinct([*header, "Total"]), (
        [*p.student.names, p.student.number or p.student.id, p.student.email,
         *(f"{g.result.points:g}" for g in p.graded), f"{p.points:g}"]
        for p in group.pupils
    ))


def _distinct(names: list[str]) -> list[str]:
    """Two exercises of one title get a number: Moodle maps columns by their name."""
    return [n if names.index(n) == i else f"{n} ({names[: i + 1].count(n)})"
            for i, n in enumerate(names)]


def _worksheet(group: Class) -> str:
    roster = group.roster
    if roster is None:
        return ""
    known = [folded(name) for name in roster.header]

    def column(names: tuple[str, ...]) -> int:
        return next((known.index(n) for n in names if n in known), -1)

    grade, maximum = column(GRADE), column(MAXIMUM)
    if grade < 0 or column(IDENTIFIER) < 0 or column(MODIFIED) < 0:
        return ""
    whose: dict[int, Pupil] = {}
    for pupil in group.pupils:
        n = row_of(pupil.student, roster)
        if n is not None:
            whose[n] = pupil
    rows = []
    for n, given in enumerate(roster.rows):
        row = [*given, *[""] * (len(known) - len(given))]
        if n in whose:
            most = _number(row[maximum]) if maximum >= 0 else None
            p = whose[n]
            points = p.points if most is None or not p.of else most * p.points / p.of
            row[grade] = f"{points:.2f}"
        rows.append(row)
    return written(roster.header, rows)


def _number(text: str) -> float | None:
    try:
        return float(text.replace(",", "."))
    except ValueError:
        return None
