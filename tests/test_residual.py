"""Residual blocks and networks, in both wings: formulas, shortcuts, a thousand blocks."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from close import assert_close, assert_within
from torch.nn import functional as F

import scratch
import torch_ref
from gradtwin.tolerance import Tolerance, gradient_unit, resolution, summed_terms

WINGS = [scratch, torch_ref]
BOTH = pytest.mark.parametrize("wing", WINGS, ids=["scratch", "torch"])
EPS = resolution("float64")
SHORTCUTS = ["identity", "projection", "none"]


def leaf(wing, array):
    return wing.module.as_tensor(array).requires_grad_(True)


def run(wing, net, X, g):
    """Output, gradient of X, and that of each parameter by name; g arrives at the output."""
    x = leaf(wing, np.array(X))
    y_hat = net(x)
    y_hat.backward(wing.module.as_tensor(g) if wing is torch_ref else g)
    found = {"output": y_hat.detach(), "X": x.grad}
    found |= {name: p.grad for name, p in net.named_parameters()}
    return {name: np.asarray(value) for name, value in found.items()}


def random(*shape, seed=0):
    return np.random.default_rng(seed).normal(size=shape)


def randomised(net):
    """Biases that are not 0, so that they count."""
    rng = np.random.default_rng(5)
    arrays = {
        name: rng.normal(scale=0.5, size=tuple(p.shape)) for name, p in net.named_parameters()
    }
    net.load_state_dict(arrays)
    return net


# ---- the sum ------------------------------------------------------------------------------------


@BOTH
def test_the_shortcut_hands_on_the_gradient_as_it_is(wing):
    x, branch = leaf(wing, random(2, 3)), leaf(wing, random(2, 3, seed=1))
    g = random(2, 3, seed=2)
    total = wing.residual.residual_add(x, branch, 0.5)
    total.backward(wing.module.as_tensor(g) if wing is torch_ref else g)
    np.testing.assert_array_equal(x.grad, g)
    np.testing.assert_array_equal(branch.grad, 0.5 * g)  # a power of two: exact
    np.testing.assert_array_equal(
        np.asarray(total.detach()), random(2, 3) + 0.5 * random(2, 3, seed=1)
    )


@BOTH
@pytest.mark.parametrize("shape", [(3,), (1, 3), (2, 1), ()])
def test_a_shortcut_does_not_broadcast(wing, shape):
    x, branch = leaf(wing, np.zeros((2, 3))), leaf(wing, np.zeros(shape))
    # RuntimeError in both wings: scratch's is a ValueError too
    with pytest.raises(RuntimeError, match="branch: expected the shape of input"):
        wing.residual.residual_add(x, branch)


# ---- one block ----------------------------------------------------------------------------------


def formula(X, arrays, activation, shortcut, scale):
    """The block as PyTorch's own functions write it, with the gradients that autograd finds."""
    p = {name: torch.tensor(array, requires_grad=True) for name, array in arrays.items()}
    x = torch.tensor(X, requires_grad=True)
    g = getattr(torch, activation)
    branch = F.linear(g(x), p["layers.0.weight"], p["layers.0.bias"])
    branch = F.linear(g(branch), p["layers.1.weight"], p["layers.1.bias"])
    if shortcut == "none":
        return x, p, branch
    way = x if shortcut == "identity" else F.linear(x, p["projection.weight"])
    return x, p, way + scale * branch


@BOTH
@pytest.mark.parametrize("activation", ["relu", "sigmoid", "tanh"])
@pytest.mark.parametrize("shortcut", SHORTCUTS)
def test_a_block_is_its_formula(wing, activation, shortcut):
    """y = P x + scale (W2 g(W1 g(x) + b1) + b2), and every gradient of it."""
    n_out = 3 if shortcut == "identity" else 5
    block = randomised(wing.ResidualBlock(3, n_out, activation, shortcut, scale=0.7))
    arrays = {name: np.array(p.tolist()) for name, p in block.named_parameters()}
    X, g = random(4, 3), random(4, n_out, seed=1)
    found = run(wing, block, X, g)

    x, p, y = formula(X, arrays, activation, shortcut, 0.7)
    y.backward(torch.tensor(g))
    expected = {"output": y.detach(), "X": x.grad} | {name: v.grad for name, v in p.items()}
    assert found.keys() == expected.keys()
    for name, value in expected.items():
        size = value.abs().max().item()
        assert_close(found[name], value, terms=5, layers=2, size=size, note=name)


@BOTH
def test_a_block_that_learned_nothing_is_the_identity(wing):
    block = wing.ResidualBlock(4, initializer=lambda rng, shape: np.zeros(shape))
    X, g = random(3, 4), random(3, 4, seed=1)
    found = run(wing, block, X, g)
    np.testing.assert_array_equal(found["output"], X)
    np.testing.assert_array_equal(found["X"], g)


