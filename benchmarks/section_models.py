"""The models of both wings, as classes: do they keep the ratios of the lines by hand?"""

from __future__ import annotations

import statistics
from dataclasses import replace
from typing import Any

from benchmarks import contender_fused, contender_models, gradients
from benchmarks.options import Options
from benchmarks.report import Report
from benchmarks.timing import race, ratio
from benchmarks.workloads import WORKLOADS, residual_network

CONTENDERS = {
    "torch": contender_models.prepare_torch,
    "scratch": contender_models.prepare_scratch,
    "fused": contender_fused.prepare,
}
MODELS = {
    "FullyConnected": WORKLOADS["digits"],
    "ResidualNetwork": residual_network,
    "SharedWeightDAG": WORKLOADS["dag"],
}


def run(options: Options) -> Report:
    rows: list[tuple[str, ...]] = []
    data: dict[str, Any] = {}
    titles: list[str] = []
    for name, make in MODELS.items():
        workload = replace(make(), name=name)
        options.say(f"{name}: gradients, {options.rounds} rounds")
        gradients.check(workload, CONTENDERS)
        runs = {contender: prepare(workload).run for contender, prepare in CONTENDERS.items()}
        times = race(runs, options)
        over_torch, over_fused = (ratio(times, "scratch", below) for below in ("torch", "fused"))
        data[name] = {
            "title": workload.title,
            "goal": workload.goal,
            "seconds": {c: statistics.median(values) for c, values in times.items()},
            "scratch/torch": vars(over_torch),
            "scratch/fused": vars(over_fused),
        }
        titles.append(f"{name}: {workload.title}")
        met = "yes" if over_fused.median <= workload.goal else "no"
        torch_us = f"{1e6 * data[name]['seconds']['torch']:,.0f}"
        rows.append((name, torch_us, str(over_torch), str(over_fused), f"{workload.goal:g}", met))
    return Report(
        "models",
        "One training step of the models, through their classes",
        ("; ".join(titles) + ".", "torch: the same class of torch_ref."),
        ("model", "torch, us", "scratch / torch", "scratch / fused", "goal", "met"),
        tuple(rows),
        data,
    )
