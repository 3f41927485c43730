"""How a student's code is called again: rounding and frozen arguments are no fault of theirs."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

from gradtwin import compare


def test_the_upstream_is_rounded_in_the_dtype_of_the_output() -> None:
    def forward(x: Any) -> Any:
        return (x * x).astype(np.float32), x

    def backward(g: Any, cache: Any) -> Any:
        return 2 * cache * g.astype(np.float64)

    found = compare((forward, backward), lambda x: (x * x).float(), np.linspace(0.1, 2.0, 50))
    assert found.ok, str(found)


def test_a_backward_that_is_not_wanted_is_not_called() -> None:
    def backward(g: Any, cache: Any) -> Any:
        raise AssertionError("nobody asked for a gradient")

    found = compare(
        (lambda x: (np.exp(x), x), backward), torch.exp, np.array([0.5, 1.0]), requires_grad=[False]
    )
    assert found.ok, str(found)
