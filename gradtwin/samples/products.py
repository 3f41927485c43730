"""Products of vectors and matrices: `scratch.operations.products`."""

from __future__ import annotations

import numpy as np

from .operation import Operation, case, method, named, wrong
from .values import exactly, integers

OPERATIONS = [
    Operation(
        "matmul", named("matmul"),
        cases=[
            case("k", "k"), case("n k", "k"), case("k", "k m"), case("n k", "k m"),
            case("b n k", "b k m"), case("b n k", "k m"), case("n k", "b k m"), case("b n k", "k"),
            case("k", "b k m"), case("1 n k", "b k m"), case("2 1 n k", "3 k m"),
            case("2 3 n k", "k"), case(integers("n k"), integers("k m")),
        ],
        corners=[
            case(exactly([[np.inf, 0.0], [np.nan, 1.0]]), exactly([[0.0, 1.0], [1.0, 2.0]]),
                 label="infinite and NaN"),
            case(exactly([[1e30, 1e30], [1e-30, 1e-30]]), exactly([[1e5, -1e5], [1e5, 1e5]]),
                 label="huge and tiny"),
        ],
        errors=[
            wrong("2 3", "2 3", raises=RuntimeError, match=r"input: \(2, 3\).*other: \(2, 3\)"),
            wrong("3", "2", raises=RuntimeError, match=r"input: \(3,\).*other: \(2,\)"),
            wrong("", "3", raises=RuntimeError, match=r"input: \(\)"),
            wrong("2 3", "", raises=RuntimeError, match=r"other: \(\)"),
            wrong("2 3", integers("3 2"), raises=RuntimeError, match="other: .*int64"),
            wrong("2 2 3", "3 3 4", raises=RuntimeError, match=r"other: \(3, 3, 4\)"),
        ],
        forms=[lambda _, x, other: x @ other, method("matmul")], smooth=True,
    ),
    Operation(
        "addmm", named("addmm"),
        cases=[
            case("n m", "n k", "k m"), case("m", "n k", "k m"), case("n 1", "n k", "k m"),
            case("", "n k", "k m"), case("m", "n k", "k m", alpha=2.0),
            case("n m", "n k", "k m", beta=0.5), case("n m", "n k", "k m", beta=-1, alpha=3),
        ],
        errors=[
            wrong("4", "2 3", "3 5", raises=RuntimeError, match=r"input: .*\(2, 5\).*\(4,\)"),
            wrong("5", "2 3", "4 5", raises=RuntimeError, match=r"\(2, 3\).*\(4, 5\)"),
            wrong("5", "2 3", "3", raises=RuntimeError, match="mat1, mat2"),
        ],
        forms=[method("addmm")], smooth=True,
    ),
]  # fmt: skip
