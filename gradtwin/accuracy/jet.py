"""Numbers that carry their derivatives: the exact slopes without a formula of ours for them.

A `Jet` is a value with its first and second derivatives by the inputs, each in as many digits as
mpmath is told to keep. A formula of jets, written once for the value, gives f, f' and f''; so no
derivative that is tested here was derived by hand.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import mpmath as mp  # type: ignore[import-untyped]

Pair = tuple[int, int]


class Jet:
    """A value f with its derivatives d[i] by input i and h[i, j] by inputs i <= j; absent are 0.

    >>> x = variable(3.0, 0)
    >>> y = x * x * x
    >>> int(y.f), int(y.d[0]), int(y.h[0, 0])
    (27, 27, 18)
    """

    __slots__ = ("d", "f", "h")

    def __init__(
        self, f: Any, d: Mapping[int, Any] | None = None, h: Mapping[Pair, Any] | None = None
    ) -> None:
        self.f, self.d, self.h = mp.mpf(f), d or {}, h or {}

    def through(self, f: Any, slope: Any, curvature: Any) -> Jet:
        """F(self), from F, F' and F'' at self: the chain rule and its derivative."""
        h = {at: slope * v for at, v in self.h.items()}
        if curvature:
            for i, a in self.d.items():
                for j, b in self.d.items():
                    if i <= j:
                        h[i, j] = h.get((i, j), 0) + curvature * a * b
        return Jet(f, {i: slope * v for i, v in self.d.items()}, h)

    def __add__(self, other: Any) -> Jet:
        other = jet(other)
        return Jet(self.f + other.f, summed(self.d, other.d), summed(self.h, other.h))

    def __mul__(self, other: Any) -> Jet:
        other = jet(other)
        h = summed(scaled(self.h, other.f), scaled(other.h, self.f))
        for i, a in self.d.items():
            for j, b in other.d.items():
                at = (i, j) if i <= j else (j, i)
                h[at] = h.get(at, 0) + (2 * a * b if i == j else a * b)
        return Jet(
            self.f * other.f, summed(scaled(self.d, other.f), scaled(other.d, self.f)), h
        )

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
    """The input of this index: its derivative by itself is 1."""
    return Jet(mp.mpf(float(x)), {index: mp.mpf(1)})


def jet(x: Any) -> Jet:
    """A number that depends on no input, or the jet that it is already."""
    return x if isinstance(x, Jet) else Jet(x)


def summed(a: Mapping[Any, Any], b: Mapping[Any, Any]) -> dict[Any, Any]:
    total = dict(a)
    for at, v in b.items():
        total[at] = total[at] + v if at in total else v
    return total


def scaled(a: Mapping[Any, Any], factor: Any) -> dict[Any, Any]:
    return {at: v * factor for at, v in a.items()} if factor else {}


# ---- the functions that all others are made of ----------------------------------------------


def reciprocal(x: Jet) -> Jet:
    r = 1 / x.f
    return x.through(r, -r * r, 2 * r * r * r)


def exp(x: Jet) -> Jet:
    e = power_of_e(x.f)
    return x.through(e, e, e)


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
    return x.through(mp.log(x.f), r, -r * r)


def sqrt(x: Jet) -> Jet:
    root = mp.sqrt(x.f)
    return x.through(root, 1 / (2 * root), -1 / (4 * x.f * root))


def sin(x: Jet) -> Jet:
    s, c = mp.sin(x.f), mp.cos(x.f)
    return x.through(s, c, -s)


def cos(x: Jet) -> Jet:
    s, c = mp.sin(x.f), mp.cos(x.f)
    return x.through(c, -s, -c)


def erfc(x: Jet) -> Jet:
    """1 - erf(x), right to 60 digits of its own, however small: more would take mpmath long."""
    if abs(x.f) > FAR:
        return Jet(1 - mp.sign(x.f))
    slope = -2 / mp.sqrt(mp.pi) * mp.exp(-x.f * x.f)
    with mp.workprec(200):
        value = mp.erfc(x.f)
    return x.through(value, slope, -2 * x.f * slope)


def erf(x: Jet) -> Jet:
    """The error function, right to 60 digits of its own."""
    if abs(x.f) > FAR:
        return Jet(mp.sign(x.f))
    slope = 2 / mp.sqrt(mp.pi) * mp.exp(-x.f * x.f)
    with mp.workprec(200):
        value = mp.erf(x.f)
    return x.through(value, slope, -2 * x.f * slope)


FAR = 100
"""exp(-100²) is 0 in every dtype, and so is what erf and erfc lack there."""
