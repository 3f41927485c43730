"""Cross entropy over C classes: softmax and its loss as one block.

Lecture: "Función de pérdida" (cross entropy), "Softmax". As one block they are cheaper and more
exact: with p = softmax(z) the derivative of -log p[y] is p - onehot(y), and no logarithm of a
rounded probability is taken.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..activations import ONE, log_softmax, softmax
from ..autograd import Array, on_either, part_of, primitive, raw
from ..autograd.errors import ArgumentError
from ..checks import integer, number
from ..linear import sum_of_rows
from ..operations.arithmetic import where
from ..prepared import Prepared
from ..tensor import Tensor
from .reduction import check_reduction, constant, reduced


def cross_entropy(
    input: Any,
    target: Any,
    weight: Any = None,
    ignore_index: int = -100,
    reduction: str = "mean",
    label_smoothing: float = 0.0,
) -> Tensor:
    """-sum_c t_c log softmax(input)_c; logits (n, C), classes (n,) or probabilities (n, C).

    input: logits, shape (C,), (n, C) or (n, C, d1, ...).
    target: class indices of input's shape without C, or probabilities of input's shape.
    weight: a factor for each class, shape (C,); it takes no gradient. A mean over class indices
        divides by the weights of the classes that occur.
    ignore_index: a class index whose examples do not count.
    label_smoothing: how much of each target is spread evenly over the classes, 0 to 1.

    Raises IndexError for a class outside 0 to C - 1, ValueError (a RuntimeError too) for shapes
    or dtypes that do not fit. Source: lecture, "Función de pérdida"; Szegedy et al. 2016 for the
    smoothing.

    >>> import scratch
    >>> logits = scratch.tensor([[5.0, 6.0, 11.0, 7.0]], requires_grad=True)
    >>> loss = cross_entropy(logits, scratch.tensor([2]))
    >>> round(loss.item(), 4)
    0.0272
    """
    if weight is None and label_smoothing == 0 and are_logits_and_classes(input, target):
        return _from_classes(input, target, ignore_index, reduction)

    check_reduction(reduction)
    label_smoothing = number("cross_entropy: label_smoothing", label_smoothing)
    if not 0 <= label_smoothing <= 1:
        raise ArgumentError(f"label_smoothing: expected 0 to 1, got {label_smoothing}")
    ignore_index = integer("cross_entropy: ignore_index", ignore_index)
    input, target = as_tensor("input", input), as_tensor("target", target)
    check_floating(input)
    check_has_classes(input)
    weight = class_weights(weight, input)
    if target.dtype.kind == "f" and target.shape == input.shape:
        return _from_probabilities(
            input, target, weight, ignore_index, reduction, label_smoothing
        )
    check_classes(input, target)
    z, y = one_row_an_example(input), raw(target).reshape(-1)
    counted, w = counted_and_weights(y, ignore_index, weight, input.dtype)
    if label_smoothing == 0:
        loss: Tensor = _from_classes(z, y, ignore_index, "none") * w
    else:
        loss = _from_distribution(z, smoothed(y, counted, weight, z, label_smoothing))
        loss = loss if counted.all() else where(counted, loss, 0)  # not 0 * inf
    if reduction == "none":
        return loss.reshape(target.shape)
    return sum_or_mean(loss, counted, w, reduction)


def nll_loss(
    input: Any,
    target: Any,
    weight: Any = None,
    ignore_index: int = -100,
    reduction: str = "mean",
) -> Tensor:
    """-log p[y] from log-probabilities; input (n, C), class indices (n,).

    Arguments, shapes and errors as `cross_entropy`, with log-probabilities for logits.
    """
    check_reduction(reduction)
    ignore_index = integer("nll_loss: ignore_index", ignore_index)
    input, target = as_tensor("input", input), as_tensor("target", target)
    check_floating(input)
    check_has_classes(input)
    weight = class_weights(weight, input)
    check_classes(input, target)
    log_p, y = one_row_an_example(input), raw(target).reshape(-1)
    counted, w = counted_and_weights(y, ignore_index, weight, input.dtype)
    at = np.arange(len(y)), counted_classes(y, counted, log_p.shape[1])
    # where it does not count, no 0 * inf; and -0.0, which is negated below
    taken = log_p[at] if counted.all() else where(counted, log_p[at], -0.0)
    loss: Tensor = -taken * w
    if reduction == "none":
        return loss.reshape(target.shape)
    return sum_or_mean(loss, counted, w, reduction)


@primitive
@part_of("cross_entropy")
def _from_classes(input: Array, target: Array, ignore_index: int, reduction: str) -> Any:
    """-log softmax(z)[y]; logits z (n, C), class indices y (n,).

    With rest the sum of exp(z - top) over the classes other than y, the loss is
    log(rest + exp(z_y - top)) - (z_y - top): written with log1p and expm1, so that it keeps its
    digits where the prediction is right and almost certain (z_y = top, rest tiny).
    """
    y, classes, one = raw(target), input.shape[1], ONE.get(input.dtype)
    if one is None:
        check_floating(input)
        one = 1
    if type(ignore_index) is not int:
        ignore_index = integer("ignore_index", ignore_index)
    if y.dtype.kind not in "iu" or y.ndim != 1 or len(y) != len(input):
        check_classes(input, y)
    counted = None if ignore_index < 0 and are_classes(y, classes) else y != ignore_index
    at = flat_entries(counted_classes(y, counted, classes))

    z = columns(input)
    z -= np.maximum.reduce(raw(z), 0)
    z_y = z.reshape(-1)[at]
    others = with_entries(np.exp(z), at, 0)
    rest = sum_of_rows(others)
    t = rest + np.expm1(z_y)
    loss = np.log1p(t) - z_y
    # p - onehot(y); its entry at y, p_y - 1, is minus the sum of the other probabilities
    numerator = with_entries(others, at, -rest)
    if counted is not None:
        loss = np.where(counted, loss, 0)
    value, share = mean_of_counted(loss, counted, reduction)

    def d_input(g: Any) -> Any:
        if type(z) is Tensor:  # to be derived again: softmax's own derivative does not cancel
            p = softmax_of(z, 0)
            d = with_entries(p, at, -np.sum(with_entries(p, at, 0), axis=0)) * (g * share)
        else:
            d = numerator * (g * share / (one + t))
        # 0 also beside a NaN, and where none counts and the share is NaN
        return (d if counted is None else np.where(counted, d, 0)).T

    return value, d_input, None


@primitive
@part_of("cross_entropy")
def _from_distribution(input: Array, target: Array) -> Any:
    """-sum_c t_c log softmax(z)_c; logits z and weights t (n, C) -> (n,)."""
    cost = -log_softmax_of(input, 1)
    value = np.sum(target * cost, axis=1)
    p, q = softmax_and_complement(input)

    def d_input(g: Any) -> Any:
        # p sum(t) - t, as p (sum(t) - t) - t (1 - p): no cancellation where p and t are near 1
        return (p * sum_of_others(target) - target * q) * g.reshape(-1, 1)

    return value, d_input, lambda g: cost * g.reshape(-1, 1)


def _from_probabilities(
    input: Tensor,
    target: Tensor,
    weight: Any,
    ignore_index: int,
    reduction: str,
    label_smoothing: float,
) -> Tensor:
    """Cross entropy against probabilities of the shape of the logits; the mean is over examples."""
    if ignore_index >= 0:
        raise ValueError("ignore_index: there are no class indices where target is probabilities")
    z, t = one_row_an_example(input), one_row_an_example(target)
    if label_smoothing:
        t = t * (1 - label_smoothing) + label_smoothing / z.shape[1]
    loss = _from_distribution(z, t if weight is None else t * weight)
    if reduction == "none":
        return loss.reshape(without_classes(input))
    return loss.sum() if reduction == "sum" else loss.mean()


log_softmax_of, softmax_of = on_either(log_softmax), on_either(softmax)


def softmax_and_complement(z: Any) -> tuple[Any, Any]:
    """p = softmax(z) by rows of (n, C), and 1 - p without cancellation at the largest entry."""
    z = z.T
    at = flat_entries(np.argmax(raw(z), axis=0))
    if type(z) is Tensor:  # to be derived again, see above
        p = softmax_of(z, 0)
        rest = np.sum(with_entries(p, at, 0), axis=0)
        return p.T, with_entries(1 - p, at, rest).T
    # on Tensors the largest is one too: the 1 below stands for its exp(0), which is constant
    e = np.exp(z - z.reshape(-1)[at])
    rest = np.sum(with_entries(e + 0, at, 0), axis=0)
    p = e / (1 + rest)
    return p.T, with_entries(1 - p, at, rest / (1 + rest)).T


def sum_of_others(t: Any) -> Any:
    """sum(t) - t by rows of (n, C); at the largest entry added up, since there it would cancel."""
    if type(t) is Tensor:  # derived again, a difference would cancel at any entry
        return t.dot(1 - np.eye(t.shape[1], dtype=t.dtype))
    t = t.T
    at = flat_entries(np.argmax(t, axis=0))
    rest = np.sum(with_entries(t.copy(), at, 0), axis=0)
    return with_entries(np.sum(t, axis=0) - t, at, rest).T


def smoothed(y: Any, counted: Any, weight: Any, z: Any, label_smoothing: float) -> np.ndarray:
    """The target distributions of classes y with label smoothing, times the class weights."""
    classes = z.shape[1]
    t = np.full(z.shape, label_smoothing / classes, z.dtype)
    t[np.arange(len(y)), counted_classes(y, counted, classes)] += 1 - label_smoothing
    t[~counted] = 0
    return t if weight is None else t * weight


def counted_and_weights(
    y: np.ndarray, ignore_index: int, weight: Any, dtype: Any
) -> tuple[np.ndarray, np.ndarray]:
    """Which examples count, and the weight of each: that of its class, or 0."""
    counted = y != ignore_index
    if weight is None:
        return counted, counted.astype(dtype)
    return counted, weight[np.where(counted, y, 0)] * counted


def sum_or_mean(loss: Tensor, counted: Any, w: Any, reduction: str) -> Tensor:
    """The sum of weighted losses, or its quotient by the weights w of the examples."""
    total: Tensor = loss.sum()
    if reduction == "sum":
        return total
    if not counted.any():
        return total + np.nan  # the mean of nothing; its gradient is 0, as in PyTorch
    return total / (w.sum() or np.nan)


def mean_of_counted(loss: Any, counted: Any, reduction: str) -> tuple[Any, Any]:
    """As `reduced`, where a mean is over the counted examples only."""
    if counted is None or reduction != "mean":
        return reduced(loss, reduction)
    n = np.array(counted.sum() or np.nan, loss.dtype)  # the mean of nothing is NaN
    return np.add.reduce(loss, None) / n, 1 / n


# ---- a class a row --------------------------------------------------------------------------
# Logits (n, C) are few numbers a row, and numpy starts anew for each: sums and maxima over the
# classes of (C, n) run along whole rows, in half the time.


def columns(x: Any) -> Any:
    """x.T; of an array a copy, whose rows are contiguous."""
    return x.T.copy() if type(x) is np.ndarray else x.T


def flat_entries(y: np.ndarray) -> Any:
    """Where each example's class stands in (C, n), flattened: one index is cheaper than two."""
    n, examples = EXAMPLES[y.dtype, len(y)]
    at = y * n
    at += examples
    return at


