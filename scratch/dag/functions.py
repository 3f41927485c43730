"""The functions that a node of a `DAG` may name.

Lecture: "Redes DAG: Pasada hacia adelante" (the functions phi).
"""

from __future__ import annotations

import functools
import operator
from collections.abc import Callable
from typing import Any

from .. import functional
from ..activations import ACTIVATIONS
from ..operations import cat, matmul


def _add(*inputs: Any) -> Any:
    return functools.reduce(operator.add, inputs)


def _mul(*inputs: Any) -> Any:
    return functools.reduce(operator.mul, inputs)


def _cat(*inputs: Any) -> Any:
    return cat(inputs, dim=-1)


FUNCTIONS: dict[str, Callable[..., Any]] = {
    **{name: each for name, each in vars(functional).items() if callable(each)},
    **ACTIVATIONS,  # softmax along the last dim
    "add": _add,
    "sub": operator.sub,
    "mul": _mul,
    "div": operator.truediv,
    "matmul": matmul,
    "cat": _cat,
}
"""What a node may name: all of `functional`, and arithmetic; add, mul and cat take any number."""
