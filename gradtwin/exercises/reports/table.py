"""A report as CSV: a row a criterion, for a spreadsheet."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from typing import Any

from ..untrusted import clean
from .report import Report
from .view import view

COLUMNS = ("exercise", "file", "status", "criterion", "about", "points", "of", "reason")


def table(report: Report) -> str:
    """All criteria of all exercises, each with its reason where points were not given."""
    rows: list[Sequence[Any]] = []
    for graded in report.graded:
        seen = view(graded, report.lang)
        for criterion, row in zip(graded.result.criteria, seen.rows):
            reason = "" if criterion.reason is None else criterion.reason.say(report.lang)
            rows.append((seen.name, seen.path, seen.status, criterion.name, row.about,
                         f"{criterion.points:g}", f"{criterion.of:g}", reason))
    return written(COLUMNS, rows)


def written(header: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    """CSV as text; write it as "utf-8-sig", which spreadsheets recognise."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(header)
    writer.writerows([cell(value) for value in row] for row in rows)
    return out.getvalue()


def cell(value: Any) -> str:
    """A text that a spreadsheet shows, and never takes for a formula; a dash alone is none.

    >>> cell("=1+1"), cell(-2.5), cell("-")
    ("'=1+1", '-2.5', '-')
    """
    text = clean(value, 2000)
    text_given = isinstance(value, str) and text != "-"
    formula = text_given and text.lstrip()[:1] in tuple("=+-@\t")
    return f"'{text}" if formula else text
