"""The tables of `docs/vanishing.md`, in Markdown; `python -m gradtwin.vanishing` prints them.

Each takes the wing that computes it, and comes out the same in both to the digits printed.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from ..datasets import load
from ..markdown import table
from .by_layer import NETWORKS, gradient_by_layer, shortcut_reach
from .chain import STEEPEST, sigmoid_chain, sigmoid_slope
from .dead import deaths_by_learning_rate
from .deep import train_deep
from .glorot import GLOROT, activation_histograms

DEPTHS = (2, 10, 50, 100)
INITIALIZATIONS: dict[str, str | float] = {
    "N(0, 0.01²)": 0.01,
    "N(0, 0.5²)": 0.5,
    "Xavier": "xavier",
    "Kaiming": "kaiming",
}


def slope(side: str) -> str:
    """sigmoid' at some places: the largest of all is 0.25."""
    grid = np.linspace(-10, 10, 2001)
    slopes = sigmoid_slope(grid, side)
    places = (-10.0, -5.0, -2.0, 0.0, 2.0, 5.0, 10.0)
    row = [f"{each:.4f}" for each in sigmoid_slope(places, side)]
    largest = f"{slopes.max():.4f} at {abs(grid[slopes.argmax()]):g}"
    return table(
        ["z", *(f"{z:g}" for z in places), "largest of 2,001"], [["sigmoid'(z)", *row, largest]]
    )


def chain(side: str) -> str:
    """Chains of sigmoids with weights from U(-1, 1): the gradient and its bound."""
    rows = []
    weights = np.random.default_rng(0).uniform(-1, 1, 20)
    for k in (1, 2, 3, 5, 10, 20):
        found = sigmoid_chain([*weights[:k]], side=side)
        sizes = abs(found.gradients[0]), found.bound, STEEPEST**k
        rows.append([f"{k}", *map(scientific, sizes), f"{found.slopes.max():.4f}"])
    return table(["sigmoids", "dL/dw₁", "its bound", "0.25^k", "steepest sigmoid'(z)"], rows)


def depth(side: str) -> str:
    """The norm of dL/dW of the first layer, by initialisation, network and depth."""
    rows = [
        [label, network]
        + [scientific(gradient_by_layer(network, start, layers, side=side)[0]) for layers in DEPTHS]
        for label, start in INITIALIZATIONS.items()
        for network in NETWORKS
    ]
    return table(["weights", "network", *(f"{layers} layers" for layers in DEPTHS)], rows)


def layers(side: str) -> str:
    """The norm of dL/dW of each of ten layers, Xavier's weights."""
    rows = [
        [network, *(scientific(g) for g in gradient_by_layer(network, "xavier", 10, side=side))]
        for network in NETWORKS
    ]
    return table(["network", *(f"layer {k}" for k in range(1, 11))], rows)


def glorot(side: str) -> str:
    """Standard deviations of activations and back-propagated gradients, tanh, five layers."""
    rows = []
    for name in GLOROT:
        for what, found in zip(("h", "dL/dz"), activation_histograms(name, side=side)):
            rows.append([name, what, *(f"{std:.4f}" for std in found.std)])
    return table(["initialisation", "of", *(f"layer {k}" for k in range(1, 6))], rows)


def shortcut(side: str) -> str:
    """The gradient at the first layer and at the input, with and without shortcuts."""
    rows = []
    for layers in (10, 100, 1000):
        reached = [shortcut_reach(layers, each, side=side) for each in ("identity", "none")]
        norms = [scientific(n) for each in reached for n in (each.first_layer, each.input)]
        rows.append([f"{layers:,}", *norms])
    return table(
        ["layers", "with: dL/dW₁", "with: dL/dX", "without: dL/dW₁", "without: dL/dX"], rows
    )


def dead(side: str) -> str:
    """Dead neurons of 32, and the accuracy on unseen digits, by learning rate."""
    digits = load("digits")
    rows = []
    for lr in (0.1, 0.5, 1.0, 2.0, 3.0):
        relu, leaky = (
            deaths_by_learning_rate(digits, lr, each, side=side) for each in ("relu", "leaky_relu")
        )
        rows.append([f"{lr:g}", f"{relu.dead}", f"{relu.accuracy:.2f}", f"{leaky.dead}"])
    return table(["lr", "ReLU: dead", "ReLU: accuracy", "leaky ReLU: dead"], rows)


def training(side: str, layers: int = 200, epochs: int = 20) -> str:
    """So many layers learn the digits, with and without shortcuts; 200 in some ten seconds."""
    digits = load("digits")
    rows = []
    for shortcut in ("identity", "none"):
        found = train_deep(digits, shortcut, layers, epochs=epochs, side=side)
        losses = (f"{found.losses[epoch]:.2f}" for epoch in (0, -1))
        rows.append([shortcut, *losses, f"{found.accuracy:.2f}"])
    return table(["shortcut", "loss, first epoch", "loss, last epoch", "accuracy"], rows)


TABLES: dict[str, Callable[[str], str]] = {
    "slope": slope,
    "chain": chain,
    "layers": layers,
    "depth": depth,
    "glorot": glorot,
    "shortcut": shortcut,
    "dead": dead,
    "training": training,
}


def scientific(x: float) -> str:
    """Two digits: plainly near 1, elsewhere with a power of ten.

    >>> scientific(1.234), scientific(1.2e-5), scientific(0.0)
    ('1.2', '1.2e-05', '0')
    """
    if x == 0:
        return "0"
    return f"{x:.2g}" if 0.01 <= x < 100 else f"{x:.1e}"
