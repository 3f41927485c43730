"""Gradient clipping: PyTorch's numbers, one global norm, limits that make sense."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from close import assert_close

import gradtwin
import scratch.clipping
import torch_ref.clipping

WINGS = [(scratch.clipping, scratch.tensor), (torch_ref.clipping, torch.tensor)]
INF = math.inf


def with_gradients(tensor, *gradients):
    parameters = []
    for g in map(np.array, gradients):
        parameters.append(tensor(np.zeros_like(g), requires_grad=True))
        parameters[-1].grad = g.copy() if tensor is scratch.tensor else torch.tensor(g)
    return parameters


def clipped_by(clipping, tensor, function, *limits):
    """The function (g1, g2, ...) -> what the clipping returns, and the gradients it leaves."""

    def clip(*gradients):
        parameters = with_gradients(tensor, *(g.numpy() for g in gradients))
        total = getattr(clipping, function)(parameters, *limits)
        return tuple([] if total is None else [total]) + tuple(
            tensor(p.grad) if tensor is scratch.tensor else p.grad for p in parameters
        )

    return clip


CALLS = [
    ("clip_grad_norm_", 0.5),
    ("clip_grad_norm_", 1e3),
    ("clip_grad_norm_", 0.0),
    ("clip_grad_norm_", INF),
    ("clip_grad_norm_", 0.5, 1.0),
    ("clip_grad_norm_", 0.5, 3.5),
    ("clip_grad_norm_", 0.5, 0.5),
    ("clip_grad_norm_", 0.5, 1e-3),  # infinite
    ("clip_grad_norm_", 0.5, INF),
    ("clip_grad_value_", 0.3),
    ("clip_grad_value_", 0.0),
    ("clip_grad_value_", INF),
]


@pytest.mark.parametrize("call", CALLS, ids=str)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_clipping_is_pytorchs(call, dtype):
    rng = np.random.default_rng(0)
    comparison = gradtwin.compare(
        gradtwin.side("scratch", clipped_by(*WINGS[0], *call)),
        gradtwin.side("torch", clipped_by(*WINGS[1], *call)),
        rng.normal(size=(4, 3)), rng.normal(size=7), np.array(0.3),
        dtype=dtype, requires_grad=[False] * 3,
    )  # fmt: skip
    assert comparison.ok, comparison


@pytest.mark.parametrize(
    "g", [[0.0, -0.0], [INF, 1.0], [-INF, 0.0], [math.nan, 1.0], [1e-300, 0.0]], ids=str
)
@pytest.mark.parametrize("norm_type", [1.0, 2.0, INF])
def test_special_gradients_are_pytorchs(g, norm_type):
    results = []
    for clipping, tensor in WINGS:
        (p,) = with_gradients(tensor, g)
        total = clipping.clip_grad_norm_([p], 1.0, norm_type)
        (q,) = with_gradients(tensor, g)
        clipping.clip_grad_value_(q, 1.0)
        results.append((float(total), *np.asarray(p.grad).tolist(), *np.asarray(q.grad).tolist()))
    ours, theirs = results
    if g == [1e-300, 0.0] and norm_type == 2:
        assert (ours[0], theirs[0]) == (1e-300, 0.0)  # PyTorch's square of it is 0
        ours, theirs = ours[1:], theirs[1:]
    np.testing.assert_array_equal(ours, theirs)


def test_a_norm_beyond_the_largest_square_still_clips():
    p, q = with_gradients(scratch.tensor, [3e200, 0.0], [4e200])  # PyTorch: infinite, so all 0
    total = scratch.clipping.clip_grad_norm_([p, q], 1.0)
    assert_close(total, 5e200)
    assert_close([*p.grad, *q.grad], [0.6, 0, 0.8])


@pytest.mark.parametrize(("clipping", "tensor"), WINGS, ids=["scratch", "torch"])
def test_one_norm_for_all_parameters_in_their_own_arrays(clipping, tensor):
    parameters = with_gradients(tensor, [3.0], [[4.0]])
    arrays = [p.grad for p in parameters]
    total = clipping.clip_grad_norm_(iter(parameters), 1.0)
    assert float(total) == 5.0  # not 3 and 4, each by itself
    assert all(p.grad is a for p, a in zip(parameters, arrays))
    # PyTorch's divisor is the norm plus 1e-6
    assert_close([float(a.sum()) for a in arrays], [3 / (5 + 1e-6), 4 / (5 + 1e-6)])


@pytest.mark.parametrize(("clipping", "tensor"), WINGS, ids=["scratch", "torch"])
def test_parameters_without_gradient_are_left_out(clipping, tensor):
    (p,) = with_gradients(tensor, [3.0])
    q = tensor([1.0], requires_grad=True)
    assert float(clipping.clip_grad_norm_([q, p], 10.0)) == 3.0
    assert float(clipping.clip_grad_norm_([q], 10.0)) == 0.0
    clipping.clip_grad_value_([q], 1.0)
    assert q.grad is None


@pytest.mark.parametrize(("clipping", "tensor"), WINGS, ids=["scratch", "torch"])
@pytest.mark.parametrize(
    ("function", "arguments", "name"),
    [
        ("clip_grad_norm_", (-1.0,), "max_norm"),
        ("clip_grad_norm_", (math.nan,), "max_norm"),
        ("clip_grad_norm_", (1.0, 0.0), "norm_type"),
        ("clip_grad_norm_", (1.0, -2.0), "norm_type"),
        ("clip_grad_norm_", (1.0, math.nan), "norm_type"),
        ("clip_grad_value_", (-1.0,), "clip_value"),
        ("clip_grad_value_", (math.nan,), "clip_value"),
    ],
)
def test_limits_without_meaning_are_named_and_nothing_is_clipped(
    clipping, tensor, function, arguments, name
):
    (p,) = with_gradients(tensor, [3.0])
    with pytest.raises(ValueError, match=f"^{name}: "):
        getattr(clipping, function)([p], *arguments)
    assert p.grad.tolist() == [3.0]


@pytest.mark.parametrize(("clipping", "tensor"), WINGS, ids=["scratch", "torch"])
def test_a_norm_that_is_not_finite_can_be_an_error(clipping, tensor):
    (p,) = with_gradients(tensor, [INF, 1.0])
    with pytest.raises(RuntimeError, match="norm"):
        clipping.clip_grad_norm_([p], 1.0, error_if_nonfinite=True)
    assert p.grad.tolist() == [INF, 1.0]


def test_an_array_in_the_place_of_a_parameter_is_named():
    with pytest.raises(TypeError, match=r"^parameters\[0\]: .*ndarray"):
        scratch.clipping.clip_grad_norm_([np.ones(2)], 1.0)
