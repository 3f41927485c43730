"""Concepts of «Diferenciación automática y grafos computacionales».

The operations that a graph is made of, the lecture's graph worked by hand, and a new block.
"""

from __future__ import annotations

from typing import Any

from ..samples import OPERATIONS
from ..samples.operation import case
from ..samples.values import real
from .concept import Concept, Tensor, concept, operation
from .draws import near_1
from .figure import Figure
from .wing import Wing

SECTION = "Grafo computacional"
EXAMPLE = (3.0, 9.0, 2.0, 1.0)
"""The lecture's x, y, w and b."""


def _loss(wing: Wing) -> Any:
    """L of the lecture's example."""
    return linear_regression.operation.call(wing, *map(wing.tensor, EXAMPLE))


def _lecture(argument: int) -> Any:
    """The derivative by one argument of the lecture's example."""
    return lambda wing: wing.gradients(linear_regression.operation.call, *EXAMPLE)[argument]


@concept(
    case("", "", "", ""),
    es="Regresión lineal",
    en="Linear regression",
    section=f"{SECTION}: Ejemplo",
    formula="y_hat = w x + b, L = (y_hat - y)^2",
    figures=(
        Figure("L", "4", _loss),
        Figure("dz/dw", "3", lambda wing: wing.gradients(lambda _, x, w: w * x, 3.0, 2.0)[1]),
        Figure("dL/dw", "-12", _lecture(2)),
        Figure("dL/db", "-4", _lecture(3)),
    ),
    example=EXAMPLE,
    paper="linear_regression",
)
def linear_regression(wing: Wing, x: Tensor, y: Tensor, w: Tensor, b: Tensor) -> Tensor:
    z = w * x
    y_hat = z + b
    e = y_hat - y
    L = e**2
    wing.named(z=z, y_hat=y_hat, e=e, L=L)
    return L


SQUARED_ERROR = operation(
    "squared_error", "Error cuadrático", "Squared error", section=f"{SECTION}: Ejemplo"
)


@concept(
    case(real("n m"), near_1("m")),
    case(real("n m"), near_1("")),
    es="Bloque nuevo",
    en="New block",
    section="Diferenciación automática",
    formula="x + sin^2(a x) / a, a Function whose derivative we write: (sin a x + cos a x)^2",
)
def new_block(wing: Wing, input: Tensor, a: Tensor) -> Tensor:
    return wing.snake(input, a)


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
