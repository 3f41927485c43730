"""Where the functions are measured: over the whole range of the dtype, dense where it is dangerous.

Dangerous are the neighbourhood of 0, the tails, the kinks, and every place where a wing may change
its formula. The same seed gives the same numbers.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

Array = np.ndarray[Any, np.dtype[Any]]

RANGES = (0.01, 1.0, 3.0, 10.0, 40.0, 120.0, 800.0)
"""Numbers are drawn between -r and r for each of these: dense near 0, enough in the tails."""

EXPONENTS = ((80.0, 110.0), (700.0, 750.0))
"""Where exp comes to the end of float32 and of float64, on both sides."""

NEIGHBOURS = 64
"""Floats on each side of a switch, all of which are measured."""

FEW = 3
"""The same where each number is one of several arguments, and costs as much as a hundred alone."""


class Draw:
    """A source of inputs in one dtype; `count` numbers of each kind.

    neighbours: of each switch of a function of one number, on each side.
    """

    def __init__(self, dtype: str, count: int, seed: int, neighbours: int = NEIGHBOURS) -> None:
        self.dtype: Any = np.dtype(dtype)
        self.info = np.finfo(self.dtype)
        self.count, self.neighbours = count, neighbours
        self.rng = np.random.default_rng(seed)

    def numbers(self, switches: Iterable[float] = (), neighbours: int = FEW) -> Array:
        """All magnitudes, and around 0 and each of the switches, of both signs; in order."""
        count, rng = self.count, self.rng
        near = [rng.uniform(-r, r, count) for r in RANGES]
        near += [rng.choice([-1, 1], count) * rng.uniform(*ends, count) for ends in EXPONENTS]
        places = (s for s in (0.0, *switches) if s < float(self.info.max))
        around = [sign * self.around(s, neighbours) for s in places for sign in (1, -1)]
        x = np.concatenate([*near, self.any_exponent(2 * count), *around, self.extremes()])
        with np.errstate(under="ignore"):
            return np.unique(x.astype(self.dtype))

    def any_exponent(self, count: int) -> Array:
        """Random over the exponents of the dtype, from the subnormal to the largest numbers."""
        least, largest = np.log2(self.info.smallest_subnormal), np.log2(self.info.max)
        with np.errstate(under="ignore"):
            x = np.exp2(self.rng.uniform(least, largest, count)).astype(self.dtype)
        signed: Array = x * self.rng.choice([-1, 1], count).astype(self.dtype)
        return signed

    def around(self, switch: float, neighbours: int = FEW) -> Array:
        """The switch with so many neighbours on each side, and some a little further away."""
        wide = switch + self.rng.uniform(-0.02, 0.02, max(self.count // 3, 3))
        return np.concatenate([self.row(switch, neighbours), wide.astype(self.dtype)])

    def row(self, middle: float, neighbours: int = NEIGHBOURS) -> Array:
        """Consecutive floats: the middle with so many neighbours on each side."""
        sides = []
        for end in (-np.inf, np.inf):
            side = [self.dtype.type(middle)]
            for _ in range(neighbours):
                side.append(np.nextafter(side[-1], self.dtype.type(end)))
            sides.append(side)
        below, above = sides
        return np.array(below[:0:-1] + above, self.dtype)

    def extremes(self) -> Array:
        """0, the smallest subnormal and normal numbers, 1, and nearly the largest one."""
        ends = [0.0, self.info.smallest_subnormal, self.info.tiny, 1.0, self.info.max / 4]
        return np.array(ends + [-x for x in ends], self.dtype)

    def positive(self, switches: Iterable[float] = (), neighbours: int = FEW) -> Array:
        """As `numbers`, above 0."""
        x = self.numbers(switches, neighbours)
        return x[x > 0]

    def above_minus_1(self, switches: Iterable[float] = (), neighbours: int = FEW) -> Array:
        """As `numbers`, above -1, and near it."""
        x: Array = np.concatenate([self.numbers(switches, neighbours), -self.share()])
        kept: Array = x[x > -1]
        return kept

    def nonzero(self, switches: Iterable[float] = (), neighbours: int = FEW) -> Array:
        """As `numbers`, without 0."""
        x: Array = self.numbers(switches, neighbours)
        kept: Array = x[x != 0]
        return kept

    def share(self) -> Array:
        """Numbers strictly between 0 and 1: even, tiny, almost 1."""
        rng, n = self.rng, 4 * self.count
        tiny = np.exp2(rng.uniform(np.log2(1e-11), 0, n))
        x = np.concatenate([rng.uniform(0, 1, n), tiny, 1 - tiny])
        x = x.astype(self.dtype)
        return x[(x > 0) & (x < 1)]

    # ---- pairs ------------------------------------------------------------------------------

    def pairs(self) -> list[Array]:
        """Two numbers of any kind, also equal, opposite and almost equal ones."""
        x = self.shuffled(self.numbers())
        y = self.shuffled(x)
        steps = self.rng.integers(-3, 4, len(x)).astype(self.dtype)
        with np.errstate(under="ignore"):
            close = x + steps * np.spacing(np.abs(x))
        half = x[: len(x) // 2]
        return [np.concatenate([x, x, half, half]), np.concatenate([y, close, half, -half])]

    def quotients(self) -> list[Array]:
        """As `pairs`, the second not 0; and where the quotient becomes subnormal, and is."""
        x, y = self.pairs()
        found = [(x[y != 0], y[y != 0])]
        for divisor in (0.003, 0.3, 1.0, -7.0):
            x = np.concatenate([self.row(self.info.tiny * abs(divisor)), self.subnormals()])
            found.append((x, np.full_like(x, divisor)))
        y = self.row(1.0)
        found.append((np.full_like(y, self.info.tiny / 4), y))
        return joined(found)

    def subnormals(self) -> Array:
        """Of all sizes, both signs."""
        digits = self.rng.integers(1, 2 ** self.rng.integers(1, self.info.nmant, self.count))
        with np.errstate(under="ignore"):
            x = digits.astype(self.dtype) * self.info.smallest_subnormal
        signed: Array = x * self.rng.choice([-1, 1], self.count).astype(self.dtype)
        return signed

    def powers(self) -> list[Array]:
        """A base above 0 and an exponent, of which some give moderate results.

        Dense where the exponent has a switch, and where the power or that of the exponent less one
        becomes subnormal or infinite.
        """
        x = self.shuffled(self.positive())
        y = self.shuffled(np.resize(self.numbers((0.5, 1, 2)), x.shape))
        with np.errstate(all="ignore"):
            moderate = self.rng.uniform(-700, 700, len(x)) / np.log(x.astype(float))
            moderate = np.where(np.isfinite(moderate), moderate, 1).astype(self.dtype)
        small = np.abs(self.subnormals())
        found = [(x, y), (x, moderate), (small, self.rng.uniform(-2, 2, small.shape))]
        few_digits = self.info.smallest_subnormal * 2.0 ** (self.info.nmant // 3)
        for base in (0.3, 1e30):
            ends = [float(np.log(end)) / math.log(base)
                    for end in (self.info.tiny, few_digits, self.info.max)]  # fmt: skip
            for exponent in (0.5, -0.5, *ends, *(end + 1 for end in ends)):
                y = self.row(exponent, NEIGHBOURS // 4)
                found.append((np.full_like(y, base), y))
        x, y = joined(found)
        return [x, y.astype(self.dtype)]

    def errors(self, *switches: float) -> list[Array]:
        """A prediction and a target whose difference is of any kind, and around the switches."""
        x, y = self.pairs()
        target = np.repeat(self.rng.normal(0, 3, 4).astype(self.dtype), 8)
        found = [(x, y)]
        for s in switches:
            apart = np.resize(self.around(s), target.shape)
            found += [(target + apart, target), (target - apart, target)]
            row = self.row(s)
            found += [(row, np.zeros_like(row)), (-row, np.zeros_like(row))]
        x, y = joined(found)
        with np.errstate(over="ignore"):
            fits = np.isfinite(x - y)  # the error of a prediction, of which all of them are made
        return [x[fits], y[fits]]

    def shares(self) -> list[Array]:
        """A predicted probability and one to predict: 0, 1, between, and nearly the same."""
        p = self.shuffled(self.share())
        y = self.shuffled(p)
        sure = self.rng.integers(0, 2, p.shape).astype(self.dtype)
        return [np.concatenate([p, p, p]), np.concatenate([y, sure, p])]

    def logits(self) -> list[Array]:
        """A logit of any kind and a probability to predict: 0, 1, between, and the right one."""
        z = self.shuffled(self.numbers((37.0, 745.0)))
        y = np.resize(self.shuffled(self.share()), z.shape)
        sure = self.rng.integers(0, 2, z.shape).astype(self.dtype)
        with np.errstate(all="ignore"):
            right = 1 / (1 + np.exp(-z))
        found = [(z, y), (z, sure), (z, right)]
        row = self.row(1.0)  # a switch, where there are weights
        found += [(side, np.resize(self.share(), row.shape)) for side in (row, -row)]
        return joined(found)

    def shuffled(self, x: Array) -> Array:
        return self.rng.permutation(x)

    # ---- rows of numbers --------------------------------------------------------------------

    def rows(self, length: int) -> Array:
        """Rows of logits: nearly even, certain, very certain, tied, tiny and huge ones."""
        rng, n = self.rng, max(self.count // 4, 1)
        spreads = (1e-3, 0.1, 1, 5, 20, 60, 200, 700, 1e4)
        found: list[Array] = [rng.normal(0, spread, (n, length)) for spread in spreads]
        found.append(rng.integers(-1, 2, (n, length)) * 40.0)
        found.append(np.where(np.eye(length)[rng.integers(0, length, n)] > 0, 36.7, 0))
        with np.errstate(over="ignore"):
            tiny = rng.normal(0, 1, (n, length)) * np.exp2(rng.uniform(-140, -20, (n, 1)))
        found += [tiny, np.full((1, length), self.info.max / 4)]
        return np.concatenate(found).astype(self.dtype)

    def plain(self, *shape: int) -> Array:
        """Such numbers as weights are: normal ones, `count` times the shape."""
        return self.rng.normal(0, 1, (self.count, *shape)).astype(self.dtype)

    def upstream(self, shape: tuple[int, ...]) -> Array:
        """Gradients that arrive: ones, one 1 among zeros, and random numbers."""
        g = self.rng.normal(0, 1, shape)
        if len(shape) > 1:
            flat = g.reshape(shape[0], -1)
            flat[0::3] = 1
            flat[1::3] = np.eye(flat.shape[1])[self.rng.integers(0, flat.shape[1], len(flat[1::3]))]
            g = flat.reshape(shape)
        return g.astype(self.dtype)

    def factors(self, shape: tuple[int, ...]) -> Array:
        """What gradients are multiplied by before they are derived again: 1 for single numbers.

        For rows random numbers, since of even ones as much may cancel as of even gradients.
        """
        ones = len(shape) == 1
        return (np.ones(shape) if ones else self.rng.normal(0, 1, shape)).astype(self.dtype)

    def classes(self, rows: Array) -> Array:
        """A class for each row: the largest entry for half of them, otherwise any."""
        anyone = self.rng.integers(0, rows.shape[1], len(rows))
        return np.where(self.rng.random(len(rows)) < 0.5, rows.argmax(axis=1), anyone)

    def distributions(self, rows: Array) -> Array:
        """A distribution for each row, some of them certain."""
        p: Array = np.exp(self.rng.normal(0, 2, rows.shape))
        p /= p.sum(axis=1, keepdims=True)
        p[::3] = np.eye(rows.shape[1])[rows[::3].argmax(axis=1)]
        return p.astype(self.dtype)


def joined(pairs: Iterable[tuple[Array, Array]]) -> list[Array]:
    """Pairs of arrays, one after the other."""
    return [np.concatenate(each) for each in zip(*pairs)]


Points = Callable[[Draw], list[Array]]
