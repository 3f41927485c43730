"""Where a random case comes from: a sequence of integers, each below a bound.

Everything random is built from `pick(n)`, an integer from 0 to n - 1, the simplest first. In the
search they come from Python's own generator, seeded with the seed and the number of the case, which
takes a microsecond; when a case is to shrink they come from Hypothesis, which replays the same
integers and then makes them fewer and smaller.

Besides, this is as much of numpy's Generator as the table of samples draws with, so that the rows
of that table shrink too.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from math import prod
from typing import Any, TypeVar

import numpy as np

from .numbers import RANGE, Array, fraction, likely_indices, normal_number

T = TypeVar("T")
Size = int | tuple[int, ...] | None


class Choices:
    """The choices of one case.

    edges: whether infinities, NaN, huge and tiny numbers are among the numbers that are drawn.
    """

    edges = False

    def pick(self, n: int) -> int:
        """An integer from 0 to n - 1; 0 is the simplest."""
        raise NotImplementedError

    def indices(self, count: int) -> Array:
        """So many integers from 0 to 2**32 - 1, each standing for a number (see `numbers`)."""
        raise NotImplementedError

    def one_of(self, options: Sequence[T]) -> T:
        """One of these; the first is the simplest."""
        return options[self.pick(len(options))]

    def chance(self, one_in: int) -> bool:
        """True once in so many times; False is the simplest."""
        return self.pick(one_in) == one_in - 1

    # ---- as numpy's Generator ----------------------------------------------------------------

    def normal(self, loc: float = 0.0, scale: float = 1.0, size: Size = None) -> Any:
        """Numbers around loc; simple ones and edges are taken as they are, not scaled."""
        value = normal_number(self.indices(_count(size)), scale, self.edges)
        return self._shaped(value + loc if loc else value, size)

    def uniform(self, low: float = 0.0, high: float = 1.0, size: Size = None) -> Any:
        """Numbers from low to high, both included."""
        return self._shaped(low + (high - low) * fraction(self.indices(_count(size))), size)

    def random(self, size: Size = None) -> Any:
        """Numbers from 0 to 1."""
        return self.uniform(size=size)

    def integers(self, low: int, high: int | None = None, size: Size = None) -> Any:
        """Integers from low to high - 1, or from 0 to low - 1."""
        low, high = (0, low) if high is None else (low, high)
        if size is None:
            return low + self.pick(high - low)
        drawn = [self.pick(high - low) for _ in range(_count(size))]
        return np.array(drawn, np.int64).reshape(size) + low

    def choice(self, options: Sequence[Any], size: Size = None) -> Any:
        """Some of these."""
        return np.asarray(options)[self.integers(len(options), size=size)]

    @staticmethod
    def _shaped(values: Array, size: Size) -> Any:
        return values[0] if size is None else values.reshape(size)


def _count(size: Size) -> int:
    return 1 if size is None else size if isinstance(size, int) else prod(size)


class Random(Choices):
    """The choices of case `number` of the search with this seed; `taken` are those made so far."""

    def __init__(self, seed: int, number: int) -> None:
        self._random = random.Random((seed << 64) | number)
        self.taken: list[int] = []

    def pick(self, n: int) -> int:
        choice = int(self._random.random() * n)
        self.taken.append(choice)
        return choice

    def indices(self, count: int) -> Array:
        uniform = np.frombuffer(self._random.randbytes(4 * count), np.uint32).astype(np.int64)
        chosen = likely_indices(uniform, self.edges)
        self.taken += chosen.tolist()
        return chosen


class Replayed(Choices):
    """Choices by a function of a bound, such as Hypothesis' `draw(integers(0, n - 1))`."""

    def __init__(self, below: Callable[[int], int]) -> None:
        self._below = below

    def pick(self, n: int) -> int:
        return self._below(n)

    def indices(self, count: int) -> Array:
        return np.array([self.pick(RANGE) for _ in range(count)], np.int64)
