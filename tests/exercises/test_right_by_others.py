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

from gradtwin.exercises.diagnosis import source_of
from gradtwin.exercises.library import find
from gradtwin.exercises.variants import compiled


def assert_right(ours: Any, theirs: Any) -> None:
    """A few roundings a step, of numbers near 1."""
    np.testing.assert_allclose(ours, theirs, rtol=1e-12, atol=1e-14)


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
        assert_right(ours, theirs[t - 1])


@solutions("momentum")
def test_momentum_is_torchs(
    own: Mapping[str, Any], rng: np.random.Generator
) -> None:
    start, gradients = rng.normal(size=4), list(rng.normal(size=(6, 4)))
    w = torch.tensor(start, requires_grad=True)
    theirs = walked(torch.optim.SGD([w], lr=0.05, momentum=0.9), w, gradients)
    ours, v = start, np.zeros(4)
    for g, expected in zip(gradients, theirs, strict=True):
        result = own["momentum"](ours, v, g, 0.05, 0.9)
        if isinstance(result, dict):
            result = result["v_next"], result["w_next"]
        v, ours = (np.asarray(part) for part in result)
        assert_right(ours, expected)


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
    assert_right(np.array(ours), theirs)


@solutions("gradient_descent")
def test_descent_finds_the_minimum_of_the_lectures_polynomial(own: Mapping[str, Any]) -> None:
    """The lecture's two starts: from 0 to the global minimum, from 0.3 to the local one."""
    minima = np.roots([4, 0, -4, 1])                    # where the derivative is 0
    ends = own["descend"](lambda x: np.asarray(own["slope"](x)), np.array([0.0, 0.3]), 0.05, 300)
    assert len(ends) == 301
    np.testing.assert_allclose(ends[-1], [minima.min(), minima.max()], rtol=1e-12)


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
    assert own["cross_entropy"](p.numpy(), one_hot.numpy()) == pytest.approx(expected, rel=1e-13)
    loss_k = own["cross_entropy_of_classes"](p.numpy(), k.numpy())
    assert loss_k == pytest.approx(expected, rel=1e-13)


@solutions("binary_cross_entropy")
def test_binary_cross_entropy_is_torchs(
    own: Mapping[str, Any], rng: np.random.Generator
) -> None:
    p, y = rng.uniform(0.01, 0.99, 7), rng.uniform(0, 1, 7)
    expected = F.binary_cross_entropy(torch.tensor(p), torch.tensor(y)).item()
    assert own["binary_cross_entropy"](p, y) == pytest.approx(expected, rel=1e-13)
    z = np.log(p) - np.log1p(-p)
    loss_z = own["binary_cross_entropy_with_logits"](z, y)
    assert loss_z == pytest.approx(expected, rel=1e-13)


@pytest.mark.parametrize(("y_hat", "y", "printed"), [(0.62, 1, 0.48), (0.60, 0, 0.92)])
def test_the_lectures_losses_for_xor(y_hat: float, y: float, printed: float) -> None:
    loss = space("binary_cross_entropy")["binary_cross_entropy"](np.array([y_hat]), np.array([y]))
    assert loss == pytest.approx(printed, abs=0.005)


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
    assert values["loss"] == pytest.approx(loss.item(), rel=1e-14)
    assert v1.grad is not None
    assert v2.grad is not None
    assert slopes["dw1"] == pytest.approx(v1.grad.item(), rel=1e-13)
    assert slopes["dw2"] == pytest.approx(v2.grad.item(), rel=1e-13)


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
    [("log_of_p_plus_1e_7", 16.1), ("log_of_p_plus_1e_8", 18.4), ("log_of_p_plus_1e_9", 20.7),
     ("clipped_at_1e_7", 16.1), ("clipped_at_1e_12", 27.6), ("clipped_at_1e_15", 34.5)],
)
def test_a_floor_under_p_stops_the_loss_where_its_message_says(mistake: str, stop: float) -> None:
    p, y = np.array([[1e-300, 1.0]]), np.array([[1.0, 0.0]])
    assert wrong("cross_entropy", mistake)["cross_entropy"](p, y) == pytest.approx(stop, abs=0.05)
    (text,) = [m.en for m in find("cross_entropy").mistakes if m.name == mistake]
    assert f"stops at {stop}" in text
    assert -math.log(1e-30) == pytest.approx(69.08, abs=0.005)


def test_a_second_sigmoid_keeps_the_loss_above_0_31() -> None:
    loss = wrong("binary_cross_entropy", "sigmoid_twice")["binary_cross_entropy_with_logits"]
    assert loss(np.array([800.0]), np.array([1.0])) == pytest.approx(0.3133, abs=5e-5)


def test_adam_without_correction_begins_3_16_times_too_long() -> None:
    zero, g = np.zeros(1), np.array([0.7])
    arguments = (zero, zero, zero, g, 1, 1.0, 0.9, 0.999, 0.0)
    uncorrected = wrong("adam", "no_correction")["adam"](*arguments)[-1]
    assert uncorrected / space("adam")["adam"](*arguments)[-1] == pytest.approx(3.1623, abs=5e-5)
