"""Consecutive floats, of which only the worst are measured with all digits.

Around each switch every float is looked at, more of them than there is time for hundreds of digits
each. In a row of a hundred floats a smooth function is its Taylor polynomial, from derivatives in
all digits at the middle, to much less than a unit: it says where each wing is furthest off, and
only those floats are measured as all others are. Where the polynomial does not meet the exact
values at both ends of a row, at a kink for one, the row is halved.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Any

import mpmath as mp  # type: ignore[import-untyped]
import numpy as np

from ..tolerance import resolution
from .functions import Function
from .jet import ORDER, variable
from .points import Array
from .right import bits, definition_options

SHORT = 8
"""Floats in a row that are not worth a polynomial, which needs three exact values."""

CLOSE = 0.01
"""Units by which a polynomial may miss the exact value at the ends of a row."""


def worth_measuring(function: Function, x: Array, found: Sequence[Sequence[Array]]) -> set[int]:
    """Which of the numbers x to measure: all but those of rows, and of each row the worst.

    found: what each wing computes at x, values and slopes.
    """
    chosen: set[int] = set()
    for row in rows_in(x):
        chosen.update(worst_in(function, x, found, row))
    return chosen


def rows_in(x: Array) -> Iterator[range]:
    """The rows of consecutive floats of one sign; a number that stands alone is one of length 1."""
    next_ones = np.nextafter(x[:-1], np.array(np.inf, x.dtype))
    breaks = (next_ones != x[1:]) | (np.sign(x[:-1]) != np.sign(x[1:]))
    ends = [0, *(np.flatnonzero(breaks) + 1).tolist(), len(x)]
    return (range(start, end) for start, end in pairwise(ends))


def worst_in(
    function: Function, x: Array, found: Sequence[Sequence[Array]], row: range
) -> Iterator[int]:
    """Where in a row a wing is furthest off."""
    here = slice(row.start, row.stop)
    if len(row) < SHORT or not all(np.isfinite(f[here]).all() for each in found for f in each):
        yield from row
        return
    middle = row[len(row) // 2]
    polynomial = Polynomial(function, x[middle])
    if not all(polynomial.meets(function, x[end]) for end in (row[0], row[-1])):
        yield middle
        yield from worst_in(function, x, found, range(row.start, middle))
        yield from worst_in(function, x, found, range(middle + 1, row.stop))
        return
    for values_and_slopes in found:
        for order, computed in enumerate(values_and_slopes):
            errors = polynomial.errors(order, x[here], computed[here], middle - row.start)
            yield row.start + int(np.argmax(errors))


class Polynomial:
    """f and f' near a number, as their derivatives there say."""

    def __init__(self, function: Function, middle: Any) -> None:
        self.middle, self.dtype = middle, middle.dtype
        with mp.workprec(bits([middle], self.dtype.name)):
            self.derivatives = derivatives(function, middle)
            size, smallest = mp.mpf(abs(float(middle))), np.finfo(self.dtype).smallest_subnormal
            self.units = [
                max(resolution(self.dtype.name) * (mp.fabs(f) + size * mp.fabs(slope)),
                    mp.mpf(float(smallest)))
                for f, slope in zip(self.derivatives[:2], self.derivatives[1:])
            ]  # fmt: skip

    def factors(self, order: int) -> list[Any]:
        """Of the powers of a step, from the first on, for f (order 0) or f' (order 1)."""
        return [d / math.factorial(n) for n, d in enumerate(self.derivatives[order:])][1:]

    def meets(self, function: Function, x: Any) -> bool:
        """Whether f and f' at x are those of the polynomial, nearly."""
        with mp.workprec(bits([x, self.middle], self.dtype.name)):
            step = mp.mpf(float(x)) - mp.mpf(float(self.middle))
            for order, exact in enumerate(derivatives(function, x)[:2]):
                moved = sum(c * step**n for n, c in enumerate(self.factors(order), start=1))
                miss = mp.fabs(self.derivatives[order] + moved - exact)
                if not miss <= CLOSE * self.units[order]:
                    return False
        return True

    def errors(self, order: int, x: Array, computed: Array, at: int) -> Array:
        """How far what was computed at x is off, in units; `at` is the middle's place in x.

        In float64, since only differences from the middle are looked at, all of them exact: of the
        numbers, and of what was computed; at the middle itself mpmath knows the error.
        """
        unit = self.units[order]
        steps = (x - self.middle) / np.spacing(np.abs(self.middle))  # whole numbers, or halves
        spacing = mp.mpf(float(np.spacing(np.abs(self.middle))))
        moved = np.zeros(len(x))
        for n, c in enumerate(self.factors(order), start=1):
            moved += float(c * spacing**n / unit) * steps.astype(float) ** n
        digits, exponent = mp.frexp(unit)  # the unit itself may be too small to divide by
        with np.errstate(all="ignore"):
            apart = computed.astype(float) - float(computed[at])
            apart = np.ldexp(apart, -int(exponent)) / float(digits)
        there = float((mp.mpf(float(computed[at])) - self.derivatives[order]) / unit)
        return np.abs(apart + there - moved)


def derivatives(function: Function, x: Any) -> list[Any]:
    """f, f', f'' and f''' at x."""
    y = function.exact(variable(x, 0), **definition_options(function))
    return [y.by(*[0] * order) for order in range(ORDER + 1)]
