"""Reads the graph behind a PyTorch tensor: the same picture as for scratch, from `grad_fn`.

Lecture: "Grafo computacional: Ejemplo" (the graph that AutoGrad draws). Values come from
`graphs.capture()` where it was used, else from what autograd saved for its derivatives; gradients
from the notes of `capture()`, else from a backward pass of our own that leaves every `.grad` alone.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from .capture import KEY, array_of, paused
from .from_scratch import (
    add_leaf_gradients,
    add_outputs,
    check_has_graph,
    flat_gradients,
    forget_gradients,
    grad_is_of_this_graph,
    in_order,
)
from .glossary import canonical
from .graph import Edge, Graph, Vertex
from .names import is_input, layer_of

FREED = (
    "the graph was freed by backward(), and its values with it: draw before backward(), pass "
    "retain_graph=True to it, or compute inside `with graphs.capture():`; values=False draws the "
    "structure alone"
)


def read_torch(
    outputs: list[tuple[str, Any]],
    names: list[tuple[str, Any]],
    *,
    inputs: tuple[Any, ...] = (),
    has_model: bool = False,
    values: bool = True,
    gradients: bool | None = None,
    gradient: Any = None,
) -> Graph:
    """The graph of these outputs; arguments and errors as `read_scratch`.

    Raises RuntimeError where values or gradients are wanted and the graph was freed.
    """
    for label, output in outputs:
        check_has_graph(label, output)
    roots = [output.grad_fn for _, output in outputs]
    functions = arguments_first(roots)
    variables = [fn.variable for fn in functions if hasattr(fn, "variable")]
    captured = any(note_of(fn) is not None for fn in functions)
    ran = any(note.totals is not None for fn in functions if (note := note_of(fn)))
    certain = gradients is not None or captured
    if gradients is None:  # as in `read_scratch`
        gradients = ran or (not captured and all(v.grad is not None for v in variables))
        gradients = gradients and values
    values = values or bool(gradients)
    known = Known(functions, outputs, values, variables)

    seeds: list[Any] | None = None
    totals: dict[Any, tuple[Any, ...]] = {}
    shares: dict[Any, tuple[Any, ...]] = {}
    if gradients and gradient is None and ran:
        totals = {fn: n.totals for fn in functions if (n := note_of(fn)) and n.totals}
        shares = {fn: n.shares for fn in functions if (n := note_of(fn)) and n.shares}
        seeds = [totals[r][o.output_nr] if r in totals else None
                 for r, (_, o) in zip(roots, outputs)]  # fmt: skip
    elif gradients:
        seeds = upstream(outputs, gradient)
        if seeds is not None:
            totals, shares = flow_back(functions, variables, outputs, seeds)
            seeds = [array_of(seed) for seed in seeds]
    graph = Graph("torch", has_values=values, has_gradients=seeds is not None)

    leaf_names = {id(t): name for name, t in names}
    node_names = {(t.grad_fn, t.output_nr): name for name, t in names if t.grad_fn is not None}
    ids: dict[Any, str] = {}

    def leaf_vertex(leaf: Any) -> Vertex:
        if id(leaf) not in ids:
            ids[id(leaf)] = graph.who[leaf] = f"n{len(graph.vertices)}"
            name = leaf_names.get(id(leaf), "")
            if not name and leaf._base is not None:  # a reshaped input is still that input
                name = leaf_names.get(id(leaf._base), "")
            takes = leaf.requires_grad and not is_input(name, leaf, inputs)
            if takes and has_model and id(leaf) not in leaf_names:
                takes = False
            number = not takes and not name and leaf.ndim == 0 and not leaf.requires_grad
            graph.add(
                Vertex(
                    ids[id(leaf)],
                    "parameter" if takes else "constant" if number else "input",
                    name=name,
                    module=name.rpartition(".")[0],
                    shape=tuple(leaf.shape),
                    dtype=dtype_of(leaf),
                    value=array_of(leaf),
                    grad=array_of(leaf.grad),
                    requires_grad=leaf.requires_grad,
                )
            )
        return graph.vertices[ids[id(leaf)]]

    def number_vertex(number: float) -> Vertex:
        array = np.array(number)
        id = f"n{len(graph.vertices)}"
        return graph.add(
            Vertex(id, "constant", shape=(), dtype=str(array.dtype), value=array)
        )

    for fn in functions:
        if hasattr(fn, "variable"):
            continue
        edges: list[Edge] = []
        operation = canonical(fn.name())
        arguments = known.arguments(fn)
        if operation == "rsub":  # y - x, which PyTorch records as rsub(x, y)
            operation, arguments = "sub", arguments[::-1]
        for slot, (argument, number, position) in enumerate(arguments):
            if isinstance(argument, (int, float)):
                constant = number_vertex(argument)
                edges.append(Edge(constant.id, "", slot, constant.value, None, ()))
                continue
            inner = not hasattr(argument, "shape")
            source = graph.vertices[ids[argument]] if inner else leaf_vertex(argument)
            value = known.value(argument, number) if inner else source.value
            given = shares.get(fn)
            share = given[position] if given and position is not None else None
            shape = known.shape(argument, number) if inner else source.shape
            edges.append(Edge(source.id, "", slot, value, share, shape))
        ids[fn] = graph.who[fn] = f"n{len(graph.vertices)}"
        sources = [graph.vertices[e.source] for e in edges]
        value = known.value(fn, 0)
        total = totals.get(fn)
        vertex = graph.add(
            Vertex(
                ids[fn],
                "operation",
                operation=operation,
                engine_name=fn.name(),
                name=node_names.get((fn, 0), ""),
                module=layer_of(
                    operation,
                    [v.name for v in sources if v.kind == "parameter"],
                    [v.module for v in in_order(sources) if v.kind == "operation"],
                ),
                shape=known.shape(fn, 0),
                dtype="" if value is None else str(value.dtype),
                value=value,
                gradient=total[0] if total else None,
                requires_grad=True,
                options=known.options(fn),
            )
        )
        if values and value is None:
            vertex.note = "value not kept by PyTorch: compute inside graphs.capture()"
        for edge in edges:
            edge.target = vertex.id
        graph.edges += edges
    add_outputs(graph, outputs, [ids[root] for root in roots], leaf_names, seeds)
    for (_, output), vertex in zip(outputs, graph.of_kind("output")):
        vertex.value = array_of(output) if values else None
    for edge in graph.edges:
        if graph.vertices[edge.target].kind == "output":
            edge.value = graph.vertices[edge.target].value
    add_leaf_gradients(graph)
    if not certain and not grad_is_of_this_graph(graph):
        forget_gradients(graph)
    return graph


class Known:
    """What can be found out about the nodes of a graph: from notes, and from saved tensors."""

    def __init__(
        self, functions: list[Any], outputs: list[tuple[str, Any]], values: bool, leaves: list[Any]
    ) -> None:
        self._values: dict[tuple[Any, int], Any] = {}
        self._constants: dict[Any, list[Any]] = {}
        self._saved: dict[Any, dict[str, Any]] = {}
        self._show = values
        for fn in functions:
            note = note_of(fn)
            if note is not None:
                for number, value in note.values.items():
                    self._values[fn, number] = value
            if values and note is None:
                self._read_saved(fn)
        if values:
            for _, output in outputs:
                self._values[output.grad_fn, output.output_nr] = array_of(output)

    def _read_saved(self, fn: Any) -> None:
        """Saved tensors are values: this node's result, its arguments, or its constants."""
        constants: list[Any] = []
        for name in dir(fn):
            if not name.startswith("_saved_"):
                continue
            try:
                saved = getattr(fn, name)
            except RuntimeError as error:
                raise RuntimeError(FREED) from error
            several = saved if isinstance(saved, (tuple, list)) else (saved,)
            for each in several:
                if not is_tensor(each):
                    self._saved.setdefault(fn, {})[name.removeprefix("_saved_")] = each
                elif each.grad_fn is not None:
                    self._values[each.grad_fn, each.output_nr] = array_of(each)
                elif not each.requires_grad and not is_by_product(name):
                    constants.append(each)
        self._constants[fn] = constants

    def value(self, fn: Any, number: int) -> Any:
        return self._values.get((fn, number)) if self._show else None

    def shape(self, fn: Any, number: int) -> tuple[int, ...] | None:
        """What autograd itself remembers of a result."""
        try:
            return tuple(fn._input_metadata[number].shape)
        except (AttributeError, IndexError, RuntimeError):
            return None

    def options(self, fn: Any) -> dict[str, Any]:
        """The arguments that are no tensors: {"alpha": 1, "dim": 0}."""
        found: dict[str, Any] = {}
        for name in dir(fn):
            option = name.removeprefix("_saved_")
            if option == name or "sym_" in option or option.startswith("result"):
                continue
            try:
                saved = getattr(fn, name)
            except RuntimeError:  # a saved tensor of a graph that was freed
                continue
            if option in ("alpha", "beta") and saved == 1:
                continue
            if isinstance(saved, int) and saved >= 2**63:
                saved -= 2**64  # -1 as PyTorch keeps it
            if isinstance(saved, (bool, int, float, str)):
                found[option] = saved
        return found

    def arguments(self, fn: Any) -> list[tuple[Any, int, int | None]]:
        """Each argument as (node or leaf or constant, output number, place in next_functions)."""
        inner = [
            (getattr(f, "variable", f), number, position)
            for position, (f, number) in enumerate(fn.next_functions)
            if f is not None
        ]
        note = note_of(fn)
        if note is not None and sum(a is None for a in note.arguments) == len(inner):
            rest = iter(inner)  # the order of the call
            return [next(rest) if a is None else (a, 0, None) for a in note.arguments]
        constants = note.arguments if note is not None else self._constants.get(fn, [])
        constants = [c for c in constants if c is not None]
        if canonical(fn.name()) == "where":  # all that is saved of it is the condition, its first
            return [*((c, 0, None) for c in constants), *inner]
        empty = [i for i, (f, _) in enumerate(fn.next_functions) if f is None]
        if len(constants) == len(empty):  # a constant stands where no gradient goes
            placed = [*inner, *((c, 0, i) for i, c in zip(empty, constants))]
            return sorted(placed, key=lambda each: each[2] or 0)
        return [*inner, *((c, 0, None) for c in constants)]


