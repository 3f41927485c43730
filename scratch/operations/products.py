"""Products of vectors and matrices.

Lecture: "La clave de la evaluación de una red es la multiplicación de matrices". Twins:
`torch.matmul`, `torch.addmm`.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..autograd import Array, primitive
from ..autograd.broadcasting import stretched_axes
from ..autograd.errors import ArgumentError
from ..tensor import Tensor


@primitive
def matmul(input: Array, other: Array) -> Any:
    """input @ other: vectors (n,), matrices (n, k) @ (k, m), stacks of matrices that broadcast.

    >>> import scratch
    >>> scratch.matmul(scratch.tensor([[1.0, 2.0]]), scratch.tensor([3.0, 4.0]))
    tensor([11.])
    """
    if input.dtype != other.dtype:
        raise ValueError(f"other: expected the dtype of input, {input.dtype}, got {other.dtype}")
    if input.ndim == 2 == other.ndim:
        return (
            input.dot(other),
            lambda g: g.dot(other.T),
            lambda g: input.T.dot(g),
        )
    # A vector is a matrix of one row on the left, of one column on the right.
    a = np.expand_dims(input, 0) if input.ndim == 1 else input
    b = np.expand_dims(other, 1) if other.ndim == 1 else other
    value = input @ other
    full = value.shape
    full = (*full[:-1], 1, full[-1]) if input.ndim == 1 and other.ndim > 1 else full
    full = (*full, 1) if other.ndim == 1 else full
    full = (1, 1) if input.ndim == 1 == other.ndim else full

    def d_input(g: Any) -> Any:
        d = g.reshape(full) @ np.swapaxes(b, -1, -2)
        return np.sum(d, axis=stretched_axes(a.shape, d.shape)).reshape(input.shape)

    def d_other(g: Any) -> Any:
        d = np.swapaxes(a, -1, -2) @ g.reshape(full)
        return np.sum(d, axis=stretched_axes(b.shape, d.shape)).reshape(other.shape)

    return value, d_input, d_other


def addmm(input: Any, mat1: Any, mat2: Any, *, beta: float = 1, alpha: float = 1) -> Tensor:
    """beta * input + alpha * (mat1 @ mat2); shapes that broadcast to (n, m), (n, k), (k, m).

    The lecture's w0 + X W; composed of the two operations that it names.
    """
    product = matmul(mat1, mat2)
    if product.ndim != 2:
        raise ArgumentError(
            f"mat1, mat2: expected matrices, got shapes {mat1.shape} and {mat2.shape}"
        )
    product = product if alpha == 1 else product * alpha
    fits = all(k in (1, n) for k, n in zip(input.shape[::-1], product.shape[::-1]))
    if len(input.shape) > 2 or not fits:
        raise ArgumentError(
            f"input: expected a shape that broadcasts to {product.shape}, got {input.shape}"
        )
    total: Tensor = (input if beta == 1 else input * beta) + product
    return total
