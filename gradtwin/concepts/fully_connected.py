"""Concepts of «Redes totalmente conectadas»: one layer, one hidden layer, any number of them."""

from __future__ import annotations

from collections.abc import Sequence

from ..samples.operation import case
from ..samples.values import integers
from .concept import Tensor, concept, operation
from .draws import network
from .wing import Wing

SECTION = "Salida en una red totalmente conectada"


def sizes_of(weights: Sequence[Tensor]) -> list[int]:
    """[in, hidden, ..., out] of the network with these weights, one (out, in) a layer."""
    return [weights[0].shape[1], *(len(weight) for weight in weights)]


def by_name(parameters: Sequence[Tensor]) -> dict[str, Tensor]:
    """Weight and bias of each layer in turn, under their names in `FullyConnected`."""
    kinds = ("weight", "bias")
    return {f"layers.{i // 2}.{kinds[i % 2]}": each for i, each in enumerate(parameters)}


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
    case(integers("4", 1, 9)),
    es="Número de pesos",
    en="Number of weights",
    section="Múltiples capas totalmente conectadas",
    formula="sum over the layers of out (in + 1): a weight an input and a bias, for each neuron",
    differentiable=False,
)
def number_of_weights(wing: Wing, sizes: Tensor) -> float:
    network = wing.FullyConnected(sizes.tolist())
    return float(sum(parameter.numel() for parameter in network.parameters()))


@concept(
    network("n m+", "h+ m+", "h+", "k+ h+", "k+", "o+ k+", "o+"),
    es="Red totalmente conectada",
    en="Fully connected network",
    section="Evaluación de una red con varias capas",
    formula="h^(k) = g(b^(k) + W^(k) h^(k-1))",
)
def fully_connected(wing: Wing, X: Tensor, *parameters: Tensor) -> Tensor:
    network = wing.FullyConnected(sizes_of(parameters[::2]), "relu", output_activation="sigmoid")
    return wing.call(network, by_name(parameters), X)
