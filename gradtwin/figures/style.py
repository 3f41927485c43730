"""How every picture looks: legible from the last row, and for eyes that see few colours.

The colours are those of Okabe and Ito (2008), which stay apart for every kind of colour blindness;
and no picture speaks by colour alone: lines differ in their dashes, points in their markers.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import cycle
from typing import TYPE_CHECKING, Any

from ..datasets import MissingExtraError

if TYPE_CHECKING:
    from matplotlib.colors import Colormap

BLACK, GREY = "#000000", "#5F5F5F"
BLUE, ORANGE, GREEN, RED = "#0072B2", "#E69F00", "#009E73", "#D55E00"
PURPLE, SKY = "#CC79A7", "#56B4E9"

LINES: tuple[dict[str, Any], ...] = (
    {"color": BLUE, "linestyle": "-", "marker": "o"},
    {"color": RED, "linestyle": "--", "marker": "s"},
    {"color": GREEN, "linestyle": "-.", "marker": "^"},
    {"color": ORANGE, "linestyle": ":", "marker": "D"},
    {"color": PURPLE, "linestyle": (0, (5, 1, 1, 1, 1, 1)), "marker": "v"},
    {"color": BLACK, "linestyle": (0, (8, 2)), "marker": "X"},
    {"color": SKY, "linestyle": (0, (2, 1)), "marker": "P"},
)
"""The first, second, ... line of a picture: colour, dashes and marker, each of them its own."""

CLASSES: tuple[dict[str, Any], ...] = (
    {"color": BLUE, "marker": "o"},
    {"color": ORANGE, "marker": "^"},
)
"""The points of class 0 and of class 1."""

WIDTH, HEIGHT, DPI = 12.8, 7.2, 100
"""Inches and points an inch: 1280 x 720, a slide of 16:9."""

SMALLEST = 16
"""No text is smaller, in points; 22 pixels of the 720."""

STYLE = {
    "font.family": "DejaVu Sans",  # comes with Matplotlib, so it is the same everywhere
    "font.size": SMALLEST,
    "axes.titlesize": 18,
    "axes.labelsize": 18,
    "figure.titlesize": 24,
    "xtick.labelsize": SMALLEST,
    "ytick.labelsize": SMALLEST,
    "legend.fontsize": SMALLEST,
    "legend.framealpha": 0.9,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "grid.alpha": 0.35,
    "lines.linewidth": 3,
    "lines.markersize": 9,
    "svg.hashsalt": "gradtwin",  # otherwise the names inside an SVG are random
}


def require_matplotlib() -> None:
    """Raise MissingExtraError, which names the extra, where Matplotlib is not installed."""
    try:
        import matplotlib  # noqa: F401
    except ImportError as error:
        raise MissingExtraError(
            "the figures are drawn by Matplotlib: pip install gradtwin[plots]"
        ) from error


@contextmanager
def slide_style() -> Iterator[None]:
    """Matplotlib's own defaults and `STYLE` over them; afterwards the user's settings are back.

    Raises MissingExtraError without Matplotlib.
    """
    require_matplotlib()
    import matplotlib.style

    with matplotlib.style.context(["default", STYLE]):
        yield


def line_styles(markers: bool = False) -> Iterator[dict[str, Any]]:
    """`LINES`, one after the other and from the start again; with their markers, or without.

    Each marker is smaller than the one before, so that lines which coincide can both be seen.
    """
    for size, style in zip(cycle((15, 13, 11, 9, 7)), cycle(LINES)):
        if markers:
            yield {**style, "markersize": size}
        else:
            yield {key: style[key] for key in ("color", "linestyle")}


def between_the_classes() -> Colormap:
    """From the colour of class 0 over white to that of class 1."""
    from matplotlib.colors import LinearSegmentedColormap

    return LinearSegmentedColormap.from_list("classes", [BLUE, "#FFFFFF", ORANGE])