@BOTH
def test_the_parameters_of_a_projected_block(wing):
    block = wing.ResidualBlock(3, 5, shortcut="projection")
    assert {name: tuple(p.shape) for name, p in block.named_parameters()} == {
        "layers.0.weight": (5, 3),
        "layers.0.bias": (5,),
        "layers.1.weight": (5, 5),
        "layers.1.bias": (5,),
        "projection.weight": (5, 3),
    }


# ---- both wings from one seed -------------------------------------------------------------------


@pytest.mark.parametrize("shortcut", SHORTCUTS)
@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("ends", [{}, {"in_features": 3, "out_features": 2}])
def test_one_seed_gives_both_wings_the_same_network(shortcut, bias, dtype, ends):
    ours, theirs = (
        wing.ResidualNetwork(4, 3, shortcut=shortcut, bias=bias, seed=7, dtype=dtype, **ends)
        for wing in WINGS
    )
    assert ours.summary() == theirs.summary()
    assert ours.extra_repr() == theirs.extra_repr()
    assert list(ours.state_dict()) == list(theirs.state_dict())
    for name, value in ours.state_dict().items():
        np.testing.assert_array_equal(value, theirs.state_dict()[name].numpy(), strict=True)
        assert not bias or name.endswith("weight") == bool(np.any(value)), name


@BOTH
def test_the_layers_begin_alike_whatever_the_shortcut(wing):
    arrays = [
        {name: np.asarray(v) for name, v in net.state_dict().items() if "projection" not in name}
        for net in (wing.ResidualNetwork(4, 3, 2, 2, shortcut=each, seed=3) for each in SHORTCUTS)
    ]
    for other in arrays[1:]:
        for name, value in arrays[0].items():
            np.testing.assert_array_equal(value, other[name])


@BOTH
def test_another_seed_begins_elsewhere(wing):
    first, second = (wing.ResidualNetwork(4, 2, seed=seed) for seed in (0, 1))
    name = "blocks.1.layers.1.weight"
    assert not np.any(np.asarray(first.state_dict()[name] == second.state_dict()[name]))


@pytest.mark.parametrize("shortcut", SHORTCUTS)
@pytest.mark.parametrize("giver", WINGS, ids=["from scratch", "from torch"])
def test_weights_are_exchanged(shortcut, giver):
    (taker,) = (wing for wing in WINGS if wing is not giver)
    nets = {
        giver: randomised(giver.ResidualNetwork(4, 3, 2, 5, shortcut=shortcut)),
        taker: taker.ResidualNetwork(4, 3, 2, 5, shortcut=shortcut, seed=9),
    }
    nets[taker].load_state_dict(nets[giver].state_dict())
    X, g = random(6, 2), random(6, 5, seed=1)
    found, expected = (run(wing, nets[wing], X, g) for wing in WINGS)
    for name, value in expected.items():
        size = np.abs(value).max()  # eight layers, forth and back
        assert_close(found[name], value, terms=4, layers=2 * 8, size=size, note=name)


# ---- networks -----------------------------------------------------------------------------------


@BOTH
@pytest.mark.parametrize("blocks", [1, 4])
def test_without_shortcuts_it_is_the_plain_network(wing, blocks):
    """FullyConnected([in, width, ..., width, out]), 2 blocks + 2 layers, with the same weights."""
    residual = randomised(wing.ResidualNetwork(5, blocks, 3, 2, "tanh", shortcut="none"))
    plain = wing.FullyConnected([3, *[5] * (2 * blocks + 1), 2], "tanh")
    arrays = [np.asarray(value) for value in residual.state_dict().values()]
    plain.load_state_dict(dict(zip(plain.state_dict(), arrays, strict=True)))
    X, g = random(4, 3), random(4, 2, seed=1)
    found, expected = run(wing, residual, X, g), run(wing, plain, X, g)
    np.testing.assert_array_equal(found["output"], expected["output"])  # the same operations
    np.testing.assert_array_equal(found["X"], expected["X"])


@BOTH
def test_the_signal_keeps_its_size_through_any_depth(wing):
    """With the default scale, 1 / sqrt(blocks), each block adds a share 1 / blocks of variance.

    (1 + 1/B)^B < e in mean square, so that the deviation grows by less than sqrt(e) = 1.65; with
    48 neurons and one draw it scatters by some tenths. With scale = 1 it would be 2^(B/2).
    """
    X = random(16, 48)
    for blocks in (2, 20, 100):
        net = wing.ResidualNetwork(48, blocks, bias=False)
        y_hat = np.asarray(net(wing.module.as_tensor(X)).detach())
        assert 1 < y_hat.std() / X.std() < 2
    grown = wing.ResidualNetwork(48, 100, bias=False, scale=1.0)
    assert np.asarray(grown(wing.module.as_tensor(X)).detach()).std() > 1e10


