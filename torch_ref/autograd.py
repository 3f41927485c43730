"""The computational graph, as PyTorch has it: the reference that ``scratch.autograd`` meets.

Sections of the lecture: «Grafo computacional», «Diferenciación automática».

PyTorch records the graph by itself while a tensor with ``requires_grad`` is computed with, so there
is nothing to build here:

- ``no_grad()``, ``enable_grad()``: contexts in which nothing is, or again is, recorded;
- ``is_grad_enabled()``: whether recording is on;
- ``Function``: a block whose derivative the user writes, as ``forward(ctx, ...)`` and
  ``backward(ctx, g)``; used as ``Cube.apply(x)``;
- ``grad(output, inputs)``: gradients as values, without touching any ``.grad``.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor
from torch import enable_grad as enable_grad
from torch import is_grad_enabled as is_grad_enabled
from torch import no_grad as no_grad
from torch.autograd import Function as Function


def grad(
    output: Tensor,
    inputs: Tensor | Sequence[Tensor],
    grad_output: Tensor | None = None,
    create_graph: bool = False,
    retain_graph: bool | None = None,
) -> tuple[Tensor, ...]:
    """d output / d inputs, one tensor an input, of its shape; ``torch.autograd.grad``.

    ``grad_output``: the incoming gradient g, of the shape of ``output``; needed unless ``output``
    has one element. ``create_graph``: record the computation of the gradients, so that they can be
    differentiated again. ``retain_graph``: keep the graph for a second walk (by default only under
    ``create_graph``).
    RuntimeError: ``output`` does not depend on one of the inputs, or needs a ``grad_output``.

    Source: «Grafo computacional».

    >>> x = torch.tensor(2.0, requires_grad=True)
    >>> (first,) = grad(x**3, x, create_graph=True)
    >>> first.item(), grad(first, x)[0].item()
    (12.0, 12.0)
    """
    # A tensor is a sequence of its rows, and torch takes a lone one for one input, as it should.
    return torch.autograd.grad(
        output, inputs, grad_output, retain_graph=retain_graph, create_graph=create_graph
    )
