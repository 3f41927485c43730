"""Concepts of «Desvanecimiento del gradiente y sus soluciones», and of gradients that explode.

The other activation functions of that part are in `activation.py`, the residual networks in
`residual.py`.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from ..samples.operation import Case, case
from ..samples.values import constant, integers, real
from .concept import Tensor, concept
from .descent import drawn
from .draws import near_1, network
from .figure import Figure
from .wing import Wing, dtype_of

DEPTH, WIDTH = 8, 4
SEED = integers("", 0, 1000)


def _deep(*activations: str) -> list[Case]:
    """Examples and a seed, for a deep network with each of these activations."""
    X = constant(near_1(f"n+ {WIDTH}"))
    return [case(X, SEED, activation=activation) for activation in activations]


def _norms(wing: Wing, X: Tensor, seed: Tensor, activation: str, std: float) -> Any:
    """The norm of dL/dW of each layer from the first to the last, in a network from this seed."""
    with wing.enable_grad():
        network = wing.FullyConnected(
            [WIDTH] * (DEPTH + 1),
            activation,
            initializer=partial(wing.initializers.normal, std=std),
            seed=int(seed.item()),
            dtype=dtype_of(X),
        )
        (network(X) ** 2).mean().backward()
    gradients = [np.asarray(layer.weight.grad) for layer in network.layers]
    return np.array([np.linalg.norm(g) for g in gradients])


@concept(
    *_deep("sigmoid", "tanh", "relu", "leaky_relu"),
    es="Desvanecimiento del gradiente",
    en="Vanishing gradient",
    section="Desvanecimiento del gradiente",
    formula="|dL/dW^(k)| by layer k, with w ~ N(0, 0.25): smaller and smaller towards the first",
    differentiable=False,
)
def vanishing_gradient(wing: Wing, X: Tensor, seed: Tensor, activation: str) -> Any:
    return _norms(wing, X, seed, activation, std=0.5)


CAUSES = "Causas del desvanecimiento del gradiente"


@concept(
    case(SEED, gain=1.0),
    case(SEED, gain=5 / 3),
    es="Inicialización de Xavier",
    en="Xavier initialization",
    section=CAUSES,
    formula="Var(w) = 2 gain^2 / (fan_in + fan_out), normal and uniform",
    differentiable=False,
)
def xavier_initialization(wing: Wing, seed: Tensor, gain: float) -> tuple[Tensor, ...]:
    return drawn(wing, seed, "xavier_normal", "xavier_uniform", gain=gain)


@concept(
    case(SEED, mode="fan_in"),
    case(SEED, mode="fan_out", nonlinearity="relu"),
    es="Inicialización de Kaiming",
    en="Kaiming initialization",
    section=CAUSES,
    formula="Var(w) = gain^2 / fan, gain^2 = 2 for the ReLU, normal and uniform",
    differentiable=False,
)
def kaiming_initialization(wing: Wing, seed: Tensor, **options: Any) -> tuple[Tensor, ...]:
    return drawn(wing, seed, "kaiming_normal", "kaiming_uniform", **options)


EXAMPLE = "Desvanecimiento del gradiente: ejemplo"


def _all_zero(layer: int) -> Callable[[Wing], Any]:
    """dL/dw of one layer of the lecture's network at x = y = 1, with all weights 0."""
    example = (1.0, 1.0, 0.0, 0.0, 0.0)
    return lambda wing: wing.gradients(three_sigmoids.operation.call, *example)[1 + layer]


@concept(
    network("", "", "", "", ""),
    es="Tres sigmoides seguidas",
    en="Three sigmoids in a row",
    section=EXAMPLE,
    formula="dL/dw_1 = dL/dy_hat s'(z_3) w_3 s'(z_2) w_2 s'(z_1) x_1",
    figures=(
        Figure(
            "dz_1/dw_1 where w_1 = 0.5, x_1 = 2",
            "w_1",
            lambda wing: wing.gradients(lambda _, w, x: w * x, 0.5, 2.0)[0],
            erratum="2",
        ),
        Figure("dL/dw_1, all weights 0", "0", _all_zero(1)),
        Figure("dL/dw_3, all weights 0", "0", _all_zero(3), erratum="-0.125"),
    ),
    example=(1.0, 1.0, 0.5, -0.5, 0.5),
    paper="three_sigmoids",
)
def three_sigmoids(
    wing: Wing, x: Tensor, y: Tensor, w1: Tensor, w2: Tensor, w3: Tensor
) -> Tensor:
    z1 = w1 * x
    h1 = wing.F.sigmoid(z1)
    z2 = w2 * h1
    h2 = wing.F.sigmoid(z2)
    z3 = w3 * h2
    y_hat = wing.F.sigmoid(z3)
    L = (y_hat - y) ** 2
    wing.named(z1=z1, h1=h1, z2=z2, h2=h2, z3=z3, y_hat=y_hat, L=L)
    return L


def _slope(wing: Wing, z: Tensor) -> Any:
    z = wing.leaf(z)
    with wing.enable_grad():
        wing.F.sigmoid(z).sum().backward()
    return z.grad


