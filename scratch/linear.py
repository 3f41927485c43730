"""The linear layer: every output is a weighted sum of the inputs, plus a bias.

Lecture: "Salida en una red totalmente conectada".
"""

from __future__ import annotations

from typing import Any

import numpy as np

from .autograd import Array, part_of, primitive
from .tensor import Tensor


def linear(input: Any, weight: Any, bias: Any = None) -> Tensor:
    """input @ weight.T + bias; shapes (n, in), (out, in), (out,) -> (n, out).

    input may have any number of leading dimensions, or none.

    Raises ValueError (a RuntimeError too) where shapes or dtypes do not fit.

    >>> import scratch
    >>> h = linear(scratch.tensor([1.0, 2.0]), scratch.tensor([[3.0, 4.0]]), scratch.tensor([5.0]))
    >>> h
    tensor([16.])
    """
    return without_bias(input, weight) if bias is None else with_bias(input, weight, bias)


@primitive
@part_of("linear")
def with_bias(input: Array, weight: Array, bias: Array) -> Any:
    """input @ weight.T + bias; shapes (n, in), (out, in), (out,) -> (n, out)."""
    z = input.dot(weight.T)
    if bias.shape != z.shape[-1:] or not input.dtype is weight.dtype is bias.dtype:
        raise ValueError("bias: expected shape (out,), and one dtype for all three")
    z += bias
    return (
        z,
        lambda g: g.dot(weight),  # d_input
        lambda g: rows(g).T.dot(rows(input)),  # d_weight: outer products, summed over the batch
        lambda g: ones(rows(g)).dot(rows(g)),  # d_bias: the sum over the batch
    )


@primitive
@part_of("linear")
def without_bias(input: Array, weight: Array) -> Any:
    """input @ weight.T; shapes (n, in), (out, in) -> (n, out)."""
    if input.dtype is not weight.dtype:
        raise ValueError("weight: expected the dtype of input")
    return input.dot(weight.T), lambda g: g.dot(weight), lambda g: rows(g).T.dot(rows(input))


def rows(x: Any) -> Any:
    """x as a matrix, one row an example, whatever its leading dimensions."""
    return x if x.ndim == 2 else x.reshape(-1, x.shape[-1])


PREPARED: dict[Any, np.ndarray] = {}


def ones(g: Any) -> Any:
    """A vector of ones, one for each row of g: `ones(g).dot(g)` sums rows three times as fast
    as `g.sum(0)`. One is prepared for each number of rows; 64 are kept.
    """
    key = g.shape[0], g.dtype
    vector = PREPARED.get(key)
    if vector is None:
        if len(PREPARED) >= 64:
            PREPARED.clear()
        vector = PREPARED[key] = np.ones(*key)
    return vector if type(g) is np.ndarray else Tensor(vector)
