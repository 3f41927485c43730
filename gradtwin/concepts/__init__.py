"""The registry: every concept of the lecture, in the lecture's order, computed by both wings.

Neither wing is imported to list it. To add a concept, write it under its section with `@concept`
and give it its place below; an operation that has a row in `gradtwin.samples` is here already.
"""

from __future__ import annotations

from functools import cache

from . import activation, descent, fully_connected, graph, loss, perceptron
from .concept import Concept as Concept
from .concept import Tensor as Tensor
from .concept import concept as concept
from .concept import operation as operation
from .figure import Figure as Figure
from .wing import Wing as Wing


@cache
def concepts() -> tuple[Concept, ...]:
    """Every concept, in the order of the lecture.

    >>> [concept.name for concept in concepts()][:3]
    ['perceptron', 'step', 'sigmoid']
    """
    before = [
        perceptron.perceptron,
        *activation.OF_THE_PERCEPTRON,
        perceptron.decision_line,
        perceptron.linear_collapse,
        fully_connected.LINEAR,
        fully_connected.hidden_layer,
        fully_connected.fully_connected,
        loss.xor,
        loss.cross_entropy,
        *loss.BINARY,
        *loss.OTHERS,
        descent.batch_descent,
        descent.stochastic_descent,
        descent.mini_batch_descent,
        *activation.AGAINST_VANISHING,
        *activation.OVER_CLASSES,
    ]
    after = [graph.SQUARED_ERROR, graph.linear_regression]
    return tuple([*before, *graph.remaining([*before, *after]), *after])


def find(name: str) -> Concept:
    """The concept of this name.

    ValueError: there is none; the message names those that are spelled nearly so.

    >>> find("relu").title
    'ReLU'
    """
    by_name = {concept.name: concept for concept in concepts()}
    if name in by_name:
        return by_name[name]
    from difflib import get_close_matches  # only for this error

    near = get_close_matches(name, by_name, n=3)
    hint = f"did you mean {' or '.join(near)}?" if near else "`gradtwin list` shows all of them"
    raise ValueError(f"unknown concept {name!r}: {hint}")
