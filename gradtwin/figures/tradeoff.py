"""The picture of the trade-off of Bottou and Bousquet, on real data, with `gradtwin.tradeoff`.

Lecture: "¿Qué algoritmo de optimización elegir?". The cost is counted in examples, not in seconds:
a picture of times would be another one every time. docs/tradeoff.md has the times.
"""

from __future__ import annotations

from functools import cache

from ..datasets import load
from ..tradeoff import Curve, learn
from .page import Page
from .picture import picture
from .style import line_styles

RUNS = {1: (0.01, 8), 8: (0.1, 20), 64: (0.1, 60), 0: (0.3, 300)}
"""By batch size, 0 for all examples: a learning rate with which the loss falls smoothly; epochs."""


@cache
def curves() -> dict[int, Curve]:
    """What each batch size learned of the digits."""
    data = load("digits")
    return {size: learn(data, size, lr, epochs) for size, (lr, epochs) in RUNS.items()}


@picture(
    es="Coste, entrenamiento y generalización (digits)",
    en="Cost, training and generalisation (digits)",
    section="¿Qué algoritmo de optimización elegir?",
)
def tradeoff(page: Page) -> None:
    left, right = page.axes(1, 2)
    for (size, curve), style in zip(curves().items(), line_styles(markers=True)):
        label = page.say(f"lotes de {size}", f"batches of {size}") if size > 1 else {
            0: page.say("por lotes", "batch"), 1: page.say("estocástico", "stochastic"),
        }[size]  # fmt: skip
        some = max(1, len(curve.examples) // 8)
        left.plot(curve.examples[1:], curve.train_loss[1:], label=label, markevery=some, **style)
        right.plot(curve.train_loss[1:], curve.test_loss[1:], markevery=some, **style)
    training = page.say("pérdida de entrenamiento", "training loss")
    left.set(xscale="log", yscale="log", ylabel=training)
    left.set_xlabel(page.say("ejemplos leídos", "examples read"))
    right.set(xscale="log", yscale="log", xlabel=training)
    right.set_ylabel(page.say("pérdida de test", "test loss"))
    for axis in (left.yaxis, right.xaxis, right.yaxis):
        axis.set_ticks([0.05, 0.1, 0.2, 0.5, 1, 2], ["0.05", "0.1", "0.2", "0.5", "1", "2"])
        axis.minorticks_off()
    right.invert_xaxis()  # training goes to the right
    page.figure.legend(*left.get_legend_handles_labels(), loc="outside right center")
