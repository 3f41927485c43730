"""How far a wing's value and derivatives are from the exact ones, in units: see `right`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..samples import Library
from ..samples.twins import allocate_zeros
from .consecutive import worth_measuring
from .functions import Function
from .points import FEW, NEIGHBOURS, Array, Draw
from .right import GOAL, GRADIENT, KINDS, SECOND, VALUE, Part, exactly, is_learned, jumps


@dataclass(frozen=True, slots=True)
class Point:
    """One number that was measured.

    Args:
        what: one of KINDS.
        of: which of the arguments is derived by, from 1; 0 where there is only one.
        inputs: the arguments there, and where the results are several, the gradients that arrive.
        exact: what is right, rounded to float64.
        got: what each wing computed, by its name.
        units: the error of each.
        by: for a second derivative, which of the arguments is derived by then.
    """

    what: str
    of: int
    inputs: tuple[Any, ...]
    exact: float
    got: Mapping[str, float]
    units: Mapping[str, float]
    by: int = 0

    @property
    def place(self) -> str:
        """What was measured where, in as few digits as identify the inputs.

        That it is a second derivative is left to say for who shows many of them.
        """
        at = f"at {', '.join(map(written, self.inputs))}"
        if self.what == SECOND:
            return f"by {self.of} and {self.by} {at}" if self.of else at
        return f"{self.what} of argument {self.of} {at}" if self.of else f"{self.what} {at}"

    @property
    def largest(self) -> float:
        """The larger of the errors."""
        return max(self.units.values())


@dataclass(frozen=True)
class Row:
    """What was found for one function in one dtype.

    Args:
        worst: for each wing, and each of KINDS that was measured, where it was furthest off.
        count: how many numbers were measured.
        curve: for a function of one number x, where its values and derivatives were measured.
    """

    function: Function
    dtype: str
    worst: Mapping[tuple[str, str], Point]
    count: int
    curve: Sequence[Point] = ()

    def units(self, wing: str, what: str | None = None) -> float:
        """The largest error of a wing: of one of KINDS, or of all that were measured."""
        kinds = KINDS if what is None else (what,)
        found = (self.worst[wing, kind] for kind in kinds if (wing, kind) in self.worst)
        return max((point.units[wing] for point in found), default=0.0)

    @property
    def worst_point(self) -> Point:
        """Where any wing was furthest off; where scratch was, if it is beyond 4 units."""
        of_scratch = [point for (wing, _), point in self.worst.items() if wing == "scratch"]
        beyond = [point for point in of_scratch if point.units["scratch"] > GOAL]
        if beyond:
            return max(beyond, key=lambda point: point.units["scratch"])
        return max(self.worst.values(), key=lambda point: point.largest)

    @property
    def supported(self) -> tuple[str, ...]:
        """The wings that the exact values support: those within 4 units everywhere."""
        wings = dict.fromkeys(wing for wing, _ in self.worst)
        return tuple(wing for wing in wings if self.units(wing) <= GOAL)


def measure(
    function: Function,
    dtype: str,
    libraries: Sequence[Library],
    points: int = 8,
    seed: int = 0,
    second: bool = False,
) -> Row:
    """The worst errors of one function, with `points` inputs of each kind.

    second: measure second derivatives, in place of values and gradients.

    >>> from gradtwin.accuracy import find
    >>> from gradtwin.samples import scratch_library
    >>> row = measure(find("sigmoid")[0], "float32", [scratch_library()])
    >>> row.units("scratch") < 4
    True
    """
    draw = Draw(dtype, points, seed, FEW if second else NEIGHBOURS)
    arrays = function.points(draw)
    values = computed(function, libraries[0], arrays)[VALUE, 0, 0]
    several = values.ndim > 1 or function.alone
    g = draw.upstream(values.shape) if several else np.ones_like(values)
    learned = [a for a, wanted in zip(arrays, is_learned(function, arrays)) if wanted]
    along = [draw.factors(a.shape) for a in learned] if second else []
    results = {each.name: computed(function, each, arrays, g, along) for each in libraries}
    worst: dict[tuple[str, str], Point] = {}
    curve: list[Point] = []
    examples: Sequence[int] = range(len(values))
    count = 0
    if len(arrays) == 1 and arrays[0].ndim == 1 and not second:
        found = [list(numbers.values()) for numbers in results.values()]
        examples = sorted(worth_measuring(function, arrays[0], found))
        count = (len(values) - len(examples)) * len(found[0])  # the others are looked at too
    for i in examples:
        inputs, factors = tuple(a[i] for a in arrays), [v[i] for v in along]
        for (what, of, by), right in exactly(function, inputs, g[i], factors, dtype).items():
            shown = (*inputs, g[i]) if several else inputs
            if what == SECOND and np.ndim(factors[of - 1]):
                shown = (*shown, factors[of - 1])
            got_there = {w: np.ravel(each[what, of, by][i]) for w, each in results.items()}
            for entry, exact in enumerate(right):
                got = {w: float(numbers[entry]) for w, numbers in got_there.items()}
                units = {w: exact.units(number) for w, number in got.items()}
                numbered = (of, by) if len(learned) > 1 else (0, 0)
                point = Point(what, numbered[0], shown, float(exact), got, units, numbered[1])
                if what == SECOND and point.largest > GOAL and jumps(
                    function, inputs, g[i], factors, dtype, (what, of, by), entry
                ):
                    continue
                count += 1
                for wing, error in units.items():
                    kept = worst.get((wing, what))
                    if kept is None or error > kept.units[wing]:
                        worst[wing, what] = point
                if len(arrays) == 1 and not several:
                    curve.append(point)
    return Row(function, dtype, worst, count, curve)


# ---- what a wing computes --------------------------------------------------------------------


def computed(
    function: Function,
    library: Library,
    arrays: Sequence[Array],
    g: Array | None = None,
    along: Sequence[Array] = (),
) -> dict[Part, Array]:
    """What a wing computes; the first dimension of each array is the examples.

    g: the gradients that arrive; without them the values alone.
    along: for each argument that has a gradient, what its gradient is multiplied by to be derived
        again; with them the second derivatives alone.
    """
    if not function.alone:
        return called(function, library, arrays, g, along)
    each = [
        called(function, library, [a[i] for a in arrays], None if g is None else g[i],
               [v[i] for v in along])
        for i in range(len(arrays[0]))
    ]  # fmt: skip
    return {part: np.stack([one[part] for one in each]) for part in each[0]}


def called(
    function: Function,
    library: Library,
    arrays: Sequence[Array],
    g: Array | None,
    along: Sequence[Array],
) -> dict[Part, Array]:
    """As `computed`, in one call."""
    learned = is_learned(function, arrays)
    tensors = [library.module.tensor(a, requires_grad=w) for a, w in zip(arrays, learned)]
    inputs = [t for t, wanted in zip(tensors, learned) if wanted]
    found: dict[Part, Array] = {}
    with np.errstate(all="ignore"):
        y = function.call(library, *tensors, **library.options(function.options))
        if not along:
            found[VALUE, 0, 0] = np.asarray(y.detach().numpy())
            if g is not None:
                for k, slope in enumerate(walked(library, y, inputs, g), start=1):
                    found[GRADIENT, k, 0] = slope
            return found
        slopes: Sequence[Any] = inputs  # of what depends on none of them, such as step
        if y.requires_grad:
            slopes = library.grad(y, inputs, library.module.tensor(g), create_graph=True)
        for k, (slope, v) in enumerate(zip(slopes, along), start=1):
            for j, bend in enumerate(walked(library, slope, inputs, v), start=1):
                found[SECOND, k, j] = bend
    return found


def walked(library: Library, y: Any, inputs: Sequence[Any], g: Array) -> list[Array]:
    """Backward from y: what arrives at each of the inputs, 0 where nothing does.

    NaN where PyTorch has not implemented the derivative.
    """
    for t in inputs:
        t.grad = None
    if library.name == "torch":
        allocate_zeros(inputs)
    try:
        if y.requires_grad and not y.is_leaf:
            y.backward(library.module.tensor(g), retain_graph=True)
    except RuntimeError as error:
        if "is not implemented" not in str(error):
            raise
        return [np.full(t.shape, np.nan) for t in inputs]
    return [np.zeros(t.shape) if t.grad is None else np.asarray(t.grad) for t in inputs]


def written(x: Any) -> str:
    """A number in as few digits as identify it; a row in brackets.

    >>> written(np.float32(0.1)), written(np.array([1.0, 2.5]))
    ('0.1', '[1, 2.5]')
    """
    if np.ndim(x):
        return f"[{', '.join(map(written, x))}]"
    if isinstance(x, np.bool_):
        return str(bool(x))
    text = str(x.item()) if x.dtype.kind in "iu" else np.format_float_positional(x, trim="-")
    if x.dtype.kind == "f" and not 1e-4 <= abs(x) < 1e6 and x != 0:
        text = np.format_float_scientific(x, trim="-", exp_digits=1)
    return text
