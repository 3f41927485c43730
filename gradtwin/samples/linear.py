"""The linear layer: `scratch.linear`."""

from __future__ import annotations

import numpy as np

from .operation import Operation, case, functional, wrong
from .values import exactly, integers

OPERATIONS = [
    Operation(
        "linear", functional("linear"),
        cases=[
            case("n i", "o i", "o"), case("n i", "o i"), case("i", "o i", "o"), case("i", "o i"),
            case("b n i", "o i", "o"), case("2 b n i", "o i", "o"), case("b n i", "o i"),
            case("n i", "1 i", "1"), case("1 i", "o i", "o"),
        ],
        corners=[
            case(exactly([[np.inf, 1.0], [np.nan, 1.0]]), exactly([[1.0, -1.0], [0.0, 2.0]]),
                 exactly([0.0, -0.0]), label="infinite and NaN"),
            case(exactly([[0.0, -0.0]]), exactly([[1.0, 2.0]]), exactly([-0.0]), label="zeros"),
        ],
        errors=[
            wrong("2 3", "4 5", "4", raises=RuntimeError, match=r"input: \(2, 3\).*weight: \(4, 5\)"),
            wrong("2 3", "4 3", "5", raises=RuntimeError, match=r"bias: \(5,\)"),
            wrong("2 3", integers("4 3"), "4", raises=RuntimeError, match="weight: .*int64"),
            wrong("2 3", "4 5", raises=RuntimeError, match=r"weight: \(4, 5\)"),
        ],
        smooth=True,
    ),
]  # fmt: skip
