"""The built-in exercises, in the lecture's order, each a module with an `exercise`.

Only the names stand here: an exercise is imported when it is asked for.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from ..texts import N_, fault

if TYPE_CHECKING:
    from ..exercise import Exercise

NAMES = (
    "perceptron_without_bias",
    "perceptron",
    "decision_line",
    "sigmoid",
    "relu",
    "leaky_relu",
    "activation_of_choice",
    "hidden_layer",
    "k_layers",
    "cross_entropy",
    "binary_cross_entropy",
    "one_neuron",
    "linear_backward",
    "two_layer_net",
    "gradient_descent",
    "mini_batches",
    "momentum",
    "adam",
    "softmax",
    "softmax_cross_entropy",
    "residual_block",
    "shared_weight_dag",
    "gradient_clipping",
    "autograd_engine",
    "autograd_arrays",
)


def find(name: str) -> Exercise:
    """A built-in exercise.

    Raises:
        ValueError: no exercise is called so; the message names the nearest, or all.
    """
    if name not in NAMES:
        from difflib import get_close_matches

        near = get_close_matches(name.lower(), NAMES, cutoff=0.6)
        if near:
            raise fault(ValueError, N_("no exercise {name!r}; did you mean {near}?"), name=name,
                        near=", ".join(near))
        raise fault(ValueError, N_("no exercise {name!r}; there are {names}"), name=name,
                    names=", ".join(NAMES))
    exercise: Exercise = import_module(f".{name}", __package__).exercise
    return exercise
