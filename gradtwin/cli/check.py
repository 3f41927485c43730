"""`gradtwin check`: both wings on every concept, a row each."""

from __future__ import annotations

import math
import sys
import time
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from .numbers import integer_from, one_of
from .output import console, loading, print_json

if TYPE_CHECKING:
    from rich.table import Table

    from ..check import Report, Result


class Dtype(StrEnum):
    """The dtypes that a concept is checked in."""

    float32 = "float32"
    float64 = "float64"


def check(
    concepts: Annotated[
        list[str] | None,
        typer.Argument(metavar="CONCEPT", help="Names from `gradtwin list`; all by default."),
    ] = None,
    dtype: Annotated[
        Dtype,
        typer.Option(
            parser=one_of(Dtype), metavar="|".join(Dtype), help="The dtype of the inputs."
        ),
    ] = Dtype.float64,
    seed: Annotated[
        int, typer.Option(parser=integer_from(0), metavar="N", help="Of the random inputs.")
    ] = 0,
    cases: Annotated[
        int,
        typer.Option(
            parser=integer_from(1), metavar="N", help="Random inputs a concept; corners are added."
        ),
    ] = 20,
    json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Compare both wings: outputs, gradients, and the numbers that the lecture prints.

    Exit status 1 when a difference is found.
    """
    from ..concepts import concepts as registry
    from ..concepts import find

    try:
        named = [find(name) for name in concepts] if concepts else registry()
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="CONCEPT") from error

    chosen = list({each.name: each for each in named}.values())  # each once
    start = time.perf_counter()
    with loading():
        from rich.progress import track

        from ..check import Report, check_concept

    shown = track(
        chosen,
        description="checking",
        console=console(stderr=True),
        transient=True,
        disable=json or not sys.stderr.isatty(),
    )
    report = Report([check_concept(each, dtype, seed, cases) for each in shown], dtype, seed)
    if json:
        print_json(report.to_dict())
    else:
        _print(report, time.perf_counter() - start)
    raise typer.Exit(0 if report.ok else 1)


def _print(report: Report, seconds: float) -> None:
    out = console()
    out.print(_table(report))
    for result in report:
        for figure in result.figures:
            if figure.ok and figure.figure.erratum:
                out.print(f"Erratum of the lecture, {result.concept.name}: {figure}")
        if result.ok and result.torch_failures:
            out.print(
                f"{result.concept.name}: in {len(result.torch_failures)} cases the third witness "
                "finds scratch right and PyTorch wrong (--json has them)"
            )
    for result in report:
        if not result.ok:
            out.print(f"\n{result}")
    different = [result.concept.name for result in report if not result.ok]
    cases = sum(result.cases for result in report)
    verdict = (
        f"{len(different)} of {len(report)} concepts differ: {', '.join(different)}"
        if different
        else f"{len(report)} of {len(report)} concepts agree"
    )
    out.print(f"{verdict} ({cases:,} cases, {report.dtype}, seed {report.seed}, {seconds:.1f} s)")


def _table(report: Report) -> Table:
    from rich.table import Table

    table = Table("concept")
    for heading in ("cases", "ULP forward", "ULP gradient", "of allowed", "printed figures"):
        table.add_column(heading, justify="right")
    table.add_column("verdict")
    for result in report:
        table.add_row(
            result.concept.name,
            str(result.cases),
            _ulp(result.ulp_forward),
            _ulp(result.ulp_gradient),
            f"{result.share:.0%}" if math.isfinite(result.share) else "-",
            _figures(result),
            _verdict(result),
            style=None if result.ok else "bold red",
        )
    return table


def _ulp(distance: float | None) -> str:
    if distance is None:
        return "-"
    return f"{distance:,.0f}" if distance < 1e6 else f"{distance:.0e}"


def _figures(result: Result) -> str:
    if not result.figures:
        return ""
    reproduced = sum(figure.ok for figure in result.figures)
    errata = sum(bool(figure.figure.erratum) for figure in result.figures)
    marked = f" ({errata} erratum)" if errata == 1 else f" ({errata} errata)" if errata else ""
    return f"{reproduced}/{len(result.figures)}{marked}"


def _verdict(result: Result) -> str:
    if not result.ok:
        return "DIFFERS"
    return "scratch right" if result.torch_failures else "equal"
