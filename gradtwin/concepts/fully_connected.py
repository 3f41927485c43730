"""Concepts of «Redes totalmente conectadas»: one layer, one hidden layer, any number of them."""

from __future__ import annotations

from .concept import Tensor, concept, operation
from .draws import network
from .wing import Wing

SECTION = "Salida en una red totalmente conectada"

LINEAR = operation("linear", "Capa lineal", "Linear layer", section=SECTION)


@concept(
    network("n m+", "h+ m+", "h+"),
    es="Capa oculta",
    en="Hidden layer",
    section=f"{SECTION} (1 capa oculta)",
    formula="h_i = b_i + sum_j x_j w_ji, and g(h_i)",
)
def hidden_layer(wing: Wing, X: Tensor, weight: Tensor, bias: Tensor) -> tuple[Tensor, Tensor]:
    without_activation = wing.F.linear(X, weight, bias)
    return without_activation, wing.F.sigmoid(without_activation)


@concept(
    network("n m+", "h+ m+", "h+", "k+ h+", "k+", "o+ k+", "o+"),
    es="Red totalmente conectada",
    en="Fully connected network",
    section="Evaluación de una red con varias capas",
    formula="h^(k) = g(b^(k) + W^(k) h^(k-1))",
)
def fully_connected(wing: Wing, X: Tensor, *parameters: Tensor) -> Tensor:
    weights = parameters[::2]
    sizes = [weights[0].shape[1], *map(len, weights)]
    network = wing.FullyConnected(sizes, activation="relu", output_activation="sigmoid")
    names = [f"layers.{k}.{kind}" for k in range(len(weights)) for kind in ("weight", "bias")]
    return wing.call(network, dict(zip(names, parameters)), X)