@concept(
    case(constant(real("..."))),
    es="Derivada de la sigmoide",
    en="Derivative of the sigmoid",
    section=EXAMPLE,
    formula="s'(z) = s(z) (1 - s(z)), at most 0.25",
    figures=(
        Figure("the largest", "0.25", lambda w: _slope(w, w.tensor(np.linspace(-9, 9, 181))).max()),
    ),
    differentiable=False,
)
def sigmoid_derivative(wing: Wing, z: Tensor) -> Any:
    return _slope(wing, z)


# ---- dead neurons ---------------------------------------------------------------------------


@concept(
    network("n+ m+", "h m+", "h"),
    es="Neuronas muertas",
    en="Dead neurons",
    section="Función de activación ReLU",
    formula="relu'(z) = 0 where z < 0: a neuron with z < 0 on all examples learns nothing",
    figures=(
        Figure("relu'(-2)", "0", lambda w: w.gradients(lambda _, z: w.F.relu(z), -2.0)[0]),
        Figure("relu'(2)", "1", lambda w: w.gradients(lambda _, z: w.F.relu(z), 2.0)[0]),
        Figure("relu(2)", "1", lambda w: w.F.relu(w.tensor(2.0)), erratum="2"),
    ),
)
def dead_relu(wing: Wing, X: Tensor, weight: Tensor, bias: Tensor) -> tuple[Any, ...]:
    h = wing.F.relu(wing.F.linear(X, weight, bias))
    dead = (h.detach().numpy() == 0).all(axis=0)
    return h, float(dead.sum())


# ---- gradients that explode -----------------------------------------------------------------

EXPLODING = "El problema del Exploding Gradient"


@concept(
    *_deep("relu", "leaky_relu"),
    es="Explosión del gradiente",
    en="Exploding gradient",
    section=EXPLODING,
    formula="|dL/dW^(k)| by layer k, with w ~ N(0, 4): each layer multiplies what comes through",
    differentiable=False,
)
def exploding_gradient(wing: Wing, X: Tensor, seed: Tensor, activation: str) -> Any:
    return _norms(wing, X, seed, activation, std=2.0)


def _clipped(
    wing: Wing, clip: Callable[[list[Tensor]], Any], *gradients: Tensor
) -> tuple[Any, ...]:
    """What `clip` returns, and these gradients after it, each as that of a parameter."""
    with wing.enable_grad():
        parameters = [wing.leaf(g) for g in gradients]
        for parameter, g in zip(parameters, gradients):
            (parameter * g).sum().backward()
    returned = clip(parameters)
    return returned, *(parameter.grad for parameter in parameters)


TWO_GRADIENTS = [constant(real("m+ n+")), constant(real("k+"))]


@concept(
    case(*TWO_GRADIENTS, max_norm=1.0),
    case(*TWO_GRADIENTS, max_norm=3.0, norm_type=1.0),
    case(*TWO_GRADIENTS, max_norm=0.5, norm_type=np.inf),
    case(*TWO_GRADIENTS, max_norm=1000.0, label="short enough as it is"),
    es="Recorte del gradiente por norma",
    en="Clipping by norm",
    section=EXPLODING,
    formula="g = g min(1, max_norm / N), N the norm of all gradients as one vector",
    differentiable=False,
)
def clip_grad_norm(wing: Wing, g1: Tensor, g2: Tensor, **options: Any) -> tuple[Any, ...]:
    return _clipped(wing, partial(wing.clipping.clip_grad_norm_, **options), g1, g2)


@concept(
    case(*TWO_GRADIENTS, clip_value=1.0),
    es="Recorte del gradiente por valor",
    en="Clipping by value",
    section=EXPLODING,
    formula="g = min(max(g, -clip_value), clip_value), entry by entry",
    differentiable=False,
)
def clip_grad_value(wing: Wing, g1: Tensor, g2: Tensor, clip_value: float) -> tuple[Any, ...]:
    clip = partial(wing.clipping.clip_grad_value_, clip_value=clip_value)
    return _clipped(wing, clip, g1, g2)[1:]


# ---- what shows all of it -------------------------------------------------------------------


@concept(
    *_deep("relu", "sigmoid"),
    es="Monitorización",
    en="Monitoring",
    section="Como detectar y monitorizar estos problemas",
    formula="mean, deviation, norm and share of zeros of weights, gradients, activations by layer",
    differentiable=False,
)
def monitoring(wing: Wing, X: Tensor, seed: Tensor, activation: str) -> tuple[Any, ...]:
    sizes, seed_, dtype = [WIDTH, 6, 5, 1], int(seed.item()), dtype_of(X)
    network = wing.FullyConnected(sizes, activation, seed=seed_, dtype=dtype)
    with wing.enable_grad(), wing.Monitor(network, warn=False) as monitor:
        (network(X) ** 2).mean().backward()
        record = monitor.record(epoch=0)
    kinds = (record.weights, record.gradients, record.activations)
    statistics = [
        # computed from numbers of this dtype, so no more exact than it
        np.array([(s.mean, s.std, s.norm, s.zeros) for s in kind.values()], dtype)
        for kind in kinds
    ]
    return *statistics, np.array(list(record.dead.values()), dtype)
