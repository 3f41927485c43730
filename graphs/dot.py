"""Writes a graph in DOT, Graphviz's language, with the lecture's look.

The same graph gives the same text, byte by byte: vertices in the order in which they were
computed, edges by target and slot, attributes always in one order.
"""
# ruff: noqa: RUF001 (the signs of mathematics: × and − are meant)

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from . import glossary
from .graph import Edge, Graph, Vertex
from .labels import (
    TAKES_A_NUMBER,
    described,
    grad_lines,
    gradient_lines,
    operation_sign,
    overview,
)
from .numerals import shaped, summary, written
from .themes import Paint, Theme

FONT = "Helvetica,Arial,sans-serif"
SHAPES = {
    "input": "ellipse", "parameter": "ellipse", "reference": "ellipse", "constant": "ellipse",
    "operation": "box", "output": "ellipse", "fold": "box",
}  # fmt: skip
EDGE_LABELS_UP_TO = 150  # vertices; beyond, numbers on the edges cost more than the whole layout
WIDE_UP_TO = 9  # operations in a row; a longer chain reads better from top to bottom

Restyle = Callable[[Vertex], Mapping[str, Any] | None]


@dataclass(frozen=True, slots=True)
class Moment:
    """What has not been computed yet keeps its room in the picture, but is not seen.

    values: ids of the vertices whose value is still unknown. gradients: of those whose gradient
    is, and with it the `.grad`. edges: those whose gradient is. active: the vertices at work,
    active_edges: the edges that have just got their number. backward: whether this is a step of
    the backward pass.
    """

    values: frozenset[str] = frozenset()
    gradients: frozenset[str] = frozenset()
    edges: frozenset[tuple[str, str, int]] = frozenset()
    active: frozenset[str] = frozenset()
    active_edges: frozenset[tuple[str, str, int]] = frozenset()
    backward: bool = False

    def seen(self, vertex: Vertex) -> Vertex:
        """The vertex without what is still unknown of it."""
        if vertex.id not in self.values | self.gradients:
            return vertex
        return replace(
            vertex,
            value=None if vertex.id in self.values else vertex.value,
            gradient=None if vertex.id in self.gradients else vertex.gradient,
            grad=None if vertex.id in self.gradients else vertex.grad,
        )


NOW = Moment()  # everything is seen


@dataclass(frozen=True, slots=True)
class Look:
    """How a graph is written.

    numbers_on: "edges", "vertices" or "auto" (edges, unless there are too many).
    direction: "LR", "TB" or "auto". engine_names: the engine's name as a second line.
    explain: the glossary's words as a second line.
    caption: a line below the title, in a field of `caption_width` points.
    moment: what is shown of the numbers at one step of a sequence; see `steps.py`.
    """

    theme: Theme
    numbers_on: str = "auto"
    direction: str = "auto"
    engine_names: bool = False
    explain: bool = False
    legend: bool = False
    title: str = ""
    restyle: Restyle | None = None
    caption: str = ""
    caption_width: float = 0
    moment: Moment = NOW


def write_dot(graph: Graph, look: Look) -> str:
    """The graph as DOT text."""
    on_edges = numbers_on_edges(graph, look)
    lines = body(graph, look, on_edges)
    if look.legend:  # the label of a frame without a line: it stands below the whole picture
        frame = {"label": legend_table(graph, look), "labelloc": "b", "pencolor": "none"}
        lines = [f"  subgraph cluster_picture {{ graph {attributes(frame)};", *lines, "  }"]
    return "\n".join([*heading(graph, look), *lines, "}", ""])


def heading(graph: Graph, look: Look) -> list[str]:
    """The first lines: what holds for all vertices and edges."""
    return [
        "digraph graph_of_a_computation {",
        f"  graph {attributes(graph_attributes(graph, look))};",
        f"  node {attributes({'fontname': FONT, 'fontsize': '12', 'penwidth': '1.3'})};",
        f"  edge {attributes(edge_defaults(look.theme))};",
    ]


def numbers_on_edges(graph: Graph, look: Look) -> bool:
    if look.numbers_on == "auto":
        return len(graph.vertices) <= EDGE_LABELS_UP_TO
    return look.numbers_on == "edges"


def graph_attributes(graph: Graph, look: Look) -> dict[str, str]:
    found = {
        "rankdir": direction_of(graph, look),
        "bgcolor": look.theme.background,
        "fontname": FONT,
        "fontcolor": look.theme.text,
        "nodesep": "0.35",
        "ranksep": "0.55",
        "pad": "0.25",
    }
    if look.title or look.caption:
        found |= {"label": heading_label(look), "labelloc": "t", "fontsize": "16"}
    return found


