"""Peak memory of a training step, of scratch and PyTorch, measured with one ruler.

numpy and PyTorch each count their own allocations in their own way, so neither's count is used: the
ruler is the resident memory of a process of its own, which holds arrays, nodes and whatever
else the engine keeps. Two settings make it exact: every object and array comes from malloc
(PYTHONMALLOC), and malloc gives an array of 64 KiB or more back as soon as it is freed
(MALLOC_MMAP_THRESHOLD_). Batches are enlarged until the arrays dwarf a page.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
from typing import Any

from benchmarks.options import Options
from benchmarks.report import Report

BATCHES = {"mnist": 8192, "wide": 2048, "residual": 1024, "dag": 16384}
CONTENDERS = ("torch", "scratch")
GOAL = 1.1  # of PyTorch's peak
EXACT = {"PYTHONMALLOC": "malloc", "MALLOC_MMAP_THRESHOLD_": "65536"}


def run(options: Options) -> Report:
    rows: list[tuple[str, ...]] = []
    data: dict[str, Any] = {}
    for name in (name for name in options.workloads if name in BATCHES):
        options.say(f"{name}: memory")
        peaks = {contender: _measure(contender, name) for contender in CONTENDERS}
        ratio = peaks["scratch"]["peak"] / peaks["torch"]["peak"]
        data[name] = {"batch": BATCHES[name], "ratio": ratio, **peaks}
        cells = [f"{peaks[c][key] / 2**20:.1f}" for key in ("peak", "left") for c in CONTENDERS]
        met = "yes" if ratio <= GOAL else "no"
        rows.append((name, f"{BATCHES[name]:,}", *cells, f"{ratio:.2f}", f"{GOAL:g}", met))
    columns = [f"{c}, {what}" for what in ("peak MiB", "left MiB") for c in CONTENDERS]
    return Report(
        "memory",
        "Peak memory of a training step",
        (
            "Peak: above what parameters and data occupy. Left: after backward, the loss still "
            "held, above parameters, data and gradients. Medians of 3 processes.",
        ),
        ("workload", "batch", *columns, "scratch / torch", "goal", "met"),
        tuple(rows),
        data,
    )


def _measure(contender: str, workload: str) -> dict[str, float]:
    command = [sys.executable, "-m", "benchmarks.peak", contender, workload]
    command.append(str(BATCHES[workload]))
    environment = {**os.environ, **EXACT}
    answers = []
    for _ in range(3):
        done = subprocess.run(command, env=environment, capture_output=True, text=True)
        if done.returncode:
            raise RuntimeError(f"{' '.join(command)} failed:\n{done.stderr}")
        answers.append(json.loads(done.stdout))
    return {key: statistics.median(answer[key] for answer in answers) for key in answers[0]}
