"""Reads the graph behind a scratch tensor.

Lecture: "Grafo computacional". The structure stands in `grad_fn`; the numbers on the edges are
computed again, also after `backward()` has freed what it needed.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from .glossary import canonical
from .graph import Edge, Graph, Vertex
from .names import is_input, layer_of


def read_scratch(
    outputs: list[tuple[str, Any]],
    names: list[tuple[str, Any]],
    *,
    inputs: tuple[Any, ...] = (),
    has_model: bool = False,
    values: bool = True,
    gradients: bool | None = None,
    gradient: Any = None,
) -> Graph:
    """The graph of these outputs, with values, and gradients where they were computed.

    gradients: True computes them, None shows them where `backward()` has run. gradient: the
    upstream gradient of each output that is no scalar, as in `backward`.

    Raises RuntimeError for a tensor without a graph, and where a tensor was changed in place
    since.
    """
    from scratch.autograd.again import oldest_first
    from scratch.autograd.node import FREED, Node
    from scratch.autograd.replay import replay
    from scratch.tensor import Tensor

    for label, output in outputs:
        check_has_graph(label, output)
    roots = [output.grad_fn for _, output in outputs]
    leaf_names = {id(t): name for name, t in names}
    node_names = {id(t.grad_fn): name for name, t in names if t.grad_fn is not None}

    nodes = oldest_first(roots)
    leaves = [i for n in nodes for i in n.inputs if type(i) is Tensor and i.data is not None]
    certain = gradients is not None or any(root.partials is FREED for root in roots)
    if gradients is None:  # a kept graph does not tell whether backward ran: `.grad` may
        ran_back = certain or all(i.grad is not None for i in leaves if i.requires_grad)
        gradients = values and ran_back
    values = values or bool(gradients)
    graph = Graph("scratch", has_values=values)
    ran = replay(*roots) if values else None
    totals: dict[Any, Any] = {}
    shares: dict[Any, Any] = {}
    seeds: list[np.ndarray] | None = None
    if ran is not None:
        for label, output in outputs:
            check_same_numbers(label, output, ran.values[output.grad_fn])
        seeds = upstream(outputs, gradient) if gradients else None
        if seeds is not None:
            graph.has_gradients = True
            totals, shares = ran.gradients(list(zip(roots, seeds)))

    ids: dict[int, str] = {}

    def leaf_vertex(leaf: Any) -> Vertex:
        if id(leaf) not in ids:
            ids[id(leaf)] = graph.who[leaf] = f"n{len(graph.vertices)}"
            name = leaf_names.get(id(leaf), "") or leaf.name or ""
            takes = leaf.requires_grad and not is_input(name, leaf, inputs)
            if takes and has_model and id(leaf) not in leaf_names:
                takes = False  # of a model only what it calls a parameter is one
            number = not takes and not name and leaf.ndim == 0 and not leaf.requires_grad
            graph.add(
                Vertex(
                    ids[id(leaf)],
                    "parameter" if takes else "constant" if number else "input",
                    name=name,
                    module=name.rpartition(".")[0],
                    shape=leaf.shape,
                    dtype=str(leaf.dtype),
                    value=leaf.data,
                    grad=leaf.grad,
                    requires_grad=leaf.requires_grad,
                )
            )
        return graph.vertices[ids[id(leaf)]]

    for node in nodes:
        edges: list[Edge] = []
        for slot, input in enumerate(node.inputs):
            if input is None or (type(input) is Tensor and input.data is None):
                continue
            source = graph.vertices[ids[id(input)]] if type(input) is Node else leaf_vertex(input)
            share = shares.get((node, slot))
            edges.append(Edge(source.id, "", slot, source.value, share, source.shape))
        ids[id(node)] = graph.who[node] = f"n{len(graph.vertices)}"
        value = ran.values[node] if ran else None
        sources = [graph.vertices[e.source] for e in edges]
        operation = canonical(node.name)
        vertex = graph.add(
            Vertex(
                ids[id(node)],
                "operation",
                operation=operation,
                engine_name=node.name,
                name=node_names.get(id(node), ""),
                module=layer_of(
                    operation,
                    [v.name for v in sources if v.kind == "parameter"],
                    [v.module for v in in_order(sources) if v.kind == "operation"],
                ),
                shape=None if value is None else value.shape,
                dtype="" if value is None else str(value.dtype),
                value=value,
                gradient=totals.get(node),
                requires_grad=True,
                options=options_of(node),
            )
        )
        for edge in edges:
            edge.target = vertex.id
        graph.edges += edges
    add_outputs(graph, outputs, [ids[id(root)] for root in roots], leaf_names, seeds)
    add_leaf_gradients(graph)
    if not certain and not grad_is_of_this_graph(graph):
        forget_gradients(graph)
    return graph


def in_order(vertices: list[Vertex]) -> list[Vertex]:
    """Vertices as they were computed: their ids are n0, n1, ..."""
    return sorted(vertices, key=lambda vertex: int(vertex.id[1:]))


def grad_is_of_this_graph(graph: Graph) -> bool:
    """Whether every `.grad` holds what this graph gives, and not what an earlier one left there."""
    return all(
        v.gradient is not None and v.grad is not None and np.allclose(v.gradient, v.grad, 1e-4)
        for v in graph.vertices.values()
        if v.is_leaf and v.requires_grad
    )


def forget_gradients(graph: Graph) -> None:
    graph.has_gradients = False
    for vertex in graph.vertices.values():
        vertex.gradient = None
    for edge in graph.edges:
        edge.gradient = None


def add_outputs(
    graph: Graph,
    outputs: list[tuple[str, Any]],
    sources: list[str],
    names: dict[int, str],
    seeds: list[Any] | None,
) -> None:
    """A marked vertex at the end, so that the last value and its gradient have an edge too.

    seeds: the gradient that each output starts from, where gradients are shown.
    """
    for i, ((label, output), source) in enumerate(zip(outputs, sources)):
        made = graph.vertices[source]
        name = names.get(id(output), "") or label or made.name
        made.name = made.name or name
        shape = tuple(output.shape)
        vertex = graph.add(
            Vertex(f"n{len(graph.vertices)}", "output", name=name or "output", shape=shape)
        )
        vertex.value, vertex.gradient = made.value, seeds[i] if seeds else None
        graph.edges.append(Edge(source, vertex.id, 0, made.value, vertex.gradient, shape))


def add_leaf_gradients(graph: Graph) -> None:
    """The gradient of a leaf is the sum over its edges."""
    for edge in graph.edges:
        leaf = graph.vertices[edge.source]
        if leaf.is_leaf and edge.gradient is not None:
            g = edge.gradient
            leaf.gradient = g if leaf.gradient is None else leaf.gradient + g


def options_of(node: Any) -> dict[str, Any]:
    """The arguments of a node's body that are no tensors, by name where the body names them."""
    code = node.body.__code__
    names = code.co_varnames[: code.co_argcount]
    first = len(node.inputs)
    options = {
        (names[first + i] if first + i < len(names) else f"option{i}"): value
        for i, value in enumerate(node.options)
    }
    return options | (node.named or {})


