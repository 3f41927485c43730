"""One process of the memory section: `python -m benchmarks.peak CONTENDER WORKLOAD BATCH`.

Prints {"peak": bytes, "left": bytes} of one training step, after another one that let the BLAS
allocate its own buffers. Linux only: the kernel keeps the highest resident size of a process, and
writing 5 to clear_refs starts it anew.
"""

from __future__ import annotations

import ctypes
import gc
import json
import sys
from dataclasses import replace
from importlib import import_module
from pathlib import Path

import numpy as np

from benchmarks import machine
from benchmarks.workloads import WORKLOADS

PROCESS = Path("/proc/self")


def main(contender: str, name: str, batch: int) -> None:
    small = WORKLOADS[name]()
    rows = np.arange(batch) % len(small.X)
    workload = replace(small, X=small.X[rows], y=small.y[rows])
    with machine.threads(1):
        step = import_module(f"benchmarks.contender_{contender}").prepare(workload)
        step.run()
        for parameter in step.parameters:
            parameter.grad = None
        before = _resident()
        (PROCESS / "clear_refs").write_text("5")
        loss = step.run()
        peak = _kilobytes("VmHWM") - before
        gradients = sum(p.nbytes for p in workload.parameters)
        left = _resident() - before - gradients
        del loss
    print(json.dumps({"peak": peak, "left": left}))


def _resident() -> int:
    gc.collect()
    ctypes.CDLL("libc.so.6").malloc_trim(0)  # free pages between live objects count as well
    return _kilobytes("VmRSS")


def _kilobytes(field: str) -> int:
    for line in (PROCESS / "status").read_text().splitlines():
        if line.startswith(field + ":"):
            return int(line.split()[1]) * 1024
    raise RuntimeError(f"no {field} in {PROCESS / 'status'}")


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]))
