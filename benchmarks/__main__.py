"""`python -m benchmarks`: what `make bench` runs."""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Callable
from pathlib import Path
from traceback import extract_tb
from typing import Annotated

import typer

from benchmarks.options import Options
from benchmarks.report import Report, check_page, show, write_json, write_markdown, write_page
from gradtwin.cli.output import INTERRUPTED, check_file, console, loading, run_command
from gradtwin.spelling import hint

# A section is a module `section_NAME` with `run(options) -> Report`; a new one is added here.
SECTIONS = (
    "steps", "models", "optimizers", "fit", "growth", "memory", "compare", "startup",
)  # fmt: skip
DRAWN = ("steps", "growth")  # those with a plot
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
    files = {"--json": json, "--markdown": markdown, "--page": page, "--plot": plot}
    _check_files({option: file for option, file in files.items() if file})
    if page:
        _check_page(page, threads)
    if plot:
        _check_plot(plot, sections)
    try:
        with loading("torch"):
            from benchmarks import machine
    except ModuleNotFoundError as error:
        if error.name != "threadpoolctl":
            raise
        typer.echo(
            "Error: threadpoolctl is needed to hold every contender to the same number of "
            "threads: pip install 'gradtwin[bench]'",
            err=True,
        )
        raise typer.Exit(2) from None

    out, progress = console(), console(stderr=True)
    options = Options(
        workloads,
        3 if quick else rounds,
        threads,
        quick,
        lambda text: progress.print(text, style="dim"),
    )
    facts = machine.describe(threads)
    for fact, value in facts.items():
        out.print(f"{fact}: {value}")
    reports: list[Report] = []
    status, name = 0, ""
    try:
        with machine.threads(threads):
            for name in sections:
                report = _section(name, options)
                if report is None:
                    status = 1
                    continue
                reports.append(report)
                show(out, report)
                sys.stdout.flush()  # what is finished can be read, also where it goes into a file
    except KeyboardInterrupt:
        facts["interrupted"] = f"in section {name}, which is not here, nor what follows it"
        typer.echo(f"{INTERRUPTED} in section {name}", err=True)
        status = 130
    if page and status:
        typer.echo(f"Error: {page} stays as it was: a page shows whole runs", err=True)
        page = None
    written = _write(facts, reports, json, markdown, page, plot)
    raise typer.Exit(status or (0 if written else 2))


def _section(name: str, options: Options) -> Report | None:
    """What a section found; None, and one line that says why, where it cannot be measured.

    The sections that follow take their minutes all the same.
    """
    try:
        report: Report = importlib.import_module(f"benchmarks.section_{name}").run(options)
    except Exception as error:
        lines = str(error).splitlines() or ["no reason given"]
        why = lines[0] if len(lines) == 1 else f"{lines[0]} {lines[-1]}"
        where = extract_tb(error.__traceback__)[-1]
        place = f"{Path(where.filename).name}, line {where.lineno}"
        typer.echo(f"Error: section {name}: {type(error).__name__}: {why} ({place})", err=True)
        return None
    return report


def _write(
    facts: dict[str, str],
    reports: list[Report],
    json: Path | None,
    markdown: Path | None,
    page: Path | None,
    plot: Path | None,
) -> bool:
    """Every file that was asked for; whether all of them could be written."""
    from benchmarks.plot import save

    work: list[tuple[str, Path | None, Callable[[Path], None]]] = [
        ("--json", json, lambda path: write_json(path, facts, reports)),
        ("--markdown", markdown, lambda path: write_markdown(path, facts, reports)),
        ("--page", page, lambda path: write_page(path, facts, reports)),
        ("--plot", plot, lambda path: save(path, reports)),
    ]
    well = True
    for option, path, write in work:
        if path is None:
            continue
        try:
            write(path)
        except (OSError, ValueError) as error:
            typer.echo(f"Error: {option}: {error}", err=True)
            well = False
        else:
            typer.echo(f"Written: {path}", err=True)
    return well


# ---- refused before anything is measured -----------------------------------------------------


def _known(option: str, given: list[str] | None, names: tuple[str, ...]) -> tuple[str, ...]:
    for name in given or ():
        if name not in names:
            near = hint(name, names, f"expected one of {', '.join(names)}")
            raise typer.BadParameter(f"there is no {name!r}: {near}", param_hint=option)
    return tuple(name for name in names if not given or name in given)


def _check_files(files: dict[str, Path]) -> None:
    for option, path in files.items():
        try:
            check_file(path)
        except OSError as error:
            raise typer.BadParameter(str(error), param_hint=option) from error
        for other, its in files.items():
            if other != option and its.resolve() == path.resolve() and not _is_device(path):
                raise typer.BadParameter(f"{other} names the same file, {path}", param_hint=option)


def _is_device(path: Path) -> bool:
    return path.exists() and not path.is_file()


def _check_page(page: Path, threads: int) -> None:
    try:
        check_page(page, threads)
    except (OSError, ValueError) as error:  # a page that is no text too
        raise typer.BadParameter(str(error), param_hint="--page") from error


def _check_plot(plot: Path, sections: tuple[str, ...]) -> None:
    from gradtwin.datasets import MissingExtraError
    from gradtwin.figures import FORMATS, require_matplotlib

    if plot.suffix.lstrip(".") not in FORMATS:
        raise typer.BadParameter(
            f"expected a name that ends in .{', .'.join(FORMATS)}, got {str(plot)!r}",
            param_hint="--plot",
        )
    if not set(sections) & set(DRAWN):
        raise typer.BadParameter(
            f"of the sections only {' and '.join(DRAWN)} have a plot", param_hint="--plot"
        )
    try:
        require_matplotlib()
    except MissingExtraError as error:
        typer.echo(f"Error: {error}", err=True)
        raise typer.Exit(2) from error


if __name__ == "__main__":
    app = typer.Typer(
        add_completion=False, pretty_exceptions_enable=False, rich_markup_mode=None
    )
    app.command()(main)
    run_command(app)
