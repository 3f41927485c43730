"""How much a submission may use. Each limit ends the one exercise, with its reason."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """Limits of one box.

    A loop without end is stopped by its processor's time. The seconds of the clock are for what
    waits, and long: on a busy machine a right answer takes many times as long as on an idle one.

    Args:
        start: seconds until Python and numpy are there.
        load: seconds for the submission's own top level.
        probe: seconds for all functions on one probe.
        whole: seconds for all probes of one exercise.
        processor: seconds of processor time of a box (a right answer takes a few tenths).
        memory: bytes of address space (numpy itself takes some 200 MB of it).
        file: bytes of one written file; the temporary folder holds four of them.
        output: bytes printed before the run is ended.
        kept: bytes of output kept for the report.
    """

    start: float = 60.0
    load: float = 30.0
    probe: float = 20.0
    whole: float = 120.0
    processor: int = 8
    memory: int = 2**30
    file: int = 2**24
    output: int = 2**20
    kept: int = 2**16

    def resources(self) -> dict[str, int]:
        """As the names of RLIMIT_... say it. No new process, so no thread of numpy's either."""
        return {
            "AS": self.memory,
            "CPU": self.processor,
            "FSIZE": self.file,
            "NPROC": 0,
            "NOFILE": 64,
            "CORE": 0,
        }
