"""Nobody is the witness in his own case: what is wrong in every precision is never found right."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
import torch

import scratch
from gradtwin.check import check
from gradtwin.compare import Comparison, compare
from gradtwin.tolerance import Tolerance
from gradtwin.witness import derivative, judge


@pytest.fixture(autouse=True)
def _no_warnings() -> Iterator[None]:
    """Logarithms of 0 and roots of -1 are what is asked about here."""
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        yield


def clamped_log(x: Any) -> Any:
    return np.log(np.maximum(x, x.dtype.type(1e-30)))


def clamped_log_backward(g: Any, x: Any) -> Any:
    return g * np.where(x > 1e-30, 1 / np.maximum(x, x.dtype.type(1e-30)), 0)


def clamped_root(x: Any) -> Any:
    return np.sqrt(np.maximum(x, 0))


def clamped_root_backward(g: Any, x: Any) -> Any:
    return g * np.where(x > 0, 0.5 / np.sqrt(np.where(x > 0, x, 1)), 0)


def fmax(x: Any, y: Any) -> Any:
    return np.fmax(x, y)


def fmax_backward(g: Any, x: Any, y: Any) -> Any:
    first = (x > y) | np.isnan(y)
    return g * first, g * ~first


def tanh_and_a_little(x: Any) -> Any:
    return np.tanh(x) * x.dtype.type(1 + 3e-6)


def tanh_and_a_little_backward(g: Any, x: Any) -> Any:
    return g * (1 - np.tanh(x) ** 2) * x.dtype.type(1 + 3e-6)


def short_series(x: Any) -> Any:
    """log(1 + u) of u = 1e6 x, by two terms of its series: right in float64 for tiny u."""
    u = 1e6 * x
    return np.where(abs(u) < 1e-5, u - u * u / 2, np.log1p(u))


def short_series_backward(g: Any, x: Any) -> Any:
    """What the two terms have for a derivative, u^2 of it too little."""
    u = 1e6 * x
    return g * 1e6 * np.where(abs(u) < 1e-5, 1 - u, 1 / (1 + u))


nan = np.nan
WRONG: dict[str, tuple[Any, Any, list[list[Any]]]] = {
    "log(max(x, 1e-30))": (
        (clamped_log, clamped_log_backward),
        torch.log,
        [[[1e-35, 1.0]], [[0.0, 1.0]], [[-1.0, 2.0]], [[1e-31, 1e-29]]],
    ),
    "a relu that swallows NaN": (
        (lambda x: np.fmax(x, 0), lambda g, x: g * (x > 0)),
        torch.relu,
        [[[nan, 1.0]], [[nan]], [nan]],
    ),
    "fmax for maximum": (
        (fmax, fmax_backward),
        torch.maximum,
        [[[nan, 1.0], [1.0, 2.0]], [[1.0, -1.0], [nan, nan]]],
    ),
    "sqrt(max(x, 0))": (
        (clamped_root, clamped_root_backward),
        torch.sqrt,
        [[[0.0, 1.0]], [[0.0]], [[-1.0, 4.0]], [[-1e-20]]],
    ),
    "x sqrt(max(x, 0))": (
        (lambda x: x * clamped_root(x), lambda g, x: g * 1.5 * clamped_root(x)),
        lambda x: x * torch.sqrt(x),
        [[[0.0, 1.0]], [[-1.0]]],
    ),
    "tanh and a little": (
        (tanh_and_a_little, tanh_and_a_little_backward),
        torch.tanh,
        [[[0.5, 1.0]], [[2.0]]],
    ),
    "a series that is too short": (
        (short_series, short_series_backward),
        lambda x: torch.log1p(1e6 * x),
        [[[1e-13, 3e-13]], [[2e-13]]],
    ),
}


def sides(result: Comparison) -> list[str]:
    verdicts = [c.verdict for c in (*result.outputs, *result.gradients)]
    return [v.side for v in verdicts if v is not None]


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", WRONG)
def test_what_is_wrong_in_every_precision_is_not_found_right(name: str, dtype: str) -> None:
    pair, theirs, points = WRONG[name]
    for arrays in points:
        result = compare(pair, theirs, *arrays, dtype=dtype)
        if name != "a series that is too short" or dtype == "float64":
            assert not result.ok
        assert not result.ours_is_right
        assert "ours" not in sides(result), str(result)


def test_where_only_our_forward_could_tell_nothing_is_told() -> None:
    """Two terms of a series, and a forward of PyTorch's that is too noisy to show the third."""
    pair = lambda x: x - x * x / 2, lambda g, x: g * (1 - x)
    result = compare(pair, lambda x: (torch.log1p(x) + 1e6) - 1e6, [2e-5])
    assert result.outputs[0].ok
    verdict = result.gradients[0].verdict
    assert verdict is not None
    assert (verdict.side, verdict.by) == ("undecided", "only the forward of ours could tell")


def test_a_mistake_behind_one_of_pytorchs_is_not_found_right() -> None:
    """PyTorch takes hardsigmoid's 1/6 from float32, 3e-8 off; we are 1e-8 off, in one element."""
    forward = lambda x: np.clip(x / 6 + 0.5, 0, 1)
    x = [0.5, -1.0, 2.0, 1.5, -2.0]
    hardsigmoid = torch.nn.functional.hardsigmoid
    right = lambda g, x: np.where(abs(x) < 3, g / 6, 0)
    assert compare((forward, right), hardsigmoid, x).ours_is_right
    mistaken = lambda g, x: right(g, x) * np.where(x == 2, 1 + 1e-8, 1)
    result = compare((forward, mistaken), hardsigmoid, x)
    assert not result.ok
    assert not result.ours_is_right
    assert result.gradients[0].worst != (2,)                # at the worst entry, ours is right


