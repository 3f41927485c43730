"""The dtype of a model: by name, or as numpy's or PyTorch's own, the same for every class."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch

import scratch
import torch_ref

MODELS: dict[str, Callable[[Any, Any], Any]] = {
    "FullyConnected": lambda wing, dtype: wing.FullyConnected([2, 1], dtype=dtype),
    "ResidualNetwork": lambda wing, dtype: wing.ResidualNetwork(2, 2, 1, 1, dtype=dtype),
    "DAG": lambda wing, dtype: wing.DAG([("z", "mul", "X", "w")], {"w": 0.5}, dtype=dtype),
    "SnakeActivation": lambda wing, dtype: wing.SnakeActivation(dtype=dtype),
}


@pytest.mark.parametrize("wing", [scratch, torch_ref])
@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("dtype", ["float32", np.float32, np.dtype("float32"), torch.float32])
def test_a_dtype_is_taken_in_every_form(wing: Any, model: str, dtype: Any) -> None:
    if wing is scratch and isinstance(dtype, torch.dtype):
        with pytest.raises(ValueError, match="dtype: expected 'float32' or 'float64', got torch"):
            MODELS[model](wing, dtype)
        return
    dtypes = {str(p.dtype).removeprefix("torch.") for p in MODELS[model](wing, dtype).parameters()}
    assert dtypes == {"float32"}


@pytest.mark.parametrize("wing", [scratch, torch_ref])
@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("dtype", ["float16", np.int64, None, ["float32"]])
def test_any_other_is_refused_by_name(wing: Any, model: str, dtype: Any) -> None:
    with pytest.raises(ValueError, match="dtype: expected 'float32' or 'float64', got "):
        MODELS[model](wing, dtype)
