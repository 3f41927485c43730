"""The colours of the lecture: inputs yellow, parameters violet, operations in blue boxes.

Text on its fill keeps a contrast of at least 4.5 to 1, and no meaning hangs on colour alone: a
gradient begins with ∂, a parameter is round, a reference is dashed.
"""

from __future__ import annotations

from typing import NamedTuple


class Paint(NamedTuple):
    """Fill, border and text of one kind of vertex."""

    fill: str
    line: str
    text: str


class Theme(NamedTuple):
    """All colours of a picture; `#rrggbb`, so that Graphviz and a browser agree."""

    background: str
    text: str
    quiet: str
    edge: str
    value: str
    gradient: str
    kinds: dict[str, Paint]
    marks: dict[str, Paint]


LIGHT = Theme(
    background="#ffffff",
    text="#1f2328",
    quiet="#5f6872",
    edge="#6b7680",
    value="#0b4f8a",
    gradient="#c0261c",
    kinds={
        "input": Paint("#ffe680", "#b38600", "#3d2e00"),
        "parameter": Paint("#e2d0f8", "#7a3fc0", "#35105f"),
        "reference": Paint("#e2d0f8", "#7a3fc0", "#35105f"),
        "constant": Paint("#eef0f2", "#8a949e", "#343b42"),
        "operation": Paint("#cfe4fa", "#2a6db5", "#0c2f57"),
        "output": Paint("#d3f0d8", "#2c8a45", "#0d4420"),
        "fold": Paint("#b9d6f6", "#1d5596", "#0c2f57"),
    },
    marks={
        "missing": Paint("#ffd8a8", "#c2600a", "#592b00"),
        "extra": Paint("#ffd8a8", "#c2600a", "#592b00"),
        "unequal": Paint("#ffc9c9", "#c0261c", "#5c0b06"),
        "follows": Paint("#fff0ef", "#dba19c", "#5c0b06"),
    },
)

DARK = Theme(
    background="#14181d",
    text="#e6e9ec",
    quiet="#9aa4ae",
    edge="#8792a0",
    value="#8cc4ff",
    gradient="#ff9a8f",
    kinds={
        "input": Paint("#5c4a00", "#e0b83a", "#fff3c4"),
        "parameter": Paint("#43256b", "#b58cf0", "#f0e4ff"),
        "reference": Paint("#43256b", "#b58cf0", "#f0e4ff"),
        "constant": Paint("#2b3138", "#7d8894", "#dde2e7"),
        "operation": Paint("#143a63", "#6aacf0", "#dcecff"),
        "output": Paint("#14482a", "#63c784", "#dcf7e4"),
        "fold": Paint("#1b4a7d", "#8cc4ff", "#e4f1ff"),
    },
    marks={
        "missing": Paint("#6b3500", "#ffab57", "#ffe9d1"),
        "extra": Paint("#6b3500", "#ffab57", "#ffe9d1"),
        "unequal": Paint("#6e1610", "#ff9a8f", "#ffe3e0"),
        "follows": Paint("#331b1a", "#8a5550", "#ffe3e0"),
    },
)

# Light on no background: for a page that has a colour of its own.
TRANSPARENT = LIGHT._replace(background="transparent")

THEMES = {"light": LIGHT, "dark": DARK, "transparent": TRANSPARENT}


def get_theme(theme: str | Theme) -> Theme:
    """The theme of this name.

    Raises ValueError with the names that there are.
    """
    if isinstance(theme, Theme):
        return theme
    if theme not in THEMES:
        raise ValueError(f"theme: expected one of {', '.join(THEMES)}, got {theme!r}")
    return THEMES[theme]
