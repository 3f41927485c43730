"""`gradtwin fuzz`: the search for differences between the wings."""

from __future__ import annotations

import json as json_text
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from .numbers import integer_from, positive
from .output import console, loading, print_json

if TYPE_CHECKING:
    from ..fuzz import Found, Summary


def file_name(text: str) -> Path:
    """A path, which an empty text is not: pathlib would take it for the current folder."""
    if not text:
        raise typer.BadParameter("expected the name of a file, got ''")
    return Path(text)


def fuzz(
    time: Annotated[
        float | None,
        typer.Option(
            parser=positive, metavar="SECONDS", help="How long; 60 seconds without --cases."
        ),
    ] = None,
    cases: Annotated[
        int | None, typer.Option(parser=integer_from(1), metavar="N", help="How many cases.")
    ] = None,
    jobs: Annotated[
        int, typer.Option(parser=integer_from(1), metavar="N", help="Processes.")
    ] = 1,
    seed: Annotated[
        int,
        typer.Option(
            parser=integer_from(0), metavar="N", help="A case is drawn from it and its number."
        ),
    ] = 0,
    first: Annotated[
        int,
        typer.Option(
            parser=integer_from(0), metavar="N", help="The number of the first case."
        ),
    ] = 0,
    save: Annotated[
        Path | None,
        typer.Option(
            parser=file_name, metavar="FILE", help="Add each difference to it when found (JSON)."
        ),
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Search for differences: random cases in both wings, each difference as a Python program.

    Exit status 1 when one is found; each is printed at once, and Ctrl-C ends the search.
    """
    with loading():
        from graphs.rendering import check_place

        from ..fuzz import fuzz as search

    if save is not None:
        try:
            check_place(save)
            save.open("a").close()
        except OSError as error:
            raise typer.BadParameter(
                f"cannot be written: {error}", param_hint="--save"
            ) from error
    seconds = time if time is not None else 60.0 if cases is None else None

    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    bar = Progress(
        TextColumn("searching"), BarColumn(), TextColumn("{task.fields[cases]:,} cases"),
        TextColumn("{task.fields[found]} found"), TimeElapsedColumn(),
        console=console(stderr=True), transient=True,
        disable=json or not sys.stderr.isatty(),
    )  # fmt: skip

    def found(each: Found) -> None:
        bar.stop()  # or it would stand in the middle of what is printed
        if not json:
            console().print(_shown(each))
        if save is not None:
            try:
                with save.open("a") as file:
                    file.write(json_text.dumps(each.to_dict()) + "\n")
            except OSError as error:
                reason = error.strerror or error
                typer.echo(f"Error: --save: {save}: {reason}: not saved", err=True)
        bar.start()

    with bar:
        task = bar.add_task("", total=cases or seconds, cases=0, found=0)
        summary = search(
            seconds, cases, jobs, seed, first,
            lambda now: bar.update(
                task, completed=now.cases if cases else now.seconds, cases=now.cases,
                found=len(now.found),
            ),
            found,
        )  # fmt: skip
    if json:
        print_json(summary.to_dict())
    else:
        _print(summary)
    raise typer.Exit(130 if summary.interrupted and summary.ok else 0 if summary.ok else 1)


EXPLAINED = {"both refuse": ": an error in either wing, mostly of a call drawn wrong on purpose"}


def counted(number: int, what: str) -> str:
    """So many of it, in words.

    >>> counted(1, "case"), counted(2_000, "case")
    ('1 case', '2,000 cases')
    """
    return f"{number:,} {what}{'' if number == 1 else 's'}"


def _shown(found: Found) -> str:
    return (
        f"\ncase {found.number} of seed {found.seed}: {found.label} differs\n"
        f"{found.report}\n\n{found.python}"
    )


def _print(summary: Summary) -> None:
    out = console()
    rate = summary.cases / max(summary.seconds, 1e-9)
    for outcome, count in summary.outcomes.most_common():
        out.print(f"{count:>12,}  {outcome}{EXPLAINED.get(outcome, '')}")
    if summary.torch_wrong:
        numbers = ", ".join(map(str, summary.torch_wrong))
        out.print(f"scratch right and PyTorch wrong, the first: {numbers}")
    ended = "interrupted: " if summary.interrupted else ""
    verdict = counted(len(summary.found), "difference") if summary.found else "no difference"
    out.print(
        f"{ended}{verdict} in {counted(summary.cases, 'case')} (seed {summary.seed}, "
        f"{summary.seconds:.1f} s, {rate:,.0f} a second)"
    )
