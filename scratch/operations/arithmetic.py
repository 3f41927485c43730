"""Arithmetic on two tensors that broadcast, and the choices between them.

Lecture: "Grafo computacional" (the basic operations whose derivative is known). Twins:
`torch.add`, `torch.mul`, ...
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..autograd import Array, elementwise, on_either, part_of, raw
from ..autograd.broadcasting import result_type
from ..autograd.errors import ArgumentError
from ..autograd.node import Partial
from ..tensor import Tensor


@elementwise
@part_of("add")
def plus(input: Array, other: Array) -> Any:
    """input + other, shapes that broadcast."""
    return input + other, unchanged, unchanged


@elementwise
@part_of("sub")
def minus(input: Array, other: Array) -> Any:
    """input - other, shapes that broadcast."""
    return input - other, unchanged, reversed_sign


def add(input: Any, other: Any, *, alpha: float = 1) -> Tensor:
    """input + alpha * other, shapes that broadcast; the operator + is alpha 1.

    Raises TypeError where alpha is no number, ValueError (a RuntimeError too) where the shapes do
    not fit, or alpha is no integer beside tensors of integers.

    >>> import scratch
    >>> scratch.add(scratch.tensor([1.0, 2.0]), scratch.tensor(10.0), alpha=2)
    tensor([21., 22.])
    """
    return plus(input, times_alpha("add", input, other, alpha))


def sub(input: Any, other: Any, *, alpha: float = 1) -> Tensor:
    """input - alpha * other, shapes that broadcast; the operator - is alpha 1.

    Errors as `add`.
    """
    return minus(input, times_alpha("sub", input, other, alpha))


# Two functions for all sums, since a new one for each call would occupy the garbage collector:
# the forward pass of a chain of 100,000 sums takes half the time.
def unchanged(g: Any) -> Any:
    """The partial of a term: g."""
    return g


def reversed_sign(g: Any) -> Any:
    """The partial of what is taken away: -g."""
    return -g


def times_alpha(operation: str, input: Any, other: Any, alpha: Any) -> Any:
    """alpha * other, checked; most calls leave alpha at 1."""
    if type(alpha) is int and alpha == 1:
        return other
    if not isinstance(alpha, (int, float, np.number)):
        raise TypeError(f"{operation}: alpha: expected a number, got {alpha!r}")
    kinds = {raw(x).dtype.kind for x in (input, other) if hasattr(x, "dtype")}
    if "f" not in kinds and not isinstance(alpha, (int, np.integer)):
        raise ArgumentError(
            f"{operation}: alpha: expected an integer beside tensors of integers, got {alpha!r}"
        )
    if hasattr(input, "dtype") and hasattr(other, "dtype"):
        common = result_type(raw(input), raw(other))
        if other.dtype != common:  # first: in float32 alpha * other would round as float32 does
            other = other.to(common) if type(other) is Tensor else other.astype(common)
    return other * alpha


@elementwise
def mul(input: Array, other: Array) -> Any:
    """input * other, shapes that broadcast; each factor's gradient is scaled by the other."""
    return input * other, lambda g: g * other, lambda g: g * input


@elementwise
def div(input: Array, other: Array) -> Any:
    """input / other, shapes that broadcast; always floating point, as in PyTorch."""
    value = input / other

    def d_other(g: Any) -> Any:
        slope = value / other
        tiny = TINY.get(value.dtype, 0)
        if least(raw(value)) < tiny:
            # what a subnormal quotient lacks would grow; other² is not as tiny
            few_digits = (np.abs(raw(value)) < tiny) & (raw(value) != 0)
            few_digits &= np.abs(raw(other)) < 1
            y = np.where(few_digits, other, 1)
            slope = np.where(few_digits, input / (y * y), slope)
        return -g * slope

    return value, lambda g: g / other, d_other


@elementwise
def pow(input: Array, exponent: Array) -> Any:
    """input ** exponent, shapes that broadcast.

    Where the exponent is 0 the base has no influence (gradient 0, also at base 0), and where
    the base is 0 the exponent has none (0 ** y stays 0): PyTorch's conventions, instead of
    0 * inf and 0 * log 0.
    """
    value = input**exponent

    def d_input(g: Any) -> Any:
        zero = raw(exponent) == 0
        less_one = np.where(zero, 0, exponent - 1)  # any power: it is replaced by 0
        power = input**less_one
        rounds = raw(less_one) + 1 != raw(exponent)
        if not np.count_nonzero(rounds) and has_all_digits(power):
            return np.where(zero, 0, g * (exponent * power))
        rough = is_rough(input, exponent, power, rounds)
        x, y = np.where(rough, input, 1), np.where(rough, exponent, 1)
        careful = times_careful_slope(g, x, y).astype(value.dtype)
        rest = g * (exponent * np.where(rough, 1, input) ** less_one)
        return np.where(zero, 0, np.where(rough, careful, rest))

    def d_exponent(g: Any) -> Any:
        still = (raw(input) == 0) & (raw(exponent) >= 0)
        log = np.log(np.where(still, 1, input))
        if has_all_digits(value):
            return g * np.where(still, 0, value * log)
        # the logarithm meets a power that is subnormal, or too large, in two steps
        rough = has_few_digits(value) & (raw(input) > 0)
        rough &= np.isfinite(raw(input)) & np.isfinite(raw(exponent))
        x, y = np.where(rough, input, 1), np.where(rough, exponent, 1)
        half = x ** (y / 2)
        product = (times_log(half, x) * half).astype(value.dtype)
        rest = np.where(rough, 1, input) ** exponent * log  # not value, which may be infinite
        return g * np.where(still, 0, np.where(rough, product, rest))

    return value, d_input, d_exponent


