"""The picture of XOR: four points that no line separates, before and after training.

Lecture: "Ejemplo práctico: XOR". Before: the weights printed there, without bias. After: trained
from these, still without bias (with biases, batch descent from here ends in a local minimum).
"""

from __future__ import annotations

from functools import cache

import scratch

from ..concepts.loss import WEIGHT1, WEIGHT2
from ..concepts.loss import X_XOR as X
from ..concepts.loss import Y_XOR as Y
from .page import Page
from .picture import picture
from .plane import outputs, show_classes, show_probability
from .style import GREY
from .training import train

ENDS = (-0.3, 1.3)  # of both axes


def untrained() -> scratch.FullyConnected:
    """The network of the lecture, two sigmoids and one.

    >>> outputs(untrained(), X).round(2).tolist()
    [0.6, 0.62, 0.64, 0.66]
    """
    net = scratch.FullyConnected([2, 2, 1], "sigmoid", output_activation="sigmoid", bias=False)
    net.load_state_dict({"layers.0.weight": WEIGHT1, "layers.1.weight": WEIGHT2})
    return net


@cache
def trained() -> scratch.FullyConnected:
    """The same network after 4,000 steps of batch descent.

    >>> outputs(trained(), X).round(2).tolist()
    [0.03, 0.96, 0.96, 0.08]
    """
    net = untrained()
    train(net, X, Y, lr=2.0, epochs=4000)
    return net


@picture(
    es="XOR antes y después de entrenar",
    en="XOR before and after training",
    section="Ejemplo práctico: XOR",
)
def xor(page: Page) -> None:
    both = page.axes(1, 2, sharey=True)
    titles = page.say("Pesos iniciales", "Initial weights"), page.say("Entrenada", "Trained")
    for axes, net, title in zip(both, (untrained(), trained()), titles):
        shades = show_probability(axes, net, ENDS, (0.5,))
        show_classes(page, axes, X, Y[:, 0], size=220)
        for point, output in zip(X, outputs(net, X)):
            axes.annotate(
                rf"$\hat y = {output:.2f}$",
                point,
                xytext=(0, 18),
                textcoords="offset points",
                ha="center",
                bbox={"boxstyle": "round", "facecolor": "white", "edgecolor": GREY},
            )
        axes.set(xticks=[0, 1], yticks=[0, 1], aspect="equal", title=title)
    both[1].set_ylabel("")
    page.figure.colorbar(shades, ax=both, label=r"$\hat y$")
    page.figure.legend(*both[0].get_legend_handles_labels(), loc="outside lower left", ncols=2)
