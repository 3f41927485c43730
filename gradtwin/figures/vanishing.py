"""Pictures of gradients that vanish or explode, as `gradtwin.vanishing` measures them.

Lecture: "Desvanecimiento del gradiente", whose figure is Glorot and Bengio's (2010), "Otras
soluciones: Redes Residuales" and "El problema del Exploding Gradient".
"""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np

from ..vanishing import activation_histograms, gradient_by_layer, shortcut_reach
from .page import Page
from .picture import picture
from .style import line_styles

LAYERS, WIDTH, SEEDS = 20, 32, 3
DEPTHS = (2, 4, 8, 16, 24, 32)
RESIDUAL_DEPTHS = (10, 30, 100, 300, 1000)
NETWORKS = {
    "sigmoid": "sigmoid",
    "tanh": "tanh",
    "relu": "ReLU",
    "leaky_relu": "leaky ReLU",
    "residual": "ResNet",
}
STARTS: dict[str | float, str] = {
    0.05: r"$\mathcal{N}(0, 0.05^2)$",
    "xavier": "Xavier",
    "kaiming": "Kaiming",
}
SIGMAS = (0.1, 0.2, 0.25, 0.3, 0.5)  # 0.25 is Kaiming's sqrt(2 / 32)
REACHES = r"$\Vert \partial\mathcal{L} / \partial W^{(1)} \Vert$"


@cache
def by_layer(
    network: str, initialization: str | float, layers: int = LAYERS
) -> np.ndarray[Any, np.dtype[Any]]:
    """The norm of dL/dW of each layer, the geometric mean of 3 seeds -> (layers,)."""
    logarithms = [
        np.log(gradient_by_layer(network, initialization, layers, WIDTH, seed))
        for seed in range(SEEDS)
    ]
    mean: np.ndarray[Any, np.dtype[Any]] = np.exp(np.mean(logarithms, axis=0))
    return mean


@picture(
    es="Cuánto gradiente llega a cada capa",
    en="How much of the gradient reaches each layer",
    section="Desvanecimiento del gradiente",
)
def vanishing_by_layer(page: Page) -> None:
    layers = np.arange(1, LAYERS + 1)
    three = page.axes(1, 3, sharey=True)
    for axes, (start, title) in zip(three, STARTS.items()):
        for (network, label), style in zip(NETWORKS.items(), line_styles(markers=True)):
            axes.plot(layers, by_layer(network, start), label=label, markevery=3, **style)
        axes.set(title=title, xlabel=page.say("capa", "layer"), yscale="log", xticks=[1, 10, 20])
    three[0].set_ylabel(r"$\Vert \partial\mathcal{L} / \partial W^{(k)} \Vert$")
    page.figure.legend(*three[0].get_legend_handles_labels(), loc="outside right center")


@picture(
    es="El gradiente de la primera capa según la profundidad (Xavier)",
    en="The gradient of the first layer by depth (Xavier)",
    section="Desvanecimiento del gradiente",
)
def vanishing_by_depth(page: Page) -> None:
    (axes,) = page.axes()
    for (network, label), style in zip(NETWORKS.items(), line_styles(markers=True)):
        first = [by_layer(network, "xavier", depth)[0] for depth in DEPTHS]
        axes.plot(DEPTHS, first, label=label, **style)
    axes.set(yscale="log", xticks=DEPTHS, ylabel=REACHES)
    axes.set_xlabel(page.say("capas de la red", "layers of the network"))
    axes.legend(loc="lower left")


@picture(
    es="Gradientes que explotan: ReLU con distintos pesos iniciales",
    en="Gradients that explode: ReLU with different initial weights",
    section="El problema del Exploding Gradient",
)
def exploding_gradient(page: Page) -> None:
    (axes,) = page.axes()
    for sigma, style in zip(SIGMAS, line_styles(markers=True)):
        first = [by_layer("relu", sigma, depth)[0] for depth in DEPTHS]
        kaiming = " (Kaiming)" if sigma == 0.25 else ""
        axes.plot(DEPTHS, first, label=rf"$\sigma = {sigma:g}${kaiming}", **style)
    axes.set(yscale="log", xticks=DEPTHS, ylabel=REACHES)
    axes.set_xlabel(page.say("capas de la red", "layers of the network"))
    axes.legend(title=r"$w \sim \mathcal{N}(0, \sigma^2)$", loc="lower left")


@picture(
    es="El atajo lleva el gradiente hasta la primera capa",
    en="The shortcut takes the gradient to the first layer",
    section="Otras soluciones: Redes Residuales",
)
def residual_networks(page: Page) -> None:
    (axes,) = page.axes()
    kinds = {
        "identity": page.say("con atajo (ResNet)", "with shortcut (ResNet)"),
        "none": page.say("sin atajo", "without"),
    }
    for (shortcut, label), style in zip(kinds.items(), line_styles(markers=True)):
        reach = [shortcut_reach(depth, shortcut).first_layer for depth in RESIDUAL_DEPTHS]
        axes.plot(RESIDUAL_DEPTHS, reach, label=label, **style)
    axes.set(xscale="log", yscale="log", ylabel=REACHES)
    axes.set_xticks(RESIDUAL_DEPTHS, [f"{depth}" for depth in RESIDUAL_DEPTHS])
    axes.set_xlabel(page.say("capas de la red", "layers of the network"))
    axes.legend(loc="lower left")


@picture(
    es="Activaciones y gradientes por capa (tanh)",
    en="Activations and gradients by layer (tanh)",
    section="Desvanecimiento del gradiente",
)
def glorot(page: Page) -> None:
    starts = {
        "standard": page.say("Inicialización estándar", "Standard initialisation"),
        "normalized": page.say("Normalizada (Xavier)", "Normalised (Xavier)"),
    }
    grid = page.axes(2, 2, sharex="row", sharey="row")
    for column, (start, title) in enumerate(starts.items()):
        for row, histograms in enumerate(activation_histograms(start)):
            axes = grid[2 * row + column]
            for layer, style in zip(range(len(histograms.counts)), line_styles()):
                seen = histograms.counts[layer] > 0  # a logarithm has no place for 0
                axes.plot(
                    histograms.centres[layer][seen], histograms.density[layer][seen],
                    label=page.say(f"capa {layer + 1}", f"layer {layer + 1}"), **style,
                )  # fmt: skip
            axes.set(yscale="log")
        grid[column].set(title=title, xlabel="$h$")
        grid[2 + column].set_xlabel(r"$\partial\mathcal{L} / \partial z$")
    page.figure.supylabel(page.say("densidad", "density"), fontsize=18)
    page.figure.legend(*grid[0].get_legend_handles_labels(), loc="outside right center")
