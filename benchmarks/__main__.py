"""`python -m benchmarks`: what `make bench` runs."""

from __future__ import annotations

import importlib
import os
import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from benchmarks.options import Options
from benchmarks.report import Report, show, write_json, write_markdown, write_page
from graphs.rendering import check_place

# A section is a module `section_NAME` with `run(options) -> Report`; a new one is added here.
SECTIONS = (
    "steps", "models", "optimizers", "fit", "growth", "memory", "compare", "startup",
)  # fmt: skip
NETWORKS = ("xor", "digits", "mnist", "wide", "residual", "dag")


def main(
    section: Annotated[
        list[str] | None, typer.Option(help=f"Any of {', '.join(SECTIONS)}; all without it.")
    ] = None,
    workload: Annotated[
        list[str] | None, typer.Option(help=f"Any of {', '.join(NETWORKS)}; all without it.")
    ] = None,
    rounds: Annotated[int, typer.Option(min=2, help="Rounds whose median is shown.")] = 15,
    threads: Annotated[int, typer.Option(min=1, help="For numpy's BLAS and PyTorch.")] = 1,
    quick: Annotated[bool, typer.Option(help="3 rounds and smaller graphs, to look only.")] = False,
    json: Annotated[Path | None, typer.Option(help="Write every figure as JSON.")] = None,
    markdown: Annotated[Path | None, typer.Option(help="Write the tables as Markdown.")] = None,
    page: Annotated[
        Path | None, typer.Option(help="Put the tables into a page, docs/performance.md.")
    ] = None,
    plot: Annotated[Path | None, typer.Option(help="Draw the figures (PNG, SVG, PDF).")] = None,
) -> None:
    """Time scratch against PyTorch, MyGrad, HIPS autograd and a step fused by hand."""
    sections = _known("--section", section, SECTIONS)
    workloads = _known("--workload", workload, NETWORKS)
    processors = os.cpu_count() or 1
    if threads > processors:
        raise typer.BadParameter(
            f"expected at most {processors}, the processors that there are, got {threads}",
            param_hint="--threads",
        )
    if page and (quick or workload):
        raise typer.BadParameter(
            "a page shows whole sections: expected neither --quick nor --workload beside it",
            param_hint="--page",
        )
    for option, file in (
        ("--json", json), ("--markdown", markdown), ("--page", page), ("--plot", plot)
    ):  # fmt: skip
        if file:
            try:
                check_place(file)
            except OSError as error:
                raise typer.BadParameter(str(error), param_hint=option) from error
    try:
        from benchmarks import machine
    except ModuleNotFoundError as error:
        if error.name != "threadpoolctl":
            raise
        raise SystemExit(
            "threadpoolctl is needed to hold every contender to the same number of threads: "
            "pip install 'gradtwin[bench]'"
        ) from None

    # A file or a pipe has no width of its own: enough for a row of the widest table.
    console = Console(width=None if sys.stdout.isatty() else 120)
    progress = Console(stderr=True)
    options = Options(
        workloads,
        3 if quick else rounds,
        threads,
        quick,
        lambda text: progress.print(text, style="dim", highlight=False),
    )
    reports: list[Report] = []
    with machine.threads(threads):
        facts = machine.describe(threads)
        for fact, value in facts.items():
            console.print(f"{fact}: {value}", highlight=False)
        for name in sections:
            reports.append(importlib.import_module(f"benchmarks.section_{name}").run(options))
            show(console, reports[-1])

    if json:
        write_json(json, facts, reports)
    if markdown:
        write_markdown(markdown, facts, reports)
    if page:
        write_page(page, facts, reports)
    if plot:
        from benchmarks.plot import save

        save(plot, reports)


def _known(option: str, given: list[str] | None, names: tuple[str, ...]) -> tuple[str, ...]:
    unknown = [name for name in given or () if name not in names]
    if unknown:
        message = f"{unknown[0]!r} is not one of {', '.join(names)}"
        raise typer.BadParameter(message, param_hint=option)
    return tuple(name for name in names if not given or name in given)


if __name__ == "__main__":
    app = typer.Typer(add_completion=False)
    app.command()(main)
    sys.exit(app())
