"""A report for the terminal: plain lines, each with a style that a console may use or not."""

from __future__ import annotations

import textwrap
import unicodedata
from collections.abc import Iterator

from ..texts import N_, say
from .report import Report
from .view import (
    MISSING,
    NOT_BEGUN,
    NOTHING_RAN,
    PARTLY,
    RIGHT,
    UNLOADABLE,
    WRONG,
    View,
    joined,
    view,
)

STYLES = {
    RIGHT: "bold green", PARTLY: "bold yellow", WRONG: "bold red", NOT_BEGUN: "bold",
    UNLOADABLE: "bold red", MISSING: "bold",
}
WIDTH = 100

Line = tuple[str, str]
"""A line and its style, "" for none."""


def text(report: Report, width: int = WIDTH) -> str:
    """The whole report, the diagnosis of each exercise before its points."""
    return "\n".join(line for line, _ in styled(report, width))


def styled(report: Report, width: int = WIDTH) -> Iterator[Line]:
    """The same, line by line with styles of Rich."""
    for graded in report.graded:
        yield from _exercise(view(graded, report.lang), report.lang, width)
        yield "", ""
    if len(report.graded) != 1 or report.asked > 1:
        yield from _wrapped(report.summary(), "", width, "bold")
    for line in report.lines():
        yield from _wrapped(line, "", width)


def _exercise(v: View, lang: str, width: int) -> Iterator[Line]:
    yield joined([f"{v.name}: {v.title}", v.path]), "bold"
    yield f"  {v.verdict.upper()}, {v.points}", STYLES[v.status]
    if v.status in NOTHING_RAN:
        for note in v.notes:
            yield from _wrapped(note, "  ", width)
        yield from _printed(v, lang)
        return
    for heading, sentences in v.told:
        yield "", ""
        yield f"  {heading}:", "bold"
        for sentence in sentences:
            yield from _wrapped(sentence, "    ", width)
    if v.first_wrong:
        yield "", ""
        yield from _wrapped(v.first_wrong, "  ", width, "bold")
    if v.smallest is not None:
        yield "", ""
        yield from _wrapped(v.smallest.heading, "  ", width)
        for line in v.smallest.code.splitlines():
            yield f"    {line}" if line else "", "cyan"
        longest = max((len(label) for label, _ in v.smallest.facts), default=0)
        for label, value in v.smallest.facts:
            yield from _wrapped(value, f"  {label:<{longest}}  ", width)
    yield "", ""
    yield from _table(v, width)
    for note in v.notes:
        yield from _wrapped(say(lang, N_("Note: {text}"), text=note), "  ", width)
    yield from _printed(v, lang)


def _table(v: View, width: int) -> Iterator[Line]:
    longest = max((len(row.name) for row in v.rows), default=0)
    points = max((len(row.points) for row in v.rows), default=0)
    for row in v.rows:
        start = f"  {row.points:>{points}}  {row.name:<{longest}}  "
        style = "" if row.passed else "red"
        yield from _wrapped(row.about + (f". {row.reason}" if row.reason else ""), start, width,
                            style)


def _printed(v: View, lang: str) -> Iterator[Line]:
    if v.output:
        yield f"  {say(lang, N_('It printed:'))}", ""
        for line in v.output.splitlines()[:20]:
            yield f"    {line}", "dim"


def _wrapped(words: str, start: str, width: int, style: str = "") -> Iterator[Line]:
    blank = " " * len(start)
    lines = textwrap.wrap(words, max(width, len(start) + 20), initial_indent=start,
                          subsequent_indent=blank, break_long_words=False, break_on_hyphens=False)
    for line in lines or [start.rstrip()]:
        yield line, style


def fit(line: str, encoding: str) -> str:
    """A line in what an encoding can write: an accent is dropped before a letter becomes "?".

    >>> fit("¿Qué pérdida?", "ascii")
    '?Que perdida?'
    """
    try:
        line.encode(encoding)
    except (UnicodeEncodeError, LookupError):
        return "".join(c if _writable(c, encoding) else _plain(c, encoding) for c in line)
    return line


def _writable(c: str, encoding: str) -> bool:
    try:
        c.encode(encoding)
    except (UnicodeEncodeError, LookupError):
        return False
    return True


def _plain(c: str, encoding: str) -> str:
    kept = "".join(part for part in unicodedata.normalize("NFKD", c) if _writable(part, encoding))
    return kept or "?"
