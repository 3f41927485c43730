"""Numbers on the command line: an error names the option, what was given and what was expected."""

from __future__ import annotations

import math
from collections.abc import Callable

import typer


def integer_from(least: int) -> Callable[[str], int]:
    """A parser of integers of `least` or more.

    >>> integer_from(1)("32")
    32
    """

    def integer(text: str) -> int:
        try:
            number = int(text)
        except ValueError:
            number = None
        if number is None or number < least:
            raise typer.BadParameter(f"expected an integer of {least} or more, got {text!r}")
        return number

    return integer


def positive(text: str) -> float:
    """A finite number above 0.

    >>> positive("0.2")
    0.2
    """
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not (math.isfinite(number) and number > 0):
        raise typer.BadParameter(f"expected a finite number above 0, got {text!r}")
    return number
