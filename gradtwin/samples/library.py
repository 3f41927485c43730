"""The two libraries under one set of names, so that a call is written once for both.

Neither is imported before it is asked for.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np


class Library:
    """`lib.exp`, `lib.F.softmax`, ...: scratch or PyTorch.

    Args:
        name: "scratch" or "torch".
        module: where operations stand: `scratch`, or `torch`.
        F: activations and losses: `scratch.functional`, or `torch_ref.functional`.
        grad: `grad(output, inputs, grad_output, create_graph)` -> gradients.
        dtype: from "float32" to the library's own dtype.
    """

    def __init__(
        self, name: str, module: Any, F: Any, grad: Callable[..., Any], dtype: Callable[[str], Any]
    ) -> None:
        self.name, self.module, self.F, self.grad, self.dtype = name, module, F, grad, dtype

    def __getattr__(self, name: str) -> Any:
        return getattr(self.module, name)

    def __repr__(self) -> str:
        return f"<Library {self.name}>"

    def options(self, options: Mapping[str, Any]) -> dict[str, Any]:
        """The options of a sample in the library's own words: dtypes, index arrays."""
        return {
            name: self.dtype(value) if name == "dtype" and value is not None else self.own(value)
            for name, value in options.items()
        }

    def own(self, value: Any) -> Any:
        """Arrays as tensors, also inside a tuple; anything else as it is."""
        if isinstance(value, np.ndarray):
            return self.module.tensor(value)
        if type(value) is tuple:
            return tuple(self.own(v) for v in value)
        return value


def scratch_library() -> Library:
    """The numpy wing."""
    import scratch

    return Library("scratch", scratch, scratch.functional, scratch.autograd.grad, np.dtype)


def torch_library() -> Library:
    """The PyTorch wing: PyTorch itself, and `torch_ref.functional`."""
    import torch

    import torch_ref.functional

    def grad(output: Any, inputs: Any, grad_output: Any = None, create_graph: bool = False) -> Any:
        return torch.autograd.grad(
            output, inputs, grad_output, create_graph=create_graph, materialize_grads=True
        )

    return Library(
        "torch", torch, torch_ref.functional, grad, lambda name: getattr(torch, name)
    )
