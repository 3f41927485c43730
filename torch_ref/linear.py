"""The linear layer, as PyTorch has it: the reference that ``scratch.linear`` meets.

Section of the lecture: «Salida en una red totalmente conectada». The lecture writes X^T W with one
column a neuron; PyTorch, and so both wings, keep one row a neuron: W (out, in).
"""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor


def linear(input: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
    """input @ weight.T + bias; shapes (..., in), (out, in), (out,) -> (..., out).

    ``weight`` may be (in,), with ``bias`` (): the output is then (...).
    RuntimeError: the sizes or the dtypes do not fit.

    Source: «Salida en una red totalmente conectada».

    >>> import torch
    >>> linear(torch.tensor([[1.0, 2.0]]), torch.tensor([[3.0, 4.0]]), torch.tensor([0.5]))
    tensor([[11.5000]])
    """
    return F.linear(input, weight, bias)
