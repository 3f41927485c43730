"""Concepts that are activation functions, under the headings where the lecture has them."""

from __future__ import annotations

from typing import Any

from .concept import Concept, operation
from .figure import Figure
from .wing import Wing

ACTIVATION = "El perceptrón: Función de activación"
LEAKY = "Función de activación LeakyReLU"
SAME_PROBLEM = "Otras funciones de activación con el mismo problema"
OTHERS = "Otras funciones de activación"
SOFTMAX = "Otras funciones de activación importantes: Softmax"
LOGITS = [5.0, 6.0, 11.0, 7.0]
"""The outputs of a network that the lecture turns into probabilities."""


def _at(name: str, x: float) -> Any:
    """The activation at x, computed by a wing."""
    return lambda wing: getattr(wing.F, name)(wing.tensor(x))


def _slope(name: str, x: float) -> Any:
    """The derivative of the activation at x, computed by a wing."""

    def slope(wing: Wing) -> Any:
        input = wing.tensor(x, requires_grad=True)
        getattr(wing.F, name)(input).backward()
        return input.grad

    return slope


def _softmax(entry: int) -> Any:
    """One entry of the lecture's softmax."""
    return lambda wing: wing.F.softmax(wing.tensor(LOGITS), dim=0)[entry]


OF_THE_PERCEPTRON: list[Concept] = [
    operation("step", "Función escalón", "Step", section=ACTIVATION),
    operation(
        "sigmoid", "Sigmoide", "Sigmoid", section=ACTIVATION,
        figures=[
            Figure("g(2.84)", "0.94", _at("sigmoid", 2.84)),
            Figure("g'(0), its largest", "0.25", _slope("sigmoid", 0.0)),
        ],
    ),
    operation(
        "relu", "ReLU", section=ACTIVATION,
        figures=[
            Figure("f'(2)", "1", _slope("relu", 2.0)),
            Figure("f'(0)", "0", _slope("relu", 0.0)),
            Figure("f'(-2)", "0", _slope("relu", -2.0)),
        ],
    ),
]  # fmt: skip

WITH_THE_SAME_PROBLEM: list[Concept] = [
    operation("tanh", "Tangente hiperbólica", "Tanh", section=SAME_PROBLEM),
    operation("logsigmoid", "Logaritmo de la sigmoide", "Logsigmoid", section=SAME_PROBLEM),
    operation("softsign", "Softsign", section=SAME_PROBLEM),
]  # fmt: skip

AGAINST_VANISHING: list[Concept] = [
    operation(
        "leaky_relu", "Leaky ReLU", section=LEAKY,
        figures=[
            Figure("f'(2)", "1", _slope("leaky_relu", 2.0)),
            Figure("f'(-2)", "0.01", _slope("leaky_relu", -2.0)),
            Figure("f(-2)", "max(0, 0.01 x, x) = 0", _at("leaky_relu", -2.0), erratum="-0.02"),
        ],
    ),
    operation("prelu", "PReLU", section=OTHERS),
    operation("relu6", "ReLU6", section=OTHERS),
    operation("elu", "ELU", section=OTHERS),
    operation("selu", "SELU", section=OTHERS),
    operation("celu", "CELU", section=OTHERS),
    operation("gelu", "GELU", section=OTHERS),
    operation("silu", "SiLU", section=OTHERS),
    operation("mish", "Mish", section=OTHERS),
    operation("softplus", "Softplus", section=OTHERS),
    operation("maxout", "Maxout", section=OTHERS),
    operation("glu", "GLU", section=OTHERS),
    operation("hardtanh", "Hardtanh", section=OTHERS),
    operation("hardsigmoid", "Hardsigmoid", section=OTHERS),
    operation("hardswish", "Hardswish", section=OTHERS),
    operation("hardshrink", "Hardshrink", section=OTHERS),
    operation("softshrink", "Softshrink", section=OTHERS),
    operation("tanhshrink", "Tanhshrink", section=OTHERS),
    operation("threshold", "Umbral", "Threshold", section=OTHERS),
]  # fmt: skip

OVER_CLASSES: list[Concept] = [
    operation(
        "softmax", "Softmax", section=SOFTMAX,
        figures=[
            Figure("p_0", ".00", _softmax(0)),
            Figure("p_1", ".01", _softmax(1)),
            Figure("p_2", ".97", _softmax(2)),
            Figure("p_3", ".01", _softmax(3), erratum=".02"),  # it is .0178
        ],
    ),
    operation("log_softmax", "Logaritmo de softmax", "Log-softmax", section=SOFTMAX),
    operation("softmin", "Softmin", section=SOFTMAX),
    operation(
        "cross_entropy", "Entropía cruzada con softmax", "Softmax with cross entropy",
        section=SOFTMAX, name="softmax_cross_entropy",
    ),
    operation("nll_loss", "Verosimilitud negativa", "Negative log-likelihood", section=SOFTMAX),
]  # fmt: skip
