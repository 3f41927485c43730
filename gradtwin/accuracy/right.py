"""What is right, in hundreds of digits, and the unit that errors are measured in.

The unit is eps (|f(x)| + |x f'(x)|): one rounding of the result, and what one rounding of the input
would move it. Beside a root, or in a steep tail, no evaluation can do better; where a formula
cancels, it is exceeded. For the gradient, f' and f'' stand in place of f and f', and for the second
derivative f'' and f'''. With several inputs |x f'| is summed over all of them, where a gradient
that arrives counts as one too. The smallest subnormal number is the floor of the unit: below it
there are no digits.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import Any

import mpmath as mp  # type: ignore[import-untyped]
import numpy as np

from ..tolerance import ULPS, resolution
from .functions import Function
from .jet import Jet, jet, variable

GOAL = ULPS
"""Units that scratch stays within: 4."""

DIGITS = 200
"""Bits that remain of a result at the least, more than three times those of float64."""

VALUE, GRADIENT, SECOND = "value", "gradient", "second derivative"
KINDS = (VALUE, GRADIENT, SECOND)

Part = tuple[str, int, int]
"""One of KINDS, and the arguments that are derived by, counted from 1: (SECOND, 1, 2)."""


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
    function: Function,
    inputs: Sequence[Any],
    g: Any,
    along: Sequence[Any],
    dtype: str,
    beside: float = 0.0,
) -> dict[Part, list[Exact]]:
    """The right numbers of one example, by the names that they have in `computed`.

    beside: so far from the inputs, as a part of each.
    """
    smallest = mp.mpf(float(np.finfo(dtype).smallest_subnormal))
    with mp.workprec(bits(inputs, dtype)):
        sizes: list[Any] = []  # of every input, as mpmath has it
        arguments: list[Any] = []
        wanted: list[range] = []  # which inputs each argument with a gradient consists of

        def jets(x: Any) -> Any:
            if np.ndim(x):
                return [jets(part) for part in x]
            number = variable(x, len(sizes))
            number.f += beside * (number.f or smallest)
            sizes.append(mp.fabs(number.f))
            return number

        for x, learned in zip(inputs, is_learned(function, inputs)):
            start = len(sizes)
            floating = np.asarray(x).dtype.kind == "f"
            arguments.append(jets(x) if floating else x.item())
            if learned:
                wanted.append(range(start, len(sizes)))
        outputs = list(flat(function.exact(*arguments, **definition_options(function))))
        # one output: its gradient is f' itself; several: the gradients that arrive are inputs too
        arriving = jets(np.ravel(g)) if len(outputs) > 1 else [jet(1.0)]
        whole = Jet(0)
        for y, factor in zip(outputs, arriving):
            whole = whole + y * factor

        def exact(number: Callable[..., Any], more: Any = 0) -> Exact:
            """number() with the unit that its derivatives number(z) by every input z make."""
            moved = total(size * mp.fabs(number(z)) for z, size in enumerate(sizes))
            return Exact(number(), moved + more, dtype)

        right: dict[Part, list[Exact]] = {}
        if not along:
            right[VALUE, 0, 0] = [exact(y.by) for y in outputs]
            for k, places in enumerate(wanted, start=1):
                right[GRADIENT, k, 0] = [exact(partial(whole.by, i)) for i in places]
        for k, v in enumerate(along, start=1):
            factors = [(m, mp.mpf(float(f))) for m, f in zip(wanted[k - 1], np.ravel(v))]

            def bend(*by: int, factors: Any = factors) -> Any:
                return total(f * whole.by(m, *by) for m, f in factors)

            def moved_by_factors(i: int, v: Any = v, factors: Any = factors) -> Any:
                """Those of a row are inputs too; the 1 of a single number is none."""
                return total(mp.fabs(f * whole.by(m, i)) for m, f in factors) if np.ndim(v) else 0

            for j, places in enumerate(wanted, start=1):
                right[SECOND, k, j] = [exact(partial(bend, i), moved_by_factors(i)) for i in places]
        return right


def jumps(
    function: Function,
    inputs: Sequence[Any],
    g: Any,
    along: Sequence[Any],
    dtype: str,
    part: Part,
    entry: int,
) -> bool:
    """Whether a rounding of the inputs decides between two second derivatives: at a kink of f'.

    Where there is none, the two are two units apart at most.
    """
    eps = resolution(dtype)
    below, above = (
        exactly(function, inputs, g, along, dtype, beside)[part][entry] for beside in (-eps, eps)
    )
    return bool(mp.fabs(below.value - above.value) > GOAL * max(below.unit, above.unit))


def is_learned(function: Function, arrays: Sequence[Any]) -> list[bool]:
    """Which arguments have a gradient."""
    constant = len(arrays) - function.constants
    return [np.asarray(a).dtype.kind == "f" and k < constant for k, a in enumerate(arrays)]


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
