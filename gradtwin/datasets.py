"""Real data for `gradtwin train`: scikit-learn's small sets, split by a seed and scaled.

scikit-learn is the extra `[data]`; nothing else of gradtwin needs it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

Array = np.ndarray[Any, np.dtype[Any]]

DATASETS = ("digits", "breast_cancer", "iris", "wine")
TEST_SHARE = 0.25


class MissingExtraError(ImportError):
    """A package that only an extra of gradtwin brings is not installed."""


@dataclass(frozen=True, slots=True)
class Dataset:
    """Examples with their classes, in a part to learn from and one to be judged by.

    Args:
        name: one of `DATASETS`, or of one's own.
        X_train, X_test: (n, m), scaled; floats.
        y_train, y_test: (n,), classes from 0.
        classes: the names of the classes.
    """

    name: str
    X_train: Array
    y_train: Array
    X_test: Array
    y_test: Array
    classes: tuple[str, ...]

    def __repr__(self) -> str:
        n, m = self.X_train.shape
        return (
            f"Dataset({self.name}: {n} to train, {len(self.X_test)} to test, {m} inputs, "
            f"{len(self.classes)} classes)"
        )


def load(name: str, seed: int = 0, dtype: str = "float64") -> Dataset:
    """A data set of scikit-learn, a quarter of it kept for the test.

    Digits are divided by 16, the largest grey; the others are standardised with the mean and the
    standard deviation of the training part, so that the test part stays unseen.

    Args:
        name: one of `DATASETS`.
        seed: of the shuffle before the split, 0 or more.
        dtype: "float32" or "float64".

    Raises:
        ValueError: an unknown name.
        MissingExtraError: without scikit-learn (pip install gradtwin[data]).

    >>> load("iris")
    Dataset(iris: 113 to train, 37 to test, 4 inputs, 3 classes)
    """
    if name not in DATASETS:
        raise ValueError(f"dataset: expected one of {', '.join(DATASETS)}, got {name!r}")
    bunch = _loader(name)()
    X, y = bunch.data.astype(np.float64), bunch.target.astype(np.int64)
    order = np.random.default_rng(seed).permutation(len(X))
    test, train = np.split(order, [int(len(X) * TEST_SHARE)])
    scaled = X / 16.0 if name == "digits" else standardised(X, train)
    scaled = scaled.astype(dtype)
    classes = tuple(str(each) for each in bunch.target_names)
    return Dataset(name, scaled[train], y[train], scaled[test], y[test], classes)


def standardised(X: Array, train: Array) -> Array:
    """(x - mean) / deviation, column by column; (n, m) -> (n, m), a constant column gives 0.

    train: the rows that mean and deviation are taken of.

    >>> standardised(np.array([[1.0, 5.0], [3.0, 5.0], [5.0, 5.0]]), np.array([0, 1])).tolist()
    [[-1.0, 0.0], [1.0, 0.0], [3.0, 0.0]]
    """
    mean, deviation = X[train].mean(axis=0), X[train].std(axis=0)
    result: Array = (X - mean) / np.where(deviation == 0, 1.0, deviation)
    return result


def _loader(name: str) -> Callable[[], Any]:
    try:
        from sklearn import datasets  # type: ignore[import-untyped]
    except ImportError as error:
        raise MissingExtraError(
            f"the data set {name} comes with scikit-learn: pip install gradtwin[data]"
        ) from error
    loader: Callable[[], Any] = getattr(datasets, f"load_{name}")
    return loader
