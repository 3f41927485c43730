"""Concepts of «¿Qué algoritmo de optimización elegir?»: momentum and adaptive learning rates.

Each takes five steps on one linear regression; the wings must agree in the weights after every one.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..samples.operation import case
from ..samples.values import constant
from .concept import Tensor, concept
from .draws import near_1
from .wing import Wing

SECTION = "Otros algoritmos de optimización"
PROBLEM = [constant(near_1(dims)) for dims in ("n+ m+", "n+", "m+")]
PLAIN, WITH_DECAY = case(*PROBLEM), case(*PROBLEM, weight_decay=0.1)


def _steps(wing: Wing, name: str, X: Tensor, y: Tensor, w0: Tensor, **options: Any) -> Any:
    """The weights after each of five steps, (5, m)."""
    w = wing.leaf(w0)
    optimizer = getattr(wing.optimizers, name)([w], lr=0.1, **options)
    path = []
    with wing.enable_grad():
        for _ in range(5):
            optimizer.zero_grad()
            ((X @ w - y) ** 2).mean().backward()
            optimizer.step()
            path.append(np.array(w.detach().numpy()))
    return np.stack(path)


@concept(
    PLAIN,
    WITH_DECAY,
    es="Momento",
    en="Momentum",
    section=SECTION,
    formula="b = mu b + g, w = w - lr b",
    differentiable=False,
)
def sgd_momentum(wing: Wing, X: Tensor, y: Tensor, w0: Tensor, **options: Any) -> Any:
    return _steps(wing, "SGD", X, y, w0, momentum=0.9, **options)


@concept(
    PLAIN,
    WITH_DECAY,
    es="Momento de Nesterov",
    en="Nesterov momentum",
    section=SECTION,
    formula="b = mu b + g, w = w - lr (g + mu b)",
    differentiable=False,
)
def sgd_nesterov(wing: Wing, X: Tensor, y: Tensor, w0: Tensor, **options: Any) -> Any:
    return _steps(wing, "SGD", X, y, w0, momentum=0.9, nesterov=True, **options)


@concept(
    PLAIN,
    WITH_DECAY,
    case(*PROBLEM, centered=True),
    case(*PROBLEM, momentum=0.9),
    es="RMSprop",
    en="RMSprop",
    section=SECTION,
    formula="v = alpha v + (1 - alpha) g^2, w = w - lr g / (sqrt(v) + eps)",
    differentiable=False,
)
def rmsprop(wing: Wing, X: Tensor, y: Tensor, w0: Tensor, **options: Any) -> Any:
    return _steps(wing, "RMSprop", X, y, w0, **options)


@concept(
    PLAIN,
    WITH_DECAY,
    case(*PROBLEM, amsgrad=True),
    es="Adam",
    en="Adam",
    section=SECTION,
    formula="m and v: averages of g and g^2, without bias; w = w - lr m / (sqrt(v) + eps)",
    differentiable=False,
)
def adam(wing: Wing, X: Tensor, y: Tensor, w0: Tensor, **options: Any) -> Any:
    return _steps(wing, "Adam", X, y, w0, **options)


@concept(
    PLAIN,
    WITH_DECAY,
    es="AdamW",
    en="AdamW",
    section=SECTION,
    formula="w = w - lr weight_decay w, then Adam's step",
    differentiable=False,
)
def adamw(wing: Wing, X: Tensor, y: Tensor, w0: Tensor, **options: Any) -> Any:
    return _steps(wing, "AdamW", X, y, w0, **options)
