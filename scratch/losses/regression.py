"""Losses for numbers: squared error, MSE, and those that mind outliers less.

Lecture: "Grafo computacional: Ejemplo" (squared error).
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..autograd import Array, part_of, primitive, raw
from ..checks import number
from ..tensor import Tensor
from .reduction import check_reduction, check_same_shape, reduced, reduced_product, weighted


@primitive
def squared_error(input: Array, target: Array) -> Any:
    """(y_hat - y)^2 of each element, the loss of the lecture's linear regression.

    >>> import scratch
    >>> squared_error(scratch.tensor(7.0), scratch.tensor(9.0)).item()
    4.0
    """
    check_same_shape(input, target)
    e = input - target
    return e * e, lambda g: g * (e + e), lambda g: -g * (e + e)


def mse_loss(
    input: Any, target: Any, reduction: str = "mean", weight: Tensor | None = None
) -> Tensor:
    """mean (or sum) of (input - target)^2; input and target of one shape.

    weight: one for each element; the mean is then sum(weight * error) / sum(weight).

    Raises ValueError where the shapes differ: (n,) against (n, 1) would compare every
    prediction with every target.

    >>> import scratch
    >>> mse_loss(scratch.tensor([1.0, 2.0]), scratch.tensor([1.0, 4.0])).item()
    2.0
    """
    if weight is not None:
        return weighted(_mse_loss(input, target, "none"), weight, reduction)
    return _mse_loss(input, target, reduction)


@primitive
@part_of("mse_loss")
def _mse_loss(input: Array, target: Array, reduction: str) -> Any:
    """(input - target)^2, input and target of one shape."""
    check_same_shape(input, target)
    e = input - target
    value, share = reduced_product(e, e, reduction)
    twice = share + share
    return value, lambda g: e * (g * twice), lambda g: e * (g * -twice)


def l1_loss(
    input: Any, target: Any, reduction: str = "mean", weight: Tensor | None = None
) -> Tensor:
    """mean (or sum) of |input - target|; derivative 0 where they are equal, as in PyTorch.

    weight: one for each element; the mean is then sum(weight * error) / sum(weight).
    """
    if weight is not None:
        return weighted(_l1_loss(input, target, "none"), weight, reduction)
    return _l1_loss(input, target, reduction)


@primitive
@part_of("l1_loss")
def _l1_loss(input: Array, target: Array, reduction: str) -> Any:
    """|input - target|, input and target of one shape."""
    check_same_shape(input, target)
    e = raw(input) - raw(target)
    sign = (e > 0).astype(e.dtype) - (e < 0)
    value, share = reduced(np.abs(e), reduction)
    return value, lambda g: sign * (g * share), lambda g: sign * (g * -share)


def huber_loss(
    input: Any,
    target: Any,
    reduction: str = "mean",
    delta: float = 1.0,
    weight: Tensor | None = None,
) -> Tensor:
    """e^2 / 2 for an error |e| <= delta, delta (|e| - delta / 2) beyond (Huber 1964).

    weight: one for each element; the mean is then that of weight * error, not divided by the
    weights.

    Raises ValueError unless delta > 0.
    """
    if type(delta) is not float:
        delta = number("huber_loss: delta", delta)
    if not delta > 0:
        raise ValueError(f"huber_loss: delta: expected a positive number, got {delta}")
    if weight is not None:
        check_reduction(reduction)
        loss = weighted(_huber_loss(input, target, "none", delta), weight, "none")
        return loss.mean() if reduction == "mean" else loss.sum() if reduction == "sum" else loss
    return _huber_loss(input, target, reduction, delta)


@primitive
@part_of("huber_loss")
def _huber_loss(input: Array, target: Array, reduction: str, delta: float) -> Any:
    """e^2 / 2 near 0, linear beyond delta; input and target of one shape."""
    check_same_shape(input, target)
    e = input - target
    a = np.where(raw(e) < 0, -e, e)
    near = np.where(raw(a) > delta, 0, e)  # the square of a large error could overflow
    value, share = reduced(
        np.where(raw(a) <= delta, near * near / 2, delta * (a - delta / 2)), reduction
    )
    slope = np.where(raw(e) < -delta, -delta, np.where(raw(e) > delta, delta, e))
    return value, lambda g: slope * (g * share), lambda g: slope * (g * -share)


def smooth_l1_loss(
    input: Any, target: Any, reduction: str = "mean", beta: float = 1.0
) -> Tensor:
    """e^2 / (2 beta) for an error |e| < beta, |e| - beta / 2 beyond (Girshick 2015).

    Raises ValueError for a negative beta; beta 0 is the l1 loss.
    """
    if type(beta) is not float:
        beta = number("smooth_l1_loss: beta", beta)
    if not beta >= 0:
        raise ValueError(f"smooth_l1_loss: beta: expected 0 or more, got {beta}")
    if beta == 0:
        return _l1_loss(input, target, reduction)
    return _smooth_l1_loss(input, target, reduction, beta)


@primitive
@part_of("smooth_l1_loss")
def _smooth_l1_loss(input: Array, target: Array, reduction: str, beta: float) -> Any:
    """e^2 / (2 beta) near 0, |e| - beta / 2 beyond; input and target of one shape."""
    check_same_shape(input, target)
    e = input - target
    a = np.where(raw(e) < 0, -e, e)
    near = np.where(raw(a) >= beta, 0, e)  # the square of a large error could overflow
    value, share = reduced(
        np.where(raw(a) < beta, near * near / (2 * beta), a - beta / 2), reduction
    )
    slope = np.where(raw(e) <= -beta, -1, np.where(raw(e) >= beta, 1, near / beta))
    return value, lambda g: slope * (g * share), lambda g: slope * (g * -share)
