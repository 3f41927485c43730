"""Batch, mini-batch and stochastic descent: their paths, and the noise of their gradients."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from close import assert_close, assert_within

from gradtwin.batches import (
    MODES,
    Problem,
    compare_modes,
    descent_path,
    exact_noise,
    example_gradients,
    gradient_noise,
    loss_surface,
    problem,
    seconds_per_update,
)
from gradtwin.tolerance import composed, drift, rounded_to, scatter

WINGS = ["scratch", "torch"]


@pytest.fixture(scope="module")
def data():
    return problem()


# ---- the path -----------------------------------------------------------------------------------


@pytest.mark.parametrize("mode", MODES)
def test_both_wings_take_the_same_path(mode, data):
    ours, theirs = (descent_path(data, mode, 7, epochs=3, wing=wing) for wing in WINGS)
    allowed = drift(len(ours.gradients), terms=100, dtype="float64")
    for name in ("weights", "gradients", "losses"):
        mine, other = getattr(ours, name), getattr(theirs, name)
        assert_within(mine, other, allowed * np.abs(other).max(), name)
    assert ours.examples.tolist() == theirs.examples.tolist()


def test_what_a_path_says_is_so(data):
    path = descent_path(data, "mini-batch", 30, lr=0.1, epochs=2, seed=3)
    assert path.weights[0].tolist() == data.start.tolist()
    assert path.examples.tolist() == [0, 30, 60, 90, 100, 130, 160, 190, 200]
    # a step is -lr gradient: the product, the difference and the difference here are rounded
    steps = np.diff(path.weights, axis=0)
    size = np.abs(path.weights).max()
    assert_within(steps, -0.1 * path.gradients, rounded_to(size, "float64", times=3))
    # the gradient is that of the examples which the documented shuffle deals out
    rng = np.random.default_rng(3)
    for epoch in range(2):
        order = rng.permutation(100)
        for k, start in enumerate(range(0, 100, 30)):
            at = path.weights[4 * epoch + k]
            each = example_gradients(data, at)[order[start : start + 30]]
            assert_close(
                path.gradients[4 * epoch + k], each.mean(axis=0), terms=30, size=np.abs(each).max()
            )


def test_batch_descent_is_deterministic_and_a_shuffle_is_not(data):
    paths = {
        mode: [descent_path(data, mode, epochs=2, seed=seed).weights for seed in (0, 1)]
        for mode in MODES
    }
    assert paths["batch"][0].tolist() == paths["batch"][1].tolist()
    for mode in ("mini-batch", "stochastic"):
        assert paths[mode][0].tolist() != paths[mode][1].tolist()
        again = descent_path(data, mode, epochs=2, seed=0).weights
        assert again.tolist() == paths[mode][0].tolist()


def test_batch_descent_goes_to_the_least_squares_solution(data):
    path = descent_path(data, "batch", lr=0.5, epochs=300)
    rises = np.diff(path.losses)
    assert (rises <= rounded_to(path.losses[0], "float64", times=2)).all()  # never uphill
    assert_close(path.weights[-1], data.minimum, terms=100)  # numpy's lstsq, by an SVD


def test_the_surface_is_the_loss_of_the_path(data):
    path = descent_path(data, "stochastic", epochs=1)
    for weights, loss in zip(path.weights, path.losses):
        surface = loss_surface(data, weights[:1], weights[1:])
        assert surface.shape == (1, 1)
        assert_close(surface.item(), loss, terms=100)
    grid = loss_surface(data, np.zeros(3), np.linspace(-1, 1, 5))
    assert grid.shape == (5, 3)  # a row for each value of the second weight
    assert (grid == grid[:, :1]).all()


# ---- the noise ----------------------------------------------------------------------------------


@pytest.mark.parametrize("batch_size", range(1, 9))
def test_the_formula_is_the_mean_over_every_batch_there_is(batch_size):
    """All subsets of 8 examples, written out: no formula of sampling is in this."""
    small = problem(8, seed=4)
    at = [0.3, -0.7]
    each = np.array([2 * (x @ at - y[0]) * x for x, y in zip(small.X, small.y)])
    full = each.sum(axis=0) / 8
    apart = [
        ((each[list(batch)].sum(axis=0) / batch_size - full) ** 2).sum()
        for batch in combinations(range(8), batch_size)
    ]
    # three sums; and what is 0 with all 8 examples is here the square of a rounding
    squares = (composed(each, terms=8) ** 2).sum(axis=1).max()
    noise = np.mean(apart)
    assert_within(
        exact_noise(small, at, batch_size), noise, composed(noise, terms=8, layers=3) + squares
    )


@pytest.mark.parametrize("wing", WINGS)
@pytest.mark.parametrize("batch_size", [1, 5, 30])
def test_the_noise_of_fits_own_batches_is_the_formulas(wing, batch_size, data):
    """fit draws without replacement: with replacement the noise of 30 would be 1.41 times this."""
    epochs = 2 if batch_size == 1 else 200
    measured = gradient_noise(data, data.start, batch_size, epochs=epochs, wing=wing)
    exact = exact_noise(data, data.start, batch_size)
    if batch_size == 1:  # every example once an epoch: the mean over all there is
        assert_close(measured, exact, terms=100, layers=2)
        return
    # |g|^2 of a mean of many varies about as an exponential: by its own mean. The batches of an
    # epoch are hardly dependent
    assert_within(measured, exact, scatter(exact, draws=epochs * (100 // batch_size)))


@pytest.mark.parametrize("wing", WINGS)
def test_a_short_last_batch_does_not_count_as_a_whole_one(wing, data):
    """99 of 100: the batch of the one that is left over has 9801 times the noise."""
    measured = gradient_noise(data, data.start, 99, epochs=300, wing=wing)
    exact = exact_noise(data, data.start, 99)
    # the noise of leaving one out is that of the one, /99^2: heavy tails, so their own deviation
    each = example_gradients(data, data.start)
    apart = ((each - each.mean(axis=0)) ** 2).sum(axis=1) / 99**2
    assert_close(apart.mean(), exact, terms=100, layers=2)
    assert_within(measured, exact, scatter(apart.std(), draws=300))


@pytest.mark.parametrize("batch_size", [0, 101])
@pytest.mark.parametrize("noise", [gradient_noise, exact_noise])
def test_a_batch_that_cannot_be_is_refused(noise, batch_size, data):
    with pytest.raises(ValueError, match=f"^batch_size: expected 1 to 100.* got {batch_size}"):
        noise(data, data.start, batch_size)


# ---- side by side -------------------------------------------------------------------------------


def test_the_modes_side_by_side(data):
    batch, mini, stochastic = compare_modes(data, batch_size=10, epochs=20)
    assert [c.mode for c in (batch, mini, stochastic)] == list(MODES)
    # what an update costs rises in proportion with what it reads
    assert batch.products == 10 * mini.products == 100 * stochastic.products
    assert batch.updates * batch.batch_size == mini.updates * 10 == stochastic.updates == 100
    # the noise falls with the size, and with it how much the weights move about at the end
    assert stochastic.noise > mini.noise > batch.noise
    assert stochastic.wandering > mini.wandering > batch.wandering
    # with the same lr and number of epochs, more frequent steps come further: the lecture's claim
    assert batch.loss > mini.loss
    # ... but a step of one example with this lr never settles
    lowest = float(loss_surface(data, *data.minimum[:, np.newaxis]).item())
    assert mini.loss - lowest < stochastic.loss - lowest < batch.loss - lowest


def test_the_time_of_an_update_is_a_time():
    assert seconds_per_update(8, updates=2) > 0


def test_a_line_needs_two_examples():
    with pytest.raises(ValueError, match=r"^n: expected 2 examples or more, got 1"):
        problem(1)


@pytest.mark.parametrize(
    ("call", "error", "said"),
    [
        (lambda d: problem("a"), TypeError, "^n: expected an integer, got str 'a'"),
        (lambda d: problem(2.5), TypeError, "^n: expected an integer, got float 2.5"),
        (lambda d: problem(seed="a"), TypeError, "^seed: expected an integer, got str 'a'"),
        (lambda d: problem(seed=-1), ValueError, "^seed: expected 0 or more, got -1"),
        (lambda d: loss_surface(d, "a", [1.0]), TypeError, "^w1: expected real numbers, got 'a'"),
        (lambda d: loss_surface(d, [1.0], 1.0), ValueError, "^w2: expected shape"),
        (lambda d: exact_noise(d, d.start, "a"), TypeError, "^batch_size: .* got str 'a'"),
        (lambda d: gradient_noise(d, d.start, 2.5), TypeError, "^batch_size: .* got float 2.5"),
        (lambda d: gradient_noise(d, "ab", 3), TypeError, "^weights: expected real numbers"),
        (lambda d: exact_noise(d, [1, 2, 3], 3), ValueError, r"^weights: .*\(2,\), got \(3,\)"),
        (lambda d: seconds_per_update("a"), TypeError, "^batch_size: .* got str 'a'"),
        (lambda d: seconds_per_update(1, updates=0), ValueError, "^updates: expected 1 or more"),
    ],
)
def test_bad_arguments_are_named(data, call, error, said):
    with pytest.raises(error, match=said):
        call(data)


def test_the_gradients_on_paper_are_pytorchs(data):
    import torch

    at = torch.tensor([[0.4, -1.3]], dtype=torch.float64, requires_grad=True)
    X, y = torch.tensor(data.X[:5]), torch.tensor(data.y[:5])
    few = Problem(data.X[:5], data.y[:5], data.start)
    for i, row in enumerate(example_gradients(few, [0.4, -1.3])):
        (g,) = torch.autograd.grad(torch.nn.functional.mse_loss(X[i] @ at.T, y[i]), at)
        assert_close(row, g[0], terms=2, layers=2)
