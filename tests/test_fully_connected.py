"""Networks of any size, in both wings: the lecture's formulas and its XOR network."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from close import assert_close, assert_within

import scratch
import torch_ref
from gradtwin.tolerance import composed, rounded_to

WINGS = [scratch, torch_ref]

# XOR, with the weights of the lecture (one column a neuron there, one row here)
XOR_X = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
XOR_Y = np.array([[0.0], [1.0], [1.0], [0.0]])
XOR_WEIGHTS = {
    "layers.0.weight": np.array([[0.96, 0.89], [0.28, 0.73]]).T,
    "layers.1.weight": np.array([[0.60], [0.22]]).T,
}


def xor(wing, bias=False):
    net = wing.FullyConnected([2, 2, 1], "sigmoid", "sigmoid", bias=bias)
    net.load_state_dict(XOR_WEIGHTS, strict=not bias)
    return net


def answers(wing, net, X):
    return net(wing.module.as_tensor(X)).detach().numpy()


# ---- the formulas of the lecture ----------------------------------------------------------------


@pytest.mark.parametrize("wing", WINGS)
@pytest.mark.parametrize("activation", [None, "relu", "tanh"])
def test_hidden_neurons_follow_the_lectures_formula(wing, activation):
    """h_i = g(b_i + sum_j x_j w_ji) with 3 inputs and 4 neurons, y_hat = g(b + sum_i h_i w_i)."""
    net = wing.FullyConnected([3, 4, 1], activation, "sigmoid", seed=2)
    rng = np.random.default_rng(0)
    net.load_state_dict({n: rng.normal(size=tuple(p.shape)) for n, p in net.named_parameters()})
    w1, b1, w2, b2 = (np.array(p.tolist()) for _, p in net.named_parameters())
    x = [0.5, -1.0, 2.0]
    g = {None: lambda z: z, "relu": lambda z: max(z, 0.0), "tanh": math.tanh}[activation]
    h = [g(math.fsum([b1[i], *(x[j] * w1[i, j] for j in range(3))])) for i in range(4)]
    z = math.fsum([b2[0], *(h[i] * w2[0, i] for i in range(4))])
    assert_close(answers(wing, net, np.array(x)), [1 / (1 + math.exp(-z))], terms=5, layers=3)


@pytest.mark.parametrize("wing", WINGS)
def test_hidden_layers_without_activation_collapse_to_one_linear_map(wing):
    net = wing.FullyConnected([3, 5, 4, 2], activation=None, seed=1)
    rng = np.random.default_rng(0)
    net.load_state_dict({n: rng.normal(size=tuple(p.shape)) for n, p in net.named_parameters()})
    w1, b1, w2, b2, w3, b3 = (np.array(p.tolist()) for _, p in net.named_parameters())
    W, b = w3 @ w2 @ w1, w3 @ (w2 @ b1 + b2) + b3
    X = rng.normal(size=(20, 3))
    v1, c1, v2, c2, v3, c3 = map(np.abs, (w1, b1, w2, b2, w3, b3))
    size = np.abs(X) @ (v3 @ v2 @ v1).T + v3 @ (v2 @ c1 + c2) + c3
    assert_close(answers(wing, net, X), X @ W.T + b, terms=6, layers=3, size=size)
    # and with an activation it is no linear map: f(2x) - f(x) is not f(x) - f(0)
    net = wing.FullyConnected([3, 5, 4, 2], activation="relu", bias=False, seed=1)
    with pytest.raises(AssertionError, match="40 of 40 too far apart"):
        assert_close(answers(wing, net, -X), -answers(wing, net, X), terms=6, layers=3, size=size)


# ---- XOR ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("wing", WINGS)
def test_xor_with_the_lectures_weights(wing):
    net = xor(wing)
    y_hat = net(wing.module.as_tensor(XOR_X))
    assert y_hat.detach().numpy().round(2).ravel().tolist() == [0.60, 0.62, 0.64, 0.66]
    loss = wing.functional.binary_cross_entropy(
        y_hat, wing.module.as_tensor(XOR_Y), reduction="none"
    )
    assert loss.detach().numpy().round(2).ravel().tolist() == [0.92, 0.48, 0.44, 1.07]


@pytest.mark.parametrize("wing", WINGS)
@pytest.mark.parametrize(("bias", "lr", "epochs"), [(False, 1.0, 800), (True, 5.0, 500)])
def test_xor_is_learned(wing, bias, lr, epochs):
    """From the lecture's weights until all four points are right, also without a bias."""
    net = xor(wing, bias)
    right = (answers(wing, net, XOR_X) > 0.5) == XOR_Y
    assert right.ravel().tolist() == [False, True, True, False]
    loss = wing.functional.binary_cross_entropy
    wing.fit(net, XOR_X, XOR_Y, loss, lr=lr, epochs=epochs, mode="batch")
    assert ((answers(wing, net, XOR_X) > 0.5) == XOR_Y).all()


# ---- both wings ---------------------------------------------------------------------------------


