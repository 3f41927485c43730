"""One training step of the six networks: the table that the goals are judged by."""

from __future__ import annotations

import statistics
from typing import Any

from benchmarks import contenders, gradients
from benchmarks.options import Options
from benchmarks.plot import COLOURS, MARKERS
from benchmarks.report import Report
from benchmarks.timing import Times, race, ratio
from benchmarks.workloads import WORKLOADS, Workload

RATIOS = (
    ("fused", "torch"),
    ("columns", "torch"),
    ("products", "torch"),
    ("mygrad", "torch"),
    ("autograd", "torch"),
    ("scratch", "torch"),
    ("scratch", "columns"),
    ("scratch", "fused"),
)


def run(options: Options) -> Report:
    found, missing = contenders.load()
    rows: list[tuple[str, ...]] = []
    data: dict[str, Any] = {}
    titles: list[str] = []
    for name in options.workloads:
        workload = WORKLOADS[name]()
        options.say(f"{workload.name}: gradients")
        gradients.check(workload, found)
        options.say(f"{workload.name}: {options.rounds} rounds")
        times = race({c: prepare(workload).run for c, prepare in found.items()}, options)
        rows.append(_row(workload, times))
        data[name] = _figures(workload, times)
        titles.append(f"{name}: {workload.title}")

    over_torch = [above for above, below in RATIOS if below == "torch"]
    columns = ("workload", "torch, us", *over_torch, "scratch / columns", "scratch / fused")
    columns += ("goal", "met")
    notes = ["; ".join(titles) + "."]
    notes.append(
        "Times are divided by PyTorch's; goal is for scratch / fused. columns: fused, with every "
        f"trick that was found. Medians of {options.rounds} rounds, ± half the distance of the "
        "quartiles."
    )
    if missing:
        notes.append(f"Not installed: {', '.join(missing)}. {contenders.INSTALL}")
    return Report(
        "steps",
        "One training step (forward, loss, backward)",
        tuple(notes),
        columns,
        tuple(rows),
        data,
        lambda axes: _draw(axes, data),
    )


def _row(workload: Workload, times: Times) -> tuple[str, ...]:
    cells = [workload.name, f"{1e6 * statistics.median(times['torch']):,.0f}"]
    for above, below in RATIOS:
        cells.append(str(ratio(times, above, below)) if above in times else "-")
    met = ratio(times, "scratch", "fused").median <= workload.goal
    return (*cells, f"{workload.goal:g}", "yes" if met else "no")


def _figures(workload: Workload, times: Times) -> dict[str, Any]:
    ratios = {f"{a}/{b}": vars(ratio(times, a, b)) for a, b in RATIOS if a in times}
    return {
        "title": workload.title,
        "goal": workload.goal,
        "seconds": {name: statistics.median(values) for name, values in times.items()},
        "ratios": ratios,
        "rounds": times,
    }


def _draw(axes: Any, data: dict[str, Any]) -> None:
    """A row a network, a mark a contender; PyTorch is the line at 1."""
    names = list(data)
    for contender in ("products", "columns", "fused", "scratch", "mygrad", "autograd"):
        places = [k for k, name in enumerate(names) if contender in data[name]["seconds"]]
        medians = [data[names[k]]["ratios"][f"{contender}/torch"]["median"] for k in places]
        style = {"color": COLOURS[contender], "marker": MARKERS[contender]}
        axes.plot(medians, places, linestyle="none", markersize=8, label=contender, **style)
    axes.axvline(1, color=COLOURS["torch"], linewidth=1, label="torch")
    axes.set_xscale("log")
    axes.set_yticks(range(len(names)), names)
    axes.invert_yaxis()
    axes.set_xlabel("time of a step / PyTorch's")
    axes.grid(axis="x", alpha=0.3)
    axes.legend(loc="upper left", bbox_to_anchor=(1, 1))
