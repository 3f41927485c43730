"""Concepts of «Redes DAG»: any graph without cycles, and weights that are used twice."""

from __future__ import annotations

from typing import Any

import numpy as np

from .concept import Tensor, concept, operation
from .draws import network
from .figure import Figure
from .wing import Wing, dtype_of

NODES = [
    ("z1", "linear", "X", ("w1", "b1")),
    ("h1", "tanh", "z1"),
    ("z2", "linear", "h1", ("w1", "b1")),  # the same weights again
    ("s", "add", ("X", "h1", "z2")),  # with connections that leave layers out
    ("y_hat", "linear", "s", "w2"),
]


@concept(
    network("n m+", "m+ m+", "m+", "o+ m+"),
    es="Red DAG",
    en="DAG network",
    section="Redes DAG",
    formula="named nodes, each a function of other nodes and parameters, in any order",
)
def dag(wing: Wing, X: Tensor, w1: Tensor, b1: Tensor, w2: Tensor) -> Tensor:
    parameters = {"w1": w1, "b1": b1, "w2": w2}
    shapes = {name: tuple(each.shape) for name, each in parameters.items()}
    network = wing.DAG(NODES, shapes, dtype=dtype_of(X))
    return wing.call(network, parameters, X)


def _y_hat(
    wing: Wing, X: Tensor, w1: Tensor, w2: Tensor, activation: str | None = None
) -> Tensor:
    network = wing.SharedWeightDAG(np.zeros(w1.shape), np.zeros(w2.shape), activation)
    return wing.call(network, {"w1": w1, "w2": w2}, X)


@concept(
    network("n", "", ""),
    network("n d+", "d+ d+", "d+ d+"),
    es="DAG con un peso compartido",
    en="DAG with a shared weight",
    section="Redes DAG: Pasada hacia adelante",
    formula="z1 = w1 X, z2 = w2 (z1 + X), y_hat = w1 (z1 + z2), w a number or a matrix",
)
def shared_weight_dag(wing: Wing, X: Tensor, w1: Tensor, w2: Tensor) -> Tensor:
    return _y_hat(wing, X, w1, w2)


EXAMPLE = (2.0, 1.0, 0.5, 0.3)
"""x, y, w1 and w2 where the lecture's sum for dL/dw1 lacks most of the gradient."""


def _gradient(argument: int) -> Any:
    return lambda wing: wing.gradients(dag_gradient.operation.call, *EXAMPLE)[argument]


@concept(
    network("", "", "", ""),
    es="Gradiente del DAG",
    en="Gradient of the DAG",
    section="Redes DAG: Pasada hacia atrás",
    formula="dL/dw1 = dL/dy_hat ((z1 + z2) + w1 dz1/dw1 + w1 dz2/dw1): each use of w1 adds a part",
    figures=(
        Figure("dL/dw1", "a sum without z1 + z2: -0.13", _gradient(2), erratum="-0.32"),
        Figure("dL/dw2", "-0.15", _gradient(3), says="the lecture's formula gives"),
    ),
    example=EXAMPLE,
    paper="dag",
)
def dag_gradient(wing: Wing, x: Tensor, y: Tensor, w1: Tensor, w2: Tensor) -> Tensor:
    return (_y_hat(wing, x, w1, w2) - y) ** 2


CONV1D = operation(
    "conv1d", "Convolución de una dimensión", "One-dimensional convolution",
    section="Redes DAG: Reutilización de pesos",
)  # fmt: skip


@concept(
    network("n+", "n+", "", ""),
    network("n+ d+", "n+ d+", "d+ d+", "d+ d+"),
    es="DAG con sigmoide y MSE",
    en="DAG with sigmoid and MSE",
    section="Redes DAG: Grafo computacional",
    formula="y_hat = w1 g(z1 + z2), g the sigmoid, L = mean((y_hat - y)^2)",
)
def dag_with_sigmoid(wing: Wing, X: Tensor, y: Tensor, w1: Tensor, w2: Tensor) -> Tensor:
    return wing.F.mse_loss(_y_hat(wing, X, w1, w2, "sigmoid"), y)
