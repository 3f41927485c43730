"""Concepts of «Variaciones del descenso de gradiente»: one data set, three sizes of a step.

Each trains a neuron on the same examples; the two wings must agree in the loss of every step and in
the parameters at the end.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..samples.operation import case
from ..samples.values import between, constant
from .concept import Tensor, concept
from .draws import near_1
from .wing import Wing

# Training reads numbers and returns numbers: there is no gradient to hand back.
EXAMPLES = case(
    *map(constant, (near_1("n+ m+"), between("n+", 0.0, 1.0), near_1("m+"), near_1("")))
)


def _trained(
    mode: str, wing: Wing, X: Tensor, y: Tensor, weight: Tensor, bias: Tensor
) -> tuple[Any, ...]:
    neuron = wing.Perceptron(weight, bias, activation="sigmoid")
    run = {"lr": 0.5, "epochs": 4, "mode": mode, "batch_size": 2, "seed": 1, "progress": False}
    history = wing.fit(neuron, X, y, wing.F.mse_loss, **run)
    steps = np.array(history.steps, dtype=X.detach().numpy().dtype)
    return steps, neuron.weight.detach(), neuron.bias.detach()


@concept(
    EXAMPLES,
    es="Descenso de gradiente por lotes",
    en="Batch gradient descent",
    section="Descenso de gradiente por lotes",
    formula="w = w - lr mean(dL_i/dw) over all examples",
    differentiable=False,
)
def batch_descent(wing: Wing, *examples_and_parameters: Tensor) -> tuple[Any, ...]:
    return _trained("batch", wing, *examples_and_parameters)


@concept(
    EXAMPLES,
    es="Descenso de gradiente estocástico",
    en="Stochastic gradient descent",
    section="Descenso de gradiente estocástico",
    formula="w = w - lr dL_i/dw, one example after the other, shuffled",
    differentiable=False,
)
def stochastic_descent(wing: Wing, *examples_and_parameters: Tensor) -> tuple[Any, ...]:
    return _trained("stochastic", wing, *examples_and_parameters)


@concept(
    EXAMPLES,
    es="Descenso de gradiente por mini-lotes",
    en="Mini-batch gradient descent",
    section="Descenso de gradiente por mini-lotes",
    formula="w = w - lr mean(dL_i/dw) over batch_size examples",
    differentiable=False,
)
def mini_batch_descent(wing: Wing, *examples_and_parameters: Tensor) -> tuple[Any, ...]:
    return _trained("mini-batch", wing, *examples_and_parameters)
