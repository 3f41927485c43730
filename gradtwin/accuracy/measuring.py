"""How far a wing's value and gradient are from the exact ones, in units.

The unit is eps (|f(x)| + |x f'(x)|): one rounding of the result, and what one rounding of the input
would move it. Beside a root, or in a steep tail, no evaluation can do better; where a formula
cancels, it is exceeded. For the gradient, f' and f'' stand in place of f and f'. With several
inputs |x f'| is summed over all of them, where a gradient that arrives counts as one too. The
smallest subnormal number is the floor of the unit: below it there are no digits.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import mpmath as mp  # type: ignore[import-untyped]
import numpy as np

from ..samples import Library
from ..tolerance import ULPS, resolution
from .functions import Function
from .jet import Jet, jet, variable
from .points import Array, Draw

GOAL = ULPS
"""Units that scratch stays within: 4."""

DIGITS = 200
"""Bits that remain of a result at the least, more than three times those of float64."""


VALUE, GRADIENT = "value", "gradient"


@dataclass(frozen=True, slots=True)
class Point:
    """One number that was measured.

    Args:
        what: VALUE or GRADIENT.
        of: which of the arguments the gradient is of, from 1; 0 where there is only one.
        inputs: the arguments there, and where the results are several, the gradients that arrive.
        exact: what is right, rounded to float64.
        got: what each wing computed, by its name.
        units: the error of each.
    """

    what: str
    of: int
    inputs: tuple[Any, ...]
    exact: float
    got: Mapping[str, float]
    units: Mapping[str, float]

    @property
    def place(self) -> str:
        """What was measured where, in as few digits as identify the inputs."""
        of = f" of argument {self.of}" if self.of else ""
        return f"{self.what}{of} at {', '.join(map(written, self.inputs))}"

    @property
    def largest(self) -> float:
        """The larger of the errors."""
        return max(self.units.values())


@dataclass(frozen=True)
class Row:
    """What was found for one function in one dtype.

    Args:
        worst: for each wing, and for VALUE and GRADIENT, where it was furthest off.
        count: how many numbers were measured.
        curve: for a function of one number x, where its values and gradients were measured.
    """

    function: Function
    dtype: str
    worst: Mapping[tuple[str, str], Point]
    count: int
    curve: Sequence[Point] = ()

    def units(self, wing: str, what: str | None = None) -> float:
        """The largest error of a wing: of its values, of its gradients, or of both."""
        kinds = (VALUE, GRADIENT) if what is None else (what,)
        found = (self.worst[wing, kind] for kind in kinds if (wing, kind) in self.worst)
        return max((point.units[wing] for point in found), default=0.0)

    @property
    def worst_point(self) -> Point:
        """Where any wing was furthest off."""
        return max(self.worst.values(), key=lambda point: point.largest)

    @property
    def supported(self) -> tuple[str, ...]:
        """The wings that the exact values support: those within 4 units everywhere."""
        wings = dict.fromkeys(wing for wing, _ in self.worst)
        return tuple(wing for wing in wings if self.units(wing) <= GOAL)


def measure(
    function: Function, dtype: str, libraries: Sequence[Library], points: int = 8, seed: int = 0
) -> Row:
    """The worst errors of one function, with `points` inputs of each kind.

    >>> from gradtwin.accuracy import find
    >>> from gradtwin.samples import scratch_library
    >>> row = measure(find("sigmoid")[0], "float32", [scratch_library()])
    >>> row.units("scratch") < 4
    True
    """
    draw = Draw(dtype, points, seed)
    arrays = function.points(draw)
    values, _ = computed(function, libraries[0], arrays, None)
    several = values.ndim > 1 or function.alone
    g = draw.upstream(values.shape) if several else np.ones_like(values)
    results = {each.name: computed(function, each, arrays, g) for each in libraries}
    worst: dict[tuple[str, str], Point] = {}
    curve: list[Point] = []
    count = 0
    for i, inputs in enumerate(zip(*arrays)):
        shown = (*inputs, g[i]) if several else inputs
        values_there, slopes_there = exactly(function, inputs, g[i], dtype)
        numbered = len(slopes_there) > 1
        kinds = [(VALUE, 0, values_there, {w: v[i] for w, (v, _) in results.items()})]
        for k, slopes in enumerate(slopes_there):
            own = {w: d[k][i] for w, (_, d) in results.items()}
            kinds.append((GRADIENT, k + 1 if numbered else 0, slopes, own))
        for what, of, right, computed_there in kinds:
            for entry, exact in enumerate(right):
                got = {w: float(np.ravel(a)[entry]) for w, a in computed_there.items()}
                units = {w: exact.units(number) for w, number in got.items()}
                point = Point(what, of, shown, float(exact), got, units)
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
    function: Function, library: Library, arrays: Sequence[Array], g: Array | None
) -> tuple[Array, list[Array]]:
    """The values, and the gradient of each floating argument; the first dimension the examples."""
    if function.alone:
        each = [
            called(function, library, [a[i] for a in arrays], None if g is None else g[i])
            for i in range(len(arrays[0]))
        ]
        slopes = zip(*(gradients for _, gradients in each))
        return np.stack([value for value, _ in each]), [np.stack(s) for s in slopes]
    return called(function, library, arrays, g)


def called(
    function: Function, library: Library, arrays: Sequence[Array], g: Array | None
) -> tuple[Array, list[Array]]:
    learned = is_learned(function, arrays)
    tensors = [
        library.module.tensor(a, requires_grad=wanted) for a, wanted in zip(arrays, learned)
    ]
    with np.errstate(all="ignore"):
        y = function.call(library, *tensors, **library.options(function.options))
        value = np.asarray(y.detach().numpy())
        if g is None:
            return value, []
        if y.requires_grad:
            y.backward(library.module.tensor(g))
    gradients = [
        np.zeros_like(a) if t.grad is None else np.asarray(t.grad)
        for t, a, wanted in zip(tensors, arrays, learned)
        if wanted
    ]
    return value, gradients


def is_learned(function: Function, arrays: Sequence[Any]) -> list[bool]:
    """Which arguments have a gradient."""
    constant = len(arrays) - function.constants
    return [np.asarray(a).dtype.kind == "f" and k < constant for k, a in enumerate(arrays)]


# ---- what is right ---------------------------------------------------------------------------


class Exact:
    """A right number with its unit."""

    def __init__(self, value: Any, moved: Any, dtype: str) -> None:
        info = np.finfo(dtype)
        self.value, self.end = value, mp.ldexp(1, int(info.maxexp))  # where infinity begins
        size = mp.fabs(value)
        shown = min(1, self.end / size) if size else 1  # a result that is too large is infinity
        floor = mp.mpf(float(info.smallest_subnormal))
        self.unit = max(resolution(dtype) * (size + moved) * shown, floor)

    def units(self, got: Any) -> float:
        """The error of `got`; infinity stands for the first number that is too large."""
        if math.isnan(got):
            return math.inf
        value = max(-self.end, min(self.end, self.value))
        number = max(-self.end, min(self.end, mp.mpf(float(got))))
        return float(mp.fabs(number - value) / self.unit)

    def __float__(self) -> float:
        try:
            return float(self.value)
        except OverflowError:
            return math.copysign(math.inf, self.value)


def exactly(
    function: Function, inputs: Sequence[Any], g: Any, dtype: str
) -> tuple[list[Exact], list[list[Exact]]]:
    """The right values, and the right gradient of each argument that has one, of one example."""
    with mp.workprec(bits(inputs, dtype)):
        count = 0
        arguments: list[Any] = []
        variables: list[Any] = []  # every input as mpmath has it
        wanted: list[list[int]] = []

        def jets(x: Any) -> Any:
            nonlocal count
            if np.ndim(x):
                return [jets(part) for part in x]
            number = variable(x, count)
            variables.append(number.f)
            count += 1
            return number

        for x, learned in zip(inputs, is_learned(function, inputs)):
            start = count
            floating = np.asarray(x).dtype.kind == "f"
            arguments.append(jets(x) if floating else x.item())
            if learned:
                wanted.append(list(range(start, count)))
        outputs = list(flat(function.exact(*arguments, **definition_options(function))))
        upstream = np.ravel(g)
        # one output: its gradient is f' itself; several: the gradients that arrive are inputs too
        arriving = jets(upstream) if len(outputs) > 1 else [jet(1.0)]
        whole = Jet(0)
        for y, factor in zip(outputs, arriving):
            whole = whole + y * factor
        sizes = [mp.fabs(v) for v in variables]
        values = [Exact(y.f, total(sizes[i] * mp.fabs(v) for i, v in y.d.items()), dtype)
                  for y in outputs]
        moved: dict[int, Any] = {}
        for (i, j), v in whole.h.items():
            moved[i] = moved.get(i, 0) + sizes[j] * mp.fabs(v)
            if i != j:
                moved[j] = moved.get(j, 0) + sizes[i] * mp.fabs(v)
        gradients = [
            [Exact(whole.d.get(i, mp.mpf(0)), moved.get(i, mp.mpf(0)), dtype) for i in each]
            for each in wanted
        ]
        return values, gradients


def definition_options(function: Function) -> dict[str, Any]:
    """The options without the dimension: a definition is one of a single row."""
    return {name: value for name, value in function.options.items() if name != "dim"}


def bits(inputs: Sequence[Any], dtype: str) -> int:
    """The precision at which every definition keeps 200 bits of what the dtype can show.

    x - tanh(x) needs three times the digits of a small x, and 1 + exp(-2|x|) three times |x| for a
    large one. What is lost beyond twice the exponent of the smallest number cannot be shown.
    """
    sizes = np.abs(np.concatenate([np.ravel(x) for x in inputs if np.asarray(x).dtype.kind == "f"]))
    sizes = sizes[sizes > 0].astype(np.float64)
    if not sizes.size:
        return DIGITS
    small = -3.0 * min(math.frexp(sizes.min())[1], 0)
    large = 6.0 * min(float(sizes.max()), 1e6)
    least = math.frexp(float(np.finfo(dtype).smallest_subnormal))[1]
    return DIGITS + int(min(max(small, large), -2 * least))


def total(numbers: Iterable[Any]) -> Any:
    return sum(numbers, mp.mpf(0))


def flat(x: Any) -> Iterable[Jet]:
    if isinstance(x, Jet):
        yield x
    else:
        for part in x:
            yield from flat(part)


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
