"""Many elements become one: `scratch.operations.reductions`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from .operation import Case, Operation, case, method, named, wrong
from .values import exactly, integers, nonzero, tied

ONE_DIM: list[dict[str, Any]] = [
    {"dim": d, "keepdim": k} for d in (0, 1, -1, -3) for k in (False, True)
]
SEVERAL: list[dict[str, Any]] = [
    *({"dim": d, "keepdim": k} for d in ((0, 2), (-1, 0), (0, 1, 2)) for k in (False, True)),
    {"dim": (1,)}, {"dim": ()},
]  # fmt: skip
UNKNOWN_DIM = wrong("2 3", dim=2, raises=IndexError, match="dim: 2 is out of range")
DIM_TWICE = wrong("2 3", dim=(0, -2), raises=RuntimeError, match="dim: .*twice")


def special(*, without: Sequence[str] = (), **options: Any) -> list[Case]:
    """Zeros, infinities and NaN in some of the rows of a matrix."""
    every = [
        case(exactly([[0.0, -0.0, 0.0], [-0.0, -0.0, -0.0]]), label="zeros", **options),
        case(exactly([[np.inf, 1.0, 2.0], [-np.inf, 1.0, 2.0]]), label="one infinity", **options),
        case(exactly([[np.inf, -np.inf, 2.0], [-np.inf] * 3, [np.inf] * 3]), label="infinities",
             **options),
        case(exactly([[np.nan, 1.0, 2.0], [1.0, 2.0, 3.0]]), label="NaN", **options),
        case(exactly([[3e38, 3e38], [1e-44, -1e-44]]), label="huge and tiny", **options),
        case(exactly([[1e4, 1e4 - 1], [-1e4, -1e4]]), label="large", **options),
    ]  # fmt: skip
    return [c for c in every if c.label not in without]


OPERATIONS = [
    Operation(
        "sum", named("sum"),
        cases=[
            case("..."), *(case("n k m", **o) for o in ONE_DIM + SEVERAL),
            case("", dim=0), case("", dim=-1), case(integers("n k")), case(integers("n k"), dim=0),
            case("n k", dtype="float64"), case("n k", dim=0, dtype="float32"),
        ],
        corners=special(dim=1), errors=[UNKNOWN_DIM, DIM_TWICE], forms=[method("sum")], smooth=True,
    ),
    Operation(
        "mean", named("mean"),
        cases=[
            case("n+ k+"), *(case("n+ k+ m+", **o) for o in ONE_DIM + SEVERAL), case("", dim=-1),
            case("n+", dtype="float64"), case(integers("n+ k+"), dtype="float64"),
        ],
        corners=[*special(dim=1), case(exactly(np.zeros((0, 3))), label="mean of nothing")],
        errors=[
            UNKNOWN_DIM, DIM_TWICE,
            wrong(integers("2 3"), raises=RuntimeError, match="input: .*floating point.*int64"),
        ],
        forms=[method("mean")], smooth=True,
    ),
    Operation(
        "prod", named("prod"),
        cases=[
            case("..."), *(case("n k m", **o) for o in ONE_DIM), case(tied("n k")),
            case(tied("n k m"), dim=1),
            case(nonzero("n k"), dtype="float64"), case(integers("n k")), case("", dim=0),
        ],
        corners=[
            # PyTorch's gradient, g * value / x, is NaN there; the product of the others is not
            *special(dim=1, without=["one infinity", "infinities", "NaN", "huge and tiny"]),
            case(exactly([[0.0, 2.0, 3.0], [0.0, 0.0, 3.0], [0.0] * 3, [1.0] * 3]), dim=1,
                 label="one, two and three zeros"),
        ],
        errors=[UNKNOWN_DIM], forms=[method("prod")], smooth=True,
    ),
    *(
        Operation(
            name, named(name),
            cases=[
                case("n+ k+"), case(""), *(case("n+ k+ m+", **o) for o in ONE_DIM + SEVERAL),
                case(tied("n+ k+ m+")), case(tied("n+ k+ m+"), dim=1),
                case(tied("n+ k+"), dim=(0, 1)),
                case("n k+", dim=1),
            ],
            corners=special(dim=1),
            errors=[
                UNKNOWN_DIM, DIM_TWICE,
                wrong(exactly(np.zeros((2, 0))), dim=1, raises=(IndexError, RuntimeError),
                      match="input|identity|empty"),
            ],
            forms=[method(name)],
        )
        for name in ("amax", "amin")
    ),
    Operation(
        "logsumexp", named("logsumexp"),
        cases=[
            *(case("n+ k+ m+", **o) for o in (*ONE_DIM, *SEVERAL[:6])), case("", dim=0),
            case(tied("n k+"), dim=1),
        ],
        corners=[
            # PyTorch's gradient exp(x - value) is 1 for each of two equal huge numbers, not 1/2
            *special(dim=1, without=["huge and tiny"]),
            case(exactly(np.zeros((2, 0))), dim=1, label="log of nothing"),
        ],
        errors=[UNKNOWN_DIM], forms=[method("logsumexp")], smooth=True,
    ),
    Operation(
        "argmax", named("argmax"),
        cases=[case("n+ k+"), case("n+ k+", dim=0), case("n+ k+", dim=-1),
               case(tied("n+ k+"), dim=1), case("n+ k+", dim=1, keepdim=True), case("", dim=0),
               case("n+ k+", keepdim=True)],
        corners=special(dim=1), errors=[UNKNOWN_DIM], forms=[method("argmax")],
        differentiable=False,
    ),
]  # fmt: skip
