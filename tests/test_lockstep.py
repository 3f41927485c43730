"""Both wings trained at once: against a plain PyTorch loop, with planted mistakes, interrupted."""

from __future__ import annotations

import os
import re
import signal
from pathlib import Path

import numpy as np
import pytest
import torch
from close import assert_within

import scratch
import torch_ref
from gradtwin.datasets import Dataset, load
from gradtwin.lockstep import train
from gradtwin.tolerance import drift

README = Path(__file__).resolve().parents[1].joinpath("README.md").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def iris():
    return load("iris")


def arrays(network):
    return {name: np.asarray(value).copy() for name, value in network.state_dict().items()}


def test_parameters_are_those_of_a_plain_pytorch_loop(iris):
    """Batch descent has no shuffle, so that the same steps can be taken by torch.optim alone."""
    options = {"hidden": [8, 6], "activation": "tanh", "lr": 0.3, "epochs": 10, "seed": 4}
    training = train(iris, mode="batch", **options)
    start = arrays(torch_ref.FullyConnected([4, 8, 6, 3], "tanh", seed=4))

    layers = [torch.nn.Linear(i, o, dtype=torch.float64) for i, o in ((4, 8), (8, 6), (6, 3))]
    plain = torch.nn.Sequential(layers[0], torch.nn.Tanh(), layers[1], torch.nn.Tanh(), layers[2])
    plain.load_state_dict(
        {f"{2 * k}.{p}": torch.tensor(start[f"layers.{k}.{p}"]) for k in range(3)
         for p in ("weight", "bias")}
    )  # fmt: skip
    optimizer = torch.optim.SGD(plain.parameters(), lr=0.3)
    X, y = torch.tensor(iris.X_train), torch.tensor(iris.y_train)
    losses = []
    for _ in range(10):
        optimizer.zero_grad()
        loss = torch.nn.functional.cross_entropy(plain(X), y)
        loss.backward()
        optimizer.step()
        losses.append(loss.item())

    allowed = drift(10, terms=len(X), dtype="float64")
    for k in range(3):
        for name in ("weight", "bias"):
            expected = plain[2 * k].get_parameter(name).detach().numpy()
            size = np.abs(expected).max()
            for network in (training.ours, training.theirs):
                found = arrays(network)[f"layers.{k}.{name}"]
                assert_within(found, expected, allowed * size, name)
    for side in (0, 1):
        found = [epoch.loss[side] for epoch in training.epochs]
        assert_within(found, losses, allowed * np.array(losses))
    with torch.no_grad():
        right = (plain(torch.tensor(iris.X_test)).argmax(1).numpy() == iris.y_test).mean()
    assert training.epochs[-1].accuracy == (right, right)


@pytest.mark.parametrize("mode", ["batch", "mini-batch", "stochastic"])
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_wings_stay_twins(mode, dtype):
    data = load("wine", dtype=dtype)
    training = train(data, hidden=[16], epochs=4, mode=mode, lr=0.05)
    assert training.ok
    assert not training.magnifies
    assert training.distance == training.epochs[-1].distance
    assert training.ours.layers[0].weight.dtype == dtype
    assert training.epochs[-1].loss[0] < training.epochs[0].loss[0]


def test_digits_are_learned_and_the_wings_as_equal_as_the_readme_says():
    """What the README's first command ends with; with fewer epochs here."""
    training = train(load("digits"), epochs=20)
    assert min(training.epochs[-1].accuracy) > 0.95
    promised = re.search(r"equal to (1e-\d+)", " ".join(README.split()))
    assert training.distance <= training.allowed < float(promised[1])
    assert training.ok


