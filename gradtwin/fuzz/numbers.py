"""From a drawn integer to a number: the smaller the integer, the simpler the number.

A shrinker that makes integers smaller makes the numbers of a case simpler: first 0, 1, -1 and the
like, then eighths, and only then numbers with all their digits.
"""

from __future__ import annotations

from typing import Any

import numpy as np

Array = np.ndarray[Any, np.dtype[Any]]

SIMPLE = np.array(
    [0.0, 1.0, -1.0, 2.0, -2.0, 0.5, -0.5, 3.0, -3.0, 4.0, -4.0, 1.5, -1.5, 0.25, -0.25, -0.0]
)
"""The first numbers; zeros, ties and most kinks are among them."""

EDGES = np.array([
    np.inf, -np.inf, np.nan, 6.0, 1e-3, -1e-3, 1e-8, -1e-8, 1e-20, 1e-37, -1e-37,
    1e-44, 1e-310, 5e-324, 9.0, -9.0, 20.0, -20.0, 40.0, -40.0, 90.0, -104.0, 200.0, -710.0, 750.0,
    -1e4, 1e4, 1e18, -1e18, 3e38, -3e38, 1e155,
])  # fmt: skip
"""Infinities, NaN, subnormal, tiny, far and huge numbers: drawn where a case asks for them."""

TABLE = np.concatenate([SIMPLE, SIMPLE, EDGES])
EIGHTHS = 4096
"""Below this and beyond the table: eighths of both signs up to 4."""

RANGE = 2**32
LOGISTIC = 0.5513288954217921
"""sqrt(3)/pi: so many times a logistic number is of variance 1."""


def likely_indices(random: Array) -> Array:
    """Uniform 32-bit integers as indices of numbers: one in four simple, one in eight an eighth."""
    kind = random & 7
    rest = random >> 3
    return np.where(kind < 2, rest % len(TABLE), np.where(kind == 2, rest % EIGHTHS, random))


def normal_number(index: Array, edges: bool) -> Array:
    """The number of each index, of a size of about 1; edges: whether the table's are meant.

    >>> normal_number(np.array([0, 1, 2, 3, 100, 2**31]), edges=False).round(3).tolist()
    [0.0, 1.0, -1.0, 2.0, 2.25, 0.0]
    """
    eighths = ((index >> 1) % 33) / np.where(index & 1, -8.0, 8.0)
    u = (index + 0.5) / RANGE
    value = np.where(index < EIGHTHS, eighths, LOGISTIC * np.log(u / (1 - u)))
    listed = len(TABLE) if edges else 2 * len(SIMPLE)
    return np.where(index < listed, TABLE[np.minimum(index, listed - 1)], value)


def fraction(index: Array) -> Array:
    """A number from 0 to 1 for each index, the simplest first: 1/2, then 0 and 1, quarters.

    >>> fraction(np.array([0, 1, 2, 3])).tolist()
    [0.5, 0.0, 1.0, 0.25]
    """
    simple = np.array([0.5, 0.0, 1.0, 0.25, 0.75, 0.125, 0.875, 0.375])
    return np.where(index < len(simple), simple[np.minimum(index, 7)], (index + 0.5) / RANGE)
