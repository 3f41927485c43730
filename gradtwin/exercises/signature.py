"""`"linear_backward(g, X, W) -> dX, dW, db"`: a function that the student writes."""

from __future__ import annotations

import re
from dataclasses import dataclass

_PATTERN = re.compile(r"\s*(\w+)\s*\(([^()]*)\)\s*->\s*(.+?)\s*\Z")


@dataclass(frozen=True, slots=True)
class Function:
    """A function from named quantities to named quantities.

    Args:
        name: what the student defines.
        parameters: positional, in order.
        returns: one value, or a tuple of several.
    """

    name: str
    parameters: tuple[str, ...]
    returns: tuple[str, ...]

    @classmethod
    def parse(cls, text: str) -> Function:
        """The function that a line declares.

        Raises:
            ValueError: anything but `name(a, b) -> c, d`.

        >>> Function.parse("f(x, w) -> y, cache").returns
        ('y', 'cache')
        """
        match = _PATTERN.match(text)
        names = [] if match is None else [_names(match[2]), _names(match[3])]
        every = [n for part in names for n in part]
        if match is None or not names[1] or not all(n.isidentifier() for n in every):
            raise ValueError(f'functions: expected "name(a, b) -> c, d", got {text!r}')
        return cls(match[1], tuple(names[0]), tuple(names[1]))

    def __str__(self) -> str:
        return f"{self.name}({', '.join(self.parameters)}) -> {', '.join(self.returns)}"


def _names(text: str) -> list[str]:
    return [part.strip() for part in text.split(",") if part.strip()]
