"""Second derivatives against mpmath and PyTorch, where they lost their digits, or all of them.

The unit is that of `gradtwin accuracy`: eps (|f''| + what a rounding of each input would move it),
and 4 of it are allowed. The smallest subnormal number is the floor.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import mpmath as mp  # type: ignore[import-untyped]
import numpy as np
import pytest
import torch
from close import assert_close, assert_within

import scratch
import scratch.functional as F
from gradtwin.accuracy import find, measure
from gradtwin.samples import scratch_library
from gradtwin.tolerance import ULPS, rounded_to
from scratch.autograd import grad

BOTH = pytest.mark.parametrize("dtype", ["float32", "float64"])

# exact values overflow and underflow by design, and the numbers compared do so on the way
quiet = pytest.mark.filterwarnings("ignore:.*encountered in:RuntimeWarning")


def seconds(function: Callable[..., Any], *arrays: Any, dtype: str) -> list[list[Any]]:
    """Row i, column j: the derivative by argument j of the gradient of argument i."""
    tensors = [scratch.tensor(np.asarray(a, dtype), requires_grad=True) for a in arrays]
    value = function(*tensors)
    ones = np.ones(value.shape, dtype)
    gradients = grad(value, tensors, ones, create_graph=True)
    return [[second(g, t, ones) for t in tensors] for g in gradients]


def second(g: scratch.Tensor, t: scratch.Tensor, ones: Any) -> Any:
    """The derivative of one gradient; 0 where it does not depend on the argument at all."""
    try:
        return grad(g, t, ones, retain_graph=True)[0].numpy()
    except RuntimeError as error:
        assert "takes no part in the output" in str(error)  # noqa: PT017
        return 0 * ones


def seconds_of_torch(function: Callable[..., Any], *arrays: Any, dtype: str) -> list[list[Any]]:
    """As `seconds`, in PyTorch."""
    tensors = [torch.tensor(np.asarray(a, dtype), requires_grad=True) for a in arrays]
    value = function(*tensors)
    ones = torch.ones_like(value)
    gradients = torch.autograd.grad(value, tensors, ones, create_graph=True)
    return [
        [d.numpy() for d in torch.autograd.grad(
            g, tensors, ones, retain_graph=True, allow_unused=True, materialize_grads=True
        )]
        for g in gradients
    ]  # fmt: skip


def units(got: Any, exact: Any, moved: Any, dtype: str) -> float:
    """How far a number is from the exact one; infinity stands for all that is too large."""
    info = np.finfo(dtype)
    largest = mp.mpf(float(info.max))
    if np.isnan(got):
        return np.inf
    if abs(exact) > largest or np.isinf(got):
        # the largest number and infinity are neighbours
        near = abs(exact) > largest * (1 - ULPS * mp.mpf(float(info.eps)) * (1 + moved / largest))
        alike = mp.sign(exact) == np.sign(got) and (np.isinf(got) or abs(got) > info.max / 2)
        return 0.0 if near and alike else np.inf
    unit = max(mp.mpf(float(info.eps)) * (abs(exact) + moved), float(info.smallest_subnormal))
    return float(abs(mp.mpf(float(got)) - exact) / unit)


# ---- powers -------------------------------------------------------------------------------------

BASES = {
    "float64": [5e-324, 1e-323, 1e-310, 2.3e-308, 1e-250, 1e-200, 0.3, 1.0, 2.0, 1e100, 1e200],
    "float32": [1e-45, 3e-45, 1e-40, 1.2e-38, 1e-30, 1e-20, 0.3, 1.0, 2.0, 1e18, 1e30],
}
EXPONENTS = [-2.0, -1.0, -0.7, -0.25, -0.1, 0.1, 0.25, 0.5, 0.7, 1.0, 1.5, 2.0, 2.5, 3.0]


def second_of_a_power(x: Any, y: Any) -> tuple[list[Any], list[Any]]:
    """By base twice, base and exponent, exponent twice; and what roundings of both move."""
    log = mp.log(x)
    second = [y * (y - 1) * x ** (y - 2), x ** (y - 1) * (1 + y * log), x**y * log**2]
    third = [
        y * (y - 1) * (y - 2) * x ** (y - 3),
        x ** (y - 2) * (2 * y - 1 + y * (y - 1) * log),
        x ** (y - 1) * log * (2 + y * log),
        x**y * log**3,
    ]
    moved = [abs(x * third[i]) + abs(y * third[i + 1]) for i in range(3)]
    return second, moved


@quiet
@BOTH
def test_those_of_a_power_of_tiny_and_ordinary_numbers(dtype: str) -> None:
    """A base of 1e-323 was NaN, and so was whatever overflows: 1e-200 to the 1/4."""
    pairs = np.array(list(itertools.product(BASES[dtype], EXPONENTS)), dtype)
    # what is left out is two tests below
    pairs = pairs[(pairs[:, 1] < 0) | np.isfinite(pairs[:, 0] ** (pairs[:, 1] - 1))]
    x, y = pairs.T
    (xx, xy), (yx, yy) = seconds(scratch.pow, x, y, dtype=dtype)
    worst = 0.0
    with mp.workprec(400):
        for i in range(len(pairs)):
            exact, moved = second_of_a_power(mp.mpf(float(x[i])), mp.mpf(float(y[i])))
            for got, k in ((xx, 0), (xy, 1), (yx, 1), (yy, 2)):
                found = units(got[i], exact[k], moved[k], dtype)
                assert found <= ULPS, (x[i], y[i], k, got[i], float(exact[k]))
                worst = max(worst, found)
    assert worst > 0.1  # else nothing was measured


@quiet
@BOTH
@pytest.mark.parametrize("exponent", [1, 2, 3, -1, -2, 0.5, -0.5])
def test_those_of_a_power_with_a_number_as_exponent(dtype: str, exponent: float) -> None:
    """Also of bases 0 and -0, where a factor is 0 and another infinite."""
    x = np.array([*BASES[dtype], 0.0, -0.0], dtype)
    if float(exponent).is_integer():
        x = np.concatenate([x, -x])
    ((got,),) = seconds(lambda t: t**exponent, x, dtype=dtype)
    ((theirs,),) = seconds_of_torch(lambda t: t**exponent, x, dtype=dtype)
    np.testing.assert_array_equal(got[x == 0], theirs[x == 0])
    with mp.workprec(400):
        for i in np.flatnonzero(x):
            b = mp.mpf(float(x[i]))
            exact = mp.mpf(exponent) * (exponent - 1)
            exact = exact * b ** (exponent - 2) if exact else exact
            moved = abs(exact * (exponent - 2))
            assert units(got[i], exact, moved, dtype) <= ULPS, (x[i], got[i], float(exact))


@quiet
@BOTH
def test_those_of_a_power_at_base_0_and_exponent_0(dtype: str) -> None:
    """PyTorch's where it has one. Where it has NaN, 0 * log 0 was none: 0, by its own convention
    that the exponent of 0 ** y has no influence; but for the slope by the base, infinite below 1.
    """
    pairs = [*itertools.product([0.0, -0.0], EXPONENTS), *itertools.product([0.3, 2.0], [0.0])]
    x, y = np.array(pairs, dtype).T
    ours = seconds(scratch.pow, x, y, dtype=dtype)
    theirs = seconds_of_torch(torch.pow, x, y, dtype=dtype)
    for mine, other in zip(itertools.chain(*ours), itertools.chain(*theirs)):
        known = ~np.isnan(other)
        assert_close(mine[known], other[known], terms=0)
        assert (mine[~known & (y >= 1)] == 0).all()
    assert (ours[1][1][(x == 0) & (y > 0)] == 0).all()
    assert (ours[0][0][y == 0] == 0).all()


@quiet
@BOTH
def test_where_two_parts_of_it_overflow_there_is_nan_as_in_pytorch(dtype: str) -> None:
    """x^(y-1) + y x^(y-1) log x, both too large and of different signs."""
    x, y = np.array([5e-324 if dtype == "float64" else 1e-45], dtype), np.array([1e-3], dtype)
    ours = seconds(scratch.pow, x, y, dtype=dtype)
    theirs = seconds_of_torch(torch.pow, x, y, dtype=dtype)
    assert np.isnan([ours[0][1], ours[1][0], theirs[0][1], theirs[1][0]]).all()


# ---- binary cross entropy -------------------------------------------------------------------


def sure_and_unsure(dtype: str) -> tuple[Any, Any]:
    tiny = [2e-12, 1e-10, 3.5e-8, 1e-5, 1e-3, 0.09, 0.3, 0.5]
    p = np.array([*tiny, *(1 - np.array(tiny, dtype))], dtype)
    p = p[(p > 0) & (p < 1) & (p * (1 - p) > 1.5e-12)]
    y = np.array([0.0, 1.0, 0.25], dtype)
    return np.repeat(p, 3), np.tile(y, len(p))


@BOTH
def test_those_of_binary_cross_entropy_near_0_and_1(dtype: str) -> None:
    """In float32 that at p = 3.5e-8, y = 0 was -1 for 1: p - y over p (1 - p), as a quotient."""
    p, y = sure_and_unsure(dtype)
    p, y = np.concatenate([p, p]), np.concatenate([y, p])  # and the prediction itself
    found = seconds(
        lambda p, y: F.binary_cross_entropy(p, y, reduction="none"), p, y, dtype=dtype
    )
    with mp.workprec(400):
        for i in range(len(p)):
            P, Y = mp.mpf(float(p[i])), mp.mpf(float(y[i]))
            Q = 1 - P
            pp, py = (1 - Y) / Q**2 + Y / P**2, -1 / P - 1 / Q
            moved_pp = 2 * P * abs((1 - Y) / Q**3 - Y / P**3) + Y * abs(1 / P**2 - 1 / Q**2)
            moved_py = P * abs(1 / P**2 - 1 / Q**2)
            for (j, k), exact, moved in (
                ((0, 0), pp, moved_pp), ((0, 1), py, moved_py), ((1, 0), py, moved_py),
            ):  # fmt: skip
                assert units(found[j][k][i], exact, moved, dtype) <= ULPS, (p[i], y[i], j, k)
            assert found[1][1][i] == 0


@BOTH
def test_below_its_floor_the_slope_of_binary_cross_entropy_is_one_line(dtype: str) -> None:
    p, y = np.array([0.0, 1.0, 1e-13], dtype), np.array([0.0, 0.5, 1.0], dtype)
    with np.errstate(divide="ignore"):
        ((pp, _), _) = seconds(
            lambda p, y: F.binary_cross_entropy(p, y, reduction="none"), p, y, dtype=dtype
        )
    assert (pp == 1 / np.asarray(np.float32(1e-12), dtype)).all()


@BOTH
def test_the_first_derivative_of_binary_cross_entropy_is_the_quotient(dtype: str) -> None:
    """To the last bit: the formula that is derived again stays out of first order."""
    p, y = sure_and_unsure(dtype)
    prediction = scratch.tensor(p, requires_grad=True)
    F.binary_cross_entropy(prediction, scratch.tensor(y), reduction="sum").backward()
    np.testing.assert_array_equal(prediction.grad, (p - y) / (p * (1 - p)))


# ---- activations ----------------------------------------------------------------------------

NUMBERS = {
    "sigmoid": [0.0, 1e-30, -1e-7, 0.01, -0.06, 1.0, 30.0, -66.0, -80.0, 80.0, -300.0, 700.0],
    "tanh": [0.0, 1e-30, 1e-7, -0.01, 1.0, -15.0, 35.8, -36.0, 40.0, 340.0, -346.0],
    "silu": [0.0, 1e-7, -1.3, 8.0, 40.0, 84.46, 86.0, -84.0, -86.0, 500.0, 701.4, 705.0, -705.0],
    "mish": [0.0, 1e-7, -1.2, 5.0, 7.0, 23.0, 40.0, 46.9, 300.0, 350.0, 800.0, -84.0, -300.0],
    "gelu": [0.0, 1e-7, -1.0, 1.4, -5.0, 12.9, -38.4, 38.5, -38.6],
    "erfc": [0.0, 1e-7, 1.0, -3.0, 9.0, 10.05, 10.08, 26.5, 27.18, -27.2],
}


@BOTH
@pytest.mark.parametrize("name", NUMBERS)
def test_those_of_activations_from_0_to_the_tails(name: str, dtype: str) -> None:
    here = replace(find(name)[0], points=lambda draw: [np.array(NUMBERS[name], draw.dtype)])
    row = measure(here, dtype, [scratch_library()], second=True)
    assert row.count == len(NUMBERS[name])
    assert 0 < row.units("scratch") <= ULPS, row.worst_point


@pytest.mark.parametrize(
    ("name", "function"),
    [
        ("sigmoid", lambda x: 1 / (1 + mp.exp(-x))),
        ("tanh", mp.tanh),
        ("silu", lambda x: x / (1 + mp.exp(-x))),
        ("mish", lambda x: x * mp.tanh(mp.log(1 + mp.exp(x)))),
        ("gelu", lambda x: x * mp.erfc(-x / mp.sqrt(2)) / 2),
        ("erfc", mp.erfc),
    ],
)
def test_the_third_ones_follow(name: str, function: Callable[[Any], Any]) -> None:
    """The formulas for second derivatives are derived themselves."""
    points = np.array([-3.0, -0.5, 0.0, 0.75, 4.0])
    x = scratch.tensor(points, requires_grad=True)
    derived = getattr(F if hasattr(F, name) else scratch, name)(x)
    for _ in range(3):
        (derived,) = grad(derived.sum(), x, create_graph=True)
    with mp.workprec(200):
        exact = [float(mp.diff(function, mp.mpf(at), 3)) for at in points]
    # a hundred roundings of numbers of the size of 1
    assert_within(derived, exact, rounded_to(1, "float64", times=100))


# ---- rows of numbers -------------------------------------------------------------------------

ROWS = [[40.0, -40.0, -40.0, 0.0], [0.0, 36.7, 0.0, 0.0], [1.0, -0.5, 0.25, 0.0], [5.0] * 4]
V = [[0.5, -3.75, 0.25, -0.0625], [0.75, 2.5, -1.25, 0.5], [1.0, 2.0, 3.0, 4.0], [1, -1, 0, 2.0]]


def exact_rows(dtype: str) -> list[tuple[Any, Any]]:
    """p_i (v_i - sum p v), with what roundings of z and v move it."""
    found = []
    for z, v in zip(np.array(ROWS, dtype), np.array(V, dtype)):
        e = [mp.exp(mp.mpf(float(x))) for x in z]
        p = [x / mp.fsum(e) for x in e]
        mean = mp.fsum(a * float(b) for a, b in zip(p, v))
        largest = float(np.abs(z).max())
        for i in range(len(p)):
            exact = p[i] * (float(v[i]) - mean)
            by_v = mp.fsum(abs(p[i] * ((i == j) - p[j]) * float(v[j])) for j in range(len(p)))
            # by z_k it is p_i ((i = k) - p_k) (v_i - mean) - p_i p_k (v_k - mean)
            by_z = abs(exact) * (1 - p[i]) + p[i] * mp.fsum(
                p[k] * (abs(float(v[k]) - mean) + (i != k) * abs(float(v[i]) - mean))
                for k in range(len(p))
            )
            found.append((exact, by_v + largest * by_z))
    return found


LOSSES: dict[str, Callable[[Any], Any]] = {
    "logsumexp": lambda z: scratch.logsumexp(z, 1),
    "cross_entropy": lambda z: F.cross_entropy(z, scratch.tensor([0, 1, 2, 3]), reduction="sum"),
    "other class": lambda z: F.cross_entropy(z, scratch.tensor([1, 0, 0, 0]), reduction="sum"),
    "smoothed": lambda z: F.cross_entropy(
        z, scratch.tensor([0, 1, 2, 3]), reduction="sum", label_smoothing=0.1
    ),
    "probabilities": lambda z: F.cross_entropy(
        z, scratch.tensor([[0.125, 0.5, 0.125, 0.25]] * 4, dtype=z.dtype), reduction="sum"
    ),
    "log_softmax": lambda z: -F.log_softmax(z, dim=1)[:, 2],
}


@BOTH
@pytest.mark.parametrize("name", LOSSES)
def test_those_of_certain_predictions(name: str, dtype: str) -> None:
    """All have the same one: diag(p) - p p'. Its entries are tiny where p is nearly 1."""
    z = scratch.tensor(np.array(ROWS, dtype), requires_grad=True)
    v = scratch.tensor(np.array(V, dtype))
    (slope,) = grad(LOSSES[name](z).sum(), z, create_graph=True)
    (curvature,) = grad((slope * v).sum(), z)
    with mp.workprec(400):
        for got, (exact, moved) in zip(curvature.numpy().ravel(), exact_rows(dtype)):
            assert units(got, exact, moved, dtype) <= ULPS, (got, float(exact))


@pytest.mark.parametrize("dim", [0, (0, 2), (0, 1, 2), -1, ()])
def test_those_of_logsumexp_over_several_dimensions(dim: Any) -> None:
    x = np.random.default_rng(0).normal(0, 3, (2, 3, 4))
    v = np.random.default_rng(1).normal(0, 1, x.shape)
    ours, theirs = scratch.tensor(x, requires_grad=True), torch.tensor(x, requires_grad=True)
    (slope,) = grad(scratch.logsumexp(ours, dim).sum(), ours, create_graph=True)
    (got,) = grad((slope * scratch.tensor(v)).sum(), ours)
    every = (0, 1, 2) if dim == () else dim
    (slope_of_torch,) = torch.autograd.grad(
        torch.logsumexp(theirs, every).sum(), theirs, create_graph=True
    )
    (expected,) = torch.autograd.grad((slope_of_torch * torch.tensor(v)).sum(), theirs)
    # sums of two dozen products of numbers up to 1
    assert_close(got, expected, terms=24, size=1)
