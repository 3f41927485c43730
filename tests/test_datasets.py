"""The data sets of `gradtwin train`: what is in them, how they are split and scaled."""

from __future__ import annotations

import sys

import numpy as np
import pytest
from close import assert_close
from sklearn import datasets as sklearn_datasets
from sklearn.preprocessing import StandardScaler

from gradtwin.datasets import DATASETS, MissingExtraError, load, standardised

ALL = pytest.mark.parametrize("name", DATASETS)


def original(name):
    return getattr(sklearn_datasets, f"load_{name}")()


def rows(X):
    return sorted(map(tuple, X.tolist()))


@ALL
def test_every_example_is_in_one_part(name):
    data, bunch = load(name), original(name)
    assert len(data.X_train) + len(data.X_test) == len(bunch.data)
    assert len(data.X_test) == len(bunch.data) // 4
    counts = np.bincount(np.concatenate([data.y_train, data.y_test]))
    np.testing.assert_array_equal(counts, np.bincount(bunch.target))
    assert data.classes == tuple(map(str, bunch.target_names))


def test_digits_are_divided_by_the_largest_grey():
    data, bunch = load("digits"), original("digits")
    back = np.concatenate([data.X_train, data.X_test]) * 16
    assert rows(back) == rows(bunch.data)  # by a power of two: exact


@ALL
def test_examples_keep_their_class(name):
    """Undo the scaling of the test part by scikit-learn's own scaler, and look each one up."""
    data, bunch = load(name, seed=3), original(name)
    order = np.random.default_rng(3).permutation(len(bunch.data))
    test, train = order[: len(data.X_test)], order[len(data.X_test) :]
    np.testing.assert_array_equal(data.y_test, bunch.target[test])
    np.testing.assert_array_equal(data.y_train, bunch.target[train])
    if name != "digits":
        scaler = StandardScaler().fit(bunch.data[train])
        # x - mean cancels; both are divided by the deviation
        for found, part in ((data.X_test, test), (data.X_train, train)):
            size = (np.abs(bunch.data[part]) + np.abs(scaler.mean_)) / scaler.scale_
            expected = scaler.transform(bunch.data[part])
            assert_close(found, expected, terms=len(train), size=size)


def test_a_constant_column_becomes_0():
    X = np.array([[1.0, 7.0], [3.0, 7.0], [9.0, 8.0]])
    assert standardised(X, np.array([0, 1])).tolist() == [[-1.0, 0.0], [1.0, 0.0], [7.0, 1.0]]


def test_the_seed_decides_the_split():
    first, again, other = load("wine", seed=1), load("wine", seed=1), load("wine", seed=2)
    np.testing.assert_array_equal(first.X_train, again.X_train)
    assert not np.array_equal(first.y_test, other.y_test)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_dtypes(dtype):
    data = load("iris", dtype=dtype)
    assert data.X_train.dtype == data.X_test.dtype == dtype
    assert data.y_train.dtype == np.int64


def test_an_unknown_name():
    with pytest.raises(ValueError, match=r"dataset: expected one of digits, .*, got 'mnist'"):
        load("mnist")


def test_without_scikit_learn_the_message_names_the_extra(monkeypatch):
    monkeypatch.setitem(sys.modules, "sklearn", None)
    with pytest.raises(MissingExtraError, match=r"pip install gradtwin\[data\]"):
        load("iris")
