"""Monitoring: the same statistics in both wings, and warnings where they are due."""

from __future__ import annotations

import math
import warnings
from functools import partial

import numpy as np
import pytest
from close import assert_close, assert_within
from torch import nn

import scratch
import scratch.monitoring
import torch_ref
import torch_ref.monitoring
from gradtwin.tolerance import composed, drift

WINGS = [scratch, torch_ref]
BOTH = pytest.mark.parametrize("wing", WINGS, ids=["scratch", "torch"])
X = np.random.default_rng(0).normal(size=(20, 4))
Y = np.sin(X[:, :2])
EPS = np.finfo(float).eps


def trained(wing, net, X=X, y=Y, callback=None, **options):
    return wing.fit(net, X, y, wing.functional.mse_loss, callback=callback, **options)


def assert_alike(ours, theirs, steps=1, terms=1):
    """Statistics of both wings, sums in another order, after so many steps of sums of `terms`."""
    for name in ours._fields:
        a, b = getattr(ours, name), getattr(theirs, name)
        if name in ("size", "nonfinite", "zeros"):
            assert a == b, name
        else:
            size = max(abs(theirs.min), abs(theirs.max))
            allowed = composed(b, terms=theirs.size, size=size)
            assert_within(a, b, allowed + drift(steps, terms, "float64") * size, name)


# ---- statistics ---------------------------------------------------------------------------------


@BOTH
def test_statistics_of_known_numbers(wing):
    s = wing.monitoring.statistics(np.array([[1.0, 0.0], [-3.0, 6.0]], np.float32), bins=3)
    assert (s.size, s.mean, s.min, s.max, s.zeros, s.nonfinite) == (4, 1.0, -3.0, 6.0, 0.25, 0)
    assert_close(s.std, math.sqrt((0 + 1 + 16 + 25) / 4), terms=0)
    assert_close(s.norm, math.sqrt(46), terms=0)
    assert s.edges.tolist() == [-3, 0, 3, 6]
    assert int(s.histogram.sum()) == 4
    assert s.histogram.tolist()[2] == 1


def test_statistics_are_those_of_the_twin():
    values = np.random.default_rng(1).normal(size=(30, 7))
    ours = scratch.monitoring.statistics(values)
    assert_alike(ours, torch_ref.monitoring.statistics(values))
    assert ours.histogram.sum() == values.size


@BOTH
@pytest.mark.parametrize(
    ("values", "nonfinite", "histogram"),
    [
        ([2.0, 2.0], 0, [0, 2]),
        ([math.nan, 1.0, 3.0], 1, [1, 1]),
        ([math.inf, -math.inf, 0.0], 2, [0, 1]),
        ([math.nan], 1, [0, 0]),
        ([-1.7e308, 1.7e308], 0, [1, 1]),
        ([5.0], 0, [0, 1]),
    ],
)
def test_numbers_that_are_not_finite_are_counted_and_the_rest_binned(
    wing, values, nonfinite, histogram
):
    s = wing.monitoring.statistics(np.array(values), bins=2)
    assert s.nonfinite == nonfinite
    assert s.histogram.tolist() == histogram
    assert math.isfinite(s.mean) is (nonfinite == 0)


@BOTH
def test_no_numbers_have_no_statistics(wing):
    with pytest.raises(ValueError, match=r"^values: "):
        wing.monitoring.statistics(np.zeros((0, 3)))


# ---- the monitor --------------------------------------------------------------------------------


def test_both_wings_record_the_same_during_fit():
    records = []
    for wing in WINGS:
        net = wing.FullyConnected([4, 6, 5, 2], "tanh")
        with wing.monitoring.Monitor(net) as monitor:
            trained(wing, net, epochs=3, callback=monitor, batch_size=8)
        records.append(monitor.records)
    assert [len(r) for r in records] == [3, 3]
    for ours, theirs in zip(*records):
        assert (ours.epoch, ours.dead, ours.warnings) == (theirs.epoch, theirs.dead, [])
        for kind in ("weights", "gradients", "activations"):
            mine, reference = getattr(ours, kind), getattr(theirs, kind)
            assert mine.keys() == reference.keys()
            for name, s in mine.items():
                assert_alike(s, reference[name], steps=9, terms=20)


@BOTH
def test_it_reads_the_last_step_and_leaves_the_model_as_it_was(wing):
    net = wing.FullyConnected([4, 3, 2], "relu", output_activation="sigmoid")
    before = net.activation, net.output_activation
    monitor = wing.monitoring.Monitor(net)
    trained(wing, net, mode="batch", callback=monitor)
    (record,) = monitor.records
    assert list(record.activations) == ["activation.0", "output_activation.0"]
    assert record.activations["activation.0"].size == 20 * 3
    assert 0 < record.activations["output_activation.0"].mean < 1
    for name, p in net.named_parameters():
        g = np.asarray(p.grad)
        assert_close(record.gradients[name].norm, np.linalg.norm(g), terms=4)
        w = p.detach().numpy()
        assert_close(record.weights[name].mean, w.mean(), terms=4, size=np.abs(w).max())
    monitor.close()
    assert (net.activation, net.output_activation) == before
    assert "forward" not in vars(net)
    trained(wing, net)
    assert monitor.record(2).activations["activation.0"].size == 20 * 3  # it saw no more


