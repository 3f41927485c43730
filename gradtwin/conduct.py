"""How a student's numpy code behaves when it is called again: state, randomness, the upstream.

Backward computes a product with the Jacobian matrix, so it is linear in the upstream gradient g.
A backward that forgets g, returns a mask or squares g passes every check that uses ones: it is run
here with 2 g, with another h and with g + h.
"""

from __future__ import annotations

import numpy as np

from .case import Case, upstream_like
from .findings import Finding
from .numpy_side import NumpySide
from .sides import Array
from .tolerance import Tolerance, resolution, summed_terms


def conduct(
    case: Case,
    outputs: list[Array],
    gradients: list[Array | None],
    takes_upstream: bool,
    tolerance: Tolerance,
) -> list[Finding]:
    """Findings from running our numpy side again, given what its first run returned."""
    ours = case.ours
    assert isinstance(ours, NumpySide)
    g = case.our_upstream
    if ours.gradient is None or not any(case.wanted):
        again = case.evaluate(ours, case.inputs)
        return _disagreeing(case, outputs, again, [], [], tolerance)
    again, gradients_again = case.run(ours, case.inputs, g)
    findings = _disagreeing(case, outputs, again, gradients, gradients_again, tolerance)
    if findings or not takes_upstream or not any(x is not None for x in gradients):
        return findings
    double = case.run(ours, case.inputs, [2 * x for x in g])[1]
    h = upstream_like(outputs, case.seed + 1)
    at_h = case.run(ours, case.inputs, h)[1]
    at_sum = case.run(ours, case.inputs, [x + y for x, y in zip(g, h)])[1]
    for i, first in enumerate(gradients):
        second, third, fourth = double[i], at_h[i], at_sum[i]
        if first is None or second is None or third is None or fourth is None:
            continue
        name = f"gradient of {case.names[i]}"
        shapes = [a.shape for a in case.inputs]
        finite = first[np.isfinite(first)]
        # g + h was rounded in the dtype of the outputs, which may be coarser than the gradient's
        eps = resolution(first.dtype, second.dtype, *(x.dtype for x in g))
        if np.any(finite) and _close(first, second, shapes, tolerance, eps, least_scale=0.0):
            findings.append(
                Finding(
                    "upstream ignored",
                    name,
                    f"{name} does not change when the upstream gradient doubles: backward must "
                    "multiply by it (with an upstream gradient of ones this cannot be seen)",
                )
            )
            continue
        with np.errstate(over="ignore", invalid="ignore"):
            doubled, summed = 2 * first, first + third
        if not _close(doubled, second, shapes, tolerance, eps) or not _close(
            summed, fourth, shapes, tolerance, eps
        ):
            findings.append(
                Finding(
                    "not linear",
                    name,
                    f"{name} is not linear in the upstream gradient: the gradient for g + h is not "
                    "the sum of those for g and for h",
                )
            )
    return findings


def _disagreeing(
    case: Case,
    outputs: list[Array],
    outputs_again: list[Array],
    gradients: list[Array | None],
    gradients_again: list[Array | None],
    tolerance: Tolerance,
) -> list[Finding]:
    named: list[tuple[str, Array | None, Array | None]] = [
        ("output" if len(outputs) == 1 else f"output {i}", a, b)
        for i, (a, b) in enumerate(zip(outputs, outputs_again))
    ]
    named += [
        (f"gradient of {case.names[i]}", a, b)
        for i, (a, b) in enumerate(zip(gradients, gradients_again))
    ]
    shapes = [a.shape for a in case.inputs]
    return [
        Finding(
            "calls disagree",
            name,
            f"two calls with the same inputs give a different {name}: something is kept from one "
            "call to the next, or drawn at random",
        )
        for name, a, b in named
        if a is not None
        and (b is None or not _close(a, b, shapes, tolerance, resolution(a.dtype, b.dtype)))
    ]


def _close(
    a: Array,
    b: Array,
    shapes: list[tuple[int, ...]],
    tolerance: Tolerance,
    eps: float,
    least_scale: float = 1.0,
) -> bool:
    """Equal up to rounding at the scale of the whole array."""
    if a.shape != b.shape:
        return False
    finite = np.isfinite(a) & np.isfinite(b)
    with np.errstate(invalid="ignore"):
        if not np.all(finite | (a == b) | ((a != a) & (b != b)) | np.isinf(b)):
            return False
    # a gradient that is 0 but for rounding must not look random: the least scale is 1
    scale = max(least_scale, float(np.max(np.abs(b), initial=0.0, where=finite)))
    allowed = tolerance.allowed(scale, eps=eps, terms=summed_terms(a.shape, shapes), unit=scale)
    difference = np.abs(np.where(finite, a, 0) - np.where(finite, b, 0))
    return bool(np.all(difference <= allowed))
