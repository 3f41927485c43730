"""Frozen arguments: what conditions a result does so whether it takes a gradient or not."""

from __future__ import annotations

from collections.abc import Callable
from itertools import product
from typing import Any

import numpy as np
import pytest
import torch
import torch.nn.functional as F

import scratch
from gradtwin.compare import compare
from gradtwin.magnified import NEAR, Magnified

Program = tuple[Callable[..., Any], Callable[..., Any], list[Any]]


def cancelling(rng: Any, *shape: int) -> Any:
    """Numbers of size 100 whose sum along the axis before the last is next to nothing."""
    half = 100 * rng.normal(size=shape)
    return np.concatenate([half, -half * (1 + 1e-6)], axis=-2)


def from_the_end(values: Any, axis: int) -> Any:
    """A sum one by one from the end: another order than any library's."""
    total = np.zeros_like(values.sum(axis))
    for value in np.moveaxis(values, axis, 0)[::-1]:
        total = total + value
    return total


def summed(rng: Any) -> Program:
    pair = lambda x: from_the_end(x, 0), lambda g, x: np.broadcast_to(g, x.shape).copy()
    return pair, lambda x: x.sum(0), [cancelling(rng, 20, 3)]


def bilinear(rng: Any) -> Program:
    def backward(g: Any, x: Any, y: Any) -> Any:
        return g * y, g * x

    pair = lambda x, y: from_the_end(x * y, 0), backward
    y = np.concatenate([np.ones((20, 3))] * 2) * rng.uniform(1, 2, 3)
    return pair, lambda x, y: (x * y).sum(0), [cancelling(rng, 20, 3), y]


def matmul(rng: Any) -> Program:
    pair = (
        lambda x, y: from_the_end(x[:, :, None] * y, 1),
        lambda g, x, y: (g @ y.T, x.T @ g),
    )
    return pair, torch.matmul, [np.ones((3, 40)), cancelling(rng, 20, 4)]


def linear(rng: Any) -> Program:
    pair = (
        lambda x, weight: from_the_end(x[:, None, :] * weight, 2),
        lambda g, x, weight: (g @ weight, g.T @ x),
    )
    return pair, F.linear, [cancelling(rng, 20, 3).T.copy(), np.ones((4, 40))]


def conv1d(rng: Any) -> Program:
    """A kernel of length 1: at every place the same product over the channels."""

    def forward(x: Any, weight: Any) -> Any:
        return from_the_end(weight[None, :, :, :] * x[:, None], 2)

    def backward(g: Any, x: Any, weight: Any) -> Any:
        return (
            np.einsum("noi,oc->nci", g, weight[:, :, 0]),
            np.einsum("noi,nci->oc", g, x)[:, :, None],
        )

    return (forward, backward), F.conv1d, [cancelling(rng, 2, 20, 5), np.ones((3, 40, 1))]


PROGRAMS = {f.__name__: f for f in (summed, bilinear, matmul, linear, conv1d)}
CASES = [
    pytest.param(make, frozen, id=f"{name}-{''.join('fg'[not f] for f in frozen)}")
    for name, make in PROGRAMS.items()
    for frozen in product([True, False], repeat=1 if name == "summed" else 2)
]
"""Every program with every pattern of frozen arguments (f) and others (g)."""


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize(("make", "frozen"), CASES)
def test_a_sum_that_cancels_passes(make: Any, frozen: Any, dtype: str) -> None:
    for seed in range(3):
        ours, theirs, arrays = make(np.random.default_rng(seed))
        wanted = [not f for f in frozen]
        result = compare(ours, theirs, *arrays, dtype=dtype, requires_grad=wanted)
        assert result.ok, str(result)