@BOTH
def test_the_watched_network_learns_the_same(wing):
    states = []
    for watched in (False, True):
        net = wing.FullyConnected([4, 3, 2])
        trained(wing, net, epochs=2, callback=wing.monitoring.Monitor(net) if watched else None)
        states.append([np.asarray(a).tolist() for a in net.state_dict().values()])
    assert states[0] == states[1]


@BOTH
def test_a_residual_network_is_watched_block_by_block(wing):
    from importlib import import_module

    residual = import_module(f"{wing.__name__}.residual")
    net = residual.ResidualNetwork(3, 2, in_features=4, out_features=2)
    monitor = wing.monitoring.Monitor(net, warn=False)
    trained(wing, net, callback=monitor)
    assert list(monitor.records[0].activations) == [
        "blocks.0.activation.0",
        "blocks.0.activation.1",
        "blocks.1.activation.0",
        "blocks.1.activation.1",
        "activation.0",
    ]


def test_an_activation_that_is_a_module_is_watched_too():
    net = torch_ref.FullyConnected([4, 3, 2], activation=nn.ReLU())
    module = net.activation
    with torch_ref.monitoring.Monitor(net) as monitor:
        trained(torch_ref, net, callback=monitor)
    assert list(monitor.records[0].activations) == ["activation.0", "output_activation.0"]
    assert net.activation is module
    assert not module._forward_hooks


@BOTH
def test_a_perceptron_is_watched_example_by_example(wing):
    p = wing.Perceptron([0.5, -0.5])
    monitor = wing.monitoring.Monitor(p)
    trained(wing, p, X[:, :2], (X[:, 0] > 0) * 1.0, callback=monitor, mode="stochastic")
    assert monitor.records[0].activations["activation.0"].size == 1


# ---- what is wrong ------------------------------------------------------------------------------


def warned(wing, net, X=X, y=Y, epochs=2, lr=1e-3, **thresholds):
    """The warnings of a training, and the monitor."""
    monitor = wing.monitoring.Monitor(net, **thresholds)
    with warnings.catch_warnings(record=True) as caught, np.errstate(all="ignore"):
        warnings.simplefilter("always")
        trained(wing, net, X, y, epochs=epochs, lr=lr, callback=monitor)
    return [str(w.message) for w in caught if w.category is RuntimeWarning], monitor


@BOTH
def test_a_healthy_network_is_not_warned_of(wing):
    sentences, _ = warned(wing, wing.FullyConnected([4, 16, 16, 2], "tanh"), epochs=5, lr=0.1)
    assert sentences == []


@BOTH
def test_deep_sigmoids_vanish_and_it_is_said_once(wing):
    sentences, monitor = warned(wing, wing.FullyConnected([4, *[10] * 8, 2], "sigmoid"), epochs=3)
    assert len(sentences) == 1
    assert "\n" not in sentences[0]
    assert sentences[0].startswith("epoch 1: gradients vanish: layers.0.weight receives ")
    assert "layers.8.weight" in sentences[0]
    assert [len(r.warnings) for r in monitor.records] == [1, 0, 0]


def saturated(wing, dtype="float64"):
    """Every sigmoid at its end: all layers receive 0, and none less than another."""
    start = partial(wing.initializers.normal, std=1e5)
    return wing.FullyConnected([4, 6, 2], "sigmoid", "sigmoid", initializer=start, dtype=dtype)


@BOTH
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_where_all_layers_receive_equally_little_the_weights_stand_still(wing, dtype):
    sentences, monitor = warned(wing, saturated(wing, dtype), X.astype(dtype), Y.astype(dtype))
    assert len(sentences) == 1
    assert sentences[0].startswith("epoch 1: weights stand still: since the start no weight matrix")
    assert [len(r.warnings) for r in monitor.records] == [1, 0]


