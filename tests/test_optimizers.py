"""The optimizers: step by step PyTorch's, and a resumed run is the run that was not stopped."""

from __future__ import annotations

import io
import pickle

import numpy as np
import pytest
import torch
from close import assert_close, assert_within

import gradtwin
import scratch
import torch_ref
import torch_ref.optimizers
from gradtwin.tolerance import Tolerance, drift, resolution, rounded_to
from scratch.optimizers import SGD, Adam, AdamW, RMSprop

RULES = [
    ("SGD", {"lr": 0.1}),
    ("SGD", {"lr": 0.1, "weight_decay": 0.3}),
    ("SGD", {"lr": 0.1, "momentum": 0.9}),
    ("SGD", {"lr": 0.1, "momentum": 0.9, "dampening": 0.4, "weight_decay": 0.01}),
    ("SGD", {"lr": 0.1, "momentum": 0.5, "dampening": -0.5}),
    ("SGD", {"lr": 0.1, "momentum": 0.9, "nesterov": True, "weight_decay": 0.01}),
    ("SGD", {"lr": 0.0, "momentum": 0.9}),
    ("RMSprop", {}),
    ("RMSprop", {"lr": 0.1, "alpha": 0.5, "eps": 1e-3, "weight_decay": 0.1}),
    ("RMSprop", {"momentum": 0.9}),
    ("RMSprop", {"centered": True}),
    ("RMSprop", {"centered": True, "momentum": 0.7, "alpha": 0.9, "weight_decay": 0.01}),
    ("Adam", {}),
    ("Adam", {"lr": 0.1, "betas": (0.3, 0.6), "eps": 1e-3}),
    ("Adam", {"lr": 0.1, "betas": (0.0, 0.0)}),
    ("Adam", {"lr": 0.1, "weight_decay": 0.2}),
    ("Adam", {"lr": 0.1, "amsgrad": True, "betas": (0.9, 0.5)}),
    ("AdamW", {}),
    ("AdamW", {"lr": 0.1, "weight_decay": 0.2}),
    ("AdamW", {"lr": 0.1, "weight_decay": 0.0, "amsgrad": True, "betas": (0.5, 0.5)}),
]
IDS = [f"{name}-{'-'.join(options) or 'defaults'}-{i}" for i, (name, options) in enumerate(RULES)]


def trail(optimizers, tensor, name, options):
    """The function (p, g1, g2, ...) -> the parameter after each step."""

    def run(p, *gradients):
        w = tensor(p.detach().numpy().copy(), requires_grad=True)
        optimizer = getattr(optimizers, name)([w], **options)
        path = []
        for g in gradients:
            w.grad = g.numpy().copy() if tensor is scratch.tensor else g.clone()
            optimizer.step()
            path.append(w.detach().numpy().copy())
        return tuple(path)

    return run


@pytest.mark.parametrize(("name", "options"), RULES, ids=IDS)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_every_step_is_pytorchs(name, options, dtype):
    arrays = np.random.default_rng(0).normal(size=(9, 5, 3))
    comparison = gradtwin.compare(
        gradtwin.side("scratch", trail(scratch.optimizers, scratch.tensor, name, options)),
        gradtwin.side("torch", trail(torch_ref.optimizers, torch.tensor, name, options)),
        *arrays,
        dtype=dtype,
        requires_grad=[False] * len(arrays),
    )
    assert comparison.ok, comparison


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_step_is_pytorchs_but_for_one_rounding(dtype):
    rng = np.random.default_rng(0)
    p, g = rng.normal(size=(2, 50, 7)).astype(dtype)
    ours = scratch.tensor(p, requires_grad=True)
    theirs = torch.tensor(p, requires_grad=True)
    ours.grad, theirs.grad = g.copy(), torch.tensor(g)
    SGD([ours], lr=0.1).step()
    torch_ref.optimizers.SGD([theirs], lr=0.1).step()
    moved = theirs.detach().numpy()
    # PyTorch rounds p - lr g once (a fused multiply and add), numpy the product as well
    allowed = rounded_to(moved, dtype, times=2) + rounded_to(0.1 * g, dtype)
    assert_within(ours.data, moved, allowed)
    assert ours.dtype == dtype


