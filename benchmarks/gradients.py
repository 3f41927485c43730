"""Before anything is timed: every contender computes the gradients that PyTorch computes.

Twice. In float64 the agreement is tight, so that a wrong formula shows; in the workload's own dtype
it can only be as good as the dtype, and a ReLU whose input is a rounding away from 0 may open on
one side and not on the other, so that there the check is that nothing is grossly off and that no
array changed its dtype.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from benchmarks.contenders import Prepare
from benchmarks.workloads import Array, Workload

# A product of length k is off by at most k rounding errors, and a gradient has passed through one
# product a layer: 1600 is the sum of these lengths in the widest network, and 200 blocks of the
# deepest have 12,800. eps/2 each gives 1.4e-12 at most; a wrong term is off by far more.
FLOAT64 = 12_800 * np.finfo(np.float64).eps / 2
# One unit of about a thousand on the other side of its kink moves a gradient by 1/sqrt(1000).
FLOAT32 = 0.03


def check(workload: Workload, contenders: Mapping[str, Prepare]) -> None:
    """Raise AssertionError naming the contender and the parameter that differ from PyTorch's."""
    _check(workload.in_float64(), contenders, FLOAT64)
    if workload.X.dtype == np.float32:
        _check(workload, contenders, FLOAT32)


def _check(workload: Workload, contenders: Mapping[str, Prepare], allowed: float) -> None:
    loss, gradients = _result(workload, contenders["torch"])
    for name, prepare in contenders.items():
        if prepare(workload).read is None:
            continue
        its_loss, its_gradients = _result(workload, prepare)
        _compare(f"{name}, {workload.name}: loss", np.array(its_loss), np.array(loss), allowed)
        for k, (its, expected) in enumerate(zip(its_gradients, gradients, strict=True)):
            place = f"{name}, {workload.name}: gradient of parameter {k}"
            if its.dtype != expected.dtype:
                raise AssertionError(f"{place} is {its.dtype}, PyTorch's is {expected.dtype}")
            _compare(place, its, expected, allowed)


def _result(workload: Workload, prepare: Prepare) -> tuple[float, list[Array]]:
    step = prepare(workload)
    assert step.read is not None
    step.run()  # the second step is the one looked at: what the first left must not add up
    return step.read(step.run())


def _compare(place: str, its: Array, expected: Array, allowed: float) -> None:
    """Distance over size, both as Euclidean norms: one element near 0 has no relative error."""
    if its.shape != expected.shape:
        raise AssertionError(f"{place} has shape {its.shape}, PyTorch's {expected.shape}")
    error = np.linalg.norm(its - expected) / np.linalg.norm(expected)
    if not error <= allowed:
        raise AssertionError(f"{place} is {error:.1e} from PyTorch's, allowed {allowed:.1e}")
