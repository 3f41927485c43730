"""The linear layer and the convolution, as PyTorch has them: what ``scratch.linear`` meets.

Sections of the lecture: «Salida en una red totalmente conectada»; «Redes DAG» (weights that are
used again, as in convolutional networks). The lecture writes X^T W with one
column a neuron; PyTorch, and so both wings, keep one row a neuron: W (out, in).
"""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor


def linear(input: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
    """input @ weight.T + bias; shapes (..., in), (out, in), (out,) -> (..., out).

    ``input`` may have any number of leading dimensions, or none.
    RuntimeError: the sizes or the dtypes do not fit.

    Source: «Salida en una red totalmente conectada».

    >>> import torch
    >>> linear(torch.tensor([[1.0, 2.0]]), torch.tensor([[3.0, 4.0]]), torch.tensor([0.5]))
    tensor([[11.5000]])
    """
    return F.linear(input, weight, bias)


def conv1d(
    input: Tensor, weight: Tensor, bias: Tensor | None = None, stride: int = 1, padding: int = 0
) -> Tensor:
    """y[o, t] = bias[o] + sum_c,k weight[o, c, k] input[c, t stride + k]; (n, c, l) -> (n, o, t).

    ``weight`` (o, c, k) and ``bias`` (o,), or None: the same at every place t. ``input`` may be one
    example (c, l). ``padding``: zeros before and after it; there are
    t = (l + 2 padding - k) // stride + 1 places.
    RuntimeError: shapes, dtypes, stride or padding do not fit.

    Source: «Redes DAG: Reutilización de pesos».

    >>> import torch
    >>> x = torch.tensor([[1.0, 4.0, 9.0, 16.0]])
    >>> conv1d(x, torch.tensor([[[-1.0, 1.0]]]))  # the differences of neighbours
    tensor([[3., 5., 7.]])
    """
    return F.conv1d(input, weight, bias, stride, padding)
