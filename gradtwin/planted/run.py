"""Every mistake planted in a process of its own, and the one who must notice asked."""

from __future__ import annotations

import importlib
import multiprocessing
import signal
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from .mistake import ROOT, Mistake
from .plant import plant

PATIENCE = 300.0
"""Seconds until a process that does not answer is given up: a mistake may make a loop endless."""

PRELOADED = [
    "torch.fx.experimental.symbolic_shapes",  # torch.autograd.grad asks for it when first called
    "pytest", "mpmath", "numpy.testing", "gradtwin.check", "gradtwin.planted.run",
]  # fmt: skip
"""Imported once, before the processes are forked; no module of either wing is among them."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of one mistake.

    Args:
        mistake: the mistake; None where nothing was planted.
        caught: whether it was noticed.
        report: the line of the report that says what differs; "" where nothing does.
        failed: why nobody could be asked, or "".
    """

    mistake: Mistake | None
    caught: bool
    report: str
    seconds: float
    failed: str = ""

    @property
    def as_it_should(self) -> bool:
        """A mistake is noticed, and where nothing was planted nothing is."""
        return not self.failed and self.caught is (self.mistake is not None)

    @property
    def verdict(self) -> str:
        """One word, and the report or the reason."""
        if self.failed:
            return f"FAILED: {self.failed}"
        if self.mistake is None:
            return f"AN ERROR WITHOUT A MISTAKE: {self.report}" if self.caught else "nothing, right"
        return self.report if self.caught else "SURVIVED"


Witness = tuple[tuple[str, ...], str]
"""Who is asked: concepts and a dtype, or tests and ""."""


def run(mistakes: Sequence[Mistake], jobs: int = 1) -> Iterator[Outcome]:
    """First the outcomes with nothing planted, then one a mistake, in order.

    jobs: how many processes at a time.
    """
    tasks: list[tuple[Mistake | None, Witness]] = [(None, one) for one in witnesses(mistakes)]
    tasks += [(each, witness(each)) for each in mistakes]
    # Where there is no fork (Windows) each process imports torch itself, which takes seconds.
    can_fork = "forkserver" in multiprocessing.get_all_start_methods()
    context: Any = multiprocessing.get_context("forkserver" if can_fork else "spawn")
    if can_fork:
        context.set_forkserver_preload(PRELOADED)
    with context.Pool(
        min(jobs, len(tasks)), signal.signal, (signal.SIGINT, signal.SIG_IGN), maxtasksperchild=1
    ) as pool:  # Ctrl-C is for the process that waits: leaving this block ends the others
        found = pool.imap(_outcome, tasks, chunksize=1)
        for mistake, _ in tasks:
            try:
                yield found.next(PATIENCE)
            except multiprocessing.TimeoutError:
                yield Outcome(mistake, False, "", PATIENCE, "it ends never, or its process died")
                return


def witness(mistake: Mistake) -> Witness:
    """Who must notice this mistake."""
    return (mistake.caught_by,), "" if mistake.by_test else mistake.dtype


def witnesses(mistakes: Sequence[Mistake]) -> list[Witness]:
    """All of them together, those of one kind in one group."""
    groups: dict[str, dict[str, None]] = {}
    for (name,), kind in map(witness, mistakes):
        groups.setdefault(kind, {})[name] = None
    return [(tuple(names), kind) for kind, names in groups.items()]


def _outcome(task: tuple[Mistake | None, Witness]) -> Outcome:
    """Plant and ask, in a process that does nothing else."""
    mistake, (names, dtype) = task
    start = time.perf_counter()
    caught, report, failed = False, "", ""
    try:
        if mistake is not None:
            plant(mistake)
            importlib.import_module(mistake.module)  # a mistake that is no Python is no mistake
        report = by_check(names, dtype) if dtype else by_tests(names)
        caught = bool(report)
    except Exception as error:
        failed = f"{type(error).__name__}: {error}"
    return Outcome(mistake, caught, report, time.perf_counter() - start, failed)


def by_check(names: Sequence[str], dtype: str) -> str:
    """What `gradtwin check` says of these concepts in one line, or "" where all agree."""
    import torch

    from ..check import CASES, check

    torch.set_num_threads(1)
    # A difference is explained by a third witness, which takes seconds for a network: so the first
    # random input of each concept alone, and all of them where that one shows nothing.
    for cases in (1, CASES):
        for result in check(names, dtype=dtype, cases=cases):
            if not result.ok:
                return telling(str(result))
    return ""


TELLING = ("worst at", "SHAPE", "  - [", "warned: ", "scratch has")
"""What the line of a report contains that says what differs, and where."""


def telling(report: str) -> str:
    """The line of a report of `check` that says what differs.

    >>> telling("relu: DIFFERENT, 33 cases\\nworst at gradient of input[0]: ours 1, theirs 0")
    'worst at gradient of input[0]: ours 1, theirs 0'
    """
    lines = report.splitlines()
    found = (line for line in lines if any(word in line for word in TELLING))
    return next(found, lines[-1]).strip()


def by_tests(names: Sequence[str]) -> str:
    """The first line that pytest says of these tests when they fail, or "" where they pass.

    RuntimeError: they could not be run.
    """
    import pytest

    class Listener:
        said = ""

        def pytest_runtest_logreport(self, report: Any) -> None:
            if report.failed and not self.said:
                crash = getattr(report.longrepr, "reprcrash", None)
                message = crash.message if crash else str(report.longrepr)
                self.said = next(line.strip() for line in message.splitlines() if line.strip())

    listener = Listener()
    nodes = [str(ROOT / name) for name in names]
    quiet = ["-o", "addopts=", "-p", "no:xdist", "-p", "no:cacheprovider", "-p", "no:terminal"]
    # gradtwin is a plugin where it is installed, and this process has imported it already
    quiet += ["-W", "ignore::pytest.PytestAssertRewriteWarning"]
    status = pytest.main([*quiet, "--rootdir", str(ROOT), *nodes], plugins=[listener])
    if status not in (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED) or (
        bool(listener.said) != bool(status)
    ):
        raise RuntimeError(f"{', '.join(names)}: pytest ended with {status!r}")
    return listener.said
