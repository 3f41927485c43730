"""`fit` from end to end: the digits of scikit-learn, the same seed and batches in both wings."""

from __future__ import annotations

import statistics
from collections.abc import Callable
from typing import Any

import numpy as np

import scratch
import scratch.functional
import torch_ref
import torch_ref.functional
from benchmarks.options import Options
from benchmarks.report import Report
from benchmarks.timing import race, ratio
from gradtwin.datasets import load

GOAL = 0.6  # of PyTorch's time
EPOCHS = 3
OPTIMIZERS = ("SGD", "Adam")
WINGS = {"scratch": scratch, "torch": torch_ref}


def run(options: Options) -> Report:
    digits = load("digits", dtype="float32")
    rows: list[tuple[str, ...]] = []
    data: dict[str, Any] = {}
    for optimizer in OPTIMIZERS:
        options.say(f"fit, {optimizer}: {options.rounds} rounds")
        runs = {
            name: _fit(wing, digits.X_train, digits.y_train, optimizer)
            for name, wing in WINGS.items()
        }
        # Both learn the same: otherwise one of them would be measured doing something else.
        losses = [run() for run in runs.values()]
        np.testing.assert_allclose(losses[0], losses[1], rtol=1e-3)
        times = race(runs, options)
        found = ratio(times, "scratch", "torch")
        seconds = {name: statistics.median(values) for name, values in times.items()}
        data[optimizer] = {"seconds": seconds, "ratio": vars(found)}
        cells = (f"{1000 * seconds[name]:,.0f}" for name in ("torch", "scratch"))
        met = "yes" if found.median <= GOAL else "no"
        rows.append((optimizer, *cells, str(found), f"{GOAL:g}", met))
    return Report(
        "fit",
        f"fit on digits, 64-32-10, {EPOCHS} epochs, batches of 32, end to end",
        ("From the arrays to the trained model; float32. Both reach the same loss.",),
        ("optimizer", "torch, ms", "scratch, ms", "scratch / torch", "goal", "met"),
        tuple(rows),
        data,
    )


def _fit(wing: Any, X: Any, y: Any, optimizer: str) -> Callable[[], float]:
    def once() -> float:
        net = wing.FullyConnected([64, 32, 10], dtype="float32")
        make = getattr(wing.optimizers, optimizer)
        history = wing.fit(
            net,
            X,
            y,
            wing.functional.cross_entropy,
            epochs=EPOCHS,
            optimizer=make(net.parameters(), lr=0.01),
            progress=False,
        )
        return float(history.loss[-1])

    return once
