"""The registry: every concept of the lecture, in the lecture's order, computed by both wings.

Neither wing is imported to list it. To add a concept, write it under its section with `@concept`
and give it its place below; an operation that has a row in `gradtwin.samples` is here already.
"""

from __future__ import annotations

from functools import cache

from ..spelling import hint
from . import (
    activation,
    backpropagation,
    batches,
    dag,
    descent,
    fully_connected,
    graph,
    loss,
    optimizers,
    perceptron,
    residual,
    vanishing,
)
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
        perceptron.probability_map,
        fully_connected.LINEAR,
        fully_connected.hidden_layer,
        fully_connected.number_of_weights,
        fully_connected.fully_connected,
        loss.xor,
        loss.cross_entropy,
        *loss.BINARY,
        *loss.OTHERS,
        descent.training_loss,
        descent.gradient_descent,
        descent.local_minimum,
        descent.normal_initialization,
        descent.descent_of_two_weights,
        backpropagation.chain_rule,
        backpropagation.one_neuron_chain,
        backpropagation.backpropagation,
        backpropagation.mean_of_gradients,
        batches.batch_descent,
        batches.stochastic_descent,
        batches.mini_batch_descent,
        optimizers.sgd_momentum,
        optimizers.sgd_nesterov,
        optimizers.rmsprop,
        optimizers.adam,
        optimizers.adamw,
        vanishing.vanishing_gradient,
        vanishing.xavier_initialization,
        vanishing.kaiming_initialization,
        vanishing.three_sigmoids,
        vanishing.sigmoid_derivative,
        *activation.WITH_THE_SAME_PROBLEM,
        vanishing.dead_relu,
        *activation.AGAINST_VANISHING,
        residual.residual_block,
        residual.projected_block,
        residual.residual_network,
        vanishing.exploding_gradient,
        vanishing.clip_grad_norm,
        vanishing.clip_grad_value,
        vanishing.monitoring,
        *activation.OVER_CLASSES,
    ]
    after = [
        graph.SQUARED_ERROR,
        graph.linear_regression,
        graph.new_block,
        dag.dag,
        dag.shared_weight_dag,
        dag.dag_gradient,
        dag.CONV1D,
        dag.dag_with_sigmoid,
    ]
    return tuple([*before, *graph.remaining([*before, *after]), *after])


def in_section(section: str) -> list[Concept]:
    """The concepts under each heading of the lecture that contains these words.

    Capitals and accents do not count. ValueError: no heading contains them; the message names
    those that are spelled nearly so.

    >>> [concept.name for concept in in_section("perceptron: funcion")]
    ['step', 'sigmoid', 'relu']
    """
    found = [each for each in concepts() if _plain(section) in _plain(each.section)]
    if found:
        return found
    from difflib import get_close_matches  # only for this error

    headings = {_plain(each.section): each.section for each in concepts()}
    near = [headings[key] for key in get_close_matches(_plain(section), headings, 3, 0.5)]
    meant = f"did you mean {' or '.join(map(repr, near))}?" if near else "see `gradtwin list`"
    raise ValueError(f"no section of the lecture contains {section!r}: {meant}")


def _plain(words: str) -> str:
    """Without capitals and accents."""
    from unicodedata import combining, normalize

    return "".join(c for c in normalize("NFD", words.casefold()) if not combining(c))


def find(name: str) -> Concept:
    """The concept of this name.

    ValueError: there is none; the message names those that are spelled nearly so.

    >>> find("relu").title
    'ReLU'
    """
    by_name = {concept.name: concept for concept in concepts()}
    if name in by_name:
        return by_name[name]
    near = hint(name, by_name, "`gradtwin list` shows all of them")
    raise ValueError(f"unknown concept {name!r}: {near}")
