"""All pitfalls as text for a terminal, and as the page docs/pitfalls.md."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from difflib import unified_diff
from functools import cache
from typing import Any

import numpy as np

from ..report import number
from .engines import right
from .pitfall import PITFALLS, Pitfall
from .programs import PROGRAMS, Descent

STEPS = (1, 5, 10, 20, 30)


def text() -> str:
    """Every pitfall: what is wrong, the program that shows it, the numbers, why, and the cure.

    >>> print(text().splitlines()[0])
    1. A recursive backward walks a value again for each of its uses.
    """
    parts = []
    for place, pitfall in enumerate(PITFALLS, start=1):
        parts += [
            f"{place}. {pitfall.title}",
            indented(pitfall.exposed_by.code),
            indented("\n".join(outcome(pitfall))),
            indented(pitfall.why),
            indented(f"Cure: {pitfall.cure_in_words}"),
            indented(f"Hidden by: {', '.join(program.name for program in pitfall.hidden_by)}."),
        ]
    return "\n\n".join([*parts, verdict()]) + "\n"


def markdown() -> str:
    """The page docs/pitfalls.md; `python -m gradtwin.pitfalls --markdown` prints it."""
    parts = [
        "# How an engine goes wrong",
        "Small engines, each with a mistake that real engines had, and the program that exposes "
        "it. Every line of code below is the code that runs, and every number was computed: "
        "`python -m gradtwin.pitfalls --markdown` writes this page, `python -m gradtwin.pitfalls` "
        "prints the report for a terminal, and a test holds this page to what they compute.",
        "A program is a function of tensors (`T`: a tensor of any engine), and backward is called "
        "for each tensor that it returns. An engine of your own runs them all like this:",
        fenced(
            "from gradtwin.pitfalls import PROGRAMS\n\n"
            "for program in PROGRAMS.values():\n"
            "    print(program.name, program.compare(Value).ok)"
        ),
        "## An engine that goes right",
        (inspect.getdoc(right) or "").partition("\n\n")[2],
        fenced("\n\n\n".join(map(source, (right.Value, right.users_first, right.summed_to)))),
    ]
    for place, pitfall in enumerate(PITFALLS, start=1):
        parts += [
            f"## {place}. {pitfall.title}",
            fenced(pitfall.exposed_by.code),
            "\n".join(table(pitfall)),
            pitfall.why,
            "The code:",
            fenced(pitfall.code),
            f"Cure: {pitfall.cure_in_words}",
            fenced("\n".join(diff(pitfall)), "diff"),
            f"Hidden by: {', '.join(f'`{p.name}`' for p in pitfall.hidden_by)}.",
        ]
    parts += [
        "## Which program catches which engine",
        "A dot: the program hides the mistake. A dash: the engine knows no arrays. The first two "
        "walk by recursion, so that they are too deep for a sequence, and keep what inner values "
        "received as well.",
        "\n".join(matrix()),
        "The programs:",
        fenced("\n\n\n".join(program.code for program in PROGRAMS.values())),
    ]
    return "\n\n".join(parts) + "\n"


@cache
def all_caught() -> bool:
    """Whether every wrong engine is caught, and the right one and scratch pass every program."""
    return (
        not any(pitfall.caught().ok for pitfall in PITFALLS)
        and all(program.compare("scratch").ok for program in PROGRAMS.values())
        and all(program.compare(right.Value).ok for program in PROGRAMS.values())
    )


def verdict() -> str:
    """The last line of the report."""
    if all_caught():
        return f"All {len(PITFALLS)} are caught; scratch agrees with PyTorch on every program."
    return "Something is not as this report says."


# ---- the numbers ------------------------------------------------------------------------------


def outcome(pitfall: Pitfall) -> Iterator[str]:
    """What the engine gives, and what is right, a line each."""
    for what, ours, scratch, torch in rows(pitfall):
        yield f"{what}: wrong {ours}, scratch {scratch}, PyTorch {torch}"
    comparison = pitfall.caught()
    for line in str(comparison).splitlines():
        if "worst at" in line or "SHAPE" in line:
            yield f"gradtwin.compare: {line.strip()}"
    for finding in comparison.of("raises"):
        yield f"gradtwin.compare: {finding.message}"


def table(pitfall: Pitfall) -> Iterator[str]:
    """The same as a table of Markdown."""
    yield "| | wrong | scratch | PyTorch |"
    yield "|---|---|---|---|"
    for row in rows(pitfall):
        yield f"| {' | '.join(row)} |"


def rows(pitfall: Pitfall) -> Iterator[tuple[str, str, str, str]]:
    """(what, by this engine, by scratch, by PyTorch)."""
    program = pitfall.exposed_by
    if isinstance(program, Descent):
        for steps in STEPS:
            descent = Descent(steps, program.w, program.lr)
            found = [descent.arrives(by) for by in (pitfall.engine, "scratch", "torch_ref")]
            yield f"w after {steps} step{'s' * (steps > 1)}", *map(shown, found)  # type: ignore[misc]
        return
    scratch, torch = program.gradients("scratch"), program.gradients("torch")
    try:
        ours = program.gradients(pitfall.engine)
    except RecursionError:
        ours = dict.fromkeys(scratch, "RecursionError")
    for name, gradient in ours.items():
        yield (
            f"gradient of {name}",
            gradient if isinstance(gradient, str) else shown(gradient),
            shown(scratch[name]),
            shown(torch[name]),
        )


def shown(value: Any) -> str:
    """A number, or an array as nested lists of numbers."""
    if np.ndim(value):
        return f"[{', '.join(map(shown, value))}]"
    return number(float(value), digits=4)


def matrix() -> Iterator[str]:
    """Programs against engines, those of the training loop left out."""
    engines = [p for p in PITFALLS if not isinstance(p.exposed_by, Descent)]
    yield f"| program | {' | '.join(p.name for p in engines)} |"
    yield f"|---|{'---|' * len(engines)}"
    for program in PROGRAMS.values():
        cells = []
        for pitfall in engines:
            if program.arrays and not hasattr(pitfall.engine, "sum"):
                cells.append("-")
            else:
                agrees = program.compare(pitfall.engine, witness=False).ok
                cells.append("." if agrees else "caught")
        yield f"| {program.name} | {' | '.join(cells)} |"


# ---- the layout -------------------------------------------------------------------------------


def source(thing: Any) -> str:
    return inspect.getsource(thing).rstrip()


def diff(pitfall: Pitfall) -> Iterator[str]:
    """The cure: the lines that go and the lines that come."""
    before, after = inspect.getsource(pitfall.module), pitfall.cured_code
    for line in unified_diff(before.splitlines(), after.splitlines(), n=0, lineterm=""):
        if not line.startswith(("---", "+++", "@@")):
            yield line


def fenced(code: str, language: str = "python") -> str:
    return f"```{language}\n{code}\n```"


def indented(lines: str) -> str:
    return "\n".join(f"   {line}".rstrip() for line in lines.splitlines())
