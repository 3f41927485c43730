"""The step of gradient descent, against PyTorch's."""

from __future__ import annotations

import numpy as np
import pytest
import torch

import scratch
import torch_ref
import torch_ref.optimizers
from scratch.optimizers import SGD


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_step_is_pytorchs_but_for_one_rounding(dtype):
    rng = np.random.default_rng(0)
    p, g = rng.normal(size=(2, 50, 7)).astype(dtype)
    ours = scratch.tensor(p, requires_grad=True)
    theirs = torch.tensor(p, requires_grad=True)
    ours.grad, theirs.grad = g.copy(), torch.tensor(g)
    SGD([ours], lr=0.1).step()
    torch_ref.optimizers.SGD([theirs], lr=0.1).step()
    moved = theirs.detach().numpy()
    # PyTorch rounds p - lr g once (a fused multiply and add), numpy the product as well: half an
    # ULP of the result on either side, and half an ULP of the product
    allowed = np.finfo(dtype).eps * (np.abs(moved) + np.abs(0.1 * g))
    assert (np.abs(ours.data - moved) <= allowed).all()
    assert ours.dtype == dtype


def test_the_array_stays_the_same_and_the_gradient_is_kept():
    w = scratch.tensor([1.0, 2.0], requires_grad=True)
    array = w.data
    (w * w).sum().backward()
    SGD([w], lr=0.5).step()
    assert w.data is array
    assert array.tolist() == [0, 0]
    assert w.grad.tolist() == [2, 4]


@pytest.mark.parametrize(
    ("tensor", "optimizer"),
    [(scratch.tensor, SGD), (torch.tensor, torch.optim.SGD)],
    ids=["scratch", "torch"],
)
def test_a_graph_from_before_the_step_refuses(tensor, optimizer):
    w = tensor([1.0, 2.0], requires_grad=True)
    loss = (w * w).sum()
    loss.backward(retain_graph=True)
    optimizer([w], lr=0.1).step()
    with pytest.raises(RuntimeError, match=r"in.?place"):
        loss.backward()


def test_a_parameter_without_gradient_stays():
    w, v = scratch.tensor([1.0], requires_grad=True), scratch.tensor([1.0], requires_grad=True)
    (w * 3).sum().backward()
    optimizer = SGD(iter([w, v]), lr=0.1)
    optimizer.step()
    assert (w.item(), v.item()) == (1 - 0.1 * 3, 1)
    optimizer.zero_grad()
    assert w.grad is None


def test_a_numpy_learning_rate_does_not_widen_float32():
    steps = []
    for lr in (0.1, np.float64(0.1)):
        w = scratch.tensor(np.float32([1.7]), requires_grad=True)
        w.grad = np.float32([0.3])
        SGD([w], lr=lr).step()
        steps.append(w.item())
    assert steps[0] == steps[1]


@pytest.mark.parametrize(
    ("params", "lr", "error", "pattern"),
    [
        ([], 0.1, ValueError, "params: .*empty"),
        (scratch.tensor([1.0]), 0.1, TypeError, "params: .*several"),
        ([np.ones(2)], 0.1, TypeError, r"params\[0\]: .*ndarray"),
        ([scratch.tensor([1.0], requires_grad=True) * 2], 0.1, ValueError, r"params\[0\]: .*leaf"),
        ([scratch.tensor([1.0])], -0.1, ValueError, "lr: "),
        ([scratch.tensor([1.0])], float("nan"), ValueError, "lr: "),
        ([scratch.tensor([1.0])], float("inf"), ValueError, "lr: "),
    ],
)
def test_bad_arguments_are_named(params, lr, error, pattern):
    with pytest.raises(error, match=f"^{pattern}"):
        SGD(params, lr=lr)
