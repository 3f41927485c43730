"""The figure of a run: one drawing a section, in colours that everybody can tell apart."""

from __future__ import annotations

from pathlib import Path

from benchmarks.report import Report

# Okabe and Ito (2008), "Color Universal Design".
COLOURS = {
    "torch": "#000000",
    "scratch": "#0072B2",
    "fused": "#009E73",
    "columns": "#CC79A7",
    "products": "#56B4E9",
    "mygrad": "#E69F00",
    "autograd": "#D55E00",
}
MARKERS = {
    "torch": "|",
    "scratch": "o",
    "fused": "s",
    "columns": "P",
    "products": "v",
    "mygrad": "^",
    "autograd": "D",
}


def save(path: Path, reports: list[Report]) -> None:
    """ValueError when no section of this run has anything to draw."""
    from matplotlib.figure import Figure  # the extra [plots]: needed for this only

    drawn = [report for report in reports if report.draw]
    if not drawn:
        raise ValueError("none of the sections run has a plot; try --section steps")
    figure = Figure(figsize=(9, 4.5 * len(drawn)), layout="constrained")
    for axes, report in zip(figure.subplots(len(drawn), squeeze=False)[:, 0], drawn):
        assert report.draw is not None
        report.draw(axes)
        axes.set_title(report.title, loc="left")
    figure.savefig(path, dpi=150)