@pytest.mark.parametrize("sizes", [[1, 1], [3, 2], [4, 7, 3], [2, 3, 4, 5, 6]])
@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("initializer", sorted(scratch.initializers.INITIALIZERS))
def test_one_seed_gives_both_wings_the_same_network(sizes, bias, dtype, initializer):
    ours, theirs = (
        wing.FullyConnected(sizes, bias=bias, initializer=initializer, seed=4, dtype=dtype)
        for wing in WINGS
    )
    assert ours.summary() == theirs.summary()
    assert list(ours.state_dict()) == list(theirs.state_dict())
    for name, value in ours.state_dict().items():
        np.testing.assert_array_equal(value, theirs.state_dict()[name].numpy(), strict=True)


@pytest.mark.parametrize("activation", [*sorted(torch_ref.activations.ACTIVATIONS), None])
def test_outputs_and_gradients_agree_for_every_activation(activation):
    X = np.random.default_rng(0).normal(size=(6, 4))
    seen = []
    for wing in WINGS:
        net = wing.FullyConnected([4, 5, 5, 3], activation, output_activation=activation, seed=1)
        y_hat = net(wing.module.as_tensor(X))
        (y_hat * y_hat).sum().backward()
        seen.append([y_hat.detach().numpy(), *(np.asarray(p.grad) for p in net.parameters())])
    # PyTorch's derivative of hardsigmoid is 1/6 rounded to float32, also for float64
    rounded = 3 if activation == "hardsigmoid" else 0
    for ours, theirs in zip(*seen):
        size = np.abs(theirs).max()
        allowed = composed(theirs, terms=6, layers=2 * 3, size=size)  # forth and back
        assert_within(ours, theirs, allowed + rounded_to(theirs, "float32", times=rounded))


@pytest.mark.parametrize("shape", [(3,), (1, 3), (0, 3), (2, 5, 3)])
def test_any_leading_shape(shape):
    X = np.random.default_rng(0).normal(size=shape)
    ours, theirs = (answers(w, w.FullyConnected([3, 4, 2], "tanh"), X) for w in WINGS)
    assert ours.shape == (*shape[:-1], 2)
    assert_close(ours, theirs, terms=4, layers=2, size=np.abs(theirs).max(initial=0))


def test_float32_stays_float32():
    net = scratch.FullyConnected([3, 4, 2], "sigmoid", dtype="float32")
    y_hat = net(scratch.tensor(np.ones((2, 3), np.float32)))
    y_hat.sum().backward()
    assert y_hat.dtype == np.float32
    assert all(p.grad.dtype == np.float32 for p in net.parameters())


@pytest.mark.parametrize("wing", WINGS)
def test_an_activation_may_be_a_function(wing):
    square = lambda z: z * z
    net = wing.FullyConnected([1, 1, 1], activation=square, bias=False)
    net.load_state_dict({"layers.0.weight": [[3.0]], "layers.1.weight": [[2.0]]})
    assert answers(wing, net, np.array([[2.0]])).tolist() == [[72.0]]
    assert "activation=<lambda>" in net.summary()


@pytest.mark.parametrize("wing", WINGS)
def test_an_initializer_may_be_a_function_that_returns_an_array(wing):
    net = wing.FullyConnected([2, 3], initializer=lambda rng, shape: np.full(shape, 0.5))
    assert net.layers[0].weight.tolist() == [[0.5, 0.5]] * 3


def test_an_initializer_that_returns_another_shape_is_refused():
    with pytest.raises(ValueError, match=r"^initializer: expected an array of shape \(3, 2\)"):
        scratch.FullyConnected([2, 3], initializer=lambda rng, shape: np.zeros(2))


def test_the_global_generators_are_left_alone():
    np.random.seed(0)  # noqa: NPY002 (the point is that nobody draws from it)
    torch.manual_seed(0)
    before = np.random.get_state()[2], torch.get_rng_state()  # noqa: NPY002
    for wing in WINGS:
        wing.FullyConnected([3, 4, 2])
    assert np.random.get_state()[2] == before[0]  # noqa: NPY002
    assert torch.equal(torch.get_rng_state(), before[1])


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        (dict(sizes=[]), ValueError),
        (dict(sizes=[3]), ValueError),
        (dict(sizes=[3, 0, 2]), ValueError),
        (dict(sizes=[3, -1]), ValueError),
        (dict(sizes=[3, 2.5]), TypeError),
        (dict(sizes=7), TypeError),
        (dict(sizes=[3, 2], dtype="float16"), ValueError),
        (dict(sizes=[3, 2], dtype=np.dtype("float16")), ValueError),
        (dict(sizes=[3, 2], activation="rellu"), ValueError),
        (dict(sizes=[3, 2], activation=1.5), TypeError),
        (dict(sizes=[3, 2], output_activation="sotfmax"), ValueError),
        (dict(sizes=[3, 2], initializer="glorot"), ValueError),
        (dict(sizes=[3, 2], initializer=0.1), TypeError),
    ],
)
def test_bad_arguments_are_refused_in_the_same_words(arguments, error):
    argument = list(arguments)[-1]
    said = []
    for wing in WINGS:
        with pytest.raises(error, match=f"^{argument}: ") as caught:
            wing.FullyConnected(**arguments)
        said.append(str(caught.value))
    assert said[0] == said[1]
