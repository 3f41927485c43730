"""A class: who handed in, nothing lost or graded twice, and what teachers read and upload."""

from __future__ import annotations

import csv
import io
import json
import multiprocessing
import os
import re
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from gradtwin.exercises import sandbox
from gradtwin.exercises.classroom import Class, grade_folder, store, work
from gradtwin.exercises.classroom import run as runs
from gradtwin.exercises.classroom.gradescope import gradescope
from gradtwin.exercises.classroom.moodle import moodle
from gradtwin.exercises.classroom.nbgrader import nbgrader
from gradtwin.exercises.classroom.overview import count
from gradtwin.exercises.classroom.page import class_page
from gradtwin.exercises.classroom.run import default_out
from gradtwin.exercises.classroom.students import (
    Student,
    read_roster,
    readable,
    students_in,
    with_roster,
)
from gradtwin.exercises.classroom.tables import class_table, criteria_table, report_of
from gradtwin.exercises.classroom.write import write
from gradtwin.exercises.sandbox import SandboxMissingError
from gradtwin.exercises.texts import words_of

EXERCISE = '''
from gradtwin.exercises import Exercise, Mistake

double = Exercise(
    name="double",
    title={"en": "Double <b>", "es": "Doble <b>"},
    statement="y = 2 x",
    functions=["double(x) -> y"],
    shapes={"x": "N", "y": "N"},
    reference={"y": lambda x: 2 * x},
    points={"extreme": 0},
    right=["def double(x):\\n    return 2 * x\\n"],
    mistakes=[Mistake("squared", {"2 * x": "x * x"}, en="x is squared.", es="x está al cuadrado.")],
)
negate = Exercise(
    name="negate",
    title="Negate",
    statement="y = -x",
    functions=["negate(x) -> y"],
    shapes={"x": "N", "y": "N"},
    reference={"y": lambda x: -x},
    points={"extreme": 0},
)
'''
RIGHT = "def double(x):\n    return 2 * x\n"
IN_PLACE = "def double(x):\n    x *= 2\n    return x\n"
SQUARED = "def double(x):\n    return x * x\n"
NEGATED = "def negate(x):\n    return -x\n"


@pytest.fixture
def exercise(tmp_path: Path) -> str:
    path = tmp_path / "own.py"
    path.write_text(EXERCISE, encoding="utf-8")
    return str(path)


def hand_in(folder: Path, **files: str | bytes) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        raw = text if isinstance(text, bytes) else text.encode()
        (folder / f"{name}.py").write_bytes(raw)


Grade = Callable[..., Class]


@pytest.fixture
def graded(tmp_path: Path, exercise: str) -> Grade:
    """Without the sandbox, so that it runs everywhere; the box has its own tests."""

    def run(**options: Any) -> Class:
        given = {"sandboxed": False, "jobs": 1, "smallest": False, "exercises": [exercise]}
        return grade_folder(tmp_path / "class", **(given | options))

    return run


def status(group: Class) -> dict[str, list[str]]:
    return {p.student.name: [g.result.status for g in p.graded] for p in group.pupils}


# Students.


def test_students_are_found_however_they_are_named(tmp_path: Path) -> None:
    folder = tmp_path / "class"
    for name in ("Zoë Ünal", "Jose\u0301 Peña", "submission_987", ".git", "__MACOSX",
                 "Ana Ruiz_12_assignsubmission_file", "Ana Ruiz_13_assignsubmission_file"):
        (folder / name).mkdir(parents=True)
    (folder / "Luis Gil_14_assignsubmission_file_double.py").write_text(RIGHT)
    (folder / "Luis Gil_14_assignsubmission_file_negate.py").write_text(NEGATED)
    (folder / "gomezeva_LATE_15_99_double.py").write_text(RIGHT)
    (folder / "notes.py").write_text("")
    (folder / "list.pdf").write_text("")
    (folder / "linked").symlink_to(folder / "Zoë Ünal")
    students, strays = students_in(folder)
    assert [(s.name, s.id) for s in students] == [
        ("Ana Ruiz", "12"), ("Ana Ruiz", "13"), ("gomezeva", "15"), ("José Peña", ""),
        ("Luis Gil", "14"), ("submission_987", "987"), ("Zoë Ünal", ""),
    ]
    assert strays == ["notes.py"]
    assert len({s.key for s in students}) == len(students)
    assert all(s.key.isascii() for s in students)
    luis = students[4]
    assert sorted(luis.files) == ["double.py", "negate.py"]


