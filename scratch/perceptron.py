"""The perceptron: one neuron, weighted sum and activation.

Lecture: "El perceptrón", up to "Ejemplo con un perceptrón".
"""

from __future__ import annotations

from typing import Any

import numpy as np

from .activations import Activation, activation_label, get_activation
from .module import Module, as_tensor, check_input
from .tensor import Tensor

_SEVERAL_OUTPUTS = ("softmax", "log_softmax")


class Perceptron(Module):
    """y_hat = g(w_0 + x^T w); input (m,) -> (), or a batch (n, m) -> (n,).

    `weights`: w, one number an input, (m,); float32 and float64 stay, integers become float64.
    `bias`: w_0, one number. `activation`: g, see `get_activation`.
    Parameters: `weight` (m,), `bias` ().
    ValueError: `weights` empty or not one-dimensional, `bias` not one number, an activation
    that is unknown or needs several outputs. TypeError: values that are not real numbers.

    Source: "El perceptrón: la pieza clave de una red neuronal", "Ejemplo con un perceptrón".

    >>> import scratch
    >>> p = Perceptron([-1.15, -0.21], bias=4.1, activation="sigmoid")
    >>> [round(y, 2) for y in p(scratch.tensor([[0.0, 6.0], [6.0, 8.0]])).tolist()]
    [0.94, 0.01]
    """

    def __init__(
        self, weights: Any, bias: Any = 0.0, activation: str | Activation | None = "sigmoid"
    ) -> None:
        weight = real_numbers("weights", weights)
        if weight.ndim != 1 or weight.size == 0:
            raise ValueError(
                f"weights: expected one number an input, shape (m,), got {weight.shape}"
            )
        offset = real_numbers("bias", bias)
        if offset.size != 1:
            raise ValueError(f"bias: expected one number, got shape {offset.shape}")
        if activation in _SEVERAL_OUTPUTS:
            raise ValueError(
                f"activation: {activation} needs several outputs, a perceptron has one"
            )
        self.weight = Tensor(weight, requires_grad=True)
        self.bias = Tensor(offset.reshape(()).astype(weight.dtype), requires_grad=True)
        self.activation = get_activation(activation)
        self._label = activation_label(activation)

    def forward(self, input: Tensor) -> Tensor:
        """g(w_0 + input @ w); (m,) -> (), (n, m) -> (n,).

        RuntimeError: the last size or the dtype of `input` is not that of the weights.
        """
        check_input("Perceptron", input, self.weight.shape[0], self.weight.dtype)
        return self.activation(input @ self.weight + self.bias)

    def extra_repr(self) -> str:
        return f"{self.weight.shape[0]}, activation={self._label}"


def real_numbers(argument: str, values: Any) -> np.ndarray:
    """A float copy of `values`, so that training never writes into the caller's array."""
    try:
        numbers = as_tensor(values).data
    except (TypeError, ValueError) as error:
        raise type(error)(f"{argument}: expected real numbers, got {values!r}") from error
    if numbers.dtype in (np.float32, np.float64):
        return numbers.copy()
    if numbers.dtype.kind == "f":
        raise TypeError(f"{argument}: expected float32 or float64, got {numbers.dtype}")
    return numbers.astype(np.float64)
