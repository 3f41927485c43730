"""`python -m gradtwin.planted`: plants every mistake; exit status 1 where one survives."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Sequence

from ..cli.output import console, tolerant_streams, tracked
from .mistake import Mistake
from .mistakes import MISTAKES, find
from .report import markdown
from .run import Outcome, run


def main(arguments: list[str] | None = None) -> int:
    """Print what came of each mistake; 0 when all are caught, 1 when one survives."""
    tolerant_streams()
    parser = argparse.ArgumentParser(
        prog="python -m gradtwin.planted",
        description="Plants mistakes in the source, one at a time: each must be noticed.",
    )
    parser.add_argument("names", nargs="*", metavar="NAME", help="all of them by default")
    parser.add_argument("--jobs", type=int, default=2, metavar="N", help="processes at a time")
    parser.add_argument("--list", action="store_true", help="only list them")
    parser.add_argument("--markdown", action="store_true", help="print the page docs/planted.md")
    given = parser.parse_args(arguments)
    try:
        chosen = [find(name) for name in given.names] or list(MISTAKES)
    except ValueError as error:
        parser.error(str(error))
    if given.jobs < 1:
        parser.error(f"--jobs: expected 1 or more, got {given.jobs}")
    if given.list:
        _table([(each, each.command, "") for each in chosen])
        return 0

    if given.markdown and given.names:
        parser.error("--markdown: the page shows all mistakes, so no NAME can be given beside it")

    start = time.perf_counter()
    outcomes: list[Outcome] = []
    try:
        _collect(outcomes, chosen, given.jobs)
    except KeyboardInterrupt:
        if not given.markdown:
            _print(outcomes, len(chosen), time.perf_counter() - start)
        print("Interrupted.", file=sys.stderr)
        return 130
    seconds = time.perf_counter() - start
    if given.markdown:
        print(markdown(outcomes, seconds, given.jobs), end="")
    else:
        _print(outcomes, len(chosen), seconds)
    return 0 if all(o.as_it_should for o in outcomes) else 1


def _collect(outcomes: list[Outcome], chosen: Sequence[Mistake], jobs: int) -> None:
    """Add the outcomes as they come, with a bar on a terminal."""
    outcomes.extend(tracked(run(chosen, jobs), "planting", len(chosen)))


def _print(outcomes: Sequence[Outcome], chosen: int, seconds: float) -> None:
    _table([(o.mistake, o.verdict, f"{o.seconds:.1f}") for o in outcomes])
    wrong = [o for o in outcomes if not o.as_it_should]
    for outcome in wrong:
        name = outcome.mistake.name if outcome.mistake else "nothing planted"
        print(f"{name}: {outcome.verdict}")
    caught = sum(o.mistake is not None and o.as_it_should for o in outcomes)
    print(f"{caught} of {chosen} mistakes are caught ({seconds:.0f} s)")


def _table(rows: Sequence[tuple[Mistake | None, str, str]]) -> None:
    from rich.table import Table

    table = Table("where", "what", "caught by", "report", "s")
    for mistake, said, seconds in rows:
        if mistake is None:
            table.add_row("-", "nothing planted", "everybody below", said, seconds)
        else:
            what = f"{mistake.name}: {mistake.what}"
            table.add_row(mistake.file, what, mistake.command, said, seconds)
    console().print(table)


if __name__ == "__main__":
    sys.exit(main())
