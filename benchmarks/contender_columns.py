"""The step fused by hand with every trick that was found; logits stand a class a row.

Prepared outside the step: only what follows from shapes and dtypes (zeros, ones, constants), never
what depends on the data. Each step returns fresh gradients, as `backward()` does.

Tricks, all of them:
- `a.dot(b)` is `a @ b` with half the cost of the call.
- A constant is a 0-d array of the right dtype: a Python number is converted at every call.
- `ones.dot(g)` is `g.sum(0)` as one BLAS call, and the sum of a loss over its examples too.
- `maximum(z, zeros)` with an array of zeros runs vectorised where `maximum(z, 0)` does not.
- `(h > zero).astype(dtype)` then `*=`: multiplying by booleans would convert them piece by piece.
- Arithmetic on the step's own temporaries is in place: no new array.
- The gradient of a loss joins that of its activation: softmax or sigmoid minus target.
- numpy's functions are imported by name: `np.exp` would be looked up in the module at every call.
- Logits of a softmax are kept a class a row, (classes, n): sums and maxima over the classes then
  run along contiguous rows, and so does everything that a row is combined with.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy import divide, exp, log, maximum

from benchmarks.contender_fused import Fused, constant, sigmoid
from benchmarks.step import Step
from benchmarks.workloads import Array, Workload, pairs


def xor(parameters: tuple[Array, ...], X: Array, y: Array) -> Fused:
    W1, b1, W2, b2 = parameters
    W1_T, W2_T = W1.T, W2.T
    one, mean, ones = constant(1, X), constant(1 / len(X), X), np.ones(len(X), X.dtype)

    def step() -> tuple[Any, list[Array]]:
        h = X.dot(W1_T)
        h += b1
        h = sigmoid(h, one)
        z = h.dot(W2_T)
        z += b2
        d = exp(-z)
        d += one  # 1 + exp(-z): the sigmoid is 1/d, and the loss log(d) + z - y z
        g = one / d
        log(d, d)
        d += z
        d -= y * z
        loss = ones.dot(d) * mean

        g -= y
        g *= mean
        dW2, db2 = g.T.dot(h), ones.dot(g)
        g = g.dot(W2)
        g *= h
        g *= one - h
        return loss, [g.T.dot(X), ones.dot(g), dW2, db2]

    return step


def layers(parameters: tuple[Array, ...], X: Array, y: Array) -> Fused:
    *hidden, (W_out, b_out) = pairs(parameters)
    n, dtype = len(X), X.dtype
    zero, ones = constant(0, X), np.ones(n, dtype)
    zeros = [np.zeros((n, len(b)), dtype) for _, b in hidden]
    forward = [(W.T, b, z) for (W, b), z in zip(hidden, zeros)]
    backward = [W for W, _ in hidden[1:]]
    head = _softmax_head(W_out, b_out, n)

    def step() -> tuple[Any, list[Array]]:
        h = X
        inputs = [h]
        for W_T, b, z0 in forward:
            h = h.dot(W_T)
            h += b
            maximum(h, z0, out=h)
            inputs.append(h)
        loss, g, gradients = head(h, y)
        for k in range(len(backward), -1, -1):
            g *= (inputs[k + 1] > zero).astype(dtype)
            gradients += ones.dot(g), g.T.dot(inputs[k])
            if k:
                g = g.dot(backward[k - 1])
        gradients.reverse()
        return loss, gradients

    return step


def residual(parameters: tuple[Array, ...], X: Array, y: Array) -> Fused:
    *blocks, (W_out, b_out) = pairs(parameters)
    n, dtype = len(X), X.dtype
    zero, zeros, ones = constant(0, X), np.zeros_like(X), np.ones(n, dtype)
    forward = [(W.T, b) for W, b in blocks]
    weights = [W for W, _ in blocks]
    head = _softmax_head(W_out, b_out, n)

    def step() -> tuple[Any, list[Array]]:
        h = X
        tape = []
        for W_T, b in forward:
            z = h.dot(W_T)
            z += b
            maximum(z, zeros, out=z)
            tape.append((h, z))
            h = h + z
        loss, g, gradients = head(h, y)
        # The first block's g needs no product: leaving it out would cost a test a block.
        for W, (h, r) in zip(reversed(weights), reversed(tape)):
            g_z = (r > zero).astype(dtype)
            g_z *= g
            gradients += ones.dot(g_z), g_z.T.dot(h)
            g += g_z.dot(W)
        gradients.reverse()
        return loss, gradients

    return step


def dag(parameters: tuple[Array, ...], X: Array, y: Array) -> Fused:
    w1, w2 = parameters
    w1_T, w2_T = w1.T, w2.T
    one, mean, two_mean = (constant(v, X) for v in (1, 1 / y.size, 2 / y.size))

    def step() -> tuple[Any, list[Array]]:
        z1 = X.dot(w1_T)
        s = z1 + X
        z1 += s.dot(w2_T)
        h = sigmoid(z1, one)
        g = h.dot(w1_T)
        g -= y
        flat = g.ravel()
        loss = flat.dot(flat) * mean

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


def _softmax_head(W: Array, b: Array, n: int) -> Callable[..., tuple[Any, Array, list[Array]]]:
    """The last layer and its cross entropy, forward and backward; logits are (classes, n)."""
    b_column, columns, size = b[:, None], np.arange(n), np.array(n)
    ones, ones_classes = np.ones(n, W.dtype), np.ones(len(W), W.dtype)
    mean = constant(1 / n, W)

    def head(h: Array, y: Array) -> tuple[Any, Array, list[Array]]:
        z = W.dot(h.T)
        z += b_column
        z -= maximum.reduce(z, 0)
        at = y * size
        at += columns  # where each example's true class stands in z, flattened
        true = z.ravel()[at]
        p = exp(z, z)
        sums = ones_classes.dot(p)
        loss = ones.dot(log(sums) - true) * mean

        divide(mean, sums, sums)
        p *= sums
        p.ravel()[at] -= mean  # (softmax - one-hot) / n
        return loss, p.T.dot(W), [p.dot(ones), p.dot(h)]

    return head


NETWORKS = {"xor": xor, "layers": layers, "residual": residual, "dag": dag}


def prepare(workload: Workload) -> Step:
    run = NETWORKS[workload.network](workload.parameters, workload.X, workload.y)
    return Step(run, lambda result: (float(np.squeeze(result[0])), result[1]))
