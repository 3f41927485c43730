"""Concepts of «Entrenamiento de una red: descenso del gradiente»: what is minimised, and how.

Each descent is compared step by step: the wings must take the same path and stop for the same
reason.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ..samples.operation import case
from ..samples.values import between, constant, integers
from .concept import Tensor, concept
from .draws import near_1, network
from .figure import Figure
from .wing import Wing

SECTION = "Descenso del gradiente"


@concept(
    network("n+ m+", "n+", "m+", ""),
    es="Pérdida sobre los datos",
    en="Loss over the data",
    section="¿Cómo entrenar una red neuronal?",
    formula="(1/n) sum_i L(y_i, f(x_i, W)), which the best W makes smallest",
)
def training_loss(wing: Wing, X: Tensor, y: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    neuron = wing.Perceptron([0.0] * len(weight), activation="sigmoid")
    y_hat = wing.call(neuron, {"weight": weight, "bias": bias}, X)
    return wing.F.mse_loss(y_hat, y)


# ---- x <- x - lr f'(x) ----------------------------------------------------------------------

REASONS = ("converged", "steps", "diverged")


def _path(wing: Wing, f: Callable[[Tensor], Tensor], x0: Tensor, lr: float) -> tuple[Any, ...]:
    """Every x in 30 steps from x0, f at each, and the number of the reason to stop."""
    found = wing.descend(f, x0.detach().numpy(), lr=lr, steps=30)
    return found.trajectory, found.values, float(REASONS.index(found.reason))


def _end(f: Callable[[Tensor], Tensor], x0: float, lr: float) -> Callable[[Wing], Any]:
    """Where a descent of up to 500 steps ends."""
    return lambda wing: wing.descend(f, x0, lr=lr, steps=500).x


def parabola(x: Tensor) -> Tensor:
    """x^2, with its minimum at 0."""
    return x**2


def two_minima(x: Tensor) -> Tensor:
    """x^4 - 2 x^2 + x - 1, with the global minimum at -1.1072 and a local one at 0.8376."""
    return x**4 - 2 * x**2 + x - 1


def bowl(w: Tensor) -> Tensor:
    return w[0] ** 2 + w[0] * w[1] + 2 * w[1] ** 2


@concept(
    case(constant(near_1("")), lr=0.001, label="too small"),
    case(constant(near_1("")), lr=0.3, label="right: it converges"),
    case(constant(near_1("")), lr=1.1, label="too large: it diverges"),
    es="Descenso del gradiente",
    en="Gradient descent",
    section=SECTION,
    formula="x = x - lr df/dx, on f(x) = x^2",
    figures=(Figure("the minimum of x^2", "0", _end(parabola, 5.0, lr=0.1)),),
    differentiable=False,
)
def gradient_descent(wing: Wing, x0: Tensor, lr: float) -> tuple[Any, ...]:
    return _path(wing, parabola, x0, lr)


@concept(
    case(constant(between("", -1.5, 1.5)), lr=0.05),
    es="Mínimo local y mínimo global",
    en="Local and global minimum",
    section=SECTION,
    formula="f(x) = x^4 - 2 x^2 + x - 1: the minimum that is reached depends on x_0",
    figures=(
        Figure("x from x_0 = 0.3", "0.8376", _end(two_minima, 0.3, lr=0.05), says="f'(x) = 0 at"),
        Figure("x from x_0 = 0", "-1.1072", _end(two_minima, 0.0, lr=0.05), says="f'(x) = 0 at"),
    ),
    differentiable=False,
)
def local_minimum(wing: Wing, x0: Tensor, lr: float) -> tuple[Any, ...]:
    return _path(wing, two_minima, x0, lr)


@concept(
    case(constant(near_1("2")), lr=0.2),
    es="Descenso con dos pesos",
    en="Descent of two weights",
    section=SECTION,
    formula="w = w - lr (df/dw_1, df/dw_2), on f = w_1^2 + w_1 w_2 + 2 w_2^2",
    differentiable=False,
)
def descent_of_two_weights(wing: Wing, w0: Tensor, lr: float) -> tuple[Any, ...]:
    return _path(wing, bowl, w0, lr)


# ---- where it starts ------------------------------------------------------------------------


def drawn(wing: Wing, seed: Tensor, *initializers: str, **options: Any) -> tuple[Tensor, ...]:
    """Weights (5, 3) by each of these initializers, one after the other from one generator."""
    rng = np.random.default_rng(int(seed.item()))
    return tuple(getattr(wing.initializers, name)(rng, (5, 3), **options) for name in initializers)


@concept(
    case(integers("", 0, 1000), std=0.1),
    case(integers("", 0, 1000), std=1.0),
    es="Pesos iniciales normales",
    en="Normal initial weights",
    section=SECTION,
    formula="w ~ N(0, sigma^2), the same numbers from one seed",
    differentiable=False,
)
def normal_initialization(wing: Wing, seed: Tensor, std: float) -> tuple[Tensor, ...]:
    return drawn(wing, seed, "normal", std=std)