@BOTH
def test_equally_little_is_no_vanishing_as_long_as_the_weights_move(wing):
    """A step of a tenth of a rounding, and one of a hundred roundings."""

    def lengths():
        net = wing.FullyConnected([4, 3, 2], "tanh")
        before = {k: np.asarray(v).copy() for k, v in net.state_dict().items()}
        trained(wing, net, lr=1.0, mode="batch")
        return [(np.linalg.norm(p.grad), np.linalg.norm(before[name]))
                for name, p in net.named_parameters() if p.ndim > 1]  # fmt: skip

    one_rounding = EPS / max(float(g / w) for g, w in lengths())
    for share, said in ((0.1, 1), (100, 0)):
        net = wing.FullyConnected([4, 3, 2], "tanh")
        monitor = wing.monitoring.Monitor(net, warn=False)
        trained(wing, net, lr=share * one_rounding, mode="batch", callback=monitor)
        assert len(monitor.records[0].warnings) == said, share


@BOTH
def test_what_has_learned_may_stand_still_and_what_was_not_stepped_is_not_said_to(wing):
    net = wing.FullyConnected([1, 1], bias=False)
    net.load_state_dict({"layers.0.weight": np.array([[2.0]])})
    monitor = wing.monitoring.Monitor(net)
    x = np.array([[1.0]])
    trained(wing, net, x, 3 * x, lr=0.25, epochs=200, callback=monitor)  # (w - 3)^2, to the end
    assert net.layers[0].weight.tolist() == [[3.0]]
    assert monitor.records[-1].gradients["layers.0.weight"].norm == 0
    fresh = wing.monitoring.Monitor(net)  # there is a gradient, but it has seen no pass
    assert fresh.record(0).gradients
    assert fresh.record(0).warnings == []


@BOTH
def test_the_start_is_that_of_the_first_pass_and_not_that_of_the_monitor(wing):
    net = saturated(wing)
    monitor = wing.monitoring.Monitor(net, warn=False)
    net.load_state_dict({k: np.asarray(v) * 2 for k, v in net.state_dict().items()})
    trained(wing, net, callback=monitor)
    assert "weights stand still" in monitor.records[0].warnings[0]


@BOTH
def test_large_weights_explode(wing):
    start = partial(wing.initializers.normal, std=2.0)
    net = wing.FullyConnected([4, *[30] * 8, 2], "leaky_relu", initializer=start)
    sentences, _ = warned(wing, net, epochs=1, lr=1e-30)
    assert len(sentences) == 1
    assert sentences[0].startswith("epoch 1: gradients explode: that of layers.")
    assert "times as long as the weights (more than 1000)" in sentences[0]


@BOTH
def test_a_gradient_that_grows_from_layer_to_layer_explodes(wing):
    # N(0, 16/fan_in): tanh keeps the outputs small, and each layer lengthens the gradient
    start = partial(wing.initializers.normal, std=4 / math.sqrt(30))
    net = wing.FullyConnected([4, *[30] * 20, 2], "tanh", initializer=start)
    sentences, _ = warned(wing, net, epochs=1, lr=1e-30)
    assert len(sentences) == 1
    assert "gradients explode: layers." in sentences[0]
    assert " times what layers.20.weight receives (more than 1000)" in sentences[0]


@BOTH
def test_gradients_that_are_not_finite_explode(wing):
    net = wing.FullyConnected([4, 3, 2], "tanh")
    sentences, _ = warned(wing, net, X, Y * math.inf)
    assert sentences == ["epoch 1: gradients explode: that of layers.0.weight is not finite"]


@BOTH
def test_dead_neurons_are_counted_and_said(wing):
    net = wing.FullyConnected([4, 5, 2], "relu")
    state = {name: np.asarray(a).copy() for name, a in net.state_dict().items()}
    state["layers.0.bias"][:] = [-10, -10, -10, 10, 0]  # three that nothing wakes up
    net.load_state_dict(state)
    sentences, monitor = warned(wing, net, lr=1e-9)
    assert monitor.records[0].dead == {"activation.0": (3, 5), "output_activation.0": (0, 2)}
    assert sentences == [
        "epoch 1: neurons die: 3 of 5 behind activation.0 were 0 on every example (more than 50%)"
    ]


@BOTH
def test_a_neuron_that_one_batch_leaves_silent_is_not_dead(wing):
    net = wing.FullyConnected([1, 1, 1], "relu", initializer=lambda rng, shape: np.ones(shape))
    monitor = wing.monitoring.Monitor(net)
    # in order of the batches: awake, silent
    inputs = np.array([[1.0], [-1.0]])
    trained(wing, net, inputs, 2 * inputs, mode="stochastic", seed=0, lr=1e-9, callback=monitor)
    assert monitor.records[0].dead["activation.0"] == (0, 1)
    with pytest.warns(RuntimeWarning, match="neurons die: 1 of 1"):
        trained(wing, net, inputs[1:], inputs[1:], mode="stochastic", lr=1e-9, callback=monitor)
    assert monitor.records[1].dead["activation.0"] == (1, 1)


