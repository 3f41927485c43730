"""Shows less of a graph: what lies between two tensors, no constants, references for a parameter
that is used everywhere.

A parameter used 150 times as one vertex takes Graphviz a minute, since its edges cross every rank;
repeated beside each use it takes 0.06 s. So it is one vertex up to `max_uses`, and references
beyond.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from .graph import Edge, Graph


class GraphTooLargeError(ValueError):
    """The layout would take minutes: fold the graph, or show a part of it."""


def hidden(graph: Graph, *, constants: bool, without_gradient: bool) -> Graph:
    """The graph without its constants, or without every leaf that takes no gradient."""
    return graph.restricted(
        v.id
        for v in graph.vertices.values()
        if (constants or v.kind != "constant")
        and (without_gradient or not v.is_leaf or v.requires_grad)
    )


def without_values(graph: Graph) -> Graph:
    """The graph without the forward values, but for constants: they say what is computed."""
    constants = {v.id for v in graph.of_kind("constant")}
    return replace(
        graph,
        vertices={
            id: v if id in constants else replace(v, value=None)
            for id, v in graph.vertices.items()
        },
        edges=[e if e.source in constants else replace(e, value=None) for e in graph.edges],
        has_values=False,
    )


def between(graph: Graph, ends: Any) -> Graph:
    """What lies on a path from the first of `ends` to the second, and its direct leaves.

    ends: two tensors of the graph, or their names.

    Raises ValueError where one is not in the graph, or no path leads from one to the other.
    """
    if not isinstance(ends, (tuple, list)) or len(ends) != 2:
        raise TypeError(f"between: expected two tensors or names (a, b), got {ends!r}")
    start, end = (vertex_of(graph, each) for each in ends)
    into, out = graph.edges_into(), graph.edges_out()
    behind = reached(start, {id: [e.target for e in edges] for id, edges in out.items()})
    before = reached(end, {id: [e.source for e in edges] for id, edges in into.items()})
    kept = behind & before
    if not kept:
        raise ValueError("between: no path leads from the first tensor to the second")
    ops = {id for id in kept if id != start}
    leaves = {e.source for id in ops for e in into[id] if graph.vertices[e.source].is_leaf}
    marks = {e.target for id in kept for e in out[id] if graph.vertices[e.target].kind == "output"}
    return graph.restricted(kept | leaves | marks)


def vertex_of(graph: Graph, tensor: Any) -> str:
    """The vertex of a tensor, or of a name."""
    if isinstance(tensor, str):
        return graph.named(tensor).id
    made_by = getattr(tensor, "grad_fn", None)
    found = graph.who.get(made_by if made_by is not None else tensor)
    if found is None:
        raise ValueError("between: one of the tensors takes no part in this graph")
    return found


def reached(start: str, steps: dict[str, list[str]]) -> set[str]:
    """Everything that can be reached, by a loop: graphs are deep."""
    seen, waiting = {start}, [start]
    while waiting:
        for each in steps[waiting.pop()]:
            if each not in seen:
                seen.add(each)
                waiting.append(each)
    return seen


def with_references(graph: Graph, max_uses: int) -> Graph:
    """A leaf used more than `max_uses` times, repeated beside each further use.

    Raises ValueError for max_uses below 1, TypeError for what is no integer.
    """
    check_count("max_uses", max_uses)
    uses: dict[str, list[Edge]] = {}
    for edge in graph.edges:
        if graph.vertices[edge.source].kind in ("input", "parameter"):
            uses.setdefault(edge.source, []).append(edge)
    many = {id: len(edges) for id, edges in uses.items() if len(edges) > max_uses}
    if not many:
        return graph
    made = Graph(graph.engine, {}, [], graph.has_values, graph.has_gradients, graph.who)
    into = graph.edges_into()
    used = dict.fromkeys(many, 0)
    for vertex in graph.vertices.values():
        if vertex.id in many:
            vertex = replace(vertex, count=many[vertex.id])
        for edge in into[vertex.id]:
            if edge.source in many:
                used[edge.source] += 1
                if used[edge.source] > 1:  # the first use has the parameter itself
                    leaf = graph.vertices[edge.source]
                    again = replace(
                        leaf, id=f"{leaf.id}_{used[leaf.id]}", kind="reference",
                        count=many[leaf.id], gradient=edge.gradient, is_input=leaf.kind == "input",
                        note=f"the same tensor as {leaf.name or leaf.id}",
                    )  # fmt: skip
                    made.add(again)
                    edge = replace(edge, source=again.id)
            made.edges.append(edge)
        made.add(vertex)  # after its references: arguments come first
    return made


def check_count(argument: str, value: int) -> None:
    if isinstance(value, bool) or not isinstance(value, int):
        raise TypeError(f"{argument}: expected an integer, got {value!r}")
    if value < 1:
        raise ValueError(f"{argument}: expected 1 or more, got {value}")


def check_size(graph: Graph, max_nodes: int, folded: int | None) -> None:
    """Refuse at once what Graphviz would compute on for minutes."""
    check_count("max_nodes", max_nodes)
    if len(graph.vertices) <= max_nodes:
        return
    fold = (
        f"fold it with collapse=True ({folded} nodes)"
        if folded is not None and folded < len(graph.vertices)
        else "fold more of it with collapse="
    )
    raise GraphTooLargeError(
        f"the graph has {len(graph.vertices):,} nodes, more than max_nodes={max_nodes:,}, and its "
        f"layout would take long: {fold}, show a part with between=(a, b), or raise max_nodes"
    )
