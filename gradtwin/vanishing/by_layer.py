"""How much of a gradient reaches each layer, by activation, initialisation and depth.

Sections of the lecture: «Desvanecimiento del gradiente y sus soluciones», «Función de activación
ReLU», «Otras soluciones: Redes Residuales», «El problema del Exploding Gradient».

All is measured before the first step, with |dL/dy_hat| = 1: what a layer then receives is what the
network itself does to a gradient. Biases begin at 0 and are left away.
"""

from __future__ import annotations

from dataclasses import dataclass
from numbers import Real
from typing import Any

import numpy as np

from ..arguments import count
from ..concepts import Wing
from .passes import (
    KAIMING,
    XAVIER,
    Array,
    Initialization,
    blocks,
    normal,
    standard_normal,
)

NETWORKS = ("sigmoid", "tanh", "relu", "leaky_relu", "residual")
"""What is measured: four activations in plain networks, and the ReLU in a residual one."""

EXAMPLES = 32


@dataclass(frozen=True, slots=True)
class Reach:
    """What of a gradient of norm 1 reaches a residual network, or the plain one of the same depth.

    Args:
        first_layer: the norm of dL/dW of the first layer.
        input: the norm of dL/dX, of all examples together.
    """

    first_layer: float
    input: float


def gradient_by_layer(
    network: str = "sigmoid",
    initialization: str | float = "xavier",
    layers: int = 10,
    width: int = 32,
    seed: int = 0,
    side: str = "scratch",
) -> Array:
    """The norm of dL/dW of each layer where |dL/dy_hat| = 1; first layer first -> (layers,).

    Args:
        network: an activation by name in a plain network, or "residual": ReLU, with shortcuts.
        initialization: "xavier", "kaiming" (both normal), or sigma >= 0 for N(0, sigma^2).
        layers: 1 or more; an even number for "residual", whose blocks have two.
        width: neurons of the input and of each layer.
        seed: of the weights, of the 32 inputs from N(0, 1), and of dL/dy_hat.
        side: "scratch" or "torch".

    Raises:
        ValueError: an unknown name, a number below 1, an odd number of layers for "residual".

    Source: «Causas del desvanecimiento del gradiente».

    >>> gradient_by_layer("sigmoid", "xavier", layers=5).round(4).tolist()
    [0.0139, 0.0604, 0.2409, 0.8445, 3.9502]
    """
    wing, start = Wing(side), _initialization(initialization).of
    width, layers = count("width", width), count("layers", layers)
    if network == "residual":
        model = wing.ResidualNetwork(
            width, blocks(layers), bias=False, initializer=start(wing), seed=seed
        )
    else:
        model = wing.FullyConnected(
            [width] * (layers + 1), network, bias=False, initializer=start(wing), seed=seed
        )
    return _received(wing, model, width, seed)[0]


def shortcut_reach(
    layers: int, shortcut: str = "identity", width: int = 16, seed: int = 0, side: str = "scratch"
) -> Reach:
    """What of a gradient of norm 1 reaches the start of a deep ReLU network, Kaiming's weights.

    Args:
        layers: an even number, two a block.
        shortcut: "identity", or "none" for the plain network with the same weights.
        width: neurons of each layer.
        seed: of the weights, of the 32 inputs from N(0, 1), and of dL/dy_hat.
        side: "scratch" or "torch".

    Raises:
        ValueError: `layers` odd or below 2, an unknown shortcut.

    Source: «Otras soluciones: Redes Residuales».

    >>> with_it, without = (shortcut_reach(100, each) for each in ("identity", "none"))
    >>> round(with_it.input, 1), f"{without.input:.0e}"
    (1.8, '4e-03')
    """
    wing = Wing(side)
    model = wing.ResidualNetwork(width, blocks(layers), shortcut=shortcut, bias=False, seed=seed)
    received, input = _received(wing, model, width, seed)
    return Reach(float(received[0]), input)


def _received(wing: Wing, model: Any, width: int, seed: int) -> tuple[Array, float]:
    """Norms of dL/dW of every layer and of dL/dX, for one gradient of norm 1 at the output."""
    X, g = standard_normal(seed, (EXAMPLES, width), (EXAMPLES, width))
    inputs = wing.tensor(X, requires_grad=True)
    model(inputs).backward(wing.tensor(g / np.linalg.norm(g)))
    with wing.Monitor(model, warn=False) as monitor:
        gradients = monitor.record(epoch=0).gradients
    size = wing.monitoring.statistics(inputs.grad).norm
    return np.array([statistics.norm for statistics in gradients.values()]), size


def _initialization(initialization: str | float) -> Initialization:
    if isinstance(initialization, Real):
        return normal(float(initialization))
    if initialization not in ("xavier", "kaiming"):
        raise ValueError(
            f"initialization: expected 'xavier', 'kaiming' or a number, got {initialization!r}"
        )
    return XAVIER if initialization == "xavier" else KAIMING
