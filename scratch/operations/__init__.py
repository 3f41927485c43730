"""The operations, and the one list that binds them to Tensor as operators and methods.

Each stands in its file with its derivative: `arithmetic`, `elementary`, `reductions`, `shapes`,
`indexing`, `products`. Their twins are `torch.NAME`.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

import numpy as np

from .. import activations, special
from ..autograd.node import changed_in_place
from ..autograd.walk import backward
from ..tensor import Tensor, raw
from .arithmetic import add as add
from .arithmetic import clamp as clamp
from .arithmetic import div as div
from .arithmetic import maximum as maximum
from .arithmetic import minimum as minimum
from .arithmetic import minus, plus
from .arithmetic import mul as mul
from .arithmetic import pow as pow
from .arithmetic import sub as sub
from .arithmetic import where as where
from .elementary import abs as abs
from .elementary import cos as cos
from .elementary import cosh as cosh
from .elementary import exp as exp
from .elementary import expm1 as expm1
from .elementary import log as log
from .elementary import log1p as log1p
from .elementary import neg as neg
from .elementary import sign as sign
from .elementary import sin as sin
from .elementary import sinh as sinh
from .elementary import sqrt as sqrt
from .elementary import square as square
from .elementary import to as to
from .indexing import getitem, setitem
from .products import addmm as addmm
from .products import matmul as matmul
from .reductions import amax as amax
from .reductions import amin as amin
from .reductions import axes
from .reductions import logsumexp as logsumexp
from .reductions import mean as mean
from .reductions import prod as prod
from .reductions import sum as sum
from .shapes import cat as cat
from .shapes import expand as expand
from .shapes import flatten as flatten
from .shapes import permute as permute
from .shapes import reshape as reshape
from .shapes import squeeze as squeeze
from .shapes import stack as stack
from .shapes import transpose as transpose
from .shapes import unsqueeze as unsqueeze


def argmax(input: Any, dim: int | None = None, keepdim: bool = False) -> Tensor:
    """Where the largest element stands along dim; an index, so it has no gradient."""
    if not raw(input).size:
        raise ValueError(f"argmax: input: expected at least one element, got shape {input.shape}")
    return Tensor(np.argmax(raw(input), axis=axes(dim, input.ndim), keepdims=keepdim))


def transposed(input: Tensor) -> Tensor:
    """input.T: all dimensions in reverse order."""
    return permute(input, tuple(range(input.ndim))[::-1])


def reflected(operation: Callable[..., Any]) -> Callable[..., Any]:
    """The operator for `number op tensor`."""
    return lambda self, other: operation(other, self)


def question(ask: Callable[[Any, Any], Any]) -> Callable[..., Tensor]:
    """A comparison: its result is boolean, so it has no gradient."""
    return lambda self, other: Tensor(ask(self.data, raw(other)))


def augmented(operation: Callable[..., Any]) -> Callable[..., Any]:
    """`t += x`: on a leaf outside of any recording it changes t; in a graph it is t = t + x.

    The old array is never written to, since a graph may hold it.
    """

    def apply(self: Tensor, other: Any) -> Tensor:
        result: Tensor = operation(self, other)
        if result.grad_fn is not None and self.is_leaf and self.requires_grad:
            raise RuntimeError(
                "a leaf that requires grad cannot be changed in place while operations are "
                "recorded: change a parameter under no_grad(), or write t = t + x"
            )
        if result.grad_fn is not None or self.grad_fn is not None:
            return result
        if result.shape != self.shape:
            raise RuntimeError(
                f"an operation in place cannot change the shape {self.shape} to {result.shape}"
            )
        self.data = result.data.astype(self.dtype, copy=False)
        changed_in_place(self)
        return self

    return apply


def shape_from(operation: Callable[..., Any]) -> Callable[..., Any]:
    """The method whose shape may be given as a tuple or as several numbers."""

    def method(self: Tensor, *shape: Any) -> Tensor:
        alone = len(shape) == 1 and isinstance(shape[0], (tuple, list))
        result: Tensor = operation(self, tuple(shape[0] if alone else shape))
        return result

    method.__name__, method.__doc__ = operation.__name__, operation.__doc__
    return method


OPERATORS: dict[str, Callable[..., Any]] = {
    "__add__": plus, "__radd__": reflected(plus), "__iadd__": augmented(plus),
    "__sub__": minus, "__rsub__": reflected(minus), "__isub__": augmented(minus),
    "__mul__": mul, "__rmul__": reflected(mul), "__imul__": augmented(mul),
    "__truediv__": div, "__rtruediv__": reflected(div), "__itruediv__": augmented(div),
    "__pow__": pow, "__rpow__": reflected(pow), "__ipow__": augmented(pow),
    "__matmul__": matmul, "__rmatmul__": reflected(matmul),
    "__neg__": neg, "__abs__": abs, "__getitem__": getitem, "__setitem__": setitem,
    "__eq__": question(operator.eq), "__ne__": question(operator.ne),
    "__lt__": question(operator.lt), "__le__": question(operator.le),
    "__gt__": question(operator.gt), "__ge__": question(operator.ge),
    "__and__": question(operator.and_), "__or__": question(operator.or_),
    "__invert__": lambda self: Tensor(~self.data),
}  # fmt: skip

METHODS: list[Callable[..., Any]] = [
    backward,
    add, sub, mul, div, neg, abs, sign, square, sqrt, exp, expm1, log, log1p, sin, cos, sinh, cosh,
    pow,
    maximum, minimum, clamp, sum, mean, prod, amax, amin, logsumexp, argmax, matmul, addmm,
    transpose, squeeze, unsqueeze, flatten, to,
    shape_from(reshape), shape_from(permute), shape_from(expand),
    activations.relu, activations.sigmoid, activations.tanh, activations.softmax,
    activations.log_softmax, special.erf, special.erfc,
]  # fmt: skip


def bind() -> None:
    """Give Tensor its operators and methods."""
    for name, function in OPERATORS.items():
        setattr(Tensor, name, function)
    for function in METHODS:
        setattr(Tensor, function.__name__, function)
    # numpy's words, for a body that runs on Tensors
    words: dict[str, Any] = {"dot": matmul, "clip": clamp, "astype": to, "T": property(transposed)}
    for name, meaning in words.items():
        setattr(Tensor, name, meaning)


bind()
