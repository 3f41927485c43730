"""`python -m gradtwin.planted`: plants every mistake; exit status 1 where one survives."""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Sequence

from ..cli.output import INTERRUPTED, run_command, tracked
from ..spelling import hint
from .mistake import Mistake
from .mistakes import MISTAKES, find
from .report import markdown
from .run import Outcome, run

MOST_JOBS = 4 * (os.cpu_count() or 1)
"""Each is a process that holds PyTorch."""


def main(arguments: list[str] | None = None) -> int:
    """Print what came of each mistake; 0 when all are caught, 1 when one survives."""
    parser = argparse.ArgumentParser(
        prog="python -m gradtwin.planted",
        description="Plants mistakes in the source, one at a time: each must be noticed.",
    )
    parser.add_argument("names", nargs="*", metavar="NAME", help="all of them by default")
    parser.add_argument("--jobs", type=int, default=2, metavar="N", help="processes at a time")
    parser.add_argument("--list", action="store_true", help="only list them")
    parser.add_argument("--markdown", action="store_true", help="print the page docs/planted.md")
    given = parser.parse_args(arguments)
    for name in given.names:
        if name not in (known := [each.name for each in MISTAKES]):
            near = hint(name.lower(), known, "python -m gradtwin.planted --list shows them")
            parser.error(f"unknown mistake {name!r}: {near}")
    chosen = [find(name) for name in dict.fromkeys(given.names)] or list(MISTAKES)  # each once
    if not 1 <= given.jobs <= MOST_JOBS:
        parser.error(f"--jobs: expected 1 to {MOST_JOBS}, got {given.jobs}")
    if given.list and given.markdown:
        parser.error("--markdown: the page shows what came of the mistakes, which --list does not")
    if given.markdown and given.names:
        parser.error("--markdown: the page shows all mistakes, so no NAME can be given beside it")
    if given.list:
        print_under_files([(each, "") for each in chosen])
        return 0

    start = time.perf_counter()
    outcomes: list[Outcome] = []
    try:
        _collect(outcomes, chosen, given.jobs)
    except KeyboardInterrupt:
        if not given.markdown:
            _print(outcomes, len(chosen), time.perf_counter() - start)
        print(INTERRUPTED, file=sys.stderr)
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
    print_under_files([(o.mistake, f"{o.verdict} ({o.seconds:.1f} s)") for o in outcomes])
    wrong = [o for o in outcomes if not o.as_it_should]
    for outcome in wrong:
        name = outcome.mistake.name if outcome.mistake else "nothing planted"
        print(f"{name}: {outcome.verdict}")
    caught = sum(o.mistake is not None and o.as_it_should for o in outcomes)
    blind = any(o.mistake is None for o in wrong)
    note = ", which shows nothing: who is asked complains without a mistake too" if blind else ""
    print(f"{caught} of {chosen} mistakes are caught{note} ({seconds:.0f} s)")


def print_under_files(rows: Sequence[tuple[Mistake | None, str]]) -> None:
    """Each mistake under its file, with who must notice and what was said: lines of any length."""
    file = ""
    for mistake, said in rows:
        if mistake is None:
            print(f"nothing planted, everybody below is asked: {said}")
            continue
        if mistake.file != file:
            print(*([""] if file else []), mistake.file, sep="\n")
            file = mistake.file
        print(f"  {mistake.name}: {mistake.what}\n    {mistake.command}")
        if said:
            print(f"    {said}")


if __name__ == "__main__":
    run_command(lambda: sys.exit(main()))
