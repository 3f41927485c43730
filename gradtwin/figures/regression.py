"""The picture of the linear model: the line, a point, its error, and one step of descent.

Lecture: "Grafo computacional: Ejemplo", with w = 2, b = 1 and the point (3, 9).
"""

from __future__ import annotations

import numpy as np

import scratch

from ..concepts.graph import EXAMPLE
from .page import Page
from .picture import picture
from .style import BLACK, BLUE, GREEN, RED

X, Y, W, B = EXAMPLE
LR = 0.02


def gradients() -> tuple[float, float, float]:
    """The loss (w x + b - y)^2, and its derivatives by w and by b.

    >>> gradients()
    (4.0, -12.0, -4.0)
    """
    w, b = scratch.tensor(W, requires_grad=True), scratch.tensor(B, requires_grad=True)
    loss = (w * X + b - Y) ** 2
    loss.backward()
    return loss.item(), float(w.grad), float(b.grad)  # type: ignore[arg-type]


@picture(
    es="Regresión lineal con una neurona",
    en="Linear regression with one neuron",
    section="Grafo computacional: Ejemplo",
)
def linear_regression(page: Page) -> None:
    (axes,) = page.axes()
    loss, d_w, d_b = gradients()
    w, b = W - LR * d_w, B - LR * d_b
    x = np.array([0.0, 4.5])
    before = page.say("antes", "before")
    after = page.say(f"tras un paso, $\\eta = {LR:g}$", f"after one step, $\\eta = {LR:g}$")
    axes.plot(x, W * x + B, color=BLUE, label=rf"$\hat y = {W:g} x + {B:g}$, {before}")
    axes.plot(
        x, w * x + b, color=GREEN, linestyle="--", label=rf"$\hat y = {w:g} x + {b:g}$, {after}"
    )
    axes.plot([X, X], [W * X + B, Y], color=RED, linestyle=":", linewidth=4)
    axes.plot(X, Y, "*", color=RED, markeredgecolor=BLACK, markersize=24, label=f"$({X:g}, {Y:g})$")
    axes.annotate(
        rf"$e = \hat y - y = {W * X + B - Y:g}$" "\n" rf"$\mathcal{{L}} = e^2 = {loss:g}$" "\n"
        rf"$\partial\mathcal{{L}}/\partial w = {d_w:g}$" "\n"
        rf"$\partial\mathcal{{L}}/\partial b = {d_b:g}$",
        (X, 8.0),
        xytext=(40, -130),
        textcoords="offset points",
        linespacing=1.5,
        arrowprops={"arrowstyle": "->", "linewidth": 2},
    )  # fmt: skip
    axes.set(xlabel="$x$", ylabel="$y$", ylim=(0, 11.5))
    axes.legend(loc="upper left")
