"""The lecture's gradients on paper: the chain rule written out, with no graph at all.

Lecture: "Regla de la cadena", "Propagación hacia atrás", "Desvanecimiento del gradiente: ejemplo",
"Grafo computacional: Ejemplo", "Redes DAG: Pasada hacia atrás". A third witness beside the engine
and PyTorch: nothing here is recorded, every factor of every product stands in a line of its own.

Each network is a pair of functions, as one writes them in an exercise. `..._forward` returns the
loss (or the value) and what the way back will need; `..._backward` takes the upstream gradient g
and that, and returns a gradient for each argument of forward. d_z stands for dL/dz.

>>> loss, cache = linear_regression_forward(x=3.0, y=9.0, w=2.0, b=1.0)
>>> d_x, d_y, d_w, d_b = linear_regression_backward(1.0, cache)
>>> loss, d_w, d_b
(4.0, -12.0, -4.0)
"""

from __future__ import annotations

from typing import Any

import numpy as np

Cache = tuple[Any, ...]


def sigmoid(z: Any) -> Any:
    """1 / (1 + exp(-z)), as h / (h + 1/h) with h = exp(z/2): the same from both sides."""
    h = np.exp(z / 2)
    return h / (h + 1 / h)


def sigmoid_slope(z: Any) -> Any:
    """sigmoid'(z) = sigmoid(z) (1 - sigmoid(z)) = 1 / (h + 1/h)^2, at most 1/4."""
    h = np.exp(z / 2)
    return 1 / (h + 1 / h) ** 2


# ---- y = (6 x^2 + 2)^4, the example of the chain rule -----------------------------------------


def polynomial_forward(x: Any) -> tuple[Any, Cache]:
    """y = u^4 with u = 6 x^2 + 2; x of any shape."""
    u = 6 * x**2 + 2  # the inner function
    return u**4, (x, u)


def polynomial_backward(g: Any, cache: Cache) -> Any:
    """dy/dx = 4 u^3 * 12 x. The lecture prints 4 (6x^2+2)(12x): the exponent 3 is missing there.

    >>> y, cache = polynomial_forward(np.array(1.0))
    >>> float(polynomial_backward(1.0, cache))      # 4 * 8^3 * 12
    24576.0
    """
    x, u = cache
    dy_du = 4 * u**3  # the outer function's derivative, at u
    du_dx = 12 * x
    return g * dy_du * du_dx


# ---- x -> h1 -> y_hat, one neuron a layer -----------------------------------------------------


def one_neuron_forward(x: Any, y: Any, w1: Any, w2: Any) -> tuple[Any, Cache]:
    """h1 = sigmoid(w1 x), y_hat = sigmoid(w2 h1), L = (y_hat - y)^2; all of shape ()."""
    z1 = w1 * x
    h1 = sigmoid(z1)
    z2 = w2 * h1
    y_hat = sigmoid(z2)
    return (y_hat - y) ** 2, (x, y, w1, w2, z1, h1, z2, y_hat)


def one_neuron_backward(g: Any, cache: Cache) -> tuple[Any, ...]:
    """dL/dw2 = dL/dy_hat dy_hat/dw2;  dL/dw1 = dL/dy_hat dy_hat/dh1 dh1/dw1."""
    x, y, w1, w2, z1, h1, z2, y_hat = cache
    d_y_hat = g * 2 * (y_hat - y)
    d_z2 = d_y_hat * sigmoid_slope(z2)
    d_w2 = d_z2 * h1
    d_h1 = d_z2 * w2
    d_z1 = d_h1 * sigmoid_slope(z1)
    d_w1 = d_z1 * x
    d_x = d_z1 * w1
    return d_x, -d_y_hat, d_w1, d_w2


# ---- three sigmoids in a row, where the gradient vanishes -------------------------------------


def three_sigmoids_forward(x: Any, y: Any, w1: Any, w2: Any, w3: Any) -> tuple[Any, Cache]:
    """y_hat = sigmoid(w3 sigmoid(w2 sigmoid(w1 x))), L = (y_hat - y)^2; all of shape ()."""
    z1 = w1 * x
    h1 = sigmoid(z1)
    z2 = w2 * h1
    h2 = sigmoid(z2)
    z3 = w3 * h2
    y_hat = sigmoid(z3)
    return (y_hat - y) ** 2, (x, y, w1, w2, w3, z1, h1, z2, h2, z3, y_hat)


