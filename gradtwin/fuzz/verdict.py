"""Do the wings agree on a case? A quick look first, the whole comparison where it is not enough.

The quick look runs both wings and asks whether everything is within the tolerance that needs no
further experiment. Most cases end there. What remains is handed to `gradtwin.compare`, which
measures what rounding does to this very computation. Where the two still differ, a witness that has
nothing of scratch's in it is asked whether PyTorch is wrong (see `independent`).
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import numpy as np
import torch

import scratch

from ..case import upstream_like
from ..compare import Compared, Comparison, compare
from ..findings import WARNING
from ..tolerance import Tolerance, gradient_unit, resolution, summed_terms, through_float32
from .case import Case
from .independent import right_numbers
from .numbers import Array
from .walks import Walks

Function = Callable[..., Any]


class Outcome(StrEnum):
    """What became of a case."""

    agree = "agree"
    refused = "both refuse"
    stricter = "scratch refuses by name what PyTorch takes"
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
        try:
            ours_all, warned = _listening(ours, arrays, wanted, case.walks)
            theirs_all = _by_torch(theirs, arrays, wanted, case.walks)
        except Exception:
            return _whole(case)
        if not _close(case, ours_all, theirs_all, arrays):
            return _whole(case)
        if case.finite and warned and all(np.isfinite(a).all() for a in theirs_all[1]):
            # a product of matrices may warn of what lies in memory beside them: not twice
            again = [_listening(ours, arrays, wanted, case.walks)[1] for _ in range(3)]
            if all(again):
                return Verdict(Outcome.differ, warning=warned)
    return Verdict(Outcome.agree)


class _Warned:
    """What numpy would have warned of."""

    of = ""

    def __call__(self, kind: str, flag: int) -> None:
        self.of = kind


def _listening(
    function: Function, arrays: Sequence[Array], wanted: Sequence[bool], walks: Walks
) -> tuple[Everything, str]:
    """What scratch makes of it, and what numpy would have warned of."""
    warned = _Warned()
    with np.errstate(divide="call", over="call", invalid="call", call=warned):
        return _by_scratch(function, arrays, wanted, walks), warned.of


Everything = tuple[list[Array], list[Array]]
"""The upstream gradients; the outputs, followed by the gradients."""


def _by_scratch(
    function: Function, arrays: Sequence[Array], wanted: Sequence[bool], walks: Walks
) -> Everything:
    tensors = [scratch.Tensor(a, w) for a, w in zip(arrays, wanted)]
    result = function(*tensors)
    several = result if type(result) is tuple else (result,)
    outputs = [y.data if type(y) is scratch.Tensor else np.asarray(y) for y in several]
    g = upstream_like(outputs, seed=0)
    walks.by_scratch(several, g)
    for t, w in zip(tensors, wanted):
        if w:
            outputs.append(np.zeros_like(t.data) if t.grad is None else t.grad)
    return g, outputs


def _by_torch(
    function: Function, arrays: Sequence[Array], wanted: Sequence[bool], walks: Walks
) -> Everything:
    tensors = [_torch_tensor(a) for a in arrays]
    leaves = [t.requires_grad_() for t, w in zip(tensors, wanted) if w]
    result = function(*tensors)
    several = result if isinstance(result, tuple) else (result,)
    is_tensor = [isinstance(y, torch.Tensor) for y in several]
    outputs = [y.detach().numpy() if t else np.asarray(y) for y, t in zip(several, is_tensor)]
    g = upstream_like(outputs, seed=0)
    gradients = walks.by_torch(several, leaves, g)
    for t, d in zip(leaves, gradients):
        outputs.append((torch.zeros_like(t) if d is None else d).detach().numpy())
    return g, outputs


def _torch_tensor(a: Array) -> torch.Tensor:
    return torch.from_numpy(a if a.flags.writeable else a.copy())


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
    ours, theirs = comparison.raised
    if case.may_be_wrong and ours and (theirs or ours.refusal):
        return Verdict(Outcome.refused if theirs else Outcome.stricter, comparison)
    if ours and theirs:
        agree = Outcome.refused if comparison.ok else Outcome.differ
        return Verdict(agree, comparison)
    if comparison.ok:
        return Verdict(Outcome.agree)
    if case.order == 2 and comparison.only_conventions:
        return Verdict(Outcome.convention, comparison)
    if scratch_is_right(case, comparison):
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
        case.walks.scratch(ours), case.walks.torch(theirs), *arrays, dtype=case.dtype,
        requires_grad=wanted, tolerance=_tolerance(case),
    )  # fmt: skip


def scratch_is_right(case: Case, comparison: Comparison) -> bool:
    """Values differ and nothing else, and where they do an independent witness has scratch's.

    PyTorch's own formula overflows on the way to some numbers, and rounds others away. Scratch's is
    never asked again: it would confirm its own mistakes.
    """
    differing = [c for c in (*comparison.outputs, *comparison.gradients) if not c.ok]
    of_values = comparison.of("values") + comparison.of("isolated point")
    mistakes = [f for f in comparison.findings if f.severity != WARNING]
    if comparison.raised != (None, None) or not len(mistakes) == len(of_values) == len(differing):
        return False
    right = right_numbers(case, comparison.upstream)
    outputs = len(comparison.outputs)
    return right is not None and all(
        _supported(c, right[c.argument if c.what == "output" else outputs + c.argument], case)
        for c in differing
    )


def _supported(c: Compared, right: Array | None, case: Case) -> bool:
    """Wherever the two differ, ours is the right number, and theirs is further from it."""
    if right is None or right.shape != c.ours.shape or c.equal is None:
        return False
    with np.errstate(all="ignore"):
        right = right.astype(c.ours.dtype)
        allowed = _tolerance(case).allowed(
            right, eps=resolution(right.dtype), unit=float(np.finfo(right.dtype).tiny)
        )
        off, theirs_off = (
            np.where(a == right, 0, np.abs(np.asarray(a, np.float64) - right))
            for a in (c.ours, c.theirs)
        )
        ours_is_right = (off <= allowed) & ~(theirs_off <= off)
    return bool(np.all(c.equal | ours_is_right))
