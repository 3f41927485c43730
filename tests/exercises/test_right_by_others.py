"""The right solutions of these exercises against what is not ours: torch.optim, torch's loader,
torch's losses of logits, autograd through the whole network; and the figures in the messages.

The references of the library judge one step at a time; here whole runs are compared.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from close import assert_close, assert_printed

from gradtwin.exercises.diagnosis import source_of
from gradtwin.exercises.library import find
from gradtwin.exercises.variants import compiled


def assert_right(ours: Any, theirs: Any, steps: int) -> None:
    """So many steps after one another of ten operations or fewer, Adam's."""
    assert_close(ours, theirs, terms=10, layers=steps, size=np.abs(theirs).max())


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(0)


def space(name: str, number: int = 0) -> Mapping[str, Any]:
    """What a right solution defines, as a student wrote it: without the driver."""
    return compiled(find(name).right[number])


def solutions(name: str) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("own", [space(name, i) for i in range(len(find(name).right))],
                                   ids=lambda _: "")


def walked(optimizer: Any, w: torch.Tensor, gradients: list[np.ndarray]) -> np.ndarray:
    """The weights after each step of one of PyTorch's own optimizers."""
    after = []
    for g in gradients:
        w.grad = torch.tensor(g)
        optimizer.step()
        after.append(w.detach().numpy().copy())
    return np.array(after)


@solutions("adam")
def test_adam_is_torchs(
    own: Mapping[str, Any], rng: np.random.Generator
) -> None:
    start, gradients = rng.normal(size=4), list(rng.normal(size=(6, 4)) * [1, 1e-3, 10, 0])
    w = torch.tensor(start, requires_grad=True)
    theirs = walked(torch.optim.Adam([w], lr=0.05, betas=(0.8, 0.99), eps=1e-8), w, gradients)
    ours, m, v = start, np.zeros(4), np.zeros(4)
    for t, g in enumerate(gradients, 1):
        result = own["adam"](ours, m, v, g, t, 0.05, 0.8, 0.99, 1e-8)
        if isinstance(result, dict):
            result = [result[q] for q in find("adam").parsed[0].returns]
        m, v, _, _, ours = (np.asarray(part) for part in result)
        assert_right(ours, theirs[t - 1], steps=t)


@solutions("momentum")
def test_momentum_is_torchs(
    own: Mapping[str, Any], rng: np.random.Generator
) -> None:
    start, gradients = rng.normal(size=4), list(rng.normal(size=(6, 4)))
    w = torch.tensor(start, requires_grad=True)
    theirs = walked(torch.optim.SGD([w], lr=0.05, momentum=0.9), w, gradients)
    ours, v = start, np.zeros(4)
    for t, g in enumerate(gradients, 1):
        result = own["momentum"](ours, v, g, 0.05, 0.9)
        if isinstance(result, dict):
            result = result["v_next"], result["w_next"]
        v, ours = (np.asarray(part) for part in result)
        assert_right(ours, theirs[t - 1], steps=t)


@solutions("momentum")
def test_the_loop_with_ones_own_step_is_torchs(own: Mapping[str, Any]) -> None:
    A, w0 = np.array([[2.0, 0.5], [0.5, 1.0]]), np.array([3.0, -2.0])
    w = torch.tensor(w0, requires_grad=True)
    optimizer = torch.optim.SGD([w], lr=0.1, momentum=0.9)
    theirs = [w0]
    for _ in range(5):
        w.grad = torch.tensor(A) @ w.detach()
        optimizer.step()
        theirs.append(w.detach().numpy().copy())

    def step(w: np.ndarray, v: np.ndarray, g: np.ndarray) -> Any:
        return space("momentum")["momentum"](w, v, g, 0.1, 0.9)

    ours = own["train"](step, lambda w: A @ w, w0, 5)
    assert_right(ours, theirs, steps=5)


@solutions("gradient_descent")
def test_descent_finds_the_minimum_of_the_lectures_polynomial(own: Mapping[str, Any]) -> None:
    """The lecture's two starts: from 0 to the global minimum, from 0.3 to the local one."""
    minima = np.roots([4, 0, -4, 1])                    # where the derivative is 0
    ends = own["descend"](lambda x: np.asarray(own["slope"](x)), np.array([0.0, 0.3]), 0.05, 300)
    assert len(ends) == 301
    assert_close(ends[-1], [minima.min(), minima.max()], terms=3, size=4)   # 4 x^3 - 4 x + 1


@solutions("mini_batches")
def test_batches_are_those_of_torchs_sampler(
    own: Mapping[str, Any], rng: np.random.Generator
) -> None:
    for n, size in ((10, 3), (9, 3), (2, 5), (4, 1)):
        order = rng.permutation(n)
        theirs = torch.utils.data.BatchSampler(order.tolist(), size, drop_last=False)
        ours = own["mini_batches"](order, size)
        assert [np.asarray(b).tolist() for b in ours] == list(theirs)


