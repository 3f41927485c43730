"""Numbers that carry their derivatives: the exact slopes without a formula of ours for them.

A `Jet` is a value with its derivatives by the inputs up to the third, each in as many digits as
mpmath is told to keep. A formula of jets, written once for the value, gives f, f', f'' and f'''; so
no derivative that is tested here was derived by hand.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from math import factorial, prod
from typing import Any

import mpmath as mp  # type: ignore[import-untyped]

Place = tuple[int, ...]
"""Inputs in ascending order, each as often as it is derived by, or is a factor."""

ORDER = 3
"""Derivatives beyond this one are left out."""


class Jet:
    """A value, and what is added to it when the inputs move by a, b, ...: a Taylor polynomial.

    Its terms have the factors of the moves by their places, (0, 0, 1) of a² b; absent ones are 0.
    A product of polynomials is a polynomial: that is the product rule, of every order.

    >>> x = variable(3.0, 0)
    >>> y = x * x * x
    >>> int(y.f), *(int(y.by(*[0] * order)) for order in (1, 2, 3))
    (27, 27, 18, 6)
    """

    __slots__ = ("f", "terms")

    def __init__(self, f: Any, terms: Mapping[Place, Any] | None = None) -> None:
        self.f, self.terms = mp.mpf(f), terms or {}

    def by(self, *inputs: int) -> Any:
        """The derivative by these inputs, f by none: aⁿ bᵐ ... derived so often leaves n! m! ..."""
        if not inputs:
            return self.f
        factor = self.terms.get(tuple(sorted(inputs)))
        if factor is None:
            return mp.mpf(0)
        return factor * prod(map(factorial, Counter(inputs).values()))

    def through(self, *derivatives: Any) -> Jet:
        """F(self), from F, F', F'' and F''' at self: Taylor's formula, of the terms as the move."""
        move, whole = Jet(0, self.terms), Jet(0)
        for order in reversed(range(ORDER + 1)):
            whole = whole * move + derivatives[order] / factorial(order)
        return whole

    def __add__(self, other: Any) -> Jet:
        other = jet(other)
        return Jet(self.f + other.f, summed(self.terms, other.terms))

    def __mul__(self, other: Any) -> Jet:
        other = jet(other)
        terms = summed(scaled(self.terms, other.f), scaled(other.terms, self.f))
        for i, a in self.terms.items():
            for j, b in other.terms.items():
                if len(i) + len(j) <= ORDER:
                    at = tuple(sorted(i + j))
                    terms[at] = terms[at] + a * b if at in terms else a * b
        return Jet(self.f * other.f, terms)

    def __neg__(self) -> Jet:
        return self * -1

    def __sub__(self, other: Any) -> Jet:
        return self + -jet(other)

    def __rsub__(self, other: Any) -> Jet:
        return jet(other) - self

    def __truediv__(self, other: Any) -> Jet:
        return self * reciprocal(jet(other))

    def __rtruediv__(self, other: Any) -> Jet:
        return jet(other) * reciprocal(self)

    __radd__, __rmul__ = __add__, __mul__


def variable(x: Any, index: int) -> Jet:
    """The input of this index: it moves with itself."""
    return Jet(mp.mpf(float(x)), {(index,): mp.mpf(1)})


def jet(x: Any) -> Jet:
    """A number that depends on no input, or the jet that it is already."""
    return x if isinstance(x, Jet) else Jet(x)


def summed(a: Mapping[Place, Any], b: Mapping[Place, Any]) -> dict[Place, Any]:
    total = dict(a)
    for at, v in b.items():
        total[at] = total[at] + v if at in total else v
    return total


def scaled(a: Mapping[Place, Any], factor: Any) -> dict[Place, Any]:
    return {at: v * factor for at, v in a.items()} if factor else {}


# ---- the functions that all others are made of ----------------------------------------------


def reciprocal(x: Jet) -> Jet:
    r = 1 / x.f
    return x.through(r, -(r**2), 2 * r**3, -6 * r**4)


def exp(x: Jet) -> Jet:
    e = power_of_e(x.f)
    return x.through(e, e, e, e)


def power_of_e(x: Any) -> Any:
    """mp.exp; of a huge x as 2^k exp(x - k log 2), since mpmath's own takes 70 times as long."""
    if abs(x) < 1e15:
        return mp.exp(x)
    with mp.extraprec(mp.mag(x)):
        k = int(mp.nint(x / mp.ln2))
        e = mp.exp(x - k * mp.ln2)
    return mp.ldexp(e, k)


def log(x: Jet) -> Jet:
    r = 1 / x.f
    return x.through(mp.log(x.f), r, -(r**2), 2 * r**3)


def sqrt(x: Jet) -> Jet:
    root, r = mp.sqrt(x.f), 1 / x.f
    return x.through(root, root * r / 2, -root * r**2 / 4, 3 * root * r**3 / 8)


def sin(x: Jet) -> Jet:
    s, c = mp.sin(x.f), mp.cos(x.f)
    return x.through(s, c, -s, -c)


def cos(x: Jet) -> Jet:
    s, c = mp.sin(x.f), mp.cos(x.f)
    return x.through(c, -s, -c, s)


def erfc(x: Jet) -> Jet:
    """1 - erf(x), right to 60 digits of its own, however small: more would take mpmath long."""
    if abs(x.f) > FAR:
        return Jet(1 - mp.sign(x.f))
    with mp.workprec(200):
        value = mp.erfc(x.f)
    return x.through(value, *(-d for d in bells(x.f)))


def erf(x: Jet) -> Jet:
    """The error function, right to 60 digits of its own."""
    if abs(x.f) > FAR:
        return Jet(mp.sign(x.f))
    with mp.workprec(200):
        value = mp.erf(x.f)
    return x.through(value, *bells(x.f))


def bells(x: Any) -> tuple[Any, Any, Any]:
    """2/√π exp(-x²), which is erf', with its own two derivatives."""
    bell = 2 / mp.sqrt(mp.pi) * mp.exp(-x * x)
    return bell, -2 * x * bell, (4 * x * x - 2) * bell


FAR = 100
"""exp(-100²) is 0 in every dtype, and so is what erf and erfc lack there."""
