"""One result, shown on a terminal, in Markdown and as JSON: always the same figures."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table


@dataclass(frozen=True)
class Report:
    """What a section found. `data` holds every figure, `rows` those that a reader wants."""

    name: str
    title: str
    notes: tuple[str, ...]
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    data: dict[str, Any] = field(default_factory=dict)
    draw: Callable[[Any], None] | None = None  # onto a Matplotlib Axes


def show(console: Console, report: Report) -> None:
    table = Table(title=report.title, title_justify="left")
    for k, column in enumerate(report.columns):
        table.add_column(column, justify="right" if k else "left", no_wrap=k == 0)
    for row in report.rows:
        table.add_row(*row)
    console.print(table)
    for note in report.notes:
        console.print(note, style="dim", highlight=False, markup=False)  # [bench] is no markup


def write_markdown(path: Path, machine: dict[str, str], reports: list[Report]) -> None:
    path.write_text(_markdown(machine, reports, "##") + "\n", encoding="utf-8")


def write_page(path: Path, machine: dict[str, str], reports: list[Report]) -> None:
    """Put the tables into a page, in place of those of the last run with as many threads.

    They stand there between two comments, `<!-- threads: 1 -->` and `<!-- end -->`.
    """
    page = path.read_text(encoding="utf-8")
    start = f"<!-- threads: {machine['threads']} -->\n"
    before, found, rest = page.partition(start)
    _, end, after = rest.partition("<!-- end -->")
    if not (found and end):
        raise ValueError(f"{path}: expected {start.strip()} and, behind it, <!-- end -->")
    tables = _markdown(machine, reports, "###")
    path.write_text(f"{before}{start}\n{tables}\n\n{end}{after}", encoding="utf-8")


def write_json(path: Path, machine: dict[str, str], reports: list[Report]) -> None:
    content = {"machine": machine, **{report.name: report.data for report in reports}}
    path.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")


def _markdown(machine: dict[str, str], reports: list[Report], heading: str) -> str:
    parts = ["\n".join(f"- {fact}: {value}" for fact, value in machine.items())]
    for report in reports:
        parts += [f"{heading} {report.title}", _markdown_table(report), *report.notes]
    return "\n\n".join(parts)


def _markdown_table(report: Report) -> str:
    rule = ["---", *("---:" for _ in report.columns[1:])]
    lines = [report.columns, tuple(rule), *report.rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
