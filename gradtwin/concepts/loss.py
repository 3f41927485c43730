"""Concepts of «Entrenamiento de una red: Función de pérdida»: XOR, and how wrong it is."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..samples.operation import case
from ..samples.values import constant, exactly, probabilities
from .concept import Concept, Tensor, concept, operation
from .draws import near_1
from .figure import Figure
from .wing import Wing

X_XOR = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
Y_XOR = np.array([[0.0], [1.0], [1.0], [0.0]])
# The lecture writes X^T w with one column a neuron; here one row a neuron, (out, in).
WEIGHT1 = np.array([[0.96, 0.28], [0.89, 0.73]])
WEIGHT2 = np.array([[0.60, 0.22]])


def xor_network(wing: Wing, X: Tensor, weight1: Tensor, weight2: Tensor) -> Tensor:
    """y_hat (n, 1) of the lecture's network 2-2-1, without bias."""
    sizes = [2, 2, 1]
    network = wing.FullyConnected(sizes, "sigmoid", output_activation="sigmoid", bias=False)
    return wing.call(network, {"layers.0.weight": weight1, "layers.1.weight": weight2}, X)


def _lecture(wing: Wing) -> tuple[Tensor, Tensor, Tensor]:
    """Hidden layer, outputs and losses of the four points with the lecture's weights."""
    X, y, weight1, weight2 = map(wing.tensor, (X_XOR, Y_XOR, WEIGHT1, WEIGHT2))
    h = wing.F.sigmoid(wing.F.linear(X, weight1))
    y_hat = xor_network(wing, X, weight1, weight2)
    return h, y_hat, wing.F.binary_cross_entropy(y_hat, y, reduction="none")


def _figures(what: str, quantity: int, printed: str) -> list[Figure]:
    """One figure a point, of hidden layer, output or loss."""

    def at(point: int) -> Any:
        return lambda wing: _lecture(wing)[quantity][point, 0]

    return [
        Figure(f"{what}({x1:.0f}, {x2:.0f})", number, at(point))
        for point, (number, (x1, x2)) in enumerate(zip(printed.split(), X_XOR))
    ]


@concept(
    case(exactly(X_XOR), constant(exactly(Y_XOR)), near_1("2 2"), near_1("1 2")),
    es="XOR",
    en="XOR",
    section="Ejemplo práctico: XOR",
    formula="y_hat = g(g(X W1^T) W2^T), g the sigmoid, no bias",
    figures=(
        *_figures("h_1", 0, "0.5"),
        Figure("z(0, 0)", "0.41", lambda wing: (_lecture(wing)[0] @ wing.tensor(WEIGHT2[0]))[0]),
        *_figures("y_hat", 1, "0.60 0.62 0.64 0.66"),
        # The losses of the unrounded outputs; from 0.64 and 0.66 they would be 0.45 and 1.08.
        *_figures("L", 2, "0.92 0.48 0.44 1.07"),
    ),
)
def xor(wing: Wing, X: Tensor, y: Tensor, weight1: Tensor, weight2: Tensor) -> Tensor:
    return wing.F.binary_cross_entropy(xor_network(wing, X, weight1, weight2), y)


@concept(
    case(probabilities("n C+"), probabilities("n C+")),
    es="Entropía cruzada",
    en="Cross entropy",
    section="Ejemplo práctico: XOR",
    formula="L = -sum_i y_i log(y_hat_i), of probabilities y_hat",
)
def cross_entropy(wing: Wing, y_hat: Tensor, y: Tensor) -> Tensor:
    return -(y * wing.log(y_hat)).sum(-1)


SECTION = "Funciones de pérdida"

BINARY: list[Concept] = [
    operation(
        "binary_cross_entropy", "Entropía cruzada binaria", "Binary cross entropy",
        section="Ejemplo práctico: XOR",
    ),
    operation(
        "binary_cross_entropy_with_logits", "Entropía cruzada binaria con sigmoide",
        "Binary cross entropy with the sigmoid", section="Ejemplo práctico: XOR",
    ),
]  # fmt: skip

OTHERS: list[Concept] = [
    operation("mse_loss", "Error cuadrático medio", "Mean squared error", section=SECTION),
    operation("l1_loss", "Error absoluto medio", "Mean absolute error", section=SECTION),
    operation("huber_loss", "Pérdida de Huber", "Huber loss", section=SECTION),
    operation("smooth_l1_loss", "L1 suave", "Smooth L1 loss", section=SECTION),
]
