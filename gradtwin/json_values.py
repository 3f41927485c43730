"""Plain values for JSON, which has neither infinity nor NaN: they go as words."""

from __future__ import annotations

import math
from typing import Any

import numpy as np


def plain(value: Any) -> Any:
    """`value` of Python's own numbers, lists and dicts; infinities and NaN "inf", "-inf", "nan".

    >>> plain({"x": np.array([1.0, np.inf]), "index": (np.int64(3), None)})
    {'x': [1.0, 'inf'], 'index': [3, None]}
    """
    if isinstance(value, dict):
        return {name: plain(each) for name, each in value.items()}
    if isinstance(value, np.ndarray):
        value = value.tolist()
    if isinstance(value, tuple | list):
        return [plain(each) for each in value]
    if isinstance(value, float | np.floating):
        number = float(value)
        return number if math.isfinite(number) else str(number)
    if isinstance(value, np.integer | np.bool_):
        return value.item()
    return value