EXAMPLES = Prepared(lambda dtype, n: (np.array(n, dtype), np.arange(n, dtype=dtype)))


def with_entries(x: Any, at: Any, values: Any) -> Any:
    """x (C, n), a fresh local array, with the entries `at` replaced: in place, or by where."""
    if type(x) is np.ndarray:
        x.put(at, values)
        return x
    mask = np.zeros(x.shape, bool)
    mask.put(at, True)
    return np.where(mask, values, x)


# ---- arguments ------------------------------------------------------------------------------


def are_logits_and_classes(input: Any, target: Any) -> bool:
    """Whether these are a matrix and integers."""
    return (
        type(input) is Tensor
        and type(target) is Tensor
        and input.data.ndim == 2
        and target.data.dtype.kind in "iu"
    )


def as_tensor(name: str, x: Any) -> Tensor:
    if isinstance(x, np.ndarray):
        return Tensor(x)
    if not isinstance(x, Tensor):
        raise TypeError(f"{name}: expected a Tensor or an array, got {type(x).__name__} {x!r}")
    return x


def check_floating(input: Any) -> None:
    if input.dtype.kind != "f":
        raise TypeError(f"input: expected floating point numbers, got {input.dtype}")


def check_has_classes(input: Any) -> None:
    if input.ndim == 0:
        raise ArgumentError("input: expected a dimension of classes, (C,) or (n, C), got shape ()")


