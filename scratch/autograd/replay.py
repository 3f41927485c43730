"""A graph run again: the value of every node, and the gradient on every edge.

Lecture: "Grafo computacional: Ejemplo" (the forward and the backward pass, number by number). The
graph itself keeps neither, for the sake of memory: a node holds what its derivative needs, and
nothing after `backward`. To look at a graph, its formulas are run once more.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ..tensor import Tensor
from .again import run_again
from .grad_mode import no_grad
from .node import Node, Partial


class Replay:
    """What a graph computes, and what flows back through it.

    values: the value of each node. partials: for each node one function g -> gradient an
    argument, or None where the argument takes none.
    """

    def __init__(self) -> None:
        self.values: dict[Node, np.ndarray] = {}
        self.partials: dict[Node, Sequence[Partial | None]] = {}

    def gradients(
        self, seeds: Sequence[tuple[Any, np.ndarray]]
    ) -> tuple[dict[Node, np.ndarray], dict[tuple[Node, int], np.ndarray]]:
        """The gradient of each node, and that of each (node, argument), from those of the outputs.

        seeds: the nodes to start from, each with the gradient of its value.
        """
        total: dict[Any, Any] = {}
        shares: dict[tuple[Node, int], np.ndarray] = {}

        def arrive(at: Any, g: np.ndarray) -> None:
            total[at] = total[at] + g if at in total else g

        for node, g in seeds:
            arrive(node, np.asarray(g))
        with no_grad():
            for node in sorted(self.partials, key=lambda each: -each.order):
                if node not in total:
                    continue
                for slot, (input, partial) in enumerate(zip(node.inputs, self.partials[node])):
                    if partial is None:
                        continue
                    share = partial(Tensor(total[node]))
                    shares[node, slot] = share.data if type(share) is Tensor else np.asarray(share)
                    if type(input) is Node:
                        arrive(input, shares[node, slot])
        return {node: g for node, g in total.items() if type(node) is Node}, shares


def replay(*roots: Node) -> Replay:
    """The values and derivatives of everything below these nodes.

    Raises RuntimeError where a tensor was changed in place since the graph was recorded: the
    numbers would be others.

    >>> import scratch
    >>> x = scratch.tensor(3.0, requires_grad=True)
    >>> y = (x * x).exp()
    >>> ran = replay(y.grad_fn)
    >>> [(node.name, value.item().__round__(2)) for node, value in ran.values.items()]
    [('mul', 9.0), ('exp', 8103.08)]
    """
    ran = Replay()
    with no_grad():
        values, ran.partials = run_again(roots)
    ran.values = {node: value.data for node, value in values.items()}
    return ran