def test_parameters_are_exchanged_once_and_before_the_first_step(iris, monkeypatch):
    calls = []
    for wing in (scratch, torch_ref):
        load_state_dict = wing.FullyConnected.load_state_dict

        def counted(self, *args, wing=wing, load_state_dict=load_state_dict, **kwargs):
            calls.append(wing.__name__)
            return load_state_dict(self, *args, **kwargs)

        monkeypatch.setattr(wing.FullyConnected, "load_state_dict", counted)
    train(iris, epochs=2, callback=lambda epoch: calls.append(epoch.epoch))
    assert calls == ["torch_ref", 1, 2]


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_a_loss_with_a_wrong_gradient_is_found(dtype, monkeypatch):
    right = scratch.functional.cross_entropy

    def wrong(input, target):
        loss = right(input, target)
        return loss * 1.01 - loss.detach() * 0.01  # the same value, a gradient 1 % too large

    monkeypatch.setattr(scratch.functional, "cross_entropy", wrong)
    training = train(load("iris", dtype=dtype), epochs=5)
    assert not training.ok
    assert not training.magnifies
    assert training.distance > 10 * training.allowed
    assert "DIFFERENT" in repr(training)


@pytest.mark.parametrize(
    ("name", "options"),
    [
        # the loss jumps about, and what begins 1e-13 apart ends far apart
        ("wine", {"activation": "tanh", "lr": 20.0, "epochs": 40}),
        # the second epoch takes the wings 4,000 apart, and PyTorch from itself 90 only
        ("digits", {"lr": 50.0, "epochs": 3}),
    ],
)
def test_a_training_that_magnifies_roundings_cannot_tell(name, options):
    training = train(load(name), **options)
    assert training.distance > 1.0
    assert (training.verdict, training.magnifies, training.ok) == ("cannot tell", True, True)
    assert (training.to_dict()["verdict"], training.to_dict()["allowed"]) == ("cannot tell", "inf")
    assert "cannot tell" in repr(training)


def test_a_wrong_gradient_is_found_where_roundings_are_magnified_later(monkeypatch):
    """After the first epoch PyTorch is 5e-10 from itself, and a gradient of 1 % too much shows."""
    right = scratch.functional.cross_entropy

    def wrong(input, target):
        loss = right(input, target)
        return loss * 1.01 - loss.detach() * 0.01

    monkeypatch.setattr(scratch.functional, "cross_entropy", wrong)
    training = train(load("wine"), activation="tanh", lr=20.0, epochs=40)
    assert (training.verdict, training.magnifies, training.ok) == ("DIFFERENT", False, False)


def test_a_training_that_magnifies_a_little_is_still_judged():
    """Rounding explains more than roundings that only add up do, but not anything."""
    training = train(load("digits"), lr=20.0, epochs=3)
    assert (training.verdict, training.magnifies) == ("twins", False)
    terms, steps = 1348, 3 * 43
    added_up = drift(steps, terms, "float64") * max(
        float(np.max(np.abs(a))) for a in arrays(training.theirs).values()
    )
    assert added_up < training.distance <= training.allowed < 0.1


def test_a_run_that_diverges_stops_and_is_not_ok(iris):
    training = train(iris, lr=1e300, epochs=5)
    assert training.diverged
    assert (training.verdict, training.magnifies) == ("diverged", False)
    assert not training.ok
    assert len(training.epochs) < 5
    assert training.to_dict()["epochs"][-1]["loss"]["scratch"] in ("nan", "inf")


# ---- Ctrl-C ---------------------------------------------------------------------------------


def interrupted_at(iris, where, monkeypatch):
    """A run of 5 epochs with Ctrl-C in the third, and the parameters after each epoch."""
    after, calls = [], 0
    wing = scratch if where == "scratch" else torch_ref
    right = wing.functional.cross_entropy

    def loss(input, target):
        nonlocal calls
        calls += 1
        if where != "callback" and len(after) == 2 and calls % 2:
            os.kill(os.getpid(), signal.SIGINT)
        return right(input, target)

    def callback(epoch):
        after.append(epoch.epoch)
        if where == "callback" and epoch.epoch == 2:
            os.kill(os.getpid(), signal.SIGINT)

    monkeypatch.setattr(wing.functional, "cross_entropy", loss)
    return train(iris, epochs=5, batch_size=16, callback=callback)


