"""How many comparisons of both wings, forward and gradient, the tester makes in a second."""

from __future__ import annotations

import statistics
from collections.abc import Callable
from time import process_time
from typing import Any

import numpy as np
import torch

import gradtwin
import scratch
from benchmarks.options import Options
from benchmarks.report import Report

GOAL = 1_000  # comparisons a second, on small cases
SECONDS = 0.5  # of one measurement


def run(options: Options) -> Report:
    rates: dict[str, list[float]] = {name: [] for name in WAYS}
    for turn in range(options.rounds):
        options.say(f"comparisons: round {turn + 1} of {options.rounds}")
        for name, way in WAYS.items():
            rates[name].append(way(turn))
    medians = {name: statistics.median(found) for name, found in rates.items()}
    rows = tuple(
        (name, f"{rate:,.0f}", f"{GOAL:,}", "yes" if rate >= GOAL else "no")
        for name, rate in medians.items()
    )
    return Report(
        "compare",
        "Comparisons of both wings, forward and gradient",
        (f"Processor time of one process; medians of {options.rounds} rounds of {SECONDS} s.",),
        ("way", "a second", "goal", "met"),
        rows,
        {"a second": medians, "rounds": rates},
    )


def _compare(turn: int) -> float:
    """`gradtwin.compare` of a small product and a ReLU."""
    rng = np.random.default_rng(turn)
    x, w = rng.standard_normal((4, 3)), rng.standard_normal((2, 3))

    def ours(x: Any, w: Any) -> Any:
        return scratch.functional.relu(scratch.functional.linear(x, w))

    def theirs(x: Any, w: Any) -> Any:
        return torch.relu(torch.nn.functional.linear(x, w))

    def once(number: int) -> int:
        assert gradtwin.compare(ours, theirs, x, w).ok
        return 1

    return _a_second(once)


def _fuzz(turn: int) -> float:
    """Random cases as `gradtwin fuzz` draws them: drawing, both wings, and the judgement."""
    from gradtwin.fuzz.search import run_block

    def once(number: int) -> int:
        first = 1000 * turn + 20 * number
        return sum(run_block(0, range(first, first + 20)).outcomes.values())

    return _a_second(once)


def _a_second(once: Callable[[int], int]) -> float:
    once(0)  # what is prepared at the first call
    done, number, start = 0, 0, process_time()
    while (elapsed := process_time() - start) < SECONDS:
        number += 1
        done += once(number)
    return done / elapsed


WAYS: dict[str, Callable[[int], float]] = {"gradtwin.compare": _compare, "gradtwin fuzz": _fuzz}
