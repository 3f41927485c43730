"""Training in both wings: the three variants of gradient descent, and how a run ends."""

from __future__ import annotations

import io
import os
import signal
import sys

import numpy as np
import pytest
import torch
from close import assert_close, assert_within

import scratch
import torch_ref
from gradtwin.tolerance import composed, drift, rounded_to

WINGS = [scratch, torch_ref]


def line(wing):
    """y_hat = w x, from 0: the smallest model there is."""
    return wing.FullyConnected([1, 1], bias=False, initializer=lambda rng, shape: np.zeros(shape))


def weights(model):
    return {name: np.asarray(value).copy() for name, value in model.state_dict().items()}


def apart(ours, theirs):
    """The largest distance of two parameters, as a share of the largest of them."""
    mine, other = weights(ours), weights(theirs)
    size = max(np.abs(each).max() for each in other.values())
    return max(np.abs(mine[name] - other[name]).max() for name in mine) / size


@pytest.fixture(scope="module")
def digits():
    datasets = pytest.importorskip("sklearn.datasets")
    X, y = datasets.load_digits(return_X_y=True)
    order = np.random.default_rng(0).permutation(len(X))
    return X[order] / 16, y[order]


@pytest.fixture(scope="module")
def regression():
    rng = np.random.default_rng(7)
    X = rng.normal(size=(30, 3))
    return X, X @ [[1.0], [-2.0], [0.5]] + 0.1 * rng.normal(size=(30, 1))


# ---- both wings learn the same ------------------------------------------------------------------


def test_digits_are_learned_and_the_parameters_stay_equal(digits):
    X, y = digits
    nets = [wing.FullyConnected([64, 32, 10]) for wing in WINGS]
    histories = [
        wing.fit(net, X[:1437], y[:1437], wing.functional.cross_entropy, lr=0.1, epochs=30)
        for wing, net in zip(WINGS, nets)
    ]
    # 1,350 steps, whose roundings the descent does not magnify
    allowed = drift(1350, terms=64, dtype="float64")
    assert apart(*nets) <= allowed
    losses = np.array(histories[1].loss)
    assert_within(histories[0].loss, losses, allowed * losses)
    scores = nets[0](scratch.tensor(X[1437:])).data
    assert (scores.argmax(1) == y[1437:]).mean() > 0.95


@pytest.mark.parametrize("mode", ["batch", "mini-batch", "stochastic"])
def test_every_mode_gives_both_wings_the_same_history(mode, regression):
    nets = [wing.FullyConnected([3, 4, 1], "tanh") for wing in WINGS]
    ours, theirs = (
        wing.fit(
            net, *regression, wing.functional.mse_loss,
            lr=0.05, epochs=8, mode=mode, batch_size=7, seed=3,
        )
        for wing, net in zip(WINGS, nets)
    )  # fmt: skip
    steps = {"batch": 8, "mini-batch": 8 * 5, "stochastic": 8 * 30}[mode]
    assert len(ours.steps) == len(theirs.steps) == steps
    assert len(ours.loss) == 8
    examples = {"batch": 30, "mini-batch": 7, "stochastic": 1}[mode]
    allowed = drift(steps, terms=examples, dtype="float64")
    assert_within(ours.steps, theirs.steps, allowed * max(theirs.loss))
    assert_within(ours.loss, theirs.loss, allowed * np.array(theirs.loss))
    assert apart(*nets) <= allowed
    assert ours.loss[-1] < ours.loss[0]


# ---- what a step sees ---------------------------------------------------------------------------


@pytest.mark.parametrize("wing", WINGS)
def test_batch_descent_on_a_parabola_is_the_closed_form(wing):
    """On L = mean((w x - y)^2): w_k - w* = (1 - 2 lr mean(x^2))^k (w_0 - w*)."""
    net = line(wing)
    x, y = np.array([[1.0], [2.0]]), np.array([[2.0], [4.0]])  # w* = 2, mean(x^2) = 5/2
    wing.fit(net, x, y, wing.functional.mse_loss, lr=0.05, epochs=10, mode="batch")
    assert_close(weights(net)["layers.0.weight"], [[2 - 2 * 0.75**10]], terms=0)


