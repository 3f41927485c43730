"""The wrong engines of `gradtwin.pitfalls`, handed in as they stand: each is told its mistake."""

from __future__ import annotations

import inspect
from collections.abc import Iterable

import pytest

from gradtwin.exercises import Exercise
from gradtwin.exercises.library import find
from gradtwin.exercises.library.autograd_engine import GRADED
from gradtwin.exercises.result import Result
from gradtwin.exercises.trusted import grade_source
from gradtwin.pitfalls import PITFALLS, Pitfall
from gradtwin.pitfalls.engines import right

EXERCISE, ARRAYS = find("autograd_engine"), find("autograd_arrays")

NAMED = {
    "right": [],
    "walked_again": ["walked_again", "too_deep"],       # by recursion, which the long sum ends
    "walked_too_early": ["walked_too_early", "counted_again", "too_deep"],
    "overwritten": ["overwritten"],
    "counted_once": ["counted_once"],
    "counted_again": ["counted_again"],
    "too_deep": ["too_deep"],
    # hidden by numbers, see below: only arrays share memory, and only they are repeated
    "shared_array": [],
    "not_summed": [],
}
"""not_zeroed is a training loop, and its engine is right."""


def submitted(source: str, exercise: Exercise = EXERCISE) -> Result:
    """An engine's file, with what it takes from its neighbour beside it."""
    neighbour = "\n".join(inspect.getsource(f) for f in (right.users_first, right.summed_to))
    imports = (
        "import numpy as np\nfrom collections import Counter\n"
        "from collections.abc import Iterator\nfrom typing import Any\n"
    )
    lines = [
        line for line in source.splitlines() if not line.startswith(("from .", "from __future__"))
    ]
    return grade_source(
        exercise,
        "from __future__ import annotations\n" + imports + neighbour + "\n".join(lines),
    )


def named(result: Result) -> list[str]:
    return [name for d in result.diagnoses for name in d.names]


def source_of(engine: str) -> str:
    module = right if engine == "right" else next(p for p in PITFALLS if p.name == engine).module
    return inspect.getsource(module)


@pytest.mark.parametrize("engine", NAMED)
def test_a_wrong_engine_is_told_its_own_mistake(engine: str) -> None:
    result = submitted(source_of(engine))
    assert sorted(named(result)) == sorted(NAMED[engine])
    assert result.ok is (not NAMED[engine])


@pytest.mark.parametrize("engine", ["right", "shared_array", "not_summed"])
def test_what_numbers_hide_arrays_show(engine: str) -> None:
    result = submitted(source_of(engine), ARRAYS)
    assert named(result) == ([] if engine == "right" else [engine])
    assert result.points < result.of or engine == "right"


def test_every_engine_is_handed_in() -> None:
    assert set(NAMED) == {p.name for p in PITFALLS} - {"not_zeroed"} | {"right"}


def pitfalls(names: Iterable[str]) -> pytest.MarkDecorator:
    chosen = [p for p in PITFALLS if p.name in names]
    return pytest.mark.parametrize("pitfall", chosen, ids=lambda p: p.name)


@pitfalls(NAMED)
def test_the_cure_cures(pitfall: Pitfall) -> None:
    """What the pitfall says to do instead takes its own message away."""
    result = submitted(pitfall.cured_code)
    assert pitfall.name not in named(result)


@pitfalls([name for name, mistakes in NAMED.items() if mistakes])
def test_the_programs_that_hide_a_mistake_earn_their_points(pitfall: Pitfall) -> None:
    result = submitted(source_of(pitfall.name))
    passed = {c.name for c in result.criteria if c.passed}
    hidden = {p.name for p in pitfall.hidden_by} & set(GRADED)
    own = {"used_twice", "sequence"}                    # those of the exercise differ
    assert {f"{name}_grad" for name in hidden - own} <= passed


def test_a_file_without_the_class_says_so() -> None:
    result = grade_source(EXERCISE, "class Number: pass")
    assert result.points == 0
    reasons = {c.reason.say("en") for c in result.criteria if c.reason is not None}
    assert any("Value" in reason for reason in reasons)


def test_a_gradient_that_is_no_number_is_refused() -> None:
    source = EXERCISE.right[0].replace("self.grad = 0.0\n        self.parents",
                                       "self.grad = None\n        self.parents")
    assert source != EXERCISE.right[0]
    result = grade_source(EXERCISE, source)
    assert [c.name for c in result.criteria if c.passed and c.kind == "value"] == ["data"]