def heading_label(look: Look) -> str:
    """The title, and the caption in a field that is as wide in each picture of a sequence."""
    title = html([(look.title, {}, "")])
    if not look.caption:
        return look.title if not look.title.startswith("<") else title
    cells = [f'<font point-size="14">{html([(look.caption, {}, "")])[1:-1]}</font>']
    if look.title:
        cells.insert(0, title[1:-1])
    rows = "".join(f'<tr><td align="left">{cell}</td></tr>' for cell in cells)
    return f'<<table border="0" width="{look.caption_width:.0f}">{rows}</table>>'


def direction_of(graph: Graph, look: Look) -> str:
    if look.direction == "auto":
        return "LR" if graph.depth() <= WIDE_UP_TO else "TB"
    return look.direction


def edge_defaults(theme: Theme) -> dict[str, str]:
    return {
        "fontname": FONT, "fontsize": "12", "color": theme.edge, "fontcolor": theme.value,
        "arrowsize": "0.75", "penwidth": "1.2",
    }  # fmt: skip


def body(graph: Graph, look: Look, on_edges: bool, prefix: str = "") -> list[str]:
    """The lines of all vertices and edges; prefix: put before each id."""
    into = graph.edges_into()
    inside = numbers_inside(graph)
    # beside a vertical edge a label needs a gap; above a horizontal one it has one
    gap = "" if direction_of(graph, look) in ("LR", "RL") else "\u00a0"
    lines = []
    for vertex in graph.vertices.values():
        arguments = into[vertex.id]
        numbers = [
            (e.slot, written(value.item()))
            for e in arguments
            if e.source in inside and (value := graph.vertices[e.source].value) is not None
        ]
        if vertex.id not in inside:
            style = vertex_attributes(graph, vertex, look, on_edges, numbers, arguments)
            lines.append(f"  {prefix}{vertex.id} {attributes(style)};")
    for vertex in graph.vertices.values():
        for edge in into[vertex.id]:
            if edge.source not in inside:
                style = edge_attributes(graph, edge, look, on_edges, gap)
                ends = f"{prefix}{edge.source} -> {prefix}{edge.target}"
                lines.append(f"  {ends} {attributes(style)};")
    return lines


def numbers_inside(graph: Graph) -> set[str]:
    """The constants that stand inside the box of the operation that uses them."""
    users: dict[str, list[Vertex]] = {v.id: [] for v in graph.of_kind("constant")}
    for edge in graph.edges:
        if edge.source in users:
            users[edge.source].append(graph.vertices[edge.target])
    return {
        id
        for id, several in users.items()
        if several and all(v.operation in TAKES_A_NUMBER for v in several)
    }


# ---- one vertex, one edge -----------------------------------------------------------------------


def vertex_attributes(
    graph: Graph,
    vertex: Vertex,
    look: Look,
    on_edges: bool,
    numbers: list[tuple[int, str]],
    arguments: list[Edge],
) -> dict[str, str]:
    theme = look.theme
    kind = "input" if vertex.kind == "reference" and vertex.is_input else vertex.kind
    paint = theme.marks.get(vertex.mark) or theme.kinds[kind]
    style = "filled"
    if vertex.kind in ("operation", "fold"):
        style = "filled,rounded"
    elif vertex.kind in ("reference", "constant"):
        style = "filled,dashed"
    found = {
        "label": html(vertex_rows(vertex, look, on_edges, numbers, paint)),
        "shape": SHAPES[vertex.kind],
        "style": style,
        "fillcolor": paint.fill,
        "color": paint.line,
        "fontcolor": paint.text,
        "margin": "0.11,0.06",
        "class": vertex.kind,
        "tooltip": described(look.moment.seen(vertex), graph, arguments),
    }
    if vertex.kind == "output" or (vertex.count > 1 and vertex.kind == "fold"):
        found["peripheries"] = "2"
    if vertex.mark not in ("", "follows"):
        found["penwidth"] = "3"
    if look.moment is not NOW and not vertex.is_leaf:
        found["penwidth"] = "2.5"  # of all of them: a wider border would move the arrows' ends
    if vertex.id in look.moment.active:
        found["color"] = moving(look)
    found |= restyled(look.restyle, vertex)
    return found


