"""Binary cross entropy, from probabilities or from the logits before the sigmoid.

Lecture: "Función de pérdida", the binary case.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..activations import ONE, ZERO
from ..autograd import Array, part_of, primitive, raw
from ..tensor import Tensor
from .reduction import check_same_shape, constant, factor, reduced


def binary_cross_entropy(
    input: Any, target: Any, weight: Any = None, reduction: str = "mean"
) -> Tensor:
    """-(y log p + (1 - y) log(1 - p)) for probabilities p = input and y = target.

    weight: a factor that broadcasts to each element; it takes no gradient.

    PyTorch's edges: a logarithm is never below -100, and the derivative divides by at least
    1e-12, so that a prediction of exactly 0 or 1 gives finite numbers.

    Raises ValueError where input or target leave [0, 1], their shapes differ, or weight does not
    broadcast to it.

    >>> import scratch
    >>> round(binary_cross_entropy(scratch.tensor([0.6]), scratch.tensor([0.0])).item(), 2)
    0.92
    """
    return _binary_cross_entropy(input, target, constant(weight, "weight"), reduction)


@primitive
@part_of("binary_cross_entropy")
def _binary_cross_entropy(input: Array, target: Array, weight: Any, reduction: str) -> Any:
    """-(y log p + (1 - y) log(1 - p)), p and y in [0, 1], of one shape."""
    check_same_shape(input, target)
    for name, x in (("input", raw(input)), ("target", raw(target))):
        if ((x < 0) | (x > 1)).any():
            raise ValueError(f"{name}: all elements should be between 0 and 1")
    p, y, w = input, target, factor(weight, "weight", input)
    # log 0 is not asked for: the floor of -100 stands there
    log_p = np.where(raw(p) < FLOOR, -100, np.log(np.where(raw(p) < FLOOR, 1, p)))
    log_q = np.where(raw(p) == 1, -100, np.log1p(-np.where(raw(p) == 1, 0, p)))
    # as -(y log p + (1 - y) log q), with one pass less
    value, share = reduced(((y - 1) * log_q - y * log_p) * w, reduction)
    pq = p * (1 - p)
    slope = (p - y) / np.where(raw(pq) < SMALLEST, SMALLEST, pq)
    if type(p) is Tensor:  # to be derived again: the quotient's own derivative cancels near 0 and 1
        sure = raw(pq) < SMALLEST
        q, p_ = np.where(sure, 1, 1 - p), np.where(sure, 1, p)
        slope = np.where(sure, (p - y) / SMALLEST, (1 - y) / q - y / p_)
    return (
        value,
        lambda g: slope * w * (g * share),
        lambda g: logit_of(p) * w * (g * -share),
    )


FLOOR = np.exp(-100.0)
SMALLEST = np.float32(1e-12).item()  # PyTorch's constant, a float32


def logit_of(p: Any) -> Any:
    """log(p / (1 - p)), infinite at 0 and 1."""
    with np.errstate(divide="ignore"):
        return np.log(p) - np.log1p(-p)


def binary_cross_entropy_with_logits(
    input: Any,
    target: Any,
    weight: Any = None,
    reduction: str = "mean",
    pos_weight: Any = None,
) -> Tensor:
    """Binary cross entropy of p = sigmoid(z), from z = input itself: exact when p saturates.

    weight: a factor that broadcasts to each element; pos_weight: one for the positive classes.
    Neither takes a gradient.

    Raises ValueError where the shapes differ, or a weight does not broadcast to them.

    >>> import scratch
    >>> z = scratch.tensor([800.0, -800.0])
    >>> binary_cross_entropy_with_logits(z, scratch.tensor([1.0, 1.0]), reduction="none")
    tensor([  0., 800.])
    """
    if weight is None and pos_weight is None:
        return _logits_loss(input, target, reduction)
    return _weighted_logits_loss(
        input, target, constant(weight, "weight"), constant(pos_weight, "pos_weight"), reduction
    )


@primitive
@part_of("binary_cross_entropy_with_logits")
def _logits_loss(input: Array, target: Array, reduction: str) -> Any:
    """(1 - y) softplus(z) + y softplus(-z), z and y of one shape."""
    check_same_shape(input, target)
    zero, one = ZERO.get(input.dtype, 0), ONE.get(input.dtype, 1)
    side = np.copysign(one, raw(input))  # 1 or -1
    d = np.maximum(side, zero) - target  # exact for the targets 0 and 1
    e = np.exp(-(side * input))  # exp(-|z|) never overflows
    # z > 0: (1 - y) z + log(1 + e);  z < 0: -y z + log(1 + e)
    loss = d * input
    loss += np.log1p(e)
    value, share = reduced(loss, reduction)

    def d_input(g: Any) -> Any:
        # p - y, where p is 1 - q for positive z, q for negative, and q = e/(1+e): where the target
        # is right it is q alone, elsewhere at least 1/2, so nothing cancels
        return (d - side * (e / (one + e))) * (g * share)

    return value, d_input, lambda g: input * (g * -share)


@primitive
@part_of("binary_cross_entropy_with_logits")
def _weighted_logits_loss(
    input: Array, target: Array, weight: Any, pos_weight: Any, reduction: str
) -> Any:
    """w ((1 - y) softplus(z) + pos y softplus(-z)), z and y of one shape."""
    check_same_shape(input, target)
    z, y = input, target
    w, pos = factor(weight, "weight", z), factor(pos_weight, "pos_weight", z)
    negative = raw(z) < 0
    e = np.exp(np.where(negative, z, -z))
    rest = np.log1p(e)
    up = np.where(negative, 0, z) + rest  # softplus(z)
    down = np.where(negative, -z, 0) + rest  # softplus(-z)
    value, share = reduced(w * ((1 - y) * up + pos * y * down), reduction)
    p = np.where(negative, e, 1) / (1 + e)
    q = np.where(negative, 1, e) / (1 + e)  # 1 - p without cancellation
    near_0 = np.abs(raw(z)) < 1
    return (
        value,
        lambda g: w * ((1 - y) * p - pos * y * q) * (g * share),
        # pos down - up; near 0 the two cancel, but for down - up, which is -z exactly
        lambda g: w * np.where(near_0, (pos - 1) * down - z, pos * down - up) * (g * share),
    )
