"""What happens inside a network while it learns: weights, gradients and activations by layer.

Sections of the lecture: «Cómo detectar y monitorizar estos problemas»; what it looks for stands
under «Desvanecimiento del gradiente», «Función de activación ReLU» (dead neurons) and «El problema
del Exploding Gradient».
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable
from types import TracebackType
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn
from torch.utils.hooks import RemovableHandle

from .checks import check_number

VANISHING = 1e-3
"""Gradients vanish where a layer receives less than this share of what a later one receives.

Five sigmoids at their steepest leave 0.25^5 = 0.001 of a gradient.
"""

EXPLODING = 1e3
"""Gradients explode where a layer receives this many times what the last one receives, or this many
times its own weights, or numbers that are not finite."""

DYING = 0.5
"""Neurons die where more than this share of a layer was 0 on every example."""

PATIENCE = 3
"""Gradients are said to vanish or explode after so many epochs in a row, or all there were: the
last step of an epoch, which is what is read, may have seen a single example.

The same holds of weights that stand still: where all layers receive equally little, none vanishes
beside another, but then all steps together have not moved any weight matrix by eps of its norm."""

STILL = (
    "weights stand still: since the start no weight matrix has moved by as much as a rounding "
    "(gradients vanish in all layers, or lr is too small)"
)

_AT_ONCE = ("nonfinite", "die")  # problems that one epoch proves

_WATCHED = ("activation", "output_activation")  # the attributes of a module that are called


class Statistics(NamedTuple):
    """An array in a few numbers: what ``statistics`` returns.

    ``size``: how many numbers; ``zeros``: the share that is exactly 0; ``norm``: sqrt(sum x^2);
    ``nonfinite``: how many are NaN or infinite; ``histogram``: how many finite ones between two
    neighbours of ``edges``, the last edge included.
    """

    size: int
    mean: float
    std: float
    min: float
    max: float
    norm: float
    zeros: float
    nonfinite: int
    histogram: Tensor
    edges: Tensor


class Record(NamedTuple):
    """What a ``Monitor`` saw at the end of an epoch, by name.

    ``weights``, ``gradients``: a ``Statistics`` a parameter; ``activations``: one a call of an
    activation function in the last forward pass ("activation.0" follows "layers.0" in a
    ``FullyConnected``, "blocks.0.activation.0" stands before the first layer of a residual block).
    ``dead``: for each activation how many of its neurons were 0 on every example since the last
    record, and how many there are. ``warnings``: a sentence for each problem not warned of before.
    """

    epoch: int
    weights: dict[str, Statistics]
    gradients: dict[str, Statistics]
    activations: dict[str, Statistics]
    dead: dict[str, tuple[int, int]]
    warnings: list[str]


class Monitor:
    """Statistics of each epoch, and a warning where gradients vanish, explode or neurons die.

    Nor may the weights stand still: a warning where, since the first forward pass that was watched,
    no weight matrix has moved by as much as one rounding, |W - W_0| <= eps |W_0|.

    ``model``: the module to watch, until ``close()``. As a context manager it watches inside the
    ``with``, and again in the next one: what runs between two of them, as a test, leaves no trace.
    ``bins``: of each histogram, 1 or more.
    ``vanishing``, ``exploding``, ``dying``: see ``VANISHING``, ``EXPLODING`` and ``DYING``.
    ``warn``: whether a problem is a ``RuntimeWarning`` when it is first seen; it is in the record
    either way.
    ValueError: a threshold or ``bins`` that makes no sense. TypeError: one that is no
    number, a model that is none.

    Given to ``fit`` as ``callback``: it then reads the last step of each epoch. ``records`` holds a
    ``Record`` an epoch.

    Source: «Cómo detectar y monitorizar estos problemas».

    >>> import torch_ref
    >>> net = torch_ref.FullyConnected([2, 3, 1])
    >>> X = torch.tensor([[0.0, 1.0], [1.0, 0.0]]).double()
    >>> with Monitor(net) as monitor:
    ...     _ = torch_ref.fit(net, X, X[:, :1], torch_ref.functional.mse_loss, callback=monitor)
    >>> record = monitor.records[0]
    >>> list(record.gradients), list(record.activations)
    (['layers.0.weight', 'layers.0.bias', 'layers.1.weight', 'layers.1.bias'], \
['activation.0', 'output_activation.0'])
    >>> record.dead["activation.0"]  # 1 of the 3 hidden neurons
    (1, 3)
    """

    def __init__(
        self,
        model: nn.Module,
        bins: int = 30,
        vanishing: float = VANISHING,
        exploding: float = EXPLODING,
        dying: float = DYING,
        warn: bool = True,
    ) -> None:
        if not isinstance(model, nn.Module):
            raise TypeError(f"model: expected a Module, got {type(model).__name__} {model!r}")
        _check_bins(bins)
        for name, value in (("vanishing", vanishing), ("exploding", exploding), ("dying", dying)):
            check_number(name, value)
        if not 0 <= vanishing < 1:
            raise ValueError(f"vanishing: expected a share from 0 to below 1, got {vanishing!r}")
        if not exploding > 1:
            raise ValueError(f"exploding: expected a factor above 1, got {exploding!r}")
        if not 0 <= dying <= 1:
            raise ValueError(f"dying: expected a share from 0 to 1, got {dying!r}")
        self.model, self.bins, self.warn = model, bins, warn
        self.vanishing, self.exploding, self.dying = vanishing, exploding, dying
        self.records: list[Record] = []
        self._outputs: dict[str, Tensor] = {}  # of the last forward pass
        self._alive: dict[str, Tensor] = {}  # which neurons were not 0 once since the record
        self._start: dict[str, Tensor] = {}  # the weight matrices before the first step
        self._epochs = 0
        self._in_a_row: dict[str, int] = {}  # epochs that showed a problem, up to the last one
        self._warned: set[str] = set()
        self._handles: list[RemovableHandle] = []
        # modules with the names of attributes, the listeners there, and what stood there
        self._put_there: list[tuple[nn.Module, str, Any, Any]] = []
        self._watch()

    def __call__(self, epoch: int, history: object = None) -> None:
        """Take the record of an epoch, and warn; what ``fit`` calls."""
        record = self.record(epoch)
        self.records.append(record)
        if self.warn:
            for sentence in record.warnings:
                warnings.warn(sentence, RuntimeWarning, stacklevel=2)

    def record(self, epoch: int) -> Record:
        """The record of now: parameters, their gradients, and what the last pass computed."""
        parameters = dict(self.model.named_parameters())
        weights = {name: statistics(p, self.bins) for name, p in parameters.items()}
        gradients = {
            name: statistics(p.grad, self.bins)
            for name, p in parameters.items()
            if p.grad is not None
        }
        activations = {name: statistics(h, self.bins) for name, h in self._outputs.items()}
        dead = {
            name: (len(alive) - int(torch.count_nonzero(alive)), len(alive))
            for name, alive in self._alive.items()
        }
        self._alive.clear()
        matrices = [n for n, p in parameters.items() if n in gradients and p.ndim > 1]
        problems = self._gradient_problems(matrices, weights, gradients) or (
            self._standing_still({name: parameters[name] for name in matrices})
        )
        problems |= self._dead_neurons(dead)
        new = self._new(problems)
        return Record(
            epoch, weights, gradients, activations, dead, [f"epoch {epoch}: {p}" for p in new]
        )

    # ---- what is wrong --------------------------------------------------------------------------

    def _new(self, problems: dict[str, str]) -> list[str]:
        """The sentences of the problems that are due, and were not warned of before."""
        self._epochs += 1
        self._in_a_row = {kind: self._in_a_row.get(kind, 0) + 1 for kind in problems}
        due = [
            kind
            for kind, times in self._in_a_row.items()
            if kind in _AT_ONCE or times >= min(self._epochs, PATIENCE)
        ]
        new = [problems[kind] for kind in due if kind not in self._warned]
        self._warned.update(due)
        return new

    def _gradient_problems(
        self, matrices: list[str], weights: dict[str, Statistics], gradients: dict[str, Statistics]
    ) -> dict[str, str]:
        """A sentence a problem; only matrices are compared, in order: a bias may rest at 0."""
        for name, gradient in gradients.items():
            if gradient.nonfinite:
                return {"nonfinite": f"gradients explode: that of {name} is not finite"}
        if not matrices:
            return {}
        problems = {}
        size = {name: root_mean_square(gradients[name]) for name in matrices}
        last = strongest = matrices[-1]
        for name in reversed(matrices):  # from the loss, as the gradient comes
            if size[name] < self.vanishing * size[strongest]:
                problems["vanish"] = (
                    f"gradients vanish: {name} receives {size[name] / size[strongest]:.1e} of "
                    f"what {strongest} receives (less than {self.vanishing:g})"
                )
            strongest = max(strongest, name, key=size.__getitem__)
        lengths = {
            name: gradients[name].norm / (weights[name].norm or math.inf) for name in matrices
        }
        longest = max(matrices, key=lengths.__getitem__)
        if size[strongest] > self.exploding * size[last] > 0:
            problems["explode"] = (
                f"gradients explode: {strongest} receives {size[strongest] / size[last]:.1e} "
                f"times what {last} receives (more than {self.exploding:g})"
            )
        elif lengths[longest] > self.exploding:
            problems["explode"] = (
                f"gradients explode: that of {longest} is {lengths[longest]:.1e} times as long as "
                f"the weights (more than {self.exploding:g})"
            )
        return problems

    @torch.no_grad()
    def _standing_still(self, matrices: dict[str, Tensor]) -> dict[str, str]:
        """A sentence where no step has changed anything, whatever the optimizer made of lr."""
        if not matrices or not matrices.keys() <= self._start.keys():
            return {}
        for name, now in matrices.items():
            start = self._start[name]
            moved, rounding = torch.dist(now, start), torch.finfo(now.dtype).eps * start.norm()
            if not moved <= rounding:  # nor where it is NaN
                return {}
        return {"still": STILL}

    def _dead_neurons(self, dead: dict[str, tuple[int, int]]) -> dict[str, str]:
        for name, (count, neurons) in dead.items():
            if count > self.dying * neurons:
                return {
                    "die": f"neurons die: {count} of {neurons} behind {name} were 0 on every "
                    f"example (more than {self.dying:.0%})"
                }
        return {}

    # ---- how it watches -------------------------------------------------------------------------

    def _watch(self) -> None:
        """Put a listener behind every activation function; ``close`` takes it out."""
        counters: list[dict[str, int]] = []
        for path, module in self.model.named_modules():
            calls: dict[str, int] = {}
            counters.append(calls)
            for attribute in _WATCHED:
                function = getattr(module, attribute, None)
                name = f"{path}.{attribute}" if path else attribute
                if isinstance(function, nn.Module):
                    hook = self._hook(name, calls)
                    self._handles.append(function.register_forward_hook(hook))
                elif callable(function):
                    listener = self._listener(function, name, calls)
                    setattr(module, attribute, listener)
                    self._put_there.append((module, attribute, listener, function))

        def from_the_start(module: nn.Module, args: Any) -> None:
            if not self._start:
                self._start = {
                    name: p.detach().clone()
                    for name, p in self.model.named_parameters()
                    if p.ndim > 1
                }
            for calls in counters:
                calls.clear()

        self._handles.append(self.model.register_forward_pre_hook(from_the_start))

    def _hook(self, name: str, calls: dict[str, int]) -> Callable[[nn.Module, Any, Any], None]:
        return lambda module, args, output: self._saw(name, calls, output)

    def _listener(
        self, function: Callable[..., Tensor], name: str, calls: dict[str, int]
    ) -> Callable[..., Tensor]:
        def listener(*args: Any, **kwargs: Any) -> Tensor:
            output = function(*args, **kwargs)
            self._saw(name, calls, output)
            return output

        return listener

    def _saw(self, attribute: str, calls: dict[str, int], output: Tensor) -> None:
        number = calls.get(attribute, 0)
        calls[attribute] = number + 1
        name, output = f"{attribute}.{number}", output.detach()
        self._outputs[name] = output
        alive = (output != 0).reshape(-1, output.shape[-1] if output.ndim else 1).any(0)
        if name in self._alive:
            alive |= self._alive[name]
        self._alive[name] = alive

    def close(self) -> None:
        """Leave the model as it was; the records stay.

        RuntimeError: something stands in the place of a listener, such as a monitor that was made
        later; nothing is changed then.
        """
        for module, attribute, listener, _ in self._put_there:
            if getattr(module, attribute) is not listener:
                raise RuntimeError(
                    f"close: {attribute} was replaced since; if a later monitor did it, close that "
                    "one first"
                )
        while self._put_there:
            module, attribute, _, before = self._put_there.pop()
            setattr(module, attribute, before)
        while self._handles:
            self._handles.pop().remove()

    def __enter__(self) -> Monitor:
        if not self._handles:  # closed before
            self._watch()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()


@torch.no_grad()
def statistics(values: Any, bins: int = 30) -> Statistics:
    """Mean, deviation, extremes, norm, share of zeros and histogram of a tensor, any shape.

    The deviation is sqrt(mean((x - mean)^2)). The edges of the ``bins`` lie evenly from the
    smallest finite number to the largest; from 1/2 below to 1/2 above where these are one.
    ValueError: no numbers at all, ``bins`` below 1. TypeError: ``bins`` no integer.

    Source: «Cómo detectar y monitorizar estos problemas».

    >>> s = statistics(torch.tensor([0.0, 0.0, 3.0, 5.0]), bins=2)
    >>> s.mean, s.zeros, s.histogram.tolist(), s.edges.tolist()
    (2.0, 0.5, [2, 2], [0.0, 2.5, 5.0])
    """
    _check_bins(bins)
    x = torch.as_tensor(values).to(torch.float64).flatten()
    if len(x) == 0:
        raise ValueError("values: expected at least one number")
    finite = x[torch.isfinite(x)]
    low, high = finite.aminmax() if len(finite) else (x.new_zeros(()), x.new_zeros(()))
    if low == high:
        low, high = low - 0.5, high + 0.5
    share = torch.linspace(0, 1, bins + 1, dtype=torch.float64)
    edges = low * (1 - share) + high * share  # high - low may be no finite number
    histogram = torch.histogram(finite, edges).hist
    return Statistics(
        size=len(x),
        mean=x.mean().item(),
        std=x.std(correction=0).item(),
        min=x.min().item(),
        max=x.max().item(),
        norm=torch.linalg.vector_norm(x).item(),
        zeros=1 - int(torch.count_nonzero(x)) / len(x),
        nonfinite=len(x) - len(finite),
        histogram=histogram.long(),
        edges=edges,
    )


def root_mean_square(gradient: Statistics) -> float:
    """norm / sqrt(size): the size of one entry, so that layers of any size can be compared.

    Source: «Desvanecimiento del gradiente».

    >>> root_mean_square(statistics(torch.tensor([3.0, -4.0, 0.0, 0.0])))
    2.5
    """
    return gradient.norm / math.sqrt(gradient.size)


def _check_bins(bins: int) -> None:
    if isinstance(bins, bool) or not isinstance(bins, int):
        raise TypeError(f"bins: expected an integer, got {type(bins).__name__} {bins!r}")
    if bins < 1:
        raise ValueError(f"bins: expected 1 or more, got {bins}")
