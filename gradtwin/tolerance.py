"""Every tolerance of gradtwin, derived from rounding; no test and no concept has one of its own.

Two right computations of the same quantity differ because each rounds. With eps the spacing of
floats at 1 and u = eps/2 the largest relative error of one rounding:

1. One operation is right to u |f|. A stable one gives the exact value of slightly moved inputs, and
   moving x by a relative u moves f by u |x f'(x)| (forward error = condition x backward error;
   Higham, Accuracy and Stability of Numerical Algorithms, 2nd ed., sections 1.5 and 1.6).
   gradtwin allows ULPS = 4 such units, eps (|f| + |x f'|), elementwise.
2. A sum or product of n terms passes through up to n roundings: its error is at most
   gamma_n = n u / (1 - n u) times the sum of |terms| (section 3.1, Lemma 3.1; inner products in
   eq. 3.5, matrix products in 3.13, sums in chapter 4). Either side may add in its own order, so
   the two may be 2 n u = n eps apart. For long sums the roundings cancel: 8 sqrt(n) replaces n,
   exceeded with a probability below 1e-13 (Higham and Mary, A new approach to probabilistic
   rounding error analysis, SIAM J. Sci. Comput. 41, 2019). The sum of |terms| is not visible from
   outside; it is part of the condition of the inputs, and that can be measured (`condition`).
3. An intermediate value of order 1 leaves one rounding of 1 behind, however small the result:
   PyTorch's sigmoid'(37) is y (1 - y) = 1.1e-16, the exact value 8.5e-17. So up to ULPS roundings
   of the unit of the quantity, eps `unit`, pass: 1 for an output, the upstream gradient for a
   gradient. Where a gradient is an exponential, the rounding of its exponent adds
   (`exponent_unit`). This needs no second look, and is meant for one block of order 1.
4. In a composition an intermediate value v has any size, and its rounding reaches the result as
   |df/dv| u |v|: to first order the result is wrong by at most the sum of these over all v, the
   running error bound (Higham, section 3.3). The v and the df/dv are PyTorch's own, forward and
   backward, and differ from case to case; so where 1 to 3 do not explain a difference, the sum is
   measured on the very computation (`magnified`): every result of every operation is moved by a
   random FAR = 2^11 eps of its dtype, the inputs and the upstream gradient too, and what arrives
   is divided by FAR. Equal numbers move alike, or a tie would be one no more; but numbers that only
   rounding made equal, such as several sigmoids that are 1, each move their own way. A jump in the
   function (a wrong derivative at a kink, a missing case) is not proportional to the move and so is
   not excused. Where a result is not proportional either, such as log(1 - p) of a p that rounds to
   1, operations (and they alone: the inputs are exact) are moved by NEAR = ULPS + 1 eps, which
   rounding may really do.

Together: allowed = eps ((ULPS + roundings) (|f| + condition) + ULPS unit), and condition is what 4
measures, in units of eps.

In float64 this is some 1e-14 of the value: a factor 1.0005 or a missing term is ten orders of
magnitude beyond it. In float32 a factor 1.0005 still shows (that is 4,200 eps), unless rounding
alone may take this result as far.

What no rounding explains is a difference, and the third witness (`witness`) is asked whose it is.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from fractions import Fraction
from typing import Any

import numpy as np

Array = np.ndarray[Any, np.dtype[Any]]

ULPS = 4.0
"""Units of eps (|f| + |x f'|) that a stable elementwise evaluation stays within."""

SQRT_FACTOR = 8.0
"""From n = 64 terms on, 8 sqrt(n) < n roundings are counted: the probabilistic bound."""

LARGEST_EXPONENT = 745.0
"""exp(-745) is the smallest positive number of float64, exp(710) overflows."""

INPUT_MOVE = 2.0**-26
"""Relative move of every input by which `condition` is measured: the root of float64's eps, which
balances the truncation of the quotient against its own rounding (Higham, section 1.14)."""

SMALLEST_MISTAKE = 5e-4
"""A factor of 1.0005 is a mistake, in float32 too: whatever is known to less cannot show one."""

HALF_THE_DIGITS = 2.0**-26
"""The root of float64's eps. Two right computations in float64 agree to it, unless one of them
loses more than half its digits (a condition of 2^26); SMALLEST_MISTAKE is 30,000 times as large."""

AROUND = 2.0**-13
"""Relative move to the points around one: the root of HALF_THE_DIGITS. A derivative bends by about
as much on the way; a jump that is larger than that shows, and rounding is 2^39 times smaller."""

BEND = 10.0
"""So many relative moves a smooth derivative changes by at most, |x f''| <= 10 |f'|, as that of an
exponential of 10 does; a steeper one is taken for one that jumps."""


@dataclass(frozen=True, slots=True)
class Tolerance:
    """allowed = eps ((ulps + roundings) (|f| + condition) + ulps unit), elementwise.

    Args:
        ulps: units of one stable evaluation; 4 unless there is a reason.
        terms: how many terms the longest sum adds up; by default bounded from the shapes.

    >>> f"{Tolerance().allowed(1.0, eps=2**-52).item():.1e}"
    '2.0e-15'
    >>> Tolerance(ulps=0, terms=0).allowed(1.0, eps=2**-52).item()       # equal to the last bit
    0.0
    """

    ulps: float = ULPS
    terms: int | None = None

    def __post_init__(self) -> None:
        if not (math.isfinite(self.ulps) and self.ulps >= 0):
            raise ValueError(f"ulps must be a finite number >= 0, got {self.ulps!r}")
        if self.terms is not None and self.terms < 0:
            raise ValueError(f"terms must be >= 0, got {self.terms!r}")

    def allowed(
        self,
        expected: Any,
        *,
        eps: float,
        terms: int = 1,
        unit: Any = 1.0,
        condition: Any = 0.0,
    ) -> Array:
        """How far from `expected` a right computation may be; shape of expected, float64.

        NaN and infinities allow nothing: they must be equal.

        Args:
            expected: the values |f|.
            eps: spacing of the coarsest dtype involved at 1 (see `resolution`).
            terms: bound on the summed terms (see `summed_terms`), unless the tolerance has its own.
            unit: the magnitude of intermediate values (see `gradient_unit`, `exponent_unit`).
            condition: |x f'| where it is known; it is added to |f|.
        """
        count = terms if self.terms is None else self.terms
        value = np.abs(np.asarray(expected, dtype=np.float64))
        share = eps * (self.ulps + roundings(count))
        with np.errstate(invalid="ignore", over="ignore"):
            bound = share * value + share * condition + eps * self.ulps * unit
        result: Array = np.where(np.isfinite(bound), bound, 0.0)
        return result


def through_float32(dtype: Any) -> Tolerance:
    """The tolerance of what computes a part in float32, whatever its dtype: 4 units of float32's.

    >>> through_float32("float64").ulps == 4 * 2**29
    True
    """
    return Tolerance(ULPS * resolution("float32") / resolution(dtype))


def resolution(*dtypes: Any) -> float:
    """The eps of the coarsest floating dtype among them; 0 without one (integers are exact).

    >>> resolution("float64", "float32") == 2**-23
    True
    """
    floating = [np.dtype(d) for d in dtypes if np.dtype(d).kind == "f"]
    return max((float(np.finfo(d).eps) for d in floating), default=0.0)


def roundings(terms: float) -> float:
    """Roundings that add up in a sum of n terms: n, from 64 on 8 sqrt(n).

    >>> roundings(10), roundings(10_000)
    (10.0, 800.0)
    """
    return min(float(terms), SQRT_FACTOR * math.sqrt(terms))


def summed_terms(shape: Sequence[int], shapes: Sequence[Sequence[int]]) -> int:
    """Bound on the terms added up in one element of a result of this shape.

    A product sums along one axis of its arguments; a reduction sums whole arguments into fewer
    elements. The bound is the larger of the longest axis and the largest ratio of sizes.

    >>> summed_terms((32, 10), [(32, 64), (10, 64)])        # linear: 64 products each
    64
    >>> summed_terms((), [(32, 10)])                        # a loss: all 320
    320
    """
    size = max(math.prod(shape), 1)
    longest = max((n for s in shapes for n in s), default=1)
    largest = max((math.prod(s) for s in shapes), default=1)
    return max(longest, math.ceil(largest / size), 1)


def drift(steps: int, terms: int, dtype: str) -> float:
    """How far rounding alone takes two equal trainings apart, as a share of the parameters' size.

    A step adds to a parameter lr times a sum of `terms` products, right to roundings(terms), and
    rounds the sum; over the steps these roundings add up like those of a long sum. Each counts as
    many units as one stable evaluation may be wrong.

    >>> f"{drift(steps=1000, terms=64, dtype='float64'):.1e}"
    '2.8e-13'
    """
    return ULPS * resolution(dtype) * (roundings(steps) + roundings(terms))


def gradient_unit(upstream: Sequence[Any], gradient: Any) -> float:
    """Magnitude of the intermediate values behind a gradient: the unit of its rounding.

    A block of derivative about 1 hands the upstream gradient on; where several elements share one
    output (the mean of a loss) each gets its share, unless the gradient itself shows more.
    """
    size = max(np.size(gradient), 1)
    incoming = max((float(np.max(np.abs(g))) for g in upstream if np.size(g)), default=1.0)
    outgoing = sum(int(np.size(g)) for g in upstream)
    magnitudes = np.abs(np.asarray(gradient, dtype=np.float64))
    seen = float(np.max(magnitudes, initial=0.0, where=np.isfinite(magnitudes)))
    return incoming * max(min(outgoing / size, 1.0), min(seen / incoming, 1.0))


def exponent_unit(gradient: Any, argument: Any) -> Array:
    """Magnitude of the rounding that an exponent passes on: |gradient| min(|x|, 745), elementwise.

    A right gradient may be an exponential of a difference as large as the argument itself
    (PyTorch's logsumexp: exp(x - lse)). The rounding of the exponent, eps |x|, is a relative error
    of the result. Beyond 745 the exponential is 0 or infinite.
    """
    with np.errstate(over="ignore", invalid="ignore"):
        result: Array = np.abs(np.asarray(gradient, np.float64)) * np.minimum(
            np.abs(np.asarray(argument, np.float64)), LARGEST_EXPONENT
        )
    return np.where(np.isfinite(result), result, 0.0)


def moved_inputs(arrays: Sequence[Array], seed: int) -> list[Array]:
    """Every nonzero float moved by a relative +-INPUT_MOVE, equal values alike; float64.

    Equal values move alike and zeros stay, so that ties and kinks stay where they are.
    """
    floats = [np.asarray(a, dtype=np.float64) for a in arrays if a.dtype.kind == "f"]
    if not floats:
        return list(arrays)
    flat = np.concatenate([a.ravel() for a in floats])
    _, place = np.unique(flat, return_inverse=True)
    signs = np.random.default_rng(seed).choice((-1.0, 1.0), size=flat.size)[place]
    moved: list[Array] = []
    start = 0
    for a in arrays:
        if a.dtype.kind != "f":
            moved.append(a)
            continue
        sign = signs[start : start + a.size].reshape(a.shape)
        start += a.size
        with np.errstate(over="ignore", under="ignore", invalid="ignore"):
            moved.append(np.asarray(a, dtype=np.float64) * (1 + INPUT_MOVE * sign))
    return moved


def condition(
    base: Array, moved: Sequence[Array | None], by: float = INPUT_MOVE, nearly: bool = False
) -> Array:
    """How far a result moves with each of the things behind it, measured; elementwise.

    base: the result.
    moved: results with everything behind them moved by `by`: |x f'| where `by` is relative, and
        what one rounding of everything does where `by` counts roundings.
    nearly: they were moved no further than rounding may: the condition is infinite where that
        decides whether there is a number at all.

    With random signs a probe sees a random sum of the parts, whose typical size is the root of the
    sum of their squares; of several probes the largest is taken. 0 where it is unknown.

    >>> condition(np.array([1.0]), [np.array([1.5]), np.array([0.25])], by=0.25).item()
    3.0
    """
    largest = np.zeros(np.shape(base))
    for other in moved:
        with np.errstate(invalid="ignore", over="ignore"):
            change = np.abs(np.asarray(other, np.float64) - np.asarray(base, np.float64))
        unknown = nearly & (np.isfinite(base) != np.isfinite(np.asarray(other, np.float64)))
        change = np.where(np.isfinite(change), change, np.where(unknown, np.inf, 0.0))
        largest = np.maximum(largest, change / by)
    return largest


def alike(expected: Array, upstream: Sequence[Any]) -> Array:
    """How far apart two right gradients in float64 may be without another look; elementwise.

    The first look's tolerance, where whatever is added up is as large as the largest element, and
    HALF_THE_DIGITS of the element itself: no measured condition, so half of them may be lost.

    >>> [f"{a:.1e}" for a in alike(np.array([1.0, 0.0]), upstream=[np.ones(1)])]
    ['1.5e-08', '2.2e-15']
    """
    size = np.abs(np.where(np.isfinite(expected), expected, 0.0))
    first = Tolerance().allowed(
        expected,
        eps=resolution(np.float64),
        terms=max(size.size, 1),
        unit=gradient_unit(upstream, expected),
        condition=np.max(size, initial=0.0),
    )
    return first + HALF_THE_DIGITS * size


def bend(derivative: float) -> float:
    """How far a smooth derivative of this size differs between two points AROUND a third.

    >>> bend(2.0) == 2 * BEND * AROUND * 2.0
    True
    """
    return 2 * BEND * AROUND * abs(derivative)


def quotient_rounding(magnitude: float, distance: float, eps: float) -> float:
    """ULPS eps magnitude / distance: what rounding leaves in a difference quotient.

    Each value in the numerator is right to ULPS eps; magnitude is the sum of their sizes.

    >>> quotient_rounding(magnitude=2.0, distance=0.5, eps=2.0**-52) == 16 * 2.0**-52
    True
    """
    return ULPS * eps * magnitude / distance


def slopes_apart(left: float, right: float) -> float:
    """How far two one-sided slopes may be apart before their mean is no derivative.

    The mean is off by half of what they are apart; below SMALLEST_MISTAKE of it that shows nothing.

    >>> slopes_apart(1.0, 1.0)
    0.001
    """
    return SMALLEST_MISTAKE * (abs(left) + abs(right))


WORDS = 100.0
"""Times what is allowed: so near is an array to what the words about a difference liken it to, as
"theirs transposed". The difference is one already, and its condition may not have been measured."""


def students_slack(eps: float) -> float:
    """Times what is allowed, for a formula that need not be the stable one: 1000, in float32 30.

    It may lose three digits of the 16. In float32 it may lose one and a half of the 7, so that the
    5 eps of a value are 1.8e-5, and SMALLEST_MISTAKE is 28 times as much.

    >>> students_slack(2.0**-52), students_slack(2.0**-23)
    (1000.0, 30.0)
    """
    return 1000.0 if eps <= resolution(np.float64) else 30.0


def run_again(expected: Any, dtype: Any) -> Array:
    """16 eps |f|: one program run twice on the same numbers, elementwise.

    Only the order of adding may differ, with the address of an array: a processor adds in up to 16
    lanes at a time, and how their sums are put together costs at most a rounding each.

    >>> run_again(1.0, "float64").item() == 2.0**-48
    True
    """
    result: Array = 16 * resolution(dtype) * np.abs(np.asarray(expected, dtype=np.float64))
    return result


def same_outcome(expected: Any, *dtypes: Any) -> float:
    """sqrt(eps SMALLEST_MISTAKE) max|f| + slack ULPS eps: two programs with one formula.

    Half-way, in orders of magnitude, from a rounding to a mistake: 3e-10 in float64, 8e-6 in
    float32. The second part is for sums that are exactly 0 in one order of adding.

    >>> [f"{same_outcome(1.0, dtype):.1e}" for dtype in ("float64", "float32", "int64")]
    ['3.3e-10', '2.2e-05', '0.0e+00']
    """
    magnitudes = np.abs(np.asarray(expected, np.float64))
    largest = float(np.max(magnitudes, initial=0.0, where=np.isfinite(magnitudes)))
    eps = resolution(*dtypes)
    return math.sqrt(eps * SMALLEST_MISTAKE) * largest + students_slack(eps) * ULPS * eps


def discerned(error: float) -> float:
    """The smallest difference of two numbers that a value known to `error` tells apart: 4 error.

    Within an error of the one it is then 3 errors or more from the other.
    """
    return 4 * error


# ---- what a test counts ahead: no measuring, the shape of the computation is known ---------------


def composed(
    expected: Any, *, terms: float = 1, layers: float = 1, size: Any = 0.0, dtype: Any = "float64"
) -> Array:
    """eps layers (ULPS + roundings(terms)) max(|f|, size): two right ways through `layers` sums.

    Each layer of sums or products of `terms` is right to so many eps of what it adds up, and to
    first order the errors of the layers add, since each reaches the result as |df/dv| eps |v| (4
    above).

    Args:
        expected: the values |f|.
        terms, layers: how many terms the longest sum or product has; how many follow each other.
        size: the largest |df/dv| |v|, such as the sum of |terms| where they cancel; |f| counts as
            well.
        dtype: the coarsest involved.

    >>> f"{composed(1.0, terms=12, layers=5).item():.1e}"
    '1.8e-14'
    """
    magnitude = np.maximum(np.abs(np.asarray(expected, np.float64)), size)
    with np.errstate(invalid="ignore", over="ignore"):
        bound: Array = resolution(dtype) * layers * (ULPS + roundings(terms)) * magnitude
    return np.where(np.isfinite(bound), bound, 0.0)


def rounded_to(value: Any, dtype: Any, times: int = 1) -> Array:
    """times eps/2 |value|: what storing a number in `dtype` takes away, so many times.

    >>> rounded_to(1 / 6, "float32").item() >= abs(float(np.float32(1 / 6)) - 1 / 6) > 0
    True
    """
    result: Array = times * resolution(dtype) / 2 * np.abs(np.asarray(value, np.float64))
    return result


def printed(figure: str) -> float:
    """Half a unit of the last digit of a printed number: how far the number itself may be.

    Raises ValueError for what is no finite number in digits.

    >>> printed("0.31"), printed("-7.50e+3"), printed("12")
    (0.005, 5.0, 0.5)
    """
    try:
        exponent = Decimal(figure).as_tuple().exponent
    except InvalidOperation:
        exponent = "n"
    if not isinstance(exponent, int):
        raise ValueError(f"figure: expected a finite number in digits, got {figure!r}")
    return float(Fraction(10) ** exponent / 2)


SIGMAS = 5.0
"""Standard errors that a mean of draws may be off its expectation. A normal one is further off once
in 1.7 million, erfc(5 / sqrt(2)); seeds are fixed, so that is a risk of writing a test, not of
running it."""


def scatter(deviation: float, draws: float) -> float:
    """SIGMAS deviation / sqrt(draws): how far the mean of independent draws may be off.

    >>> f"{math.erfc(SIGMAS / math.sqrt(2)):.1e}", scatter(deviation=1.0, draws=100)
    ('5.7e-07', 0.5)
    """
    return SIGMAS * deviation / math.sqrt(draws)


def at_rest(slope: float, curvature: float) -> float:
    """slope / curvature: how far from the minimum a descent is that stopped where |f'| <= slope.

    curvature is the smallest f'' between the two, f'(x) - f'(minimum) = f''(between) (x - minimum).

    >>> at_rest(1e-8, curvature=4.0)
    2.5e-09
    """
    return slope / curvature


WIDER_FONT = 7 / 6
"""DejaVu Sans, which stands in where a font is missing, sets words 1.11 to 1.16 times as wide as
Helvetica (by the metrics of both that matplotlib brings)."""


def another_font(length: float) -> float:
    """(WIDER_FONT - 1) length: by how much another machine's font may widen a picture.

    >>> round(another_font(600.0))
    100
    """
    return (WIDER_FONT - 1) * length
