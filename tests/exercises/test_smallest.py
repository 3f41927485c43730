"""The smallest failing input is one that a person can read, and type in."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

from gradtwin.exercises.grading import grade_runs
from gradtwin.exercises.library import NAMES, find
from gradtwin.exercises.result import Result
from gradtwin.exercises.smallest import smallest_failing
from gradtwin.exercises.trusted import Trusted
from gradtwin.exercises.variants import compiled, patched
from gradtwin.samples.values import named, shape_of


@pytest.mark.parametrize("name", NAMES)
def test_what_an_exercise_draws_has_few_digits(name: str) -> None:
    """The others are drawn as whole numbers: only those that an exercise declares are its own."""
    exercise = find(name)
    names = named([v.dims for v in exercise.inputs.values()])
    for quantity, values in exercise.inputs.items():
        if quantity in exercise.real_inputs or quantity in exercise.upstream:
            continue
        for length in (2, 3):
            lengths = dict.fromkeys(names, length)
            rng = np.random.default_rng(length)
            drawn = values.array(rng, shape_of(values.dims, lengths), lengths, np.float64)
            few = [x for x in drawn.ravel().tolist() if float(f"{x:.3g}") != x]
            assert few == [], f"{quantity}: {few}"


@pytest.mark.parametrize("name", ["cross_entropy", "softmax_cross_entropy"])
@pytest.mark.parametrize("classes", [2, 3, 10])
def test_distributions_with_few_digits_are_distributions(name: str, classes: int) -> None:
    for quantity, values in find(name).inputs.items():
        if quantity in ("p", "y"):
            shape = (30, classes)
            rows = values.array(np.random.default_rng(1), shape, {}, np.float64)
            assert {sum(Fraction(str(x)) for x in row) for row in rows.tolist()} == {1}
            assert np.all(rows > 0) or quantity == "y"
            assert np.any((rows > 0) & (rows < 1))


@pytest.mark.parametrize(
    ("name", "mistake", "quantity", "digits"),
    [("k_layers", "biases_left_out", "W1", 2), ("decision_line", "sign_of_the_slope", "w", 2),
     ("leaky_relu", "alpha_everywhere", "alpha", 2), ("cross_entropy", "softmax_of_p", "p", 2),
     ("binary_cross_entropy", "second_term_missing", "p", 2)],
)
def test_the_smallest_input_has_few_digits(name, mistake, quantity, digits) -> None:
    exercise = find(name)
    swap = next(m.swap for m in exercise.mistakes if m.name == mistake)
    runs = Trusted(exercise, compiled(patched(exercise.right[0], swap), exercise.driver))
    smallest = smallest_failing(exercise, runs, grade_runs(exercise, runs, [], Result(name)))
    assert smallest is not None
    shown = np.array(smallest.inputs[quantity])
    np.testing.assert_array_equal(shown, np.round(shown, digits))
