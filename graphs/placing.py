"""Where the numbers of a neuron diagram stand: on their own line, and on nothing else.

A number may slide along its line. It is put where its box touches no other line, no neuron and no
number already placed; numbers with the fewest such places choose first. Where one finds none, the
caller draws the picture larger and asks again.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

Array = np.ndarray[Any, Any]
PLACES = np.arange(0.08, 0.921, 0.02)  # along a line, from its start to its end
FAVOURITE = 0.3  # near the neuron where the lines begin they lie furthest apart
CLEARANCE = 2.5  # points between a number and what it must not touch


class Point(NamedTuple):
    x: float
    y: float


class Line(NamedTuple):
    start: Point
    end: Point

    def at(self, t: float) -> Point:
        (x0, y0), (x1, y1) = self
        return Point(x0 + t * (x1 - x0), y0 + t * (y1 - y0))


class Box(NamedTuple):
    """A rectangle by its middle and its size."""

    x: float
    y: float
    width: float
    height: float

    def sides(self) -> list[Line]:
        left, right = self.x - self.width / 2, self.x + self.width / 2
        low, high = self.y - self.height / 2, self.y + self.height / 2
        corners = [Point(left, low), Point(right, low), Point(right, high), Point(left, high)]
        return [Line(a, b) for a, b in zip(corners, [*corners[1:], corners[0]])]


def places_for(
    lines: Sequence[Line],
    sizes: Sequence[tuple[float, float]],
    others: Sequence[Line] = (),
    boxes: Sequence[Box] = (),
) -> list[float] | None:
    """For each line where along it, from 0 to 1, its number stands; None where one has no place.

    sizes: width and height of each number. others: lines without a number; boxes: what else must
    stay free.

    >>> level = Line(Point(0, 0), Point(100, 0))
    >>> places_for([level], [(20.0, 10.0)])
    [0.3]
    >>> places_for([level], [(20.0, 10.0)], others=[Line(Point(30, -50), Point(30, 50))])
    [0.16]
    """
    every = as_array([*lines, *others])
    taken = np.array(boxes, dtype=float).reshape(-1, 4)
    free: list[list[tuple[float, Array]]] = []
    order = np.argsort(np.abs(PLACES - FAVOURITE), kind="stable")
    for i, (line, (width, height)) in enumerate(zip(lines, sizes)):
        t = PLACES[order]
        middles = np.array([line.at(each) for each in t])
        room = np.column_stack([middles, np.broadcast_to((width, height), middles.shape)])
        room[:, 2:] += 2 * CLEARANCE
        strangers = np.delete(every, i, axis=0)
        bad = crossing(room, strangers).any(1) | overlapping(room, taken).any(1)
        free.append([(round(float(each), 2), box) for each, box in zip(t[~bad], room[~bad])])
    found = [0.0] * len(lines)
    placed: list[Array] = []
    for i in sorted(range(len(lines)), key=lambda i: len(free[i])):
        so_far = np.array(placed).reshape(-1, 4)
        for t_here, box in free[i]:
            if not overlapping(box[None], so_far).any():
                found[i] = t_here
                placed.append(box)
                break
        else:
            return None
    return found


def as_array(lines: Sequence[Line]) -> Array:
    return np.array([(*a, *b) for a, b in lines], dtype=float).reshape(-1, 4)


def crossing(boxes: Array, lines: Array) -> Array:
    """Whether each box (n, 4) is touched by each line (m, 4): the part of the line inside each
    pair of opposite sides, and whether the two parts meet."""
    low, high = np.zeros((len(boxes), len(lines))), np.ones((len(boxes), len(lines)))
    for axis in (0, 1):
        start = lines[:, axis]
        step = lines[:, axis + 2] - start
        step = np.where(np.abs(step) < 1e-9, 1e-9, step)
        half = boxes[:, axis + 2] / 2
        a = ((boxes[:, axis] - half)[:, None] - start) / step
        b = ((boxes[:, axis] + half)[:, None] - start) / step
        low, high = np.maximum(low, np.minimum(a, b)), np.minimum(high, np.maximum(a, b))
    return low <= high


def overlapping(boxes: Array, others: Array) -> Array:
    """Whether each box (n, 4) overlaps each of the others (m, 4)."""
    apart = np.abs(boxes[:, None, :2] - others[None, :, :2])
    touch = (boxes[:, None, 2:] + others[None, :, 2:]) / 2
    found: Array = (apart < touch).all(2)
    return found


def gap(line: Line, box: Box) -> tuple[float, float]:
    """The part of a line, from 0 to 1 each, that a box on it covers."""
    low, high = 0.0, 1.0
    for start, end, middle, size in (
        (line.start.x, line.end.x, box.x, box.width),
        (line.start.y, line.end.y, box.y, box.height),
    ):
        step = end - start if abs(end - start) > 1e-9 else 1e-9
        a, b = sorted(((middle - size / 2 - start) / step, (middle + size / 2 - start) / step))
        low, high = max(low, a), min(high, b)
    return low, high