def has_all_digits(power: Any) -> bool:
    """Whether no entry is subnormal, 0, infinite or NaN: cheap to ask, and mostly so."""
    size = np.abs(raw(power))
    smallest = np.minimum.reduce(size, None, initial=np.inf)
    largest = np.maximum.reduce(size, None, initial=0)
    return bool(smallest >= TINY.get(size.dtype, 0) and largest < np.inf)


def has_few_digits(power: Any) -> Any:
    """Where a power is subnormal or 0, or too large."""
    size = np.abs(raw(power))
    return (size < TINY.get(size.dtype, 0)) | np.isinf(size)


def is_rough(x: Any, y: Any, power: Any, rounds: Any) -> Any:
    """Where y x^(y-1) is inexact so: y - 1 rounds a small y away, or the power has few digits."""
    rounds = rounds & (raw(y) > -1) & (raw(x) > 0)  # of a base below 0 such a power is NaN
    usual = np.isfinite(raw(x)) & (raw(x) != 0) & np.isfinite(raw(y)) & (raw(y) != 0)
    return (has_few_digits(power) | rounds) & usual


def times_careful_slope(g: Any, x: Any, y: Any) -> Any:
    """g y x^(y-1) in two steps of half the exponent; what y - 1 rounds away is a step of its own.

    g goes first, since the power alone may overflow where the product does not.
    """
    less_one, below = y - 1, raw(x) < 0
    side = np.where(below, np.copysign(1, raw(x) ** raw(less_one)), 1)
    rounded_away = raw(y) - (raw(less_one) + 1)
    size = np.where(below, -x, x)
    half = size ** (less_one / 2)
    return side * raw(size) ** rounded_away * (g * y * half) * half


@elementwise
def xlogy(input: Array, other: Array) -> Any:
    """input * log(other), shapes that broadcast, other above 0.

    Its own derivative: that of the logarithm alone meets an input which may be subnormal.
    """
    return input * np.log(other), lambda g: g * np.log(other), lambda g: g * (input / other)


times_log = on_either(xlogy)


@elementwise
def maximum(input: Array, other: Array) -> Any:
    """The larger of input and other, shapes that broadcast; NaN where either is NaN.

    At a tie each receives half of the gradient, as in PyTorch.
    """
    x, y = raw(input), raw(other)  # of 0.0 and -0.0 numpy takes its second, PyTorch its first
    return np.maximum(y, x), chosen(x < y, x == y), chosen(y < x, x == y)


@elementwise
def minimum(input: Array, other: Array) -> Any:
    """The smaller of input and other, shapes that broadcast; NaN where either is NaN.

    At a tie each receives half of the gradient, as in PyTorch.
    """
    x, y = raw(input), raw(other)
    return np.minimum(y, x), chosen(x > y, x == y), chosen(y > x, x == y)


def chosen(lost: Any, tie: Any) -> Partial:
    """The partial of one side of a choice: nothing where it lost, half of g at a tie.

    Beside a NaN neither side lost, and both receive g, as in PyTorch.
    """
    return lambda g: np.where(tie, g / 2, np.where(lost, 0, g))


@elementwise
def clamp(input: Array, min: Array | None = None, max: Array | None = None) -> Any:
    """min(max(input, min), max), bounds that broadcast, or None; max wins where min > max.

    An element on a bound still receives its gradient; one outside, or NaN, does not
    (PyTorch's convention). A bound that is a tensor receives the gradient of what it replaced.
    """
    if min is None and max is None:
        raise ValueError("min, max: at least one of them must be given")
    x = raw(input)
    low = -np.inf if min is None else raw(min)
    high = np.inf if max is None else raw(max)
    # a missing bound must not turn integers into floats; beside the bound 0.0 numpy leaves its
    # second as it is, so that -0.0 stays -0.0 as in PyTorch
    value = x if min is None else np.maximum(low, x)
    value = value if max is None else np.minimum(high, value)
    inside = (x >= low) & (x <= high)
    below, above = (x < low) & (low < high), (x > high) | (high < low)
    return (
        value,
        lambda g: np.where(inside, g, 0),
        lambda g: np.where(below, g, 0),
        lambda g: np.where(above, g, 0),
    )


@elementwise
def where(condition: Array, input: Array, other: Array) -> Any:
    """input where condition is true, other elsewhere; shapes that broadcast.

    The gradient goes to the one that was taken; condition has none.

    >>> import scratch
    >>> x = scratch.tensor([-1.0, 2.0], requires_grad=True)
    >>> scratch.where(x > 0, x, 0.0).sum().backward()
    >>> x.grad
    array([0., 1.])
    """
    taken = raw(condition)
    return (
        np.where(taken, raw(input), raw(other)),
        no_gradient,
        lambda g: np.where(taken, g, 0),
        lambda g: np.where(taken, 0, g),
    )


def least(x: Any) -> Any:
    """The smallest |x|, of numbers that are not NaN."""
    return np.fmin.reduce(np.abs(x), None, initial=np.inf)


TINY: dict[Any, Any] = {np.dtype(t): np.finfo(t).tiny for t in (np.float32, np.float64)}
"""The smallest number with all its digits, by dtype."""


def no_gradient(g: Any) -> Any:
    """For an argument that cannot move by a little; never called, since it requires no grad."""
    raise TypeError("condition: expected booleans, which have no gradient")
