"""The diagram of a DAG network: a circle a node, a line an input, a colour a shared weight.

Lecture: "Redes DAG", "Redes DAG: Reutilización de pesos". The lines into a node carry the weight
that they are multiplied by; a weight that is used in several places has one colour in all of them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from .dot import FONT, Row, attributes, escaped, html
from .drawing import Drawing
from .glossary import sign
from .neurons import Array, Weights, numbers, weights_of
from .numerals import shaped, summary, written
from .themes import DARK, Theme

# One a parameter, in turn; none of them is a colour of a circle's rim.
COLOURS = ("#2a6db5", "#c2600a", "#1f8791", "#b03a76", "#5252b8", "#80781a", "#7d6344", "#c0261c")
DARK_COLOURS = (
    "#6aacf0", "#ffab57", "#5fc6d0", "#ee8bba", "#9b9bf2", "#d0c650", "#c9a983", "#ff9a8f",
)  # fmt: skip


class Node(NamedTuple):
    """A circle: what it computes of its inputs, with its parameters."""

    name: str
    words: str
    inputs: tuple[str, ...]
    weights: tuple[str, ...] = ()
    bias: str = ""


class Net(NamedTuple):
    inputs: tuple[str, ...]
    nodes: tuple[Node, ...]
    outputs: tuple[str, ...]
    parameters: dict[str, Weights]
    values: dict[str, Array]


def draw_dag(
    model: Any, input: Any, with_numbers: bool, with_gradients: bool, look: Theme, title: str
) -> Drawing:
    """The diagram of a SharedWeightDAG or a DAG; see `draw_network`."""
    net = read_dag(model, input)
    uses = {name: uses_of(net, name) for name in net.parameters}
    palette = DARK_COLOURS if look.text == DARK.text else COLOURS
    colours = {name: palette[i % len(palette)] for i, name in enumerate(net.parameters)}
    graph = {
        "rankdir": "LR", "bgcolor": look.background, "pad": "0.25", "fontname": FONT,
        "nodesep": "0.4", "ranksep": "0.3", "fontcolor": look.text,
    }  # fmt: skip
    if title:
        graph |= {"label": title, "labelloc": "t", "fontsize": "16"}
    table = parameter_table(net, uses, colours, with_gradients, look)
    frame = {"label": table, "labelloc": "b", "pencolor": "none"}
    lines = [
        "digraph network {",
        f"  graph {attributes(graph)};",
        f"  node {attributes({'fontname': FONT, 'shape': 'circle', 'style': 'filled'})};",
        f"  edge {attributes({'fontname': FONT, 'arrowsize': '0.75', 'color': look.edge})};",
        f"  subgraph cluster_picture {{ graph {attributes(frame)};",
    ]
    spoken: dict[str, tuple[str, str]] = {}
    ids = {name: f"n{i}" for i, name in enumerate((*net.inputs, *(n.name for n in net.nodes)))}
    for name in net.inputs:
        lines.append(circle(ids[name], name, "", "input", net.values.get(name), look))
        spoken[ids[name]] = (name, words_of(net, name, "input"))
    for node in net.nodes:
        kind = "output" if node.name in net.outputs else "operation"
        value = net.values.get(node.name)
        lines.append(circle(ids[node.name], node.name, node.words, kind, value, look))
        words = words_of(net, node.name, f"{kind}, {node.name} = {node.words}")
        spoken[ids[node.name]] = (node.name, words)
    for node in net.nodes:
        end = ids[node.name]
        for i, source in enumerate(node.inputs):
            label = f"{end}_w{i}"
            lines += weighted(net, ids[source], label, end, node.weights, uses, colours,
                              with_numbers)  # fmt: skip
            if node.weights:
                names = " and ".join(node.weights)
                spoken[label] = (names, f"{source} times {names}, on its way to {node.name}")
        if node.bias:
            unit_id, label = f"{end}_bias", f"{end}_b"
            lines.append(unit(unit_id, node, look))
            lines += weighted(net, unit_id, label, end, (node.bias,), uses, colours, with_numbers)
            spoken[unit_id] = (f"bias of {node.name}", f"1, multiplied by {node.bias}")
            spoken[label] = (node.bias, f"the bias of {node.name}")
    return Drawing(
        "\n".join([*lines, "  }", "}", ""]),
        title=title or type(model).__name__,
        description=overview(type(model).__name__, net, uses),
        descriptions=spoken,
    )


# ---- reading ------------------------------------------------------------------------------------


def read_dag(model: Any, input: Any) -> Net:
    """Inputs, nodes and parameters of the model, and the values of all for an input."""
    parameters = {name: weights_of(p) for name, p in model.named_parameters()}
    kind = next(b.__name__ for b in type(model).__mro__ if b.__name__ in ("SharedWeightDAG", "DAG"))
    if kind == "SharedWeightDAG":
        g = " " if model._label == "identity" else f" {sign(model._label)}"
        nodes: tuple[Node, ...] = (
            Node("z1", "w1 X", ("X",), ("w1",)),
            Node("z2", "w2 (z1 + X)", ("X", "z1"), ("w2",)),
            Node("ŷ", f"w1{g}(z1 + z2)", ("z1", "z2"), ("w1",)),
        )
        inputs: tuple[str, ...] = ("X",)
        outputs: tuple[str, ...] = ("ŷ",)
    else:
        nodes = tuple(read_node(node, parameters) for node in model.nodes)
        inputs, outputs = tuple(model.sizes), tuple(model.outputs)
    values: dict[str, Array] = {}
    if input is not None:
        given = examples(model, input, inputs, parameters)
        values = run(model, given) if kind == "DAG" else run_shared(model, given["X"])
    return Net(inputs, nodes, outputs, parameters, values)


def read_node(node: Any, parameters: Mapping[str, Weights]) -> Node:
    """A node of a declared DAG. The second parameter of `linear` is its bias."""
    named = tuple(node.parameter or ())
    function = node.function
    name = function if isinstance(function, str) else getattr(function, "__name__", "function")
    if name == "linear" and len(named) == 2:
        return Node(node.name, sign(name), tuple(node.inputs), named[:1], named[1])
    return Node(node.name, sign(name), tuple(node.inputs), named)


def examples(
    model: Any, input: Any, names: Sequence[str], parameters: Mapping[str, Weights]
) -> dict[str, Any]:
    """The inputs by name, as tensors of the model's engine and dtype."""
    given = dict(input) if isinstance(input, Mapping) else {names[0]: input}
    if set(given) != set(names):
        raise ValueError(
            f"input: expected an example for each of {', '.join(names)}, got "
            f"{', '.join(map(str, given)) or 'none'}"
        )
    dtypes = {p.value.dtype for p in parameters.values()}
    of_torch = any(base.__module__.startswith("torch.") for base in type(model).__mro__)
    found: dict[str, Any] = {}
    for name in names:
        array = numbers(given[name])
        if array.dtype.kind not in "fiub":
            raise TypeError(f"input: expected numbers, got {given[name]!r}")
        array = array.astype(next(iter(dtypes), np.dtype(float)))
        if of_torch:
            import torch

            found[name] = torch.from_numpy(array)
        else:
            import scratch

            found[name] = scratch.tensor(array)
    return found


