"""What is drawn of a neuron diagram, and where: columns of circles, lines with room for numbers.

A wide layer and a deep network are shown by their first and last parts. Positions are in points.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from .neurons import Column, Weights
from .numerals import written
from .placing import Box, Line, Point, places_for

RADIUS = 22.0  # of a neuron
BIAS_RADIUS = 14.0
ACROSS = 170.0  # between columns
DOWN = 60.0  # between neurons
LETTER = 0.62  # the width of a letter, as a share of its size; a little more than Helvetica's
LARGER = (1.0, 1.2, 1.45, 1.75, 2.1, 2.6, 3.2)


class Connection(NamedTuple):
    """A line: into neuron `target` of column `layer`, from neuron `source` of the column before,
    or from its bias unit (None)."""

    layer: int
    source: int | None
    target: int
    weight: Any
    gradient: Any

    @property
    def ends(self) -> tuple[str, str]:
        source = f"b{self.layer}" if self.source is None else f"c{self.layer - 1}_{self.source}"
        return source, f"c{self.layer}_{self.target}"


class Shown:
    """What is drawn of a network: columns by number, and of each the neurons by number.

    kept: the columns; a jump in their numbers is drawn as dots. rows: for each kept column its
    neurons, None where some are left out. biased: the columns with a bias unit, which stands above
    the column before. shortcuts: by the column to which each leads, where its beginning is drawn.
    """

    def __init__(self, columns: list[Column], kept: list[int], most: int) -> None:
        self.columns, self.kept = columns, kept
        self.rows = {k: neurons_shown(columns[k].size, most) for k in kept}
        self.biased = [k for k in kept if columns[k].bias is not None and k - 1 in self.rows]
        ends = ((k, columns[k].shortcut) for k in kept)
        self.shortcuts = {k: s for k, s in ends if s is not None and s.start in self.rows}

    def kind(self, k: int) -> str:
        """What the neurons of a column are: "input", "operation" (hidden) or "output"."""
        return "input" if k == 0 else "output" if k == len(self.columns) - 1 else "operation"

    def lines_into(self, k: int) -> Iterator[Connection]:
        """The lines into a column, if the column before is drawn too."""
        column = self.columns[k]
        if column.weight is None or k - 1 not in self.rows:
            return
        for i in self.rows[k]:
            if i is None:
                continue
            for j in self.rows[k - 1]:
                if j is not None:
                    yield Connection(k, j, i, *at(column.weight, (i, j)))
            if column.bias is not None:
                yield Connection(k, None, i, *at(column.bias, i))


def at(weights: Weights, place: Any) -> tuple[Any, Any]:
    return weights.value[place], None if weights.grad is None else weights.grad[place]


def neurons_shown(size: int, most: int) -> list[int | None]:
    """The neurons that are drawn; None stands for those that are not.

    >>> neurons_shown(3, 6), neurons_shown(9, 4)
    ([0, 1, 2], [0, 1, None, 8])
    """
    if size <= most:
        return list(range(size))
    return [*range(most - 2), None, size - 1]


def kept_columns(columns: Sequence[Column], most: int) -> list[int]:
    """The columns that are drawn: all, or the first and the last, cut where no shortcut passes."""
    count = len(columns)
    if count <= most:
        return list(range(count))
    inside = {
        k
        for i, column in enumerate(columns)
        if column.shortcut is not None
        for k in range(column.shortcut.start + 1, i)
    }
    head = next(k for k in range(most // 2, -1, -1) if k not in inside)
    tail = next(k for k in range(count - most // 2, count) if k not in inside)
    return [*range(head + 1), *range(max(tail, head + 1), count)]


# ---- where things stand -------------------------------------------------------------------------


class Picture:
    """Positions of everything, in points; the middle of every column is at height 0."""

    def __init__(self, shown: Shown, scale: float) -> None:
        self.shown, self.scale = shown, scale
        self.numbers: dict[Connection, tuple[float, Box, list[tuple[str, bool]]]] = {}
        self.x: dict[int, float] = {}
        x, before = 0.0, None
        for k in shown.kept:
            if before is not None:
                wide = (caption_width(shown.columns[before]) + caption_width(shown.columns[k])) / 2
                jump = 1 if before + 1 == k else 0.8
                x += max(ACROSS * scale * jump, wide + 24)
            self.x[k], before = x, k
        self.y = {
            k: [DOWN * scale * ((len(row) - 1) / 2 - i) for i in range(len(row))]
            for k, row in shown.rows.items()
        }

    def neuron(self, k: int, i: int) -> Point:
        return Point(self.x[k], self.y[k][self.shown.rows[k].index(i)])

    def bias(self, k: int) -> Point:
        """The unit whose lines are the biases of column k: above the column before."""
        return Point(self.x[k - 1], self.y[k - 1][0] + max(DOWN * self.scale, 62.0))

    def frame(self, k: int) -> Box:
        """The box around the neurons of a column that a shortcut joins."""
        y = self.y[k]
        return Box(self.x[k], (y[0] + y[-1]) / 2, 2 * RADIUS + 16, y[0] - y[-1] + 2 * RADIUS + 16)

    def line(self, connection: Connection) -> Line:
        """From the rim of one circle to the rim of the other."""
        k, source, target = connection[:3]
        start = self.bias(k) if source is None else self.neuron(k - 1, source)
        end = self.neuron(k, target)
        dx, dy = end.x - start.x, end.y - start.y
        length = (dx * dx + dy * dy) ** 0.5
        first = (BIAS_RADIUS if source is None else RADIUS) / length
        whole = Line(start, end)
        return Line(whole.at(first), whole.at(1 - RADIUS / length))

    @property
    def top(self) -> float:
        """Above every neuron and bias unit."""
        heights = [y[0] + RADIUS + 10 for y in self.y.values()]
        heights += [self.bias(k).y + BIAS_RADIUS for k in self.shown.biased]
        return max(heights)

    @property
    def bottom(self) -> float:
        return min(y[-1] for y in self.y.values()) - RADIUS

    def circles(self) -> list[Box]:
        """The square around each neuron and bias unit."""
        found = [
            Box(*self.neuron(k, i), 2 * RADIUS, 2 * RADIUS)
            for k in self.shown.kept
            for i in self.shown.rows[k]
            if i is not None
        ]
        found += [
            Box(*self.bias(k), 2 * BIAS_RADIUS, 2 * BIAS_RADIUS) for k in self.shown.biased
        ]
        return found

    def frames(self) -> list[int]:
        """The columns that get a frame: where shortcuts begin and end."""
        shortcuts = self.shown.shortcuts
        return sorted({*shortcuts, *(shortcut.start for shortcut in shortcuts.values())})


def laid_out(
    shown: Shown, connections: Sequence[Connection], numbers: bool, gradients: bool
) -> Picture | None:
    """The smallest picture in which each number finds its place; None if there is none."""
    for scale in LARGER:
        picture = Picture(shown, scale)
        if not numbers:
            return picture
        texts = [number_lines(c, gradients) for c in connections]
        sizes = [(max(width(t, 10) for t, _ in rows), 13.0 * len(rows)) for rows in texts]
        frames = [side for k in picture.frames() for side in picture.frame(k).sides()]
        places = places_for(
            [picture.line(c) for c in connections], sizes, frames, picture.circles()
        )
        if places is not None:
            for c, t, size, rows in zip(connections, places, sizes, texts):
                picture.numbers[c] = (t, Box(*picture.line(c).at(t), *size), rows)
            return picture
    return None


def number_lines(connection: Connection, gradients: bool) -> list[tuple[str, bool]]:
    """The text on a line, and whether it is a gradient."""
    rows = [(written(connection.weight, 3), False)]
    if gradients and connection.gradient is not None:
        rows.append((f"∂ {written(connection.gradient, 3)}", True))
    return rows


def width(text: str, size: float) -> float:
    return LETTER * size * len(text)


def caption_rows(column: Column) -> list[str]:
    """What stands above a column."""
    first = f"{column.name} = {column.formula}" if column.formula else column.name
    what = "neuron" if column.weight is not None else "input"
    return [first, f"{column.size:,} {what}{'s' if column.size > 1 else ''}"]


def caption_width(column: Column) -> float:
    return max(width(row, 11) for row in caption_rows(column)) * 0.9
