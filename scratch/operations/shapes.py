"""The same numbers in another arrangement; backward puts the gradients back in place.

Twins: `torch.reshape`, `torch.permute`, ...
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..autograd import Array, part_of, primitive
from ..autograd.broadcasting import cast, stretched_axes, to_common_dtype
from ..autograd.node import Partial
from ..checks import dimension, integer
from ..tensor import Tensor
from .reductions import Dim, axes


@primitive
def reshape(input: Array, shape: Any) -> Any:
    """The elements in row order, laid out in another shape; -1 stands for what is left over."""
    before = input.shape
    try:
        value = input.reshape(shape)
    except (TypeError, ValueError) as error:
        check_lengths(shape)
        raise ValueError(f"shape: {before} cannot be laid out as {shape}") from error
    if value.shape != shape:  # a length was left over, or is no length
        check_lengths(shape)
    return value, lambda g: g.reshape(before)


def check_lengths(shape: Any) -> None:
    """Refuse what is no shape: numpy takes -2 for -1."""
    several = shape if isinstance(shape, (tuple, list)) else (shape,)
    for n in several:
        if integer("shape", n) < -1:
            raise ValueError(f"shape: expected lengths of 0 and more, or -1 once, got {shape}")


@primitive
def permute(input: Array, dims: tuple[int, ...]) -> Any:
    """Dimension i of the result is dimension dims[i] of input."""
    ndim = input.ndim
    if not isinstance(dims, (tuple, list)):
        raise TypeError(f"dims: expected a tuple of integers, got {dims!r}")
    if len(dims) != ndim:
        raise ValueError(f"dims: expected all {ndim} dimensions, got {tuple(dims)}")
    order = [dimension("dims", d, ndim) for d in dims]
    if len(set(order)) < ndim:
        raise ValueError(f"dims: {tuple(dims)} names a dimension twice")
    back = tuple(int(i) for i in np.argsort(order))
    return np.transpose(input, dims), lambda g: np.transpose(g, back)


@primitive
def transpose(input: Array, dim0: int, dim1: int) -> Any:
    """Two dimensions exchanged."""
    ndim = input.ndim
    dim0, dim1 = dimension("dim0", dim0, ndim), dimension("dim1", dim1, ndim)
    if ndim == 0:  # PyTorch lets a scalar answer to 0 and -1
        return input, lambda g: g
    return np.swapaxes(input, dim0, dim1), lambda g: np.swapaxes(g, dim0, dim1)


@primitive
def squeeze(input: Array, dim: Dim = None) -> Any:
    """Without the dimensions of length 1: all of them, or those named (others stay)."""
    shape = input.shape
    if dim is None:
        names: Any = range(len(shape))
    else:
        named = axes(dim, len(shape))
        names = named if isinstance(named, tuple) else () if named is None else (named,)
    rest = tuple(n for a, n in enumerate(shape) if not (a in names and n == 1))
    return input.reshape(rest), lambda g: g.reshape(shape)


@primitive
def unsqueeze(input: Array, dim: int) -> Any:
    """With a new dimension of length 1 before position dim."""
    shape = input.shape
    dim = dimension("dim", dim, input.ndim + 1)
    return np.expand_dims(input, dim), lambda g: g.reshape(shape)


@primitive
def expand(input: Array, shape: tuple[int, ...]) -> Any:
    """Repeated along dimensions of length 1 and new leading ones; -1 keeps a length.

    An element that is seen n times receives the sum of n gradients.
    """
    if not isinstance(shape, (tuple, list)):
        raise TypeError(f"shape: expected a tuple of integers, got {shape!r}")
    before, missing = input.shape, len(shape) - input.ndim
    after = tuple(
        before[i - missing] if n == -1 and i >= missing else n for i, n in enumerate(shape)
    )
    if missing < 0 or -1 in after:
        raise ValueError(f"shape: {before} cannot be expanded to {tuple(shape)}")
    try:
        value = np.broadcast_to(input, after)
    except (TypeError, ValueError) as error:
        check_lengths(shape)
        raise ValueError(f"shape: {before} cannot be expanded to {tuple(shape)}") from error
    stretched = stretched_axes(before, after)
    return (
        value,
        lambda g: (np.sum(g, axis=stretched) if stretched else g).reshape(before),
    )


@primitive
def flatten(input: Array, start_dim: int = 0, end_dim: int = -1) -> Any:
    """Dimensions start_dim to end_dim as one; a 0-d tensor becomes 1-d."""
    shape = input.shape
    first = dimension("start_dim", start_dim, len(shape))
    last = dimension("end_dim", end_dim, len(shape))
    if not shape:
        return input.reshape((1,)), lambda g: g.reshape(())
    if first > last:
        raise ValueError(f"start_dim: {start_dim} comes after end_dim {end_dim}")
    middle = int(np.prod(shape[first : last + 1], dtype=int))
    return (
        input.reshape((*shape[:first], middle, *shape[last + 1 :])),
        lambda g: g.reshape(shape),
    )


@primitive
@part_of("cat")
def joined(*tensors: Array, dim: int) -> Any:
    """Tensors joined along an existing dim; their other dimensions are equal."""
    # PyTorch lets an empty 1-d tensor stand beside tensors of any dimension
    joining = [t for t in tensors if t.shape != (0,)] or tensors
    if not joining[0].ndim:
        raise ValueError("tensors: expected at least one dimension, to join along")
    axis = dimension("dim", dim, joining[0].ndim)
    before, ends = (slice(None),) * axis, 0
    partials: list[Partial] = []
    for t in tensors:
        if t.shape == (0,):
            partials.append(nothing_of(t.dtype))
            continue
        start, ends = ends, ends + t.shape[axis]
        partials.append(part((*before, slice(start, ends)), t.dtype))
    return (np.concatenate(to_common_dtype(*joining), axis=axis), *partials)


def part(at: Any, dtype: Any) -> Partial:
    """The partial of one of several tensors that were joined: its own part of g, in its dtype."""
    return lambda g: cast(g[at], dtype)


def nothing_of(dtype: Any) -> Partial:
    """The partial of an empty tensor: a gradient of no elements, in its dtype."""
    return lambda g: cast(g.reshape(-1)[:0], dtype)


@primitive
@part_of("stack")
def stacked(*tensors: Array, dim: int) -> Any:
    """Tensors of one shape side by side along a new dimension."""
    axis = dimension("dim", dim, tensors[0].ndim + 1)
    before = (slice(None),) * axis
    return (
        np.stack(to_common_dtype(*tensors), axis=axis),
        *(part((*before, i), t.dtype) for i, t in enumerate(tensors)),
    )


def cat(tensors: Any, dim: int = 0) -> Tensor:
    """A sequence of tensors joined along dim; each receives its own slice of g.

    Raises ValueError for an empty sequence and for shapes that differ in another dimension.

    >>> import scratch
    >>> scratch.cat([scratch.tensor([1.0]), scratch.tensor([2.0, 3.0])])
    tensor([1., 2., 3.])
    """
    return joined(*several("cat", tensors), dim=dim)


def stack(tensors: Any, dim: int = 0) -> Tensor:
    """A sequence of tensors of one shape side by side along a new dimension dim.

    Raises ValueError for an empty sequence and for shapes that differ.
    """
    return stacked(*several("stack", tensors), dim=dim)


def several(operation: str, tensors: Any) -> list[Any]:
    """The tensors of a sequence; a single one, which could be iterated too, is refused."""
    if isinstance(tensors, (Tensor, np.ndarray, str)) or not hasattr(tensors, "__iter__"):
        raise TypeError(
            f"{operation}: tensors: expected a sequence of tensors, got {type(tensors).__name__}"
        )
    if not (listed := list(tensors)):
        raise ValueError(
            f"{operation}: tensors: expected at least one tensor, got an empty sequence"
        )
    return listed
