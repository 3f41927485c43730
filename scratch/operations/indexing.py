"""x[index]: integers, slices, masks and integer arrays.

An element that is taken twice receives both gradients. Twins: indexing in PyTorch.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..autograd import Array, on_either, primitive
from ..autograd.grad_mode import mode
from ..autograd.node import changed_in_place
from ..tensor import Tensor, raw


@primitive
def getitem(input: Array, index: Any) -> Any:
    """input[index]: the elements that the index names.

    >>> import scratch
    >>> x = scratch.tensor([1.0, 2.0, 3.0], requires_grad=True)
    >>> x[[0, 0, 2]].sum().backward()
    >>> x.grad
    array([2., 0., 1.])
    """
    index, shape = as_arrays(index), input.shape
    return input[index], lambda g: put_back(g, index, shape)


@primitive
def placed(input: Array, index: Any, shape: tuple[int, ...]) -> Any:
    """Zeros of this shape with input added at index: what getitem does, backwards."""
    value = np.zeros(shape, input.dtype)
    if is_basic(index):
        value[index] = raw(input)  # each element is named once
    else:
        np.add.at(value, index, raw(input))
    return value, lambda g: g[index]


put_back = on_either(placed)


def is_basic(index: Any) -> bool:
    """Whether an index holds only integers and slices, and so names no element twice."""
    several = index if isinstance(index, tuple) else (index,)
    return all(isinstance(i, (int, slice, type(None), type(...))) for i in several)


def as_arrays(index: Any) -> Any:
    """The index with tensors and lists as arrays, as PyTorch understands them."""
    if isinstance(index, tuple):
        return tuple(as_arrays(i) for i in index)
    if isinstance(index, Tensor):
        return index.data
    if isinstance(index, list):
        return np.asarray([as_arrays(i) for i in index] or np.empty(0, int))
    return index


def setitem(tensor: Tensor, index: Any, value: Any) -> None:
    """tensor[index] = value, in place: only where no graph could be corrupted by it."""
    recorded = mode.recording and (
        tensor.requires_grad or (type(value) is Tensor and value.requires_grad)
    )
    if recorded or tensor.grad_fn is not None:
        raise RuntimeError(
            "writing into a tensor of a graph would corrupt its gradient: build the new tensor "
            "with scratch.where, cat or stack; to change a parameter, write under no_grad()"
        )
    if tensor.data.base is not None:
        raise RuntimeError(
            "writing into a view would change the array that it shows: copy it with "
            "scratch.tensor(t)"
        )
    tensor.data[as_arrays(index)] = value.data if type(value) is Tensor else value
    changed_in_place(tensor)