def run(model: Any, given: dict[str, Any]) -> dict[str, Array]:
    """The value of each node of a declared DAG; its own check names an input that does not fit."""
    model(**given)
    return {name: numbers(value) for name, value in model._run(dict(given)).items()}


def run_shared(model: Any, x: Any) -> dict[str, Array]:
    """The value of each circle of the lecture's DAG."""
    y_hat = model(x)

    def weighted(w: Any, z: Any) -> Any:
        return w * z if numbers(w).ndim == 0 else z @ (w.T if hasattr(w, "T") else w.transpose())

    z1 = weighted(model.w1, x)
    z2 = weighted(model.w2, z1 + x)
    return {"X": numbers(x), "z1": numbers(z1), "z2": numbers(z2), "ŷ": numbers(y_hat)}


def uses_of(net: Net, parameter: str) -> int:
    """In how many nodes a parameter is used."""
    return sum((parameter in n.weights) + (parameter == n.bias) for n in net.nodes)


# ---- writing ------------------------------------------------------------------------------------


def circle(id: str, name: str, words: str, kind: Any, value: Array | None, look: Theme) -> str:
    paint = look.kinds[kind]
    rows: list[Row] = [(name, {"point-size": "14", "color": paint.text}, "b")]
    if words:
        rows.append((words, {"point-size": "10", "color": paint.text}, "i"))
    if value is not None:
        small = {"point-size": "10", "color": paint.text}
        rows += [(line, small, "") for line in inside(value)]
    style = {
        "label": html(rows), "fillcolor": paint.fill, "color": paint.line, "width": "0.7",
        "penwidth": "1.6", "margin": "0.02", "class": kind,
        "tooltip": f"{kind} {name}" + (f" = {words}" if words else ""),
    }  # fmt: skip
    if kind == "output":
        style["peripheries"] = "2"
    return f"  {id} {attributes(style)};"


