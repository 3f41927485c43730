"""The linear layer, and the convolution: a linear layer that slides along its input.

Lecture: "Salida en una red totalmente conectada"; "Redes DAG" (weights that are used again, as in
convolutional networks).
"""

from __future__ import annotations

import math
from typing import Any, NoReturn

import numpy as np

from .autograd import Array, on_either, primitive, raw
from .checks import integer
from .prepared import ONES
from .tensor import Tensor


@primitive
def linear(input: Array, weight: Array, bias: Array | None = None) -> Any:
    """input @ weight.T + bias; shapes (n, in), (out, in), (out,) -> (n, out).

    input may have any number of leading dimensions, or none; bias may be left out.

    Raises ValueError (a RuntimeError too) where shapes or dtypes do not fit.

    >>> import scratch
    >>> h = linear(scratch.tensor([1.0, 2.0]), scratch.tensor([[3.0, 4.0]]), scratch.tensor([5.0]))
    >>> h
    tensor([16.])
    """
    if input.dtype is not weight.dtype or weight.ndim != 2:
        refuse_linear(input, weight, bias)
    try:
        z = input.dot(weight.T)
    except ValueError:
        refuse_linear(input, weight, bias)
    if bias is not None:
        if bias.ndim != 1 or len(bias) != len(weight) or bias.dtype is not z.dtype:
            refuse_linear(input, weight, bias)
        z += bias
    if input.ndim == 2:
        return (
            z,
            lambda g: g.dot(weight),  # d_input
            lambda g: g.T.dot(input),  # d_weight: outer products, summed over the batch
            sum_of_rows,  # d_bias: the sum over the batch
        )
    if not input.ndim:  # numpy's dot has scaled weight by it
        raise ValueError("input: expected shape (..., in), got ()")
    return (
        z,
        lambda g: g.dot(weight),
        lambda g: rows(g).T.dot(rows(input)),
        lambda g: sum_of_rows(rows(g)),
    )


def refuse_linear(input: Any, weight: Any, bias: Any) -> NoReturn:
    """Say which argument of `linear` does not fit: numpy's words would show weight transposed."""
    wanted = input.shape[-1] if input.ndim else "in"
    if weight.ndim != 2 or weight.shape[1] != wanted:
        raise ValueError(
            f"weight: expected shape (out, {wanted}) for an input of shape {input.shape}, "
            f"got {weight.shape}"
        )
    if input.dtype != weight.dtype:
        raise ValueError(f"weight: expected the dtype of input, {input.dtype}, got {weight.dtype}")
    raise ValueError(
        f"bias: expected shape ({len(weight)},) and the dtype of input, {input.dtype}, "
        f"got {bias.shape} {bias.dtype}"
    )


def rows(x: Any) -> Any:
    """x as a matrix, one row an example, whatever its leading dimensions."""
    return x.reshape(math.prod(x.shape[:-1]), x.shape[-1])  # -1 would be ambiguous for (0, 0)


def sum_of_rows(g: Any) -> Any:
    """g.sum(0), as a product with ones: a third of the time."""
    ones = ONES[g.dtype, len(g)]
    return ones.dot(g) if type(g) is np.ndarray else Tensor(ones).dot(g)