def restyled(restyle: Restyle | None, vertex: Vertex) -> dict[str, str]:
    """What the user's own function says of a vertex."""
    wanted = restyle(vertex) if restyle is not None else None
    if wanted is not None and not isinstance(wanted, Mapping):
        raise TypeError(
            f"restyle: expected Graphviz attributes by name, or None, it returned {wanted!r}"
        )
    return {str(name): str(value) for name, value in (wanted or {}).items()}


Row = tuple[str, dict[str, str], str]
"""Text, the attributes of its font, and "b", "i" or ""."""


def vertex_rows(
    vertex: Vertex, look: Look, on_edges: bool, numbers: list[tuple[int, str]], paint: Paint
) -> list[Row]:
    small = {"point-size": "10", "color": paint.text}
    rows: list[Row] = []
    if vertex.kind == "operation":
        sign = operation_sign(vertex, numbers)
        size = "18" if len(sign) == 1 else "13"
        rows.append((sign, {"point-size": size, "color": paint.text}, "b"))
        if vertex.name:
            rows.append((vertex.name, {"point-size": "11", "color": paint.text}, "i"))
        if look.engine_names and vertex.engine_name not in (vertex.name, sign):
            rows.append((vertex.engine_name, small, ""))
        if look.explain:
            rows += [(line, small, "") for line in wrapped(glossary.explain(vertex.operation))]
        if vertex.module:
            rows.append((vertex.module, small, ""))
    elif vertex.kind == "fold":
        times = f" × {vertex.count}" if vertex.count > 1 else ""
        rows.append((f"{vertex.name}{times}", {"point-size": "13", "color": paint.text}, "b"))
        rows += [(line, small, "") for line in vertex.note.split("\n") if line]
    elif vertex.kind == "constant":
        if vertex.value is not None:
            rows += [(line, {"color": paint.text}, "") for line in summary(vertex.value)]
    else:
        name = vertex.name or shaped(vertex.shape or ())
        count = f" ×{vertex.count}" if vertex.kind == "reference" else ""
        rows.append((name + count, {"point-size": "14", "color": paint.text}, "b"))
        if vertex.shape and vertex.name:
            rows.append((shaped(vertex.shape), small, ""))
        if vertex.kind == "parameter" and vertex.count > 1:
            rows.append((f"used {vertex.count} times", small, ""))
        if vertex.kind == "parameter" and (vertex.value is not None or vertex.grad is not None):
            # the quiet grey would be too faint on the fill
            colour = paint.text if vertex.grad is None else look.theme.gradient
            colour = unseen(colour, vertex.id in look.moment.gradients)
            style = "i" if vertex.grad is None else ""
            rows += [(t, {"point-size": "10", "color": colour}, style) for t in grad_lines(vertex)]
    if not on_edges and vertex.kind != "constant":
        rows += number_rows(vertex.value, vertex.gradient, paint)
    return rows


def number_rows(
    value: np.ndarray[Any, Any] | None, gradient: np.ndarray[Any, Any] | None, paint: Paint
) -> list[Row]:
    """Value and gradient inside the box, where the edges are too many to carry them."""
    small = {"point-size": "10", "color": paint.text}
    rows: list[Row] = []
    if value is not None:
        rows += [(line, small, "") for line in summary(value, whole_up_to=3)]
    if gradient is not None:
        rows += [(line, small, "i") for line in gradient_lines(gradient)]
    return rows


def edge_attributes(
    graph: Graph, edge: Edge, look: Look, on_edges: bool, gap: str = ""
) -> dict[str, str]:
    theme, source = look.theme, graph.vertices[edge.source]
    key = (edge.source, edge.target, edge.slot)
    found: dict[str, str] = {}
    rows: list[Row] = []
    spoken = []
    if on_edges and edge.value is not None and source.kind != "constant":
        hidden = source.id in look.moment.values
        lines = summary(edge.value)
        rows += [(line, {"color": unseen(theme.value, hidden)}, "") for line in lines]
        spoken.append("value not known yet" if hidden else "value " + " ".join(lines))
    elif on_edges and edge.value is None and graph.has_values:
        rows.append(("?", {"color": theme.quiet}, ""))
        spoken.append("value not kept by PyTorch")
    elif on_edges and edge.shape and not graph.has_values:
        rows.append((shaped(edge.shape), {"color": theme.quiet}, ""))
    if on_edges and edge.gradient is not None:
        hidden = key in look.moment.edges
        lines = gradient_lines(edge.gradient)
        rows += [(line, {"color": unseen(theme.gradient, hidden)}, "") for line in lines]
        spoken.append("" if hidden else "gradient " + " ".join(lines)[2:])
    if rows:
        found["label"] = html((gap + text, font, style) for text, font, style in rows)
    if not source.is_leaf:
        found["weight"] = "4"  # the chain of operations stays straight
    if not source.requires_grad and source.is_leaf:
        found["style"] = "dashed"  # no gradient flows along it
    if source.kind == "reference":
        found["style"] = "dashed"
    if key in look.moment.active_edges:
        found["color"] = moving(look)  # a wider line would move its arrowhead
    if spoken:
        found["tooltip"] = found["labeltooltip"] = "; ".join(filter(None, spoken))
    return found