def arguments_first(roots: list[Any]) -> list[Any]:
    """Every autograd node below these, arguments before results; a loop, since graphs are deep."""
    order: list[Any] = []
    done: set[Any] = set()
    stack = [(root, False) for root in reversed(roots)]
    while stack:
        fn, ready = stack.pop()
        if ready:
            order.append(fn)
        elif fn not in done:
            done.add(fn)
            stack.append((fn, True))
            below = [f for f, _ in fn.next_functions if f is not None and f not in done]
            stack += [(f, False) for f in reversed(below)]
    return order


def flow_back(
    functions: list[Any], variables: list[Any], outputs: list[tuple[str, Any]], seeds: list[Any]
) -> tuple[dict[Any, tuple[Any, ...]], dict[Any, tuple[Any, ...]]]:
    """The gradient of every node and of every argument, by a backward pass with hooks.

    `torch.autograd.grad` touches no `.grad`, and the graph is kept.
    """
    import torch

    totals: dict[Any, tuple[Any, ...]] = {}
    shares: dict[Any, tuple[Any, ...]] = {}

    def listen(fn: Any) -> Any:
        def hook(grad_inputs: Any, grad_outputs: Any) -> None:
            shares[fn] = tuple(array_of(g) for g in grad_inputs)
            totals[fn] = tuple(array_of(g) for g in grad_outputs)

        return fn.register_hook(hook)

    handles = [listen(fn) for fn in functions if not hasattr(fn, "variable")]
    paused.append(True)
    try:
        torch.autograd.grad(
            [output for _, output in outputs], variables, seeds,
            retain_graph=True, allow_unused=True,
        )  # fmt: skip
    except RuntimeError as error:
        if "second time" in str(error) or "freed" in str(error):
            raise RuntimeError(FREED) from error
        raise
    finally:
        paused.pop()
        for handle in handles:
            handle.remove()
    return totals, shares


