"""Pictures of the activations, each with its derivative.

Lecture: "El perceptrón: Función de activación", "Causas del desvanecimiento del gradiente",
"Función de activación ReLU" and on. The derivative drawn is the one that backward computes.
"""

from __future__ import annotations

from typing import Any

import numpy as np

import scratch
from scratch.activations import get_activation

from .page import Page
from .picture import Picture, picture
from .style import BLACK, BLUE, GREY, RED

Array = np.ndarray[Any, np.dtype[Any]]


def curve(name: str, ends: float = 4.0, points: int = 801) -> tuple[Array, Array, Array]:
    """x from -ends to ends, g(x) and g'(x) by backward, (points,) each.

    name: of an activation that works element by element.

    >>> x, y, slope = curve("sigmoid", points=3)
    >>> x.tolist(), y[1].item(), slope[1].item()
    ([-4.0, 0.0, 4.0], 0.5, 0.25)
    """
    x = scratch.tensor(np.linspace(-ends, ends, points), requires_grad=True)
    y = get_activation(name)(x)
    y.sum().backward()
    return x.data, y.detach().numpy(), np.asarray(x.grad)


def slopes(name: str) -> tuple[float, float]:
    """The least and the largest g'(x) for x from -1000 to 1000, to four digits.

    >>> slopes("sigmoid"), slopes("leaky_relu")
    ((0.0, 0.25), (0.01, 1.0))
    """
    # far out coarsely, and finely up to the kinks, where an open end has its limit
    slopes = np.concatenate([curve(name, 1000.0, 20_001)[2], curve(name, 8.0, 160_001)[2]])
    return round(float(slopes.min()), 4), round(float(slopes.max()), 4)


def paint_both(page: Page, name: str) -> None:
    """The function on the left, its derivative on the right."""
    x, y, slope = curve(name, ends=8.0 if name == "relu6" else 4.0)  # its second kink is at 6
    left, right = page.axes(1, 2)
    left.plot(x, y, color=BLUE)
    left.set_title(page.say("Función de activación", "Activation function"))
    right.plot(x, slope, color=RED, linestyle="--")
    right.set_title(page.say("Derivada", "Derivative"))
    for axes in (left, right):
        axes.axhline(0, color=BLACK, linewidth=1)
        axes.axvline(0, color=BLACK, linewidth=1)
        axes.set_xlabel("$x$")
        axes.margins(y=0.12)
    left.set_ylabel("$g(x)$")
    right.set_ylabel("$g'(x)$")
    least, most = slopes(name)
    note = page.say(f"entre {least:g} y {most:g}", f"between {least:g} and {most:g}")
    if least == most:
        note = page.say(f"{most:g} en todas partes", f"{most:g} everywhere")
    right.text(0.03, 0.99, note, transform=right.transAxes, va="top", color=GREY)
    for bound in (least, most):
        right.axhline(bound, color=GREY, linestyle=":", linewidth=2)


def of(name: str, es: str, section: str, en: str = "") -> Picture:
    """The picture of one activation."""
    title_es, title_en = f"{es} y su derivada", f"{en or es} and its derivative"
    return Picture(name, title_es, title_en, section, lambda page: paint_both(page, name))


OF_THE_PERCEPTRON = (
    of("step", "Escalón", "El perceptrón: Función de activación", en="Step"),
)
_SATURATING = "Otras funciones de activación con el mismo problema"
THAT_SATURATE = (
    of("sigmoid", "Sigmoide", "Causas del desvanecimiento del gradiente", en="Sigmoid"),
    of("tanh", "Tangente hiperbólica", _SATURATING, en="Hyperbolic tangent"),
    of("softsign", "Softsign", _SATURATING),
    of("hardtanh", "Hard tanh", _SATURATING),
    of("hardsigmoid", "Hard sigmoid", _SATURATING),
)
AGAINST_VANISHING = (
    of("relu", "ReLU", "Función de activación ReLU"),
    of("leaky_relu", "Leaky ReLU", "Función de activación LeakyReLU"),
)
OTHERS = tuple(
    of(name, title, "Otras funciones de activación")
    for name, title in {
        "elu": "ELU",
        "selu": "SELU",
        "celu": "CELU",
        "gelu": "GELU",
        "silu": "SiLU",
        "mish": "Mish",
        "softplus": "Softplus",
        "relu6": "ReLU6",
        "hardswish": "Hard swish",
        "hardshrink": "Hard shrink",
        "softshrink": "Soft shrink",
        "tanhshrink": "Tanh shrink",
        "logsigmoid": "Log sigmoid",
    }.items()
)


@picture(
    es="Funciones de activación",
    en="Activation functions",
    section="El perceptrón: Función de activación",
)
def activation_examples(page: Page) -> None:
    shown = (
        ("step", page.say("Escalón", "Step"), page.say("1 si $z > 0$", "1 if $z > 0$")),
        ("sigmoid", page.say("Sigmoide", "Sigmoid"), r"$1 / (1 + e^{-z})$"),
        ("relu", "ReLU", r"$\max(0, z)$"),
    )
    for axes, (name, title, formula) in zip(page.axes(1, 3), shown):
        x, y, _ = curve(name)
        axes.plot(x, y, color=BLUE)
        axes.set_title(f"{title}\n$g(z) = $ {formula}")
        axes.set_xlabel("$z$")


@picture(
    es="Otras funciones de activación",
    en="Other activation functions",
    section="Otras funciones de activación",
)
def other_activations(page: Page) -> None:
    shown = [each.name for each in (*THAT_SATURATE[1:2], *AGAINST_VANISHING, *OTHERS[:7])]
    grid = page.axes(2, 5, sharex=True)
    for axes, name in zip(grid, shown):
        x, y, slope = curve(name)
        axes.plot(x, y, color=BLUE)
        axes.plot(x, slope, color=RED, linestyle="--")
        axes.set_title(name)
        axes.set_xticks([-4, 0, 4])
        axes.locator_params(axis="y", nbins=4)
    names = (page.say("función", "function"), page.say("derivada", "derivative"))
    page.figure.legend(grid[0].lines, names, loc="outside lower left", ncols=2)
