"""Functions of one number, applied to each element.

Lecture: "Grafo computacional" (the basic operations whose derivative is known). Twins:
`torch.exp`, `torch.log`, ... The activations stand in `scratch/activations.py`.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..autograd import Array, part_of, primitive, raw
from ..autograd.grad_mode import no_grad
from ..tensor import Tensor


@primitive
def neg(input: Array) -> Any:
    """-x, any shape."""
    return -input, lambda g: -g


@primitive
def abs(input: Array) -> Any:
    """|x|, any shape; the derivative at the kink 0 is 0, as in PyTorch (and at NaN)."""
    x = raw(input)
    sign = (x > 0).astype(x.dtype) - (x < 0)
    return np.abs(x), lambda g: g * sign


@primitive
def sign(input: Array) -> Any:
    """-1, 0 or 1, any shape, and 0 at NaN, as in PyTorch; it is flat, so its derivative is 0."""
    x = raw(input)
    value = (x > 0).astype(x.dtype) - (x < 0)
    nowhere = np.zeros(x.shape, bool)
    return value, lambda g: np.where(nowhere, g, 0)  # also where g is infinite, unlike 0 * g


@primitive
def square(input: Array) -> Any:
    """x * x, any shape."""
    return input * input, lambda g: g * (input + input)


@primitive
def sqrt(input: Array) -> Any:
    """The square root, any shape; its derivative 1 / (2 sqrt x) is infinite at 0."""
    value = np.sqrt(input)
    return value, lambda g: g / (value + value)


@primitive
def exp(input: Array) -> Any:
    """e to the x, any shape: the function that is its own derivative.

    >>> import numpy, scratch
    >>> x = scratch.tensor([0.0], requires_grad=True)
    >>> numpy.exp(x).backward()         # numpy's own function records too
    >>> x.grad
    array([1.])
    """
    value = np.exp(input)
    return value, lambda g: g * value


@primitive
def expm1(input: Array) -> Any:
    """exp(x) - 1 without cancellation near 0, any shape."""
    return np.expm1(input), lambda g: g * np.exp(input)


@primitive
def log(input: Array) -> Any:
    """The natural logarithm, any shape: -inf at 0, NaN below."""
    return np.log(input), lambda g: g / input


@primitive
def log1p(input: Array) -> Any:
    """log(1 + x) without cancellation near 0, any shape."""
    return np.log1p(input), lambda g: g / (1 + input)


@primitive
def sin(input: Array) -> Any:
    """The sine, x in radians, any shape."""
    return np.sin(input), lambda g: g * np.cos(input)


@primitive
def cos(input: Array) -> Any:
    """The cosine, x in radians, any shape."""
    return np.cos(input), lambda g: -g * np.sin(input)


@primitive
def sinh(input: Array) -> Any:
    """(exp(x) - exp(-x)) / 2, any shape."""
    return np.sinh(input), lambda g: g * np.cosh(input)


@primitive
def cosh(input: Array) -> Any:
    """(exp(x) + exp(-x)) / 2, any shape."""
    return np.cosh(input), lambda g: g * np.sinh(input)


def to(input: Any, dtype: Any) -> Tensor:
    """The same numbers in another dtype (numpy's, or its name); g comes back in the old one.

    Integers and booleans cannot move by a little: in their dtypes no gradient is recorded.

    Raises TypeError for a dtype of other than real numbers.
    """
    try:
        kind = np.dtype(dtype)
    except TypeError:
        kind = None
    if dtype is None or kind is None or kind.kind not in "biuf":
        raise TypeError(
            f"to: dtype: expected one of real numbers, such as 'float32', got {dtype!r}"
        )
    if kind.kind == "f":
        return cast(input, kind)
    with no_grad():
        return cast(input, kind)


@primitive
@part_of("to")
def cast(input: Array, kind: np.dtype[Any]) -> Any:
    """The same numbers in another dtype."""
    old = input.dtype
    return input.astype(kind), lambda g: g.astype(old)
