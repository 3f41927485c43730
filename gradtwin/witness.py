"""The third witness: when two gradients differ, differences of forward itself say which is right.

A gradient claims how the output changes when an input moves. So the input is moved, in extended
precision where the code can run in it (numpy's longdouble: a plain numpy function and scratch can,
PyTorch cannot and is asked in float64), and the quotient (F(x + h) - F(x - h)) / 2h is extrapolated
to h = 0. Each halving of h removes one more even power of its error (Richardson); of the whole
table the entry that changed least from its neighbours is the answer, and that change its error
(C. J. F. Ridders, Accurate computation of F'(x) and F'(x)F''(x), Adv. Eng. Software 4, 1982).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from .case import Case
from .sides import Array, Side
from .tolerance import resolution

LEVELS = 7
"""Halvings of h in one extrapolation table."""

STARTS = (2.0**-3, 2.0**-6, 2.0**-10, 2.0**-15)
"""First h, relative to x: large against rounding, small where the function bends sharply."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the third witness says about one entry.

    Args:
        side: "ours", "theirs", "both", "neither" or "undecided".
        value: its own value of the entry, None where it has none.
        error: a bound on the error of that value.
        by: how it was found.
        own: for a gradient where already the outputs differ: whether our gradient is the right one
            for our own forward (None: not known).
    """

    side: str
    value: float | None = None
    error: float | None = None
    by: str = ""
    own: bool | None = None

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return {"side": self.side, "value": self.value, "error": self.error, "by": self.by,
                "own": self.own}


def derivative(
    f: Callable[[Any], Array], x: Any, eps: float | None = None
) -> tuple[float, float]:
    """df/dx summed over the elements of f, and a bound on its error; x a number -> two floats.

    Args:
        f: a function of one longdouble number, giving an array (or a number).
        x: where. Its magnitude (at least 1, then the number's own) sets the first h.
        eps: rounding of f; that of its result's dtype unless given.

    (nan, inf) where f has no finite values around x, and an infinite error at a kink.

    >>> value, error = derivative(np.exp, 1.0)
    >>> abs(value - np.e) <= 1e-15, error < 1e-14
    (True, True)
    >>> derivative(np.abs, 0.0)[1]
    inf
    """
    x = np.longdouble(x)
    scales = {max(1.0, abs(float(x)))}
    if 0 < abs(float(x)) < 1:
        scales.add(abs(float(x)))
    best = (math.nan, math.inf)
    with np.errstate(all="ignore"):
        for scale in sorted(scales):
            power = 2.0 ** math.floor(math.log2(scale))     # a power of two: x + h stays exact
            for start in STARTS:
                h = np.longdouble(start * power)
                if h == 0 or x + h == x:
                    continue
                value, error = _extrapolated(f, x, h, eps)
                if error < best[1]:
                    best = (value, error)
        if math.isfinite(best[1]) and _has_kink(f, x, np.longdouble(min(scales))):
            return best[0], math.inf
    return best


def _extrapolated(
    f: Callable[[Any], Array], x: Any, h: Any, eps: float | None
) -> tuple[float, float]:
    """Richardson's table for the central difference quotient from step h down."""
    best, least = math.nan, math.inf
    previous: list[Any] = []
    for level in range(LEVELS):
        above, below = f(x + h), f(x - h)
        quotient = _change(above, below) / (2 * h)
        unit = float(np.finfo(np.asarray(above).dtype).eps) if eps is None else eps
        noise = unit * (_magnitude(above) + _magnitude(below)) / float(2 * h)
        row = [quotient]
        for order, coarser in enumerate(previous, start=1):
            factor = np.longdouble(4.0) ** order            # the error of the row above is O(h^2k)
            row.append((factor * row[-1] - coarser) / (factor - 1))
            change = max(abs(row[-1] - row[-2]), abs(row[-1] - coarser))
            error = float(change) + 2 * noise
            if level and error < least:
                best, least = float(row[-1]), error
        previous = row
        h = h / 2
    return best, least


def _change(a: Any, b: Any) -> Any:
    """Sum of a - b; elements that are NaN or the same infinity in both have not changed.

    NaN where nothing else has changed: then one of them may be the element that was asked for.
    """
    a, b = np.asarray(a), np.asarray(b)
    changes = np.where((a == b) | ((a != a) & (b != b)), 0, a - b)
    if not np.any(changes) and not np.all(np.isfinite(a)):
        return np.longdouble(math.nan)
    return np.sum(changes)


def _magnitude(a: Any) -> float:
    return float(np.sum(np.abs(a), where=np.isfinite(a)))


def _has_kink(f: Callable[[Any], Array], x: Any, scale: Any) -> bool:
    """Whether the slopes to the left and to the right stay apart as h shrinks.

    At a kink the central quotient converges to the mean of the two slopes, without a sign of
    trouble. For a smooth f the two approach each other like h f''.
    """
    h = scale * np.longdouble(2.0**-20)
    here = np.asarray(f(x))
    right = float(_change(f(x + h), here) / h)
    left = float(_change(here, f(x - h)) / h)
    noise = float(np.finfo(here.dtype).eps) * 4 * _magnitude(here) / float(h)
    return abs(right - left) > 1e-3 * (abs(right) + abs(left)) + noise


# Which side is right.


def judge(ours: float, theirs: float, value: float, error: float, allowed: float) -> str:
    """Whose number the witness's `value`, right to `error`, supports.

    >>> judge(0.25, 0.19, 0.25, 1e-12, allowed=1e-15)
    'ours'
    """
    one_is_nan = math.isnan(ours) != math.isnan(theirs)
    settled = math.isfinite(error) if one_is_nan else error <= abs(ours - theirs) / 4
    if math.isnan(value) or not settled:
        return "undecided"
    margin = error + allowed
    near_ours, near_theirs = abs(ours - value) <= margin, abs(theirs - value) <= margin
    if near_ours and near_theirs:                           # apart by little more than allowed
        if abs(ours - value) < abs(theirs - value) / 2:
            return "ours"
        return "theirs" if abs(theirs - value) < abs(ours - value) / 2 else "both"
    if near_ours or near_theirs:
        return "ours" if near_ours else "theirs"
    return "neither"


def about_gradient(
    case: Case,
    argument: int,
    index: tuple[int, ...],
    ours: float,
    theirs: float,
    allowed: float,
    outputs_agree: bool,
) -> Verdict:
    """Differences of forward against one entry of one argument's gradient.

    Where the outputs agree, any forward will do, and the one that runs in the widest dtype is
    asked. Where they differ, theirs says what the gradient should be, and ours is asked whether our
    backward at least belongs to our forward.
    """

    def ask(side: Side, upstream: list[Array]) -> tuple[float, float, str]:
        value, error, precision = _difference_quotient(case, side, argument, index, upstream)
        who = "ours" if side is case.ours else "theirs"
        return value, error, f"central differences of {who} in {precision}"

    our = ask(case.ours, case.our_upstream)
    if outputs_agree:
        their = ask(case.theirs, case.upstream)
        value, error, by = our if our[1] <= their[1] else their
        # Equal at the point and not beside it: two functions, each with a gradient of its own.
        if abs(our[0] - their[0]) > our[1] + their[1] + allowed:
            by = "the sides agree at this point and not around it"
            return Verdict("undecided", by=by)
        return Verdict(judge(ours, theirs, value, error, allowed), *_finite(value, error), by)
    value, error, by = ask(case.theirs, case.upstream)
    own: bool | None = None
    if math.isfinite(our[1]) and our[1] <= 1e-3 * max(1.0, abs(our[0])):
        own = abs(ours - our[0]) <= our[1] + allowed
    return Verdict(judge(ours, theirs, value, error, allowed), *_finite(value, error), by, own)


def about_output(
    case: Case, output: int, index: tuple[int, ...], ours: float, theirs: float, allowed: float
) -> Verdict:
    """Each forward in a wider dtype against one entry of the outputs.

    Only where the two wider values agree do both sides compute the same function, and the question
    who rounds badly has an answer.
    """
    narrow = resolution(*(a.dtype for a in case.inputs)) or resolution(np.float64)
    our_value, our_error = _wider(case, case.ours, output, index, ours, narrow)
    their_value, their_error = _wider(case, case.theirs, output, index, theirs, narrow)
    value, error = min((our_error, our_value), (their_error, their_value))[::-1]
    if math.isinf(error):
        return Verdict("undecided", by="neither side runs in a wider dtype")
    right = judge(ours, theirs, value, error, max(allowed, narrow * abs(value)))
    if math.isfinite(our_error) and math.isfinite(their_error):
        same_function = abs(our_value - their_value) <= 4 * (our_error + their_error + allowed)
    else:                                                   # one side confirms the other
        same_function = right == ("theirs" if math.isfinite(our_error) else "ours")
    if not same_function:
        return Verdict("undecided", by="the two sides compute different functions")
    who = "ours" if our_error <= their_error else "theirs"
    return Verdict(right, value, error, f"{who} in a wider dtype")


def _wider(
    case: Case, side: Side, output: int, index: tuple[int, ...], own: float, narrow: float
) -> tuple[float, float]:
    """One side's value of an output in a wider dtype, and a bound on its error.

    Rounding errors shrink with eps: what the wider dtype changed, times the ratio of the two eps,
    estimates what is still wrong.
    """
    try:
        out = case.evaluate(side, case.widened(side.extended))[output]
        value, eps = float(out[index]), float(np.finfo(out.dtype).eps)
    except Exception:
        return own, math.inf
    if eps >= narrow or not math.isfinite(value):
        return own, math.inf
    change = abs(value - own)
    return value, eps * abs(value) + (4 * eps / narrow * change if math.isfinite(change) else 0.0)


def _difference_quotient(
    case: Case, side: Side, argument: int, index: tuple[int, ...], upstream: list[Array]
) -> tuple[float, float, str]:
    """d(sum of g times outputs) / d(one entry), its error, and the dtype that forward kept."""
    wide = case.widened(side.extended)
    kept = "float64"

    def weighted(x: Any) -> Array:
        nonlocal kept
        wide[argument][index] = x
        outputs = case.evaluate(side, wide)
        kept = _name(np.result_type(*(o.dtype for o in outputs if o.dtype.kind == "f")))
        parts = [
            np.ravel(o) * np.ravel(np.asarray(g, np.longdouble)) if kept == "longdouble"
            else np.ravel(np.asarray(o, np.float64)) * np.ravel(np.asarray(g, np.float64))
            for o, g in zip(outputs, upstream)
            if o.dtype.kind == "f"
        ]
        result: Array = np.concatenate(parts)
        return result

    start = case.inputs[argument][index]
    if not np.isfinite(start):
        return math.nan, math.inf, kept
    try:
        if side.extended is np.float64:                     # x + h must be exact in float64 as well
            weight = np.float64
            value, error = derivative(lambda x: weighted(weight(x)), start)
        else:
            value, error = derivative(weighted, start)
    except Exception:
        return math.nan, math.inf, kept
    return value, error, kept


def _name(dtype: Any) -> str:
    return "longdouble" if np.dtype(dtype).itemsize > 8 else str(np.dtype(dtype))


def _finite(value: float, error: float) -> tuple[float | None, float | None]:
    return (value, error) if math.isfinite(value) and math.isfinite(error) else (None, None)


# Kinks.

PROBES = 6
MOVE = 1e-4
SINGLE_ENTRIES = 64


@dataclass(frozen=True, slots=True)
class Kink:
    """What the neighbourhood of a point says about entries of a gradient that differ there.

    Args:
        agree_around: the two sides agree a little to every side of the point.
        jumps: the derivative of theirs jumps at the worst entry.
        is_kink: both, and both sides keep within the one-sided derivatives: a convention.
        low, high: the derivative of theirs a little to either side at the worst entry.
    """

    agree_around: bool
    jumps: bool
    is_kink: bool
    low: float
    high: float


def look_around(
    case: Case, argument: int, differing: Array, worst: tuple[int, ...]
) -> Kink | None:
    """What a little to every side of the inputs tells; None: nothing (code fails there, rounding).

    Args:
        argument: whose gradient differs.
        differing: boolean array of its shape, True where it does.
        worst: the entry to report.
    """
    base = case.widened(np.float64)
    rng = np.random.default_rng(case.seed)
    probes: list[list[Array]] = []
    for _ in range(PROBES):
        moves = [
            rng.uniform(0.5, 1.0, a.shape) * rng.choice((-1.0, 1.0), a.shape) * _step(a)
            if w else None
            for a, w in zip(base, case.wanted)
        ]
        for sign in (1, -1):
            probes.append([a if m is None else a + sign * m for a, m in zip(base, moves)])
    entries = [worst, *(tuple(map(int, i)) for i in np.argwhere(differing)[:SINGLE_ENTRIES])]
    single: list[tuple[tuple[int, ...], list[Array]]] = []
    for index in entries:
        for sign in (1, -1):
            moved = [a.copy() for a in base]
            moved[argument][index] += sign * _step(base[argument])[index]
            single.append((index, moved))
    low = np.full(differing.shape, np.inf)
    high = np.full(differing.shape, -np.inf)
    agree_around = True
    try:
        for inputs in probes:
            pair = _gradients(case, argument, inputs)
            if pair is None:
                return None
            # of 0-d arrays numpy makes numbers, into which nothing can be written
            low, high = np.array(np.minimum(low, pair[1])), np.array(np.maximum(high, pair[1]))
            if not _alike(*pair):
                agree_around, single = False, single[:2]
                break
        for index, inputs in single:
            pair = _gradients(case, argument, inputs)
            if pair is not None:
                low[index] = min(low[index], pair[1][index])
                high[index] = max(high[index], pair[1][index])
        here = _gradients(case, argument, base)
    except Exception:
        return None
    if here is None or _alike(here[0][worst], here[1][worst]):  # no more than rounding
        return None
    low, high = np.where(np.isnan(low), np.inf, low), np.where(np.isnan(high), -np.inf, high)
    slack = 10 * MOVE * float(np.max(np.maximum(abs(low), abs(high)), initial=0.0,
                                     where=np.isfinite(low) & np.isfinite(high)))
    jumps = bool(low[worst] < high[worst] - 2 * slack)
    # a convention lies between the one-sided values, or is the 0 of "no gradient here"
    within = [
        (value >= np.minimum(low, 0) - slack) & (value <= np.maximum(high, 0) + slack)
        for value in here
    ]
    is_kink = agree_around and jumps and bool(np.all((within[0] & within[1])[differing]))
    return Kink(agree_around, jumps, is_kink, float(low[worst]), float(high[worst]))


def _step(a: Array) -> Array:
    with np.errstate(invalid="ignore"):
        return np.where(np.isfinite(a), MOVE * np.maximum(np.abs(a), 1.0), 0.0)


def _gradients(case: Case, argument: int, inputs: list[Array]) -> tuple[Array, Array] | None:
    ours = case.run(case.ours, inputs)[1][argument]
    theirs = case.run(case.theirs, inputs)[1][argument]
    shape = inputs[argument].shape
    ours = np.zeros(shape) if ours is None else ours
    theirs = np.zeros(shape) if theirs is None else theirs
    return (ours, theirs) if ours.shape == theirs.shape == shape else None


def _alike(a: Any, b: Any) -> bool:
    """Equal for the eye: this only asks whether a difference of order 1 has gone."""
    a, b = np.asarray(a), np.asarray(b)
    finite = np.abs(b[np.isfinite(b)])
    scale = float(np.max(finite, initial=0.0))
    return bool(np.allclose(a, b, rtol=1e-7, atol=1e-9 * scale, equal_nan=True))
