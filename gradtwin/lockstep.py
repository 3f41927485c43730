"""Both wings trained at once, on the same examples in the same order, and held side by side.

The wings exchange their weights once, before the first step; from then on each computes its own
gradients and takes its own steps with its own `fit`. After every epoch their losses, their test
accuracies and the largest distance between two parameters are taken down.

Sections of the lecture: «Descenso del gradiente», «Variaciones del descenso de gradiente».
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field
from importlib import import_module
from itertools import pairwise
from typing import Any

import numpy as np

from .datasets import Dataset
from .json_values import plain
from .tolerance import drift

Array = np.ndarray[Any, np.dtype[Any]]

DIVERGED = 1e6
"""A mean loss above this is no training any more: guessing costs log(classes), some 2, and at 745
the probability of the right class is already below the smallest float64."""

MOST_PARAMETERS = 20_000_000
"""More are refused: two networks with their gradients and copies would fill an ordinary memory."""


ONE_SAMPLE = 10.0
"""Two networks begun a rounding apart are one sample of how far it takes them; measured over data
sets, activations and learning rates, the wings were up to 7 times further apart."""


@dataclass(frozen=True, slots=True)
class Epoch:
    """What an epoch left behind: scratch's number, PyTorch's, and how far apart the wings are.

    Args:
        epoch: counted from 1.
        loss: the mean loss an example, in scratch and in PyTorch.
        accuracy: the share of the test examples that each puts in the right class.
        distance: the largest |difference| between two parameters.
    """

    epoch: int
    loss: tuple[float, float]
    accuracy: tuple[float, float]
    distance: float

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return {
            "epoch": self.epoch,
            "loss": {"scratch": plain(self.loss[0]), "torch": plain(self.loss[1])},
            "accuracy": {"scratch": self.accuracy[0], "torch": self.accuracy[1]},
            "distance": plain(self.distance),
        }


@dataclass(slots=True)
class Training:
    """A run of `train`: its epochs, the two networks, and whether they still are twins.

    Args:
        ours, theirs: the trained networks, `scratch.FullyConnected` and `torch_ref.FullyConnected`.
        epochs: those that were finished.
        allowed: how far apart rounding may have brought the parameters; infinity where it may
            have brought them anywhere.
        interrupted: whether Ctrl-C ended the run; the networks are as the last epoch left them.
        diverged: whether the loss rose above `DIVERGED`, or stopped being a number: the last epoch.
    """

    ours: Any
    theirs: Any
    epochs: list[Epoch] = field(default_factory=list)
    allowed: float = 0.0
    interrupted: bool = False
    diverged: bool = False

    @property
    def distance(self) -> float:
        """The largest |difference| between two parameters at the end."""
        return self.epochs[-1].distance if self.epochs else 0.0

    @property
    def ok(self) -> bool:
        """The parameters are no further apart than rounding explains, and finite."""
        return not self.diverged and self.distance <= self.allowed

    @property
    def magnifies(self) -> bool:
        """Whether this training blows up small differences so much that nothing can be told."""
        return not self.diverged and math.isinf(self.allowed)

    @property
    def verdict(self) -> str:
        """In a word: "twins", "DIFFERENT", "cannot tell" or "diverged"."""
        if self.diverged:
            return "diverged"
        if self.magnifies or not self.epochs:
            return "cannot tell"
        return "twins" if self.ok else "DIFFERENT"

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return {
            "ok": self.ok,
            "verdict": self.verdict,
            "interrupted": self.interrupted,
            "diverged": self.diverged,
            "magnifies": self.magnifies,
            "distance": plain(self.distance),
            "allowed": plain(self.allowed),
            "epochs": [epoch.to_dict() for epoch in self.epochs],
        }

    def __repr__(self) -> str:
        return f"Training({len(self.epochs)} epochs, {self.verdict}, distance {self.distance:.1e})"


def train(
    dataset: Dataset,
    hidden: Sequence[int] = (32,),
    activation: str = "relu",
    lr: float = 0.2,
    epochs: int = 30,
    batch_size: int = 32,
    mode: str = "mini-batch",
    seed: int = 0,
    callback: Callable[[Epoch], object] | None = None,
    watch: Callable[[Epoch, Any, Any], object] | None = None,
    team: Any = None,
) -> Training:
    """Train two networks [inputs, *hidden, classes], one a wing, by softmax with cross entropy.

    Args:
        dataset: see `gradtwin.datasets.load`; the networks take the dtype of its examples.
        hidden: neurons of each hidden layer, at least one layer.
        activation: that of the hidden layers, by name.
        lr, batch_size, mode: as those of `fit`.
        seed: of the weights and of the shuffles.
        callback: called with each finished `Epoch`.
        watch: called after it with the epoch and what a `Monitor` saw in scratch and in PyTorch,
            a `Record` each. Without it nothing is monitored.
        team: the processes that train the torch wing together, a `distributed.Team`, seen from
            its process 0; the others `assist`.

    Raises:
        ValueError, TypeError: an argument that makes no sense; it is named.

    Ctrl-C ends the run after the last finished epoch, with `interrupted` set.

    >>> from gradtwin.datasets import load
    >>> training = train(load("iris"), hidden=[8], epochs=5)
    >>> len(training.epochs), training.ok
    (5, True)
    """
    sizes = layer_sizes(dataset, hidden)
    if epochs < 1:
        raise ValueError(f"epochs: expected 1 or more, got {epochs}")
    import scratch
    import torch_ref

    dtype = str(dataset.X_train.dtype)
    options = {"lr": lr, "mode": mode, "batch_size": batch_size}

    def learner(wing: Any, watched: bool, team: Any = None) -> _Learner:
        network = wing.FullyConnected(sizes, activation, seed=seed, dtype=dtype)
        return _Learner(network, wing, dataset, options, watched, team)

    watched = watch is not None
    by_hand, by_torch = learner(scratch, watched), learner(torch_ref, watched, team)
    ours, theirs = by_hand.network, by_torch.network
    start = _arrays(ours)
    theirs.load_state_dict(start)  # the one exchange

    training = Training(ours, theirs)
    terms = max(*sizes, len(dataset.X_train))
    finished, steps, limits = (start, start), 0, []
    with np.errstate(all="ignore"):  # a run that diverges is reported as such
        try:
            for epoch, shuffle in enumerate(_shuffles(seed, epochs), start=1):
                histories = by_hand.learn(epoch, shuffle), by_torch.learn(epoch, shuffle)
                arrays = _arrays(ours), _arrays(theirs)
                done = Epoch(
                    epoch,
                    (histories[0].loss[-1], histories[1].loss[-1]),
                    (by_hand.accuracy(), by_torch.accuracy()),
                    _distance(*arrays),
                )
                steps += len(histories[0].steps)
                finished = arrays
                share = drift(steps, terms, dtype)
                training.allowed = share * _size(arrays[1])
                limits.append(training.allowed)
                training.epochs.append(done)
                if callback is not None:
                    callback(done)
                if watch is not None:
                    watch(done, by_hand.record, by_torch.record)
                learning = math.isfinite(done.distance) and all(x <= DIVERGED for x in done.loss)
                if not learning:
                    training.diverged = True
                    break
        except KeyboardInterrupt:
            ours.load_state_dict(finished[0])
            theirs.load_state_dict(finished[1])
            training.interrupted = True
        if not training.diverged and training.distance > training.allowed:
            # further apart than roundings that add up: does this training magnify them?
            beside = learner(torch_ref, watched=False), learner(torch_ref, watched=False)
            beside[0].network.load_state_dict(start)
            beside[1].network.load_state_dict(_moved(start, share))
            try:
                training.allowed = _magnified(
                    beside, _shuffles(seed, epochs), training.epochs, limits, share
                )
            except KeyboardInterrupt:
                training.interrupted = True
    return training


def assist(
    team: Any,
    dataset: Dataset,
    hidden: Sequence[int] = (32,),
    activation: str = "relu",
    lr: float = 0.2,
    batch_size: int = 32,
    mode: str = "mini-batch",
    watched: bool = False,
) -> int:
    """What the other processes of a `distributed.Team` do while its process 0 runs `train`.

    The arguments are those given there; `watched`: whether `watch` is. To the end of the training;
    the exit status that process 0 then tells is returned.
    """
    import torch_ref

    options = {"lr": lr, "mode": mode, "batch_size": batch_size}
    dtype = str(dataset.X_train.dtype)
    # its first weights do not matter: the team begins with those of process 0
    network = torch_ref.FullyConnected(layer_sizes(dataset, hidden), activation, dtype=dtype)
    return _Learner(network, torch_ref, dataset, options, watched, team).assist()


class _Learner:
    """A network of one wing, how it learns an epoch, and what its monitor saw, if it has one."""

    def __init__(
        self,
        network: Any,
        wing: Any,
        dataset: Dataset,
        options: dict[str, Any],
        watched: bool,
        team: Any = None,
    ) -> None:
        self.network, self.dataset, self.team = network, dataset, team
        self.fit = wing.fit if team is None else team.fit
        self.as_tensor = import_module(".module", wing.__name__).as_tensor
        self.arguments = network, dataset.X_train, dataset.y_train, wing.functional.cross_entropy
        self.options = {**options, "progress": False, "callback": self._take if watched else None}
        self.epoch, self.record = 0, None
        self.watching: Any = nullcontext()
        if watched:
            monitor = import_module(".monitoring", wing.__name__).Monitor
            self.watching = (monitor if team is None else team.monitor)(network, warn=False)

    def learn(self, epoch: int, shuffle: int) -> Any:
        """One epoch, the `shuffle` being the seed of its order; its `History`."""
        self.epoch = epoch
        with self.watching:  # not while the accuracy is computed
            history = self.fit(*self.arguments, seed=shuffle, **self.options)
        if history.interrupted:
            raise KeyboardInterrupt
        return history

    def assist(self) -> int:
        """All epochs that process 0 of the team learns."""
        with self.watching:
            status: int = self.team.assist(*self.arguments, **self.options)
        return status

    def _take(self, _: int, history: object) -> None:
        self.record = self.watching.record(self.epoch)

    def accuracy(self) -> float:
        """The share of the test examples whose largest output is that of their class."""
        outputs = self.network(self.as_tensor(self.dataset.X_test)).detach().numpy()
        return float(np.mean(np.argmax(outputs, axis=1) == self.dataset.y_test))


def layer_sizes(dataset: Dataset, hidden: Sequence[int]) -> list[int]:
    """[inputs, *hidden, classes].

    Raises:
        ValueError: no hidden layer, or more parameters than `MOST_PARAMETERS`.

    >>> from gradtwin.datasets import load
    >>> layer_sizes(load("iris"), [8])
    [4, 8, 3]
    """
    if not len(hidden):
        raise ValueError("hidden: expected the size of at least one hidden layer, got none")
    sizes = [dataset.X_train.shape[1], *hidden, len(dataset.classes)]
    parameters = sum((n_in + 1) * n_out for n_in, n_out in pairwise(sizes))
    if parameters > MOST_PARAMETERS:
        raise ValueError(
            f"hidden: expected layers of {MOST_PARAMETERS:,} parameters at most, "
            f"got {parameters:,} with {list(hidden)}"
        )
    return sizes


def _magnified(
    beside: tuple[_Learner, _Learner],
    shuffles: Iterator[int],
    epochs: Sequence[Epoch],
    limits: Sequence[float],
    share: float,
) -> float:
    """How far apart the wings may be at the end, where small differences grow from step to step.

    PyTorch's network and itself, begun a `share` of every weight beside: no epoch may have left the
    wings `ONE_SAMPLE` times further apart than these two. Once half of the digits that these had in
    common are gone, a rounding takes them anywhere, and so it may the wings: infinity.

    Args:
        beside: the two.
        epochs: of the wings.
        limits: how far apart roundings that only add up may bring the wings, for each epoch; the
            last of them is returned where an epoch left the wings too far apart.
    """
    apart = 0.0
    for epoch, shuffle, limit in zip(epochs, shuffles, limits):
        for each in beside:
            each.learn(epoch.epoch, shuffle)
        arrays = _arrays(beside[0].network), _arrays(beside[1].network)
        apart = max(apart, _distance(*arrays))
        if not apart <= math.sqrt(share) * _size(arrays[0]):  # nor where it is NaN
            return math.inf
        if epoch.distance > max(limit, ONE_SAMPLE * apart):
            return limits[-1]
    return ONE_SAMPLE * apart


def _moved(arrays: dict[str, Array], share: float) -> dict[str, Array]:
    """Every number moved by this share of itself, up or down at random."""
    rng = np.random.default_rng(0)
    return {
        name: array * (1 + share * rng.choice((-1.0, 1.0), array.shape))
        for name, array in arrays.items()
    }


def _shuffles(seed: int, epochs: int) -> Iterator[int]:
    """A seed an epoch, the same for both wings, so that no two epochs have the same order."""
    rng = np.random.default_rng(seed)
    return (int(rng.integers(0, 2**31)) for _ in range(epochs))


def _arrays(network: Any) -> dict[str, Array]:
    """Copies of the parameters."""
    # asarray first: PyTorch does not know the copy that np.array asks for
    return {name: np.asarray(value).copy() for name, value in network.state_dict().items()}


def _size(arrays: dict[str, Array]) -> float:
    """The largest parameter."""
    return float(max(np.max(np.abs(array)) for array in arrays.values()))


def _distance(ours: dict[str, Array], theirs: dict[str, Array]) -> float:
    """The largest |difference| between two parameters; NaN where one of them is NaN."""
    return float(max(np.max(np.abs(ours[name] - theirs[name])) for name in ours))
