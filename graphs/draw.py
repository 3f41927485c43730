"""`graphs.draw`: from a tensor of either engine to a picture."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from .collapse import collapsed
from .dot import Look, Restyle, title_of_graph, write_dot
from .drawing import Drawing
from .graph import Graph
from .labels import described, overview, title_of
from .names import Names, check_in_graph, checked_inputs, flat_outputs, together
from .select import between as part_between
from .select import check_count, check_size, hidden, with_references, without_values
from .themes import Theme, get_theme


def read(
    outputs: Any,
    names: Names = None,
    *,
    model: Any = None,
    inputs: Any = (),
    values: bool = True,
    gradients: bool | None = None,
    gradient: Any = None,
) -> Graph:
    """The graph behind a result of either engine, as plain vertices and edges.

    Arguments and errors as `draw`.

    >>> import scratch
    >>> w = scratch.tensor(2.0, requires_grad=True)
    >>> [v.kind for v in read(w * 3, {"w": w}).vertices.values()]
    ['parameter', 'constant', 'operation', 'output']
    """
    flat = flat_outputs(outputs)
    if not flat:
        raise ValueError("outputs: expected at least one tensor, got an empty collection")
    engines = [engine_of(label, output) for label, output in flat]
    if len(set(engines)) > 1:
        raise TypeError("outputs: expected tensors of one engine, got scratch and torch together")
    if engines[0] == "scratch":
        from .from_scratch import read_scratch as reader
    else:
        from .from_torch import read_torch as reader
    graph = reader(
        flat,
        together(names, model),
        inputs=checked_inputs(inputs),
        has_model=model is not None or hasattr(names, "named_parameters"),
        values=values,
        gradients=gradients,
        gradient=gradient,
    )
    check_in_graph(names, model, lambda each: each in graph.who or each.grad_fn in graph.who)
    return graph


def engine_of(label: str, output: Any) -> str:
    """Which engine a tensor is of; TypeError for anything else."""
    root = type(output).__module__.partition(".")[0]
    if hasattr(output, "grad_fn") and hasattr(output, "requires_grad"):
        return "scratch" if root == "scratch" else "torch"
    what = f"outputs: {label}" if label else "outputs"
    raise TypeError(
        f"{what}: expected a tensor of scratch or torch (or a list, tuple or dict of them), got "
        f"{type(output).__name__}"
    )


def draw(
    outputs: Any,
    names: Names = None,
    *,
    model: Any = None,
    inputs: Any = (),
    values: bool = True,
    gradients: bool | None = None,
    gradient: Any = None,
    collapse: Any = None,
    open: Sequence[str] = (),
    between: Any = None,
    max_uses: int = 4,
    max_nodes: int = 1500,
    constants: bool = True,
    without_gradient: bool = True,
    engine_names: bool = False,
    explain: bool = False,
    numbers_on: str = "auto",
    direction: str = "auto",
    theme: str | Theme = "light",
    legend: bool = False,
    title: str = "",
    restyle: Restyle | None = None,
) -> Drawing:
    """The computational graph of a result, as the lecture draws it; scratch or torch.

    outputs: a tensor, or a list, tuple or dict of tensors.
    names: {"w": w}, pairs, or a model; for parameters, inputs and intermediate results. A tensor
        that takes a gradient and is not in the graph is an error; a model's parameters may be.
    model: its parameters give names and layers ("layers.1").
    inputs: leaves that are inputs (yellow) although they take a gradient: names or tensors.
    values: the forward values on the edges. gradients: True computes them, False hides them, None
        shows them once `backward()` has run. gradient: the upstream gradient, as in `backward`,
        where an output is no scalar.
    collapse: True or "layer", "module", a depth of the path (1, 2, ...), or paths to fold.
    open: paths that stay unfolded all the same.
    between: (a, b), two tensors or names: only what lies between them.
    max_uses: a parameter used more often is repeated beside each use as a dashed reference.
    max_nodes: a larger graph is refused at once, since its layout would take minutes.
    constants: False hides constants. without_gradient: False hides all leaves that take none.
    engine_names: the engine's own name in each box ("MulBackward0"). explain: what it means.
    numbers_on: "edges", "vertices", or "auto" (vertices in a large graph).
    direction: "LR", "TB" or "auto". theme: "light", "dark" or "transparent".
    legend: explain colours and numbers. title: a heading.
    restyle: a function from a `Vertex` to Graphviz attributes for it, or None.

    Raises RuntimeError for a tensor without a graph, a graph whose values were freed, a tensor
    changed in place since; ValueError and TypeError for arguments that do not fit. Source:
    lecture, "Grafo computacional: Ejemplo".

    >>> import scratch
    >>> w, b = scratch.tensor(2.0, requires_grad=True), scratch.tensor(1.0, requires_grad=True)
    >>> loss = (w * 3 + b - 9) ** 2
    >>> loss.backward()
    >>> draw(loss, {"w": w, "b": b}).graph.named("w").gradient.item()
    -12.0
    """
    graph = read(
        outputs, names, model=model, inputs=inputs,
        values=values, gradients=gradients, gradient=gradient,
    )  # fmt: skip
    if not values:
        graph = without_values(graph)
    graph = prepared(
        graph, collapse=collapse, open=open, between=between, max_uses=max_uses,
        max_nodes=max_nodes, constants=constants, without_gradient=without_gradient,
    )  # fmt: skip
    if restyle is not None and not callable(restyle):
        raise TypeError(f"restyle: expected a function of a vertex, got {restyle!r}")
    look = Look(
        get_theme(theme),
        one_of("numbers_on", numbers_on, ("auto", "edges", "vertices")),
        one_of("direction", direction, ("auto", "LR", "TB", "RL", "BT")),
        engine_names, explain, legend, title, restyle,
    )  # fmt: skip
    return drawing_of(graph, look)


def prepared(
    graph: Graph,
    *,
    collapse: Any,
    open: Sequence[str],
    between: Any,
    max_uses: int,
    max_nodes: int,
    constants: bool,
    without_gradient: bool,
) -> Graph:
    """The graph without what was not asked for, folded, and small enough to be laid out."""
    if between is not None:
        graph = part_between(graph, between)
    graph = hidden(graph, constants=constants, without_gradient=without_gradient)
    whole = graph
    if collapse is not None and collapse is not False:
        graph = collapsed(graph, collapse, open)
    graph = with_references(graph, max_uses)
    check_count("max_nodes", max_nodes)
    if len(graph.vertices) > max_nodes:
        check_size(graph, max_nodes, len(collapsed(whole, True).vertices))
    graph.who = {}  # a picture keeps no tensor alive
    return graph


def drawing_of(graph: Graph, look: Look) -> Drawing:
    """A graph as a picture."""
    into = graph.edges_into()
    return Drawing(
        write_dot(graph, look),
        title=title_of_graph(graph, look.title),
        description=f"{look.caption}. {overview(graph)}" if look.caption else overview(graph),
        descriptions={
            v.id: (title_of(v), described(look.moment.seen(v), graph, into[v.id]))
            for v in graph.vertices.values()
        },
        graph=graph,
    )


def one_of(argument: str, value: str, expected: Sequence[str]) -> str:
    """The value, or a ValueError that names what is expected."""
    if value not in expected:
        raise ValueError(f"{argument}: expected one of {', '.join(expected)}, got {value!r}")
    return value
