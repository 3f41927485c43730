"""What the table of samples never draws: long axes, upstream gradients that are views, small ints.

Each is a place where a planted mistake went unnoticed by everything else.
"""

from __future__ import annotations

import numpy as np
import pytest
import torch
import torch.nn.functional as T
from close import assert_close, assert_within

import gradtwin
import scratch
import scratch.functional as F
from gradtwin.tolerance import rounded_to


def drawn(*shape: int) -> np.ndarray:
    return np.random.default_rng(sum(shape)).normal(size=shape)


@pytest.mark.parametrize("length", [7, 8, 9, 16, 17, 33, 100])
@pytest.mark.parametrize("name", ["softmax", "log_softmax", "softmin"])
def test_along_a_long_axis(name, length):
    ours, theirs = getattr(F, name), getattr(T, name)
    for dim, shape in ((-1, (3, length)), (0, (length, 3))):
        gradtwin.assert_twins(
            lambda x, f=ours, d=dim: f(x, dim=d), lambda x, f=theirs, d=dim: f(x, dim=d),
            drawn(*shape),
        )  # fmt: skip


@pytest.mark.parametrize("classes", [7, 10, 33, 100])
@pytest.mark.parametrize("loss", ["cross_entropy", "nll_loss"])
def test_a_loss_of_many_classes(loss, classes):
    y = np.arange(40) % classes
    gradtwin.assert_twins(
        lambda z: getattr(F, loss)(z, scratch.tensor(y)),
        lambda z: getattr(T, loss)(z, torch.tensor(y)),
        drawn(40, classes),
    )


@pytest.mark.parametrize("kind", [np.uint8, np.int8, np.int16, np.int32])
def test_classes_as_small_integers(kind):
    """64 examples of 10 classes: where an index is counted in uint8, it overflows."""
    z, y = drawn(64, 10), (np.arange(64) % 10).astype(kind)
    ours = F.cross_entropy(scratch.tensor(z), scratch.tensor(y))
    theirs = T.cross_entropy(torch.tensor(z), torch.tensor(y.astype(np.int64)))
    # 63 additions of numbers of one sign, on either side
    assert_within(ours, theirs, rounded_to(theirs, "float64", times=2 * 63))


@pytest.mark.parametrize("padding", [0, 1, 3])
@pytest.mark.parametrize("length", [8, 9, 16, 33])
def test_convolution_of_a_long_input(length, padding):
    gradtwin.assert_twins(
        lambda x, w: F.conv1d(x, w, padding=padding),
        lambda x, w: T.conv1d(x, w, padding=padding),
        drawn(2, 3, length),
        drawn(4, 3, 5),
    )


@pytest.mark.parametrize(
    ("ours", "theirs", "arrays"),
    [
        (F.conv1d, T.conv1d, [drawn(2, 3, 7), drawn(4, 3, 2)]),
        (F.prelu, T.prelu, [drawn(4, 3, 5), drawn(3)]),
        (F.linear, T.linear, [drawn(2, 4, 3), drawn(5, 3)]),
        (F.softmax, T.softmax, [drawn(2, 4, 3)]),
        (F.relu, T.relu, [drawn(2, 4, 3)]),
        (F.sigmoid, T.sigmoid, [drawn(2, 4, 3)]),
    ],
    ids=["conv1d", "prelu", "linear", "softmax", "relu", "sigmoid"],
)
def test_an_upstream_gradient_that_is_no_contiguous_array(ours, theirs, arrays):
    """A transposition after the operation hands it a view as its gradient."""
    options = {"dim": 1} if ours is F.softmax else {}
    weight = drawn(*np.swapaxes(theirs(*map(torch.tensor, arrays), **options).numpy(), 1, 2).shape)

    def product(result, library):
        return (result.transpose(1, 2) * library.tensor(weight)).sum()

    gradtwin.assert_twins(
        lambda *t: product(ours(*t, **options), scratch),
        lambda *t: product(theirs(*t, **options), torch),
        *arrays,
    )


NUMPYS = [
    np.sum, np.mean, np.max, np.min, np.transpose, np.exp, np.expm1, np.log1p, np.sin, np.cos,
    np.sinh, np.cosh, np.tanh, np.square, np.negative, np.absolute, np.sign, np.argmax,
    np.zeros_like, np.ones_like, np.shape, np.ndim,
]  # fmt: skip


@pytest.mark.parametrize("function", NUMPYS, ids=lambda f: f.__name__)
def test_a_function_of_numpy_means_the_same_on_a_tensor(function):
    x = np.array([[3.0, -1.0, 0.5], [2.0, 0.25, -2.0]])[:, 1:] + 2.5
    result = function(scratch.tensor(x))
    data = result.data if isinstance(result, scratch.Tensor) else result
    assert_close(data, function(x), terms=0)


@pytest.mark.parametrize(
    "function",
    [np.add, np.subtract, np.multiply, np.divide, np.power, np.maximum, np.minimum, np.less,
     np.less_equal, np.greater, np.greater_equal, np.equal, np.not_equal],
    ids=lambda f: f.__name__,
)  # fmt: skip
def test_a_ufunc_of_two_arguments_means_the_same_on_tensors(function):
    x, y = np.array([3.0, 1.0, 2.0]), np.array([1.0, 1.0, 4.0])
    result = function(scratch.tensor(x), scratch.tensor(y))
    np.testing.assert_array_equal(result.data, function(x, y))


@pytest.mark.parametrize("reduce", [np.add, np.multiply, np.maximum, np.minimum])
def test_a_reduction_by_a_ufunc_means_the_same_on_a_tensor(reduce):
    x = np.array([[3.0, 1.0], [2.0, 5.0]])
    for axis in (0, 1, None):
        ours = reduce.reduce(scratch.tensor(x), axis)
        np.testing.assert_array_equal(ours.data, reduce.reduce(x, axis))


def test_logical_operators_are_those_of_numpy():
    a, b = np.array([True, True, False, False]), np.array([True, False, True, False])
    x, y = scratch.tensor(a), scratch.tensor(b)
    np.testing.assert_array_equal((x & y).data, a & b)
    np.testing.assert_array_equal((x | y).data, a | b)
    np.testing.assert_array_equal((~x).data, ~a)


def test_a_gradient_asked_for_twice_is_two_arrays():
    x = scratch.tensor([1.0, 2.0], requires_grad=True)
    first, second = scratch.autograd.grad((x * x).sum(), [x, x])
    assert not np.shares_memory(first.data, second.data)