@pytest.mark.parametrize(("make", "frozen"), [c for c in CASES if not all(c.values[1])])
def test_a_small_mistake_beside_frozen_arguments_is_caught(make: Any, frozen: Any) -> None:
    """In float64, where one derivative of those that are asked for is wrong by a factor."""
    (forward, backward), theirs, arrays = make(np.random.default_rng(0))
    for wrong in [i for i, f in enumerate(frozen) if not f]:

        def with_mistake(g: Any, *given: Any, wrong: int = wrong) -> Any:
            came = backward(g, *given)
            came = list(came) if isinstance(came, tuple) else [came]
            came[wrong] = came[wrong] * 1.0005
            return tuple(came)

        wanted = [not f for f in frozen]
        result = compare((forward, with_mistake), theirs, *arrays, requires_grad=wanted)
        assert [f.kind for f in result.findings] == ["values"]
        (differs,) = [c for c in result.gradients if not c.ok]
        assert differs.argument == wrong


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_scratch_convolution_with_frozen_arguments(dtype: str) -> None:
    """Inputs on which a right convolution was said to be wrong."""
    for seed in (55, 59, 67, 154):
        rng = np.random.default_rng(seed)
        x, weight = rng.normal(size=(4, 6, 30)), rng.normal(size=(5, 6, 7))
        for wanted in product([True, False], repeat=2):
            result = compare(
                scratch.functional.conv1d, F.conv1d, x, weight, dtype=dtype, requires_grad=wanted
            )
            assert result.ok, str(result)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_each_result_of_a_convolution_moves_by_its_terms(dtype: Any) -> None:
    """d_input, d_weight and d_bias are sums of different terms, each moved by its own."""
    x = torch.tensor([[[1.1, -1.1, 1.1, -1.1]]], dtype=dtype, requires_grad=True)
    weight = torch.tensor([[[1.3, 1.3]]], dtype=dtype, requires_grad=True)
    bias = torch.zeros(1, dtype=dtype, requires_grad=True)
    g = torch.tensor([[[0.7, -0.7, 0.7]]], dtype=dtype)
    leaves = x, weight, bias
    with Magnified(0, NEAR):
        y = F.conv1d(x, weight, bias)
        moved = torch.autograd.grad(y, leaves, g)
    assert y.abs().min() > NEAR * torch.finfo(dtype).eps     # exactly 0, of terms of size 1.4
    right = torch.autograd.grad(F.conv1d(x, weight, bias), leaves, g)
    for a, b in zip(moved, right):
        assert 0 < (a - b).abs().max() < 10 * NEAR * torch.finfo(dtype).eps


def test_a_convolution_that_is_exact_stays_on_its_kink() -> None:
    x = torch.tensor([[[1.0, -1.0, 0.5, 0.25]]])
    with Magnified(0, NEAR):
        y = F.conv1d(x, torch.tensor([[[1.0, 1.0]]]))
    assert y[0, 0, 0] == 0


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_a_convolution_with_weights_of_its_own_passes(dtype: str) -> None:
    """Nothing moves what a function closes over: the convolution itself must know its terms."""
    (forward, backward), _, (x, weight) = conv1d(np.random.default_rng(0))
    w = weight.astype(dtype)
    pair = lambda x: forward(x, w), lambda g, x: backward(g, x, w)[0]
    inside = torch.tensor(x.astype(dtype))
    result = compare(pair, lambda x: F.conv1d(x, torch.tensor(w)), x, dtype=dtype)
    assert result.ok, str(result)
    pair = lambda w: forward(inside.numpy(), w), lambda g, w: backward(g, inside.numpy(), w)[1]
    result = compare(pair, lambda w: F.conv1d(inside, w), weight, dtype=dtype)
    assert result.ok, str(result)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_a_mistake_in_a_gradient_makes_no_output_wrong(dtype: str) -> None:
    """The second, finer measurement takes back nothing that the first has explained."""
    (forward, backward), theirs, arrays = summed(np.random.default_rng(0))
    result = compare((forward, lambda g, x: 2 * backward(g, x)), theirs, *arrays, dtype=dtype)
    assert result.outputs[0].ok
    assert [f.argument for f in result.findings] == ["gradient of x"]
