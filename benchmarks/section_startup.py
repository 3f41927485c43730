"""What it takes to start: each command in a fresh interpreter, in turns."""

from __future__ import annotations

import statistics
import subprocess
import sys
from time import perf_counter
from typing import Any

from benchmarks.options import Options
from benchmarks.report import Report

COMMANDS: dict[str, tuple[str, ...]] = {
    "python": ("-c", "pass"),
    "import numpy": ("-c", "import numpy"),
    "import scratch": ("-c", "import scratch"),
    "import torch": ("-c", "import torch"),
}


def run(options: Options) -> Report:
    times: dict[str, list[float]] = {name: [] for name in COMMANDS}
    for turn in range(-1, options.rounds):
        options.say(f"start-up: round {turn + 1} of {options.rounds}")
        for name, arguments in COMMANDS.items():
            seconds = _seconds(arguments)
            if turn >= 0:  # the first round fills the disk cache and writes the .pyc files
                times[name].append(seconds)
    medians = {name: statistics.median(values) for name, values in times.items()}
    rows = tuple((name, f"{1000 * seconds:.0f}") for name, seconds in medians.items())
    differences = [s - n for s, n in zip(times["import scratch"], times["import numpy"])]
    more = 1000 * statistics.median(differences)
    return Report(
        "startup",
        "Starting",
        (f"import scratch takes {more:.0f} ms more than import numpy (goal: 20).",),
        ("command", "ms"),
        rows,
        {"seconds": medians, "rounds": times},
    )


def _seconds(arguments: tuple[str, ...]) -> float:
    start = perf_counter()
    done: Any = subprocess.run([sys.executable, *arguments], capture_output=True, text=True)
    seconds = perf_counter() - start
    if done.returncode:
        raise RuntimeError(f"{' '.join(arguments)} failed:\n{done.stderr}")
    return seconds
