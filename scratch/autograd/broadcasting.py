"""What an elementwise operation does to arguments of different shapes and dtypes.

Forward, numpy stretches a smaller shape along axes of length 1 and along missing leading axes.
An element that was used n times receives the sum of n gradients: backward sums over those axes.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from .node import Partial


def back_to(argument: np.ndarray, value: Any, partial: Partial) -> Partial:
    """The partial with its gradient brought back to the argument's shape and dtype."""
    shape, dtype = argument.shape, argument.dtype
    if shape != np.shape(value):
        axes = stretched_axes(shape, np.shape(value))
        return lambda g: cast(np.add.reduce(partial(g), axes).reshape(shape), dtype)
    if dtype is not value.dtype:
        return lambda g: cast(partial(g), dtype)
    return partial


def stretched_axes(shape: tuple[int, ...], result: tuple[int, ...]) -> tuple[int, ...]:
    """The axes of `result` along which an argument of this shape was repeated."""
    missing = len(result) - len(shape)
    repeated = (missing + i for i, n in enumerate(shape) if n == 1 and result[missing + i] != 1)
    return (*range(missing), *repeated)


def cast(g: Any, dtype: np.dtype[Any]) -> Any:
    """g in this dtype; on arrays and on Tensors."""
    return g if g.dtype == dtype else g.astype(dtype)


def to_common_dtype(*arrays: Any) -> tuple[Any, ...]:
    """The arrays in one dtype, chosen as in PyTorch.

    The widest dtype wins, but a 0-d array does not widen one that has dimensions: float32
    features times a float64 scalar stay float32. Only a higher kind (bool < int < float) counts.
    """
    common = result_type(*(a for a in arrays if a is not None))
    return tuple(a if a is None or a.dtype == common else a.astype(common) for a in arrays)


def result_type(*arrays: Any) -> np.dtype[Any]:
    """The dtype of an operation on these arrays, by PyTorch's rule."""
    dimensioned = widest([a.dtype for a in arrays if a.ndim])
    scalar = widest([a.dtype for a in arrays if not a.ndim])
    if dimensioned is None or scalar is None:
        return scalar if dimensioned is None else dimensioned  # type: ignore[return-value]
    return scalar if rank(scalar) > rank(dimensioned) else dimensioned


def widest(dtypes: list[np.dtype[Any]]) -> np.dtype[Any] | None:
    """The widest dtype of the highest kind: float32 beside int64 (numpy would take float64)."""
    highest = max((rank(d) for d in dtypes), default=0)
    among = [d for d in dtypes if rank(d) == highest]
    return np.result_type(*among) if among else None


def rank(dtype: np.dtype[Any]) -> int:
    """bool < int < float."""
    return {"b": 0, "i": 1, "u": 1, "f": 2}[dtype.kind]
