"""A notebook as students hand it in: its code cells in order, magics and shell lines left out.

Of Markdown only the line `# gradtwin exercise: NAME` is read, which is a fine heading there.

Each cell stands alone: one that cannot be read or that stops leaves the others as they are, and the
box runs a cell again that asked for a name which only a later cell defines.
"""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from .submission import Submission
from .texts import N_, Message
from .written import MARKER, marked

RUNS_PYTHON = ("time", "timeit", "capture", "prun")
"""Cell magics under which a cell is Python all the same; under any other it is something else."""

_ASKED = re.compile(r"[\w.]+\?{1,2}|\?{1,2}[\w.]+")
_GIVEN = re.compile(r"(\s*[\w, ]+=)\s*[%!].*")


def read_notebook(raw: bytes, path: Path, siblings: Mapping[str, str]) -> Submission:
    """The code of a notebook; a file cut off in the middle is a problem with its reason."""
    try:
        cells = _code_cells(_parsed(raw))
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return Submission(path=path, problem=Message(
            N_("the notebook is damaged or cut off: it is no JSON with cells")))
    return Submission(cells, siblings, path)


def named_in(path: Path) -> list[str]:
    """The exercise that a notebook's own metadata names, which stays when cells are deleted."""
    try:
        name = _parsed(path.read_bytes())["metadata"]["gradtwin"]["exercise"]
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return []
    return [name] if isinstance(name, str) else []


def _parsed(raw: bytes) -> Any:
    try:
        return json.loads(raw.removeprefix(b"\xef\xbb\xbf"))       # UTF-8, 16 or 32 by itself
    except UnicodeDecodeError:
        return json.loads(raw.decode("cp1252", errors="replace"))


def _code_cells(notebook: Any) -> list[str]:
    """The code, and what Markdown names as a comment that ends the code before it.

    There it begins an exercise as well, and no cell and no line gets another number. Above the
    first code it ends that one.
    """
    cells: list[str] = []
    waiting = ""
    sheets = notebook.get("worksheets") or [notebook]              # before format 4
    for cell in (cell for sheet in sheets for cell in sheet["cells"]):
        if cell.get("cell_type") == "code":
            source = _text(cell["source"] if "source" in cell else cell.get("input", ""))
            cells.append(without_magics(source) + waiting)
            waiting = ""
        elif cell.get("cell_type") == "markdown":
            names = "".join(f"\n{MARKER}{n}" for n in marked(_text(cell.get("source", ""))))
            if cells:
                cells[-1] += names
            else:
                waiting += names
    return cells or [waiting]


def _text(source: Any) -> str:
    return "".join(source) if isinstance(source, list) else str(source)


def without_magics(cell: str) -> str:
    """A cell without what only IPython understands; line numbers stay.

    >>> without_magics("%matplotlib inline\\nx = 1  # right?\\nx?\\nfiles = !ls")
    'pass\\nx = 1  # right?\\npass\\nfiles = None'
    >>> without_magics("%%bash\\nls"), without_magics("%%time\\nx = 1")
    ('', 'pass\\nx = 1')
    """
    if _is_python(cell):
        return cell
    lines = cell.split("\n")
    first = next((n for n, line in enumerate(lines) if line.strip()), 0)
    if lines[first].lstrip().startswith("%%"):
        if lines[first].strip()[2:].partition(" ")[0] not in RUNS_PYTHON:
            return ""
        lines[first] = "pass"
    return "\n".join(_without_magic(line) for line in lines)


def _is_python(cell: str) -> bool:
    """A line that begins with `%` may be the rest of a long expression: then nothing is changed."""
    try:
        ast.parse(cell)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    return True


def _without_magic(line: str) -> str:
    text = line.strip()
    if text.startswith(("%", "!")) or _ASKED.fullmatch(text):
        return line[: len(line) - len(line.lstrip())] + "pass"
    given = _GIVEN.fullmatch(line)
    return f"{given[1]} None" if given else line
