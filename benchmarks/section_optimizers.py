"""A whole training step: forward, loss, backward, and the optimizer that moves the parameters."""

from __future__ import annotations

import statistics
from typing import Any

import torch

import scratch
from benchmarks.contender_models import prepare_scratch, prepare_torch
from benchmarks.options import Options
from benchmarks.report import Report
from benchmarks.timing import race, ratio
from benchmarks.workloads import WORKLOADS

GOAL = 0.6  # of PyTorch's time
# A small rate: a step is measured thousands of times, and must not run into infinity.
OPTIMIZERS = {
    "SGD": (lambda p: scratch.optimizers.SGD(p, lr=1e-5), lambda p: torch.optim.SGD(p, lr=1e-5)),
    "Adam": (lambda p: scratch.optimizers.Adam(p, lr=1e-5), lambda p: torch.optim.Adam(p, lr=1e-5)),
}
NETWORKS = ("xor", "digits", "mnist", "wide", "dag")


def run(options: Options) -> Report:
    rows: list[tuple[str, ...]] = []
    data: dict[str, Any] = {}
    for name in (name for name in options.workloads if name in NETWORKS):
        workload = WORKLOADS[name]()
        for optimizer, (ours, theirs) in OPTIMIZERS.items():
            options.say(f"{name}, {optimizer}: {options.rounds} rounds")
            runs = {
                "scratch": prepare_scratch(workload, ours).run,
                "torch": prepare_torch(workload, theirs).run,
            }
            times = race(runs, options)
            found = ratio(times, "scratch", "torch")
            seconds = {c: statistics.median(values) for c, values in times.items()}
            data[f"{name}, {optimizer}"] = {"seconds": seconds, "ratio": vars(found)}
            cells = (f"{1e6 * seconds[c]:,.0f}" for c in ("torch", "scratch"))
            met = "yes" if found.median <= GOAL else "no"
            rows.append((f"{name}, {optimizer}", *cells, str(found), f"{GOAL:g}", met))
    return Report(
        "optimizers",
        "A whole training step with an optimizer",
        ("torch: torch.optim as it comes, over the model of torch_ref.",),
        ("network", "torch, us", "scratch, us", "scratch / torch", "goal", "met"),
        tuple(rows),
        data,
    )
