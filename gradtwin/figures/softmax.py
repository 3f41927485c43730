"""The picture of softmax: four outputs of a network become four probabilities.

Lecture: "Otras funciones de activación importantes: Softmax", with the logits printed there.
"""

from __future__ import annotations

import numpy as np

import scratch

from ..concepts.activation import LOGITS
from .page import Page
from .picture import picture
from .style import BLUE, ORANGE


@picture(
    es="Softmax: de los logits a las probabilidades",
    en="Softmax: from the logits to the probabilities",
    section="Otras funciones de activación importantes: Softmax",
)
def softmax(page: Page) -> None:
    probabilities = scratch.softmax(scratch.tensor(LOGITS), dim=0).numpy()
    left, right = page.axes(1, 2)
    classes = np.arange(len(LOGITS))
    before = left.bar(classes, LOGITS, color=BLUE, edgecolor="black")
    left.bar_label(before, fmt="%g", padding=3)
    left.set_title(page.say("Última capa (logits)", "Last layer (logits)"))
    after = right.bar(classes, probabilities, color=ORANGE, edgecolor="black", hatch="//")
    right.bar_label(after, fmt="%.4f", padding=3)
    right.set_title(page.say("Probabilidades (suman 1)", "Probabilities (their sum is 1)"))
    left.set(xticks=classes, ylabel="$x_i$", ylim=(0, 12.5), xlabel="$i$")
    right.set(xticks=classes, ylabel="$p(y = i)$", ylim=(0, 1.12), xlabel="$i$")
    for axes in (left, right):
        axes.set_axisbelow(True)
        axes.grid(axis="x", visible=False)