def upstream(outputs: list[tuple[str, Any]], gradient: Any) -> list[np.ndarray] | None:
    """The gradient that each output starts from; None where that cannot be known."""
    if gradient is None:
        if any(output.data.size != 1 for _, output in outputs):
            return None
        return [np.ones_like(output.data) for _, output in outputs]
    given = [g for _, g in flat_gradients(gradient, len(outputs))]
    seeds = []
    for (label, output), g in zip(outputs, given):
        array = np.asarray(g.data if hasattr(g, "grad_fn") else g, dtype=output.dtype)
        if array.shape != tuple(output.shape):
            raise ValueError(
                f"gradient: expected shape {tuple(output.shape)} for {label or 'the output'}, "
                f"got {array.shape}"
            )
        seeds.append(array)
    return seeds


def flat_gradients(gradient: Any, count: int) -> list[tuple[str, Any]]:
    """One upstream gradient an output; ValueError where their numbers differ."""
    if count == 1:
        return [("", gradient)]
    several = list(gradient.values()) if isinstance(gradient, dict) else list(gradient)
    if len(several) != count:
        raise ValueError(f"gradient: expected one for each of {count} outputs, got {len(several)}")
    return [("", g) for g in several]


def check_has_graph(label: str, output: Any) -> None:
    """RuntimeError for a tensor that remembers no operation."""
    if output.grad_fn is not None:
        return
    what = f"output {label!r}" if label else "this tensor"
    if output.requires_grad:
        raise RuntimeError(
            f"{what} is a leaf: no operation has made it, so there is nothing to draw; draw what "
            "was computed from it"
        )
    raise RuntimeError(
        f"{what} has no graph: it was computed under no_grad(), or nothing that it was computed "
        "from requires grad (requires_grad=True on the parameters)"
    )


def check_same_numbers(label: str, output: Any, again: np.ndarray) -> None:
    """The graph run again must give what it gave, or the picture would show other numbers."""
    same = output.data.shape == again.shape and np.allclose(
        output.data, again, rtol=1e-4, atol=1e-6, equal_nan=True
    )
    if not same:
        raise RuntimeError(
            f"{label or 'this tensor'}: run again, the graph gives other numbers than it gave: an "
            "array was changed since without the tensor knowing (write under no_grad(), not into "
            ".data), or an operation draws random numbers; values=False draws the structure alone"
        )
