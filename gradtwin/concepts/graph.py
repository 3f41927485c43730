"""Concepts of «Diferenciación automática y grafos computacionales»: the graph worked by hand."""

from __future__ import annotations

from typing import Any

from ..samples import OPERATIONS
from ..samples.operation import case
from .concept import Concept, Tensor, concept, operation
from .figure import Figure
from .wing import Wing

SECTION = "Grafo computacional"
POINT, W, B = (3.0, 9.0), 2.0, 1.0
"""The lecture's example: x and y, and the two parameters before training."""


def _lecture(wing: Wing) -> tuple[Any, Any, Any]:
    """L, dL/dw and dL/db of the lecture's point."""
    x, y = map(wing.tensor, POINT)
    w, b = (wing.tensor(value, requires_grad=True) for value in (W, B))
    loss = linear_regression.operation.call(wing, x, y, w, b)
    loss.backward()
    return loss.detach(), w.grad, b.grad


@concept(
    case("n", "n", "", ""),
    es="Regresión lineal",
    en="Linear regression",
    section=f"{SECTION}: Ejemplo",
    formula="y_hat = w x + b, L = (y_hat - y)^2",
    figures=(
        Figure("L", "4", lambda wing: _lecture(wing)[0]),
        Figure("dL/dw", "-12", lambda wing: _lecture(wing)[1]),
        Figure("dL/db", "-4", lambda wing: _lecture(wing)[2]),
    ),
)
def linear_regression(wing: Wing, x: Tensor, y: Tensor, w: Tensor, b: Tensor) -> Tensor:
    z = w * x
    y_hat = z + b
    e = y_hat - y
    return e**2


SQUARED_ERROR = operation(
    "squared_error", "Error cuadrático", "Squared error", section=f"{SECTION}: Ejemplo"
)


def remaining(concepts: list[Concept]) -> list[Concept]:
    """The operations of the table that no other concept is about: nodes of any graph.

    Rows that are another spelling (an operator, a method) have no name to ask for.
    """
    taken = {id(concept.operation) for concept in concepts}
    return [
        operation(name, section=SECTION)
        for name, row in OPERATIONS.items()
        if id(row) not in taken and name.isidentifier()
    ]