@solutions("cross_entropy")
def test_cross_entropy_is_that_of_the_logits(
    own: Mapping[str, Any], rng: np.random.Generator
) -> None:
    z = torch.tensor(rng.normal(size=(6, 4)) * 3)
    p, k = torch.softmax(z, dim=1), torch.tensor(rng.integers(0, 4, 6))
    one_hot = F.one_hot(k, 4).double()
    expected = F.cross_entropy(z, k).item()
    loss = own["cross_entropy"](p.numpy(), one_hot.numpy())
    loss_k = own["cross_entropy_of_classes"](p.numpy(), k.numpy())
    assert_close([loss, loss_k], [expected, expected], terms=6, layers=3)


@solutions("binary_cross_entropy")
def test_binary_cross_entropy_is_torchs(
    own: Mapping[str, Any], rng: np.random.Generator
) -> None:
    p, y = rng.uniform(0.01, 0.99, 7), rng.uniform(0, 1, 7)
    expected = F.binary_cross_entropy(torch.tensor(p), torch.tensor(y)).item()
    z = np.log(p) - np.log1p(-p)
    loss, loss_z = own["binary_cross_entropy"](p, y), own["binary_cross_entropy_with_logits"](z, y)
    assert_close([loss, loss_z], [expected, expected], terms=7, layers=3)


@pytest.mark.parametrize(("y_hat", "y", "printed"), [(0.62, 1, "0.48"), (0.60, 0, "0.92")])
def test_the_lectures_losses_for_xor(y_hat: float, y: float, printed: str) -> None:
    loss = space("binary_cross_entropy")["binary_cross_entropy"](np.array([y_hat]), np.array([y]))
    assert_printed(loss, printed)


@solutions("one_neuron")
def test_one_neuron_is_autograd_through_the_whole_network(own: Mapping[str, Any]) -> None:
    x, y, w1, w2 = 1.3, 0.25, -0.7, 2.1
    v1, v2 = (torch.tensor(w, dtype=torch.float64, requires_grad=True) for w in (w1, w2))
    loss = (torch.sigmoid(v2 * torch.sigmoid(v1 * x)) - y) ** 2
    loss.backward()  # type: ignore[no-untyped-call]
    forward, backward = find("one_neuron").parsed
    values = named(forward.returns, own["forward"](x, y, w1, w2))
    slopes = named(backward.returns, own["backward"](
        x, y, w1, w2, *(values[q] for q in ("z1", "h1", "z2", "y_hat"))))
    assert_close(values["loss"], loss, layers=5)
    assert_close([slopes["dw1"], slopes["dw2"]], [v1.grad, v2.grad], layers=2 * 5)


def named(names: tuple[str, ...], result: Any) -> Mapping[str, Any]:
    return result if isinstance(result, dict) else dict(zip(names, result, strict=True))


# ---- the figures in the messages ------------------------------------------------------------


def wrong(name: str, mistake: str) -> Mapping[str, Any]:
    exercise = find(name)
    (chosen,) = [m for m in exercise.mistakes if m.name == mistake]
    source = source_of(exercise, (chosen,))
    assert source is not None
    return compiled(source)


@pytest.mark.parametrize(
    ("mistake", "stop"),
    [("log_of_p_plus_1e_7", "16.1"), ("log_of_p_plus_1e_8", "18.4"),
     ("log_of_p_plus_1e_9", "20.7"), ("clipped_at_1e_7", "16.1"), ("clipped_at_1e_12", "27.6"),
     ("clipped_at_1e_15", "34.5")],
)
def test_a_floor_under_p_stops_the_loss_where_its_message_says(mistake: str, stop: str) -> None:
    p, y = np.array([[1e-300, 1.0]]), np.array([[1.0, 0.0]])
    assert_printed(wrong("cross_entropy", mistake)["cross_entropy"](p, y), stop)
    (text,) = [m.en for m in find("cross_entropy").mistakes if m.name == mistake]
    assert f"stops at {stop}" in text
    assert_printed(-math.log(1e-30), "69.08")


def test_a_second_sigmoid_keeps_the_loss_above_0_31() -> None:
    loss = wrong("binary_cross_entropy", "sigmoid_twice")["binary_cross_entropy_with_logits"]
    assert_printed(loss(np.array([800.0]), np.array([1.0])), "0.3133")


def test_adam_without_correction_begins_3_16_times_too_long() -> None:
    zero, g = np.zeros(1), np.array([0.7])
    arguments = (zero, zero, zero, g, 1, 1.0, 0.9, 0.999, 0.0)
    uncorrected = wrong("adam", "no_correction")["adam"](*arguments)[-1]
    assert_printed((uncorrected / space("adam")["adam"](*arguments)[-1]).item(), "3.1623")
