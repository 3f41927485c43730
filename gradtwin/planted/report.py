"""The mistakes and what came of them, as the page docs/planted.md."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import groupby

from .mistake import Mistake
from .mistakes import MISTAKES
from .run import Outcome


def markdown(outcomes: Sequence[Outcome], seconds: float, jobs: int) -> str:
    """The page, from the outcomes of every mistake; `python -m gradtwin.planted --markdown`."""
    said = {o.mistake.name: o.verdict for o in outcomes if o.mistake is not None}
    planted = [o for o in outcomes if o.mistake is not None]
    caught = sum(o.as_it_should for o in planted)
    parts = [
        "# Planted mistakes",
        "That both wings agree is worth as much as the certainty that a mistake would have been "
        "noticed. So mistakes, among them those that people really make, are put into the source "
        "one at a time, and each must be noticed: by `gradtwin check`, or by a named test where "
        "check cannot by its nature, since it calls backward once, on new arrays, and compares "
        "first derivatives.",
        "```console\n$ python -m gradtwin.planted [NAME ...] [--jobs 2]\n```",
        "Each mistake is declared in `gradtwin/planted/mistakes/`, with the text that it replaces. "
        "It is planted in the import of a process of its own; no file is written to. Before them "
        "everybody who is asked below is asked with nothing planted, and must be content. The "
        "exit status is 1 where a mistake survives. A test runs some of them with every change, "
        "and holds the declarations to the source and this page to the declarations.",
        f"**{caught} of {len(planted)} mistakes are caught**, in {seconds:.0f} seconds by {jobs} "
        "processes. This page was written by `python -m gradtwin.planted --markdown`; the last "
        "column is the line of the report that says what differs.",
        *sections(MISTAKES, said),
    ]
    return "\n\n".join(parts) + "\n"


def sections(mistakes: Sequence[Mistake], said: Mapping[str, str]) -> list[str]:
    """A heading and a table for each file in which mistakes are planted."""
    by_file = sorted(mistakes, key=lambda each: [m.file for m in mistakes].index(each.file))
    parts = []
    for file, group in groupby(by_file, key=lambda each: each.file):
        lines = ["| mistake | the change | caught by | the report |", "|---|---|---|---|"]
        lines += [f"{declared(each)} {cell(said.get(each.name, '-'))} |" for each in group]
        parts += [f"## {file}", "\n".join(lines)]
    return parts


def declared(mistake: Mistake) -> str:
    """The cells of a row that the declaration says."""
    before, after = mistake.change()
    what = f"`{mistake.name}`: {cell(mistake.what)}"
    change = f"{code(before)} became {code(after)}"
    return f"| {what} | {change} | {code(mistake.command)} |"


def code(text: str) -> str:
    """Code in a cell of a table."""
    return f"`{cell(text)}`" if text else "nothing"


def cell(text: str) -> str:
    """Text that neither ends a cell nor a row."""
    return text.replace("|", "\\|").replace("\n", " ")
