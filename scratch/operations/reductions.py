"""Sums, means, products, maxima: many elements become one.

Lecture: "Función de pérdida" (the mean over the examples). Twins: `torch.sum`, `torch.mean`, ...
`dim` is a dimension, a tuple of them, or None for all; negative ones count from the end.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..activations import softmax
from ..autograd import Array, primitive, raw
from ..checks import dimension, floating
from ..tensor import Tensor

Dim = int | tuple[int, ...] | None


@primitive
def sum(input: Array, dim: Dim = None, keepdim: bool = False, *, dtype: Any = None) -> Any:
    """The sum over dim; every element counts once, so each receives g.

    >>> import scratch
    >>> scratch.sum(scratch.tensor([[1.0, 2.0], [3.0, 4.0]]), dim=0)
    tensor([4., 6.])
    """
    axis, shape, old = axes(dim, input.ndim), input.shape, input.dtype
    if dtype is not None and old.kind == "f":  # its gradient would pass through integers
        dtype = floating("dtype", dtype)
    value = np.sum(input, axis=axis, keepdims=keepdim, dtype=dtype)

    def d_input(g: Any) -> Any:
        g = np.broadcast_to(kept(g, axis, shape), shape)
        return g if dtype is None else g.astype(old)

    return value, d_input


@primitive
def mean(input: Array, dim: Dim = None, keepdim: bool = False, *, dtype: Any = None) -> Any:
    """The mean over dim: each of the n elements receives g / n.

    Integers have no mean of their own dtype: name dtype, as in PyTorch. The mean of nothing is NaN.
    """
    axis, shape, old = axes(dim, input.ndim), input.shape, input.dtype
    if dtype is not None:
        dtype = floating("dtype", dtype)
    elif old.kind != "f":
        raise ValueError(f"input: the mean needs floating point numbers, got {old}; name dtype")
    n = reduced_size(shape, axis) or np.nan  # the mean of nothing is NaN
    value = np.sum(input, axis=axis, keepdims=keepdim, dtype=dtype) / np.array(n, dtype or old)

    def d_input(g: Any) -> Any:
        g = np.broadcast_to(kept(g / np.array(n, g.dtype), axis, shape), shape)
        return g if dtype is None else g.astype(old)

    return value, d_input


@primitive
def prod(
    input: Array, dim: int | None = None, keepdim: bool = False, *, dtype: Any = None
) -> Any:
    """The product over dim: each element receives g times the product of all the others.

    Not g * value / x: that is 0/0 where an element is 0.
    """
    axis, shape, old = axes(dim, input.ndim), input.shape, input.dtype
    if dtype is not None and old.kind == "f":  # its gradient would pass through integers
        dtype = floating("dtype", dtype)
    value = np.prod(raw(input), axis=axis, keepdims=keepdim, dtype=dtype)

    def d_input(g: Any) -> Any:
        if axis is None:
            others = product_of_others(input.reshape(-1)).reshape(shape)
        else:
            others = np.swapaxes(product_of_others(np.swapaxes(input, axis, -1)), axis, -1)
        g = kept(g, axis, shape) * others
        return g if dtype is None else g.astype(old)

    return value, d_input


def product_of_others(x: Any) -> Any:
    """For each element the product of the other elements along the last axis.

    By pairs: an element's others are its neighbour and the others of the pair.
    """
    n = x.shape[-1]
    if n <= 1:
        return np.ones_like(raw(x))
    if n % 2:  # a factor 1 makes the number even
        x = np.concatenate([x, np.ones_like(raw(x)[..., :1])], axis=-1)
    even, odd = x[..., 0::2], x[..., 1::2]
    above = product_of_others(even * odd)
    return np.stack([above * odd, above * even], axis=-1).reshape(x.shape)[..., :n]


@primitive
def amax(input: Array, dim: Dim = None, keepdim: bool = False) -> Any:
    """The largest element over dim; tied elements share g equally, as in PyTorch."""
    axis = axes(dim, input.ndim)
    value = np.max(raw(input), axis=axis, keepdims=True)
    return dropped(value, axis, keepdim), shared(raw(input) == value, axis)


@primitive
def amin(input: Array, dim: Dim = None, keepdim: bool = False) -> Any:
    """The smallest element over dim; tied elements share g equally, as in PyTorch."""
    axis = axes(dim, input.ndim)
    value = np.min(raw(input), axis=axis, keepdims=True)
    return dropped(value, axis, keepdim), shared(raw(input) == value, axis)


def shared(chosen: Any, axis: Any) -> Any:
    """The partial that divides g equally among the chosen elements."""
    count = np.sum(chosen, axis=axis, keepdims=True)
    return lambda g: kept(g, axis, chosen.shape) * (chosen / count).astype(g.dtype)


@primitive
def logsumexp(input: Array, dim: Dim, keepdim: bool = False) -> Any:
    """log of the sum of exp(x) over dim, shifted by the maximum so that it never overflows.

    Its derivative is the softmax, as a quotient: exp(x - value) would round x - value first, and
    exp makes that a relative error of |x| roundings.
    """
    if input.dtype.kind != "f":  # integers have no logarithm of their own dtype
        input = input.astype(np.float64)
    axis, shape = axes(dim, input.ndim), input.shape
    top = np.max(raw(input), axis=axis, keepdims=True, initial=-np.inf)
    top = np.where(np.isfinite(top), top, 0)  # inf - inf would be NaN
    e = np.exp(input - top)
    # the sum of e is 1 and more: the largest's own exp(0) is left out, and log1p adds it again
    largest = raw(input) == top
    count = np.sum(largest, axis=axis, keepdims=True)
    rest = np.sum(e - largest.astype(e.dtype), axis=axis, keepdims=True)
    rest = rest + (count - 1).astype(e.dtype)
    value = np.log1p(rest) + top

    def d_input(g: Any) -> Any:
        share = e / (1 + rest) if type(e) is not Tensor else softmax_over(input, axis)
        return kept(g, axis, shape) * share

    return dropped(value, axis, keepdim), d_input


def softmax_over(x: Tensor, axis: Any) -> Any:
    """exp(x) divided by its sum over the axes, one after the other; derived again it keeps
    the digits that the quotient loses where one share is nearly 1."""
    every = range(x.ndim) if axis is None else axis if isinstance(axis, tuple) else (axis,)
    share: Any = 1
    for a in every:
        share = share * softmax(x, a)
        x = logsumexp(x, a, keepdim=True)
    return share


# ---- which axes -----------------------------------------------------------------------------


def axes(dim: Dim, ndim: int) -> Any:
    """dim as numpy wants it: a tuple of non-negative axes, or None for all of them."""
    if dim is None or dim == ():
        return None
    several = dim if isinstance(dim, (tuple, list)) else (dim,)
    for d in several:
        if isinstance(d, bool) or not isinstance(d, (int, np.integer)):
            raise TypeError(f"dim: expected an integer or a tuple of them, got {dim!r}")
    positive = tuple(dimension("dim", d, ndim) for d in several)
    if ndim == 0:
        return None
    if len(set(positive)) < len(positive):
        raise ValueError(f"dim: {dim} names a dimension twice")
    return positive if len(positive) > 1 else positive[0]


def reduced_size(shape: tuple[int, ...], axis: Any) -> int:
    """How many elements become one."""
    every = range(len(shape)) if axis is None else axis if isinstance(axis, tuple) else (axis,)
    return int(np.prod([shape[a] for a in every], dtype=int))


def kept(g: Any, axis: Any, shape: tuple[int, ...]) -> Any:
    """g with the reduced axes put back as axes of length 1."""
    if axis is None:
        return g.reshape((1,) * len(shape))
    several = axis if isinstance(axis, tuple) else (axis,)
    return g.reshape(tuple(1 if a in several else n for a, n in enumerate(shape)))


def dropped(value: Any, axis: Any, keepdim: bool) -> Any:
    """value without its axes of length 1 that were reduced, unless keepdim."""
    if keepdim:
        return value
    several = axis if isinstance(axis, tuple) else (axis,)
    rest = () if axis is None else tuple(
        n for a, n in enumerate(value.shape) if a not in several
    )
    return value.reshape(rest)
