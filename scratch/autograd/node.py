"""What the engine records of one operation."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import numpy as np

from ..tensor import Tensor

# One clock for everything: a node is newer than all it was computed from, which is the
# topological order that the walk needs; and a change in place is stamped with it, so that a
# node can tell whether an argument was changed after it was used.
clock = itertools.count(1)

Partial = Callable[[Any], Any]


class Node:
    """One operation in the graph.

    order: its time on the clock.
    body: the formula, a function that returns its value and its partial derivatives.
    inputs: for each tensor argument the Node that made it, or the Tensor itself where it is a
        leaf, or None where an optional argument was left out. The values of inner tensors are
        not held here: a partial holds what it needs of them, and nothing else stays alive.
    partials: for each input the function g -> gradient of the input, or None where none is
        needed. Empty after the graph was freed.
    options, named: the other arguments of the body.
    """

    __slots__ = ("__weakref__", "body", "inputs", "named", "options", "order", "partials")

    order: int
    body: Callable[..., Any]
    inputs: tuple[Node | Tensor | None, ...]
    partials: tuple[Partial | None, ...]
    options: tuple[Any, ...]
    named: dict[str, Any] | None

    @property
    def name(self) -> str:
        """The operation's name, as in `scratch.NAME`."""
        return self.body.__name__

    def __repr__(self) -> str:
        return f"<{self.name}>"


without_init = object.__new__


def recorded(
    value: Any,
    body: Callable[..., Any],
    inputs: tuple[Node | Tensor | None, ...],
    partials: tuple[Partial | None, ...],
    options: tuple[Any, ...] = (),
    named: dict[str, Any] | None = None,
) -> Tensor:
    """The Tensor of a value, with the Node that made it.

    Both are filled here, since every operation comes by: two calls of `__init__` would cost half
    of it more.
    """
    node = Node()
    node.order = next(clock)
    node.body = body
    node.inputs = inputs
    node.partials = partials
    node.options = options
    node.named = named
    result = without_init(Tensor)
    result.data = value if type(value) is np.ndarray else np.asarray(value)
    result.requires_grad = True
    result.grad_fn = node
    result.grad = None
    result.name = None
    result._version = 0
    return result


def changed_in_place(tensor: Tensor) -> None:
    """Stamp a change of a tensor's data, so that a graph that used the old data refuses."""
    tensor._version = next(clock)


def check_unchanged(node: Node, tensor: Tensor) -> None:
    """Refuse to use a node whose argument was changed after the node was computed."""
    if tensor._version > node.order:
        raise RuntimeError(
            f"a tensor of shape {tensor.shape} was changed in place after {node.name} used it, "
            "so the gradient would be that of other numbers: compute the loss again after a "
            "step, or call backward before it"
        )


class _Freed(tuple[Any, ...]):
    """The partials of a freed node: whoever asks for them hears why they are gone."""

    __slots__ = ()

    def __iter__(self) -> Any:
        raise RuntimeError(
            "backward through this graph a second time: its saved arrays were freed by the "
            "first; pass retain_graph=True there if that is meant"
        )


FREED = _Freed()
