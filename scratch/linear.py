"""The linear layer: every output is a weighted sum of the inputs, plus a bias.

Lecture: "Salida en una red totalmente conectada".
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from .autograd import Array, primitive
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
    z = input.dot(weight.T)
    if input.dtype is not weight.dtype:
        raise ValueError("weight: expected the dtype of input")
    if bias is not None:
        if bias.ndim != 1 or len(bias) != len(weight) or bias.dtype is not z.dtype:
            raise ValueError("bias: expected shape (out,) and the dtype of input")
        z += bias
    if input.ndim == 2:
        return (
            z,
            lambda g: g.dot(weight),  # d_input
            lambda g: g.T.dot(input),  # d_weight: outer products, summed over the batch
            lambda g: ones(g).dot(g),  # d_bias: the sum over the batch
        )
    return (
        z,
        lambda g: g.dot(weight),
        lambda g: rows(g).T.dot(rows(input)),
        lambda g: ones(rows(g)).dot(rows(g)),
    )


def rows(x: Any) -> Any:
    """x as a matrix, one row an example, whatever its leading dimensions."""
    return x.reshape(math.prod(x.shape[:-1]), x.shape[-1])  # -1 would be ambiguous for (0, 0)


PREPARED: dict[Any, np.ndarray] = {}


def ones(g: Any) -> Any:
    """A vector of ones, one for each row of g: `ones(g).dot(g)` sums the rows in a third of the
    time of `g.sum(0)`. Prepared once for each number of rows; 64 are kept.
    """
    vector = PREPARED.get((len(g), g.dtype.char))
    if vector is None:
        if len(PREPARED) >= 64:
            PREPARED.clear()
        vector = PREPARED[len(g), g.dtype.char] = np.ones(len(g), g.dtype)
    return vector if type(g) is np.ndarray else Tensor(vector)
