"""The distance between two floating-point numbers, counted in representable numbers.

A difference of 1e-16 is nothing beside 1.0 and everything beside 1e-20. Counted in ULPs (units in
the last place: steps from one representable number to the next) it says by itself how far apart two
results are. N. J. Higham, Accuracy and Stability of Numerical Algorithms, 2nd ed., section 2.1.
"""

from __future__ import annotations

from typing import Any

import numpy as np

Array = np.ndarray[Any, np.dtype[Any]]


def ulp_distance(a: Any, b: Any) -> Array:
    """Representable numbers between a and b, elementwise; any shapes that broadcast -> float64.

    Args:
        a: float32 or float64; other dtypes are read as float64.
        b: the same. Of a float32 and a float64 the coarser, float32, does the counting.

    NaN against NaN is 0 apart and -0.0 against 0.0 too; NaN against a number is infinitely far.

    >>> ulp_distance(1.0, 1.0 + 2**-52).item()
    1.0
    >>> ulp_distance(-5e-324, 5e-324).item()        # the smallest subnormals, with 0 between them
    2.0
    """
    left, right = np.asarray(a), np.asarray(b)
    dtype: Any = np.float32 if np.float32 in (left.dtype, right.dtype) else np.float64
    with np.errstate(over="ignore", invalid="ignore"):
        left, right = left.astype(dtype), right.astype(dtype)
    i, j = _ordinal(left), _ordinal(right)
    distance = np.where(i > j, i - j, j - i).astype(np.float64)
    one_is_nan = np.isnan(left) != np.isnan(right)
    both_are_nan = np.isnan(left) & np.isnan(right)
    return np.where(one_is_nan, np.inf, np.where(both_are_nan, 0.0, distance))


def _ordinal(x: Array) -> Array:
    """Unsigned integers in the order of the floats: neighbours differ by 1, the zeros by 0."""
    unsigned: Any = np.uint32 if x.dtype == np.float32 else np.uint64
    bits = np.ascontiguousarray(x).view(unsigned).reshape(x.shape)
    sign = unsigned(1) << unsigned(8 * x.dtype.itemsize - 1)
    magnitude = bits & ~sign
    ordered: Array = np.where(bits & sign, sign - magnitude, sign + magnitude)
    return ordered
