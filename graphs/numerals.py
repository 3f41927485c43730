"""How numbers are written on an edge: small arrays whole, large ones by shape and extent."""
# ruff: noqa: RUF001 (the signs of mathematics: × and − are meant)

from __future__ import annotations

from typing import Any

import numpy as np

WHOLE_UP_TO = 6  # elements; more than that hides the picture behind its numbers


def written(number: Any, digits: int = 4) -> str:
    """A number in so many digits.

    >>> written(-12.0), written(0.123456), written(1e-12), written(float("nan")), written(True)
    ('-12', '0.1235', '1e-12', 'nan', 'True')
    """
    if isinstance(number, (bool, np.bool_)):
        return str(bool(number))
    if isinstance(number, (int, np.integer)):
        return str(int(number))
    text = f"{float(number):.{digits}g}"
    return "0" if text == "-0" else text.replace("e-0", "e-").replace("e+0", "e+")


def shaped(shape: tuple[int, ...]) -> str:
    """A shape as in the lecture's products of matrices.

    >>> shaped((3, 4)), shaped((5,)), shaped(())
    ('3×4', '5', 'scalar')
    """
    if not shape:
        return "scalar"
    return "×".join(map(str, shape))


def summary(array: np.ndarray[Any, Any], whole_up_to: int = WHOLE_UP_TO) -> list[str]:
    """The lines that stand for an array.

    >>> summary(np.array(4.0)), summary(np.array([[1.0, 2.0], [3.0, 4.5]]))
    (['4'], ['[1, 2]', '[3, 4.5]'])
    >>> summary(np.arange(12.0).reshape(3, 4))
    ['3×4', '0 … 11']
    """
    if array.ndim == 0:
        return [written(array.item())]
    if 0 < array.size <= whole_up_to and array.ndim <= 2:
        rows = array.reshape(-1, array.shape[-1])
        lines = ["[" + ", ".join(map(written, row.tolist())) + "]" for row in rows]
        if array.ndim == 2 and len(lines) == 1:
            return [f"[{lines[0]}]"]
        return lines
    return [shaped(array.shape), *extent(array)]


def extent(array: np.ndarray[Any, Any]) -> list[str]:
    """From the smallest number to the largest; what is not finite is counted, not hidden."""
    if array.size == 0:
        return ["empty"]
    if array.dtype.kind not in "iuf":
        return []
    finite = array[np.isfinite(array)]
    lines = []
    if finite.size:
        low, high = written(finite.min(), 3), written(finite.max(), 3)
        lines.append(f"all {low}" if low == high else f"{low} … {high}")
    stray = array.size - finite.size
    if stray:
        lines.append(f"{stray} not finite")
    return lines