@pytest.mark.parametrize(("name", "options"), RULES, ids=IDS)
def test_a_resumed_run_ends_at_the_same_numbers(name, options):
    rng = np.random.default_rng(1)
    start, gradients = rng.normal(size=(4, 2)), rng.normal(size=(6, 4, 2))
    rule = getattr(scratch.optimizers, name)

    def walked(w, optimizer, gradients):
        for g in gradients:
            w.grad = g.copy()
            optimizer.step()
        return w.data

    w = scratch.tensor(start, requires_grad=True)
    in_one_go = walked(w, rule([w], **options), gradients)

    w = scratch.tensor(start, requires_grad=True)
    stopped = rule([w], **options)
    walked(w, stopped, gradients[:3])
    saved = pickle.loads(pickle.dumps(stopped.state_dict()))
    kept = stopped.state_dict()
    resumed = scratch.tensor(w.data, requires_grad=True)
    walked(w, stopped, gradients[3:])  # what was saved does not move with it
    optimizer = rule([resumed])
    optimizer.load_state_dict(saved)
    assert walked(resumed, optimizer, gradients[3:]).tolist() == in_one_go.tolist()
    again = scratch.tensor(resumed.data, requires_grad=True)
    optimizer = rule([again])
    optimizer.load_state_dict(kept)
    assert str(optimizer.state_dict()["state"]) == str(saved["state"])


def saved_to_npz(optimizer):
    """What the optimizer remembers, as the bytes of an .npz file; options are the caller's."""
    file = io.BytesIO()
    remembered = optimizer.state_dict()["state"]
    np.savez(file, **{f"{i}/{name}": np.asarray(value) for i in remembered
                      for name, value in remembered[i].items()})  # fmt: skip
    return file.getvalue()


def loaded_from_npz(optimizer, content, as_array):
    """That memory in an optimizer of either wing; `as_array`: what the wing keeps arrays as."""
    state_dict = optimizer.state_dict()
    with np.load(io.BytesIO(content)) as arrays:
        for key in arrays:
            i, name = key.split("/")
            state_dict["state"].setdefault(int(i), {})[name] = as_array(arrays[key])
    optimizer.load_state_dict(state_dict)


# how a wing keeps its optimizers, makes a parameter and keeps an array
SCRATCH = scratch.optimizers, scratch.tensor, np.array
TORCH = torch_ref.optimizers, torch.tensor, torch.tensor


@pytest.mark.parametrize(("name", "options"), RULES, ids=IDS)
@pytest.mark.parametrize(
    ("first", "second"),
    [(SCRATCH, SCRATCH), (SCRATCH, TORCH), (TORCH, SCRATCH)],
    ids=["scratch-scratch", "scratch-torch", "torch-scratch"],
)
def test_a_run_saved_to_a_file_goes_on_in_either_wing(first, second, name, options):
    rng = np.random.default_rng(1)
    # the last parameter has no dimensions, as the number of steps that is saved beside it
    starts = [rng.normal(size=(4, 2)), rng.normal(size=3), np.array(0.7)]
    gradients = [[rng.normal(size=start.shape) for start in starts] for _ in range(6)]

    def walk(wing, starts, gradients, content=None):
        optimizers, tensor, as_array = wing
        parameters = [tensor(start, requires_grad=True) for start in starts]
        optimizer = getattr(optimizers, name)(parameters, **options)
        if content is not None:
            loaded_from_npz(optimizer, content, as_array)
        for arrays in gradients:
            for p, g in zip(parameters, arrays):
                p.grad = as_array(g)
            optimizer.step()
        return [np.array(p.tolist()) for p in parameters], saved_to_npz(optimizer)

    in_one_go, memory = walk(second, starts, gradients)
    half, content = walk(first, starts, gradients[:3])
    resumed, after = walk(second, half, gradients[3:], content)
    # the other wing's 3 steps may be rounded otherwise, and 6 additions of a step round once each
    exactly = Tolerance(ulps=0, terms=0)
    tolerance = exactly if first is second else Tolerance(terms=6)
    for found, expected in zip(resumed, in_one_go):
        allowed = tolerance.allowed(expected, eps=resolution("float64"))
        assert_within(found, expected, allowed)
    with np.load(io.BytesIO(memory)) as expected, np.load(io.BytesIO(after)) as found:
        assert set(found) == set(expected)
        for key in expected:
            allowed = tolerance.allowed(expected[key], eps=resolution("float64"))
            assert_within(found[key], expected[key], allowed, key)


