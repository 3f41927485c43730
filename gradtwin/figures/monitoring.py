"""The picture of a network watched while it learns: weights and gradients by layer and epoch.

Lecture: "Como detectar y monitorizar estos problemas"; watched by `scratch.Monitor`.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np

import scratch

from .page import Page
from .picture import picture
from .separability import ring
from .style import line_styles
from .training import train

EPOCHS = 120


@cache
def records() -> list[Any]:
    """A `Record` an epoch, of a network with two hidden layers that learns `ring`."""
    X, y = ring()
    net = scratch.FullyConnected([2, 16, 16, 1], "tanh", output_activation="sigmoid")
    with scratch.Monitor(net, warn=False) as monitor:
        train(net, X, y[:, None], lr=0.5, epochs=EPOCHS, callback=monitor)
    return monitor.records


@picture(
    es="Pesos y gradientes durante el entrenamiento",
    en="Weights and gradients during training",
    section="Como detectar y monitorizar estos problemas",
)
def monitoring(page: Page) -> None:
    left, right = page.axes(1, 2)
    seen = records()
    epochs = np.array([record.epoch for record in seen])
    for layer, style in zip(range(3), line_styles(markers=True)):
        name = f"layers.{layer}.weight"
        weights = [record.weights[name] for record in seen]
        mean, std = (np.array([getattr(w, each) for w in weights]) for each in ("mean", "std"))
        label = page.say(f"capa {layer + 1}", f"layer {layer + 1}")
        left.fill_between(epochs, mean - std, mean + std, color=style["color"], alpha=0.2)
        left.plot(epochs, mean, label=label, markevery=20, **style)
        norms = [record.gradients[name].norm for record in seen]
        right.plot(epochs, norms, label=label, markevery=20, **style)
    left.set_title(page.say("Pesos: media ± desviación", "Weights: mean ± deviation"))
    right.set_title(page.say("Norma del gradiente", "Norm of the gradient"))
    right.set(yscale="log", ylabel=r"$\Vert \partial\mathcal{L} / \partial W^{(k)} \Vert$")
    for axes in (left, right):
        axes.set_xlabel(page.say("época", "epoch"))
    right.legend(loc="upper right")
