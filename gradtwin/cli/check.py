"""`gradtwin check`: both wings on every concept, a row each."""

from __future__ import annotations

import math
import time
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from .numbers import integer_from, one_of
from .output import console, loading, print_json, tracked

if TYPE_CHECKING:
    from rich.table import Table

    from ..check import Report, Result
    from ..on_paper import Table as PaperTable
    from ..sides import Array


class Dtype(StrEnum):
    """The dtypes that a concept is checked in."""

    float32 = "float32"
    float64 = "float64"


def check(
    concepts: Annotated[
        list[str] | None,
        typer.Argument(metavar="CONCEPT", help="Names from `gradtwin list`; all by default."),
    ] = None,
    section: Annotated[
        str,
        typer.Option(metavar="WORDS", help="Those under headings of the lecture with these words."),
    ] = "",
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
    """Compare both wings: outputs, gradients, graphs, and the numbers that the lecture prints.

    Where a gradient is derived on paper too, all three are compared, and shown when it is named.
    Exit status 1 when a difference is found.
    """
    from ..concepts import find, in_section

    names = concepts or []
    try:
        named = [find(name) for name in names]
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="CONCEPT") from error
    try:
        named += in_section(section) if section or not names else []
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="--section") from error

    chosen = list({each.name: each for each in named}.values())  # each once
    start = time.perf_counter()
    with loading():
        from ..check import Report, check_concept

    shown = tracked(chosen, "checking", len(chosen), hidden=json)
    report = Report([check_concept(each, dtype, seed, cases) for each in shown], dtype, seed)
    if json:
        print_json(report.to_dict())
    else:
        seconds = time.perf_counter() - start
        _print(report, seconds, on_paper=bool(names or section))
    raise typer.Exit(0 if report.ok else 1)


def _print(report: Report, seconds: float, on_paper: bool) -> None:
    out = console()
    out.print(_table(report))
    derived = [result for result in report if result.paper is not None and result.ok]
    for result in report:
        if on_paper and result.paper is not None:
            out.print(_witnesses(result, result.paper))
    if derived and not on_paper:
        names = ", ".join(result.concept.name for result in derived)
        out.print(f"Paper = graph = PyTorch: {names} (name one to see all three)")
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
    table.add_column("graphs")
    table.add_column("verdict")
    for result in report:
        table.add_row(
            result.concept.name,
            str(result.cases),
            _ulp(result.ulp_forward),
            _ulp(result.ulp_gradient),
            f"{result.share:.0%}" if math.isfinite(result.share) else "-",
            _figures(result),
            _graphs(result),
            _verdict(result),
            style=None if result.ok else "bold red",
        )
    return table


def _witnesses(result: Result, paper: PaperTable) -> Table:
    """Three columns: the gradient on paper, by scratch's graph, by PyTorch."""
    from rich.table import Table

    inputs = ", ".join(f"{name} = {_short(array, ', ')}" for name, array in paper.inputs.items())
    columns = (result.concept.name, "paper", "scratch's graph", "PyTorch")
    table = Table(*columns, title=f"with {inputs}", title_justify="left")
    for row in paper.rows:
        table.add_row(row.name, *map(_short, row.values))
    return table


def _short(array: Array | None, between_rows: str = "\n") -> str:
    """An array in seven digits: what differs by rounding alone looks the same."""
    if array is None:
        return "-"
    if array.ndim == 0:
        return f"{array:.7g}"
    between = between_rows if array.ndim > 1 else ", "
    return f"[{between.join(_short(part, between_rows) for part in array)}]"


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


def _graphs(result: Result) -> str:
    """"-": the concept has none."""
    return "-" if result.graphs is None else "same" if result.graphs.ok else "DIFFER"


def _verdict(result: Result) -> str:
    if not result.ok:
        return "DIFFERS"
    return "scratch right" if result.torch_failures else "equal"
