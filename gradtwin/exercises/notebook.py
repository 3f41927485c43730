"""A notebook as students hand it in: its code cells in order, magics and shell lines left out."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from .submission import Submission
from .texts import N_, Message


def read_notebook(raw: bytes, path: Path, siblings: Mapping[str, str]) -> Submission:
    """The code of a notebook; a file cut off in the middle is a problem with its reason."""
    try:
        notebook = json.loads(raw.decode("utf-8-sig", errors="replace"))
        cells = [
            "".join(source) if isinstance(source, list) else str(source)
            for cell in notebook["cells"]
            if cell.get("cell_type") == "code"
            for source in [cell.get("source", "")]
        ]
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return Submission(path=path, problem=Message(
            N_("the notebook is damaged or cut off: it is no JSON with cells")))
    return Submission([without_magics(cell) for cell in cells], siblings, path)


def without_magics(cell: str) -> str:
    """A cell without what only IPython understands; line numbers stay.

    >>> without_magics("%matplotlib inline\\nx = 1\\nx?")
    'pass\\nx = 1\\npass'
    """
    if cell.lstrip().startswith("%%"):
        return ""
    lines = []
    for line in cell.split("\n"):
        text = line.strip()
        magic = text.startswith(("%", "!", "?")) or (text.endswith("?") and text[:1].isalpha())
        lines.append(line[: len(line) - len(line.lstrip())] + "pass" if magic else line)
    return "\n".join(lines)
