"""The bits of zeros: both wings agree in the sign of each, but for what docs/vocabulary.md lists.

Other tests compare by ==, for which -0.0 is 0.0.
"""

from __future__ import annotations

import itertools
import platform
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

import scratch
import scratch.functional as F
from gradtwin.samples import OPERATIONS, Library, Sample, scratch_library, torch_library

PAGE = Path(__file__).parents[1] / "docs" / "vocabulary.md"
WINGS = scratch_library(), torch_library()

# which of two equal numbers a maximum answers with is the processor's choice
pytestmark = pytest.mark.skipif(
    platform.machine().lower() not in ("x86_64", "amd64"), reason="the page is of x86-64"
)


def listed() -> dict[str, dict[str, tuple[str, str]]]:
    """For each operation its zeros on the page, each with its sign in scratch and in PyTorch."""
    found: dict[str, dict[str, tuple[str, str]]] = {}
    section = PAGE.read_text(encoding="utf-8").partition("## The sign of zero")[2]
    for line in section.splitlines():
        if line.startswith("| `"):
            _, names, zeros, ours, theirs, why, _ = (cell.strip() for cell in line.split("|"))
            assert why
            for name, zero in itertools.product(re.findall("`(.+?)`", names), zeros.split(", ")):
                assert zero not in found.setdefault(name, {}), f"{name}, {zero} is there twice"
                found[name][zero] = ours, theirs
    return found


LISTED = listed()


def zeros(like: Any, place: int) -> Any:
    """Zeros of both signs in the shape of an array; no two places have them in the same order."""
    negative = np.arange(like.size).reshape(like.shape) >> place & 1
    return np.where(negative, -0.0, 0.0).astype(like.dtype)


def with_zeros(sample: Sample) -> Iterator[list[Any]]:
    """The arguments as they are, and with some of them, or all, replaced by zeros."""
    yield list(sample.arrays)
    floating = [k for k, a in enumerate(sample.arrays) if a.dtype.kind == "f"]
    for size in range(1, len(floating) + 1):
        for chosen in itertools.combinations(floating, size):
            replaced = list(sample.arrays)
            negative = list(sample.arrays)
            for place, k in enumerate(chosen):
                replaced[k] = zeros(sample.arrays[k], place)
                negative[k] = np.full_like(sample.arrays[k], -0.0)
            yield replaced
            yield negative


def computed(library: Library, sample: Sample, arrays: list[Any], g: Any) -> dict[str, Any]:
    """The value and the gradients, as arrays."""
    wanted = sample.requires_grad
    tensors = [library.tensor(a.copy(), requires_grad=w) for a, w in zip(arrays, wanted)]
    value = sample.on(library)(*tensors)
    found = {"value": np.asarray(value.detach().numpy())}
    inputs = {f"gradient {k}": t for k, t in enumerate(tensors, start=1) if t.requires_grad}
    if inputs and value.requires_grad:
        arriving = library.tensor(np.resize(np.array(g, found["value"].dtype), value.shape))
        gradients = library.grad(value, list(inputs.values()), arriving.detach().numpy()
                                 if library.name == "scratch" else arriving)  # fmt: skip
        found |= {k: np.asarray(d.detach().numpy()) for k, d in zip(inputs, gradients)}
    return found


def signs_that_differ(name: str, dtype: str) -> dict[str, set[tuple[str, str]]]:
    """The zeros of an operation whose signs differ, each with what the two signs are."""
    operation = OPERATIONS[name]
    samples = itertools.chain(operation.samples(dtype), operation.corner_samples(dtype))
    differ: dict[str, set[tuple[str, str]]] = {}
    for sample in samples:
        for arrays, g in itertools.product(with_zeros(sample), ([1.0], [-1.0], [0.0, -0.0])):
            ours, theirs = (computed(library, sample, arrays, g) for library in WINGS)
            for zero in ours.keys() & theirs.keys():
                x, y = ours[zero], theirs[zero]
                if x.dtype.kind != "f":
                    continue
                other = (x == 0) & (y == 0) & (np.signbit(x) != np.signbit(y))
                if other.any():
                    signs = zip(x[other].tolist(), y[other].tolist())
                    differ.setdefault(zero, set()).update((str(a), str(b)) for a, b in signs)
    return differ


@pytest.mark.filterwarnings("ignore::RuntimeWarning")  # of 0/0 and log 0
@pytest.mark.parametrize("name", OPERATIONS)
def test_zeros_have_the_same_sign_but_for_those_that_the_page_lists(name: str) -> None:
    found: dict[str, set[tuple[str, str]]] = {}
    for dtype in ("float64", "float32"):
        for zero, signs in signs_that_differ(name, dtype).items():
            found.setdefault(zero, set()).update(signs)
    assert found.keys() == LISTED.get(name, {}).keys()
    for zero, signs in found.items():
        assert LISTED[name][zero] in signs


def test_the_page_lists_operations_of_the_table() -> None:
    assert LISTED
    assert LISTED.keys() <= OPERATIONS.keys()


@pytest.mark.parametrize("size", [0, 1, 2, 3, 8, 63, 8192, 8193])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_relu_leaves_minus_0_as_it_is(size: int, dtype: str) -> None:
    """In vectors of the processor, in what is left over, and in the way for many."""
    x = np.where(np.arange(size) % 3, -0.0, 0.0).astype(dtype)
    ours = F.relu(scratch.tensor(x)).numpy()
    theirs = torch.relu(torch.tensor(x)).numpy()
    np.testing.assert_array_equal(np.signbit(ours), np.signbit(x))
    np.testing.assert_array_equal(np.signbit(theirs), np.signbit(x))
