"""What it takes to start: each command in a fresh interpreter, in turns.

As for a user who starts it a second time: the compiled modules are there. They are written into a
folder of this measurement, also where the environment says not to write any, and where another
Python compiled other ones.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Any, NamedTuple

from benchmarks.options import Options
from benchmarks.report import Report


class Command(NamedTuple):
    arguments: tuple[str, ...]
    rounds: int = 100  # at most: a command that takes seconds needs no long series
    statuses: tuple[int, ...] = (0,)


COMMANDS = {
    "python": Command(("-c", "pass")),
    "import numpy": Command(("-c", "import numpy")),
    "import scratch": Command(("-c", "import scratch")),
    "import torch": Command(("-c", "import torch")),
    "import typer": Command(("-c", "import typer")),
    "gradtwin --help": Command(("-m", "gradtwin", "--help")),
    "gradtwin list": Command(("-m", "gradtwin", "list")),
    # Status 1 says that it found a difference between the wings: it ran all the same.
    "gradtwin check": Command(("-m", "gradtwin", "check"), 3, (0, 1)),
}
GOALS = {  # milliseconds
    "import scratch, beyond numpy": 20,
    "gradtwin --help": 300,
    "gradtwin list": 300,
    "gradtwin check": 10_000,
}


def run(options: Options) -> Report:
    times: dict[str, list[float]] = {name: [] for name in COMMANDS}
    with TemporaryDirectory() as folder:
        environment = {**os.environ, "PYTHONPYCACHEPREFIX": folder}
        environment.pop("PYTHONDONTWRITEBYTECODE", None)
        for turn in range(-1, options.rounds):
            options.say(f"start-up: round {turn + 1} of {options.rounds}")
            for name, command in COMMANDS.items():
                if turn < command.rounds:
                    seconds = _seconds(command, environment)
                    if turn >= 0:  # the round before fills the disk cache and compiles
                        times[name].append(seconds)
    medians = {name: statistics.median(values) for name, values in times.items()}
    # Of one round, as all ratios and differences here: the machine's speed changes.
    differences = [s - n for s, n in zip(times["import scratch"], times["import numpy"])]
    medians["import scratch, beyond numpy"] = statistics.median(differences)
    rows = tuple(_row(name, seconds) for name, seconds in medians.items())
    return Report(
        "startup",
        "Starting",
        ("Medians; compiled modules and the disk's cache are warm.",),
        ("command", "ms", "goal", "met"),
        rows,
        {"seconds": medians, "rounds": times},
    )


def _row(name: str, seconds: float) -> tuple[str, ...]:
    ms, goal = 1000 * seconds, GOALS.get(name)
    if goal is None:
        return name, f"{ms:,.0f}", "", ""
    return name, f"{ms:,.0f}", f"{goal:,}", "yes" if ms <= goal else "no"


def _seconds(command: Command, environment: dict[str, str]) -> float:
    start = perf_counter()
    done: Any = subprocess.run(
        [sys.executable, *command.arguments],
        env=environment,
        capture_output=True,
        text=True,
        encoding="utf-8",
    )
    seconds = perf_counter() - start
    if done.returncode not in command.statuses:
        raise RuntimeError(f"{' '.join(command.arguments)} failed:\n{done.stderr}")
    return seconds