@pytest.mark.parametrize("wing", WINGS)
def test_batch_descent_does_not_depend_on_the_seed(wing, regression):
    nets = [wing.FullyConnected([3, 1]) for _ in range(2)]
    for seed, net in enumerate(nets):
        wing.fit(net, *regression, wing.functional.mse_loss, epochs=5, mode="batch", seed=seed)
    assert apart(*nets) == 0


@pytest.mark.parametrize("wing", WINGS)
def test_a_mini_batch_of_everything_is_the_batch_but_for_the_order(wing, regression):
    nets = [wing.FullyConnected([3, 1]) for _ in range(2)]
    for net, options in zip(nets, ({"mode": "batch"}, {"mode": "mini-batch", "batch_size": 30})):
        wing.fit(net, *regression, wing.functional.mse_loss, epochs=5, **options)
    # the sums are the same up to the order of their terms, and all steps are less than one of them
    assert 0 < apart(*nets) <= composed(1, terms=30)


@pytest.mark.parametrize("wing", WINGS)
def test_a_mini_batch_of_everything_is_the_batch_to_the_bit_where_no_sum_rounds(wing):
    """Small whole numbers, 8 examples, lr 1/16: each sum is exact in any order."""
    rng = np.random.default_rng(2)
    X, y = rng.integers(-4, 5, size=(8, 2)), rng.integers(-9, 10, size=(8, 1))
    ends = []
    for options in ({"mode": "batch"}, {"batch_size": 8}, {"batch_size": 8, "seed": 1}):
        net = wing.FullyConnected([2, 1], initializer=lambda rng, shape: np.ones(shape))
        run = {"lr": 2**-4, "epochs": 4, **options}
        history = wing.fit(net, X * 1.0, y * 1.0, wing.functional.mse_loss, **run)
        ends.append([history.steps, *(value.tolist() for value in weights(net).values())])
    assert ends[0] == ends[1] == ends[2]
    assert ends[0][1] != [[1.0, 1.0]]


@pytest.mark.parametrize("wing", WINGS)
def test_ten_examples_by_four_are_parts_of_4_4_and_2(wing):
    """Against a sum written by hand, and against PyTorch's DataLoader, epoch after epoch."""
    rng = np.random.default_rng(6)
    X = rng.normal(size=(10, 3))
    y = X @ [[1.0], [-2.0], [0.5]] + 1
    net = wing.FullyConnected([3, 1])
    start, seen = weights(net), []

    def loss(y_hat, y):
        seen.append(len(y))
        return wing.functional.mse_loss(y_hat, y)

    wing.fit(net, X, y, loss, lr=0.1, epochs=3, batch_size=4, seed=9)
    assert seen == [4, 4, 2] * 3
    ends = [weights(net)[name] for name in ("layers.0.weight", "layers.0.bias")]

    w, b = start["layers.0.weight"][0].copy(), 0.0
    shuffles = np.random.default_rng(9)
    orders = [shuffles.permutation(10).tolist() for _ in range(3)]
    for order in orders:
        for part in (order[:4], order[4:8], order[8:]):
            errors = [2 * (X[i] @ w + b - y[i, 0]) for i in part]
            w -= 0.1 * sum(e * X[i] for e, i in zip(errors, part)) / len(part)
            b -= 0.1 * sum(errors) / len(part)

    line = torch.nn.Linear(3, 1, dtype=torch.float64)
    with torch.no_grad():
        line.weight.copy_(torch.tensor(start["layers.0.weight"]))
        line.bias.zero_()
    optimizer = torch.optim.SGD(line.parameters(), lr=0.1)
    examples = torch.utils.data.TensorDataset(torch.tensor(X), torch.tensor(y))
    for order in orders:
        for inputs, targets in torch.utils.data.DataLoader(examples, batch_size=4, sampler=order):
            optimizer.zero_grad()
            torch.nn.functional.mse_loss(line(inputs), targets).backward()
            optimizer.step()

    # 9 steps of some 8 roundings on either side, of numbers up to 2; divided by 4, the last parts
    # would be half the size, and a sum over 10 divided by 10 another walk altogether
    allowed = rounded_to(2, "float64", times=2 * 9 * 8)
    for found, by_hand, by_loader in zip(ends, ([w], [b]), line.parameters()):
        assert_within(found, by_hand, allowed)
        assert_within(found, by_loader, allowed)