@BOTH
def test_one_odd_step_is_no_vanishing_gradient(wing):
    """The last example of an epoch may saturate a layer; three epochs in a row are no chance."""
    net = wing.FullyConnected([4, 3, 2], "tanh")
    monitor = wing.monitoring.Monitor(net, vanishing=0.5, warn=False)
    said = []
    for epoch, share in enumerate([1.0, 0.1, 1.0, 0.1, 0.1, 0.1, 0.1], start=1):
        trained(wing, net, epochs=1, lr=1e-9)
        for name, p in net.named_parameters():
            p.grad[:] = share if name == "layers.0.weight" else 1.0
        said.append(len(monitor.record(epoch).warnings))
    assert said == [0, 0, 0, 0, 0, 1, 0]


@BOTH
def test_it_watches_again_in_the_next_with_and_not_between(wing):
    net = wing.FullyConnected([4, 3, 2], "relu")
    monitor = wing.monitoring.Monitor(net, warn=False)
    for epochs in (1, 2):
        with monitor:
            trained(wing, net, epochs=epochs, callback=monitor, mode="batch")
        net(wing.module.as_tensor(X[:7]))
    sizes = [record.activations["activation.0"].size for record in monitor.records]
    assert sizes == [20 * 3] * 3
    seen = monitor.record(4)
    assert seen.activations["activation.0"].size == 20 * 3, "not that of the 7 examples"
    assert seen.dead == {}
    assert net.activation is wing.activations.relu


@BOTH
def test_two_monitors_are_closed_the_later_one_first(wing):
    net = wing.FullyConnected([4, 3, 2], "relu")
    first, second = (wing.monitoring.Monitor(net, warn=False) for _ in range(2))
    trained(wing, net, callback=first, mode="batch")
    for monitor in (first, second):
        assert monitor.record(1).activations["activation.0"].size == 20 * 3
    with pytest.raises(RuntimeError, match=r"^close: activation was replaced since"):
        first.close()
    second.close()
    first.close()
    first.close()  # again: nothing to do
    assert net.activation is wing.activations.relu
    assert "forward" not in vars(net)


@BOTH
def test_thresholds_move_the_verdict(wing):
    def net():
        return wing.FullyConnected([4, *[10] * 8, 2], "sigmoid")

    assert warned(wing, net(), vanishing=1e-12)[0] == []
    assert "(less than 0.5)" in warned(wing, net(), vanishing=0.5)[0][0]


@BOTH
def test_without_warnings_the_record_has_them(wing):
    net = wing.FullyConnected([4, *[10] * 8, 2], "sigmoid")
    sentences, monitor = warned(wing, net, warn=False)
    assert sentences == []
    assert monitor.records[0].warnings[0].startswith("epoch 1: gradients vanish")


@BOTH
def test_no_step_no_gradients_no_verdict(wing):
    record = wing.monitoring.Monitor(wing.FullyConnected([4, 3, 2])).record(0)
    assert (record.gradients, record.activations, record.dead) == ({}, {}, {})
    assert record.warnings == []


@BOTH
@pytest.mark.parametrize(
    ("options", "name"),
    [
        ({"bins": 0}, "bins"),
        ({"vanishing": -1.0}, "vanishing"),
        ({"vanishing": 1.0}, "vanishing"),
        ({"exploding": 1.0}, "exploding"),
        ({"exploding": math.nan}, "exploding"),
        ({"dying": 1.5}, "dying"),
        ({"dying": math.nan}, "dying"),
    ],
)
def test_thresholds_without_meaning_are_named(wing, options, name):
    net = wing.FullyConnected([4, 3, 2])
    with pytest.raises(ValueError, match=f"^{name}: "):
        wing.monitoring.Monitor(net, **options)
    assert "forward" not in vars(net)


@pytest.mark.parametrize(
    ("options", "name"),
    [
        ({"bins": 2.5}, "bins"),
        ({"bins": "many"}, "bins"),
        ({"vanishing": "small"}, "vanishing"),
        ({"exploding": None}, "exploding"),
        ({"dying": [0.5]}, "dying"),
    ],
)
def test_what_is_no_number_is_named_in_the_same_words(options, name):
    said = []
    for wing in WINGS:
        with pytest.raises(TypeError, match=f"^{name}: expected a") as caught:
            wing.monitoring.Monitor(wing.FullyConnected([4, 3, 2]), **options)
        said.append(str(caught.value))
    assert said[0] == said[1]


@BOTH
def test_a_model_that_is_none_is_named(wing):
    with pytest.raises(TypeError, match=r"^model: expected a Module, got int 3"):
        wing.monitoring.Monitor(3)


@BOTH
@pytest.mark.parametrize(("bins", "error"), [(0, ValueError), (2.5, TypeError)])
def test_statistics_need_a_whole_number_of_bins(wing, bins, error):
    with pytest.raises(error, match=r"^bins: expected"):
        wing.monitoring.statistics(np.ones(3), bins=bins)
