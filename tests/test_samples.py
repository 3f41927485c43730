"""What holds for every operation, tested once over the whole table of samples.

The other side is PyTorch throughout; how far two right results may be apart is
`gradtwin/tolerance.py`'s. Where scratch is more exact than PyTorch (the gradient of sigmoid, tanh,
GELU in their tails, the loss of a saturated prediction) the two still agree: the tolerance allows
rounding errors of the largest intermediate value, 1 there, so these are no exceptions.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
import scratch
from gradtwin.samples import OPERATIONS, Operation, Sample, scratch_library, torch_library
from gradtwin.samples.twins import twins

DTYPES = ("float64", "float32")
SCRATCH, TORCH = scratch_library(), torch_library()

every_operation = pytest.mark.parametrize("operation", OPERATIONS.values(), ids=OPERATIONS)
every_derivative = pytest.mark.parametrize(
    "operation",
    [pytest.param(o, id=o.name) for o in OPERATIONS.values() if o.differentiable],
)


def same(*more: Any) -> None: ...


@pytest.mark.parametrize("dtype", DTYPES)
@every_operation
def test_value_and_gradients(operation: Operation, dtype: str) -> None:
    """Values, gradients, shapes and dtypes are PyTorch's, without a warning."""
    check(operation.samples(dtype), dtype)


@pytest.mark.parametrize("dtype", DTYPES)
@every_operation
def test_corners(operation: Operation, dtype: str) -> None:
    """So they are at zeros, infinities, NaN, ties, kinks, and for huge and tiny numbers."""
    check(operation.corner_samples(dtype), dtype)


def check(samples: Iterator[Sample], dtype: str, **how: Any) -> None:
    """Every sample agrees; a list of those that do not."""
    failed = []
    for sample in samples:
        # numpy may warn only of what is in the result for everybody to see
        with np.errstate(all="warn" if finite(sample) else "ignore", under="ignore"):
            comparison = twins(sample, dtype, **how)
        assert comparison.raised == (None, None), f"{sample}\n{comparison}"
        if not comparison.ok:
            failed.append(f"{sample}\n{comparison}")
    assert not failed, f"{len(failed)} samples differ\n" + "\n\n".join(failed)


def finite(sample: Sample) -> bool:
    """Whether PyTorch's value and gradients are numbers, neither infinite nor NaN."""
    tensors = [
        TORCH.tensor(a, requires_grad=w) for a, w in zip(sample.arrays, sample.requires_grad)
    ]
    y = sample.on(TORCH)(*tensors)
    found = [y]
    if y.requires_grad:
        found += TORCH.grad(y, [t for t in tensors if t.requires_grad], TORCH.ones_like(y))
    return all(bool(TORCH.isfinite(t.detach()).all()) for t in found)
