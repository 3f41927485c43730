"""Writes a neuron diagram in DOT, with a position for everything: Graphviz only draws it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from .dot import FONT, Row, attributes, escaped, html
from .network_layout import (
    BIAS_RADIUS,
    RADIUS,
    Connection,
    Picture,
    Shown,
    at,
    caption_rows,
    width,
)
from .neurons import Array, Column, Weights
from .numerals import written
from .placing import Line, Point, gap
from .themes import Theme


def written_out(picture: Picture, look: Theme, legend: bool, title: str) -> str:
    """The picture as DOT, with a position for everything."""
    shown = picture.shown
    graph = {"bgcolor": look.background, "pad": "0.25", "outputorder": "edgesfirst"}
    lines = [
        "digraph network {",
        f"  graph {attributes(graph | {'fontname': FONT})};",
        f"  node {attributes({'fontname': FONT, 'shape': 'plain'})};",
        f"  edge {attributes({'fontname': FONT, 'arrowhead': 'none'})};",
    ]
    lines += [frame_line(picture, k, look) for k in picture.frames()]
    before = None
    for k in shown.kept:
        if before is not None and before + 1 != k:
            middle = Point((picture.x[before] + picture.x[k]) / 2, 0)
            rows = [("⋯", 20, look.quiet, "b"), (f"{k - before - 1:,} more", 10, look.quiet, "")]
            lines.append(text_node(f"more{k}", middle, rows))
        lines += column_lines(picture, k, look)
        before = k
    largest = max(
        (float(np.max(np.abs(w[np.isfinite(w)]), initial=0)) for w in all_weights(shown)),
        default=0.0,
    )
    for k in shown.kept:
        lines += [line_line(picture, c, look, largest or 1.0) for c in shown.lines_into(k)]
    lane = picture.bottom - 14
    for k in shown.shortcuts:
        lines += shortcut_lines(picture, k, look, largest or 1.0, lane)
    middle_x = max(picture.x.values()) / 2
    if title:
        rows = [(title, 16, look.text, "")]
        lines.append(text_node("heading", Point(middle_x, picture.top + 62), rows))
    if legend:
        below = lane - (30 if not shown.shortcuts else lowest(picture) + 30)
        lines.append(legend_node(picture, Point(middle_x, below), look))
    return "\n".join([*lines, "}", ""])


def all_weights(shown: Shown) -> Iterator[Array]:
    for k in shown.kept:
        column = shown.columns[k]
        projection = column.shortcut.projection if column.shortcut else None
        yield from (w.value for w in (column.weight, column.bias, projection) if w is not None)


def position(point: Point) -> str:
    return f"{point.x:.2f},{point.y:.2f}"


def text_node(id: str, point: Point, rows: Sequence[tuple[str, float, str, str]]) -> str:
    """Lines of text without a border: (text, size, colour, "b", "i" or "")."""
    label = html([(t, {"point-size": f"{size:g}", "color": c}, s) for t, size, c, s in rows])
    return f"  {id} {attributes({'label': label, 'pos': position(point)})};"


def column_lines(picture: Picture, k: int, look: Theme) -> list[str]:
    """The neurons of a column, the bias unit of the next one, and the caption."""
    shown, column = picture.shown, picture.shown.columns[k]
    kind = shown.kind(k)
    paint = look.kinds[kind]
    lines = []
    for i, y in zip(shown.rows[k], picture.y[k]):
        if i is None:
            rows = [("⋮", 14.0, look.quiet, "b"), (f"{column.size:,}", 11.0, look.quiet, "b")]
            lines.append(text_node(f"c{k}_rest", Point(picture.x[k], y), rows))
            continue
        labels: list[Row] = []
        name = column.names[i]
        labels.append((name, {"point-size": "13", "color": paint.text}, "b"))
        if column.values is not None:
            number = written(column.values[i], 3)
            labels.append((number, {"point-size": "10", "color": paint.text}, ""))
        style = {
            "label": html(labels), "shape": "circle", "fixedsize": "true",
            "width": inches(2 * RADIUS), "style": "filled", "fillcolor": paint.fill,
            "color": paint.line, "penwidth": "1.6", "class": "neuron " + kind,
            "tooltip": neuron_words(column, k, i, kind), "pos": position(picture.neuron(k, i)),
        }  # fmt: skip
        lines.append(f"  c{k}_{i} {attributes(style)};")
    if k + 1 in shown.biased:
        paint = look.kinds["parameter"]
        style = {
            "label": html([("1", {"point-size": "12", "color": paint.text}, "b")]),
            "shape": "circle", "fixedsize": "true", "width": inches(2 * BIAS_RADIUS),
            "style": "filled", "fillcolor": paint.fill, "color": paint.line, "class": "bias",
            "tooltip": f"the 1 that the biases of {shown.columns[k + 1].name} are multiplied by",
            "pos": position(picture.bias(k + 1)),
        }  # fmt: skip
        lines.append(f"  b{k + 1} {attributes(style)};")
    first, second = caption_rows(column)
    caption = [(first, 11.0, look.text, ""), (second, 10.0, look.quiet, "")]
    lines.append(text_node(f"caption{k}", Point(picture.x[k], picture.top + 24), caption))
    return lines


def inches(points: float) -> str:
    return f"{points / 72:.3f}"


def line_line(picture: Picture, connection: Connection, look: Theme, largest: float) -> str:
    """A line, interrupted where its number stands."""
    style = stroke(connection.weight, largest, look)
    style["tooltip"] = line_words(connection)
    line = picture.line(connection)
    number = picture.numbers.get(connection)
    if number is None:
        style["pos"] = straight(line.start, line.end)
    else:
        _, box, rows = number
        colours = {False: look.value, True: look.gradient}
        style["label"] = html(
            [(t, {"point-size": "10", "color": colours[gradient]}, "") for t, gradient in rows]
        )
        style["lp"] = position(Point(box.x, box.y))
        low, high = gap(line, box)
        parts = [(line.start, line.at(low)), (line.at(high), line.end)]
        style["pos"] = ";".join(straight(*part) for part in parts)
    source, target = connection.ends
    return f"  {source} -> {target} {attributes(style)};"


def stroke(weight: Any, largest: float, look: Theme) -> dict[str, str]:
    """Width and colour by value; what is no number is dashed red."""
    if not np.isfinite(weight):
        return {"color": look.gradient, "penwidth": "2", "style": "dashed"}
    share = abs(float(weight)) / largest
    colour = look.kinds["operation"].line if weight >= 0 else look.marks["missing"].line
    style = {
        "color": mixed(colour, look, 0.4 + 0.6 * share),
        "penwidth": f"{0.6 + 3.4 * share:.2f}",
    }
    return style if weight else {"color": look.quiet, "penwidth": "1", "style": "dotted"}


def mixed(colour: str, look: Theme, share: float) -> str:
    """So much of a colour, and the rest of the background."""
    paper = "#ffffff" if look.background == "transparent" else look.background
    pairs = [(int(colour[i : i + 2], 16), int(paper[i : i + 2], 16)) for i in (1, 3, 5)]
    return "#" + "".join(f"{round(b + (a - b) * share):02x}" for a, b in pairs)


def straight(start: Point, end: Point) -> str:
    """A straight line as a spline: its ends and the points at a third and two thirds."""
    line = Line(start, end)
    return " ".join(position(line.at(t)) for t in (0, 1 / 3, 2 / 3, 1))


# ---- shortcuts ----------------------------------------------------------------------------------


def frame_line(picture: Picture, k: int, look: Theme) -> str:
    box = picture.frame(k)
    style = {
        "label": "", "shape": "box", "style": "rounded,dashed", "color": look.kinds["output"].line,
        "width": inches(box.width), "height": inches(box.height), "fixedsize": "true",
        "tooltip": f"all of {picture.shown.columns[k].name}", "class": "frame",
        "pos": position(Point(box.x, box.y)),
    }  # fmt: skip
    return f"  column{k} {attributes(style)};"


def shortcut_lines(picture: Picture, k: int, look: Theme, largest: float, lane: float) -> list[str]:
    """The way around a residual block, below it: directly, or through the matrix P."""
    shortcut = picture.shown.shortcuts[k]
    start, end = picture.frame(shortcut.start), picture.frame(k)
    leave = Point(start.x + 9, start.y - start.height / 2)
    arrive = Point(end.x - 9, end.y - end.height / 2)
    style = {"color": look.kinds["output"].line, "penwidth": "2.2", "class": "shortcut"}
    ends = f"column{shortcut.start}", f"column{k}"
    middle = (leave.x + arrive.x) / 2
    if shortcut.projection is None:
        style |= {
            "arrowhead": "normal",
            "tooltip": f"shortcut: {picture.shown.columns[shortcut.start].name} is added as it is",
            "label": html([("identity", {"point-size": "10", "color": look.quiet}, "i")]),
            "lp": position(Point(middle, lane - 22)),
            "pos": f"e,{position(arrive)} " + around(leave, Point(arrive.x, arrive.y - 8), lane),
        }
        return [f"  {ends[0]} -> {ends[1]} {attributes(style)};"]
    table, size = matrix_table(shortcut.projection, picture, look, largest)
    y = lane - size[1] / 2
    node = {
        "label": table, "class": "projection", "pos": position(Point(middle, y)),
        "tooltip": "P, the weights of the projection that the shortcut passes through",
    }  # fmt: skip
    half = size[0] / 2
    first = style | {"pos": cornered(leave, Point(middle - half, y))}
    second = style | {
        "arrowhead": "normal",
        "pos": f"e,{position(arrive)} "
        + backwards(cornered(Point(arrive.x, arrive.y - 8), Point(middle + half, y))),
    }
    return [
        f"  projection{k} {attributes(node)};",
        f"  {ends[0]} -> projection{k} {attributes(first)};",
        f"  projection{k} -> {ends[1]} {attributes(second)};",
    ]


def lowest(picture: Picture) -> float:
    """How far below its lane the tallest projection reaches."""
    heights = [30.0]
    for shortcut in picture.shown.shortcuts.values():
        if shortcut.projection is not None:
            heights.append(matrix_size(shortcut.projection, picture)[1])
    return max(heights)


def cornered(high: Point, low: Point) -> str:
    """Straight down from `high`, and around a corner towards `low`."""
    r = min(14.0, abs(low.x - high.x) / 2, abs(low.y - high.y) / 2)
    side = r if low.x > high.x else -r
    before, after = Point(high.x, low.y + r), Point(high.x + side, low.y)
    corner = Point(high.x, low.y)
    return joined(straight(high, before), " ".join(map(position, (before, corner, corner, after))),
                  straight(after, low))  # fmt: skip


def around(leave: Point, arrive: Point, lane: float) -> str:
    """Down to the lane, along it, and up again."""
    middle = Point((leave.x + arrive.x) / 2, lane - 8)
    return joined(cornered(leave, middle), backwards(cornered(arrive, middle)))


def backwards(spline: str) -> str:
    return " ".join(reversed(spline.split()))


def joined(*splines: str) -> str:
    """Splines one after the other; each begins where the one before ends."""
    first, *rest = splines
    return " ".join([first, *(each.split(" ", 1)[1] for each in rest)])


CELLS = 24  # numbers of a projection that are written out
CELL = 15.0  # the height of a line of numbers


def matrix_size(weights: Weights, picture: Picture) -> tuple[float, float]:
    if weights.value.size > CELLS:
        return 110.0, 48.0
    rows, columns = weights.value.shape
    lines = 2 if weights.grad is not None and picture.numbers else 1
    return columns * cell_width(weights) + 8, rows * CELL * lines + 24


def cell_width(weights: Weights) -> float:
    texts = [written(w, 3) for w in weights.value.ravel()]
    if weights.grad is not None:
        texts += [f"∂ {written(g, 3)}" for g in weights.grad.ravel()]
    return max(width(text, 10) for text in texts) + 8


def matrix_table(
    weights: Weights, picture: Picture, look: Theme, largest: float
) -> tuple[str, tuple[float, float]]:
    """P as a table, each cell in the colour of its line; a large one by size and extent."""
    size = matrix_size(weights, picture)
    paint = look.kinds["parameter"]
    n_out, n_in = weights.value.shape
    rows = [
        f'<tr><td colspan="{n_in}"><font point-size="11" color="{paint.text}"><b>P</b> '
        f"{n_out}×{n_in}</font></td></tr>"  # noqa: RUF001
    ]
    if weights.value.size > CELLS:
        extent = f"{written(weights.value.min(), 3)} … {written(weights.value.max(), 3)}"
        rows = [rows[0].replace(f'colspan="{n_in}"', 'colspan="1"'),
                f'<tr><td><font point-size="10">{escaped(extent)}</font></td></tr>']  # fmt: skip
    else:
        cell = f'width="{cell_width(weights):.0f}"'
        for i in range(n_out):
            cells = []
            for j in range(n_in):
                weight, gradient = at(weights, (i, j))
                fill = mixed(stroke(weight, largest, look)["color"], look, 0.3)
                text = f'<font point-size="10" color="{look.text}">{written(weight, 3)}</font>'
                if gradient is not None and picture.numbers:
                    text += (
                        f'<br/><font point-size="10" color="{look.gradient}">∂ '
                        f"{written(gradient, 3)}</font>"
                    )
                cells.append(f'<td bgcolor="{fill}" {cell}>{text}</td>')
            rows.append(f"<tr>{''.join(cells)}</tr>")
    return (
        f'<<table border="1" color="{paint.line}" bgcolor="{paint.fill}" cellborder="0" '
        f'cellspacing="1" cellpadding="1" style="rounded">{"".join(rows)}</table>>',
        size,
    )


# ---- words --------------------------------------------------------------------------------------


def neuron_words(column: Column, k: int, i: int, kind: str) -> str:
    what = {"operation": "hidden neuron", "output": "output", "input": "input"}[kind]
    words = f"{what} {i + 1} of {column.size}"
    if column.formula:
        words += f", {column.name} = {column.formula}"
    if column.values is not None:
        words += f"; activation {written(column.values[i])}"
    if column.bias is not None:
        words += f"; bias {written(column.bias.value[i])}"
    return words


def line_words(connection: Connection) -> str:
    what = "bias" if connection.source is None else "weight"
    words = f"{what} {written(connection.weight)}"
    if connection.gradient is not None:
        words += f"; gradient {written(connection.gradient)}"
    return words


def spoken(shown: Shown) -> dict[str, tuple[str, str]]:
    """For each id a title and a description."""
    found = {}
    for k in shown.kept:
        column = shown.columns[k]
        kind = shown.kind(k)
        for i in shown.rows[k]:
            if i is not None:
                name = f"{column.name}[{i + 1}]" if kind == "operation" else column.names[i]
                found[f"c{k}_{i}"] = (name, neuron_words(column, k, i, kind))
        found[f"column{k}"] = (column.name, f"all {column.size} neurons of {column.name}")
        found[f"caption{k}"] = (column.name, ", ".join(caption_rows(column)))
        found[f"projection{k}"] = ("P", "the projection that the shortcut passes through")
        found[f"b{k}"] = (f"biases of {column.name}", "the 1 that each bias is multiplied by")
    return found


def legend_node(picture: Picture, point: Point, look: Theme) -> str:
    """What colours and numbers mean."""
    blue, orange = look.kinds["operation"].line, look.marks["missing"].line
    samples = [
        ("━", blue, "positive weight"), ("━", orange, "negative weight; wider is larger"),
        ("1", look.kinds["parameter"].line, "its lines are the biases"),
    ]  # fmt: skip
    if picture.numbers:
        samples.append(("0.5", look.value, "weight"))
        if any(gradient for *_, rows in picture.numbers.values() for _, gradient in rows):
            samples.append(("∂", look.gradient, "its gradient"))
    if picture.frames():
        samples.append(("⇢", look.kinds["output"].line, "shortcut: added, neuron by neuron"))
    cells = "".join(
        f'<td><font color="{colour}"><b>{sample}</b></font></td>'
        f'<td align="left"><font color="{look.text}">{escaped(text)}</font></td>'
        for sample, colour, text in samples
    )
    table = (
        f'<<font point-size="10"><table border="1" color="{look.quiet}" cellborder="0" '
        f'cellspacing="4" style="rounded"><tr>{cells}</tr></table></font>>'
    )
    return f"  legend {attributes({'label': table, 'pos': position(point)})};"
