"""Where the numbers of a sample come from: each argument says its dimensions and its range.

Dimensions are written as in the documentation: `"n k"` is a matrix, `""` a 0-d tensor, `"2 n"` has
a fixed length 2, `"n C+"` a length C that is never 0. `"..."` is any shape, the same for each
argument that has it; `"*"` any shape that broadcasts with the others that have it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

Array = np.ndarray[Any, np.dtype[Any]]
Shape = tuple[int, ...]
Draw = Callable[[np.random.Generator, Shape, Mapping[str, int]], Any]


@dataclass(frozen=True)
class Values:
    """One argument of a sample.

    Args:
        dims: its dimensions, in the words of this module.
        draw: the numbers, from a random generator, the shape and the length of each dimension.
        floating: whether it is taken in the dtype of the sample; integers and booleans are not.
        differentiable: whether its gradient is compared.
    """

    dims: str
    draw: Draw
    floating: bool = True
    differentiable: bool = True

    def array(
        self, rng: np.random.Generator, shape: Shape, lengths: Mapping[str, int], dtype: Any
    ) -> Array:
        """The argument itself."""
        drawn = np.asarray(self.draw(rng, shape, lengths))
        if not self.floating:
            return drawn
        with np.errstate(over="ignore"):
            return drawn.astype(dtype)


def real(dims: str) -> Values:
    """Numbers of both signs, around 0 and up to about 8."""
    return Values(dims, lambda rng, shape, _: rng.normal(0, 2.5, shape))


def positive(dims: str) -> Values:
    """Numbers above 0, from about 0.05 to 20."""
    return Values(dims, lambda rng, shape, _: np.exp(rng.normal(0, 1, shape)))


def between(dims: str, low: float, high: float) -> Values:
    """Numbers strictly between low and high."""
    margin = (high - low) / 50
    return Values(dims, lambda rng, shape, _: rng.uniform(low + margin, high - margin, shape))


def tied(dims: str) -> Values:
    """Few different numbers, so that many are equal; also 0."""
    return Values(dims, lambda rng, shape, _: rng.integers(-1, 2, shape))


def nonzero(dims: str) -> Values:
    """Numbers of both signs, none near 0: what may be divided by."""
    return Values(
        dims, lambda rng, shape, _: rng.choice([-1.0, 1.0], shape) * rng.uniform(0.5, 4.0, shape)
    )


def probabilities(dims: str) -> Values:
    """Distributions over the classes: positive, summing to 1 along the class dimension."""

    def draw(rng: np.random.Generator, shape: Shape, _: Mapping[str, int]) -> Array:
        p = np.exp(rng.normal(0, 1, shape))
        result: Array = p / p.sum(axis=1 if len(shape) > 1 else 0, keepdims=True)
        return result

    return Values(dims, draw)


def classes(dims: str, of: str) -> Values:
    """Class indices, from 0 to the length of the dimension `of` (int64)."""
    return Values(
        dims, lambda rng, shape, lengths: rng.integers(0, lengths[of], shape), floating=False
    )


def integers(dims: str, low: int = -3, high: int = 4) -> Values:
    """Integers from low to high - 1 (int64)."""
    return Values(dims, lambda rng, shape, _: rng.integers(low, high, shape), floating=False)


def booleans(dims: str) -> Values:
    """True or False."""
    return Values(dims, lambda rng, shape, _: rng.random(shape) < 0.5, floating=False)


def constant(values: Values) -> Values:
    """The same numbers for an argument that takes no gradient, such as the weights of classes."""
    return Values(values.dims, values.draw, values.floating, differentiable=False)


def exactly(numbers: Any) -> Values:
    """These numbers: an edge, a tie, a kink. Integers and booleans keep their dtype."""
    array = np.asarray(numbers)
    dims = " ".join(map(str, array.shape))
    return Values(dims, lambda *_: array, floating=array.dtype.kind == "f")


# ---- shapes ---------------------------------------------------------------------------------

SAME: list[Shape] = [(), (3,), (2, 3), (2, 1, 4), (0,), (2, 0, 3)]
"""What "..." stands for."""

BROADCAST: dict[int, list[tuple[Shape, ...]]] = {
    1: [((),), ((3,),), ((2, 3),), ((2, 1, 4),), ((0,),), ((2, 0, 3),)],
    2: [
        ((2, 3), (2, 3)), ((), ()), ((2, 3), (3,)), ((1, 3), (2, 1)), ((2, 3), ()), ((), (3,)),
        ((3, 1), (2, 1, 4)), ((2, 3, 1), (1,)), ((0, 3), (3,)), ((1,), (2, 0)),
    ],
    3: [
        ((2, 3), (2, 3), (2, 3)), ((2, 1), (3,), (2, 3)), ((), (2, 3), ()), ((3,), (), (2, 1)),
        ((1,), (0, 3), (3,)),
    ],
}  # fmt: skip
"""What "*" stands for, by the number of arguments that have it."""

LENGTHS = (2, 3, 4, 5, 6)
"""The lengths of named dimensions, in the order in which they appear: no two are equal, so that a
transposed matrix does not go unnoticed."""


def small_shapes(dims: Sequence[str]) -> list[tuple[list[Shape], dict[str, int]]]:
    """A few choices of shapes for arguments with these dimensions, small and fixed.

    >>> small_shapes(["n k", "k"])[0]
    ([(2, 3), (3,)], {'n': 2, 'k': 3})
    """
    names = named(dims)
    usual = dict(zip(names, LENGTHS))
    choices = [usual] + [{**usual, name: 0} for name, may_be_0 in names.items() if may_be_0]
    wild = [d for d in dims if d in ("*", "...")]
    found = []
    for lengths in choices:
        if "..." in wild:
            options = [(shape,) * len(wild) for shape in SAME]
        else:
            options = BROADCAST[len(wild)] if wild else [()]
        for option in options:
            shapes = iter(option)
            found.append(
                (
                    [next(shapes) if d in ("*", "...") else shape_of(d, lengths) for d in dims],
                    lengths,
                )
            )
    return found


def random_shapes(
    dims: Sequence[str], rng: np.random.Generator
) -> tuple[list[Shape], dict[str, int]]:
    """Random shapes for arguments with these dimensions: 0 to 4 dimensions of length 0 to 5."""
    lengths = {
        name: int(rng.integers(0 if may_be_0 else 1, 6)) for name, may_be_0 in named(dims).items()
    }
    common = tuple(int(n) for n in rng.choice([0, 1, 1, 2, 2, 3, 4, 5], rng.integers(0, 5)))

    def stretched() -> Shape:
        start = int(rng.integers(0, len(common) + 1)) if rng.random() < 0.5 else 0
        return tuple(1 if rng.random() < 0.25 else n for n in common[start:])

    return [
        common if d == "..." else stretched() if d == "*" else shape_of(d, lengths) for d in dims
    ], lengths


def named(dims: Sequence[str]) -> dict[str, bool]:
    """The named dimensions in order, and whether each may have length 0."""
    found: dict[str, bool] = {}
    for word in " ".join(dims).split():
        if word not in ("*", "...") and not word.isdigit():
            found[word.rstrip("+")] = not word.endswith("+") and found.get(word, True)
    return found


def shape_of(dims: str, lengths: Mapping[str, int]) -> Shape:
    """The shape that dimensions such as "n 2" have when their lengths are known."""
    return tuple(
        int(word) if word.isdigit() else lengths[word.rstrip("+")] for word in dims.split()
    )
