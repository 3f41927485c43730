"""The built-in exercises, in the lecture's order, each a module with an `exercise`.

Only the names stand here: an exercise is imported when it is asked for.
"""

from __future__ import annotations

NAMES = (
    "sigmoid",
    "linear_backward",
    "softmax_cross_entropy",
    "two_layer_net",
)
