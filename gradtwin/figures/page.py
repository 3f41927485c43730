"""The page that a picture is drawn on: a slide with a title, its section, and places for axes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .style import DPI, GREY, HEIGHT, SMALLEST, WIDTH

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

LANGUAGES = ("es", "en")


class Page:
    """A figure of Matplotlib in one language.

    figure: the figure, without a window: pyplot and its global list stay untouched.
    lang: "es" or "en".
    """

    def __init__(self, lang: str) -> None:
        from matplotlib.figure import Figure
        from matplotlib.layout_engine import ConstrainedLayoutEngine

        self.lang = lang
        around = ConstrainedLayoutEngine(h_pad=0.09, w_pad=0.09, wspace=0.05)
        self.figure: Figure = Figure(figsize=(WIDTH, HEIGHT), dpi=DPI, layout=around)

    def say(self, es: str, en: str) -> str:
        """The one of the two texts that is in this page's language."""
        return es if self.lang == "es" else en

    def head(self, title: str, section: str) -> None:
        """The title above, and below, smaller, the section of the lecture."""
        self.figure.suptitle(title, weight="bold")
        self.figure.supxlabel(section, x=0.99, ha="right", fontsize=SMALLEST, color=GREY)

    def axes(self, rows: int = 1, columns: int = 1, **options: Any) -> list[Axes]:
        """rows x columns axes, row after row; options as of Matplotlib's `subplots`."""
        grid = self.figure.subplots(rows, columns, squeeze=False, **options)
        return list(grid.flat)
