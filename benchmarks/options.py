"""What the command line asked for, handed to every section alike."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Options:
    workloads: tuple[str, ...]
    rounds: int
    threads: int
    quick: bool  # fewer rounds and smaller graphs: to see that it runs, not to publish
    say: Callable[[str], None]  # progress, for somebody who waits