@pytest.mark.parametrize("wing", WINGS)
def test_stochastic_descent_is_a_mini_batch_of_one(wing, regression):
    nets = [wing.FullyConnected([3, 1]) for _ in range(2)]
    for net, options in zip(nets, ({"mode": "stochastic"}, {"batch_size": 1})):
        wing.fit(net, *regression, wing.functional.mse_loss, lr=0.01, epochs=2, **options)
    assert apart(*nets) == 0


@pytest.mark.parametrize("wing", WINGS)
@pytest.mark.parametrize("mode", ["batch", "mini-batch", "stochastic"])
def test_the_last_batch_is_what_is_left_and_divided_by_its_own_size(wing, mode):
    """With L = mean(w), the gradient is 1 whatever the size: each step moves w by lr."""
    seen, net = [], line(wing)

    def loss(y_hat, y):
        seen.append(y.ravel().tolist() if wing is torch_ref else y.data.ravel().tolist())
        return y_hat.mean()

    X, y = np.ones((7, 1)), np.arange(7)
    history = wing.fit(net, X, y, loss, lr=0.125, epochs=2, mode=mode, batch_size=3, seed=5)

    size = {"batch": 7, "mini-batch": 3, "stochastic": 1}[mode]
    rng = np.random.default_rng(5)
    expected = []
    for _ in range(2):
        order = np.arange(7) if mode == "batch" else rng.permutation(7)
        expected += [order[i : i + size].tolist() for i in range(0, 7, size)]
    assert seen == expected
    # 1/7 and 1/3 are rounded: a gradient is 1 but for a few ULP
    steps = [-0.125 * k for k in range(len(expected) + 1)]
    end = weights(net)["layers.0.weight"].item()
    assert_close([*history.steps, end], steps, terms=7)
    # the loss of an epoch is the mean over examples, so a short batch counts for less
    counts = [len(batch) for batch in expected[: len(expected) // 2]]
    mean = np.average(history.steps[: len(counts)], weights=counts)
    assert_close(history.loss[0], mean, terms=7)


@pytest.mark.parametrize("wing", WINGS)
def test_a_loss_for_each_element_is_averaged(wing, regression):
    nets = [wing.FullyConnected([3, 1]) for _ in range(2)]
    wing.fit(nets[0], *regression, wing.functional.mse_loss, epochs=2)
    wing.fit(nets[1], *regression, wing.functional.squared_error, epochs=2)
    assert apart(*nets) <= composed(1, terms=30)  # the mean is taken in another place


@pytest.mark.parametrize("wing", WINGS)
def test_an_optimizer_of_ones_own(wing):
    class Sign:
        def __init__(self, model):
            self.model = model

        def zero_grad(self):
            self.model.zero_grad()

        def step(self):
            moved = {n: np.array(p.tolist()) - np.sign(np.asarray(p.grad)) for n, p in
                     self.model.named_parameters()}  # fmt: skip
            self.model.load_state_dict(moved)

    net = line(wing)
    X = np.ones((2, 1))
    wing.fit(net, X, 10 * X, wing.functional.mse_loss, epochs=4, mode="batch", optimizer=Sign(net))
    assert weights(net)["layers.0.weight"].item() == 4


@pytest.mark.parametrize("wing", WINGS)
def test_data_may_be_lists_arrays_or_tensors(wing):
    as_tensor = wing.module.as_tensor
    for make in (lambda a: a.tolist(), lambda a: a[::-1][::-1], as_tensor):
        net = line(wing)
        X = np.array([[1.0], [2.0]])
        wing.fit(net, make(X), make(2 * X), wing.functional.mse_loss, epochs=1, mode="batch")
        assert weights(net)["layers.0.weight"].item() == 1.0  # 0.1 * mean(4, 16)


# ---- how a run ends -----------------------------------------------------------------------------


@pytest.fixture
def ctrl_c():
    """Python's own handler of Ctrl-C, as a program has it; a test runner may have its own."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.parametrize("wing", WINGS)
def test_callbacks_see_every_epoch(wing, regression):
    seen = []
    history = wing.fit(
        wing.FullyConnected([3, 1]), *regression, wing.functional.mse_loss, epochs=3,
        callback=lambda epoch, history: seen.append((epoch, len(history.loss))),
    )  # fmt: skip
    assert seen == [(1, 1), (2, 2), (3, 3)]
    assert not history.interrupted
    assert repr(history) == f"History(epochs=3, steps=3, loss={history.loss[-1]:.6g})"


@pytest.mark.parametrize("wing", WINGS)
def test_no_epochs_change_nothing(wing, regression):
    net = wing.FullyConnected([3, 1])
    history = wing.fit(net, *regression, wing.functional.mse_loss, epochs=0)
    assert repr(history) == "History(epochs=0, steps=0, loss=None)"
    assert apart(net, wing.FullyConnected([3, 1])) == 0


@pytest.mark.parametrize("wing", WINGS)
def test_a_callback_may_end_the_run(wing, regression):
    def stop(epoch, history):
        if epoch == 2:
            raise KeyboardInterrupt

    stopped, short = (wing.FullyConnected([3, 1]) for _ in range(2))
    loss = wing.functional.mse_loss
    history = wing.fit(stopped, *regression, loss, epochs=9, batch_size=8, callback=stop)
    wing.fit(short, *regression, loss, epochs=2, batch_size=8)
    assert history.interrupted
    assert len(history.loss) == 2
    assert repr(history).endswith(", interrupted)")
    assert apart(stopped, short) == 0


@pytest.mark.parametrize("wing", WINGS)
def test_ctrl_c_in_a_step_ends_after_that_step(wing, regression, ctrl_c):
    calls, mse_loss = [], wing.functional.mse_loss

    def loss(y_hat, y):
        calls.append(1)
        if len(calls) == 3:
            os.kill(os.getpid(), signal.SIGINT)
        return mse_loss(y_hat, y)

    stopped, short = (wing.FullyConnected([3, 1]) for _ in range(2))
    history = wing.fit(stopped, *regression, loss, epochs=9, mode="stochastic")
    assert history.interrupted
    assert len(history.steps) == len(calls) == 3
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler

    # the parameters are those of three finished steps on the first three examples
    first = np.random.default_rng(0).permutation(30)[:3]
    for i in first:
        X, y = regression[0][[i]], regression[1][[i]]
        wing.fit(short, X, y, mse_loss, mode="stochastic")
    assert apart(stopped, short) == 0


@pytest.mark.parametrize("wing", WINGS)
def test_ctrl_c_in_the_last_step_is_reported(wing, regression, ctrl_c):
    def loss(y_hat, y):
        os.kill(os.getpid(), signal.SIGINT)
        return wing.functional.mse_loss(y_hat, y)

    history = wing.fit(wing.FullyConnected([3, 1]), *regression, loss, mode="batch")
    assert history.interrupted
    assert (len(history.steps), len(history.loss)) == (1, 1)


@pytest.mark.parametrize("wing", WINGS)
def test_a_second_ctrl_c_raises_at_once(wing, regression, ctrl_c):
    def loss(y_hat, y):
        os.kill(os.getpid(), signal.SIGINT)
        os.kill(os.getpid(), signal.SIGINT)
        raise AssertionError("the second one was not raised")

    with pytest.raises(KeyboardInterrupt):
        wing.fit(wing.FullyConnected([3, 1]), *regression, loss)
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


@pytest.mark.parametrize("wing", WINGS)
def test_a_handler_of_the_program_is_left_in_place(wing, regression, ctrl_c):
    heard = []
    signal.signal(signal.SIGINT, lambda signum, frame: heard.append(signum))

    def loss(y_hat, y):
        os.kill(os.getpid(), signal.SIGINT)
        return wing.functional.mse_loss(y_hat, y)

    history = wing.fit(wing.FullyConnected([3, 1]), *regression, loss, epochs=2, mode="batch")
    assert heard == [signal.SIGINT] * 2
    assert not history.interrupted


@pytest.mark.parametrize("wing", WINGS)
def test_a_parameter_without_a_gradient_is_named(wing, regression):
    net = wing.FullyConnected([3, 2, 1])

    def loss(y_hat, y):
        bias = net.layers[1].bias  # the only one that the loss depends on
        return (bias * bias).sum() + (bias - 1).sum()

    with pytest.warns(UserWarning, match="never received a gradient: layers.0.bias, layers.0.wei"):
        wing.fit(net, *regression, loss)


@pytest.mark.parametrize("wing", [scratch, torch_ref])
def test_a_frozen_parameter_is_no_reason_to_warn(wing, regression):
    net = wing.FullyConnected([3, 2, 1])
    before = {name: np.asarray(value).copy() for name, value in net.state_dict().items()}
    net.layers[0].weight.requires_grad_(False)
    wing.fit(net, *regression, wing.functional.mse_loss)  # warnings are errors here
    after = {name: np.asarray(value).copy() for name, value in net.state_dict().items()}
    moved = {name: bool((after[name] != before[name]).any()) for name in before}
    assert not moved.pop("layers.0.weight")
    assert moved["layers.1.weight"]


@pytest.mark.parametrize("wing", [scratch, torch_ref])
def test_a_loss_that_returns_no_tensor_is_named(wing, regression):
    net = wing.FullyConnected([3, 2, 1])
    with pytest.raises(TypeError, match=r"^loss: expected a function to a tensor, .* 1\.0"):
        wing.fit(net, *regression, lambda y_hat, y: 1.0)


# ---- the progress bar ---------------------------------------------------------------------------


class Terminal(io.StringIO):
    def isatty(self):
        return True


@pytest.mark.parametrize("wing", WINGS)
@pytest.mark.parametrize(
    ("stream", "progress", "bar"),
    [
        (Terminal, None, True),
        (Terminal, False, False),
        (io.StringIO, None, False),
        (io.StringIO, True, True),
        (lambda: None, None, False),  # a program without a console, as pythonw
    ],
)
def test_a_bar_is_shown_on_a_terminal_only(wing, stream, progress, bar, regression, monkeypatch):
    stderr = stream()
    monkeypatch.setattr(sys, "stderr", stderr)
    wing.fit(wing.FullyConnected([3, 1]), *regression, wing.functional.mse_loss, progress=progress)
    assert bool(stderr and "100%" in stderr.getvalue()) == bar
    if not bar:
        assert not (stderr and stderr.getvalue())


# ---- bad input ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("argument", "bad", "error"),
    [
        ("X", np.zeros((0, 3)), ValueError),
        ("X", 3.0, ValueError),
        ("y", np.zeros((29, 1)), ValueError),
        ("y", 1.0, ValueError),
        ("loss", "mse_loss", TypeError),
        ("lr", "0.1", TypeError),
        ("lr", 0.0, ValueError),
        ("lr", -0.1, ValueError),
        ("lr", float("nan"), ValueError),
        ("lr", float("inf"), ValueError),
        ("epochs", -1, ValueError),
        ("epochs", 2.0, TypeError),
        ("batch_size", 0, ValueError),
        ("batch_size", "all", TypeError),
        ("mode", "minibatch", ValueError),
    ],
)
def test_bad_arguments_are_refused_in_the_same_words(argument, bad, error, regression):
    said = []
    for wing in WINGS:
        X, y = regression
        arguments = {"X": X, "y": y, "loss": wing.functional.mse_loss, argument: bad}
        with pytest.raises(error, match=f"^{argument}: ") as caught:
            wing.fit(wing.FullyConnected([3, 1]), **arguments)
        said.append(str(caught.value))
    assert said[0] == said[1]


@pytest.mark.parametrize("argument", ["X", "y"])
@pytest.mark.parametrize("wing", WINGS)
def test_examples_that_are_no_numbers_are_named(wing, argument, regression):
    examples = dict(zip("Xy", regression)) | {argument: "house"}
    with pytest.raises((TypeError, ValueError), match=rf"^{argument}: "):
        wing.fit(wing.FullyConnected([3, 1]), **examples, loss=wing.functional.mse_loss)


@pytest.mark.parametrize("wing", WINGS)
def test_a_model_without_parameters_is_refused(wing, regression):
    with pytest.raises(ValueError, match=r"^model: it has no parameters"):
        wing.fit(wing.Module(), *regression, wing.functional.mse_loss)


@pytest.mark.parametrize("wing", WINGS)
def test_a_target_column_against_a_flat_output_is_refused(wing):
    p = wing.Perceptron([1.0, 2.0])
    with pytest.raises((ValueError, RuntimeError), match=r"\(4,\).*\(4, 1\)|\(4, 1\).*\(4,\)"):
        wing.fit(p, np.ones((4, 2)), np.ones((4, 1)), wing.functional.mse_loss)
