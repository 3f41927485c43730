"""The common picture in memory: what both engines' graphs are read into before anything is drawn.

Lecture: "Grafo computacional". Vertices are operations, parameters, inputs; an edge says that one
needs another. Values stand on the edges, since that is where the lecture writes them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np

Kind = Literal["input", "parameter", "constant", "operation", "output", "fold", "reference"]


@dataclass(slots=True, eq=False)
class Vertex:
    """One circle or box.

    id: unique in its graph, and the same each time the same graph is read.
    operation: the canonical name, the same in both engines: "mul", "linear", "relu".
    engine_name: the engine's own name: "mul" in scratch, "MulBackward0" in PyTorch.
    name: what the user calls the tensor that comes out.
    module: the path of the layer that the operation belongs to, "layers.1", or "".
    value, gradient: of the tensor that comes out; None where it is not known.
    grad: a leaf's accumulated `.grad`; None where nothing has been accumulated.
    options: the other arguments of the operation: {"dim": 1}.
    count: how often a repeated block or a shared parameter occurs.
    is_input: whether a reference is one to an input.
    members: the vertices inside a folded one.
    mark: how it compares with its twin in another graph: "", "missing", "extra", "unequal",
        or "follows", where it differs only because something before it does.
    """

    id: str
    kind: Kind
    operation: str = ""
    engine_name: str = ""
    name: str = ""
    module: str = ""
    shape: tuple[int, ...] | None = None
    dtype: str = ""
    value: np.ndarray[Any, Any] | None = None
    gradient: np.ndarray[Any, Any] | None = None
    grad: np.ndarray[Any, Any] | None = None
    requires_grad: bool = False
    options: dict[str, Any] = field(default_factory=dict)
    count: int = 1
    members: tuple[Vertex, ...] = ()
    mark: str = ""
    twin: str = ""
    note: str = ""
    is_input: bool = False

    @property
    def is_leaf(self) -> bool:
        """Where the graph begins: nothing flows into it."""
        return self.kind in ("input", "parameter", "constant", "reference")


@dataclass(slots=True, eq=False)
class Edge:
    """The result of `source` is the argument number `slot` of `target`.

    gradient: what flows back along this edge; the gradients of all edges out of a vertex add up
    to its own.
    """

    source: str
    target: str
    slot: int = 0
    value: np.ndarray[Any, Any] | None = None
    gradient: np.ndarray[Any, Any] | None = None
    shape: tuple[int, ...] | None = None


@dataclass(slots=True, eq=False)
class Graph:
    """Vertices, arguments before results, and the edges between them.

    engine: "scratch" or "torch".
    has_gradients: whether gradients were computed, so that a missing one means "takes none".
    who: the vertex of each leaf tensor and each engine's node, while the graph is prepared.
    """

    engine: str
    vertices: dict[str, Vertex] = field(default_factory=dict)
    edges: list[Edge] = field(default_factory=list)
    has_values: bool = False
    has_gradients: bool = False
    who: dict[Any, str] = field(default_factory=dict)

    def add(self, vertex: Vertex) -> Vertex:
        self.vertices[vertex.id] = vertex
        return vertex

    def of_kind(self, *kinds: Kind) -> Iterator[Vertex]:
        return (v for v in self.vertices.values() if v.kind in kinds)

    def edges_into(self) -> dict[str, list[Edge]]:
        """For each vertex the edges that end in it, by slot."""
        found: dict[str, list[Edge]] = {id: [] for id in self.vertices}
        for edge in self.edges:
            found[edge.target].append(edge)
        for edges in found.values():
            edges.sort(key=lambda edge: edge.slot)
        return found

    def edges_out(self) -> dict[str, list[Edge]]:
        """For each vertex the edges that begin in it."""
        found: dict[str, list[Edge]] = {id: [] for id in self.vertices}
        for edge in self.edges:
            found[edge.source].append(edge)
        return found

    def named(self, name: str) -> Vertex:
        """The vertex that the user calls `name`, or whose id it is.

        Raises ValueError with the names that there are.
        """
        for vertex in self.vertices.values():
            if name and name in (vertex.name, vertex.id):
                return vertex
        known = ", ".join(sorted({v.name for v in self.vertices.values() if v.name}))
        raise ValueError(f"no tensor named {name!r} in this graph; there are: {known or 'none'}")

    def restricted(self, ids: Iterable[str]) -> Graph:
        """The same graph with these vertices only."""
        kept = set(ids)
        return Graph(
            self.engine,
            {id: v for id, v in self.vertices.items() if id in kept},
            [e for e in self.edges if e.source in kept and e.target in kept],
            self.has_values,
            self.has_gradients,
            self.who,
        )

    def depth(self) -> int:
        """The number of operations on the longest path."""
        into = self.edges_into()
        longest: dict[str, int] = {}
        for id, vertex in self.vertices.items():  # arguments come first
            step = vertex.kind in ("operation", "fold")
            longest[id] = step + max((longest[e.source] for e in into[id]), default=0)
        return max(longest.values(), default=0)