@primitive
def conv1d(
    input: Array, weight: Array, bias: Array | None = None, stride: int = 1, padding: int = 0
) -> Any:
    """y[o, t] = bias[o] + sum_c,k weight[o, c, k] input[c, t stride + k]; (n, c, l) -> (n, o, t).

    weight (o, c, k) and bias (o,), or None: the same at every place t, so their gradients are sums
    over all places. input may be one example (c, l). padding: zeros before and after it; there are
    t = (l + 2 padding - k) // stride + 1 places. (Not flipped: the field's name for a correlation.)

    Raises ValueError (a RuntimeError too) where shapes, dtypes, stride or padding do not fit.

    Lecture: "Redes DAG: Reutilización de pesos". Twin: `torch.nn.functional.conv1d`.

    >>> import scratch
    >>> x = scratch.tensor([[1.0, 4.0, 9.0, 16.0]])
    >>> conv1d(x, scratch.tensor([[[-1.0, 1.0]]]))  # the differences of neighbours
    tensor([[3., 5., 7.]])
    """
    check_conv1d(input, weight, bias, stride, padding)
    outputs, channels, size = weight.shape
    examples = input.reshape((1, *input.shape)) if input.ndim == 2 else input
    n, length = len(examples), input.shape[-1]

    seen = windows(padded(examples, padding), size, stride)  # (n, c, k, t)
    places = seen.shape[-1]
    columns = seen.reshape(n, channels * size, places)  # what the layer sees at each place
    filters = weight.reshape(outputs, channels * size)
    z = filters @ columns
    if bias is not None:
        z += bias.reshape(outputs, 1)

    def d_input(g: Any) -> Any:  # back through the layer, and each window to its place
        d = (filters.T @ g.reshape(n, outputs, places)).reshape(seen.shape)
        d = overlapped(d, length + 2 * padding, stride)
        return d[:, :, padding : padding + length].reshape(input.shape)

    def d_weight(g: Any) -> Any:  # as in linear, summed over examples and places
        d = g.reshape(n, outputs, places) @ np.swapaxes(columns, 1, 2)
        return np.sum(d, axis=0).reshape(weight.shape)

    def d_bias(g: Any) -> Any:
        return np.sum(g.reshape(n, outputs, places), axis=(0, 2))

    return z.reshape((*input.shape[:-2], outputs, places)), d_input, d_weight, d_bias


def check_conv1d(input: Any, weight: Any, bias: Any, stride: int, padding: int) -> None:
    """Say which argument of `conv1d` does not fit: numpy's own words would not name it."""
    if weight.ndim != 3 or 0 in weight.shape:
        raise ValueError("weight: expected shape (o, c, k), none of them 0")
    if input.ndim not in (2, 3) or input.shape[-2] != weight.shape[1]:
        raise ValueError(f"input: expected shape (n, {weight.shape[1]}, l), c as in weight")
    if input.dtype is not weight.dtype:
        raise ValueError("weight: expected the dtype of input")
    if bias is not None and (bias.shape != weight.shape[:1] or bias.dtype is not input.dtype):
        raise ValueError("bias: expected shape (o,) and the dtype of input")
    if integer("stride", stride) < 1:
        raise ValueError(f"stride: expected 1 or more, got {stride}")
    if integer("padding", padding) < 0:
        raise ValueError(f"padding: expected 0 or more, got {padding}")
    if input.shape[-1] + 2 * padding < weight.shape[2]:
        raise ValueError(
            f"weight: its window of {weight.shape[2]} is longer than the input, "
            f"{input.shape[-1]} + 2 * {padding}"
        )


def padded(x: Any, padding: int) -> Any:
    """x with zeros before and after its last dimension."""
    if padding == 0:
        return x
    zeros = np.zeros((*x.shape[:-1], padding), x.dtype)
    return np.concatenate((zeros, x, zeros), axis=-1)


@primitive
def windows_of(input: Array, size: int, stride: int) -> Any:
    """The windows along the last dimension, each a column; (..., l) -> (..., size, places)."""
    length = input.shape[-1]
    seen = np.lib.stride_tricks.sliding_window_view(raw(input), size, axis=-1)
    return np.swapaxes(seen[..., ::stride, :], -1, -2), lambda g: overlapped(g, length, stride)


@primitive
def overlap(input: Array, length: int, stride: int) -> Any:
    """Windows laid where they came from and added where they overlap: `windows_of`, backwards."""
    size, places = input.shape[-2:]
    value = np.zeros((*input.shape[:-2], length), input.dtype)
    for k in range(size):
        value[..., k : k + stride * places : stride] += raw(input)[..., k, :]
    return value, lambda g: windows(g, size, stride)


windows, overlapped = on_either(windows_of), on_either(overlap)
