"""Calls that cannot mean anything are refused, and the message names the argument.

Each row: a call, the exceptions that PyTorch's users and Python's would expect of it, and what
the message must say. Below, what PyTorch answers where others would refuse, and the reverse.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch

import scratch.functional as F
from scratch import tensor as T

Row = tuple[Callable[[], Any], Any, str]

v = T([0.25, 0.75])
m = T([[1.0, 2.0], [3.0, 4.0]])
classes = T([0, 1])

LOSSES: dict[str, Row] = {
    "huber reduction": (
        lambda: F.huber_loss(v, v, weight=v, reduction="avg"),
        ValueError,
        "reduction: .*'avg'",
    ),
    "huber delta str": (
        lambda: F.huber_loss(v, v, delta="1"),  # type: ignore[arg-type]
        TypeError,
        "huber_loss: delta: expected a number, got str '1'",
    ),
    "huber delta None": (
        lambda: F.huber_loss(v, v, delta=None),  # type: ignore[arg-type]
        TypeError,
        "delta: expected a number, got NoneType",
    ),
    "smooth_l1 beta": (
        lambda: F.smooth_l1_loss(v, v, beta="a"),  # type: ignore[arg-type]
        TypeError,
        "smooth_l1_loss: beta: expected a number, got str 'a'",
    ),
    "mse weight list": (
        lambda: F.mse_loss(v, v, weight=[1, 2]),  # type: ignore[arg-type]
        TypeError,
        r"weight: expected a Tensor or an array, got list \[1, 2\]",
    ),
    "mse weight str": (
        lambda: F.mse_loss(v, v, weight="a"),  # type: ignore[arg-type]
        TypeError,
        "weight: expected a Tensor or an array, got str 'a'",
    ),
    "mse of integers": (lambda: F.mse_loss(classes, classes), TypeError, "input: .*int64"),
    "bce weight wider": (
        lambda: F.binary_cross_entropy(v, v, weight=T(np.ones((2, 2)))),
        RuntimeError,
        r"weight: .*broadcasts to \(2,\), got \(2, 2\)",
    ),
    "bce weight longer": (
        lambda: F.binary_cross_entropy(v[:1], v[:1], weight=v),
        RuntimeError,
        r"weight: .*broadcasts to \(1,\), got \(2,\)",
    ),
    "logits weight wider": (
        lambda: F.binary_cross_entropy_with_logits(v, v, weight=T(np.ones((2, 2)))),
        RuntimeError,
        r"weight: .*broadcasts to \(2,\), got \(2, 2\)",
    ),
    "logits pos_weight wider": (
        lambda: F.binary_cross_entropy_with_logits(v, v, pos_weight=T(np.ones((2, 2)))),
        RuntimeError,
        r"pos_weight: .*broadcasts to \(2,\), got \(2, 2\)",
    ),
    "logits pos_weight number": (
        lambda: F.binary_cross_entropy_with_logits(v, v, pos_weight=2.0),
        TypeError,
        "pos_weight: expected a Tensor or an array, got float 2.0",
    ),
    "cross_entropy weight list": (
        lambda: F.cross_entropy(m, classes, weight=[1, 2]),
        TypeError,
        "weight: expected a Tensor or an array, got list",
    ),
    "cross_entropy weight str": (
        lambda: F.cross_entropy(m, classes, weight="ab"),
        TypeError,
        "weight: expected a Tensor or an array, got str",
    ),
    "cross_entropy of integers": (
        lambda: F.cross_entropy(T([[1, 2]]), T([0])),
        TypeError,
        "cross_entropy: input: expected floating point numbers, got int64",
    ),
    "cross_entropy of integers, smoothed": (
        lambda: F.cross_entropy(T([[1, 2]]), T([0]), label_smoothing=0.5),
        TypeError,
        "input: expected floating point numbers, got int64",
    ),
    "label_smoothing": (
        lambda: F.cross_entropy(m, classes, label_smoothing="a"),  # type: ignore[arg-type]
        TypeError,
        "label_smoothing: expected a number, got str 'a'",
    ),
    "ignore_index str": (
        lambda: F.cross_entropy(m, classes, ignore_index="a"),  # type: ignore[arg-type]
        TypeError,
        "cross_entropy: ignore_index: expected an integer, got str 'a'",
    ),
    "ignore_index bool": (
        lambda: F.cross_entropy(m, classes, ignore_index=True),
        TypeError,
        "ignore_index: expected an integer, got bool True",
    ),
    "nll ignore_index": (
        lambda: F.nll_loss(m, classes, ignore_index=1.5),  # type: ignore[arg-type]
        TypeError,
        "nll_loss: ignore_index: expected an integer, got float 1.5",
    ),
}

OPERATIONS: dict[str, Row] = {
    "to complex": (lambda: v.to("complex64"), TypeError, "dtype: .*real numbers.*'complex64'"),
    "to None": (lambda: v.to(None), TypeError, "dtype: .*got None"),
    "to unknown": (lambda: v.to("flaot32"), TypeError, "dtype: .*'flaot32'"),
}

ROWS = {**LOSSES, **OPERATIONS}


@pytest.mark.parametrize(("call", "raises", "says"), ROWS.values(), ids=ROWS)
def test_refused_and_named(call: Callable[[], Any], raises: Any, says: str) -> None:
    with pytest.raises(raises, match=f"(?s){says}"):
        call()


@pytest.mark.parametrize("dtype", ["int64", "bool"])
def test_a_cast_to_integers_has_no_gradient(dtype: str) -> None:
    x = T([1.5], requires_grad=True)
    for y in (x.to(dtype), (x * 2).to(dtype)):
        assert not y.requires_grad
        assert y.dtype == np.dtype(dtype)
    assert x.to("float32").requires_grad


WEIGHT = [1.0, 2.0]
IGNORING = [
    ("cross_entropy", {}),
    ("cross_entropy", {"weight": WEIGHT}),
    ("cross_entropy", {"label_smoothing": 0.1}),
    ("cross_entropy", {"weight": WEIGHT, "label_smoothing": 0.1}),
    ("nll_loss", {}),
    ("nll_loss", {"weight": WEIGHT}),
]


@pytest.mark.parametrize(("name", "options"), IGNORING)
def test_all_targets_ignored(name: str, options: dict[str, Any]) -> None:
    """NaN, and gradients of 0, as PyTorch; warnings of numpy would be errors here."""
    found = []
    for make, wing in ((T, F), (torch.tensor, torch.nn.functional)):
        x = make([[1.0, 2.0], [3.0, 4.0]], requires_grad=True)
        given = {k: make(w) if k == "weight" else w for k, w in options.items()}
        loss = getattr(wing, name)(x, make([-100, -100]), **given)
        loss.backward()
        assert np.isnan(loss.item())
        found.append(np.asarray(x.grad))
    np.testing.assert_array_equal(found[0], found[1])


def test_losses_of_nothing_are_nan() -> None:
    x = T(np.zeros(0), requires_grad=True)
    for loss in (F.mse_loss, F.l1_loss, F.huber_loss, F.binary_cross_entropy_with_logits):
        y = loss(x, T(np.zeros(0)))
        y.backward()
        assert np.isnan(y.item())
        assert x.grad is not None
        assert x.grad.shape == (0,)


def test_weights_keep_the_dtype_of_the_input() -> None:
    """As in PyTorch; numpy would make float64 of float32 and float64 or int64."""
    p = v.to("float32")
    for w in (np.ones(2), np.ones(2, np.int64)):
        assert F.binary_cross_entropy(p, p, weight=w).dtype == np.float32
        loss = F.binary_cross_entropy_with_logits(p, p, weight=w, pos_weight=w)
        assert loss.dtype == np.float32
