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

EIGHTHS = 4096
"""Below this and beyond the simple numbers and edges: eighths of both signs up to 4."""

RANGE = 2**32
LOGISTIC = 0.5513288954217921
"""sqrt(3)/pi: so many times a logistic number is of variance 1."""


def _short_numbers(first: Array) -> Array:
    index = np.arange(EIGHTHS)
    eighths = ((index >> 1) % 33) / np.where(index & 1, -8.0, 8.0)
    return np.concatenate([first, eighths[len(first) :]])


def _logistic_numbers() -> Array:
    u = (np.arange(2**16) + 0.5) / 2**16
    numbers: Array = LOGISTIC * np.log(u / (1 - u))
    return numbers


SHORT = _short_numbers(np.concatenate([SIMPLE, SIMPLE]))
WITH_EDGES = _short_numbers(np.concatenate([SIMPLE, SIMPLE, EDGES]))
LONG = _logistic_numbers()

ALL = RANGE - 1
SHIFTS = np.array([[3, 3, 3, 0, 0, 0, 0, 0], [3, 3, 3, 3, 3, 3, 0, 0]])
MASKS = np.array([[63, 63, EIGHTHS - 1, *[ALL] * 5], [*[63] * 5, EIGHTHS - 1, ALL, ALL]])


def likely_indices(random: Array, edges: bool) -> Array:
    """Uniform 32-bit integers as indices of numbers: one in four simple, one in eight an eighth.

    edges: more than half are simple or an edge.
    """
    kind = random & 7
    chosen: Array = (random >> SHIFTS[int(edges)][kind]) & MASKS[int(edges)][kind]
    return chosen


def normal_number(index: Array, scale: float, edges: bool) -> Array:
    """The number of each index; those with all their digits are of a size of about scale.

    edges: whether infinities, NaN and the like are among the numbers.

    >>> normal_number(np.array([0, 1, 2, 3, 100, 2**30]), 1.0, edges=False).round(2).tolist()
    [0.0, 1.0, -1.0, 2.0, 2.12, -0.61]
    """
    short = WITH_EDGES if edges else SHORT
    long: Array = LONG[index >> 16] * scale
    return np.where(index < EIGHTHS, short[index & (EIGHTHS - 1)], long)


def fraction(index: Array) -> Array:
    """A number from 0 to 1 for each index, the simplest first: 1/2, then 0 and 1, quarters.

    >>> fraction(np.array([0, 1, 2, 3])).tolist()
    [0.5, 0.0, 1.0, 0.25]
    """
    simple = np.array([0.5, 0.0, 1.0, 0.25, 0.75, 0.125, 0.875, 0.375])
    return np.where(index < len(simple), simple[np.minimum(index, 7)], (index + 0.5) / RANGE)
