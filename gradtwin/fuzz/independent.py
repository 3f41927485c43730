"""What is right where the wings differ, by a witness that has nothing of scratch's in it.

Scratch asked again, in a wider dtype, repeats its own mistake: log(max(x, 1e-30)) of -1 is a number
in every precision. So there are two witnesses besides:

- an operation on single numbers, by its definition in mpmath (`gradtwin.accuracy.exact`), whose
  derivative is the definition's own;
- in float32 anything, by PyTorch in float64, whose range is wider.

What neither knows supports nobody.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import mpmath as mp  # type: ignore[import-untyped]
import numpy as np

from ..accuracy import exact
from ..accuracy.jet import Jet, variable
from ..samples import OPERATIONS
from ..sides import TorchSide
from .case import Case, Step, compiled
from .numbers import Array

FAR_OUT = mp.mpf(10) ** 4000
"""In the place of infinity: a function's limit is its value so far out, where no float reaches."""

BITS = 2400
"""1 + x² of the smallest x keeps 250 of them: what cancels in a definition leaves enough."""

UNKNOWN = mp.mpf("nan")


def right_numbers(case: Case, upstream: Sequence[Array]) -> list[Array | None] | None:
    """The outputs and each argument's gradient, NaN where it is unknown; None without a witness.

    upstream: the gradients that arrive, as those of `compare`.
    """
    for witness in (by_definition, by_wider_pytorch):
        found = witness(case, upstream)
        if found is not None:
            return found
    return None


# ---- PyTorch in float64 ----------------------------------------------------------------------


def by_wider_pytorch(case: Case, upstream: Sequence[Array]) -> list[Array | None] | None:
    """A float32 case as PyTorch computes it in float64."""
    if case.dtype != "float32":
        return None
    _, _, arrays, wanted = case.sides()
    _, theirs, _, _ = replace(case, arrays=wide(case.arrays), dtype="float64").sides()
    try:
        run = TorchSide(theirs).forward(wide(arrays), wanted)
        return [*run.outputs, *run.backward(wide(upstream))]
    except Exception:  # what mixes dtypes may not take another
        return None


def wide(arrays: Sequence[Array]) -> list[Array]:
    """The floating ones in float64."""
    return [a.astype(np.float64) if a.dtype.kind == "f" else a for a in arrays]


# ---- the definition, in mpmath ---------------------------------------------------------------


class Definitions:
    """A wing of single numbers: `lib.exp` and `F.gelu` are their definitions."""

    name = "exact"

    def __getattr__(self, name: str) -> Callable[..., Jet]:
        if name not in OPERATIONS or not OPERATIONS[name].elementwise:
            raise AttributeError(f"{name} is no function of single numbers")
        definition: Callable[..., Jet] = getattr(exact, name)
        return definition


def by_definition(case: Case, upstream: Sequence[Array]) -> list[Array | None] | None:
    """One operation, applied to each number: its values, and what the chain rule makes of them.

    None where it is more than one, is not applied to each number, or is known at none of them.
    """
    if len(case.steps) != 1 or case.order != 1 or case.results != [len(case.arrays)]:
        return None
    try:
        shape = np.broadcast_shapes(*(a.shape for a in case.arrays))
    except ValueError:  # an operation on rows, such as a product of matrices
        return None
    if shape != upstream[0].shape:
        return None
    entries = [np.broadcast_to(a, shape).ravel().tolist() for a in case.arrays]
    # where in its array each entry stands: several stand where it was stretched
    places = [
        np.broadcast_to(np.arange(a.size).reshape(a.shape), shape).ravel().tolist()
        for a in case.arrays
    ]
    known: dict[str, list[Any]] = {}
    with mp.workprec(BITS):
        values = []
        sums = [[mp.mpf(0)] * a.size for a in case.arrays]
        for entry, (g, *numbers) in enumerate(zip(upstream[0].ravel().tolist(), *entries)):
            same = repr(numbers)
            if same not in known:
                known[same] = value_and_slopes(case.steps[0], numbers)
            value, *slopes = known[same]
            values.append(value)
            for total, place, slope in zip(sums, places, slopes):
                total[place[entry]] += g * slope
    if not any(mp.isnormal(v) or v == 0 for v in values):
        return None
    return [
        rounded(values, shape),
        *(rounded(s, a.shape) if w else None for s, a, w in zip(sums, case.arrays, case.wanted)),
    ]


def value_and_slopes(step: Step, numbers: Sequence[Any]) -> list[Any]:
    """The operation's value at these numbers and its derivative by each, UNKNOWN where it has none.

    None has what follows from NaN, and none what two numbers make of an infinity (0 times it).
    """
    unknown = [UNKNOWN] * (1 + len(numbers))
    if any(x != x for x in numbers) or (len(numbers) > 1 and any(np.isinf(x) for x in numbers)):
        return unknown
    jets = [variable(x, i) if isinstance(x, float) else x for i, x in enumerate(numbers)]
    for x in jets:
        if isinstance(x, Jet) and mp.isinf(x.f):
            x.f = mp.sign(x.f) * FAR_OUT
    lib = Definitions()
    try:
        result = compiled(step.text, len(step.places))(lib, lib, *(jets[p] for p in step.places))
        return [result.f, *(result.by(i) for i in range(len(numbers)))]
    except Exception:  # no function of single numbers, or none with a real value here
        return unknown


def rounded(numbers: Sequence[Any], shape: tuple[int, ...]) -> Array:
    """The numbers of mpmath in float64; what is too large is infinite."""

    def as_float(x: Any) -> float:
        return float(mp.sign(x)) * np.inf if mp.fabs(x) > LARGEST else float(x)

    return np.array([as_float(x) for x in numbers]).reshape(shape)


LARGEST = mp.mpf(float(np.finfo(np.float64).max)) * (1 + mp.mpf(2) ** -54)
"""Half a spacing above the largest float64: from there on rounding makes infinity."""
