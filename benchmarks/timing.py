"""Times that can be compared: contenders take turns, and a ratio is formed within one turn.

A machine is not equally fast all the time. Within a round every contender runs, in a random order,
so a slow second hits all alike; the ratio of two of them is taken in each round, and the median of
these ratios is the answer. The garbage collector stays on, as users have it, and starts each round
with nothing to do.

With one thread the clock is the process's own processor time: what a user waits for on a quiet
machine, and not disturbed on a busy one. With several threads only the time that passes counts.
"""

from __future__ import annotations

import gc
import random
import statistics
from collections.abc import Callable
from dataclasses import dataclass
from time import perf_counter, process_time
from typing import Any

from benchmarks.options import Options

# Seconds of a measurement. In training the same step follows itself thousands of times; in shorter
# measurements it is felt what the contender before has left in the processor's caches.
SHORTEST = 0.05

Clock = Callable[[], float]
Times = dict[str, list[float]]  # contender -> seconds a step, one number a round


@dataclass(frozen=True)
class Ratio:
    """Median over the rounds, and the quartiles around it."""

    median: float
    low: float
    high: float

    def __str__(self) -> str:
        digits = 1 if self.median >= 9.95 else 2
        return f"{self.median:.{digits}f} ±{(self.high - self.low) / 2:.{digits}f}"


def race(runs: dict[str, Callable[[], Any]], options: Options) -> Times:
    """Seconds a call of each, in each round."""
    clock = process_time if options.threads == 1 else perf_counter
    counts = {name: _calls_for_a_measurement(run, clock) for name, run in runs.items()}
    times: Times = {name: [] for name in runs}
    order = list(runs)
    shuffle = random.Random(0).shuffle
    for _ in range(options.rounds):
        shuffle(order)
        gc.collect()
        for name in order:
            times[name].append(_seconds(runs[name], counts[name], clock))
    return times


def ratio(times: Times, above: str, below: str) -> Ratio:
    ratios = [a / b for a, b in zip(times[above], times[below], strict=True)]
    low, median, high = statistics.quantiles(ratios, n=4, method="inclusive")
    return Ratio(median, low, high)


def _calls_for_a_measurement(run: Callable[[], Any], clock: Clock) -> int:
    """Doubled until a measurement lasts, which also warms up caches and allocators."""
    count = 1
    while (elapsed := count * _seconds(run, count, clock)) < SHORTEST:
        count = max(2 * count, int(1.1 * count * SHORTEST / elapsed) if elapsed else 0)
    return count


def _seconds(run: Callable[[], Any], count: int, clock: Clock) -> float:
    start = clock()
    for _ in range(count):
        run()
    return (clock() - start) / count
