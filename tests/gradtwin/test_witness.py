"""The third witness: its derivatives against exact ones, its verdicts against planted mistakes."""

from __future__ import annotations

from typing import Any

import mpmath
import numpy as np
import pytest
import torch

from gradtwin.compare import Tolerance, compare
from gradtwin.witness import derivative, judge

SMOOTH = {
    "exp": (np.exp, mpmath.exp, [-20.0, -1.0, 0.0, 0.3, 5.0]),
    "sin": (np.sin, mpmath.sin, [0.0, 1.0, 30.0]),
    "log": (np.log, mpmath.log, [1e-6, 0.5, 1.0, 1e5]),
    "tanh": (np.tanh, mpmath.tanh, [-3.0, 0.0, 0.7, 12.0]),
    "cube": (lambda x: x * x * x, lambda x: x**3, [0.0, -2.0, 1e4]),
    "sqrt": (np.sqrt, mpmath.sqrt, [1e-8, 2.0, 1e10]),
}


@pytest.mark.parametrize("name", SMOOTH)
def test_derivative_against_fifty_digits(name: str) -> None:
    f, exact, points = SMOOTH[name]
    with mpmath.workdps(50):
        for x in points:
            value, error = derivative(f, x)
            expected = float(mpmath.diff(exact, mpmath.mpf(x)))
            assert abs(value - expected) <= error + 1e-16 * abs(expected), x
            assert error <= 1e-9 * max(1.0, abs(expected)), x


def test_in_float64_the_error_says_so() -> None:
    value, error = derivative(lambda x: np.exp(np.float64(x)), 1.0)
    assert 1e-15 < error < 1e-10
    assert abs(value - np.e) <= error


@pytest.mark.parametrize("f", [np.abs, lambda x: np.maximum(x, 0), lambda x: np.minimum(x, 2 * x)])
def test_at_a_kink_there_is_no_value(f: Any) -> None:
    assert derivative(f, 0.0)[1] == np.inf


def test_outside_the_domain_there_is_no_value() -> None:
    value, error = derivative(np.log, -3.0)
    assert np.isnan(value)
    assert error == np.inf


def test_a_saturated_float64_claims_no_more_than_it_sees() -> None:
    """tanh is 1 in float64 from 19 on; its derivative, 4e-17 at 19.7, is invisible, not 0."""
    value, error = derivative(lambda x: np.tanh(np.float64(x)), 19.7)
    assert abs(value - 4 * np.exp(-2 * 19.7)) <= error


@pytest.mark.parametrize(
    ("ours", "theirs", "value", "error", "side"),
    [
        (1.0, 2.0, 1.0, 1e-9, "ours"),
        (1.0, 2.0, 2.0, 1e-9, "theirs"),
        (1.0, 2.0, 3.0, 1e-9, "neither"),
        (1.0, 2.0, 1.0, 0.5, "undecided"),
        (1.0, 2.0, np.nan, np.inf, "undecided"),
        (np.nan, 2.0, 2.0, 1e-9, "theirs"),
        (1.0, np.nan, 1.0, 1e-9, "ours"),
        (1.0, 1.0 + 3e-15, 1.0 + 1.5e-15, 0.0, "both"),
    ],
)
def test_judge(ours: float, theirs: float, value: float, error: float, side: str) -> None:
    assert judge(ours, theirs, value, error, allowed=2e-15) == side


class WrongSquare(torch.autograd.Function):
    """x^2 with the derivative x."""

    @staticmethod
    def forward(ctx: Any, x: Any) -> Any:
        ctx.save_for_backward(x)
        return x * x

    @staticmethod
    def backward(ctx: Any, g: Any) -> Any:  # type: ignore[override]
        return g * ctx.saved_tensors[0]


SQUARE = (lambda x: x * x, lambda g, x: 2 * x * g)
WRONG = (lambda x: x * x, lambda g, x: x * g)


@pytest.mark.parametrize(
    ("ours", "theirs", "side"),
    [
        (SQUARE, WrongSquare.apply, "ours"),
        (WRONG, torch.square, "theirs"),
        (torch.square, WrongSquare.apply, "ours"),
        ((lambda x: x * x, lambda g, x: 3 * x * g), WrongSquare.apply, "neither"),
    ],
)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_verdict_on_a_gradient(ours: Any, theirs: Any, side: str, dtype: str) -> None:
    result = compare(ours, theirs, [[1.5, -2.0], [0.25, 3.0]], dtype=dtype)
    verdict = result.gradients[0].verdict
    assert verdict is not None
    assert verdict.side == side


def test_nan_in_another_element_does_not_silence_the_witness() -> None:
    verdict = compare(WRONG, torch.square, [np.nan, 1.5, np.inf, -np.inf]).gradients[0].verdict
    assert verdict is not None
    assert verdict.side == "theirs"


def test_where_outputs_differ_our_gradient_is_held_against_our_own_forward() -> None:
    x = [0.5, 2.0]
    cube_consistent = lambda x: x * x * x, lambda g, x: 3 * x * x * g
    verdict = compare(cube_consistent, torch.square, x).gradients[0].verdict
    assert verdict is not None
    assert (verdict.side, verdict.own) == ("theirs", True)
    cube_inconsistent = lambda x: x * x * x, lambda g, x: 2 * x * x * g
    verdict = compare(cube_inconsistent, torch.square, x).gradients[0].verdict
    assert verdict is not None
    assert (verdict.side, verdict.own) == ("theirs", False)


def test_a_wider_dtype_tells_who_rounds_badly() -> None:
    """exp(x) - 1 near 0 loses the digits that expm1 keeps."""
    x = [1e-5, 3e-6]
    exact = Tolerance(ulps=0, terms=0)
    pair = lambda x: np.exp(x) - 1, lambda g, x: g * np.exp(x)
    output = compare(pair, torch.expm1, x, tolerance=exact).outputs[0]
    assert output.verdict is not None
    assert output.verdict.side == "theirs"
    pair = np.expm1, lambda g, x: g * np.exp(x)
    output = compare(pair, lambda x: torch.exp(x) - 1, x, dtype="float32").outputs[0]
    assert output.ok                                    # within one rounding of 1
    output = compare(
        pair, lambda x: torch.exp(x) - 1, x, dtype="float32", tolerance=exact
    ).outputs[0]
    assert output.verdict is not None
    assert output.verdict.side == "ours"


def test_two_functions_leave_the_outputs_undecided() -> None:
    output = compare((np.tanh, None), torch.sigmoid, [0.5]).outputs[0]
    assert output.verdict is not None
    assert output.verdict.side == "undecided"


def test_without_a_witness_there_is_no_verdict() -> None:
    assert compare(WRONG, torch.square, [1.0], witness=False).gradients[0].verdict is None


def test_two_functions_that_meet_at_a_point_are_left_undecided() -> None:
    """softmin and softmax are equal where all inputs are: no gradient proves the other wrong."""
    result = compare(
        (lambda x: np.exp(-x) / np.exp(-x).sum(), lambda g, x: -(g - g.mean()) / 3),
        lambda x: torch.softmax(x, 0),
        np.zeros(3),
    )
    assert result.outputs[0].ok
    verdict = result.gradients[0].verdict
    assert verdict is not None
    assert verdict.side == "undecided"
