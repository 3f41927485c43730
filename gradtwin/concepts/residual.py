"""Concepts of «Otras soluciones: Redes Residuales»: blocks with a shortcut, and many of them."""

from __future__ import annotations

from .concept import Tensor, concept
from .draws import network
from .wing import Wing

SECTION = "Otras soluciones: Redes Residuales"
LAYERS = ("layers.0.weight", "layers.0.bias", "layers.1.weight", "layers.1.bias")
BLOCK = ("m+ m+", "m+", "m+ m+", "m+")


@concept(
    network("n m+", *BLOCK),
    es="Bloque residual",
    en="Residual block",
    section=SECTION,
    formula="y = x + F(x), F(x) = W2 g(W1 g(x) + b1) + b2",
)
def residual_block(wing: Wing, X: Tensor, *parameters: Tensor) -> Tensor:
    block = wing.ResidualBlock(X.shape[-1])
    return wing.call(block, dict(zip(LAYERS, parameters)), X)


@concept(
    network("n m+", "o+ m+", "o+", "o+ o+", "o+", "o+ m+"),
    es="Bloque residual con proyección",
    en="Projected residual block",
    section=SECTION,
    formula="y = P x + F(x), where F leads to another number of neurons",
)
def projected_block(wing: Wing, X: Tensor, *parameters: Tensor) -> Tensor:
    projection = parameters[-1]
    block = wing.ResidualBlock(X.shape[-1], len(projection), shortcut="projection")
    return wing.call(block, dict(zip((*LAYERS, "projection.weight"), parameters)), X)


@concept(
    network("n m+", *BLOCK, *BLOCK, *BLOCK),
    es="Red residual",
    en="Residual network",
    section=SECTION,
    formula="h = h + F(h) / sqrt(blocks), block after block: dL/dh arrives through every shortcut",
)
def residual_network(wing: Wing, X: Tensor, *parameters: Tensor) -> Tensor:
    blocks = len(parameters) // len(LAYERS)
    network = wing.ResidualNetwork(X.shape[-1], blocks)
    names = [f"blocks.{k}.{layer}" for k in range(blocks) for layer in LAYERS]
    return wing.call(network, dict(zip(names, parameters)), X)
