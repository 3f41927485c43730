"""The step fused by hand in numpy: no graph, no general case. The goals are set against this one.

Its tricks, all of them: `a.dot(b)` for `a @ b`; constants as 0-d arrays of the right dtype; sums by
`np.add.reduce`; arithmetic in place on its own temporaries; the gradient of a loss joined with that
of its activation (softmax or sigmoid minus target). `contender_columns.py` goes further.

Prepared outside the step: only constants. Each step returns fresh gradients, as `backward()` does.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy import add, divide, exp, log, maximum, negative

from benchmarks.step import Step
from benchmarks.workloads import Array, Workload, pairs

Fused = Callable[[], tuple[Any, list[Array]]]


def xor(parameters: tuple[Array, ...], X: Array, y: Array) -> Fused:
    W1, b1, W2, b2 = parameters
    one, mean = constant(1, X), constant(1 / len(X), X)

    def step() -> tuple[Any, list[Array]]:
        h = X.dot(W1.T)
        h += b1
        sigmoid(h, one)
        z = h.dot(W2.T)
        z += b2
        d = exp(-z)
        d += one  # 1 + exp(-z): the sigmoid is 1/d, and the loss log(d) + z - y z
        g = one / d
        log(d, d)
        d += z
        d -= y * z
        loss = add.reduce(d, None) * mean

        g -= y
        g *= mean
        dW2, db2 = g.T.dot(h), add.reduce(g, 0)
        g = g.dot(W2)
        g *= h
        g *= one - h
        return loss, [g.T.dot(X), add.reduce(g, 0), dW2, db2]

    return step


def layers(parameters: tuple[Array, ...], X: Array, y: Array) -> Fused:
    *hidden, (W_out, b_out) = pairs(parameters)
    zero, head = constant(0, X), softmax_head(W_out, b_out, len(X))

    def step() -> tuple[Any, list[Array]]:
        h = X
        inputs = [h]
        for W, b in hidden:
            h = h.dot(W.T)
            h += b
            maximum(h, zero, out=h)
            inputs.append(h)
        loss, g, gradients = head(h, y)
        for k in range(len(hidden) - 1, -1, -1):
            g *= inputs[k + 1] > zero
            gradients += add.reduce(g, 0), g.T.dot(inputs[k])
            if k:
                g = g.dot(hidden[k][0])
        gradients.reverse()
        return loss, gradients

    return step


def residual(parameters: tuple[Array, ...], X: Array, y: Array) -> Fused:
    *blocks, (W_out, b_out) = pairs(parameters)
    zero, head = constant(0, X), softmax_head(W_out, b_out, len(X))

    def step() -> tuple[Any, list[Array]]:
        h = X
        tape = []
        for W, b in blocks:
            z = h.dot(W.T)
            z += b
            maximum(z, zero, out=z)
            tape.append((W, h, z))
            h = h + z
        loss, g, gradients = head(h, y)
        # The first block's g needs no product: leaving it out would cost a test a block.
        for W, h, r in reversed(tape):
            g_z = g * (r > zero)
            gradients += add.reduce(g_z, 0), g_z.T.dot(h)
            g += g_z.dot(W)
        gradients.reverse()
        return loss, gradients

    return step


def preactivation(parameters: tuple[Array, ...], X: Array, y: Array) -> Fused:
    *layers, (W_out, b_out) = pairs(parameters)
    blocks = list(zip(layers[::2], layers[1::2]))
    zero, scale = constant(0, X), constant(1 / np.sqrt(len(blocks)), X)
    head = softmax_head(W_out, b_out, len(X))

    def step() -> tuple[Any, list[Array]]:
        h = X
        tape = []
        for (W1, b1), (W2, b2) in blocks:
            first = maximum(h, zero)
            z = first.dot(W1.T)
            z += b1
            maximum(z, zero, out=z)
            branch = z.dot(W2.T)
            branch += b2
            branch *= scale
            tape.append((W1, W2, first, z))
            h = h + branch
        last = maximum(h, zero)
        loss, g, gradients = head(last, y)
        g *= last > zero
        for W1, W2, first, second in reversed(tape):
            g_branch = g * scale
            gradients += add.reduce(g_branch, 0), g_branch.T.dot(second)
            g_z = g_branch.dot(W2)
            g_z *= second > zero
            gradients += add.reduce(g_z, 0), g_z.T.dot(first)
            g_first = g_z.dot(W1)
            g_first *= first > zero
            g += g_first
        gradients.reverse()
        return loss, gradients

    return step


def dag(parameters: tuple[Array, ...], X: Array, y: Array) -> Fused:
    w1, w2 = parameters
    one, mean, two_mean = (constant(v, X) for v in (1, 1 / y.size, 2 / y.size))

    def step() -> tuple[Any, list[Array]]:
        z1 = X.dot(w1.T)
        s = z1 + X
        z1 += s.dot(w2.T)
        h = sigmoid(z1, one)
        g = h.dot(w1.T)
        g -= y
        loss = add.reduce(g * g, None) * mean

        g *= two_mean
        dw1 = g.T.dot(h)
        g = g.dot(w1)
        g *= h
        g *= one - h
        dw2 = g.T.dot(s)
        g += g.dot(w2)
        dw1 += g.T.dot(X)
        return loss, [dw1, dw2]

    return step


def sigmoid(z: Array, one: Array) -> Array:
    """1 / (1 + exp(-z)), in place. It overflows where scratch's does not: fast, not safe."""
    negative(z, z)
    exp(z, z)
    z += one
    divide(one, z, z)
    return z


def softmax_head(W: Array, b: Array, n: int) -> Callable[..., tuple[Any, Array, list[Array]]]:
    """The last layer and its cross entropy, forward and backward; logits are (n, classes)."""
    rows = np.arange(n)
    one, mean = constant(1, W), constant(1 / n, W)

    def head(h: Array, y: Array) -> tuple[Any, Array, list[Array]]:
        z = h.dot(W.T)
        z += b
        z -= maximum.reduce(z, 1, keepdims=True)
        true = z[rows, y]
        p = exp(z, z)
        sums = add.reduce(p, 1, keepdims=True)
        loss = add.reduce(log(sums[:, 0]) - true) * mean

        p /= sums
        p[rows, y] -= one
        p *= mean  # (softmax - one-hot) / n
        return loss, p.dot(W), [add.reduce(p, 0), p.T.dot(h)]

    return head


def constant(value: float, like: Array) -> Array:
    return np.array(value, like.dtype)


NETWORKS = {
    "xor": xor,
    "layers": layers,
    "residual": residual,
    "preactivation": preactivation,
    "dag": dag,
}


def prepare(workload: Workload) -> Step:
    run = NETWORKS[workload.network](workload.parameters, workload.X, workload.y)
    return Step(run, lambda result: (float(np.squeeze(result[0])), result[1]))
