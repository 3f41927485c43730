"""How the tests compare: every number that these assertions allow is `gradtwin.tolerance`'s."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Any

import numpy as np

from gradtwin.tolerance import composed, printed, resolution

Array = np.ndarray[Any, np.dtype[Any]]


def assert_close(
    actual: Any,
    expected: Any,
    *,
    terms: float = 1,
    layers: float = 1,
    size: Any = 0.0,
    note: str = "",
) -> None:
    """Equal up to the rounding of `layers` sums of `terms` (`composed`), in the coarser dtype.

    >>> assert_close([0.1 + 0.2], [0.3])
    >>> assert_close(0.3000003, 0.3)
    Traceback (most recent call last):
    AssertionError: 1 of 1 too far apart, worst at (): 0.3000003 against 0.3: 4.504e+09 eps of 5
    """
    __tracebackhide__ = True
    a, b = array(actual), array(expected)
    allowed = composed(b, terms=terms, layers=layers, size=array(size), dtype=coarser(a, b))
    assert_within(a, b, allowed, note)


def assert_within(actual: Any, expected: Any, allowed: Any, note: str = "") -> None:
    """|actual - expected| <= allowed, elementwise; NaN and infinities equal, shapes too.

    A single expected number stands for all. `allowed` comes from a function of
    `gradtwin.tolerance`.
    """
    __tracebackhide__ = True
    a, b = array(actual), array(expected)
    if b.ndim and a.shape != b.shape:
        raise AssertionError(f"{note} shape {a.shape}, expected {b.shape}".strip())
    eps = resolution(coarser(a, b))
    b, bound = (np.broadcast_to(np.asarray(each, np.float64), a.shape) for each in (b, allowed))
    a = a.astype(np.float64)
    with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
        distance = np.abs(a - b)
        near = np.isfinite(distance) & (distance <= bound)
        right = near | (a == b) | (np.isnan(a) & np.isnan(b))
        beyond = np.where(right, -1.0, np.where(np.isfinite(distance), distance / bound, np.inf))
    if right.all():
        return
    worst = np.unravel_index(int(np.argmax(beyond)), a.shape)
    text = f"{a[worst]:.16g} against {b[worst]:.16g}"
    if np.isfinite(distance[worst]):
        unit = eps * abs(b[worst]) or eps
        text += f": {distance[worst] / unit:.4g} eps of {bound[worst] / unit:.4g}"
    place, wrong = tuple(map(int, worst)), int(np.sum(~right))
    raise AssertionError(
        f"{note} {wrong} of {a.size} too far apart, worst at {place}: {text}".strip()
    )


def assert_printed(value: Any, figure: str, note: str = "") -> None:
    """The value, rounded to the digits of the printed figure, is that figure.

    >>> assert_printed(0.31326, "0.3133")
    >>> assert_printed(0.3134, "0.3133")
    Traceback (most recent call last):
    AssertionError: 0.3134 is not printed as 0.3133
    """
    __tracebackhide__ = True
    if not shows(figure, value):
        raise AssertionError(f"{note} {float(value):.16g} is not printed as {figure}".strip())


def shows(figure: str, value: Any) -> bool:
    """Whether the value, rounded to the digits of the printed figure, is that figure."""
    if not math.isfinite(value):
        return False
    return abs(Fraction(float(value)) - Fraction(figure)) <= Fraction(repr(printed(figure)))


def array(values: Any) -> Array:
    """Of numbers, arrays, tensors of either wing, fractions: floats of 64 bits stay and of 32."""
    if hasattr(values, "detach"):
        values = values.detach().numpy()
    if isinstance(values, list | tuple):
        values = [array(each) for each in values]
    result = np.asarray(values)
    return result if result.dtype.kind == "f" else result.astype(np.float64)


def coarser(*arrays: Array) -> str:
    """The dtype of the larger eps."""
    return str(max((a.dtype for a in arrays), key=lambda dtype: float(np.finfo(dtype).eps)))
