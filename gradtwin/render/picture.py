"""The pictures of a concept: the lecture's, torchviz's, neurons, step by step, side by side."""

from __future__ import annotations

from typing import Any

import graphs
from graphs.align import Alignment

from ..concepts import Concept
from .computed import NoGraphError, compute

TANGLED = frozenset(("linear_collapse",))
"""Where lines from a parameter to its uses would cross everything: it stands beside each use."""

DOWNWARDS = frozenset(("dag",))
"""Where lines would cross numbers if it were drawn from left to right."""


def lecture(
    concept: Concept,
    side: str = "scratch",
    *,
    values: bool = True,
    collapse: bool = False,
    theme: str = "light",
    legend: bool = True,
) -> graphs.Drawing:
    """The computational graph of the concept in one wing, with its values and gradients.

    >>> from gradtwin.concepts import find
    >>> "-12" in lecture(find("linear_regression")).dot
    True
    """
    done = compute(concept, side, learn=True)
    if values:
        done.backward()
    return graphs.draw(
        done.output, done.names, model=done.model, inputs=done.inputs,
        values=values, gradients=values, gradient=done.gradient if values else None,
        collapse=collapse or None, theme=theme, title=concept.title, legend=legend,
        max_uses=1 if concept.name in TANGLED else 4,
        direction="TB" if concept.name in DOWNWARDS else "auto",
    )  # fmt: skip


def torchviz(concept: Concept, *, values: bool = False, theme: str = "light") -> graphs.Drawing:
    """The autograd graph by torchviz, each node explained; values: what each has saved, too.

    >>> from gradtwin.concepts import find
    >>> "PowBackward0" in torchviz(find("linear_regression")).dot
    True
    """
    done = compute(concept, "torch", learn=True)
    return graphs.draw_torch(
        done.output, done.names, model=done.model, explain=True,
        show_attrs=values, show_saved=values, theme=theme,
    )  # fmt: skip


def neurons(
    concept: Concept,
    side: str = "scratch",
    *,
    values: bool = True,
    theme: str = "light",
    legend: bool = True,
) -> graphs.Drawing:
    """The model of the concept as circles and lines, for the first example of its input.

    The gradients stand there too where that is the only example.

    NoGraphError: the concept has no model.

    >>> from gradtwin.concepts import find
    >>> "0.945" in neurons(find("perceptron")).dot
    True
    """
    done = compute(concept, side)
    wing = done.wing
    if wing.model is None:
        raise NoGraphError(
            f"{concept.name} has no model, so no neurons to draw; perceptron, xor, "
            "fully_connected, residual_network and dag, for example, have one"
        )
    if side == "torch":  # scratch's holds the tensors themselves
        wing.model.load_state_dict({k: v.detach() for k, v in wing.parameters.items()})
    single = wing.input.detach().numpy()
    numbers = getattr(wing.model, "size", None) == ()  # its example is a number
    examples = 1 if single.ndim == (0 if numbers else 1) else len(single)
    if examples > 1 or single.ndim == (1 if numbers else 2):
        single = single[0]
    if values and examples == 1:
        done.backward()
        for name, parameter in wing.model.named_parameters():
            parameter.grad = wing.parameters[name].grad
    return graphs.draw_network(
        wing.model, single if values else None, numbers=None if values else False,
        legend=legend, title=concept.title, theme=theme,
    )  # fmt: skip


def steps(
    concept: Concept, side: str = "scratch", *, collapse: bool = False, theme: str = "light"
) -> graphs.Steps:
    """The forward pass and then the backward pass, a picture a step.

    >>> from gradtwin.concepts import find
    >>> steps(find("linear_regression")).captions[1]
    'Forward 1 of 4: z = w × x = 6'
    """
    done = compute(concept, side, learn=True)
    return graphs.steps(
        done.output, done.names, model=done.model, inputs=done.inputs, gradient=done.gradient,
        collapse=collapse or None, theme=theme, title=concept.title,
    )  # fmt: skip


def aligned(concept: Concept, dtype: str = "float64", learn: bool = False) -> Alignment:
    """The graphs of both wings held against each other; true where they are the same.

    learn: as in `compute`; without it, every gradient there is gets compared.

    >>> from gradtwin.concepts import find
    >>> print(aligned(find("linear_regression")))
    the graphs align: 4 operations matched, values and gradients equal
    """
    ours, theirs = (compute(concept, side, dtype, learn) for side in ("scratch", "torch"))
    if learn:
        ours.backward()
        theirs.backward()
    models: dict[str, Any] = {"model": ours.model, "torch_model": theirs.model}
    return graphs.align(
        ours.output, theirs.output, ours.names, theirs.names, **models,
        inputs=ours.inputs, gradient=ours.gradient,
    )  # fmt: skip
