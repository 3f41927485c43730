"""What an option may be: refusals that name it, what came and what was expected.

Called where an option was given or where numpy has refused already; an operation with its
defaults pays nothing.
"""

from __future__ import annotations

from typing import Any

import numpy as np


def number(name: str, value: Any) -> Any:
    """A real number as Python's own; numpy's would take a float32 array to float64.

    Raises TypeError for anything else, also for strings and arrays, as PyTorch.

    >>> number("alpha", np.float64(0.5))
    0.5
    """
    if type(value) is float:  # a default, mostly
        return value
    if isinstance(value, (np.integer, np.floating, np.bool_)):
        value = value.item()
    if not isinstance(value, (int, float)):
        raise TypeError(f"{name}: expected a number, got {type(value).__name__} {value!r}")
    return value


def integer(name: str, value: Any) -> int:
    """An integer, and no boolean; TypeError for anything else.

    >>> integer("pieces", np.int64(2))
    2
    """
    if isinstance(value, (bool, np.bool_)) or not isinstance(value, (int, np.integer)):
        raise TypeError(f"{name}: expected an integer, got {type(value).__name__} {value!r}")
    return int(value)


def floating(name: str, dtype: Any) -> np.dtype[Any]:
    """A dtype of floating point numbers, by name or as numpy's; TypeError for anything else.

    >>> floating("dtype", "float32")
    dtype('float32')
    """
    try:
        kind: np.dtype[Any] | None = np.dtype(dtype)
    except TypeError:
        kind = None
    if dtype is None or kind is None or kind.kind != "f":
        raise TypeError(f"{name}: expected a floating point dtype, got {dtype!r}")
    return kind


def dimension(name: str, dim: Any, ndim: int) -> int:
    """A dimension of a tensor of ndim dimensions, counted from the front: 0 to ndim - 1.

    Raises TypeError for what is no integer, IndexError for one that the tensor has not; a 0-d
    tensor answers to 0 and -1, as in PyTorch.

    >>> dimension("dim", -1, 3)
    2
    """
    if type(dim) is not int:
        dim = integer(name, dim)
    count = max(ndim, 1)
    if not -count <= dim < count:
        raise IndexError(
            f"{name}: {dim} is out of range for a tensor of {ndim} dimensions "
            f"(expected {-count} to {count - 1})"
        )
    position: int = dim % count
    return position