def test_a_thousand_blocks_agree_forward_and_backward():
    """2,000 layers, no recursion anywhere; every one of 4,001 gradients within what is derived."""
    nets = [wing.ResidualNetwork(4, 1000, seed=1) for wing in WINGS]
    X, g = random(3, 4), random(3, 4, seed=1)
    found, expected = (run(wing, net, X, g) for wing, net in zip(WINGS, nets))
    assert len(expected) == 4002
    assert found.keys() == expected.keys()
    shapes = [X.shape, g.shape, (4, 4)]
    for name, value in expected.items():
        allowed = Tolerance().allowed(
            value,
            eps=EPS,
            terms=summed_terms(value.shape, shapes),
            unit=1.0 if name == "output" else gradient_unit([g], value),
        )
        assert_within(found[name], value, allowed, name)
    # and there is something to agree on: the first layer of 2,000 still receives a gradient
    assert np.linalg.norm(expected["blocks.0.layers.0.weight"]) > 1e-2


@BOTH
@pytest.mark.parametrize("shape", [(3,), (1, 3), (0, 3), (2, 5, 3)])
def test_any_leading_shape(wing, shape):
    net = wing.ResidualNetwork(4, 2, 3, 2)
    X = random(*shape)
    y_hat = np.asarray(net(wing.module.as_tensor(X)).detach())
    assert y_hat.shape == (*shape[:-1], 2)
    for place in np.ndindex(shape[:-1]):
        alone = net(wing.module.as_tensor(X[place]))
        # BLAS adds a row of a batch in another order than a row alone
        assert_close(alone, y_hat[place], terms=4, layers=6, size=np.abs(y_hat[place]).max())


@BOTH
def test_float32_stays_float32(wing):
    net = wing.ResidualNetwork(4, 3, 3, 2, shortcut="projection", dtype="float32")
    found = run(wing, net, random(2, 3).astype("float32"), np.ones((2, 2), "float32"))
    assert {value.dtype for value in found.values()} == {np.dtype("float32")}


# ---- bad input ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        (dict(width=0), ValueError),
        (dict(width=2.5), TypeError),
        (dict(blocks=0), ValueError),
        (dict(blocks="3"), TypeError),
        (dict(in_features=0), ValueError),
        (dict(out_features=-1), ValueError),
        (dict(activation="rellu"), ValueError),
        (dict(activation=3), TypeError),
        (dict(shortcut="skip"), ValueError),
        (dict(shortcut=None), ValueError),
        (dict(scale=float("nan")), ValueError),
        (dict(scale=float("inf")), ValueError),
        (dict(scale="1"), TypeError),
        (dict(width=True), TypeError),
        (dict(bias=1), TypeError),
        (dict(initializer="glorot"), ValueError),
        (dict(initializer=0.1), TypeError),
        (dict(seed=-1), ValueError),
        (dict(seed="a"), TypeError),
        (dict(dtype="float16"), ValueError),
    ],
)
def test_bad_arguments_are_refused_in_the_same_words(arguments, error):
    (argument,) = arguments
    said = []
    for wing in WINGS:
        with pytest.raises(error, match=f"^{argument}: ") as caught:
            wing.ResidualNetwork(**(dict(width=3, blocks=2) | arguments))
        said.append(str(caught.value))
    assert said[0] == said[1]


@BOTH
def test_an_identity_between_different_sizes_says_what_to_use(wing):
    said = r"^shortcut: .* from 3 to 3 neurons, not to 4: use 'projection'"
    with pytest.raises(ValueError, match=said):
        wing.ResidualBlock(3, 4)


@BOTH
@pytest.mark.parametrize("model", ["ResidualBlock", "ResidualNetwork"])
@pytest.mark.parametrize(
    ("X", "said"),
    [
        (np.zeros((2, 4)), r"has shape \(2, 4\), expected \(n, 3\) or \(3,\)"),
        (np.array(1.0), r"has shape \(\), expected"),
        (np.zeros((2, 3), np.float32), "has dtype float32, the parameters have float64"),
    ],
)
def test_inputs_that_do_not_fit_are_refused(wing, model, X, said):
    net = {
        "ResidualBlock": lambda: wing.ResidualBlock(3),
        "ResidualNetwork": lambda: wing.ResidualNetwork(3, 2),
    }[model]()
    with pytest.raises(RuntimeError, match=f"^{model}: input {said}"):
        net(wing.module.as_tensor(X))


@BOTH
def test_weights_that_are_missing_or_of_another_shape_are_named(wing):
    net = wing.ResidualNetwork(3, 2)
    before = np.asarray(net.state_dict()["blocks.0.layers.0.weight"]).copy()
    with pytest.raises(RuntimeError) as caught:
        net.load_state_dict({"blocks.0.layers.0.weight": np.zeros((2, 2)), "stem": np.zeros(1)})
    for name in ("blocks.0.layers.0.weight", "blocks.1.layers.1.bias", "stem"):
        assert name in str(caught.value)
    np.testing.assert_array_equal(net.state_dict()["blocks.0.layers.0.weight"], before)


@pytest.mark.parametrize("dtype", ["float32", np.float32, np.dtype("float32")])
def test_a_dtype_is_taken_by_name_and_as_numpys(dtype):
    for wing in WINGS:
        net = wing.ResidualNetwork(3, 2, dtype=dtype)
        assert {str(p.dtype).removeprefix("torch.") for p in net.parameters()} == {"float32"}
