"""Where the numbers come from: processor, versions, the BLAS kernel, and how many threads."""

from __future__ import annotations

import os
import platform
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import numpy as np
import torch
from threadpoolctl import threadpool_info, threadpool_limits

PACKAGES = ("numpy", "torch", "mygrad", "autograd")
OVERRIDES = ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE")


@contextmanager
def threads(count: int) -> Iterator[None]:
    """numpy's BLAS and PyTorch both on this many threads."""
    before = torch.get_num_threads()
    torch.set_num_threads(count)
    try:
        with threadpool_limits(limits=count):
            yield
    finally:
        torch.set_num_threads(before)


def describe(count: int) -> dict[str, str]:
    """What a reader needs to know to place the numbers."""
    facts = {
        "processor": f"{_processor()}, {os.cpu_count()} cores",
        "system": f"{platform.system()} {platform.machine()}",
        "versions": ", ".join([f"Python {platform.python_version()}", *_versions()]),
        "numpy's BLAS": _numpy_blas(),
        "PyTorch's BLAS": _torch_blas(),
        "threads": str(count),
        "load": _load(),
        "command": " ".join(["python -m benchmarks", *sys.argv[1:]]),
    }
    forced = [f"{name}={os.environ[name]}" for name in OVERRIDES if name in os.environ]
    if forced:
        facts["forced"] = ", ".join(forced) + " (the goals are judged without)"
    return facts


def _processor() -> str:
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        for line in cpuinfo.read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or "unknown processor"


def _load() -> str:
    """What else ran: a busy machine spreads the times, and the ratios less."""
    if not hasattr(os, "getloadavg"):
        return "unknown"
    return f"{os.getloadavg()[0]:.1f} processes at the start, on average over a minute"


def _versions() -> Iterator[str]:
    for package in PACKAGES:
        try:
            yield f"{package} {version(package)}"
        except PackageNotFoundError:
            continue


def _torch_blas() -> str:
    backends: Any = torch.backends
    library = "MKL" if backends.mkl.is_available() else "not MKL"
    return f"{library}, {backends.cpu.get_cpu_capability()} kernels"


def _numpy_blas() -> str:
    """The kernel that was picked for this processor, not only the library: it decides the speed."""
    folder = Path(np.__file__).parent.parent
    libraries = [lib for lib in threadpool_info() if lib["user_api"] == "blas"]
    own = [lib for lib in libraries if Path(lib["filepath"]).is_relative_to(folder / "numpy.libs")]
    return ", ".join(
        f"{lib['internal_api']} {lib['version']}, {lib.get('architecture', 'unknown')} kernels"
        for lib in own or libraries
    )
