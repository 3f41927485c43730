"""The lecture's DAG: two weights, one of them used twice.

Lecture: "Redes DAG: Pasada hacia adelante", "Redes DAG: Pasada hacia atrás".
"""

from __future__ import annotations

from typing import Any

from ..activations import Activation, activation_label, get_activation
from ..linear import linear
from ..module import Module
from ..perceptron import real_numbers
from ..tensor import Tensor
from .declaration import check_input


class SharedWeightDAG(Module):
    """z1 = w1 X, z2 = w2 (z1 + X), y_hat = w1 g(z1 + z2): w1 is used twice; X to y_hat, same shape.

    `w1`, `w2`: numbers, or square matrices (d, d) that act on each row of X (n, d) as in `linear`,
    X @ w.T. float32 and float64 stay, integers become float64.
    `activation`: g, before the last layer; None: none, "sigmoid": the lecture's last network.
    Parameters: `w1`, `w2`.
    ValueError: weights that are neither, or do not fit each other, an unknown activation.
    TypeError: values that are not real numbers.

    Source: "Redes DAG: Pasada hacia adelante", "Redes DAG: Grafo computacional".

    >>> import scratch
    >>> net = SharedWeightDAG(w1=0.5, w2=0.3)
    >>> loss = (net(scratch.tensor(2.0)) - 1.0) ** 2
    >>> loss.backward()
    >>> print(f"{net.w1.grad:.2f}, {net.w2.grad:.2f}")
    -0.32, -0.15
    """

    def __init__(self, w1: Any, w2: Any, activation: str | Activation | None = None) -> None:
        first, second = real_numbers("w1", w1), real_numbers("w2", w2)
        for argument, w in (("w1", first), ("w2", second)):
            if w.ndim not in (0, 2) or (w.ndim == 2 and w.shape[0] != w.shape[1]):
                raise ValueError(
                    f"{argument}: expected a number or a square matrix (d, d), got shape {w.shape}"
                )
        if first.ndim == second.ndim == 2 and first.shape != second.shape:
            raise ValueError(f"w2: expected the shape of w1, {first.shape}, got {second.shape}")
        self.w1 = Tensor(first, requires_grad=True)
        self.w2 = Tensor(second.astype(first.dtype), requires_grad=True)
        # the shape of one example: (d,), or () for numbers
        self.size = (first.shape or second.shape)[1:]
        self.activation = get_activation(activation)
        self._label = activation_label(activation)

    def forward(self, input: Tensor) -> Tensor:
        """w1 g(z1 + z2); with numbers any shape, with matrices (..., d).

        RuntimeError: the last size or the dtype of `input` is not that of the weights.
        """
        check_input("SharedWeightDAG", "input", input, self.size, self.w1.dtype)
        z1 = _weighted(self.w1, input)
        z2 = _weighted(self.w2, z1 + input)
        return _weighted(self.w1, self.activation(z1 + z2))  # w1 again

    def extra_repr(self) -> str:
        return f"w1 {self.w1.shape}, w2 {self.w2.shape}, activation={self._label}"


def _weighted(w: Tensor, x: Tensor) -> Tensor:
    """w x: a number times each element, a matrix times each row."""
    return w * x if w.data.ndim == 0 else linear(x, w)
