"""A concept computed in one wing, with everything that a picture of it needs to know."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import nullcontext
from dataclasses import dataclass
from typing import Any

import numpy as np

import graphs

from ..concepts import Concept, Wing
from .example import TO_THE_INPUT, argument_names, example, is_parameter

Tensor = Any


class NoGraphError(ValueError):
    """The concept's result is no tensor that a gradient flows through."""


class Recording(Wing):
    """A wing that remembers which model the concept has called, and what it calls its results."""

    model: Any = None
    input: Tensor = None

    def __init__(self, name: str, dtype: str) -> None:
        super().__init__(name, dtype)
        self.parameters: dict[str, Tensor] = {}
        self.results: dict[str, Tensor] = {}

    def named(self, **results: Any) -> None:
        """As in `Wing`."""
        self.results = results

    def Perceptron(self, *arguments: Any, **options: Any) -> Any:  # noqa: N802 - its name
        """As in the wing; its own parameters have names too."""
        neuron = self.models.Perceptron(*arguments, **options)
        self.parameters = dict(neuron.named_parameters())
        return neuron

    def call(self, model: Any, parameters: Mapping[str, Any], input: Any) -> Any:
        """As in `Wing`."""
        self.model, self.parameters, self.input = model, dict(parameters), input
        return super().call(model, parameters, input)

    def named_parameters(self) -> list[tuple[str, Tensor]]:
        """What `graphs` asks a model for: its names say which layer an operation belongs to."""
        return list(self.parameters.items())


@dataclass(frozen=True, slots=True)
class Computed:
    """What one wing has computed of a concept.

    Args:
        wing: with the model, where the concept has one.
        outputs: the tensors that a gradient flows back from.
        names: the arguments that are no parameters of the model, and results that have a name.
        inputs: the names of those that the lecture would not learn.
    """

    concept: Concept
    wing: Recording
    outputs: list[Tensor]
    names: dict[str, Tensor]
    inputs: list[str]

    @property
    def output(self) -> Any:
        """The tensor, or the list of them."""
        return self.outputs[0] if len(self.outputs) == 1 else self.outputs

    @property
    def gradient(self) -> Any:
        """The upstream gradient: ones, as many as the output has entries."""
        ones = [np.ones(tuple(o.shape), o.detach().numpy().dtype) for o in self.outputs]
        return ones[0] if len(ones) == 1 else ones

    def backward(self) -> None:
        """Fill the `.grad` of every leaf; the graph can still be drawn."""
        gradients = self.gradient if isinstance(self.gradient, list) else [self.gradient]
        for output, gradient in zip(self.outputs, gradients):
            output.backward(self.wing.tensor(gradient), retain_graph=True)

    @property
    def model(self) -> Recording | None:
        """Whoever knows the parameters by their names in the model."""
        return self.wing if self.wing.parameters else None


def compute(concept: Concept, side: str, dtype: str = "float64", learn: bool = False) -> Computed:
    """The concept on its example, in the wing "scratch" or "torch".

    learn: gradients for the parameters only, as in the lecture, where there are any.

    NoGraphError: what comes out has no graph.

    >>> from gradtwin.concepts import find
    >>> compute(find("linear_regression"), "scratch").output.item()
    4.0
    """
    if not concept.operation.differentiable:
        raise NoGraphError(
            f"{concept.name} has no graph: what comes out is what a training, a draw or a "
            "measurement leaves, numbers that no gradient flows back from"
        )
    sample = example(concept)
    wing = Recording(side, dtype)
    names = argument_names(concept, sample)
    learning = learn and concept.name not in TO_THE_INPUT and any(map(is_parameter, names))
    tensors = [
        wing.tensor(array, requires_grad=takes and (not learning or is_parameter(name)))
        for name, array, takes in zip(names, sample.arrays, sample.requires_grad)
    ]
    with graphs.capture() if side == "torch" else nullcontext():
        result = sample.on(wing)(*tensors)
    results = result if isinstance(result, tuple | list) else [result]
    outputs = [each for each in results if getattr(each, "grad_fn", None) is not None]
    if not outputs:
        raise NoGraphError(f"{concept.name} has no graph: no gradient flows through its result")
    known = {id(tensor) for tensor in wing.parameters.values()}
    given = {name: tensor for name, tensor in zip(names, tensors) if id(tensor) not in known}
    inputs = [name for name in given if not is_parameter(name)]
    return Computed(concept, wing, outputs, given | wing.results, inputs)
