"""The rows as a table, as Markdown, and as plain values for JSON."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..json_values import plain
from .measuring import Point, Row
from .right import GOAL, KINDS, SECOND

NAMES = {"scratch": "scratch", "torch": "PyTorch"}
HEADINGS = (
    "function", "scratch value", "gradient", "PyTorch value", "gradient",
    "furthest off", "scratch", "PyTorch", "exact",
)  # fmt: skip
SECOND_HEADINGS = (
    "function", "scratch", "PyTorch", "furthest off", "scratch", "PyTorch", "exact",
)  # fmt: skip
PLACE_WIDTH = 44
"""Characters of a place; the arguments of a whole row are longer, and stand in the JSON."""


def headings(rows: Sequence[Row]) -> tuple[str, ...]:
    """Of the columns of `cells`."""
    return SECOND_HEADINGS if any(SECOND in kinds(row) for row in rows) else HEADINGS


def title(dtype: str, rows: Sequence[Row]) -> str:
    """What a table shows."""
    return f"{dtype}, second derivatives" if headings(rows) is SECOND_HEADINGS else dtype


def kinds(row: Row) -> list[str]:
    """What was measured."""
    return [what for what in KINDS if any(kind == what for _, kind in row.worst)]


def errors(row: Row) -> list[float]:
    """Of each wing and of each of its kinds, in units."""
    return [row.units(wing, what) for wing in NAMES for what in kinds(row)]


def cells(row: Row) -> list[str]:
    """One line of the table: errors in units, and the worst point with what is computed there."""
    point = row.worst_point
    there = [place(point), *computed(point)] if worth_showing(point) else ["", "", "", ""]
    return [*short_cells(row), *there]


def short_cells(row: Row) -> list[str]:
    """The errors in units alone."""
    return [row.function.label, *(units(error) for error in errors(row))]


def furthest_off(rows: Sequence[Row]) -> list[str]:
    """The worst point of each row, with all its numbers and what is computed there."""
    points = [(row.function.label, row.worst_point) for row in rows]
    return [
        f"{label}: {point.place}: scratch {ours}, PyTorch {theirs}, exact {exact}"
        for label, point in points
        if worth_showing(point)
        for ours, theirs, exact in [computed(point)]
    ]


def worth_showing(point: Point) -> bool:
    """Not a rounding each."""
    return point.largest > 1


def computed(point: Point) -> list[str]:
    """By scratch, by PyTorch, and what is right."""
    got = [distinct(point.got[wing], point.exact) for wing in NAMES]
    return [*got, f"{point.exact:.7g}"]


def units(error: float) -> str:
    """An error in units: two digits.

    >>> units(0.0), units(1.234), units(1.2e14)
    ('0', '1.2', '1.2e+14')
    """
    return "0" if error == 0 else f"{error:.1f}" if error < 1000 else f"{error:.1e}"


def distinct(number: float, exact: float) -> str:
    """A number in as many digits as show that it is not the exact one: 7 or more."""
    digits = 7
    while digits < 17 and number != exact and f"{number:.{digits}g}" == f"{exact:.{digits}g}":
        digits += 1
    return f"{number:.{digits}g}"


def place(point: Point) -> str:
    """Where, cut short where a whole row of numbers would be too long."""
    text = point.place
    return text if len(text) <= PLACE_WIDTH else f"{text[: PLACE_WIDTH - 3]}..."


def verdict(rows: Sequence[Row]) -> str:
    """Who stays within 4 units, and which side the exact values support elsewhere."""
    lines = []
    for wing, name in NAMES.items():
        beyond = [row for row in rows if row.units(wing) > GOAL]
        worst = max((row.units(wing) for row in rows), default=0.0)
        if beyond:
            functions = list(dict.fromkeys(row.function.name for row in beyond))
            lines.append(
                f"{name}: beyond {GOAL:g} units in {len(beyond)} of {len(rows)} rows, up to "
                f"{units(worst)}: {', '.join(functions)}"
            )
        else:
            lines.append(f"{name}: within {GOAL:g} units everywhere, at most {units(worst)}")
    for wing, name in NAMES.items():
        won = sum(row.supported == (wing,) for row in rows)
        if won:
            lines.append(f"The exact values support {name} alone in {won} of {len(rows)} rows")
    return "\n".join(lines)


def markdown(rows: Sequence[Row]) -> str:
    """A table of Markdown for each dtype.

    The places are left out of nothing: they are what one wants to try.
    """
    tables = []
    for dtype in dict.fromkeys(row.dtype for row in rows):
        columns = headings(rows)
        lines = [columns, ["---", *["--:"] * (len(columns) - 5), "---", *["--:"] * 3]]
        lines += [markdown_cells(row) for row in rows if row.dtype == dtype]
        table = "\n".join(f"| {' | '.join(line)} |" for line in lines)
        tables.append(f"### {title(dtype, rows)}\n\n{table}\n")
    return "\n".join(tables)


def markdown_cells(row: Row) -> list[str]:
    """As `cells`, with what is beyond 4 units in bold type."""
    text = cells(row)
    found = errors(row)
    marked = [f"**{t}**" if e > GOAL else t for t, e in zip(text[1:], found)]
    return [f"`{text[0]}`", *marked, *text[1 + len(found) :]]


def to_dict(row: Row) -> dict[str, Any]:
    """Plain values for JSON; infinities and NaN as words."""
    return {
        "function": row.function.name,
        "options": dict(row.function.options),
        "dtype": row.dtype,
        "numbers": row.count,
        "supported": [NAMES[wing] for wing in row.supported],
        "worst": [
            {
                "wing": NAMES[wing],
                "what": what,
                "argument": point.of or None,
                "by": point.by or None,
                "units": plain(point.units[wing]),
                "inputs": plain(point.inputs),
                "scratch": plain(point.got.get("scratch")),
                "PyTorch": plain(point.got.get("torch")),
                "exact": plain(point.exact),
            }
            for (wing, what), point in row.worst.items()
        ],
    }