def inside(value: Array) -> list[str]:
    """The lines of a value in a circle: a short vector one number a line."""
    vector = value.reshape(-1)
    if vector.size <= 4:
        return [written(number, 3) for number in vector]
    return summary(value)


def unit(id: str, node: Node, look: Theme) -> str:
    """The 1 that a bias is multiplied by."""
    paint = look.kinds["parameter"]
    style = {
        "label": html([("1", {"point-size": "12", "color": paint.text}, "b")]), "width": "0.35",
        "fillcolor": paint.fill, "color": paint.line, "class": "bias", "margin": "0.02",
        "tooltip": f"the 1 that the bias of {node.name} is multiplied by",
    }  # fmt: skip
    return f"  {id} {attributes(style)};"


def weighted(
    net: Net,
    source: str,
    label: str,
    target: str,
    names: Sequence[str],
    uses: Mapping[str, int],
    colours: Mapping[str, str],
    with_numbers: bool,
) -> list[str]:
    """The line of an input, in the colour and the width of its weight, whose name interrupts it.

    The name is a vertex of its own: Graphviz keeps lines off vertices, but not off labels.
    """
    if not names:
        style = {"penwidth": "1.2", "tooltip": "as it is"}
        return [f"  {source} -> {target} {attributes(style)};"]
    largest = max((size_of(w) for w in net.parameters.values()), default=1.0) or 1.0
    rows: list[Row] = []
    for name in names:
        text = f"{name}{short(net.parameters[name])}" if with_numbers else name
        rows.append((text, {"color": colours[name], "point-size": "12"}, "b"))
    first = names[0]
    words = ", ".join(f"{n}, used {uses[n]} time{'s' * (uses[n] > 1)}" for n in names)
    word = {
        "label": html(rows), "shape": "plaintext", "style": "", "margin": "0.06,0.03",
        "width": "0", "height": "0", "class": "weight", "tooltip": words,
    }  # fmt: skip
    style = {
        "color": colours[first], "tooltip": words,
        "penwidth": f"{1.2 + 3 * size_of(net.parameters[first]) / largest:.2f}",
    }  # fmt: skip
    return [
        f"  {label} {attributes(word)};",
        f"  {source} -> {label} {attributes(style | {'arrowhead': 'none'})};",
        f"  {label} -> {target} {attributes(style)};",
    ]


def size_of(weights: Weights) -> float:
    value = np.abs(weights.value[np.isfinite(weights.value)])
    return float(value.max()) if value.size else 0.0


def short(weights: Weights) -> str:
    """A number, or the shape of a vector or matrix."""
    value = weights.value
    return f" = {written(value.item(), 3)}" if value.size == 1 else f" ({shaped(value.shape)})"


def parameter_table(
    net: Net,
    uses: Mapping[str, int],
    colours: Mapping[str, str],
    with_gradients: bool,
    look: Theme,
) -> str:
    """A row a parameter: its colour, its value, how often it is used, its gradient."""
    rows = []
    for name, weights in net.parameters.items():
        value = "<br/>".join(map(escaped, summary(weights.value)))
        times = f"used {uses[name]} times" if uses[name] > 1 else "used once"
        cells = [
            f'<font color="{colours[name]}"><b>━ {escaped(name)}</b></font>',
            f'<font color="{look.value}">{value}</font>',
            f'<font color="{look.quiet}">{times}</font>',
        ]
        if with_gradients and weights.grad is not None:
            lines = "<br/>".join(map(escaped, summary(weights.grad)))
            cells.append(f'<font color="{look.gradient}">∂ {lines}</font>')
        rows.append("<tr>" + "".join(f'<td align="left">{cell}</td>' for cell in cells) + "</tr>")
    return (
        f'<<font point-size="11"><table border="1" color="{look.quiet}" cellborder="0" '
        f'cellspacing="2" cellpadding="3" style="rounded">{"".join(rows)}</table></font>>'
    )


# ---- words --------------------------------------------------------------------------------------


def words_of(net: Net, name: str, what: str) -> str:
    value = net.values.get(name)
    return what + ("" if value is None else "; value " + " ".join(summary(value)))


def overview(what: str, net: Net, uses: Mapping[str, int]) -> str:
    shared = [name for name, count in uses.items() if count > 1]
    words = f"Diagram of a {what}: {len(net.nodes)} nodes, {len(net.parameters)} parameters"
    return words + (f"; shared: {', '.join(shared)}" if shared else "")
