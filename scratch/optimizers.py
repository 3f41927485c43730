"""How a gradient becomes a step.

Lecture: "Descenso del gradiente". The twin is `torch.optim`.
"""

from __future__ import annotations

import math
from collections.abc import Iterable

from .autograd.node import changed_in_place
from .tensor import Tensor


class SGD:
    """p <- p - lr * dL/dp for every parameter p; one without a gradient stays as it is.

    `params`: Tensors that require grad, leaves. `lr`: the learning rate, finite, 0 or more.
    ValueError: no parameters, one that is no leaf, such an `lr`. TypeError: no Tensor.

    Source: "Descenso del gradiente". Twin: `torch.optim.SGD`.

    >>> import scratch
    >>> w = scratch.tensor([1.0, 2.0], requires_grad=True)
    >>> optimizer = SGD([w], lr=0.25)
    >>> (w * w).sum().backward()
    >>> optimizer.step()
    >>> w.tolist()
    [0.5, 1.0]
    """

    def __init__(self, params: Iterable[Tensor], lr: float = 1e-3) -> None:
        if isinstance(params, Tensor):
            raise TypeError("params: expected several Tensors, got one: write [w] for a lone w")
        self.params = list(params)
        if not self.params:
            raise ValueError("params: optimizer got an empty parameter list")
        for i, p in enumerate(self.params):
            if not isinstance(p, Tensor):
                raise TypeError(f"params[{i}]: expected a Tensor, got {type(p).__name__}")
            if not p.is_leaf:
                raise ValueError(f"params[{i}]: can't optimize a non-leaf Tensor")
        if not (math.isfinite(lr) and lr >= 0):
            raise ValueError(f"lr: expected a finite number, 0 or more, got {lr!r}")
        self.lr = float(lr)  # a numpy float64 would compute the step of float32 weights in float64

    def step(self) -> None:
        """Move every parameter, in place: the arrays stay the same objects.

        A graph that used the old numbers refuses to be walked afterwards.
        """
        for p in self.params:
            if p.grad is not None:
                p.data -= self.lr * p.grad
                changed_in_place(p)

    def zero_grad(self) -> None:
        """Forget the gradients: backward adds to what is there."""
        for p in self.params:
            p.grad = None
