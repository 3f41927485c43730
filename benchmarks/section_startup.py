"""What it takes to start: each command in a fresh interpreter, in turns."""

from __future__ import annotations

import statistics
import subprocess
import sys
from time import perf_counter
from typing import Any, NamedTuple

from benchmarks.options import Options
from benchmarks.report import Report


class Command(NamedTuple):
    arguments: tuple[str, ...]
    goal: str = ""
    rounds: int = 100  # at most: a command that takes seconds needs no long series
    statuses: tuple[int, ...] = (0,)


COMMANDS = {
    "python": Command(("-c", "pass")),
    "import numpy": Command(("-c", "import numpy")),
    "import scratch": Command(("-c", "import scratch"), "numpy + 20"),
    "import torch": Command(("-c", "import torch")),
    "gradtwin --help": Command(("-m", "gradtwin", "--help"), "300"),
    "gradtwin list": Command(("-m", "gradtwin", "list"), "300"),
    # Status 1 says that it found a difference between the wings: it ran all the same.
    "gradtwin check": Command(("-m", "gradtwin", "check"), "10,000", 3, (0, 1)),
}


def run(options: Options) -> Report:
    times: dict[str, list[float]] = {name: [] for name in COMMANDS}
    for turn in range(-1, options.rounds):
        options.say(f"start-up: round {turn + 1} of {options.rounds}")
        for name, command in COMMANDS.items():
            if turn < command.rounds:
                seconds = _seconds(command)
                if turn >= 0:  # the round before fills the disk cache and writes the .pyc files
                    times[name].append(seconds)
    medians = {name: statistics.median(values) for name, values in times.items()}
    rows = tuple(
        (name, f"{1000 * seconds:,.0f}", COMMANDS[name].goal) for name, seconds in medians.items()
    )
    # Of one round, as all ratios and differences here: the machine's speed changes.
    differences = [s - n for s, n in zip(times["import scratch"], times["import numpy"])]
    more = 1000 * statistics.median(differences)
    return Report(
        "startup",
        "Starting",
        (f"import scratch takes {more:.0f} ms more than import numpy.",),
        ("command", "ms", "goal"),
        rows,
        {"seconds": medians, "scratch beyond numpy": more / 1000, "rounds": times},
    )


def _seconds(command: Command) -> float:
    start = perf_counter()
    done: Any = subprocess.run(
        [sys.executable, *command.arguments], capture_output=True, text=True, encoding="utf-8"
    )
    seconds = perf_counter() - start
    if done.returncode not in command.statuses:
        raise RuntimeError(f"{' '.join(command.arguments)} failed:\n{done.stderr}")
    return seconds
