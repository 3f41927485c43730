"""What the pictures of the plane of inputs share: a model over all of it, and points on it.

Lecture: "El perceptrón" and "Ejemplo práctico: XOR", wherever two inputs are the two axes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

import scratch

from .page import Page
from .style import BLACK, CLASSES, between_the_classes

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.collections import QuadMesh

Array = np.ndarray[Any, np.dtype[Any]]


def outputs(model: scratch.Module, X: Any) -> Array:
    """y_hat of each point; X (n, 2) -> (n,), outside of any graph.

    >>> outputs(scratch.Perceptron([1.0, 2.0], activation=None), [[3.0, 4.0]]).tolist()
    [11.0]
    """
    with scratch.no_grad():
        y_hat: Array = model(scratch.tensor(X)).numpy()
    return y_hat.reshape(-1)


def over_the_plane(
    model: scratch.Module, ends: tuple[float, float], points: int = 121
) -> tuple[Array, Array, Array]:
    """x1, x2 and y_hat on a grid from ends to ends in both directions, (points, points) each."""
    ticks = np.linspace(*ends, points)
    x1, x2 = np.meshgrid(ticks, ticks)
    X = np.stack([x1, x2], axis=-1).reshape(-1, 2)
    return x1, x2, outputs(model, X).reshape(x1.shape)


def show_probability(
    axes: Axes, model: scratch.Module, ends: tuple[float, float], levels: tuple[float, ...]
) -> QuadMesh:
    """y_hat as a shade between the colours of the classes, with lines where it is `levels`."""
    x1, x2, y_hat = over_the_plane(model, ends)
    shades = axes.pcolormesh(
        x1, x2, y_hat, cmap=between_the_classes(), vmin=0, vmax=1, shading="gouraud",
        rasterized=True,
    )  # fmt: skip
    reached = [level for level in levels if y_hat.min() < level < y_hat.max()]
    if reached:
        lines = axes.contour(x1, x2, y_hat, reached, colors=BLACK, linewidths=2)
        axes.clabel(lines, fmt="%g", fontsize=16)
    axes.set(xlim=ends, ylim=ends)
    return shades


def show_decision(axes: Axes, model: scratch.Module, ends: tuple[float, float]) -> None:
    """The two sides of a model in pale colours, and the line of 1/2 between them."""
    x1, x2, y_hat = over_the_plane(model, ends, 201)
    pale = between_the_classes()([0.35, 0.65])
    axes.contourf(x1, x2, y_hat, [-0.1, 0.5, 1.1], colors=pale)
    axes.contour(x1, x2, y_hat, [0.5], colors=BLACK, linewidths=3)
    axes.set(xlim=ends, ylim=ends)


def show_classes(page: Page, axes: Axes, X: Array, y: Array, size: float = 90) -> None:
    """The points of both classes, by colour and by marker; X (n, 2), y (n,)."""
    for label, style in enumerate(CLASSES):
        axes.scatter(
            X[y == label, 0],
            X[y == label, 1],
            s=size,
            edgecolors="black",
            label=page.say(f"clase {label}", f"class {label}"),
            zorder=3,
            **style,
        )
    axes.set(xlabel="$x_1$", ylabel="$x_2$")
