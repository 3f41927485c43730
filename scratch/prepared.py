"""Constants that are made once, since numpy takes as long to make a small array as to use it.

All are read-only: whoever receives one may not write into it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

FLOAT32, FLOAT64 = np.dtype(np.float32), np.dtype(np.float64)

# Above this many elements the work on an array costs more than making it, and none is kept.
LARGE = 8192


def in_each_dtype(number: float) -> dict[Any, Any]:
    """The number as a 0-d array: in an operation numpy takes twice as long over a Python one."""
    return {kind: filled(kind, (), number) for kind in (FLOAT32, FLOAT64)}


def filled(dtype: Any, shape: Any, number: float) -> np.ndarray:
    array = np.full(shape, number, dtype)
    array.flags.writeable = False
    return array


class Prepared(dict[Any, Any]):
    """`Prepared(make)[dtype, shape]` is make(dtype, shape), made when it is first asked for."""

    def __init__(self, make: Callable[[Any, Any], Any]) -> None:
        self.make = make

    def __missing__(self, key: Any) -> Any:
        made = self.make(*key)
        if np.prod(key[1]) <= LARGE:
            if len(self) >= 64:  # a network has few shapes; whoever has many starts again
                self.clear()
            self[key] = made
        return made


ONES = Prepared(lambda dtype, shape: filled(dtype, shape, 1))
ZEROS = Prepared(lambda dtype, shape: filled(dtype, shape, 0))
