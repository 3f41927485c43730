"""One result, shown on a terminal, in Markdown and as JSON: always the same figures."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from rich.console import Console

from gradtwin.cli.output import print_table


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
    """On a terminal, or into a file: nothing is cut, however narrow it is."""
    print_table(console, report.title, report.columns, report.rows)
    if not report.rows:
        console.print(f"{report.title}: none of the chosen workloads belongs here")
    for note in report.notes:
        console.print(note, style="dim")


def write_markdown(path: Path, machine: dict[str, str], reports: list[Report]) -> None:
    path.write_text(_markdown(machine, reports, "##") + "\n", encoding="utf-8")


def check_page(path: Path, threads: int) -> None:
    """Raise ValueError where the page has no place for the tables of so many threads."""
    _around_the_tables(path, str(threads))


def write_page(path: Path, machine: dict[str, str], reports: list[Report]) -> None:
    """Put the tables into a page, in place of those of the last run with as many threads.

    They stand there between two comments, `<!-- threads: 1 -->` and `<!-- end -->`.
    """
    before, after = _around_the_tables(path, machine["threads"])
    tables = _markdown(machine, reports, "###")
    path.write_text(f"{before}\n{tables}\n\n{after}", encoding="utf-8")


def _around_the_tables(path: Path, threads: str) -> tuple[str, str]:
    """The page up to the comment before the tables, and from the one behind them."""
    start = f"<!-- threads: {threads} -->\n"
    before, found, rest = path.read_text(encoding="utf-8").partition(start)
    _, end, after = rest.partition("<!-- end -->")
    if not (found and end):
        raise ValueError(f"{path}: expected {start.strip()} and, behind it, <!-- end -->")
    return before + start, end + after


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
