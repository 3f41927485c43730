"""Words and numbers on the command line: an error names what was given and what was expected."""

from __future__ import annotations

import math
from collections.abc import Callable
from enum import StrEnum
from typing import TypeVar

import typer

E = TypeVar("E", bound=StrEnum)


def one_of(words: type[E]) -> Callable[[str], E]:
    """A parser of the words of an enumeration.

    >>> one_of(StrEnum("Fruit", ["apple", "pear"]))("pear").name
    'pear'
    """

    *most, last = words
    alternatives = f"{', '.join(most)} or {last}"

    def word(text: str) -> E:
        try:
            return words(text)
        except ValueError:
            raise typer.BadParameter(f"expected {alternatives}, got {str(text)!r}") from None

    return word


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