def test_a_loaded_memory_is_a_copy_of_the_parameters_dtype():
    w = scratch.tensor(np.float32([1.0, 2.0]), requires_grad=True)
    w.grad = np.float32([3.0, 4.0])
    optimizer = SGD([w], lr=0.5, momentum=0.5)
    remembered = torch.tensor([2.0, 4.0], dtype=torch.float64)
    state = {0: {"momentum_buffer": remembered}}
    optimizer.load_state_dict({**optimizer.state_dict(), "state": state})
    optimizer.step()
    assert w.data.tolist() == [1 - 0.5 * (1 + 3), 2 - 0.5 * (2 + 4)]
    assert optimizer.state[w]["momentum_buffer"].dtype == w.dtype == "float32"
    assert remembered.tolist() == [2, 4]


def test_the_state_has_pytorchs_layout():
    ours, theirs = scratch.tensor([1.0, 2.0], requires_grad=True), torch.ones(2, requires_grad=True)
    ours.grad, theirs.grad = np.ones(2), torch.ones(2)
    most = {"SGD": {"momentum": 0.9}, "RMSprop": {"momentum": 0.9, "centered": True},
            "Adam": {"amsgrad": True}, "AdamW": {"amsgrad": True}}  # fmt: skip
    for name, options in most.items():
        mine = getattr(scratch.optimizers, name)([ours], **options)
        reference = getattr(torch.optim, name)([theirs], **options)
        mine.step()
        reference.step()
        mine, reference = mine.state_dict(), reference.state_dict()
        assert mine.keys() == reference.keys()
        assert mine["state"][0].keys() == reference["state"][0].keys()
        assert mine["param_groups"][0].items() <= reference["param_groups"][0].items()


@pytest.mark.parametrize(
    ("change", "pattern"),
    [
        (lambda s: s.pop("state"), "state_dict: expected state and param_groups"),
        (lambda s: s["param_groups"].append({}), "state_dict: expected one group with lr"),
        (lambda s: s["param_groups"][0].pop("eps"), "state_dict: expected one group with lr"),
        (lambda s: s["param_groups"][0].update(params=[0, 1]), "state_dict: it has 2 parameters"),
        (lambda s: s["param_groups"][0].update(lr=-1), "lr: "),
        (lambda s: s["state"][0].update(exp_avg=np.zeros(3)), r"state_dict: exp_avg .*\(3,\)"),
    ],
)
def test_a_state_of_something_else_is_refused_and_nothing_loaded(change, pattern):
    w = scratch.tensor([1.0, 2.0], requires_grad=True)
    w.grad = np.ones(2)
    optimizer = Adam([w])
    optimizer.step()
    saved = optimizer.state_dict()
    optimizer.param_groups[0]["lr"] = 0.5
    before = str(optimizer.state_dict())
    change(saved)
    with pytest.raises(ValueError, match=f"^{pattern}"):
        optimizer.load_state_dict(saved)
    assert str(optimizer.state_dict()) == before


@pytest.mark.parametrize("rule", [SGD, RMSprop, Adam, AdamW])
def test_a_new_learning_rate_holds_from_the_next_step(rule):
    w = scratch.tensor([1.0], requires_grad=True)
    optimizer = rule([w], lr=0.5, weight_decay=0)
    optimizer.param_groups[0]["lr"] = 0.0
    w.grad = np.array([3.0])
    optimizer.step()
    assert w.item() == 1.0


