"""`x[index]`, with every kind of index: `scratch.operations.indexing`."""

from __future__ import annotations

from typing import Any

import numpy as np

from .operation import Operation, case, wrong

MASK = np.array([True, False, True])

INDICES: list[tuple[str, Any]] = [
    # integers and slices
    ("3", 1), ("3", -1), ("3 4", 0), ("3 4", (2, -1)), ("3 4 2", (1, 2)),
    ("4", slice(1, 3)), ("4", slice(None, None, 2)), ("5", slice(-3, None)), ("4", slice(3, 1)),
    ("3 4", (slice(None), 2)), ("3 4", (slice(1, None), slice(None, None, 3))),
    ("3 4", (slice(0, 2), -1)), ("3 4 2", (Ellipsis, 0)), ("3 4 2", (1, Ellipsis)),
    ("3 4", Ellipsis), ("", Ellipsis), ("", ()),
    # new dimensions
    ("3", None), ("3 4", (slice(None), None)), ("3 4", (Ellipsis, None)), ("3 4", (None, 1, None)),
    # masks
    ("3", MASK), ("3 4", MASK), ("4 3", (slice(None), MASK)), ("3", np.zeros(3, bool)),
    ("2 3", np.array([[True, False, False], [False, True, True]])), ("3 4", (MASK, 1)),
    # integer arrays: repeated indices accumulate
    ("3", np.array([0, 2])), ("3", np.array([1, 1, 1, 0])), ("3", np.array([-1, 2, 0, -1])),
    ("3", [2, 0, 2]), ("3", np.array([[0, 1], [2, 0]])), ("3 4", np.array([2, 0, 2])),
    ("3 4", (np.array([0, 1, 2]), np.array([3, 3, 0]))), ("3", np.array([], dtype=np.int64)),
    ("3 4", (np.array([[0], [1]]), np.array([1, 2, 1]))), ("3 4", (slice(None), np.array([1, 1]))),
    ("3 4", (slice(1, None), np.array([3, 0, 3]))), ("3 4", (1, np.array([0, 0, 2]))),
    ("3 4 2", (np.array([1, 1]), slice(None), np.array([0, 1]))), ("3", np.array(1)),
    ("3 4 2", (slice(None), np.array([0, 3, 0]), 1)), ("3 4", (np.array([0, 0]), None)),
]  # fmt: skip

OPERATIONS = [
    Operation(
        "getitem",
        lambda _, x, index: x[index],
        cases=[case(dims, index=index) for dims, index in INDICES],
        errors=[
            wrong("3", index=3, raises=IndexError, match="index"),
            wrong("3", index=(0, 0), raises=IndexError, match="index"),
            wrong("3 4", index=np.array([0, 3]), raises=IndexError, match="index"),
            wrong("4", index=MASK, raises=IndexError, match="index"),
            wrong("3", index=1.5, raises=(IndexError, TypeError), match="index"),
            wrong("3", index="a", raises=(IndexError, TypeError), match="index"),
        ],
        smooth=True,
    ),
]
