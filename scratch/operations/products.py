"""Products of vectors and matrices.

Lecture: "La clave de la evaluación de una red es la multiplicación de matrices". Twins:
`torch.matmul`, `torch.addmm`.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..autograd import Array, primitive
from ..autograd.broadcasting import stretched_axes
from ..checks import number


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


@primitive
def addmm(
    input: Array, mat1: Array, mat2: Array, *, beta: float = 1, alpha: float = 1
) -> Any:
    """beta * input + alpha * (mat1 @ mat2); shapes that broadcast to (n, m), (n, k), (k, m).

    The lecture's w0 + X W. What beta or alpha 0 leaves out may hold NaN, as in PyTorch.

    Raises ValueError (a RuntimeError too) where shapes or dtypes do not fit, TypeError where beta
    or alpha is no number.
    """
    beta, alpha = number("beta", beta), number("alpha", alpha)
    check_addmm(input, mat1, mat2)
    before, after = input.shape, (len(mat1), mat2.shape[1])
    stretched = stretched_axes(before, after)
    value = times(input, beta) + times(mat1.dot(mat2), alpha)

    def d_input(g: Any) -> Any:
        d = times(g, beta)
        return (np.sum(d, axis=stretched) if stretched else d).reshape(before)

    return (
        value,
        d_input,
        lambda g: times(g, alpha).dot(mat2.T),
        lambda g: mat1.T.dot(times(g, alpha)),
    )


def times(x: Any, factor: float) -> Any:
    """x * factor; by a factor of 0 all is 0, also NaN and infinity."""
    if factor == 1:
        return x
    return x * factor if factor != 0 else np.where(np.zeros(x.shape, bool), x, 0)


def check_addmm(input: Any, mat1: Any, mat2: Any) -> None:
    """Say which argument of `addmm` does not fit."""
    if mat1.ndim != 2 or mat2.ndim != 2:
        raise ValueError(f"mat1, mat2: expected matrices, got {mat1.shape} and {mat2.shape}")
    if mat1.shape[1] != mat2.shape[0]:
        raise ValueError(
            f"mat2: expected shape ({mat1.shape[1]}, m) beside mat1 of {mat1.shape}, "
            f"got {mat2.shape}"
        )
    if not input.dtype == mat1.dtype == mat2.dtype:
        raise ValueError(
            f"input, mat1, mat2: expected one dtype, got {input.dtype}, {mat1.dtype}, {mat2.dtype}"
        )
    after = len(mat1), mat2.shape[1]
    fits = all(k in (1, n) for k, n in zip(input.shape[::-1], after[::-1]))
    if input.ndim > 2 or not fits:
        raise ValueError(f"input: expected a shape that broadcasts to {after}, got {input.shape}")
