"""Concepts of «El perceptrón»: the neuron, its activation, and the line that it draws."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..samples.operation import case
from ..samples.values import nonzero, real
from .concept import Tensor, concept
from .draws import network
from .figure import Figure
from .wing import Wing, dtype_of

WEIGHT, BIAS = [-1.15, -0.21], 4.1
"""The neuron of «Ejemplo con un perceptrón»."""


def _lecture(wing: Wing, x1: float, x2: float, activation: str | None = "sigmoid") -> Any:
    neuron = wing.Perceptron(wing.tensor(WEIGHT), wing.tensor(BIAS), activation=activation)
    return neuron(wing.tensor([x1, x2]))


@concept(
    network("n m+", "m+", ""),
    es="Perceptrón",
    en="Perceptron",
    section="El perceptrón: la pieza clave de una red neuronal",
    formula="y_hat = g(w_0 + x^T w)",
    figures=(
        Figure("z(0, 6)", "2.84", lambda wing: _lecture(wing, 0.0, 6.0, activation=None)),
        Figure("y_hat(0, 6)", "0.94", lambda wing: _lecture(wing, 0.0, 6.0)),
        Figure("y_hat(6, 8)", "0.01", lambda wing: _lecture(wing, 6.0, 8.0)),
    ),
)
def perceptron(wing: Wing, X: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    neuron = wing.Perceptron([0.0] * len(weight), activation="sigmoid")
    return wing.call(neuron, {"weight": weight, "bias": bias}, X)


@concept(
    network("n 2"),
    es="Mapa de probabilidades",
    en="Probability map",
    section="Ejemplo con un perceptrón",
    formula="y_hat = g(4.1 - 1.15 x_1 - 0.21 x_2), g the sigmoid: below 0.5 where z < 0",
    figures=(Figure("y_hat where z = 0", "0.5", lambda wing: _lecture(wing, 4.1 / 1.15, 0.0)),),
)
def probability_map(wing: Wing, X: Tensor) -> Tensor:
    return wing.Perceptron(np.array(WEIGHT, dtype_of(X)), BIAS, activation="sigmoid")(X)


def _on_line(wing: Wing) -> tuple[float, float]:
    """The point of the lecture's line where x_1 = 3."""
    x2 = decision_line.operation.call(
        wing, wing.tensor(3.0), wing.tensor(BIAS), *map(wing.tensor, WEIGHT)
    )
    return 3.0, x2.item()


@concept(
    case(real("n"), real(""), real(""), nonzero("")),
    es="Recta de decisión",
    en="Decision line",
    section="¿Cuál es la utilidad de la función de activación?",
    formula="w_0 + w_1 x_1 + w_2 x_2 = 0, so x_2 = -(w_0 + w_1 x_1) / w_2",
    figures=(
        Figure("z on the line", "0", lambda wing: _lecture(wing, *_on_line(wing), activation=None)),
        Figure("y_hat on the line", "0.5", lambda wing: _lecture(wing, *_on_line(wing))),
    ),
)
def decision_line(wing: Wing, x1: Tensor, bias: Tensor, weight1: Tensor, weight2: Tensor) -> Tensor:
    return -(bias + weight1 * x1) / weight2


@concept(
    network("n m", "h m", "h", "k h", "k"),
    es="Sin activación, una sola capa lineal",
    en="Without activation, one linear layer",
    section="¿Cuál es la utilidad de la función de activación?",
    formula="W2 (W1 x + b1) + b2 = (W2 W1) x + (W2 b1 + b2)",
)
def linear_collapse(
    wing: Wing, X: Tensor, weight1: Tensor, bias1: Tensor, weight2: Tensor, bias2: Tensor
) -> tuple[Tensor, Tensor]:
    linear = wing.F.linear
    two_layers = linear(linear(X, weight1, bias1), weight2, bias2)
    one_layer = linear(X, weight2 @ weight1, weight2 @ bias1 + bias2)
    return two_layers, one_layer
