"""What an option may be: refusals that name it, where PyTorch's own do not."""

from __future__ import annotations

import math
from typing import Any


def check_number(name: str, value: Any) -> None:
    """TypeError unless ``value`` is a number.

    >>> check_number("std", 0.5)
    """
    try:
        math.isnan(value)
    except TypeError as error:
        raise TypeError(
            f"{name}: expected a number, got {type(value).__name__} {value!r}"
        ) from error
