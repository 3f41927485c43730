"""scratch, through its ordinary API: the same lines as PyTorch's, nothing prepared for speed."""

from __future__ import annotations

from typing import Any

import scratch
import scratch.functional as F
from benchmarks.step import Step
from benchmarks.workloads import Array, Workload, pairs


def xor(parameters: list[Any], X: Any, y: Any) -> Any:
    W1, b1, W2, b2 = parameters

    def loss() -> Any:
        h = F.sigmoid(F.linear(X, W1, b1))
        return F.binary_cross_entropy_with_logits(F.linear(h, W2, b2), y)

    return loss


def layers(parameters: list[Any], X: Any, y: Any) -> Any:
    *hidden, (W_out, b_out) = pairs(parameters)

    def loss() -> Any:
        h = X
        for W, b in hidden:
            h = F.relu(F.linear(h, W, b))
        return F.cross_entropy(F.linear(h, W_out, b_out), y)

    return loss


def residual(parameters: list[Any], X: Any, y: Any) -> Any:
    *blocks, (W_out, b_out) = pairs(parameters)

    def loss() -> Any:
        h = X
        for W, b in blocks:
            h = h + F.relu(F.linear(h, W, b))
        return F.cross_entropy(F.linear(h, W_out, b_out), y)

    return loss


def dag(parameters: list[Any], X: Any, y: Any) -> Any:
    w1, w2 = parameters

    def loss() -> Any:
        z1 = F.linear(X, w1)
        z2 = F.linear(z1 + X, w2)
        return F.mse_loss(F.linear(F.sigmoid(z1 + z2), w1), y)

    return loss


NETWORKS = {"xor": xor, "layers": layers, "residual": residual, "dag": dag}


def prepare(workload: Workload) -> Step:
    parameters = [scratch.tensor(p, requires_grad=True) for p in workload.parameters]
    X, y = scratch.tensor(workload.X), scratch.tensor(workload.y)
    loss_of = NETWORKS[workload.network](parameters, X, y)

    def run() -> Any:
        for p in parameters:
            p.grad = None
        loss = loss_of()
        loss.backward()
        return loss

    def read(loss: Any) -> tuple[float, list[Array]]:
        return loss.item(), [p.grad for p in parameters]

    return Step(run, read, parameters)