@pytest.mark.skipif(sys.platform != "linux", reason="file names of any bytes")
def test_names_of_another_encoding(tmp_path: Path, exercise: str) -> None:
    raw = os.fsencode(tmp_path / "class") + b"/Mu\xf1oz <script>"
    os.makedirs(raw)
    with open(raw + b"/double.py", "w") as file:
        file.write(RIGHT)
    group = grade_folder(tmp_path / "class", sandboxed=False, jobs=1, smallest=False,
                         exercises=[exercise])
    assert status(group) == {"Muñoz <script>": ["right", "missing"]}
    write(group, tmp_path / "out", formats=("csv", "moodle", "gradescope", "nbgrader"))
    page = (tmp_path / "out" / "class.html").read_text(encoding="utf-8")
    assert "Muñoz &lt;script&gt;" in page
    assert "<script" not in page
    assert readable("Mu\udcf1oz") == "Muñoz"


def test_folders_that_are_none(tmp_path: Path, exercise: str) -> None:
    with pytest.raises(FileNotFoundError, match="no such folder"):
        grade_folder(tmp_path / "nowhere")
    (tmp_path / "class.zip").write_bytes(b"PK")
    with pytest.raises(NotADirectoryError, match="unpack it first"):
        grade_folder(tmp_path / "class.zip")
    (tmp_path / "class").mkdir()
    with pytest.raises(ValueError, match="a folder a student, found none"):
        grade_folder(tmp_path / "class")
    hand_in(tmp_path / "class" / "Ana")
    with pytest.raises(ValueError, match="nobody handed in an exercise"):
        grade_folder(tmp_path / "class", sandboxed=False)
    with pytest.raises(ValueError, match="each folder is a student"):
        grade_folder(tmp_path / "class", tmp_path / "class" / "out", exercises=[exercise])
    with pytest.raises(NotADirectoryError, match="is a file, expected a folder"):
        grade_folder(tmp_path / "class", exercise, exercises=[exercise], sandboxed=False)
    with pytest.raises(ValueError, match="no exercise 'sofmax'"):
        grade_folder(tmp_path / "class", exercises=["sofmax"])


# Grading.


def test_whatever_is_handed_in_the_rest_is_graded(tmp_path: Path, graded: Grade) -> None:
    folder = tmp_path / "class"
    notebook = {"cells": [{"cell_type": "code", "source": ["%matplotlib inline\n", RIGHT]}]}
    hand_in(folder / "Ana", double=RIGHT, negate=NEGATED)
    hand_in(folder / "Bea", double="def double(x:\n", negate=NEGATED)
    hand_in(folder / "Carla", double=b"\x00\x01binary", negate="# a\xf1o\n".encode("cp1252")
            + NEGATED.encode())
    hand_in(folder / "Dora", double="import os\nos._exit(0)\n", negate=NEGATED)
    hand_in(folder / "Eva")
    # an encoding that would take a minute to read is none of texts
    hand_in(folder / "Ela", double="# coding: punycode\n#" + "a" * 200_000 + "\n" + RIGHT)
    hand_in(folder / "Fe", negate="def negative(x): return -x")
    (folder / "Fe" / "double.ipynb").write_text(json.dumps(notebook))
    hand_in(folder / "Gala", negate=NEGATED)
    (folder / "Gala" / "double.ipynb").write_text(json.dumps(notebook)[:40])
    hand_in(folder / "Hugo" / "a folder" / "deeper", double=RIGHT, negate=NEGATED)
    group = graded()
    assert status(group) == {
        "Ana": ["right", "right"],
        "Bea": ["unloadable", "right"],
        "Carla": ["unloadable", "right"],
        "Dora": ["unloadable", "right"],
        "Ela": ["right", "missing"],
        "Eva": ["missing", "missing"],
        "Fe": ["right", "unloadable"],
        "Gala": ["unloadable", "right"],
        "Hugo": ["right", "right"],
    }
    for pupil in group.pupils:
        for g in pupil.graded:
            assert g.result.ok or g.result.notes, (pupil.student.name, g.exercise.name)
    ela = next(p for p in group.pupils if p.student.name == "Ela")
    assert "read as Windows-1252" in ela.graded[0].result.notes[0].say("en")


