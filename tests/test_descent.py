"""Gradient descent on a function: where it ends, by which path, and why it stopped."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from close import assert_close, assert_within

import scratch.descent
import torch_ref.descent
from gradtwin.tolerance import at_rest


def bowl(x: Any) -> Any:
    return x**2


def two_minima(x: Any) -> Any:
    return x**4 - 2 * x**2 + x - 1


def valley(w: Any) -> Any:
    return (w[0] - 1) ** 2 + 10 * (w[1] + 2) ** 2


WINGS = [
    pytest.param(scratch.descent.descend, id="scratch"),
    pytest.param(torch_ref.descent.descend, id="torch"),
]
# the roots of the derivative 4 x^3 - 4 x + 1, found here by numpy
LOCAL, GLOBAL = 0.8376, -1.1072


@pytest.mark.parametrize("descend", WINGS)
def test_learning_rates_of_the_lecture(descend: Any) -> None:
    small = descend(bowl, 5.0, lr=0.001, steps=100)
    right = descend(bowl, 5.0, lr=0.1, steps=200)
    large = descend(bowl, 5.0, lr=1.1, steps=1000)
    assert (small.reason, right.reason, large.reason) == ("steps", "converged", "diverged")
    # x_k = (1 - 2 lr)^k x_0, exactly what the recursion says
    assert_close(small.x, 5 * 0.998**100, terms=100)
    assert_within(right.x, 0, at_rest(1e-8, curvature=2))
    assert_close(large.x, 5 * (1 - 2 * 1.1) ** 10, terms=10)


@pytest.mark.parametrize("descend", WINGS)
@pytest.mark.parametrize(("start", "end"), [(0.3, LOCAL), (0.0, GLOBAL)])
def test_the_starting_point_decides_the_minimum(descend: Any, start: float, end: float) -> None:
    found = descend(two_minima, start, lr=0.05, steps=1000)
    roots = np.roots([4, 0, -4, 1]).real
    nearest = roots[np.argmin(np.abs(roots - end))]
    assert found.reason == "converged"
    assert round(float(found.x), 4) == end
    assert_within(found.x, nearest, at_rest(1e-8, curvature=12 * nearest**2 - 4))


def test_both_wings_take_the_same_path() -> None:
    for f, start, lr in ((bowl, 5.0, 0.1), (two_minima, 0.3, 0.05), (valley, [0.0, 0.0], 0.04)):
        ours = scratch.descent.descend(f, start, lr=lr, steps=60)
        theirs = torch_ref.descent.descend(f, start, lr=lr, steps=60)
        assert ours.reason == theirs.reason
        assert ours.trajectory.shape == tuple(theirs.trajectory.shape)
        # each step contracts what was there before
        assert_close(ours.trajectory, theirs.trajectory, size=np.abs(ours.trajectory).max())
        assert ours.trajectory[0].tolist() == np.array(start).tolist()
        assert ours.values[-1] == ours.value


@pytest.mark.parametrize("descend", WINGS)
def test_an_overflow_is_a_divergence_and_says_so(descend: Any) -> None:
    found = descend(two_minima, 3.0, lr=5.0, steps=1000)
    assert found.reason == "diverged"
    assert np.isfinite(np.asarray(found.trajectory)).all()
    assert "diverged" in repr(found)


@pytest.mark.parametrize("descend", WINGS)
def test_two_weights(descend: Any) -> None:
    found = descend(valley, [4.0, 4.0], lr=0.04, steps=2000)
    assert found.reason == "converged"
    assert_within(found.x, [1, -2], at_rest(1e-8, curvature=2))


@pytest.mark.parametrize("descend", WINGS)
def test_no_steps_and_a_minimum_at_the_start(descend: Any) -> None:
    assert descend(bowl, 5.0, steps=0).reason == "steps"
    stays = descend(bowl, 0.0, steps=5)
    assert stays.reason == "converged"
    assert len(stays.values) == 1


@pytest.mark.parametrize("descend", WINGS)
@pytest.mark.parametrize(
    ("options", "argument"),
    [
        ({"lr": 0.0}, "lr"),
        ({"lr": float("nan")}, "lr"),
        ({"lr": float("inf")}, "lr"),
        ({"steps": -1}, "steps"),
        ({"steps": 1.5}, "steps"),
        ({"steps": True}, "steps"),
        ({"tolerance": float("nan")}, "tolerance"),
        ({"x0": float("inf")}, "x0"),
    ],
)
def test_bad_arguments_are_named(descend: Any, options: dict[str, Any], argument: str) -> None:
    with pytest.raises(ValueError, match=f"^{argument}: expected"):
        descend(bowl, **{"x0": 1.0, **options})


@pytest.mark.parametrize(
    ("options", "argument"),
    [
        ({"lr": "0.1"}, "lr"),
        ({"lr": None}, "lr"),
        ({"lr": True}, "lr"),
        ({"tolerance": "small"}, "tolerance"),
        ({"x0": "one"}, "x0"),
        ({"x0": [[1.0], [1.0, 2.0]]}, "x0"),
        ({"x0": 1j}, "x0"),
    ],
)
def test_what_is_no_number_is_named_in_the_same_words(
    options: dict[str, Any], argument: str
) -> None:
    said = []
    for module in (scratch.descent, torch_ref.descent):
        with pytest.raises(TypeError, match=f"^{argument}: expected a number") as caught:
            module.descend(bowl, **{"x0": 1.0, **options})
        said.append(str(caught.value))
    assert said[0] == said[1]


def test_a_function_that_does_not_depend_on_x_has_no_slope() -> None:
    for wing in (scratch, torch_ref):
        three = wing.module.as_tensor(np.array(3.0))
        found = wing.descent.descend(lambda x, three=three: three, 1.0)
        assert (found.reason, found.value, found.x.item()) == ("converged", 3.0, 1.0)


@pytest.mark.parametrize("descend", WINGS)
def test_a_function_that_returns_no_single_number(descend: Any) -> None:
    with pytest.raises(TypeError, match=r"^f: expected"):
        descend(lambda x: x * 2, [1.0, 2.0])
    with pytest.raises(TypeError, match=r"^f: expected"):
        descend(lambda x: 1.0, 1.0)
    with pytest.raises(ValueError, match=r"^x0: .* not finite"):
        descend(lambda x: x ** (-1), 0.0)
