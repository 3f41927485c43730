"""Do the wings agree on a case? A quick look first, the whole comparison where it is not enough.

The quick look runs both wings and asks whether everything is within the tolerance that needs no
further experiment. Most cases end there. What remains is handed to `gradtwin.compare`, which
measures what rounding does to this very computation, and asks the third witness who is right.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import numpy as np

from ..case import upstream_like
from ..compare import Comparison, compare
from ..findings import WARNING
from ..sides import ScratchSide, TorchSide, side
from ..tolerance import Tolerance, gradient_unit, resolution, summed_terms, through_float32
from .case import Case
from .numbers import Array

Function = Callable[..., Any]


class Outcome(StrEnum):
    """What became of a case."""

    agree = "agree"
    refused = "both refuse"
    scratch_right = "scratch right, PyTorch wrong"
    convention = "another convention where a first derivative has a kink"
    differ = "differ"


@dataclass(frozen=True)
class Verdict:
    """The outcome, with the comparison or the warning where there is something to show."""

    outcome: Outcome
    comparison: Comparison | None = None
    warning: str = ""


def judged(case: Case) -> Verdict:
    """Run both wings on the case and compare."""
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        try:
            ours, theirs, arrays, wanted = case.sides()
        except Exception:  # PyTorch refuses already the first order
            return _whole(case)
        warned = _Warned()
        try:
            with np.errstate(divide="call", over="call", invalid="call", call=warned):
                ours_all = _everything(ScratchSide(ours), arrays, wanted)
            theirs_all = _everything(TorchSide(theirs), arrays, wanted)
        except Exception:
            return _whole(case)
        if not _close(case, ours_all, theirs_all, arrays):
            return _whole(case)
        if case.finite and warned.of and all(np.isfinite(a).all() for a in theirs_all[1]):
            return Verdict(Outcome.differ, warning=warned.of)
    return Verdict(Outcome.agree)


class _Warned:
    """What numpy would have warned of."""

    of = ""

    def __call__(self, kind: str, flag: int) -> None:
        self.of = kind


Everything = tuple[list[Array], list[Array]]


def _everything(
    one: ScratchSide | TorchSide, arrays: Sequence[Array], wanted: Sequence[bool]
) -> Everything:
    """The upstream gradients, and outputs followed by gradients (0 where there is none)."""
    run = one.forward(arrays, wanted)
    g = upstream_like(run.outputs, seed=0)
    if not any(wanted):
        return g, run.outputs
    gradients = run.backward(g)
    return g, run.outputs + [
        np.zeros_like(a) if d is None else d
        for a, d, w in zip(arrays, gradients, wanted)
        if w
    ]


def _close(case: Case, ours: Everything, theirs: Everything, arrays: list[Array]) -> bool:
    """Within `Tolerance.allowed`, elementwise, of the same shape and dtype throughout."""
    g, expected = theirs
    if len(expected) != len(ours[1]):
        return False
    shapes = [a.shape for a in (*arrays, *g)]
    tolerance = _tolerance(case)
    for i, (a, b) in enumerate(zip(ours[1], expected)):
        if a.dtype is not b.dtype and not (a.dtype.kind == b.dtype.kind == "i"):
            return False
        if a.shape != b.shape:
            return False
        if (a == b).all():  # a NaN goes on to the whole comparison
            continue
        if a.dtype.kind != "f":
            return False
        unit = 1.0 if i < len(g) else gradient_unit(g, b)
        allowed = tolerance.allowed(
            b, eps=resolution(b.dtype), terms=summed_terms(b.shape, shapes), unit=unit
        )
        if not ((np.abs(a - b) <= allowed) | (a == b) | ((a != a) & (b != b))).all():
            return False
    return True


def _tolerance(case: Case) -> Tolerance:
    return through_float32(case.dtype) if case.coarse else Tolerance()


def _whole(case: Case) -> Verdict:
    comparison = compared(case)
    if all(comparison.raised):
        agree = Outcome.refused if comparison.ok else Outcome.differ
        return Verdict(agree, comparison)
    if comparison.ok:
        return Verdict(Outcome.agree)
    if case.order == 2 and comparison.only_conventions:
        return Verdict(Outcome.convention, comparison)
    if scratch_is_right(comparison) or pytorch_overflows(case, comparison):
        return Verdict(Outcome.scratch_right, comparison)
    return Verdict(Outcome.differ, comparison)


def compared(case: Case) -> Comparison:
    """The whole comparison of a case."""
    try:
        ours, theirs, arrays, wanted = case.sides()
    except Exception:  # without second derivatives, then
        case.order = 1
        ours, theirs, arrays, wanted = case.sides()
    return compare(
        side("scratch", ours), side("torch", theirs), *arrays, dtype=case.dtype,
        requires_grad=wanted, tolerance=_tolerance(case),
    )  # fmt: skip


def scratch_is_right(comparison: Comparison) -> bool:
    """Values differ and nothing else, and the third witness says each time that ours is right."""
    differing = [c for c in (*comparison.outputs, *comparison.gradients) if not c.ok]
    mistakes = [f for f in comparison.findings if f.severity != WARNING]
    return len(mistakes) == len(differing) > 0 and all(
        c.verdict is not None and c.verdict.side == "ours" for c in differing
    )


def pytorch_overflows(case: Case, comparison: Comparison) -> bool:
    """PyTorch has infinity or NaN where scratch has a number, and that is the right one.

    Right is what scratch's formulas give in extended precision, whose range (1e4932) no step of
    theirs leaves. Everywhere else the two are equal.
    """
    if comparison.raised != (None, None) or not comparison.of("values"):
        return False
    ours, _, arrays, wanted = case.sides()
    wide = [a.astype(np.longdouble) if a.dtype.kind == "f" else a for a in arrays]
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        try:
            run = ScratchSide(ours).forward(wide, wanted)
            found = [*run.outputs, *run.backward(comparison.upstream)]
        except Exception:
            return False
        for c in (*comparison.outputs, *comparison.gradients):
            if c.ok:
                continue
            place = c.argument if c.what == "output" else len(comparison.outputs) + c.argument
            right = found[place]
            if right is None or right.shape != c.ours.shape or c.equal is None:
                return False
            allowed = _tolerance(case).allowed(
                c.ours, eps=resolution(c.ours.dtype), unit=np.finfo(c.ours.dtype).tiny
            )
            exact = np.asarray(np.abs(c.ours - right) <= allowed)
            if not np.all(c.equal | (exact & ~np.isfinite(c.theirs))):
                return False
    return True