@pytest.mark.parametrize("name", ["SGD", "RMSprop", "Adam", "AdamW"])
def test_a_network_learns_the_same_with_it_in_both_wings(name):
    rng = np.random.default_rng(3)
    X = rng.normal(size=(40, 3))
    y = np.sin(X[:, :1])

    def trained(wing, optimizers):
        net = wing.FullyConnected([3, 5, 1], "tanh")
        rule = getattr(optimizers, name)(net.parameters(), lr=0.01)
        history = wing.fit(net, X, y, wing.functional.mse_loss, epochs=5, optimizer=rule)
        return np.array(history.steps), *map(np.asarray, net.state_dict().values())

    losses = []
    for ours, theirs in zip(
        trained(scratch, scratch.optimizers), trained(torch_ref, torch_ref.optimizers)
    ):
        # 32 examples; the root of a mean square, which is divided by, repeats the rounding of g
        allowed = drift(10, terms=2 * 32, dtype="float64")
        assert_within(ours, theirs, allowed * np.abs(theirs).max())
        losses.append(ours)
    assert losses[0][-1] < losses[0][0]


@pytest.mark.parametrize("rule", [SGD, RMSprop, Adam, AdamW])
def test_the_array_stays_the_same_and_the_gradient_is_kept(rule):
    w = scratch.tensor([1.0, 2.0], requires_grad=True)
    array = w.data
    (w * w).sum().backward()
    rule([w], lr=0.5, weight_decay=0.1).step()
    assert w.data is array
    assert array.tolist() != [1, 2]
    assert w.grad.tolist() == [2, 4]


@pytest.mark.parametrize("rule", [SGD, RMSprop, Adam, AdamW])
def test_a_number_without_dimensions_moves(rule):
    w, v = scratch.tensor(1.0, requires_grad=True), scratch.tensor([1.0], requires_grad=True)
    options = {"momentum": 0.9} if rule in (SGD, RMSprop) else {"amsgrad": True}
    one, other = rule([w], lr=0.1, **options), rule([v], lr=0.1, **options)
    for _ in range(3):
        w.grad, v.grad = np.array(2.0), np.array([2.0])
        one.step()
        other.step()
    assert w.shape == ()
    assert w.item() == v.item() != 1


@pytest.mark.parametrize(
    ("tensor", "optimizer"),
    [(scratch.tensor, SGD), (torch.tensor, torch.optim.SGD)],
    ids=["scratch", "torch"],
)
def test_a_graph_from_before_the_step_refuses(tensor, optimizer):
    w = tensor([1.0, 2.0], requires_grad=True)
    loss = (w * w).sum()
    loss.backward(retain_graph=True)
    optimizer([w], lr=0.1).step()
    with pytest.raises(RuntimeError, match=r"in.?place"):
        loss.backward()


@pytest.mark.parametrize("rule", [SGD, RMSprop, Adam, AdamW])
def test_a_parameter_without_gradient_stays(rule):
    w, v = scratch.tensor([1.0], requires_grad=True), scratch.tensor([1.0], requires_grad=True)
    (w * 3).sum().backward()
    optimizer = rule(iter([w, v]), lr=0.1)
    optimizer.step()
    assert w.item() < v.item() == 1
    optimizer.zero_grad()
    assert w.grad is None


@pytest.mark.parametrize(
    ("rule", "options"),
    [("SGD", {"momentum": 0.9, "dampening": 0.5}), ("RMSprop", {}), ("Adam", {}), ("AdamW", {})],
)
def test_a_parameter_whose_first_gradient_comes_late_begins_then(rule, options):
    """Its own number of steps counts, not that of the others: Adam's bias correction needs it."""

    def trained(library, optimizers):
        w, v = (library.tensor(x, requires_grad=True) for x in ([1.0, 2.0], [3.0, -4.0]))
        optimizer = getattr(optimizers, rule)([w, v], lr=0.1, **options)
        for step in range(6):
            optimizer.zero_grad()
            loss = (w * w).sum() if step < 3 else (w * v).sum() + (v * v).sum()
            loss.backward()
            optimizer.step()
        return [w.tolist(), v.tolist()]

    torch.set_default_dtype(torch.float64)
    try:
        expected = trained(torch, torch.optim)
    finally:
        torch.set_default_dtype(torch.float32)
    # six steps of some six operations
    assert_close(trained(scratch, scratch.optimizers), expected, terms=6, layers=6)


