"""The linear layer and the convolution: `scratch.linear`."""

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
            wrong("2 3", "4 5", "4", raises=RuntimeError,
                  match=r"input: \(2, 3\).*weight: \(4, 5\)"),
            wrong("2 3", "4 3", "5", raises=RuntimeError, match=r"bias: \(5,\)"),
            wrong("2 3", integers("4 3"), "4", raises=RuntimeError, match="weight: .*int64"),
            wrong("2 3", "4 5", raises=RuntimeError, match=r"weight: \(4, 5\)"),
            wrong("", "4 1", "4", raises=RuntimeError, match=r"input: expected shape \(..., in\)"),
        ],
        smooth=True,
    ),
    Operation(
        "conv1d", functional("conv1d"),
        # n+: PyTorch cannot derive an empty batch a second time (AttributeError)
        cases=[
            case("n+ c+ 7", "o+ c 3", "o"), case("n+ c+ 7", "o+ c 3"), case("c+ 7", "o+ c 3", "o"),
            case("n+ c+ 7", "o+ c 3", "o", stride=2), case("n+ c+ 8", "o+ c 3", "o", stride=3),
            case("n+ c+ 5", "o+ c 3", "o", padding=2), case("n+ c+ 1", "o+ c 3", padding=1),
            case("c+ 6", "o+ c 2", "o", stride=2, padding=1), case("n+ c+ 4", "o+ c 1", stride=4),
            case("n+ c+ 4", "o+ c 4", "o"), case("n+ 1 7", "1 1 5", "1", padding=3),
        ],
        errors=[
            wrong("2 3 7", "4 5 3", raises=RuntimeError, match=r"input: .* \(n, 5, l\)"),
            wrong("7", "4 1 3", raises=RuntimeError, match="input: expected shape"),
            wrong("2 3 7", "4 3", raises=RuntimeError, match=r"weight: expected shape \(o, c, k\)"),
            wrong("2 3 7", "4 3 3", "5", raises=RuntimeError, match=r"bias: expected shape \(o,\)"),
            wrong("2 3 7", integers("4 3 3"), raises=RuntimeError, match="weight: .* dtype"),
            wrong("2 3 2", "4 3 3", raises=RuntimeError, match="weight: its window of 3 is longer"),
            wrong("2 3 7", "4 3 3", stride=0, raises=RuntimeError, match="stride: expected 1"),
            wrong("2 3 7", "4 3 3", padding=-1, raises=RuntimeError, match="padding: expected 0"),
        ],
        smooth=True,
    ),
]  # fmt: skip