def test_a_link_brings_nothing_of_another_student(tmp_path: Path, graded: Grade) -> None:
    folder = tmp_path / "class"
    hand_in(folder / "Ana", double=RIGHT, secret="x = 1")
    hand_in(folder / "Bea", negate=NEGATED + "import secret\n")
    (folder / "Bea" / "double.py").symlink_to(folder / "Ana" / "double.py")
    (folder / "Bea" / "secret.py").symlink_to(folder / "Ana" / "secret.py")
    (folder / "Bea" / "there").symlink_to(folder / "Ana")
    os.mkfifo(folder / "Bea" / "pipe.py")
    group = graded()
    assert status(group)["Bea"][0] == "missing"
    assert any("secret" in n.say("en") for n in group.pupils[1].graded[1].result.notes)
    # files that a platform put into one folder import nothing of each other either
    flat = tmp_path / "flat"
    flat.mkdir()
    (flat / "ana_1_1_double.py").write_text(RIGHT)
    (flat / "bea_2_2_double.py").write_text("from ana_1_1_double import double")
    group = grade_folder(flat, sandboxed=False, jobs=1, smallest=False,
                         exercises=[str(tmp_path / "own.py")])
    assert status(group) == {"ana": ["right", "missing"], "bea": ["unloadable", "missing"]}