def moving(look: Look) -> str:
    """The colour of what is computed in this step."""
    return look.theme.gradient if look.moment.backward else look.theme.text


def unseen(colour: str, hidden: bool) -> str:
    """The same text, invisible: it keeps its room, so that the layout does not jump."""
    return colour + "00" if hidden else colour


# ---- the legend ---------------------------------------------------------------------------------


def legend_table(graph: Graph, look: Look) -> str:
    """A table that says what the colours and the numbers on the edges mean."""
    theme = look.theme
    words = {
        "input": "input: a number of the training set",
        "parameter": "parameter: what is learned; grad = None: no backward pass yet",
        "reference": "the same parameter again, with the number of its uses",
        "constant": "constant",
        "operation": "operation whose derivative is known",
        "fold": "several operations, folded",
        "output": "output",
    }
    inside = numbers_inside(graph)
    present = {v.kind for v in graph.vertices.values() if v.id not in inside}
    rows = []
    for kind, text in words.items():
        if kind in present:
            paint = theme.kinds[kind]
            rows.append(
                f'<tr><td bgcolor="{paint.fill}" color="{paint.line}" border="1" width="26"></td>'
                f'<td align="left"><font color="{theme.text}">{escaped(text)}</font></td></tr>'
            )
    signs = []
    if graph.has_values:
        signs.append(("7", theme.value, "value on its way forward"))
    if graph.has_values and any(edge.value is None for edge in graph.edges):
        signs.append(("?", theme.quiet, "value not kept by PyTorch: use graphs.capture()"))
    if graph.has_gradients:
        signs.append(("∂ -4", theme.gradient, "gradient of the output by it, on its way back"))
        signs.append(("∂ 0", theme.gradient, "computed, and zero; no ∂: takes none"))
    for sample, colour, text in signs:
        rows.append(
            f'<tr><td><font color="{colour}">{sample}</font></td>'
            f'<td align="left"><font color="{theme.text}">{escaped(text)}</font></td></tr>'
        )
    return (
        f'<<font point-size="11"><table border="1" color="{theme.quiet}" cellborder="0" '
        f'cellspacing="3" cellpadding="3" style="rounded">{"".join(rows)}</table></font>>'
    )


# ---- DOT's grammar ------------------------------------------------------------------------------


def html(rows: Iterable[Row]) -> str:
    """An HTML-like label, one row a line."""
    lines = []
    for text, font, style in rows:
        shown = escaped(text)
        if style:
            shown = f"<{style}>{shown}</{style}>"
        written_font = " ".join(f'{name}="{value}"' for name, value in sorted(font.items()))
        lines.append(f"<font {written_font}>{shown}</font>" if font else shown)
    return "<" + "<br/>".join(lines) + ">"


def attributes(style: Mapping[str, str]) -> str:
    """[name="value", ...]; an HTML-like label stays bare.

    >>> attributes({"label": "<<b>w</b>>", "tooltip": 'say "w"'})
    '[label=<<b>w</b>>, tooltip="say \\\\"w\\\\""]'
    """
    return "[" + ", ".join(f"{name}={quoted(value)}" for name, value in style.items()) + "]"


def quoted(value: str) -> str:
    if value.startswith("<") and value.endswith(">") and len(value) > 1:
        return value
    # A label whose first line is empty makes Graphviz crash, sooner or later, when it frees it.
    value = value.lstrip("\n")
    text = value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{text}"'


def escaped(text: str) -> str:
    """Text in an HTML-like label."""
    return (
        text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace('"', "&quot;")
    )


def wrapped(text: str, width: int = 34) -> list[str]:
    """The text in lines of at most `width` letters, broken at spaces."""
    lines: list[str] = []
    for word in text.split():
        if lines and len(lines[-1]) + len(word) < width:
            lines[-1] += " " + word
        else:
            lines.append(word)
    return lines


def title_of_graph(graph: Graph, title: str) -> str:
    return title or overview(graph).partition(":")[0]
