"""Where scratch is right and PyTorch's own arithmetic is not.

The table of samples leaves these points out: PyTorch overflows on the way to a finite result, has
a rounded constant, or multiplies 0 by infinity. The expectation is PyTorch's all the same, asked in
a way that avoids this: in float64 for float32, by parts, or as a composed formula; or mpmath.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import mpmath
import numpy as np
import pytest
import torch

import scratch
import scratch.functional as F
from scratch.autograd import grad

EPS = float(np.finfo(np.float64).eps)


def value_and_slope(function: Callable[[Any], Any], x: Any) -> tuple[np.ndarray, np.ndarray]:
    t = scratch.tensor(x, requires_grad=True)
    with np.errstate(over="ignore", invalid="ignore"):
        y = function(t)
        y.sum().backward()
    assert t.grad is not None
    return y.data, t.grad


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        (F.gelu, torch.nn.functional.gelu),
        (F.hardswish, torch.nn.functional.hardswish),
        (
            lambda x: F.gelu(x, approximate="tanh"),
            lambda x: torch.nn.functional.gelu(x, approximate="tanh"),
        ),
    ],
    ids=["gelu", "hardswish", "gelu by tanh"],
)
def test_huge_float32(ours: Callable[[Any], Any], theirs: Callable[[Any], Any]) -> None:
    """2 Φ(x) x, 6 x and x³ overflow; the result does not. PyTorch in float64 has the room."""
    x = np.array([3e38, -3e38, 1e18, -1e18], np.float32)
    wide = torch.tensor(x.astype(np.float64), requires_grad=True)
    expected = theirs(wide)
    expected.sum().backward()
    value, slope = value_and_slope(ours, x)
    np.testing.assert_array_equal(value, expected.detach().numpy().astype(np.float32))
    np.testing.assert_array_equal(slope, wide.grad.numpy().astype(np.float32))


@pytest.mark.parametrize("approximate", ["none", "tanh"])
@pytest.mark.parametrize("x", [1e100, 1e155, 1e308])
def test_gelu_of_huge_numbers(approximate: str, x: float) -> None:
    """The gate is 1 above and 0 below, its slope too."""
    value, slope = value_and_slope(lambda t: F.gelu(t, approximate=approximate), [x, -x])
    assert value.tolist() == [x, 0.0]
    assert slope.tolist() == [1.0, 0.0]


def test_hardswish_of_the_largest_numbers() -> None:
    value, slope = value_and_slope(F.hardswish, [1e308, -1e308])
    assert value.tolist() == [1e308, 0.0]
    assert slope.tolist() == [1.0, 0.0]


@pytest.mark.parametrize("name", ["sinh", "cosh"])
def test_hyperbolic_functions_close_to_the_largest_number(name: str) -> None:
    """exp(710) overflows, half of it does not."""
    other = {"sinh": "cosh", "cosh": "sinh"}[name]
    for x in (710.0, -710.0):
        value, slope = value_and_slope(getattr(scratch, name), x)
        # one ULP of x moves the result by |x| ULPs: the condition of exp
        allowed = (4 + abs(x)) * EPS
        for found, function in ((value, name), (slope, other)):
            exact = float(getattr(mpmath, function)(x))
            assert abs(float(found) / exact - 1) <= allowed


@pytest.mark.parametrize(
    "row",
    [
        [np.inf, 1.0, 2.0], [np.inf, -np.inf, 2.0], [np.nan, 1.0, 2.0], [-np.inf, -np.inf, -np.inf],
        [np.inf, 0.0, 3.0], [3e300, 3e300, 1e-300],
    ],
)  # fmt: skip
def test_gradient_of_a_product_is_the_product_of_the_others(row: list[float]) -> None:
    """Also where the product itself is infinite or NaN, and g * value / x would be NaN."""
    _, slope = value_and_slope(scratch.prod, row)
    numbers = torch.tensor(row, dtype=torch.float64)
    others = [torch.cat([numbers[:i], numbers[i + 1 :]]) for i in range(len(row))]
    np.testing.assert_array_equal(slope, [torch.prod(x).item() for x in others])


@pytest.mark.parametrize("y", [0.25, 1.0])
@pytest.mark.parametrize("pos_weight", [None, 3.0])
def test_binary_cross_entropy_of_an_infinite_logit(y: float, pos_weight: float | None) -> None:
    """The sum of its two terms, each PyTorch's; as one formula it has (1 - y) z + softplus(-z)."""
    z = torch.tensor(-np.inf, dtype=torch.float64)
    wrong = -torch.nn.functional.logsigmoid(z)  # infinite
    right = -torch.nn.functional.logsigmoid(-z)  # 0
    expected = y * (pos_weight or 1) * wrong + (1 - y) * right
    loss = F.binary_cross_entropy_with_logits(
        scratch.tensor([-np.inf]), scratch.tensor([y]),
        pos_weight=None if pos_weight is None else scratch.tensor(pos_weight),
    )  # fmt: skip
    assert loss.item() == expected.item()


def test_hardsigmoid_has_the_slope_of_a_sixth() -> None:
    """PyTorch's is a sixth rounded to float32, also in float64."""
    _, slope = value_and_slope(F.hardsigmoid, [-1.0, 0.0, 2.5])
    assert slope.tolist() == [1 / 6] * 3


def test_an_example_that_does_not_count_has_no_gradient_though_it_is_nan() -> None:
    logits = scratch.tensor([[np.nan, 0.0], [1.0, 0.5]], requires_grad=True)
    F.cross_entropy(logits, scratch.tensor([-100, 0])).backward()
    alone = scratch.tensor([[1.0, 0.5]], requires_grad=True)
    F.cross_entropy(alone, scratch.tensor([0])).backward()
    assert logits.grad is not None
    assert alone.grad is not None
    np.testing.assert_array_equal(logits.grad, [[0.0, 0.0], *alone.grad])


def test_second_derivative_of_binary_cross_entropy() -> None:
    """PyTorch's own adds 1e-12 to the probabilities; that of its logarithms does not."""
    rng = np.random.default_rng(0)
    p, y = rng.uniform(0.05, 0.95, (2, 20))
    ours = scratch.tensor(p, requires_grad=True)
    loss = F.binary_cross_entropy(ours, scratch.tensor(y), reduction="sum")
    (first,) = grad(loss, ours, create_graph=True)
    (second,) = grad(first.sum(), ours)

    theirs, target = torch.tensor(p, requires_grad=True), torch.tensor(y)
    composed = -(target * theirs.log() + (1 - target) * (1 - theirs).log()).sum()
    (slope,) = torch.autograd.grad(composed, theirs, create_graph=True)
    (expected,) = torch.autograd.grad(slope.sum(), theirs)
    # y/p² + (1-y)/(1-p)²: a sum of positive numbers; its inputs p and 1 - p, rounded, are squared
    np.testing.assert_allclose(second.numpy(), expected.numpy(), rtol=16 * EPS)