def class_weights(weight: Any, input: Tensor) -> Any:
    """The array of the class weights, checked."""
    weight = constant(weight, "weight")
    classes = input.shape[1] if input.ndim > 1 else input.shape[0] if input.ndim else 0
    if weight is not None and weight.shape != (classes,):
        raise ArgumentError(
            f"weight: expected one for each of the {classes} classes, got shape {weight.shape}"
        )
    if weight is not None and weight.dtype != input.dtype:
        raise ArgumentError(
            f"weight: expected the dtype of input, {input.dtype}, got {weight.dtype}"
        )
    return weight


def check_classes(input: Any, target: Any) -> None:
    """Refuse a target that cannot be the class indices of these logits."""
    if target.dtype.kind not in "iu":
        raise ArgumentError(
            f"target: expected class indices, integers, of shape {without_classes(input)}, or "
            f"probabilities of shape {input.shape}; got {target.shape} {target.dtype}"
        )
    if target.shape != without_classes(input):
        raise ArgumentError(
            f"target: expected class indices of shape {without_classes(input)} for an input of "
            f"shape {input.shape}, got {target.shape}"
        )


def without_classes(input: Any) -> tuple[int, ...]:
    """The shape of one target for each example: that of input without its class dimension."""
    return input.shape[:1] + input.shape[2:] if input.ndim > 1 else ()


def are_classes(y: np.ndarray, classes: int) -> bool:
    """Whether all are 0 to classes - 1: counting them is numpy's cheapest way to refuse others."""
    try:
        return len(np.bincount(y)) <= classes
    except (ValueError, TypeError, MemoryError):  # a negative one; uint64; one far too large
        return False


def counted_classes(y: np.ndarray, counted: Any, classes: int) -> np.ndarray:
    """The classes, 0 for an example that is not counted; IndexError where one is out of bounds."""
    y = y.astype(np.int64, copy=False)  # where uint8 would overflow as an index
    if counted is None:
        return y
    stray = counted & ((y < 0) | (y >= classes))
    if stray.any():
        raise IndexError(
            f"target: class {y[stray][0]} is out of bounds, expected 0 to {classes - 1}"
        )
    return np.where(counted, y, 0)


def one_row_an_example(input: Tensor) -> Tensor:
    """Logits (C,), (n, C) or (n, C, d1, ...) as a matrix with a row for each target."""
    if input.ndim < 2:
        return input.reshape(1, -1)
    if input.ndim == 2:
        return input
    last = input.permute(0, *range(2, input.ndim), 1)
    return last.reshape(-1, input.shape[1])
