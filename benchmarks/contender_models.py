"""The models of both wings, as a user builds them: classes with the workload's weights loaded."""

from __future__ import annotations

from typing import Any

import torch

import scratch
import scratch.functional
import torch_ref
import torch_ref.functional
from benchmarks.step import Step
from benchmarks.workloads import Array, Workload


def build(wing: Any, workload: Workload) -> Any:
    """The model of this workload in `scratch` or `torch_ref`."""
    parameters, dtype = workload.parameters, workload.X.dtype.name
    if workload.network == "dag":
        return wing.SharedWeightDAG(*parameters, activation="sigmoid")
    if workload.network == "preactivation":
        width, blocks = workload.X.shape[1], len(parameters) // 4  # two layers a block
        classes = len(parameters[-1])
        net = wing.ResidualNetwork(width, blocks, out_features=classes, dtype=dtype)
    else:
        sizes = [workload.X.shape[1], *(len(bias) for bias in parameters[1::2])]
        activation = "sigmoid" if workload.network == "xor" else "relu"
        net = wing.FullyConnected(sizes, activation, dtype=dtype)
    net.load_state_dict({name: p for (name, _), p in zip(net.named_parameters(), parameters)})
    return net


def loss_function(functional: Any, workload: Workload) -> Any:
    if workload.network == "dag":
        return functional.mse_loss
    if workload.network == "xor":
        return functional.binary_cross_entropy_with_logits
    return functional.cross_entropy


def prepare_scratch(workload: Workload, optimizer: Any = None) -> Step:
    net = build(scratch, workload)
    X, y = scratch.tensor(workload.X), scratch.tensor(workload.y)
    loss_of = loss_function(scratch.functional, workload)
    return _step(net, X, y, loss_of, optimizer, lambda p: p.grad)


def prepare_torch(workload: Workload, optimizer: Any = None) -> Step:
    net = build(torch_ref, workload)
    X, y = torch.tensor(workload.X), torch.tensor(workload.y)
    loss_of = loss_function(torch.nn.functional, workload)
    return _step(net, X, y, loss_of, optimizer, lambda p: p.grad.numpy())


def _step(net: Any, X: Any, y: Any, loss_of: Any, optimizer: Any, array_of: Any) -> Step:
    """One training step; with an optimizer (made from the parameters) it moves them too."""
    parameters = list(net.parameters())

    def gradients() -> Any:
        for p in parameters:
            p.grad = None
        loss = loss_of(net(X), y)
        loss.backward()
        return loss

    descent: Any = optimizer(parameters) if optimizer else None

    def moved() -> Any:
        descent.zero_grad()
        loss = loss_of(net(X), y)
        loss.backward()
        descent.step()
        return loss

    def read(loss: Any) -> tuple[float, list[Array]]:
        return loss.item(), [array_of(p) for p in parameters]

    return Step(moved if optimizer else gradients, read, parameters)
