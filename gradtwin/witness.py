"""The third witness: when two gradients differ, differences of forward itself say which is right.

A gradient claims how the output changes when an input moves. So the input is moved, in extended
precision where the code can run in it (numpy's longdouble: a plain numpy function and scratch can,
PyTorch cannot and is asked in float64), and the quotient (F(x + h) - F(x - h)) / 2h is extrapolated
to h = 0. Each halving of h removes one more even power of its error (Richardson); of the whole
table the entry that changed least from its neighbours is the answer, and that change its error
(C. J. F. Ridders, Accurate computation of F'(x) and F'(x)F''(x), Adv. Eng. Software 4, 1982).

Nobody is the witness in his own case. log(max(x, 1e-30)) is as wrong in every other precision and
beside every x, so that ours is right only where the forward of theirs says so too: in float64 where
the two ran in float32, by its differences where a gradient is asked for. A formula of ours in more
digits may convict ours, sharpen what theirs says, and speak for theirs; never for ours.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from .case import Case
from .sides import Array, Side
from .tolerance import (
    AROUND,
    SMALLEST_MISTAKE,
    ULPS,
    alike,
    bend,
    discerned,
    quotient_rounding,
    resolution,
    slopes_apart,
)

LEVELS = 7
"""Halvings of h in one extrapolation table."""

SPACINGS = tuple(round(1.618034 * 2.0**k) / 2.0**42 for k in (30, 20, 10))
"""Of neighbouring values, relative to x: in the golden ratio to 2^-12, 2^-22 and 2^-32, since
powers of two are multiples of many a rounding, and with 42 bits, so that x + h stays exact."""

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
    f: Callable[[Any], Array], x: Any, eps: float | None = None, enough: float = 0.0
) -> tuple[float, float]:
    """df/dx summed over the elements of f, and a bound on its error; x a number -> two floats.

    Args:
        f: a function of one longdouble number, giving an array (or a number).
        x: where. Its magnitude (at least 1, then the number's own) sets the first h.
        eps: rounding of f; that of its result's dtype unless given.
        enough: an error that is small enough, at which no better one is looked for.

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
        moving, at_rest = _moving(f, x, np.longdouble(STARTS[0] * _power_of_2(max(scales))), eps)
        lost = max(_lost_inside(f, x, np.longdouble(_power_of_2(scale))) for scale in scales)
        for scale in sorted(scales):
            for start in STARTS:
                h = np.longdouble(start * _power_of_2(scale))       # x + h stays exact
                if h == 0 or x + h == x:
                    continue
                value, error = _extrapolated(f, x, h, eps, moving, lost)
                if error + at_rest < best[1]:
                    best = (value, error + at_rest)
                if best[1] <= enough:
                    break
        if math.isfinite(best[1]) and _has_kink(f, x, np.longdouble(min(scales)), moving):
            return best[0], math.inf
    return best


def _power_of_2(scale: float) -> float:
    return 2.0 ** math.floor(math.log2(scale))


def _moving(
    f: Callable[[Any], Array], x: Any, h: Any, eps: float | None
) -> tuple[Array, float]:
    """Which elements change on a wide step, and how much slope rounding may hide in the others.

    What does not change on the way from x - h to x + h has a slope of a rounding in 2 h at most,
    where it has one at all. Where nothing changes, any of them may be the one that is asked for.
    """
    here, above, below = (np.asarray(f(at)) for at in (x, x + h, x - h))
    moving = (above != here) | (below != here)
    if not moving.any():
        moving = np.ones_like(moving)
    unit = float(np.finfo(here.dtype).eps) if eps is None else eps
    return moving, quotient_rounding(_magnitude(here, ~moving), float(2 * h), unit)


def _lost_inside(f: Callable[[Any], Array], x: Any, scale: Any) -> float:
    """How large the roundings inside f are that its values alone do not show, summed over them.

    (x + 1e7) - 1e7 is as small as x and has the rounding of 1e7. Sixth differences of neighbouring
    values leave nothing of a smooth function, and of independent errors of size s about
    sqrt(924) s (Hamming; J. J. More and S. M. Wild, Estimating computational noise, SIAM J. Sci.
    Comput. 33, 2011). Of three spacings the median: over a wide one there may be a kink, and on a
    narrow one no value may change.
    """
    found = []
    for spacing in SPACINGS:
        h = scale * np.longdouble(spacing)
        values = np.array([f(x + k * h) for k in range(-4, 4)])
        sixth = np.abs(np.diff(values, 6, axis=0)).max(axis=0) / math.sqrt(math.comb(12, 6))
        found.append(np.where(np.isfinite(sixth), sixth, 0.0))
    return float(np.sum(np.median(found, axis=0)))


def _extrapolated(
    f: Callable[[Any], Array], x: Any, h: Any, eps: float | None, moving: Array, lost: float
) -> tuple[float, float]:
    """Richardson's table for the central difference quotient from step h down."""
    best, least = math.nan, math.inf
    previous: list[Any] = []
    for level in range(LEVELS):
        above, below = f(x + h), f(x - h)
        moving = moving | np.asarray(above != below)
        quotient = _change(above, below) / (2 * h)
        unit = float(np.finfo(np.asarray(above).dtype).eps) if eps is None else eps
        magnitude = _magnitude(above, moving) + _magnitude(below, moving) + 2 * lost / unit
        noise = quotient_rounding(magnitude, float(2 * h), unit)
        row = [quotient]
        for order, coarser in enumerate(previous, start=1):
            factor = np.longdouble(4.0) ** order            # the error of the row above is O(h^2k)
            row.append((factor * row[-1] - coarser) / (factor - 1))
            change = max(abs(row[-1] - row[-2]), abs(row[-1] - coarser))
            error = float(change) + noise
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


def _magnitude(a: Any, of: Array) -> float:
    return float(np.sum(np.abs(a), where=np.isfinite(a) & of))


def _has_kink(f: Callable[[Any], Array], x: Any, scale: Any, moving: Array) -> bool:
    """Whether the slopes to the left and to the right stay apart as h shrinks.

    At a kink the central quotient converges to the mean of the two slopes, without a sign of
    trouble. For a smooth f the two approach each other like h f'': of a 16th of h, at least four
    times nearer.
    """
    here = np.asarray(f(x))
    eps = float(np.finfo(here.dtype).eps)

    def slopes(h: Any) -> tuple[float, float]:
        return float(_change(here, f(x - h)) / h), float(_change(f(x + h), here) / h)

    h = scale * np.longdouble(2.0**-20)
    apart = abs(np.subtract(*slopes(h)))
    left, right = slopes(h / 16)
    noise = quotient_rounding(_magnitude(here, moving), float(h / 16), eps)
    return bool(
        abs(right - left) > slopes_apart(left, right) + noise and abs(right - left) > apart / 4
    )


# Which side is right.


def judge(ours: float, theirs: float, value: float, error: float, allowed: float) -> str:
    """Whose number the witness's `value`, right to `error`, supports.

    Where only one of the two is a number, the value must show whether it is mistaken.

    >>> judge(0.25, 0.19, 0.25, 1e-12, allowed=1e-15)
    'ours'
    """
    numbers = [x for x in (ours, theirs) if math.isfinite(x)]
    if not numbers or not math.isfinite(value):
        return "undecided"
    if len(numbers) == 2:
        difference = abs(ours - theirs)
    else:
        difference = SMALLEST_MISTAKE * max(abs(numbers[0]), abs(value))
    if not discerned(error) <= difference:
        return "undecided"
    margin = error + allowed
    near_ours, near_theirs = (
        math.isfinite(x) and abs(x - value) <= margin for x in (ours, theirs)
    )
    if near_ours and near_theirs:                           # apart by little more than allowed
        if abs(ours - value) < abs(theirs - value) / 2:
            return "ours"
        return "theirs" if abs(theirs - value) < abs(ours - value) / 2 else "both"
    if near_ours or near_theirs:
        return "ours" if near_ours else "theirs"
    return "neither"


Place = tuple[int, ...]

ASKED = 100
"""Before ours is said to be right, about so many of the differing entries are asked about."""

TRIED = 8
"""So many entries beside the worst are tried where he is undecided about that (beside a kink)."""


def about_gradient(
    case: Case,
    argument: int,
    places: Sequence[Place],
    ours: Array,
    theirs: Array,
    allowed: Array,
    outputs_agree: bool,
) -> Verdict:
    """Differences of forward against one entry of one argument's gradient.

    Where the outputs agree, the forward that runs in the widest dtype is asked, and where it is
    ours, theirs too, which must not contradict. Where they differ, theirs says what the gradient
    should be, and ours is asked whether our backward at least belongs to our forward.

    Args:
        places: the entries that differ, the worst first. The verdict is on that, or on one about
            as bad, and "ours" only where nothing speaks against ours at the others.
        ours, theirs, allowed: the whole gradient.
    """

    def ask(side: Side, place: Place, enough: float = 0.0) -> tuple[float, float, str]:
        upstream = case.our_upstream if side is case.ours else case.upstream
        value, error, precision = _difference_quotient(
            case, side, argument, place, upstream, enough
        )
        who = "ours" if side is case.ours else "theirs"
        return value, error, f"central differences of {who} in {precision}"

    def judged(place: Place, value: float, error: float) -> str:
        return judge(
            float(ours[place]), float(theirs[place]), value, error, float(allowed[place])
        )

    def at(place: Place) -> Verdict:
        our, their = ask(case.ours, place), ask(case.theirs, place)
        if not outputs_agree:
            own: bool | None = None
            if discerned(our[1]) <= SMALLEST_MISTAKE * max(abs(float(ours[place])), abs(our[0])):
                own = bool(abs(ours[place] - our[0]) <= our[1] + allowed[place])
            return Verdict(judged(place, *their[:2]), *_finite(*their[:2]), their[2], own)
        # Equal at the point and not beside it: two functions, each with a gradient of its own.
        if abs(our[0] - their[0]) > our[1] + their[1] + allowed[place]:
            return Verdict("undecided", by="the sides agree at this point and not around it")
        value, error, by = min(our, their, key=lambda answer: answer[1])
        side = judged(place, value, error)
        if side in ("ours", "neither") and judged(place, *their[:2]) != side:
            return Verdict("undecided", by="only the forward of ours could tell")
        if side == "ours" and by != their[2]:
            by += ", and those of theirs agree"
        return Verdict(side, *_finite(value, error), by)

    def again(place: Place) -> str:
        return judged(place, *ask(case.theirs, place, _enough(ours[place], theirs[place]))[:2])

    verdict = at(places[0])
    if verdict.side == "undecided" and outputs_agree:
        for place in _about_as_bad(places, ours, theirs, allowed):
            other = at(place)
            if other.side != "undecided":
                verdict = Verdict(other.side, by=f"{other.by}, at {list(place)}")
                break
    if verdict.side == "ours" and not _nowhere_else_wrong(places, theirs, again):
        return Verdict("undecided", by="ours is right at one entry, and not at all of them")
    return verdict


def _enough(ours: float, theirs: float) -> float:
    """An error that settles which of the two is right: half of what does."""
    difference = abs(ours - theirs) if np.isfinite(theirs) else SMALLEST_MISTAKE * abs(ours)
    return float(difference / discerned(2.0))


def _about_as_bad(
    places: Sequence[Place], ours: Array, theirs: Array, allowed: Array
) -> list[Place]:
    """Entries whose differences are at least half the worst's, in units of what is allowed."""

    def excess(place: Place) -> float:
        return float(abs(ours[place] - theirs[place]) / allowed[place])

    with np.errstate(all="ignore"):
        worst = excess(places[0])
        found = [p for p in places[1:] if excess(p) >= worst / 2] if math.isfinite(worst) else []
    return found[:TRIED]


def _nowhere_else_wrong(
    places: Sequence[Place], theirs: Array, side_at: Callable[[Place], str]
) -> bool:
    """Whether the witness, who finds ours right at one of the worst entries, never contradicts it.

    He may be undecided (beside a kink) where both are numbers: these are nearer to each other than
    twice what they are there, in units of what is allowed.
    """
    asked = places[:: math.ceil(len(places) / ASKED)]
    return all(
        side in ("ours", "both") or (side == "undecided" and bool(np.isfinite(theirs[place])))
        for place, side in ((place, side_at(place)) for place in asked)
    )


def about_output(
    case: Case,
    output: int,
    places: Sequence[Place],
    ours: Array,
    theirs: Array,
    allowed: Array,
) -> Verdict:
    """Each forward in a wider dtype against one entry of the outputs, to tell who rounds badly.

    Each side can only be confirmed by the other: where what the two have in a wider dtype supports
    different answers, they compute different functions.

    Args:
        places: the entries that differ. The verdict is on the first, the worst, and "ours" only
            where nothing speaks against ours at the others.
        ours, theirs, allowed: the whole output.
    """
    narrow = resolution(*(a.dtype for a in case.inputs)) or resolution(np.float64)
    ours_wide, ours_error = _wider(case, case.ours, output, ours, narrow)
    theirs_wide, theirs_error = _wider(case, case.theirs, output, theirs, narrow)

    def says(place: Place, wide: Array, error: Array) -> str:
        value = float(wide[place])
        margin = max(float(allowed[place]), narrow * abs(value))
        return judge(float(ours[place]), float(theirs[place]), value, float(error[place]), margin)

    def verdict(place: Place) -> str:
        by_ours = says(place, ours_wide, ours_error)
        by_theirs = says(place, theirs_wide, theirs_error)
        if by_ours == by_theirs:
            return by_ours
        for right, other, own in (("ours", by_theirs, by_ours), ("theirs", by_ours, by_theirs)):
            if other == right and own == "undecided":
                return right
        return "different"

    first = places[0]
    errors = float(ours_error[first]), float(theirs_error[first])
    if min(errors) == math.inf:
        return Verdict("undecided", by="neither side runs in a wider dtype")
    side = verdict(first)
    if side in ("different", "undecided"):
        return Verdict("undecided", by="the two sides compute different functions")
    if side == "ours" and not _nowhere_else_wrong(places, theirs, verdict):
        return Verdict("undecided", by="ours is right at one entry, and not at all of them")
    who, wide = ("ours", ours_wide) if errors[0] <= errors[1] else ("theirs", theirs_wide)
    return Verdict(side, float(wide[first]), min(errors), f"{who} in a wider dtype")


def _wider(
    case: Case, side: Side, output: int, own: Array, narrow: float
) -> tuple[Array, Array]:
    """One side's output in a wider dtype, and a bound on its error; infinite where there is none.

    Rounding errors shrink with eps: what the wider dtype changed, times the ratio of the two eps,
    estimates what is still wrong; ULPS times as much is counted.
    """
    none = np.full(own.shape, np.inf)
    try:
        out = case.evaluate(side, case.widened(side.extended))[output]
        eps = float(np.finfo(out.dtype).eps)
    except Exception:
        return own, none
    if eps >= narrow or out.shape != own.shape:
        return own, none
    with np.errstate(all="ignore"):
        change = np.abs(out - own)
        error = eps * np.abs(out) + ULPS * eps / narrow * np.where(np.isfinite(change), change, 0)
    return out, np.where(np.isfinite(out), error, np.inf)


def _difference_quotient(
    case: Case,
    side: Side,
    argument: int,
    index: Place,
    upstream: list[Array],
    enough: float,
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
            value, error = derivative(lambda x: weighted(weight(x)), start, enough=enough)
        else:
            value, error = derivative(weighted, start, enough=enough)
    except Exception:
        return math.nan, math.inf, kept
    return value, error, kept


def _name(dtype: Any) -> str:
    return "longdouble" if np.dtype(dtype).itemsize > 8 else str(np.dtype(dtype))


def _finite(value: float, error: float) -> tuple[float | None, float | None]:
    return (value, error) if math.isfinite(value) and math.isfinite(error) else (None, None)


# Kinks.

PROBES = 6
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
            if not _alike(case, *pair):
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
    if here is None or _alike(case, here[0], here[1], worst):  # no more than rounding
        return None
    low, high = np.where(np.isnan(low), np.inf, low), np.where(np.isnan(high), -np.inf, high)
    largest = np.max(np.maximum(abs(low), abs(high)), initial=0.0,
                     where=np.isfinite(low) & np.isfinite(high))
    slack = bend(float(largest))
    jumps = bool(low[worst] < high[worst] - slack)
    # a convention lies between the one-sided values, or is the 0 of "no gradient here"
    within = [
        (value >= np.minimum(low, 0) - slack) & (value <= np.maximum(high, 0) + slack)
        for value in here
    ]
    is_kink = agree_around and jumps and bool(np.all((within[0] & within[1])[differing]))
    return Kink(agree_around, jumps, is_kink, float(low[worst]), float(high[worst]))


def _step(a: Array) -> Array:
    with np.errstate(invalid="ignore"):
        return np.where(np.isfinite(a), AROUND * np.maximum(np.abs(a), 1.0), 0.0)


def _gradients(case: Case, argument: int, inputs: list[Array]) -> tuple[Array, Array] | None:
    ours = case.run(case.ours, inputs)[1][argument]
    theirs = case.run(case.theirs, inputs)[1][argument]
    shape = inputs[argument].shape
    ours = np.zeros(shape) if ours is None else ours
    theirs = np.zeros(shape) if theirs is None else theirs
    return (ours, theirs) if ours.shape == theirs.shape == shape else None


def _alike(case: Case, a: Array, b: Array, place: Place | None = None) -> bool:
    """Whether two gradients in float64 are equal for rounding, at all places or at one."""
    with np.errstate(invalid="ignore", over="ignore"):
        equal = np.asarray(
            (np.abs(a - b) <= alike(b, case.upstream)) | (a == b) | ((a != a) & (b != b))
        )
    return bool(equal.all() if place is None else equal[place])
