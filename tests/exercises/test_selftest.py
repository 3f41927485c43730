"""The self-test: passes for every exercise of the library, and fails for each way of being bad."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from gradtwin.exercises import Convention, Exercise, Expected, Layout, Mistake, gradient
from gradtwin.exercises.library import NAMES, find
from gradtwin.exercises.own import exercises_in, exercises_of
from gradtwin.exercises.selftest import Check, Report, selftest
from gradtwin.exercises.texts import LANGUAGES

RIGHT = """
import numpy as np

def square(x):
    return x * x

def square_backward(g, x):
    dx = 2 * x
    return g * dx
"""
LOOPS = """
def square(x):
    return [[v * v for v in row] for row in x.tolist()]

def square_backward(g, x):
    return [[2 * v * u for u, v in zip(us, vs)] for us, vs in zip(g.tolist(), x.tolist())]
"""
FACTOR = Mistake("factor", {"dx = 2 * x": "dx = 1 * x"}, "The 2 is missing.")
UPSTREAM = Mistake("upstream", {"return g * dx": "return dx"}, "g is missing.")


def squares(**more: Any) -> Exercise:
    declared = {
        "right": [RIGHT, LOOPS], "mistakes": [FACTOR, UPSTREAM], "shapes": {"x": "N D", "g": "N D"},
        "functions": ["square(x) -> y", "square_backward(g, x) -> dx"],
        "reference": {"y": lambda x: x**2, "dx": gradient("y", "x", "g")},
    }
    return Exercise("squares", "Squares", "y = x^2", **{**declared, **more})


def failures(exercise: Exercise) -> dict[str, str]:
    """What the self-test says against an exercise: subject -> reason in English."""
    report = selftest(exercise, boxed=False)
    return {c.subject: c.reason.say("en") for c in report.failures if c.reason is not None}


# ---- good ones ------------------------------------------------------------------------------


@pytest.mark.parametrize("name", NAMES)
def test_a_built_in_exercise_grades_as_it_says(name: str) -> None:
    report = selftest(name, boxed=False)
    assert report.ok, report.say()
    subjects = {c.subject for c in report.checks}
    exercise = find(name)
    assert {"declaration", "texts", "right 1", "right 2", "right 3", "zeros"} <= subjects
    assert {m.name for m in exercise.mistakes} <= subjects


@pytest.mark.parametrize("name", NAMES)
def test_right_solutions_are_right_in_the_box_too(name: str) -> None:
    """One box an exercise: the last solution, often the one furthest from the first."""
    from gradtwin.exercises.grading import grade
    from gradtwin.exercises.submission import Submission

    exercise = find(name)
    result = grade(exercise, Submission([exercise.right[-1]]), sandboxed=False)
    assert result.ok, result.to_dict()
    assert not result.diagnoses


def test_a_good_exercise_of_ones_own() -> None:
    report = selftest(squares(), boxed=False)
    assert report.ok, report.say()
    assert report.say() == "squares: 13 of 13 as declared"


def test_ten_lines_in_a_file_and_the_box(tmp_path: Path) -> None:
    file = tmp_path / "mine.py"
    file.write_text(
        'from gradtwin.exercises import Exercise, F, Mistake, gradient\n'
        'exercise = Exercise("cube", "Cubo", "y = x³ y su gradiente.",\n'
        '    ["cube(x) -> y", "cube_backward(g, x) -> dx"],\n'
        '    {"y": lambda x: x**3, "dx": gradient("y", "x", "g")},\n'
        '    shapes={"x": "N D", "g": "N D"},\n'
        '    right=["def cube(x):\\n    return x**3\\n"\n'
        '           "def cube_backward(g, x):\\n    return 3 * g * x**2\\n"],\n'
        '    mistakes=[Mistake("power", {"g * x**2": "g * x"}, es="El exponente baja en uno.")],\n'
        ")\n",
        encoding="utf-8",
    )
    seen: list[Check] = []
    report = selftest(file, watch=seen.append)
    assert report.ok, report.say("es")
    assert seen == report.checks
    assert selftest(str(file), boxed=False).ok


# ---- bad ones, each planted -----------------------------------------------------------------


def test_a_mistake_that_equals_right() -> None:
    none = Mistake("none", {"return x * x": "return x**2"}, "Nothing is wrong.")
    assert failures(squares(mistakes=[none])) == {"none": "a wrong answer gets all points"}


def test_a_right_solution_that_is_wrong() -> None:
    wrong = RIGHT.replace("2 * x", "3 * x")
    (reason,) = failures(squares(right=[RIGHT, wrong])).values()
    assert reason.startswith("a right solution gets ")
    assert "dx is 1.5 times" in reason


def test_a_right_solution_that_is_told_something() -> None:
    convention = Convention("factor", {"dx = 2 * x": "dx = 1 * x"}, "With a factor 1/2: accepted.")
    half = RIGHT.replace("2 * x", "x")
    found = failures(squares(right=[RIGHT, half], conventions=[convention], mistakes=[UPSTREAM]))
    assert found == {"right 2": "a right solution is told factor"}


def test_two_mistakes_that_look_the_same() -> None:
    again = Mistake("again", {"return g * dx": "return g * dx / 2"}, "Halved.")
    found = failures(squares(mistakes=[FACTOR, again]))
    assert found == {
        "factor": "factor, again is named where factor should be",
        "again": "factor, again is named where again should be",
    }
    twins = [
        Mistake("factor", FACTOR.swap, "The 2 is missing.", twins=["again"]),
        Mistake("again", again.swap, "Halved.", twins=["factor"]),
    ]
    assert failures(squares(mistakes=twins)) == {}


def test_a_twin_that_is_none() -> None:
    alone = Mistake("factor", FACTOR.swap, "The 2 is missing.", twins=["upstream"])
    assert failures(squares(mistakes=[alone, UPSTREAM])) == {
        "factor": "factor is named where factor, upstream should be"
    }


def test_a_mistake_that_no_probe_can_name() -> None:
    """Writing into an argument costs a point, but the values are right: nothing to recognise."""
    inside = Mistake("inside", {"return x * x": "x *= x; return x"}, "It writes into x.")
    assert failures(squares(mistakes=[inside])) == {
        "inside": "it is not recognised: inside should be named"
    }


def test_a_swap_that_finds_nothing_or_too_much() -> None:
    for old in ("dx = 7 * x", "x"):
        with pytest.raises(ValueError, match=r"typo: swap: .* times, expected once"):
            squares(mistakes=[Mistake("typo", {old: "dx"}, "Never.")])


def test_conventions_and_layouts_that_are_none() -> None:
    convention = Convention("three", {"dx = 2 * x": "dx = 2 * x + 0"}, "Nothing else.")
    assert failures(squares(conventions=[convention]))["three"].startswith("it is not recognised")
    layout = Layout("columns", {"x": "T", "y": "T", "g": "T", "dx": "T"}, "The same either way.")
    assert failures(squares(layouts=[layout])) == {
        "columns": "a convention that is not accepted gets all points"
    }


@pytest.mark.parametrize(
    ("expected", "reason"),
    [
        (Expected(RIGHT, "wrong"), "expected is wrong with * points, it is right with 8"),
        (Expected(RIGHT, "right", 7), "expected is right with 7 points, it is right with 8"),
        (Expected(RIGHT, "right", 8, ["factor"]), "it is not recognised: factor should be named"),
        (Expected(RIGHT.replace("2 * x", "x"), "partial", 5, []), "factor is named where"),
        (Expected("def square(x:\n", "partial"), "expected is partial with * points"),
    ],
)
def test_an_expected_submission_that_comes_out_otherwise(expected: Expected, reason: str) -> None:
    (found,) = failures(squares(expected=[expected])).values()
    assert found.startswith(reason)


def test_expected_submissions_that_come_out_so() -> None:
    half = RIGHT.replace("2 * x", "x")
    declared = [Expected(half, "partial", 5, ["factor"]), Expected("import nothing", "unloadable")]
    assert failures(squares(expected=declared)) == {}


def test_a_constant_that_scores() -> None:
    flat = squares(
        functions=["square(x) -> y"], reference={"y": lambda x: 0 * x}, mistakes=[],
        right=["def square(x):\n    return 0 * x\n"],
    )
    assert "zeros" in failures(flat)


def test_an_argument_handed_back_that_scores() -> None:
    same = squares(
        functions=["same(x) -> y"], reference={"y": lambda x: 1 * x}, mistakes=[],
        right=["def same(x):\n    return x\n"],
    )
    assert "an argument handed back" in failures(same)


def test_an_answer_to_other_inputs_that_scores() -> None:
    """y is always the same, and z = y is right for the y that came: it must not count."""
    steps = squares(
        functions=["steps(x) -> y, z"], mistakes=[], shapes={"x": "D"},
        reference={"y": lambda x: x.sum(), "z": lambda y: 2 * y},
        right=["def steps(x):\n    return x.sum(), 2 * x.sum()\n"],
    )
    assert failures(steps) == {}
    always = Expected("def steps(x):\n    return 7.0, 14.0\n", "wrong", 0)
    assert failures(squares(
        functions=["steps(x) -> y, z"], mistakes=[], shapes={"x": "D"}, expected=[always],
        reference={"y": lambda x: x.sum(), "z": lambda y: 2 * y},
        right=["def steps(x):\n    return x.sum(), 2 * x.sum()\n"],
    )) == {}


def test_a_reference_that_raises_is_said() -> None:
    said = failures(squares(reference={"y": lambda x: x.squared(), "dx": gradient("y", "x", "g")}))
    assert said["declaration"] == (
        "AttributeError: reference: 'Tensor' object has no attribute 'squared'")


def test_no_right_solution_at_all() -> None:
    assert list(failures(squares(right=[], mistakes=[]))) == ["declaration"]


# ---- the report, and bad input --------------------------------------------------------------


def test_the_report_in_words_and_as_plain_values() -> None:
    none = Mistake("none", {"return x * x": "return x**2"}, "Nothing is wrong.")
    report = selftest(squares(mistakes=[none]), boxed=False)
    assert not report.ok
    assert report.to_dict()["ok"] is False
    for lang in LANGUAGES:
        assert report.say(lang).startswith("squares: 11 ")
        assert "\n  none: " in report.say(lang)
    (check,) = [c for c in report.to_dict()["checks"] if not c["ok"]]
    assert check["subject"] == "none"
    assert check["reason"]["id"]
    assert not Report().ok, "nothing was tried"


def test_what_is_no_exercise_is_said(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="relu"):
        selftest("reluu")
    with pytest.raises(FileNotFoundError, match=r"none\.py"):
        exercises_in(tmp_path / "none.py")
    empty, broken, text = tmp_path / "empty.py", tmp_path / "broken.py", tmp_path / "notes.txt"
    empty.write_text("x = 1\n")
    broken.write_text("1 / 0\n")
    text.write_text("relu\n")
    with pytest.raises(ValueError, match="defines no Exercise"):
        exercises_of(str(empty))
    with pytest.raises(ValueError, match="ZeroDivisionError"):
        exercises_in(broken)
    with pytest.raises(ValueError, match="expected a Python file"):
        exercises_in(text)


def test_all_means_all() -> None:
    assert [e.name for e in exercises_of("all")] == list(NAMES)
