"""Pictures of gradient descent: the paths that `scratch.descend` takes.

Lecture: "Descenso del gradiente".
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

import scratch

from ..concepts.descent import parabola, two_minima
from .page import Page
from .picture import picture
from .style import BLACK, BLUE, LINES, RED

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from mpl_toolkits.mplot3d import Axes3D  # type: ignore[import-untyped]

Array = np.ndarray[Any, np.dtype[Any]]

SECTION = "Descenso del gradiente"
RATES = (0.02, 0.2, 1.05)  # for x^2: too small, right, too large
STARTS = (0.3, 0.0)  # of the two minima
NOTES = ((0.8, 0.8), (-1.0, 0.1))  # where what is said of them stands, clear of the curve


def valley(w: Any) -> Any:
    """`two_minima` of w_1, and w_2^2 added: a function of two weights; w (..., 2).

    >>> valley(np.array([0.0, 2.0])).item()
    3.0
    """
    return two_minima(w[..., 0]) + w[..., 1] ** 2


def show_path(axes: Axes, path: Any, style: dict[str, Any], label: str = "") -> None:
    """The points of a descent on the curve, joined, the first of them large."""
    colour, marker = style["color"], style["marker"]
    axes.plot(path.trajectory, path.values, color=colour, marker=marker, linewidth=1.5, label=label)
    axes.plot(
        path.trajectory[0], path.values[0], marker, color=colour, markersize=16,
        markeredgecolor=BLACK,
    )  # fmt: skip


@picture(
    es="El learning rate en x²",
    en="The learning rate on x²",
    section=SECTION,
)
def learning_rates(page: Page) -> None:
    titles = (
        page.say("Muy pequeño", "Too small"),
        page.say("Adecuado", "Right"),
        page.say("Demasiado grande", "Too large"),
    )
    x = np.linspace(-2.3, 2.3, 231)
    for axes, lr, title in zip(page.axes(1, 3, sharex=True, sharey=True), RATES, titles):
        axes.plot(x, parabola(x), color=BLACK, linewidth=2)
        path = scratch.descend(parabola, 1.2, lr=lr, steps=12)
        show_path(axes, path, LINES[1])
        taken = len(path.values) - 1  # fewer where it diverged
        steps = page.say(f"tras {taken} pasos", f"after {taken} steps") + f" $x = {path.x:.2f}$"
        axes.set(title=f"{title}\n$\\eta = {lr:g}$", xlabel=f"$x$\n{steps}", ylim=(-0.2, 5.2))


@picture(
    es="El punto inicial decide el mínimo",
    en="The starting point decides the minimum",
    section=SECTION,
)
def starting_points(page: Page) -> None:
    x = np.linspace(-1.75, 1.55, 331)
    found = (page.say("mínimo local", "local minimum"), page.say("mínimo global", "global minimum"))
    both = page.axes(1, 2, sharey=True)
    for axes, start, kind, note, style in zip(both, STARTS, found, NOTES, LINES[1:]):
        axes.plot(x, two_minima(x), color=BLACK, linewidth=2)
        path = scratch.descend(two_minima, start, lr=0.05, steps=100)
        show_path(axes, path, style)
        axes.set(title=f"$x_0 = {start:g}$", xlabel="$x$", ylim=(-3.4, 1.6))
        axes.annotate(
            f"{kind}\n$x = {path.x:.4f}$",
            (path.x, path.value),
            xytext=note,
            ha="center",
            arrowprops={"arrowstyle": "->", "linewidth": 2},
        )
    page.figure.supylabel("$f(x) = x^4 - 2x^2 + x - 1$")


@picture(
    es="Descenso sobre una función de dos pesos",
    en="Descent on a function of two weights",
    section=SECTION,
)
def two_weights(page: Page) -> None:
    paths = [scratch.descend(valley, (start, 1.4), lr=0.05, steps=100) for start in STARTS]
    w1, w2 = np.meshgrid(np.linspace(-1.7, 1.5, 65), np.linspace(-1.5, 1.7, 65))
    height = valley(np.stack([w1, w2], axis=-1))

    surface: Axes3D = page.figure.add_subplot(1, 2, 1, projection="3d")
    surface.plot_surface(w1, w2, height, cmap="cividis", alpha=0.75, linewidth=0, rasterized=True)
    surface.view_init(elev=48, azim=-65)
    surface.set(xlabel="\n$w_1$", ylabel="\n$w_2$", xticks=[-1, 0, 1], yticks=[-1, 0, 1])
    surface.set_zticks([-2, 0, 2])
    surface.set_zlabel("$f$")

    above = page.figure.add_subplot(1, 2, 2)
    shades = above.contourf(w1, w2, height, 20, cmap="cividis")
    page.figure.colorbar(shades, ax=above, label="$f(w_1, w_2)$", ticks=[-2, 0, 2])
    above.set(xlabel="$w_1$", ylabel="$w_2$")
    above.grid(False)

    for path, colour, marker in zip(paths, (RED, BLUE), "s^"):
        at = path.trajectory
        label = f"$w_1 = {at[0, 0]:g} \\to {path.x[0]:.4f}$"
        surface.plot(*at.T, path.values, color=colour, marker=marker, markersize=5, zorder=10)
        above.plot(
            *at.T, color="white", marker=marker, markerfacecolor=colour, markeredgecolor="white",
            linewidth=2, label=label,
        )  # fmt: skip
    above.legend(loc="lower center")
