"""MyGrad, as its documentation writes a network: weights (in, out), its own nnet functions.

Memory guarding is off, which its documentation recommends where speed counts.
"""

from __future__ import annotations

from typing import Any

import mygrad as mg
from mygrad.nnet.activations import relu, sigmoid
from mygrad.nnet.losses import softmax_crossentropy

from benchmarks.step import Step
from benchmarks.workloads import Workload, pairs

mg.turn_memory_guarding_off()


def xor(parameters: list[Any], X: Any, y: Any) -> Any:
    W1, b1, W2, b2 = parameters

    def loss() -> Any:
        z = sigmoid(X @ W1 + b1) @ W2 + b2
        return mg.mean(mg.logaddexp(0, z) - y * z)  # binary cross entropy from the logits

    return loss


def layers(parameters: list[Any], X: Any, y: Any) -> Any:
    *hidden, (W_out, b_out) = pairs(parameters)

    def loss() -> Any:
        h = X
        for W, b in hidden:
            h = relu(h @ W + b)
        return softmax_crossentropy(h @ W_out + b_out, y)

    return loss


def residual(parameters: list[Any], X: Any, y: Any) -> Any:
    *blocks, (W_out, b_out) = pairs(parameters)

    def loss() -> Any:
        h = X
        for W, b in blocks:
            h = h + relu(h @ W + b)
        return softmax_crossentropy(h @ W_out + b_out, y)

    return loss


def dag(parameters: list[Any], X: Any, y: Any) -> Any:
    w1, w2 = parameters

    def loss() -> Any:
        z1 = X @ w1
        z2 = (z1 + X) @ w2
        return mg.mean((sigmoid(z1 + z2) @ w1 - y) ** 2)

    return loss


NETWORKS = {"xor": xor, "layers": layers, "residual": residual, "dag": dag}


def prepare(workload: Workload) -> Step:
    # (out, in) -> (in, out)
    parameters: list[Any] = [mg.tensor(p.T.copy()) for p in workload.parameters]
    loss_of = NETWORKS[workload.network](parameters, workload.X, workload.y)

    def run() -> Any:
        loss = loss_of()
        loss.backward()  # the next step's first use of a parameter clears its gradient
        return loss

    return Step(run, lambda loss: (loss.item(), [p.grad.T for p in parameters]))
