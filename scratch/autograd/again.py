"""Gradients of gradients: the same formulas once more, on Tensors.

A body is written with operations that arrays and Tensors both understand. Run on Tensors, its
partial derivatives record what they compute, and so can be derived themselves: no second
derivative is written down. (Where a partial would cancel when derived again, as those of sigmoid
and softmax, its body hands Tensors another form of the same partial.)
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from ..tensor import Tensor
from .broadcasting import cast, stretched_axes, to_common_dtype
from .node import Node, Partial, check_unchanged

ELEMENTWISE: set[Any] = set()
"""The bodies of operations whose arguments broadcast: they are handed arguments of one dtype."""


def run_again(
    roots: Iterable[Node],
) -> tuple[dict[Node, Tensor], dict[Node, Sequence[Partial | None]]]:
    """For each node below the roots its value, and its partials as functions of Tensors.

    The value of an inner node is computed again and tied to the node that is already there, so
    the new derivatives belong to the same graph as the old ones.
    """
    values: dict[Node, Tensor] = {}
    partials: dict[Node, Sequence[Partial | None]] = {}
    for node in oldest_first(roots):
        arguments: list[Any] = []
        for input in node.inputs:
            if type(input) is Tensor:
                check_unchanged(node, input)
            argument = values[input] if type(input) is Node else input
            absent = type(argument) is Tensor and argument.data is None
            arguments.append(None if absent else argument)
        given = to_common_dtype(*arguments) if node.body in ELEMENTWISE else arguments
        value, *recorded = node.body(*given, *node.options, **(node.named or {}))
        if type(value) is not Tensor or value.requires_grad:
            value = Tensor(value.data if type(value) is Tensor else value)
        value.requires_grad, value.grad_fn = True, node
        values[node] = value
        partials[node] = [
            fitting(argument, value, partial) if type(argument) is Tensor and argument.requires_grad
            else None
            for argument, partial in zip(arguments, recorded)
        ]
    return values, partials


def oldest_first(roots: Iterable[Node]) -> list[Node]:
    """Every node below the roots, arguments before results; a loop, since graphs are deep."""
    seen = set(roots)
    waiting = list(seen)
    while waiting:
        for input in waiting.pop().inputs:
            if type(input) is Node and input not in seen:
                seen.add(input)
                waiting.append(input)
    return sorted(seen, key=lambda node: node.order)


def fitting(argument: Tensor, value: Tensor, partial: Partial) -> Partial:
    """The partial with its gradient in the argument's shape and dtype."""
    shape, dtype = argument.shape, argument.dtype

    def fitted(g: Any) -> Any:
        d = partial(g)
        if d.shape != shape:
            d = np.sum(d, axis=stretched_axes(shape, value.shape)).reshape(shape)
        return cast(d, dtype)

    return fitted
