"""The neuron diagram: circles in columns, and a line for each weight.

Lecture: "El perceptrón" (inputs, bias and one neuron), "Uniendo varios perceptrones" (columns of
circles), "Otras soluciones: Redes Residuales" (a line that goes around), "Redes DAG". A line is the
wider, the larger its weight; blue for a positive one, orange for a negative one.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from .drawing import Drawing
from .network_dag import draw_dag
from .network_dot import spoken, written_out
from .network_layout import Shown, kept_columns, laid_out
from .neurons import Column, columns_of
from .themes import Theme, get_theme

AUTOMATIC_UP_TO = 40  # lines that carry their number unasked
AT_MOST = 300  # lines that carry their number if asked to


def draw_network(
    model: Any,
    input: Any = None,
    *,
    numbers: bool | None = None,
    gradients: bool | None = None,
    most: int = 6,
    most_layers: int = 12,
    legend: bool = False,
    theme: str | Theme = "light",
    title: str = "",
) -> Drawing:
    """A network as circles and lines, as the lecture draws it; a model of either engine.

    model: Perceptron, FullyConnected, ResidualBlock, ResidualNetwork, SharedWeightDAG, DAG, or a
    torch.nn.Sequential of Linear and activation layers.
    input: one example, (in,) or (1, in); of a DAG with several inputs {name: example}. The
        activations for it stand in the circles.
    numbers: the weight on each line; None: where there are few. gradients: each weight's `.grad`
        below it, marked ∂; None: once `backward()` has run, True: it must have.
    most: neurons drawn of one layer, 3 or more; a wider one is abbreviated with its size.
    most_layers: layers drawn, 4 or more; of a deeper network the first and the last.
    legend: explain colours. theme: "light", "dark" or "transparent". title: a heading.

    Raises TypeError for another model, ValueError for arguments that do not fit, and for numbers
    on more lines than can carry one; RuntimeError for gradients that were not computed. Source:
    lecture, "El perceptrón", "Uniendo varios perceptrones".

    >>> import scratch
    >>> drawing = draw_network(scratch.Perceptron([-1.15, -0.21], 4.1), [0.0, 6.0])
    >>> drawing.dot.count(" -> "), "0.945" in drawing.dot
    (3, True)
    """
    for argument, value, least in (("most", most, 3), ("most_layers", most_layers, 4)):
        if isinstance(value, bool) or not isinstance(value, int) or value < least:
            raise ValueError(f"{argument}: expected {least} or more, got {value!r}")
    look = get_theme(theme)
    check_gradients(model, gradients)
    if any(base.__name__ in ("SharedWeightDAG", "DAG") for base in type(model).__mro__):
        return draw_dag(model, input, numbers is not False, gradients is not False, look, title)
    columns = columns_of(model, input)
    shown = Shown(columns, kept_columns(columns, most_layers), most)
    lines = [line for k in shown.kept for line in shown.lines_into(k)]
    if numbers and len(lines) > AT_MOST:
        raise ValueError(
            f"numbers: {len(lines):,} lines cannot carry a number each, at most {AT_MOST} can: "
            "draw fewer neurons with most=, or fewer layers with most_layers="
        )
    with_numbers = numbers or (numbers is None and len(lines) <= AUTOMATIC_UP_TO)
    picture = laid_out(shown, lines, with_numbers, gradients is not False)
    if picture is None and numbers:
        raise ValueError(
            f"numbers: no room for a number on each of {len(lines)} lines: draw fewer neurons "
            "with most=, or fewer layers with most_layers="
        )
    if picture is None:
        picture = laid_out(shown, lines, False, False)
    assert picture is not None
    what = type(model).__name__
    return Drawing(
        written_out(picture, look, legend, title),
        title=title or what,
        description=overview(what, columns),
        descriptions=spoken(shown),
        placed=True,
    )


def check_gradients(model: Any, gradients: bool | None) -> None:
    if gradients and all(p.grad is None for p in model.parameters()):
        raise RuntimeError(
            "gradients: none has been computed: run backward() on a loss of this model first"
        )


def overview(what: str, columns: Sequence[Column]) -> str:
    sizes = [str(column.size) for column in columns]
    if len(sizes) > 12:
        sizes = [*sizes[:6], "…", *sizes[-3:]]
    filled = "; with activations" if columns[0].values is not None else ""
    return f"Neuron diagram of a {what}: layers of {', '.join(sizes)} neurons{filled}"
