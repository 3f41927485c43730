"""Pictures of one perceptron: where it decides, and how sure it is.

Lecture: "Ejemplo con un perceptrón", with the weights printed there.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

import scratch

from ..concepts.perceptron import BIAS, WEIGHT
from .page import Page
from .picture import picture
from .plane import outputs, show_classes, show_probability
from .separability import clouds, line
from .style import BLACK, BLUE, GREY, RED

if TYPE_CHECKING:
    from matplotlib.axes import Axes

POINTS = ((0.0, 6.0), (6.0, 8.0))
ENDS = (-2.0, 10.0)  # of both axes


def neuron(activation: str | None = "sigmoid") -> scratch.Perceptron:
    """The perceptron of the lecture.

    >>> outputs(neuron(), POINTS).round(2).tolist()
    [0.94, 0.01]
    """
    return scratch.Perceptron(WEIGHT, bias=BIAS, activation=activation)


def mark_points(axes: Axes) -> None:
    """The two points of the lecture, each with what the perceptron says of it."""
    for (x1, x2), y_hat in zip(POINTS, outputs(neuron(), POINTS)):
        axes.plot(x1, x2, "*", color=RED, markeredgecolor=BLACK, markersize=24)
        axes.annotate(
            rf"$({x1:g}, {x2:g})$  $\hat y = {y_hat:.2f}$",
            (x1, x2),
            xytext=(0, 18),
            textcoords="offset points",
            ha="center",
            bbox={"boxstyle": "round", "facecolor": "white", "alpha": 0.9, "edgecolor": GREY},
        )


@picture(
    es="La frontera de decisión del perceptrón",
    en="The decision boundary of the perceptron",
    section="Ejemplo con un perceptrón",
)
def decision_boundary(page: Page) -> None:
    (axes,) = page.axes()
    X, y = clouds()
    show_classes(page, axes, X, y)
    x2 = np.array(ENDS)
    equation = "$-1.15 x_1 - 0.21 x_2 + 4.1 = 0$"
    axes.plot(line(WEIGHT, BIAS, x2), x2, color=BLACK, label=equation)
    mark_points(axes)
    axes.set(xlim=ENDS, ylim=ENDS)
    axes.legend(loc="lower right")


@picture(
    es="De la suma ponderada a la probabilidad",
    en="From the weighted sum to the probability",
    section="Ejemplo con un perceptrón",
)
def sigmoid_of_z(page: Page) -> None:
    (axes,) = page.axes()
    z = scratch.tensor(np.linspace(-6, 6, 601))
    axes.plot(z.numpy(), scratch.sigmoid(z).numpy(), color=BLUE, label=r"$\hat y = g(z)$")
    axes.axhline(0.5, color=GREY, linestyle=":", linewidth=2)
    axes.axvline(0, color=GREY, linestyle=":", linewidth=2)
    sums, probabilities = outputs(neuron(None), POINTS), outputs(neuron(), POINTS)
    for point, weighted, y_hat, marker, aside in zip(
        POINTS, sums, probabilities, "*X", ((-15, -75), (15, 45))
    ):
        axes.plot(weighted, y_hat, marker, color=RED, markeredgecolor=BLACK, markersize=22)
        axes.annotate(
            f"$({point[0]:g}, {point[1]:g})$\n$z = {weighted:.2f}$, " rf"$\hat y = {y_hat:.2f}$",
            (weighted, y_hat),
            xytext=aside,
            textcoords="offset points",
            ha="center",
        )
    for x, sign in ((-3, "<"), (3, ">")):
        axes.text(x, 0.53, rf"$z {sign} 0$:  $\hat y {sign} 0.5$", ha="center", color=GREY)
    axes.set(xlabel="$z = w_0 + X^T W$", ylabel=r"$\hat y$", ylim=(-0.05, 1.08))
    axes.legend(loc="upper left")


@picture(
    es="Probabilidades en todo el espacio de entrada",
    en="Probabilities over the whole space of inputs",
    section="Ejemplo con un perceptrón",
)
def probability_map(page: Page) -> None:
    (axes,) = page.axes()
    shades = show_probability(axes, neuron(), ENDS, (0.01, 0.1, 0.5, 0.9))
    mark_points(axes)
    axes.set(xlabel="$x_1$", ylabel="$x_2$")
    page.figure.colorbar(shades, ax=axes, label=r"$\hat y$")
