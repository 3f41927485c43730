"""What an argument of a measurement may be: refusals that name it, what came and what is expected.

For `batches`, `tradeoff` and `vanishing`, over the checks of scratch.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from scratch.checks import integer

Array = np.ndarray[Any, np.dtype[Any]]


def count(argument: str, value: Any, least: int = 1) -> int:
    """`value`, where it is an integer of at least `least`.

    TypeError, ValueError: it is not; `argument` is named.

    >>> count("layers", 5)
    5
    """
    number = integer(argument, value)
    if number < least:
        raise ValueError(f"{argument}: expected {least} or more, got {number}")
    return number


def reals(argument: str, value: Any, shape: tuple[int | None, ...] | None = None) -> Array:
    """`value` as an array of float64, of this shape if one is given, where None is any length.

    TypeError, ValueError: it is not; `argument` is named.

    >>> reals("weights", [1, 2], (2,)).tolist()
    [1.0, 2.0]
    """
    try:
        array = np.asarray(value)
        if array.dtype.kind not in "fiu":
            raise TypeError
    except (TypeError, ValueError) as error:  # ValueError: rows of several lengths
        raise TypeError(f"{argument}: expected real numbers, got {value!r}") from error
    if shape is not None and (
        array.ndim != len(shape)
        or any(want not in (None, length) for want, length in zip(shape, array.shape))
    ):
        wanted = str(tuple("n" if n is None else n for n in shape)).replace("'", "")
        raise ValueError(f"{argument}: expected shape {wanted}, got {array.shape}")
    return array.astype(np.float64)
