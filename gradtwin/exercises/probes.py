"""The inputs that tell a right answer from each mistake, and the mistakes from each other.

Unequal sizes, so that a transposition shows, and once square ones, so that it is named instead of
raising; upstream gradients of both signs, never ones, which hide a backward that forgets them;
biases that are not zero; exact zeros and ties; +-800, where exp overflows.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from ..case import upstream_like
from ..samples.values import Values, named, shape_of
from .texts import N_

if TYPE_CHECKING:
    from .exercise import Exercise

Array = np.ndarray[Any, np.dtype[Any]]

VALUES, EXTREME, FLOAT32, AGAIN, DOUBLED = "values", "extreme", "float32", "again", "doubled"

SIZES: dict[str, tuple[int, ...]] = {
    N_("generic 1"): (5, 3, 4, 2, 6),
    N_("generic 2"): (4, 2, 3, 5, 6),
    N_("generic 3"): (2, 4, 5, 3, 6),
    N_("square"): (3, 3, 3, 3, 3),
    N_("square 2"): (4, 4, 4, 4, 4),
}
"""Lengths of the named dimensions, in their order: N, D, H, C and one more."""

FAR = (800.0, -800.0, 0.0, 40.0, -40.0, 1.0)


@dataclass(frozen=True, eq=False)
class Probe:
    """One set of inputs.

    Args:
        label: what is special about it.
        arrays: the inputs by name.
        kind: "values" (judged for the values, and for the diagnosis), "extreme", "float32",
            "again" (equal to the first probe), "doubled" (the first with its upstream doubled).
    """

    label: str
    arrays: Mapping[str, Array] = field(repr=False)
    kind: str = VALUES

    @property
    def diagnostic(self) -> bool:
        """Whether a variant must agree on it to be named."""
        return self.kind in (VALUES, EXTREME)


def standard(exercise: Exercise, seed: int = 0) -> list[Probe]:
    """The probes of an exercise: the standard ones, then its own."""
    names = named([v.dims for v in exercise.inputs.values()])
    probes = [
        Probe(label, draw(exercise, dict(zip(names, _lengths(sizes, len(names)))), seed + i))
        for i, (label, sizes) in enumerate(SIZES.items())
    ]
    usual = dict(zip(names, _lengths(SIZES["generic 1"], len(names))))
    if "N" in names:
        probes.append(Probe(N_("one"), draw(exercise, {**usual, "N": 1}, seed + 10)))
    if exercise.real_inputs:
        probes.append(Probe(N_("zeros and ties"), draw(exercise, usual, seed + 11, _ties)))
    probes += exercise.probes
    if exercise.real_inputs and exercise.extreme:
        probes.append(Probe(N_("extreme"), draw(exercise, usual, seed + 12, _far), EXTREME))
    first = probes[0].arrays
    single = {k: a.astype(np.float32) if a.dtype.kind == "f" else a for k, a in first.items()}
    probes.append(Probe("float32", single, FLOAT32))
    probes.append(Probe("again", first, AGAIN))
    if exercise.upstream:
        doubled = {k: 2 * a if k in exercise.upstream else a for k, a in first.items()}
        probes.append(Probe("upstream doubled", doubled, DOUBLED))
    return probes


def _lengths(sizes: tuple[int, ...], count: int) -> tuple[int, ...]:
    return tuple(sizes[i % len(sizes)] for i in range(count))


def _ties(rng: np.random.Generator, shape: tuple[int, ...]) -> Array:
    return rng.integers(-1, 2, shape).astype(np.float64)


def _far(rng: np.random.Generator, shape: tuple[int, ...]) -> Array:
    flat = np.resize(FAR, math.prod(shape))
    return rng.permutation(flat).reshape(shape)


def draw(
    exercise: Exercise, lengths: Mapping[str, int], seed: int, special: Any = None
) -> dict[str, Array]:
    """All inputs for these lengths; `special` draws the declared real ones instead."""
    arrays: dict[str, Array] = {}
    for number, (name, values) in enumerate(exercise.inputs.items()):
        rng = np.random.default_rng((seed, number))
        shape = shape_of(values.dims, lengths)
        if name in exercise.upstream:
            arrays[name] = np.array(upstream_like([np.zeros(shape)], seed)[0])
        elif special is not None and name in exercise.real_inputs:
            arrays[name] = special(rng, shape)
        else:
            arrays[name] = values.array(rng, shape, lengths, np.float64)
            if shape == () and name in exercise.real_inputs:
                arrays[name] = np.abs(arrays[name]) * (-1) ** seed    # both signs in three probes
    return arrays


def default_values(dims: str) -> Values:
    """Numbers of both signs up to about 3: where activations bend, and nothing saturates."""
    return Values(dims, lambda rng, shape, _: rng.normal(0, 1.0, shape))