def test_nothing_is_graded_twice(
    tmp_path: Path, graded: Grade, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "class"
    for name in ("Ana", "Bea", "Carla"):
        hand_in(folder / name, double=RIGHT, negate=NEGATED)
    calls: list[str] = []
    real = work.grade

    def counted(exercise: Any, submission: Any, **options: Any) -> Any:
        calls.append(f"{submission.path.parent.name} {exercise.name}")
        if len(calls) == 4:
            raise KeyboardInterrupt                     # in the middle of Bea
        return real(exercise, submission, **options)

    monkeypatch.setattr(work, "grade", counted)
    with pytest.raises(KeyboardInterrupt):
        graded()
    assert calls == ["Ana double", "Ana negate", "Bea double", "Bea negate"]
    calls[:] = [*calls, "interrupted"]
    assert graded().ok
    assert calls[5:] == ["Bea negate", "Carla double", "Carla negate"]
    del calls[:]
    calls += ["-"] * 4                                  # no more interruptions
    assert graded().ok
    assert calls == ["-"] * 4
    # what has changed is graded again, and nothing else
    hand_in(folder / "Bea", negate=NEGATED + "# better\n")
    assert graded().ok
    assert calls[4:] == ["Bea double", "Bea negate"]    # either may import the other
    hand_in(folder / "Bea", helper="x = 1")
    graded()
    assert calls[6:] == ["Bea double", "Bea negate"]
    # a changed exercise, and a file that is damaged
    own = tmp_path / "own.py"
    own.write_text(EXERCISE + "# another version\n", encoding="utf-8")
    for cached in (store._exercise, work.asked_for):
        cached.cache_clear()
    graded()
    assert len(calls) == 8 + 6
    kept = sorted((default_out(folder) / store.FOLDER).iterdir())
    assert len(kept) == 3
    kept[0].write_text(kept[0].read_text()[:50])
    graded()
    assert len(calls) == 14 + 2


@pytest.mark.skipif(os.name != "posix", reason="process groups and SIGKILL")
def test_a_run_that_is_killed_goes_on_later(
    tmp_path: Path, exercise: str, graded: Grade
) -> None:
    folder = tmp_path / "class"
    hand_in(folder / "Ana", double=RIGHT, negate=NEGATED)
    hand_in(folder / "Bea", double=RIGHT, negate="import time\ntime.sleep(9)\n" + NEGATED)
    code = (
        "from gradtwin.exercises.classroom import grade_folder\nif __name__ == '__main__':\n"
        f"    grade_folder({str(folder)!r}, exercises=[{exercise!r}], jobs=2, sandboxed=False)\n"
    )
    (tmp_path / "main.py").write_text(code)
    main = subprocess.Popen(
        [sys.executable, str(tmp_path / "main.py")], start_new_session=True,
        env={**os.environ, "PYTHONPATH": str(Path(sandbox.__file__).parents[2])})
    results = default_out(folder) / store.FOLDER

    def done() -> dict[str, list[str]]:
        kept = [json.loads(p.read_text()) for p in results.glob("*.json")]
        return {k["student"]: list(k["exercises"]) for k in kept}

    wait_until(lambda: done() == {"Ana": ["double", "negate"], "Bea": ["double"]})
    main.kill()
    main.wait()
    wait_until(lambda: not group_lives(main.pid))        # nor do its workers stay
    assert done() == {"Ana": ["double", "negate"], "Bea": ["double"]}
    hand_in(folder / "Bea", negate=NEGATED)
    assert graded().ok


def wait_until(happened: Callable[[], bool]) -> None:
    until = time.monotonic() + 120
    while not happened():
        assert time.monotonic() < until
        time.sleep(0.05)


def group_lives(pid: int) -> bool:
    try:
        os.killpg(pid, 0)
    except ProcessLookupError:
        return False
    return True


def test_a_file_is_whole_or_as_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store.write_whole(tmp_path / "a" / "b.json", "1")

    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("os.replace", interrupted)
    with pytest.raises(KeyboardInterrupt):
        store.write_whole(tmp_path / "a" / "b.json", "2")
    assert [p.name for p in (tmp_path / "a").iterdir()] == ["b.json"]
    assert (tmp_path / "a" / "b.json").read_text() == "1"


def test_a_defect_of_the_grader_is_no_verdict(
    tmp_path: Path, graded: Grade, monkeypatch: pytest.MonkeyPatch
) -> None:
    hand_in(tmp_path / "class" / "Ana", double=RIGHT, negate=NEGATED)
    real = work.grade

    def fails(exercise: Any, *rest: Any, **options: Any) -> Any:
        if exercise.name == "double":
            raise ZeroDivisionError("of the grader's own")
        return real(exercise, *rest, **options)

    with monkeypatch.context() as patch:
        patch.setattr(work, "grade", fails)
        group = graded()
    assert status(group) == {"Ana": ["unloadable", "right"]}
    note = group.pupils[0].graded[0].result.notes[0].say("en")
    assert "no verdict on this code: ZeroDivisionError" in note
    assert graded().ok                                  # so it was not kept


def dies(student: Student, of: work.Work) -> str:
    """In a worker: the process of one student dies, as it does when memory runs out."""
    if student.name == "Bea":
        os._exit(1)
    return work.grade_student(student, of)


def test_several_processes_and_one_that_dies(
    tmp_path: Path, graded: Grade, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "class"
    for name in ("Ana", "Bea"):
        hand_in(folder / name, double=RIGHT, negate=NEGATED)
    monkeypatch.setattr(runs, "grade_student", dies)
    seen: list[tuple[int, int]] = []
    group = graded(jobs=2, progress=lambda done, of: seen.append((done, of)))
    ana = [n.say("en") for g in group.pupils[0].graded for n in g.result.notes]
    assert status(group)["Ana"] == ["right", "right"], ana
    assert status(group)["Bea"] == ["unloadable", "unloadable"]
    note = group.pupils[1].graded[0].result.notes[0]
    assert "its process died" in note.say("en")
    assert "su proceso ha terminado" in note.say("es")
    assert seen == [(1, 2), (2, 2)]
    assert not multiprocessing.active_children()


def test_without_a_sandbox_it_is_refused(
    tmp_path: Path, graded: Grade, monkeypatch: pytest.MonkeyPatch
) -> None:
    hand_in(tmp_path / "class" / "Ana", double=RIGHT)
    monkeypatch.setattr(sandbox, "bubblewraps", lambda: [])
    sandbox._working.cache_clear()
    try:
        expected = r"no bubblewrap.*apt install.*--no-sandbox"
        with pytest.raises(SandboxMissingError, match=expected) as caught:
            graded(sandboxed=True)
        assert re.match(r"no se ha encontrado bubblewrap.*; instala.*--no-sandbox",
                        words_of(caught.value, "es"))
        assert not default_out(tmp_path / "class").exists()
    finally:
        sandbox._working.cache_clear()


@pytest.mark.skipif(bool(sandbox.sandbox_missing()), reason=str(sandbox.sandbox_missing()))
def test_hostile_students_in_the_sandbox(tmp_path: Path, graded: Grade) -> None:
    folder = tmp_path / "class"
    hand_in(folder / "Ana", double=RIGHT, negate=NEGATED)
    hand_in(folder / "Mallory", negate=NEGATED, double=(
        f"double = eval(\"lambda x: open({str(folder / 'Ana' / 'double.py')!r}) and 2 * x\")"))
    group = graded(sandboxed=True)
    assert status(group) == {"Ana": ["right", "right"], "Mallory": ["wrong", "right"]}
    reason = group.pupils[1].graded[0].result.criteria[0].reason
    assert reason is not None
    assert "FileNotFoundError" in reason.say("en")


# What teachers read.


@pytest.fixture
def group(tmp_path: Path, graded: Grade) -> Class:
    folder = tmp_path / "class"
    hand_in(folder / "=cmd()|Ruiz, Ana_7_assignsubmission_file", double=RIGHT, negate=NEGATED)
    hand_in(folder / "Gil Sanz, José_8_assignsubmission_file", double=SQUARED)
    hand_in(folder / "Peña, Eva_9_assignsubmission_file", double=IN_PLACE, negate=(
        "def negate(x):\n    raise ValueError('=1+1 <img src=x onerror=alert(1)>\\x1b[2J')"))
    return graded()


def rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


def test_statistics(group: Class) -> None:
    double, negate = count(group)
    assert (double.handed_in, double.right, double.unloadable) == (3, 1, 0)
    assert [(k.diagnosis.names, k.count) for k in double.known] == [(["squared"], 1)]
    assert double.first_wrong == [("y", 1)]
    assert double.mean == (1 + 0 + 3 / 4) / 3
    assert (negate.handed_in, negate.right, negate.unknown) == (2, 1, 1)
    assert negate.mean == 0.5


def test_the_page(group: Class) -> None:
    from html.parser import HTMLParser

    page = class_page(group, "es", lambda p: f"students/{p.student.key}.html")
    assert '<html lang="es"' in page
    assert "x está al cuadrado." in page
    assert "Doble &lt;b&gt;" in page
    assert "prefers-color-scheme: dark" in page
    assert "width=device-width" in page

    class Tags(HTMLParser):
        def __init__(self) -> None:
            super().__init__()
            self.tags: set[str] = set()
            self.links: list[str] = []

        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            self.tags.add(tag)
            self.links += [v or "" for k, v in attrs if k in ("href", "src")]
            assert not [k for k, _ in attrs if k.startswith("on")]

    tags = Tags()
    tags.feed(page)
    assert not tags.tags & {"script", "b", "img", "iframe", "object"}
    assert not [link for link in tags.links if "//" in link or ":" in link]


def test_tables_hold_no_formula(group: Class) -> None:
    text = class_table(group, "en")
    table = rows(text)
    assert [r["student"] for r in table] == ["'=cmd()|Ruiz, Ana", "Gil Sanz, José", "Peña, Eva"]
    assert [r["double"] for r in table] == ["4", "0", "3"]
    assert table[1]["double: reason"] == "x is squared."
    assert table[1]["negate: verdict"] == "not found"
    criteria = rows(criteria_table(group, "en"))
    assert len(criteria) == 3 * 6
    assert sum(float(r["points"]) for r in criteria) == sum(p.points for p in group.pupils)
    assert all(r["reason"] for r in criteria if r["points"] != r["of"])
    for each in (text, criteria_table(group, "es"), moodle(group, "es"), nbgrader(group)):
        for row in csv.reader(io.StringIO(each)):
            assert not [c for c in row if c.lstrip()[:1] in tuple("=+-@\t\r") and c != "-"]


def test_expected_values_can_be_hidden(tmp_path: Path, graded: Grade) -> None:
    hand_in(tmp_path / "class" / "Ana", double="def double(x):\n    return 0 * x + 77\n")
    group = graded(smallest=True)
    assert "expected" in str(report_of(group.pupils[0], "en"))
    hidden = str(report_of(group.pupils[0], "en", hide_expected=True))
    assert "77" in hidden
    assert "  expected " not in hidden


# What teachers upload.


def test_gradescope(group: Class) -> None:
    """The documented output format: gradescope-autograders.readthedocs.io, Specifications."""
    form: dict[str, type | tuple[type, ...]] = {
        "score": (int, float), "execution_time": (int, float), "output": str,
        "output_format": str, "test_output_format": str, "test_name_format": str,
        "visibility": str, "stdout_visibility": str, "extra_data": dict, "tests": list,
        "leaderboard": list,
    }
    of_test: dict[str, type | tuple[type, ...]] = {
        "score": (int, float), "max_score": (int, float), "status": str, "name": str,
        "name_format": str, "number": str, "output": str, "output_format": str, "tags": list,
        "visibility": str, "extra_data": dict,
    }
    visible = {"hidden", "after_due_date", "after_published", "visible"}
    formats = {"text", "html", "simple_format", "md", "ansi"}
    for pupil in group.pupils:
        whole = json.loads(gradescope(pupil, "es"))
        for given, known in [(whole, form), *((t, of_test) for t in whole["tests"])]:
            for key, value in given.items():
                assert isinstance(value, known[key]), key
            assert given["visibility"] in visible
            assert given["output_format"] in formats
        assert whole["stdout_visibility"] in visible
        assert {t["status"] for t in whole["tests"]} <= {"passed", "failed"}
        assert whole["score"] == sum(t["score"] for t in whole["tests"]) == pupil.points
        assert sum(t["max_score"] for t in whole["tests"]) == pupil.of
        assert len({t["number"] for t in whole["tests"]}) == len(whole["tests"])
        assert "\x1b" not in json.dumps(whole, ensure_ascii=False)


def test_nbgrader(group: Class) -> None:
    """The columns of nbgrader's CsvExportPlugin (nbgrader/plugins/export.py), 0 where missing."""
    table = rows(nbgrader(group))
    assert list(table[0]) == [
        "assignment", "duedate", "timestamp", "student_id", "last_name", "first_name", "email",
        "raw_score", "late_submission_penalty", "score", "max_score"]
    assert len(table) == 6
    eva = next(r for r in table if r["student_id"] == "9" and r["assignment"] == "double")
    assert (eva["last_name"], eva["first_name"], eva["email"]) == ("Peña", "Eva", "")
    assert (eva["raw_score"], eva["score"], eva["max_score"]) == ("3.0", "3.0", "4.0")
    assert len(eva["timestamp"]) == len("2026-01-31 23:59:59")
    missing = next(r for r in table if r["student_id"] == "8" and r["assignment"] == "negate")
    assert (missing["timestamp"], missing["score"]) == ("", "0.0")


def test_moodle_grade_import(group: Class, tmp_path: Path, graded: Grade) -> None:
    """Columns that say who, and a column a grade item, as docs.moodle.org's "Grade import" maps."""
    table = rows(moodle(group, "es"))
    assert list(table[0]) == ["First name", "Last name", "ID number", "Email address",
                              "Doble <b>", "Negate", "Total"]
    assert [r["ID number"] for r in table] == ["7", "8", "9"]
    listed = tmp_path / "list.csv"
    listed.write_text(
        "Nombre;Apellido(s);Número de ID;Dirección de correo\n"
        "Ana;Ruiz;7;ana@example.org\nJosé;Gil Sanz;8;+jose@example.org\n", encoding="utf-8-sig")
    table = rows(moodle(graded(roster=listed), "en"))
    assert [r["Email address"] for r in table] == ["ana@example.org", "'+jose@example.org", ""]
    assert [r["Total"] for r in table] == ["8", "0", "3"]


def test_moodle_grading_worksheet(tmp_path: Path, graded: Grade, group: Class) -> None:
    """Moodle takes its own worksheet back: Identifier, Grade, Last modified (grade)."""
    sheet = tmp_path / "sheet.csv"
    sheet.write_text(
        "Identifier,Full name,Email address,Status,Grade,Maximum Grade,Grade can be changed,"
        "Last modified (submission),Last modified (grade),Feedback comments\n"
        'Participant 8,José Gil Sanz,j@x.org,Submitted,,10.00,Yes,"Monday, 1 June 2026",-,\n'
        "Participant 9,Eva Peña,e@x.org,Submitted,-,10.00,Yes,,-,\n"
        "Participant 99,Who Nobody,w@x.org,No submission,-,10.00,Yes,,-,\n", encoding="utf-8")
    table = rows(moodle(graded(roster=sheet), "en"))
    assert list(table[0]) == list(rows(sheet.read_text(encoding="utf-8"))[0])
    assert [r["Grade"] for r in table] == ["0.00", "3.75", "-"]
    assert [r["Identifier"] for r in table] == ["Participant 8", "Participant 9", "Participant 99"]


def test_the_list_of_a_class_names_only_whom_it_is_sure_of(tmp_path: Path) -> None:
    listed = tmp_path / "list.csv"
    listed.write_text("Full name,Email address\nAna Ruiz,ana1@x.org\nAna Ruiz,ana2@x.org\n"
                      "José Peña,jose@x.org\n")
    roster = read_roster(listed)
    students = [Student("a", "Ana Ruiz"), Student("b", "ana2"), Student("c", "jose peña")]
    assert [s.email for s in with_roster(students, roster)] == ["", "ana2@x.org", "jose@x.org"]
    (tmp_path / "none.csv").write_text("colour\nred\n")
    with pytest.raises(ValueError, match="expected a CSV with a column such as email"):
        read_roster(tmp_path / "none.csv")
    with pytest.raises(FileNotFoundError, match="no such file"):
        read_roster(tmp_path / "nowhere.csv")


def test_all_is_written(group: Class, tmp_path: Path) -> None:
    out = tmp_path / "out"
    files = write(group, out, formats=("csv", "moodle", "gradescope", "nbgrader"), lang="es")
    assert all(f.exists() for f in files)
    assert len(list((out / "students").iterdir())) == 3
    assert len(list((out / "gradescope").glob("*/results.json"))) == 3
    for page in out.rglob("*.html"):
        text = page.read_text(encoding="utf-8")
        assert "<img" not in text
        assert "\x1b" not in text
    assert (out / "class.csv").read_bytes()[:3] == b"\xef\xbb\xbf"
    with pytest.raises(ValueError, match="formats: expected some of csv"):
        write(group, out, formats=("xlsx",))
    with pytest.raises(ValueError, match="lang: expected one of"):
        write(group, out, lang="fr")


def test_the_command(tmp_path: Path, exercise: str) -> None:
    hand_in(tmp_path / "class" / "José", double=SQUARED)
    command = [sys.executable, "-c", "from gradtwin.cli import main; main()", "exercises", "grade"]
    done = subprocess.run(
        [*command, str(tmp_path / "class"), "--exercise", exercise, "--no-sandbox", "--jobs", "1",
         "--moodle", "--lang", "es", "--out", str(tmp_path / "out")],
        capture_output=True, text=True, env={**os.environ, "PYTHONIOENCODING": "ascii"})
    assert done.returncode == 1, done.stderr
    assert done.stderr == ""                            # a bar is for terminals
    assert "Estudiantes: 1; ejercicios: 2; bien: 0 de 2" in done.stdout
    assert (tmp_path / "out" / "moodle.csv").exists()
    assert "x está al cuadrado" in (tmp_path / "out" / "class.html").read_text(encoding="utf-8")
    done = subprocess.run([*command, str(tmp_path / "nowhere")], capture_output=True, text=True)
    assert done.returncode == 2
    assert "no such folder" in done.stderr


def test_two_whose_names_read_the_same_are_told_apart(tmp_path):
    """Composed and decomposed accents: two folders, one name, and Moodle must not mix them up."""
    for name in ("Zo\u00eb", "Zoe\u0308", "Ana"):
        (tmp_path / name).mkdir()
    names = [student.name for student in students_in(tmp_path)[0]]
    assert names[0] == "Ana"
    assert len(set(names)) == 3
    assert all(re.fullmatch(r"Zoë \(zoe-[0-9a-f]{8}\)", name) for name in names[1:])
