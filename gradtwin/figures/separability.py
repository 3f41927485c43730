"""Pictures of what a line can separate, and what it cannot.

Lecture: "¿Cuál es la utilidad de la función de activación?". The boundaries are learned: `fit`
trains a perceptron and a network with a hidden layer on the points that are drawn.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np

import scratch

from .page import Page
from .picture import picture
from .plane import outputs, show_classes, show_decision
from .style import BLACK
from .training import train

Array = np.ndarray[Any, np.dtype[Any]]


def clouds(seed: int = 0, each: int = 40) -> tuple[Array, Array]:
    """Two clouds that a line separates: points (2 each, 2), classes (2 each,).

    >>> X, y = clouds()
    >>> X.shape, y.sum().item()
    ((80, 2), 40.0)
    """
    rng = np.random.default_rng(seed)
    right = rng.normal((5.5, 5.5), (0.9, 1.6), (each, 2))
    left = rng.normal((0.3, 3.0), (0.7, 1.6), (each, 2))
    return np.concatenate([right, left]), np.repeat([0.0, 1.0], each)


def ring(seed: int = 0, each: int = 60) -> tuple[Array, Array]:
    """A cloud of class 1 inside a ring of class 0: points (2 each, 2), classes (2 each,).

    >>> X, y = ring()
    >>> bool(np.linalg.norm(X[y == 1], axis=1).max() < np.linalg.norm(X[y == 0], axis=1).min())
    True
    """
    rng = np.random.default_rng(seed)
    radius = np.concatenate([rng.uniform(2.2, 3.2, each), 1.4 * np.sqrt(rng.uniform(0, 1, each))])
    angle = rng.uniform(0, 2 * np.pi, 2 * each)
    X = np.stack([radius * np.cos(angle), radius * np.sin(angle)], axis=1)
    return X, np.repeat([0.0, 1.0], each)


@cache
def trained_perceptron(data: str) -> scratch.Perceptron:
    """A perceptron that learned `clouds` or `ring`; data: which."""
    X, y = {"clouds": clouds, "ring": ring}[data]()
    neuron = scratch.Perceptron([0.0, 0.0], activation="sigmoid")
    train(neuron, X, y, lr=0.5, epochs=5000)
    return neuron


@cache
def trained_network() -> scratch.FullyConnected:
    """A network with one hidden layer of 8 neurons that learned `ring`."""
    X, y = ring()
    net = scratch.FullyConnected([2, 8, 1], activation="tanh", output_activation="sigmoid", seed=0)
    train(net, X, y[:, None], lr=1.0, epochs=1000)
    return net


def accuracy(model: scratch.Module, X: Array, y: Array) -> float:
    """The share of the points that are on the right side of 1/2; X (n, 2), y (n,)."""
    return float(np.mean((outputs(model, X) > 0.5) == (y == 1)))


def line(weights: Any, bias: Any, x2: Array) -> Array:
    """x1 where w1 x1 + w2 x2 + w0 = 0.

    >>> line((2.0, 1.0), -4.0, np.array([0.0, 2.0])).tolist()
    [2.0, 1.0]
    """
    w1, w2 = weights
    x1: Array = -(w2 * x2 + bias) / w1
    return x1


SECTION = "¿Cuál es la utilidad de la función de activación?"


@picture(
    es="Linealmente separable: basta una recta",
    en="Linearly separable: a line is enough",
    section=SECTION,
)
def separable(page: Page) -> None:
    (axes,) = page.axes()
    X, y = clouds()
    neuron = trained_perceptron("clouds")
    (w1, w2), w0 = neuron.weight.tolist(), neuron.bias.item()
    show_decision(axes, neuron, (-2.0, 10.0))
    show_classes(page, axes, X, y)
    x2 = np.array([-2.0, 10.0])
    axes.plot(
        line((w1, w2), w0, x2), x2, color=BLACK,
        label=f"${w1:.2f} x_1 {w2:+.2f} x_2 {w0:+.2f} = 0$",
    )  # fmt: skip
    right = accuracy(neuron, X, y)
    axes.set_title(
        page.say(f"Perceptrón entrenado: {right:.0%} de aciertos",
                 f"Trained perceptron: {right:.0%} right")
    )  # fmt: skip
    axes.legend(loc="upper left")


@picture(
    es="No separable: la recta falla, la capa oculta acierta",
    en="Not separable: the line fails, the hidden layer succeeds",
    section=SECTION,
)
def not_separable(page: Page) -> None:
    X, y = ring()
    models: tuple[tuple[scratch.Module, str, str], ...] = (
        (trained_perceptron("ring"), "Un perceptrón", "One perceptron"),
        (trained_network(), "Una capa oculta (8 tanh)", "A hidden layer (8 tanh)"),
    )
    both = page.axes(1, 2, sharey=True)
    for axes, (model, es, en) in zip(both, models):
        show_decision(axes, model, (-3.6, 3.6))
        show_classes(page, axes, X, y)
        share = accuracy(model, X, y)
        axes.set_title(page.say(f"{es}: {share:.0%}", f"{en}: {share:.0%}"))
        axes.set_aspect("equal")
    both[1].set_ylabel("")
    page.figure.legend(*both[0].get_legend_handles_labels(), loc="outside lower left", ncols=2)