@pytest.mark.parametrize("where", ["scratch", "torch_ref", "callback"])
def test_ctrl_c_leaves_the_last_finished_epoch_in_both_wings(iris, where, monkeypatch):
    training = interrupted_at(iris, where, monkeypatch)
    assert training.interrupted
    assert [epoch.epoch for epoch in training.epochs] == [1, 2]
    assert training.ok
    monkeypatch.undo()
    # The shuffles do not depend on how many epochs follow.
    two_epochs = train(iris, epochs=2, batch_size=16)
    for network, other in ((training.ours, two_epochs.ours), (training.theirs, two_epochs.theirs)):
        for name, array in arrays(network).items():
            np.testing.assert_array_equal(array, arrays(other)[name])


def test_ctrl_c_before_the_first_epoch_is_over(iris, monkeypatch):
    right = scratch.functional.cross_entropy

    def loss(input, target):
        os.kill(os.getpid(), signal.SIGINT)
        return right(input, target)

    monkeypatch.setattr(scratch.functional, "cross_entropy", loss)
    training = train(iris, epochs=5, batch_size=1000)
    assert training.interrupted
    assert training.epochs == []
    assert training.distance == 0.0
    assert training.verdict == "cannot tell"


# ---- bad arguments --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"hidden": []}, "hidden: expected the size of at least one hidden layer, got none"),
        ({"hidden": [0]}, "sizes: every layer needs at least one neuron"),
        ({"activation": "relo"}, "activation: unknown name 'relo'"),
        ({"lr": float("nan")}, "lr: expected a finite number above 0, got nan"),
        ({"lr": float("inf")}, "lr: expected a finite number above 0, got inf"),
        ({"lr": -0.1}, "lr: expected a finite number above 0"),
        ({"epochs": 0}, "epochs: expected 1 or more, got 0"),
        ({"batch_size": 0}, "batch_size: expected 1 or more, got 0"),
        ({"mode": "all"}, "mode: expected one of batch, mini-batch, stochastic, got 'all'"),
    ],
)
def test_bad_arguments(iris, arguments, message):
    with pytest.raises(ValueError, match=message):
        train(iris, **arguments)


def test_a_data_set_of_ones_own():
    """Two classes in the plane, apart: all test examples come right."""
    rng = np.random.default_rng(0)
    y = rng.integers(0, 2, 80)
    X = rng.normal(size=(80, 2)) + 6.0 * y[:, None]
    data = Dataset("clouds", X[:60], y[:60], X[60:], y[60:], ("left", "right"))
    assert train(data, hidden=[4], epochs=20).epochs[-1].accuracy == (1.0, 1.0)


def test_a_loss_that_is_finite_and_beyond_all_bounds_has_diverged(iris):
    training = train(iris, lr=1e5, epochs=6)
    assert training.diverged
    assert not training.ok
    assert [epoch.epoch for epoch in training.epochs] == [1]
    assert np.isfinite(training.epochs[0].loss).all()


def test_a_loss_that_peaks_and_comes_back_has_not(iris):
    training = train(iris, lr=5.0, epochs=30)
    assert not training.diverged
    assert max(epoch.loss[0] for epoch in training.epochs) > 1000


def test_a_network_that_no_memory_holds_is_refused(iris):
    with pytest.raises(ValueError, match=r"hidden: .* 20,000,000 parameters at most, got 7,9"):
        train(iris, hidden=[999_999_999])


def test_the_monitors_see_the_training_and_not_the_test():
    """Test examples that wake neurons which every training example leaves silent."""
    X = np.random.default_rng(0).uniform(0.5, 1.0, (20, 3))
    y = np.arange(20) % 2
    data = Dataset("opposite", X, y, -X, y, ("left", "right"))
    seen = []
    training = train(
        data, hidden=[50], lr=1e-9, epochs=3, batch_size=6,
        watch=lambda epoch, ours, theirs: seen.append((epoch, ours, theirs)),
    )  # fmt: skip
    first = training.ours.layers[0]
    silent = int((X @ first.weight.data.T + first.bias.data <= 0).all(axis=0).sum())
    assert 0 < silent < 50
    assert [epoch for epoch, *_ in seen] == training.epochs
    for epoch, *records in seen:
        for record in records:
            assert record.epoch == epoch.epoch
            assert record.dead["activation.0"] == (silent, 50)
            assert record.activations["activation.0"].size == (20 % 6) * 50