def upstream(outputs: list[tuple[str, Any]], gradient: Any) -> list[Any] | None:
    """The gradient that each output starts from; None where that cannot be known."""
    import torch

    if gradient is None:
        if any(output.numel() != 1 for _, output in outputs):
            return None
        return [torch.ones_like(output) for _, output in outputs]
    seeds = []
    for (label, output), (_, g) in zip(outputs, flat_gradients(gradient, len(outputs))):
        seed = torch.as_tensor(np.asarray(g) if not is_tensor(g) else g, dtype=output.dtype)
        if seed.shape != output.shape:
            raise ValueError(
                f"gradient: expected shape {tuple(output.shape)} for {label or 'the output'}, "
                f"got {tuple(seed.shape)}"
            )
        seeds.append(seed)
    return seeds


def note_of(fn: Any) -> Any:
    """What `capture` noted at a node, or None."""
    return None if hasattr(fn, "variable") else fn.metadata.get(KEY)


def is_by_product(name: str) -> bool:
    """Whether a saved tensor was computed by the node itself, and is no argument of it."""
    option = name.removeprefix("_saved_")
    return option.startswith("result") or option in ("total_weight", "indices", "buffer", "mask")


def is_tensor(x: Any) -> bool:
    import torch

    return isinstance(x, torch.Tensor)


def dtype_of(tensor: Any) -> str:
    return str(tensor.dtype).removeprefix("torch.")