@pytest.mark.parametrize("rule", [SGD, RMSprop, Adam, AdamW])
def test_a_numpy_learning_rate_does_not_widen_float32(rule):
    steps = []
    for lr in (0.1, np.float64(0.1)):
        w = scratch.tensor(np.float32([1.7]), requires_grad=True)
        w.grad = np.float32([0.3])
        optimizer = rule([w], lr=lr)
        optimizer.step()
        steps.append(w.item())
        remembered = optimizer.state.get(w, {}).values()
        assert {a.dtype for a in remembered if isinstance(a, np.ndarray)} <= {np.dtype("float32")}
    assert steps[0] == steps[1]


def test_a_variance_of_nothing_is_no_square_root_of_a_negative_number():
    w = scratch.tensor([0.0], requires_grad=True)
    optimizer = RMSprop([w], lr=1e-9, alpha=0.3, centered=True)
    for _ in range(60):  # 0.3^60 is beyond float64: v and a^2 are equal but for rounding
        w.grad = np.array([1.1])
        optimizer.step()
        assert np.isfinite(w.item())


@pytest.mark.parametrize(
    ("params", "lr", "error", "pattern"),
    [
        ([], 0.1, ValueError, "params: .*empty"),
        (scratch.tensor([1.0]), 0.1, TypeError, "params: .*several"),
        ([np.ones(2)], 0.1, TypeError, r"params\[0\]: .*ndarray"),
        ([scratch.tensor([1.0], requires_grad=True) * 2], 0.1, ValueError, r"params\[0\]: .*leaf"),
        ([scratch.tensor([1.0])] * 2, 0.1, ValueError, r"params\[1\]: .*params\[0\]"),
        ([scratch.tensor([1.0])], -0.1, ValueError, "lr: "),
        ([scratch.tensor([1.0])], float("nan"), ValueError, "lr: "),
        ([scratch.tensor([1.0])], float("inf"), ValueError, "lr: "),
        ([scratch.tensor([1.0])], "0.1", TypeError, "lr: "),
    ],
)
@pytest.mark.parametrize("rule", [SGD, RMSprop, Adam, AdamW])
def test_bad_arguments_are_named(rule, params, lr, error, pattern):
    with pytest.raises(error, match=f"^{pattern}"):
        rule(params, lr=lr)


@pytest.mark.parametrize(
    ("name", "options", "argument"),
    [
        ("SGD", {"momentum": -0.1}, "momentum"),
        ("SGD", {"weight_decay": -0.1}, "weight_decay"),
        ("SGD", {"nesterov": True}, "nesterov"),
        ("SGD", {"nesterov": True, "momentum": 0.9, "dampening": 0.1}, "nesterov"),
        ("RMSprop", {"alpha": -0.1}, "alpha"),
        ("RMSprop", {"eps": -1e-8}, "eps"),
        ("RMSprop", {"momentum": -1}, "momentum"),
        ("RMSprop", {"weight_decay": -1}, "weight_decay"),
        ("Adam", {"betas": (1.0, 0.9)}, r"betas\[0\]"),
        ("Adam", {"betas": (0.9, -0.1)}, r"betas\[1\]"),
        ("Adam", {"eps": float("nan")}, "eps"),
        ("Adam", {"weight_decay": -1}, "weight_decay"),
        ("AdamW", {"betas": (0.9, 1.0)}, r"betas\[1\]"),
        ("AdamW", {"weight_decay": -1}, "weight_decay"),
    ],
)
def test_options_out_of_range_are_refused_as_pytorch_does(name, options, argument):
    with pytest.raises(ValueError, match=f"^{argument}: "):
        getattr(scratch.optimizers, name)([scratch.tensor([1.0])], **options)
    with pytest.raises(ValueError, match=r"Invalid|Nesterov"):
        getattr(torch_ref.optimizers, name)([torch.ones(1)], **options)
