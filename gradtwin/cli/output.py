"""What every command prints with: a console that no encoding can make fail, and JSON."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rich.console import Console

PIPE_WIDTH = 200
"""Columns where there is no terminal to ask: enough for every table."""


def tolerant_streams() -> None:
    """A character that the console cannot show becomes "?", on ASCII and cp1252 too."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")


def console(stderr: bool = False) -> Console:
    """Rich's console on standard output; it draws its boxes in ASCII where it must."""
    from rich.console import Console

    stream = sys.stderr if stderr else sys.stdout
    width = None if stream.isatty() else PIPE_WIDTH
    return Console(
        file=stream, highlight=False, markup=False, emoji=False, width=width, soft_wrap=True
    )


def print_json(value: Any) -> None:
    """`value` as JSON, in ASCII, as programs read it."""
    print(json.dumps(value, indent=2, allow_nan=False))
