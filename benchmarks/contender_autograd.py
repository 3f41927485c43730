"""HIPS autograd: a plain function of numpy arrays, differentiated by `value_and_grad`.

Weights are (in, out), as its own examples have them.
"""

from __future__ import annotations

from typing import Any

import autograd.numpy as np
from autograd import value_and_grad
from autograd.tracer import getval

from benchmarks.step import Step
from benchmarks.workloads import Workload, pairs


def xor(parameters: Any, X: Any, y: Any) -> Any:
    W1, b1, W2, b2 = parameters
    h = 1 / (1 + np.exp(-(np.dot(X, W1) + b1)))
    z = np.dot(h, W2) + b2
    return np.mean(np.logaddexp(0, z) - y * z)  # binary cross entropy from the logits


def layers(parameters: Any, X: Any, y: Any) -> Any:
    *hidden, (W_out, b_out) = pairs(list(parameters))
    h = X
    for W, b in hidden:
        h = np.maximum(np.dot(h, W) + b, 0)
    return cross_entropy(np.dot(h, W_out) + b_out, y)


def residual(parameters: Any, X: Any, y: Any) -> Any:
    *blocks, (W_out, b_out) = pairs(list(parameters))
    h = X
    for W, b in blocks:
        h = h + np.maximum(np.dot(h, W) + b, 0)
    return cross_entropy(np.dot(h, W_out) + b_out, y)


def dag(parameters: Any, X: Any, y: Any) -> Any:
    w1, w2 = parameters
    z1 = np.dot(X, w1)
    z2 = np.dot(z1 + X, w2)
    return np.mean((np.dot(1 / (1 + np.exp(-(z1 + z2))), w1) - y) ** 2)


def cross_entropy(z: Any, y: Any) -> Any:
    z = z - getval(z).max(1, keepdims=True)  # a constant: shifting z leaves the loss as it is
    log_sums = np.log(np.sum(np.exp(z), 1))
    return np.mean(log_sums - z[np.arange(len(y)), y])


NETWORKS = {"xor": xor, "layers": layers, "residual": residual, "dag": dag}


def prepare(workload: Workload) -> Step:
    parameters = [p.T.copy() for p in workload.parameters]  # (out, in) -> (in, out)
    step = value_and_grad(NETWORKS[workload.network])

    def run() -> Any:
        return step(parameters, workload.X, workload.y)

    return Step(run, lambda result: (float(result[0]), [g.T for g in result[1]]))
