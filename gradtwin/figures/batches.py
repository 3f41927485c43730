"""Pictures of batch, mini-batch and stochastic descent, with the paths of `gradtwin.batches`.

Lecture: "Comparativa entre las diferentes versiones".
"""

from __future__ import annotations

import numpy as np

from ..batches import MODES, descent_path, loss_surface, problem
from .page import Page
from .picture import picture
from .style import BLACK, LINES, RED

SECTION = "Comparativa entre las diferentes versiones"
LR, EPOCHS, BATCH_SIZE = 0.1, 10, 10


def names(page: Page) -> list[str]:
    """What the modes are called, in their order."""
    return [
        page.say("Por lotes", "Batch"),
        page.say(f"Mini-lotes de {BATCH_SIZE}", f"Mini-batches of {BATCH_SIZE}"),
        page.say("Estocástico", "Stochastic"),
    ]


@picture(
    es="Tres descensos sobre la misma superficie",
    en="Three descents on the same surface",
    section=SECTION,
)
def three_descents(page: Page) -> None:
    data = problem()
    w1, w2 = np.linspace(-1.5, 3.5, 101), np.linspace(-2.5, 2.5, 101)
    surface = loss_surface(data, w1, w2)
    three = page.axes(1, 3, sharey=True)
    for axes, mode, name, style in zip(three, MODES, names(page), LINES):
        path = descent_path(data, mode, BATCH_SIZE, LR, EPOCHS)
        updates = len(path.weights) - 1
        axes.contourf(w1, w2, surface, 14, cmap="cividis")
        axes.plot(
            *path.weights.T, color="white", marker=style["marker"], markeredgecolor="white",
            linewidth=1.5 if updates < 500 else 0.5, markersize=8 if updates < 500 else 3,
            markerfacecolor=style["color"], markeredgewidth=1 if updates < 500 else 0.2,
        )  # fmt: skip
        axes.plot(*data.minimum, "*", color=RED, markeredgecolor=BLACK, markersize=24)
        count = page.say(f"{updates} pasos", f"{updates} steps")
        axes.set(title=f"{name}\n{count}", xlabel="$w_1$", xticks=[-1, 0, 1, 2, 3])
        axes.grid(False)
    three[0].set_ylabel("$w_2$")


@picture(
    es="La pérdida según los ejemplos leídos",
    en="The loss by the examples that were read",
    section=SECTION,
)
def three_losses(page: Page) -> None:
    (axes,) = page.axes()
    data = problem()
    for mode, name, style in zip(MODES, names(page), LINES):
        path = descent_path(data, mode, BATCH_SIZE, LR, EPOCHS)
        marked = max(1, len(path.losses) // 10)
        thin = {} if len(path.losses) < 500 else {"linewidth": 1.5, "linestyle": "-"}
        axes.plot(path.examples, path.losses, label=name, markevery=marked, **{**style, **thin})
    axes.set(yscale="log", ylabel=r"$\mathcal{L}$")
    axes.set_yticks([1, 2, 5, 10], ["1", "2", "5", "10"])
    axes.minorticks_off()
    axes.set_xlabel(page.say("ejemplos leídos", "examples read"))
    axes.legend(loc="upper right")
