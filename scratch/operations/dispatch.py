"""numpy's own functions on Tensors: np.exp(t) is scratch.exp(t), and is recorded.

This is also what lets the body of a primitive run on Tensors, for gradients of gradients.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from .. import activations
from ..tensor import Tensor, raw
from . import arithmetic, elementary, products, reductions, shapes

UFUNCS: dict[Any, Callable[..., Any]] = {
    np.add: arithmetic.plus,
    np.subtract: arithmetic.minus,
    np.multiply: arithmetic.mul,
    np.divide: arithmetic.div,
    np.power: arithmetic.pow,
    np.maximum: arithmetic.maximum,
    np.minimum: arithmetic.minimum,
    np.matmul: products.matmul,
    np.negative: elementary.neg,
    np.absolute: elementary.abs,
    np.sign: elementary.sign,
    np.exp: elementary.exp,
    np.expm1: elementary.expm1,
    np.log: elementary.log,
    np.log1p: elementary.log1p,
    np.sqrt: elementary.sqrt,
    np.square: elementary.square,
    np.sin: elementary.sin,
    np.cos: elementary.cos,
    np.sinh: elementary.sinh,
    np.cosh: elementary.cosh,
    np.tanh: activations.tanh,
}

# their results are booleans, which have no gradient
QUESTIONS = (
    np.equal, np.not_equal, np.less, np.less_equal, np.greater, np.greater_equal,
    np.isnan, np.isfinite, np.isinf, np.signbit, np.logical_and, np.logical_or, np.logical_not,
    np.bitwise_and, np.bitwise_or, np.invert,
)  # fmt: skip

REDUCTIONS: dict[Any, Callable[..., Any]] = {
    np.add: reductions.sum,
    np.multiply: reductions.prod,
    np.maximum: reductions.amax,
    np.minimum: reductions.amin,
}


def ufunc_on_tensors(ufunc: Any, method: str, inputs: Any, options: dict[str, Any]) -> Any:
    """What `np.ufunc(...)` means where an argument is a Tensor."""
    if method == "__call__" and not options:
        if ufunc in UFUNCS:
            return UFUNCS[ufunc](*inputs)
        if ufunc in QUESTIONS:
            return Tensor(ufunc(*(raw(x) for x in inputs)))
    if method == "reduce" and ufunc in REDUCTIONS:
        x, *axis = inputs  # np.add.reduce reduces the first axis where none is named
        dim = axis[0] if axis else options.pop("axis", 0)
        keepdim = bool(options.pop("keepdims", False))
        if not options:
            return REDUCTIONS[ufunc](x, dim, keepdim)
    raise TypeError(
        f"np.{ufunc.__name__} ({method}) on a Tensor would not be recorded: use an operation of "
        "scratch, or t.detach().numpy() to leave the graph"
    )


def sum_over(x: Any, axis: Any = None, dtype: Any = None, keepdims: Any = False) -> Any:
    if axis == ():  # no axis to numpy, every one to PyTorch
        return x if dtype is None else elementary.to(x, dtype)
    return reductions.sum(x, axis, bool(keepdims), dtype=dtype)


def mean_over(x: Any, axis: Any = None, keepdims: Any = False) -> Any:
    return reductions.mean(x, axis, bool(keepdims))


def max_over(x: Any, axis: Any = None, keepdims: Any = False) -> Any:
    return reductions.amax(x, axis, bool(keepdims))


def min_over(x: Any, axis: Any = None, keepdims: Any = False) -> Any:
    return reductions.amin(x, axis, bool(keepdims))


def transposed(x: Any, axes: Any = None) -> Any:
    return shapes.permute(x, tuple(axes) if axes is not None else tuple(range(x.ndim))[::-1])


def zeros_like(x: Any, dtype: Any = None) -> Any:
    return np.zeros_like(raw(x), dtype=dtype)


def ones_like(x: Any, dtype: Any = None) -> Any:
    return np.ones_like(raw(x), dtype=dtype)


FUNCTIONS: dict[Any, Callable[..., Any]] = {
    np.sum: sum_over,
    np.mean: mean_over,
    np.max: max_over,
    np.min: min_over,
    np.where: arithmetic.where,
    np.dot: products.matmul,
    np.concatenate: lambda arrays, axis=0: shapes.cat(arrays, axis),
    np.stack: lambda arrays, axis=0: shapes.stack(arrays, axis),
    np.transpose: transposed,
    np.swapaxes: shapes.transpose,
    np.reshape: shapes.reshape,
    np.expand_dims: shapes.unsqueeze,
    np.squeeze: shapes.squeeze,
    np.broadcast_to: shapes.expand,
    np.zeros_like: zeros_like,
    np.ones_like: ones_like,
    np.shape: lambda x: x.shape,
    np.ndim: lambda x: x.ndim,
    np.argmax: lambda x, axis=None: np.argmax(raw(x), axis=axis),
}


def function_on_tensors(function: Any, args: Any, options: dict[str, Any]) -> Any:
    """What a function of numpy means where an argument is a Tensor."""
    if function not in FUNCTIONS:
        raise TypeError(
            f"np.{function.__name__} on a Tensor would not be recorded: use an operation of "
            "scratch, or t.detach().numpy() to leave the graph"
        )
    return FUNCTIONS[function](*args, **options)
