"""How time grows with the graph: a chain of n additions, forward, backward and dropped.

Linear growth means that the time for a node stays the same from 100 nodes to 1,000,000. Every node
is on one path, which is the hardest case for a walk that recurses and for destruction.
"""

from __future__ import annotations

import statistics
from time import perf_counter
from typing import Any, NamedTuple

from benchmarks.options import Options
from benchmarks.plot import COLOURS, MARKERS
from benchmarks.report import Report

SIZES = (100, 1_000, 10_000, 100_000, 1_000_000)
NODES_A_SIZE = 300_000  # small graphs are built again until so many nodes were timed


class Chain(NamedTuple):
    """Seconds a node."""

    forward: float
    backward: float
    drop: float


def run(options: Options) -> Report:
    leaves = _leaves()
    rows: list[tuple[str, ...]] = []
    data: dict[str, Any] = {name: {} for name in leaves}
    for size in SIZES[:-1] if options.quick else SIZES:
        options.say(f"a chain of {size:,} nodes")
        repeats = max(3, NODES_A_SIZE // size)
        times: dict[str, list[Chain]] = {name: [] for name in leaves}
        for _ in range(repeats):
            for name, leaf in leaves.items():
                times[name].append(_time_chain(leaf, size))
        row = [f"{size:,}"]
        for name in leaves:
            median = Chain(*(statistics.median(column) for column in zip(*times[name])))
            data[name][size] = median._asdict()
            row += [f"{1e9 * seconds:,.0f}" for seconds in median]
        rows.append(tuple(row))
    columns = ("nodes", *(f"{name}, {part}" for name in leaves for part in Chain._fields))
    return Report(
        "growth",
        "A chain of n additions: nanoseconds a node",
        (
            "Medians; drop is what freeing the graph after backward takes. Forward holds the "
            "passes of the garbage collector over a graph that grows.",
        ),
        columns,
        tuple(rows),
        data,
        lambda axes: _draw(axes, data),
    )


def _leaves() -> dict[str, Any]:
    import torch

    import scratch

    return {
        "scratch": scratch.tensor([1.0], requires_grad=True),
        "torch": torch.tensor([1.0], dtype=torch.float64, requires_grad=True),
    }


def _time_chain(leaf: Any, size: int) -> Chain:
    leaf.grad = None
    start = perf_counter()
    end = leaf
    for _ in range(size):
        end = end + leaf
    built = perf_counter()
    end.backward()
    walked = perf_counter()
    del end
    dropped = perf_counter()
    assert leaf.grad.item() == size + 1  # every node was walked
    return Chain((built - start) / size, (walked - built) / size, (dropped - walked) / size)


def _draw(axes: Any, data: dict[str, Any]) -> None:
    for name, sizes in data.items():
        nanoseconds = [1e9 * chain["backward"] for chain in sizes.values()]
        style = {"color": COLOURS[name], "marker": "x" if name == "torch" else MARKERS[name]}
        axes.plot(list(sizes), nanoseconds, label=f"{name}, backward", **style)
    axes.set_xscale("log")
    axes.set_ylim(bottom=0)
    axes.set_xlabel("nodes")
    axes.set_ylabel("ns a node")
    axes.grid(alpha=0.3)
    axes.legend()
