"""The losses: `scratch.losses`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from .operation import MANY, Case, Operation, case, functional, wrong
from .values import (
    Values,
    between,
    classes,
    constant,
    exactly,
    positive,
    probabilities,
    tied,
)

REDUCTIONS = ("mean", "sum", "none")
BAD_REDUCTION: dict[str, Any] = {"reduction": "avg", "raises": ValueError,
                                 "match": "reduction: .*'avg'"}
NO_WEIGHT_AND_SOME: list[dict[str, Any]] = [{}, {"weight": constant(positive("3"))}]
BROADCAST_TARGET = wrong("3", "3 1", raises=ValueError, match=r"\(3,\).*\(3, 1\)")

# the mean of nothing is 0/0: NaN with a warning, so a batch here is never empty
NUMBERS = "n+ k+"


def reduced(*arguments: Values | str, **options: Any) -> list[Case]:
    """The case under each reduction."""
    return [case(*arguments, **options, reduction=r) for r in REDUCTIONS]


def regression(
    name: str, more: Sequence[dict[str, Any]] = (), weighted: bool = True, smooth: bool = False
) -> Operation:
    """The row of a loss of the error input - target."""
    return Operation(
        name,
        functional(name),
        cases=[
            case(NUMBERS, NUMBERS),
            *reduced(NUMBERS, NUMBERS),
            case("", ""),
            case("n+", "n+"),
            case("...", "...", reduction="sum"),
            *(c for o in more for c in reduced(NUMBERS, NUMBERS, **o)),
            *(reduced(NUMBERS, NUMBERS, weight=positive(NUMBERS)) if weighted else []),
        ],
        corners=[
            case(tied(NUMBERS), tied(NUMBERS), **o, label="kinks") for o in ({}, *more)
        ] + [
            case(exactly([0.0, -0.0]), exactly([0.0, 0.0]), label="zeros"),
            case(exactly([np.inf, 1.0]), exactly([1.0, -np.inf]), reduction="none",
                 label="infinite"),
            case(exactly([np.inf, 1.0]), exactly([np.inf, 1.0]), reduction="none",
                 label="inf - inf"),
            case(exactly([np.nan, 1.0]), exactly([1.0, 1.0]), reduction="none", label="NaN"),
            case(exactly([1e30, 1e-30]), exactly([-1e30, 0.0]), reduction="none",
                 label="huge, tiny"),
            case(exactly(np.zeros((0, 2))), exactly(np.zeros((0, 2))), label="mean of nothing"),
            case(MANY, MANY, label="many"),
        ],
        errors=[
            BROADCAST_TARGET,
            wrong("2 3", "2 3", **BAD_REDUCTION),
            *([wrong("2 3", "2 3", weight=positive("3"), raises=ValueError, match="weight")]
              if weighted else []),
        ],
        smooth=smooth,
    )  # fmt: skip


def of_classes(**options: Any) -> list[Case]:
    """Class indices for logits of every shape."""
    return [
        case("n+ C+", classes("n+", of="C"), **options),
        case("C+", classes("", of="C"), **options),
        case("n+ C+ d+", classes("n+ d+", of="C"), **options),
    ]


def bad_classes() -> list[Any]:
    return [
        wrong("2 3", exactly([0, 3]), raises=IndexError, match="target: class 3"),
        wrong("2 3", exactly([0, -1]), raises=IndexError, match="target: class -1"),
        wrong("2 3", exactly([0, 1, 2]), raises=ValueError, match=r"target: .*\(2,\).*\(3,\)"),
        wrong("2 3", exactly([0, 1]), weight=constant(positive("4")),
              raises=RuntimeError, match=r"weight: .*3 classes.*\(4,\)"),
        wrong("2 3", exactly([0, 1]), **BAD_REDUCTION),
        wrong("2 3", exactly([0.0, 1.0]), raises=RuntimeError, match="target: .*float64"),
    ]  # fmt: skip


OPERATIONS = [
    Operation(
        "squared_error", functional("squared_error"), cases=[case("...", "...")],
        corners=[case(exactly([0.0, np.inf, np.nan]), exactly([-0.0, 1.0, 1.0]), label="special")],
        errors=[BROADCAST_TARGET], smooth=True, elementwise=True,
    ),
    regression("mse_loss", smooth=True),
    regression("l1_loss"),
    regression("huber_loss", more=[{"delta": 0.5}, {"delta": 2.0}]),
    regression("smooth_l1_loss", more=[{"beta": 0.5}, {"beta": 2.0}, {"beta": 0}], weighted=False),
    # ---- two classes ------------------------------------------------------------------------
    Operation(
        "binary_cross_entropy", functional("binary_cross_entropy"),
        cases=[
            case(between(NUMBERS, 0, 1), between(NUMBERS, 0, 1)),
            *reduced(between(NUMBERS, 0, 1), between(NUMBERS, 0, 1)),
            *reduced(between(NUMBERS, 0, 1), between(NUMBERS, 0, 1),
                     weight=constant(positive(NUMBERS))),
            case(between("n+ k+", 0, 1), between("n+ k+", 0, 1), weight=constant(positive("k+"))),
            case(between("", 0, 1), between("", 0, 1)),
            case(between("...", 0, 1), between("...", 0, 1), reduction="sum"),
        ],
        corners=[
            case(exactly([p]), exactly([y]), label=f"p={p:g} y={y:g}")
            for p in (0.0, 1.0, 1e-30, 1 - 2.0**-24) for y in (0.0, 1.0, 0.5)
        ],
        errors=[
            wrong("3", "3 1", raises=ValueError, match=r"\(3,\).*\(3, 1\)"),
            wrong(exactly([1.5]), exactly([1.0]), raises=RuntimeError,
                  match="input: .*between 0 and 1"),
            wrong(exactly([0.5]), exactly([-0.1]), raises=RuntimeError,
                  match="target: .*between 0 and 1"),
            wrong(exactly([0.5]), exactly([0.1]), **BAD_REDUCTION),
        ],
        twice=False,  # PyTorch adds 1e-12 to the probabilities there
    ),
    Operation(
        "binary_cross_entropy_with_logits", functional("binary_cross_entropy_with_logits"),
        cases=[
            case(NUMBERS, between(NUMBERS, 0, 1)),
            *reduced(NUMBERS, between(NUMBERS, 0, 1)),
            *reduced(NUMBERS, between(NUMBERS, 0, 1), weight=constant(positive(NUMBERS))),
            *reduced(NUMBERS, between(NUMBERS, 0, 1), pos_weight=constant(positive("k+"))),
            case(NUMBERS, between(NUMBERS, 0, 1), weight=constant(positive("k+")),
                 pos_weight=constant(positive("k+"))),
            case("", between("", 0, 1)), case("...", between("...", 0, 1), reduction="sum"),
        ],
        corners=[
            case(exactly(z), exactly(np.full(len(z), y)), reduction="none", **more,
                 label=f"{name} y={y:g}{' pos_weight' if more else ''}")
            for name, z in {
                "zeros": [0.0, -0.0], "saturated": [40.0, -40.0, 800.0, -800.0],
                "inf": [np.inf], "NaN": [np.nan],
            }.items()  # at -inf PyTorch adds (1 - y) z = -inf and softplus(-z) = inf
            for y in (0.0, 1.0, 0.25)
            for more in ({}, {"pos_weight": constant(exactly(3.0))})
        ],
        errors=[
            wrong("3", "3 1", raises=ValueError, match=r"\(3,\).*\(3, 1\)"),
            wrong("2 3", between("2 3", 0, 1), **BAD_REDUCTION),
            wrong("2 3", between("2 3", 0, 1), pos_weight=constant(positive("2")),
                  raises=RuntimeError, match="pos_weight"),
        ],
        smooth=True,
    ),
    # ---- many classes -----------------------------------------------------------------------
    Operation(
        "cross_entropy", functional("cross_entropy"),
        cases=[
            *of_classes(),
            *(c for r in REDUCTIONS for c in of_classes(reduction=r)),
            *(c for r in REDUCTIONS for c in of_classes(reduction=r, label_smoothing=0.1)),
            *(c for r in REDUCTIONS for c in of_classes(reduction=r,
                                                        weight=constant(positive("C+")))),
            *(c for r in REDUCTIONS
              for c in of_classes(reduction=r, weight=constant(positive("C+")),
                                  label_smoothing=0.3)),
            *(case("n+ C+", probabilities("n+ C+"), reduction=r) for r in REDUCTIONS),
            case("C+", probabilities("C+")), case("n+ C+ d+", probabilities("n+ C+ d+")),
            *(case("n+ C+", probabilities("n+ C+"), reduction=r, weight=constant(positive("C+")))
              for r in REDUCTIONS),
            case("n+ C+", probabilities("n+ C+"), label_smoothing=0.2),
            case("n+ C+ d+", probabilities("n+ C+ d+"), label_smoothing=0.2, reduction="none",
                 weight=constant(positive("C+"))),
            case("n+ C+", "n+ C+"),
            *(case("4 C+", exactly([0, -100, 0, -100]), reduction=r) for r in REDUCTIONS),
            *(case("4 3", exactly([0, 1, 2, 1]), ignore_index=1, reduction=r, **more)
              for r in REDUCTIONS for more in (*NO_WEIGHT_AND_SOME, {"label_smoothing": 0.1})),
            case("2 3 2", exactly([[0, -100], [2, 1]])),
            case("4 3", exactly([0, 1, 2, 7]), ignore_index=7),
            case("0 C+", exactly(np.zeros(0, np.int64)), reduction="sum"),
        ],
        corners=[
            case(exactly([[1000.0, 0.0], [0.0, 1000.0], [0.0, 0.0]]), exactly([0, 0, 1]),
                 reduction="none", label="saturated"),
            case(exactly([[40.0, 0.0, 0.0], [0.0, 40.0, 0.0]]), exactly([0, 1]), label="certain"),
            case(exactly([[40.0, 0.0], [0.0, 40.0]]), exactly([[1.0, 0.0], [0.5, 0.5]]),
                 reduction="none", label="certain probabilities"),
            case(exactly([[5.0, 6.0, 11.0, 7.0]]), exactly([2]), label="the lecture's"),
            case(exactly([[0.0, -0.0, 0.0]]), exactly([1]), label="ties"),
            case(exactly([[-np.inf, 0.0, 1.0]]), exactly([1]), label="-inf elsewhere"),
            case(exactly([[-np.inf, 0.0, 1.0]]), exactly([0]), label="-inf at the class"),
            case(exactly([[np.inf, 0.0, 1.0]]), exactly([1]), label="inf"),
            case(exactly([[np.nan, 0.0], [1.0, 0.0]]), exactly([1, 0]), reduction="none",
                 label="NaN"),
            *(case(exactly([[1.0, 0.0]]), exactly([-100]), **o, label="none counts")
              for o in ({}, {"weight": constant(exactly([1.0, 2.0]))}, {"label_smoothing": 0.1})),
            case(exactly(np.zeros((0, 2))), exactly(np.zeros(0, np.int64)),
                 label="mean of nothing"),
        ],
        errors=[
            *bad_classes(),
            wrong("2 3", exactly([0, 1]), label_smoothing=1.5, raises=RuntimeError,
                  match="label_smoothing: .*1.5"),
            wrong("2 3", "3 2", raises=ValueError, match=r"target: .*\(3, 2\)"),
        ],
        smooth=True,
    ),
    Operation(
        "nll_loss", functional("nll_loss"),
        cases=[
            *of_classes(),
            *(c for r in REDUCTIONS for c in of_classes(reduction=r)),
            *(c for r in REDUCTIONS for c in of_classes(reduction=r,
                                                        weight=constant(positive("C+")))),
            *(case("4 3", exactly([0, 1, 2, 1]), ignore_index=1, reduction=r, **more)
              for r in REDUCTIONS for more in NO_WEIGHT_AND_SOME),
            case("4 C+", exactly([0, -100, 0, -100])),
        ],
        corners=[
            case(exactly([[-np.inf, 0.0], [0.0, -np.inf]]), exactly([0, 0]), label="-inf"),
            case(exactly([[-np.inf, 0.0], [0.0, -np.inf]]), exactly([1, -100]),
                 label="-inf elsewhere"),
            case(exactly([[np.nan, 0.0], [1.0, 0.0]]), exactly([0, 0]), reduction="none",
                 label="NaN"),
            *(case(exactly([[1.0, 0.0]]), exactly([-100]), **o, label="none counts")
              for o in ({}, {"weight": constant(exactly([1.0, 2.0]))})),
        ],
        errors=bad_classes(), smooth=True,
    ),
]  # fmt: skip
