"""The errors drawn: along x for functions of one number, otherwise the worst of each function."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ..figures.style import BLUE, GREY, RED, slide_style
from .measuring import Row
from .right import GOAL, GRADIENT, SECOND, VALUE

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

PANELS = 4
"""So many rows have room for a panel of their own."""

STYLES: dict[tuple[str, str], dict[str, Any]] = {
    ("scratch", VALUE): {"color": BLUE, "marker": "o", "label": "scratch, value"},
    ("scratch", GRADIENT): {"color": BLUE, "marker": "^", "label": "scratch, gradient"},
    ("scratch", SECOND): {"color": BLUE, "marker": "o", "label": "scratch, second derivative"},
    ("torch", VALUE): {"color": RED, "marker": "x", "label": "PyTorch, value"},
    ("torch", GRADIENT): {"color": RED, "marker": "+", "label": "PyTorch, gradient"},
    ("torch", SECOND): {"color": RED, "marker": "x", "label": "PyTorch, second derivative"},
}
FLOOR, CEILING = 1e-2, 1e17
"""Units that are drawn; what is beyond, infinite too, stands at the edge."""

EDGE = 1e4
"""Numbers that are larger are measured, and left out of the picture of one function."""


def save(rows: Sequence[Row], path: Path) -> None:
    """Draw the rows into a file; its name says the format.

    Raises MissingExtraError without Matplotlib, OSError where the file cannot be written.
    """
    with slide_style():
        along = len(rows) <= PANELS and all(row.curve for row in rows)
        figure = panels(rows) if along else dots(rows)
        figure.savefig(path)


def panels(rows: Sequence[Row]) -> Figure:
    """The units at each x, a panel a row."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(12.8, 5.4 * len(rows)), layout="constrained")
    for ax, row in zip(np.ravel(figure.subplots(len(rows), 1, squeeze=False)), rows):
        for wing, what in row.worst:
            style = STYLES[wing, what]
            seen = [p for p in row.curve if p.what == what and abs(p.inputs[0]) < EDGE]
            x, y = [float(p.inputs[0]) for p in seen], [shown(p.units[wing]) for p in seen]
            ax.plot(x, y, linestyle="", markersize=6, **style)
        ax.set_xscale("symlog", linthresh=1e-3)
        ax.set_yscale("log")
        ax.axhline(GOAL, color=GREY, linestyle="--")
        ax.set(title=f"{row.function.label}, {row.dtype}", xlabel="x", ylabel="units")
    legend(figure)
    return figure


def dots(rows: Sequence[Row]) -> Figure:
    """The worst units of each row, one below the other."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(12.8, 2.5 + 0.36 * len(rows)), layout="constrained")
    ax: Axes = figure.subplots()
    for wing, what in rows[0].worst:
        style = STYLES[wing, what]
        ax.plot(
            [shown(row.units(wing, what)) for row in rows], range(len(rows)), linestyle="", **style
        )
    ax.set_xscale("log")
    ax.axvline(GOAL, color=GREY, linestyle="--")
    ax.set_yticks(range(len(rows)), [f"{r.function.label}, {r.dtype}" for r in rows], fontsize=11)
    ax.set(xlabel="worst error in units", ylim=(len(rows) - 0.5, -0.5))
    legend(figure)
    return figure


def legend(figure: Figure) -> None:
    handles, labels = figure.axes[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=2)


def shown(error: float) -> float:
    return CEILING if math.isinf(error) else min(max(error, FLOOR), CEILING)
