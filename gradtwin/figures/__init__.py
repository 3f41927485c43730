"""Every picture of the lecture that shows data or a function, redrawn from our own computation.

One file a part of the lecture. Listing them loads neither Matplotlib nor PyTorch. To add a picture,
write a function of a `Page` under its section with `@picture` and give it its place below.
"""

from __future__ import annotations

from functools import cache

from ..spelling import hint
from . import (
    activations,
    batches,
    descent,
    monitoring,
    perceptron,
    regression,
    separability,
    softmax,
    tradeoff,
    vanishing,
    xor,
)
from .page import LANGUAGES as LANGUAGES
from .page import Page as Page
from .picture import FORMATS as FORMATS
from .picture import Picture as Picture
from .picture import picture as picture
from .style import require_matplotlib as require_matplotlib


@cache
def pictures() -> tuple[Picture, ...]:
    """Every picture, in the order of the lecture.

    >>> [picture.name for picture in pictures()][:3]
    ['activation_examples', 'step', 'separable']
    """
    return (
        activations.activation_examples,
        *activations.OF_THE_PERCEPTRON,
        separability.separable,
        separability.not_separable,
        perceptron.decision_boundary,
        perceptron.sigmoid_of_z,
        perceptron.probability_map,
        xor.xor,
        descent.learning_rates,
        descent.starting_points,
        descent.two_weights,
        batches.three_descents,
        batches.three_losses,
        tradeoff.tradeoff,
        vanishing.glorot,
        vanishing.vanishing_by_layer,
        vanishing.vanishing_by_depth,
        *activations.THAT_SATURATE,
        *activations.AGAINST_VANISHING,
        activations.other_activations,
        *activations.OTHERS,
        vanishing.residual_networks,
        vanishing.exploding_gradient,
        monitoring.monitoring,
        softmax.softmax,
        regression.linear_regression,
    )


def find(name: str) -> Picture:
    """The picture of this name.

    ValueError: there is none; the message names those that are spelled nearly so.

    >>> find("xor").section
    'Ejemplo práctico: XOR'
    """
    by_name = {each.name: each for each in pictures()}
    if name in by_name:
        return by_name[name]
    near = hint(name, by_name, "`gradtwin figures --list` shows all of them")
    raise ValueError(f"unknown figure {name!r}: {near}")