def test_a_mistake_beside_what_pytorch_rounds_away_is_not_found_right() -> None:
    """exp(x) - 1 has lost its digits in float32, where we have them; and elsewhere we are wrong."""
    naive = lambda x: torch.exp(x) - 1
    x = np.array([1e-8, 2e-8, 1e-4])
    backward = lambda g, x: g * np.exp(x)
    exact = Tolerance(ulps=0, terms=0)
    right = compare((np.expm1, backward), naive, x, dtype="float32", tolerance=exact)
    assert right.outputs[0].verdict is not None
    assert right.outputs[0].verdict.side == "ours"
    wrong = lambda x: np.expm1(x) * np.where(x > 5e-5, x.dtype.type(1 + 2e-4), 1)
    result = compare((wrong, backward), naive, x, dtype="float32", tolerance=exact)
    assert result.outputs[0].worst != (2,)
    assert sides(result)[:1] == ["undecided"]


# Through `gradtwin check`, scratch itself being wrong


def without_nan(function: Callable[..., Any]) -> Callable[..., Any]:
    """The function with NaN taken for 0: np.fmax where it should be np.maximum."""

    def swallows(x: Any, *rest: Any, **options: Any) -> Any:
        return function(scratch.where(x == x, x, scratch.zeros_like(x)), *rest, **options)

    return swallows


log, sqrt, tanh, relu = scratch.log, scratch.sqrt, scratch.tanh, scratch.functional.relu
PLANTED: dict[str, tuple[Any, str, Callable[..., Any], str]] = {
    "log(max(x, 1e-30))": (scratch, "log", lambda x: log(scratch.clamp(x, 1e-30)), "float64"),
    "sqrt(max(x, 0))": (scratch, "sqrt", lambda x: sqrt(scratch.clamp(x, 0.0)), "float64"),
    "relu without NaN": (scratch.functional, "relu", without_nan(relu), "float64"),
    "tanh and a little": (scratch, "tanh", lambda x: tanh(x) * (1 + 3e-6), "float32"),
}


@pytest.mark.parametrize("name", PLANTED)
def test_check_does_not_find_it_right_either(name: str, monkeypatch: Any) -> None:
    where, function, wrong, dtype = PLANTED[name]
    monkeypatch.setattr(where, function, wrong)
    if hasattr(scratch.functional, function):
        monkeypatch.setattr(scratch.functional, function, wrong)
    (result,) = check(function, dtype=dtype, cases=5)
    assert result.failures
    assert not result.ok
    assert not result.torch_failures


# The witness himself


@pytest.mark.parametrize("infinite", [np.inf, -np.inf, np.nan])
def test_beside_infinity_no_number_is_right_unseen(infinite: float) -> None:
    assert judge(0.0, infinite, 0.0, np.inf, allowed=0.0) == "undecided"
    assert judge(5.0, infinite, 1.0, 10.0, allowed=0.0) == "undecided"
    assert judge(infinite, 5.0, 5.0, 1e-9, allowed=0.0) == "theirs"
    assert judge(infinite, infinite, 5.0, 1e-9, allowed=0.0) == "undecided"


@pytest.mark.parametrize(("f", "x"), [(np.cos, 0.0), (lambda x: x * x, 0.0), (np.cosh, 0.0)])
def test_an_extremum_is_no_kink(f: Any, x: float) -> None:
    value, error = derivative(f, x)
    assert abs(value) <= error < 1e-15


@pytest.mark.parametrize("f", [np.abs, lambda x: np.sqrt(abs(x)), lambda x: abs(x) + np.cos(x)])
def test_where_slopes_stay_apart_there_is_no_value(f: Any) -> None:
    assert derivative(f, 0.0)[1] == np.inf


def test_elements_that_never_change_hide_nothing() -> None:
    """A thousand others, in float64, and a step as small as a kink nearby makes it."""
    others = np.full(1000, 100.0)
    near = 3 - 2.0**-18
    f = lambda x: np.append(others, np.minimum(np.float64(x), 3.0) / 7)
    value, error = derivative(f, near)
    assert abs(value - 1 / 7) <= error < 1e-9
    value, error = derivative(lambda x: np.append(others, np.tanh(np.float64(x))), 45.0)
    assert error > 1e-11                                    # where nothing moves, nothing is seen


@pytest.mark.parametrize("large", [1e3, 1e5, 1e6, 1e7, 1e9])
@pytest.mark.parametrize("x", [1e-5, 2e-5, 1e-4, 0.3, 20.0])
def test_the_error_covers_what_is_lost_inside(large: float, x: float) -> None:
    """(f + 1e6) - 1e6 is as small as f and has the rounding of 1e6."""
    value, error = derivative(lambda x: np.log1p(np.float64(x)) + large - large, x)
    assert abs(value - 1 / (1 + x)) <= error
    value, error = derivative(lambda x: np.log1p(np.float64(x)), x)
    assert error < 1e-10                                    # and is small where nothing is
