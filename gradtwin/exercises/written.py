"""What a source says before it runs: which exercise it is, which functions it defines and how."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Sequence
from difflib import get_close_matches

from .exercise import Exercise
from .texts import N_, Message

MARKER = "# gradtwin exercise: "
"""The line of a starting file that says which exercise it is. `##` will do: a smaller heading."""

_MARKED = re.compile(r"^[ \t]*#+[ \t]*gradtwin exercise:[ \t]*(\w+)", re.MULTILINE)


def marked(source: str) -> list[str]:
    """The exercises that the lines of a source name, each once, in order.

    >>> marked("# gradtwin exercise: relu\\nx = 1")
    ['relu']
    """
    return list(dict.fromkeys(_MARKED.findall(source)))


def section(cells: Sequence[str], name: str) -> list[str]:
    """The code of one exercise where a file holds several: all up to the next one's line.

    Several exercises may ask for functions of the same name; what stands before may be needed.

    >>> section(["# gradtwin exercise: a\\nx = 1\\n# gradtwin exercise: b\\nx = 2"], "a")
    ['# gradtwin exercise: a\\nx = 1\\n']
    """
    kept: list[str] = []
    begun = False
    for cell in cells:
        for line in _MARKED.finditer(cell):
            if line[1] == name:
                begun = True
            elif begun:
                return [*kept, cell[: line.start()]]
        kept.append(cell)
    return kept


def remarks(exercise: Exercise, cells: Sequence[str]) -> list[Message]:
    """Functions that cannot be called as the exercise does, and misspelt names."""
    defined = {f.name: f for cell in cells for f in _functions(cell)}
    found: list[Message] = []
    for wanted in exercise.parsed:
        f = defined.get(wanted.name)
        if f is None:
            spare = [n for n in defined if n not in {w.name for w in exercise.parsed}]
            near = get_close_matches(wanted.name, spare, n=1, cutoff=0.75)
            if near and not _bound(cells, wanted.name):
                found.append(Message(N_("there is no function {name}, but one called {near}"),
                                     {"name": wanted.name, "near": near[0]}))
        elif not _takes(f.args, len(wanted.parameters)):
            found.append(Message(
                N_("{name} is written with the parameters ({came}) and is called with "
                   "({expected})"),
                {"name": wanted.name, "came": ast.unparse(f.args),
                 "expected": ", ".join(wanted.parameters)}))
    return found


def _functions(cell: str) -> Iterator[ast.FunctionDef]:
    """The functions at the top level of a cell; none where it is no Python."""
    try:
        tree = ast.parse(cell)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return
    for node in tree.body:
        if isinstance(node, ast.FunctionDef):
            yield node


def _bound(cells: Sequence[str], name: str) -> bool:
    """Whether a name is given in another way than by `def`: an assignment, an import."""
    return any(re.search(rf"^{name}\s*=|^from\b.*\b{name}\b", cell, re.MULTILINE) for cell in cells)


def _takes(arguments: ast.arguments, count: int) -> bool:
    """Whether a function can be called with so many positional arguments."""
    positional = len(arguments.posonlyargs) + len(arguments.args)
    needed = positional - len(arguments.defaults)
    named = any(default is None for default in arguments.kw_defaults)
    return needed <= count and (count <= positional or arguments.vararg is not None) and not named
