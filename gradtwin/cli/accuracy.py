"""`gradtwin accuracy`: how far both wings are from the exact values, a function a row."""

from __future__ import annotations

import time
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from .numbers import integer_from, one_of
from .output import check_file, console, loading, print_json, print_table, tracked

if TYPE_CHECKING:
    from ..accuracy import Row


class Dtype(StrEnum):
    """The dtypes that are measured."""

    float64 = "float64"
    float32 = "float32"


MOST_POINTS = 100_000
"""Of each of some thirty kinds of place, in hundreds of digits."""


def accuracy(
    functions: Annotated[
        list[str] | None,
        typer.Argument(metavar="FUNCTION", help="Such as sigmoid; all by default."),
    ] = None,
    dtype: Annotated[
        Dtype | None,
        typer.Option(
            parser=one_of(Dtype), metavar="|".join(Dtype), help="Only this one; both by default."
        ),
    ] = None,
    points: Annotated[
        int,
        typer.Option(parser=integer_from(1), metavar="N", help="Inputs of each kind of place."),
    ] = 12,
    seed: Annotated[
        int, typer.Option(parser=integer_from(0), metavar="N", help="Of the random inputs.")
    ] = 0,
    second: Annotated[
        bool, typer.Option("--second", help="Measure second derivatives instead.")
    ] = False,
    plot: Annotated[
        Path | None,
        typer.Option("--plot", metavar="FILE", help="Draw the errors: a .png, .svg or .pdf."),
    ] = None,
    markdown: Annotated[
        bool, typer.Option("--markdown", help="Print the tables of docs/accuracy.md.")
    ] = False,
    json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Measure both wings against the exact values, forward and gradient.

    The unit is eps (|f| + |x f'|): a rounding of the result, and what one of the input moves it.
    Exit status 1 when scratch is beyond 4 units anywhere: of second derivatives it is in places.
    """
    if points > MOST_POINTS:
        raise typer.BadParameter(
            f"expected at most {MOST_POINTS:,}, which takes hours, got {points}",
            param_hint="'--points'",
        )
    if json and markdown:
        raise typer.BadParameter("give one of --json and --markdown", param_hint="'--markdown'")
    start = time.perf_counter()
    with loading():
        try:
            from ..accuracy import FUNCTIONS, GOAL, find, measure
        except ImportError as error:
            if error.name != "mpmath":
                raise
            typer.echo("Error: the exact values are mpmath's: pip install mpmath", err=True)
            raise typer.Exit(2) from error
        from ..accuracy import report
        from ..samples import scratch_library, torch_library
    _can_draw(plot)
    try:
        named = [row for name in functions for row in find(name)] if functions else FUNCTIONS
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="FUNCTION") from error
    chosen = list(dict.fromkeys(named))  # each once
    libraries = [scratch_library(), torch_library()]
    work = [(each, name) for name in ([dtype] if dtype else Dtype) for each in chosen]
    shown = tracked(work, "measuring", len(work), hidden=json)
    rows = [measure(each, str(name), libraries, points, seed, second) for each, name in shown]
    if json:
        print_json([report.to_dict(row) for row in rows])
    elif markdown:
        print(report.markdown(rows))
    else:
        _print(rows, time.perf_counter() - start)
    _draw(rows, plot)
    raise typer.Exit(any(row.units("scratch") > GOAL for row in rows))


def _print(rows: list[Row], seconds: float) -> None:
    from ..accuracy import GOAL
    from ..accuracy.report import errors, furthest_off, headings, short_cells, title, verdict

    out = console()
    shown = headings(rows)[: 1 + len(errors(rows[0]))]
    for dtype in dict.fromkeys(row.dtype for row in rows):
        of_dtype = [row for row in rows if row.dtype == dtype]
        styles = ["bold red" if row.units("scratch") > GOAL else None for row in of_dtype]
        print_table(out, title(dtype, rows), shown, [short_cells(r) for r in of_dtype], styles)
        if places := furthest_off(of_dtype):
            out.print(f"Furthest off in {dtype}:\n" + "\n".join(places))
    out.print(verdict(rows))
    numbers = sum(row.count for row in rows)
    out.print(f"({numbers:,} numbers, in units of eps (|f| + |x f'|), {seconds:.1f} s)")


def _can_draw(path: Path | None) -> None:
    """Refuse what cannot be drawn before the work is done."""
    if path is None:
        return
    from ..datasets import MissingExtraError
    from ..figures import FORMATS, require_matplotlib

    if path.suffix.lstrip(".") not in FORMATS:
        raise typer.BadParameter(
            f"expected a name that ends in .{', .'.join(FORMATS)}, got {str(path)!r}",
            param_hint="'--plot'",
        )
    try:
        check_file(path)
    except OSError as error:
        raise typer.BadParameter(str(error), param_hint="'--plot'") from error
    try:
        require_matplotlib()
    except MissingExtraError as error:
        typer.echo(f"Error: {error}", err=True)
        raise typer.Exit(2) from error


def _draw(rows: list[Row], path: Path | None) -> None:
    """Said on standard error, since standard output may be JSON."""
    if path is None:
        return
    from ..accuracy.plot import save

    try:
        save(rows, path)
    except OSError as error:
        raise typer.BadParameter(f"cannot write there: {error}", param_hint="'--plot'") from error
    typer.echo(f"Drawn: {path}", err=True)