def three_sigmoids_backward(g: Any, cache: Cache) -> tuple[Any, ...]:
    """dL/dw1 = dL/dy_hat s'(z3) w3 s'(z2) w2 s'(z1) x: each layer brings a factor s' w.

    The last factor is x, since z1 = w1 x; the lecture prints w1 there. With |w| < 1 and s' <= 1/4
    every layer makes the gradient at least four times smaller.
    """
    x, y, w1, w2, w3, z1, h1, z2, h2, z3, y_hat = cache
    d_y_hat = g * 2 * (y_hat - y)
    d_z3 = d_y_hat * sigmoid_slope(z3)
    d_w3 = d_z3 * h2
    d_z2 = d_z3 * w3 * sigmoid_slope(z2)
    d_w2 = d_z2 * h1
    d_z1 = d_z2 * w2 * sigmoid_slope(z1)
    d_w1 = d_z1 * x
    d_x = d_z1 * w1
    return d_x, -d_y_hat, d_w1, d_w2, d_w3


# ---- any number of layers, a batch at once ----------------------------------------------------


def layers_forward(X: Any, y: Any, *parameters: Any) -> tuple[Any, Cache]:
    """h = sigmoid(h W.T + b) layer after layer, the last without sigmoid; L = mean((y_hat - y)^2).

    X: (n, in); y: (n, out); parameters: W (out, in) and b (out,) of each layer in turn.
    """
    layers = list(zip(parameters[0::2], parameters[1::2]))
    h, inputs, sums = X, [], []
    for W, b in layers:
        inputs.append(h)
        sums.append(h @ W.T + b)
        h = sigmoid(sums[-1])
    y_hat = sums[-1]
    return np.mean((y_hat - y) ** 2), (y, y_hat, layers, inputs, sums)


def layers_backward(g: Any, cache: Cache) -> tuple[Any, ...]:
    """delta of the last layer is dL/dy_hat; that of the one before is (delta W) * s'(z).

    dL/dW = delta.T h and dL/db = the sum of delta over the batch, with h the layer's input.
    """
    y, y_hat, layers, inputs, sums = cache
    delta = g * 2 * (y_hat - y) / y.size
    d_y = -delta
    gradients: list[Any] = []
    for k in reversed(range(len(layers))):
        W, _ = layers[k]
        gradients = [delta.T @ inputs[k], delta.sum(axis=0), *gradients]
        d_h = delta @ W
        delta = d_h * sigmoid_slope(sums[k - 1]) if k else d_h
    return delta, d_y, *gradients  # before the first layer no sigmoid stands: delta is dL/dX


# ---- linear regression with one weight --------------------------------------------------------


def linear_regression_forward(x: Any, y: Any, w: Any, b: Any) -> tuple[Any, Cache]:
    """z = w x, y_hat = z + b, e = y_hat - y, L = e^2; all of shape ()."""
    z = w * x
    y_hat = z + b
    e = y_hat - y
    return e**2, (x, w, e)


def linear_regression_backward(g: Any, cache: Cache) -> tuple[Any, ...]:
    """dL/dw = dL/de de/dy_hat dy_hat/dz dz/dw = 2 e * 1 * 1 * x;  dL/db = 2 e * 1 * 1."""
    x, w, e = cache
    d_e = g * 2 * e
    d_y_hat, d_y = d_e * 1, d_e * -1
    d_z, d_b = d_y_hat * 1, d_y_hat * 1
    d_w, d_x = d_z * x, d_z * w
    return d_x, d_y, d_w, d_b


# ---- the DAG whose weight w1 is used twice ----------------------------------------------------


def dag_forward(x: Any, y: Any, w1: Any, w2: Any) -> tuple[Any, Cache]:
    """z1 = w1 x, z2 = w2 (z1 + x), y_hat = w1 (z1 + z2), L = (y_hat - y)^2; all of shape ()."""
    z1 = w1 * x
    z2 = w2 * (z1 + x)
    y_hat = w1 * (z1 + z2)
    return (y_hat - y) ** 2, (x, y, w1, w2, z1, z2, y_hat)


def dag_backward(g: Any, cache: Cache) -> tuple[Any, ...]:
    """w1 stands in y_hat itself and in z1, which reaches y_hat directly and through z2: all add up.

    The lecture's formula for dL/dw1 has only the paths through z1 and z2. At w1=0.5, w2=0.3, x=2,
    y=1 the direct path is what is missing:

    >>> loss, cache = dag_forward(2.0, 1.0, 0.5, 0.3)
    >>> d_x, d_y, d_w1, d_w2 = dag_backward(1.0, cache)
    >>> round(d_w1, 2), round(d_w2, 2)
    (-0.32, -0.15)
    """
    x, y, w1, w2, z1, z2, y_hat = cache
    d_y_hat = g * 2 * (y_hat - y)
    d_w1_direct = d_y_hat * (z1 + z2)
    d_z2 = d_y_hat * w1
    d_w2 = d_z2 * (z1 + x)
    d_z1 = d_y_hat * w1 + d_z2 * w2  # z1 is used twice: by y_hat and by z2
    d_w1 = d_w1_direct + d_z1 * x
    d_x = d_z1 * w1 + d_z2 * w2  # and so is x: by z1 and by z2
    return d_x, -d_y_hat, d_w1, d_w2
