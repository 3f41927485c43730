"""Concepts of «Entrenamiento de una red: Backpropagation»: the chain rule, also on paper."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..samples.operation import case
from ..samples.values import between, constant
from .concept import Tensor, concept
from .draws import near_1, network
from .figure import Figure
from .fully_connected import by_name, sizes_of
from .loss import WEIGHT1, WEIGHT2
from .wing import Wing


def _slope_at_1(wing: Wing) -> Any:
    return wing.gradients(chain_rule.operation.call, 1.0)[0]


@concept(
    case(between("...", -2.0, 2.0)),
    es="Regla de la cadena",
    en="Chain rule",
    section="Regla de la cadena: Ejemplo",
    formula="y = (6 x^2 + 2)^4 = u^4, dy/dx = dy/du du/dx = 4 (6 x^2 + 2)^3 12 x",
    figures=(
        Figure(
            "y'(1)",
            "4 (6x^2 + 2) (12x) = 384, without the exponent 3",
            _slope_at_1,
            erratum="24576",
        ),
    ),
    example=(1.0,),
    paper="polynomial",
)
def chain_rule(wing: Wing, x: Tensor) -> Tensor:
    return (6 * x**2 + 2) ** 4


SECTION = "Propagación hacia atrás"


@concept(
    network("", "", "", ""),
    es="La red más sencilla posible",
    en="The simplest network there is",
    section=SECTION,
    formula="dL/dw_2 = dL/dy_hat dy_hat/dw_2, dL/dw_1 = dL/dy_hat dy_hat/dh_1 dh_1/dw_1",
    example=(1.0, 1.0, 0.5, -0.5),
    paper="one_neuron",
)
def one_neuron_chain(wing: Wing, x: Tensor, y: Tensor, w1: Tensor, w2: Tensor) -> Tensor:
    h1 = wing.F.sigmoid(w1 * x)
    y_hat = wing.F.sigmoid(w2 * h1)
    L = (y_hat - y) ** 2
    wing.named(h1=h1, y_hat=y_hat, L=L)
    return L


@concept(
    network("n+ m+", "n+ o+", "o+ m+", "o+"),
    network("n+ m+", "n+ o+", "h+ m+", "h+", "o+ h+", "o+"),
    network("n+ m+", "n+ o+", "h+ m+", "h+", "k+ h+", "k+", "l+ k+", "l+", "o+ l+", "o+"),
    es="Propagación hacia atrás en k capas",
    en="Backpropagation through k layers",
    section=SECTION,
    formula="delta^(k-1) = (delta^(k) W^(k)) * g'(z^(k-1)), dL/dW^(k) = delta^(k)T h^(k-1)",
    # the network of XOR with its weights, at the point that it gets most wrong
    example=([[1.0, 1.0]], [[0.0]], WEIGHT1, np.zeros(2), WEIGHT2, np.zeros(1)),
    paper="layers",
)
def backpropagation(wing: Wing, X: Tensor, y: Tensor, *parameters: Tensor) -> Tensor:
    network = wing.FullyConnected(sizes_of(parameters[::2]), "sigmoid")
    return wing.F.mse_loss(wing.call(network, by_name(parameters), X), y)


@concept(
    case(*(constant(near_1(dims)) for dims in ("n+ m+", "n+", "m+"))),
    es="Media de los gradientes",
    en="Mean of the gradients",
    section=SECTION,
    formula="d/dw (1/n) sum_i L_i = (1/n) sum_i dL_i/dw: an example at a time, or all at once",
    differentiable=False,
)
def mean_of_gradients(wing: Wing, X: Tensor, y: Tensor, w0: Tensor) -> tuple[Any, ...]:
    def gradient(X: Tensor, y: Tensor) -> Any:
        w = wing.leaf(w0)
        with wing.enable_grad():
            wing.F.mse_loss(wing.F.sigmoid(X @ w), y).backward()
        return np.asarray(w.grad)

    singly = [gradient(X[i : i + 1], y[i : i + 1]) for i in range(len(X))]
    return gradient(X, y), np.mean(singly, axis=0)
