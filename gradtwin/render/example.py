"""The input that a concept is drawn with: the lecture's own numbers where it has some."""

from __future__ import annotations

import zlib
from dataclasses import replace
from typing import Any

import numpy as np

from ..concepts import Concept, activation, loss, perceptron
from ..concepts.dag import EXAMPLE as DAG
from ..samples import Sample

NEURON = ([0.0, 6.0], perceptron.WEIGHT, perceptron.BIAS)

LECTURE: dict[str, tuple[Any, ...]] = {
    "perceptron": NEURON,
    "probability_map": ([[0.0, 6.0]],),
    "decision_line": (3.0, perceptron.BIAS, *perceptron.WEIGHT),
    "xor": (loss.X_XOR, loss.Y_XOR, loss.WEIGHT1, loss.WEIGHT2),
    "training_loss": ([[0.0, 6.0], [6.0, 8.0]], [1.0, 0.0], *NEURON[1:]),
    "shared_weight_dag": ([DAG[0]], *DAG[2:]),
    "dag_with_sigmoid": ([DAG[0]], [DAG[1]], *DAG[2:]),
    "softmax": ([activation.LOGITS],),
    "log_softmax": ([activation.LOGITS],),
    "softmax_cross_entropy": ([activation.LOGITS], [2]),
    "sum": ([1.0, 2.0, 3.0],),
    "prod": ([2.0, 3.0, 4.0],),
    "mean": ([1.0, 2.0, 6.0],),
    "matmul": ([[1.0, 2.0], [3.0, 4.0]], [[5.0, 6.0], [7.0, 8.0]]),
}
"""Arguments, where the registry's own first input is not the lecture's, or says little."""

WEIGHTS = (-0.4, -0.2, 0.1, 0.3, 0.5, 0.6, 0.8)
BLOCK = [(2, 2), (2,), (2, 2), (2,)]
SMALL: dict[str, list[tuple[int, ...]]] = {
    "linear_collapse": [(1, 2), (2, 2), (2,), (1, 2), (1,)],
    "hidden_layer": [(1, 2), (2, 2), (2,)],
    "fully_connected": [(1, 2), (3, 2), (3,), (2, 3), (2,), (1, 2), (1,)],
    "residual_block": [(1, 2), *BLOCK],
    "projected_block": [(1, 2), (3, 2), (3,), (3, 3), (3,), (3, 2)],
    "residual_network": [(1, 2), *BLOCK, *BLOCK, *BLOCK],
    "dag": [(1, 1), (1, 1), (1,), (1, 1)],
}
"""Networks of so few neurons that each number of them has room, for one example."""

BOTH_SIDES = [-2.0, 2.0]
"""What an activation gets: a number where it is switched off, and one where it passes."""

ACTIVATIONS = frozenset(
    each.name
    for each in (
        *activation.OF_THE_PERCEPTRON,
        *activation.WITH_THE_SAME_PROBLEM,
        *activation.AGAINST_VANISHING,
    )
)


def example(concept: Concept) -> Sample:
    """The input that `concept` is drawn with, in float64.

    >>> from gradtwin.concepts import find
    >>> [array.tolist() for array in example(find("linear_regression")).arrays]
    [3.0, 9.0, 2.0, 1.0]
    """
    if any(corner.label == "example" for corner in concept.operation.corners):
        return next(s for s in concept.operation.corner_samples() if s.label == "example")
    sample = next(concept.operation.samples())
    if concept.name in LECTURE:
        return replace(sample, arrays=tuple(map(np.array, LECTURE[concept.name])))
    if concept.name in SMALL:
        rng = np.random.default_rng(zlib.crc32(concept.name.encode()))
        X, *weights = SMALL[concept.name]
        drawn = [rng.uniform(0.5, 2.0, X), *(rng.choice(WEIGHTS, shape) for shape in weights)]
        return replace(sample, arrays=tuple(np.round(array, 1) for array in drawn))
    if concept.name in ACTIVATIONS and [array.ndim for array in sample.arrays] == [0]:
        return replace(sample, arrays=(np.array(BOTH_SIDES),))
    return sample


def argument_names(concept: Concept, sample: Sample) -> list[str]:
    """A name for each of its arrays; x1, x2, ... where the operation takes any number of them."""
    count = len(sample.arrays)
    names = concept.argument_names(count - len(sample.keywords))
    if names is None or "tensors[0]" in names:  # shorter in a picture
        return [f"x{i + 1}" for i in range(count)]
    return [*names, *sample.keywords]


TO_THE_INPUT = frozenset(("residual_block", "projected_block", "residual_network", "new_block"))
"""Where the gradient that reaches the input is what the lecture speaks of."""


def is_parameter(name: str) -> bool:
    """Whether the lecture would learn it: weights and biases are violet, the rest is yellow.

    >>> [is_parameter(name) for name in ("weight1", "w", "b2", "X", "y_hat", "other")]
    [True, True, True, False, False, False]
    """
    letter, number = name[:1], name[1:]
    return name.startswith(("weight", "bias", "parameters")) or (
        letter in ("w", "b", "a") and (not number or number.isdigit())
    )
