"""The search for differences: cases by their number, in one process or in several."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
import time
import traceback
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from .case import Case, Step
from .choices import Choices, Random
from .programs import draw_program
from .rows import draw_concept, draw_row, draw_wrong
from .shrink import smallest
from .snippet import snippet
from .verdict import Outcome, judged
from .walks import LAYOUTS, Walks

BLOCK = 200
"""Cases a worker does before it reports, unless it finds a difference."""

_stop: Any = threading.Event()
"""Set when the search is to end; every process has its own or shares one."""

KEPT_RIGHT = 20
"""Of cases where scratch is right and PyTorch wrong so many are told by their numbers."""

KINDS = [*[draw_row] * 20, *[draw_program] * 9, draw_concept, *[draw_wrong] * 2]
"""One operation, a program, a concept of the lecture, a call with something wrong."""


HANDED_ON = ("lib.sum({0})", "lib.stack([{0}, {0}.detach()], dim=-1)")
"""Last steps that hand a gradient on as an array whose strides are 0, or those of a part."""


def draw_case(c: Choices) -> Case:
    """A case of any kind: one operation most often, then programs of several."""
    return walked_otherwise(c.one_of(KINDS)(c), c)


def walked_otherwise(case: Case, c: Choices) -> Case:
    """The case, now and then with frozen inputs, a second walk, an oddly stored upstream gradient.

    One input at least stays that is not frozen; a call with something wrong stays as it is.
    """
    learned = [i for i, w in enumerate(case.wanted) if w]
    if case.may_be_wrong or not learned:
        return case
    wanted = list(case.wanted)
    if len(learned) > 1 and c.chance(4):
        kept = c.one_of(learned)
        for i in learned:
            wanted[i] = i == kept or not c.chance(2)
    twice = c.chance(6)
    layout = c.one_of(LAYOUTS) if c.chance(3) else LAYOUTS[0]
    steps, results = case.steps, case.results
    if case.finite and c.chance(10) and "CONCEPTS" not in steps[-1].text:
        steps = [*steps, Step(c.one_of(HANDED_ON), (results[0],))]
        results = [len(case.arrays) + len(case.steps), *results[1:]]
    return replace(case, wanted=wanted, steps=steps, results=results, walks=Walks(twice, layout))


@dataclass(frozen=True)
class Found:
    """A difference.

    Args:
        seed, number: what it is drawn from again.
        label: the operation, or "program".
        python: the smallest case, as a program that shows it.
        report: what the wings make of it.
    """

    seed: int
    number: int
    label: str
    python: str
    report: str

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return asdict(self)


@dataclass
class Summary:
    """What a search did.

    Args:
        seed: of its cases.
        cases: how many were compared.
        outcomes: how many of them ended how.
        found: the differences.
        torch_wrong: numbers of cases where scratch is right and PyTorch is not, the first few.
        seconds: how long it took.
        interrupted: whether Ctrl-C ended it.
    """

    seed: int
    cases: int = 0
    outcomes: Counter[str] = field(default_factory=Counter)
    found: list[Found] = field(default_factory=list)
    torch_wrong: list[int] = field(default_factory=list)
    seconds: float = 0.0
    interrupted: bool = False

    @property
    def ok(self) -> bool:
        """No difference was found."""
        return not self.found

    def add(self, block: Block) -> None:
        """Count a block of cases in."""
        self.cases += block.cases
        self.outcomes += block.outcomes
        self.found += block.found
        self.torch_wrong = sorted(self.torch_wrong + block.torch_wrong)[:KEPT_RIGHT]

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return {
            "ok": self.ok,
            "seed": self.seed,
            "cases": self.cases,
            "outcomes": dict(self.outcomes),
            "found": [found.to_dict() for found in self.found],
            "torch_wrong": self.torch_wrong,
            "seconds": round(self.seconds, 1),
            "interrupted": self.interrupted,
        }


@dataclass
class Block:
    """What came of some cases in a row."""

    outcomes: Counter[str] = field(default_factory=Counter)
    found: list[Found] = field(default_factory=list)
    torch_wrong: list[int] = field(default_factory=list)

    @property
    def cases(self) -> int:
        """How many they are."""
        return sum(self.outcomes.values())


def run_case(seed: int, number: int) -> tuple[Outcome, Found | None]:
    """Compare one case; where it differs, shrink it."""
    choices = Random(seed, number)
    try:
        outcome = judged(draw_case(choices)).outcome
    except Exception:  # a mistake in the search itself: told as well, and nothing else is lost
        return Outcome.differ, Found(seed, number, "error", "", traceback.format_exc())
    if outcome is not Outcome.differ:
        return outcome, None
    small = smallest(draw_case, choices.taken, stopped=_stop.is_set)
    verdict = judged(small)
    report = verdict.warning and f"numpy warns of: {verdict.warning}"
    return outcome, Found(
        seed, number, small.label, snippet(small), report or str(verdict.comparison)
    )


def run_block(seed: int, numbers: range, end: float | None = None) -> Block:
    """Compare the cases with these numbers, until one differs or the time is up.

    end: when, on the monotonic clock, which all processes of a machine share. One case is compared
        at the least.
    """
    block = Block()
    for number in numbers:
        if _stop.is_set() or (block.cases and _is_past(end)):
            break
        outcome, found = run_case(seed, number)
        block.outcomes[outcome.value] += 1
        if found is not None:
            block.found.append(found)
            break
        if outcome is Outcome.scratch_right:
            block.torch_wrong.append(number)
    return block


def _is_past(end: float | None) -> bool:
    return end is not None and time.monotonic() >= end


def fuzz(
    seconds: float | None = 60.0,
    cases: int | None = None,
    jobs: int = 1,
    seed: int = 0,
    first: int = 0,
    progress: Callable[[Summary], object] | None = None,
    found: Callable[[Found], object] | None = None,
) -> Summary:
    """Compare random cases in both wings until the time is up or enough are done.

    Args:
        seconds: how long, None without end; one case is compared at the least.
        cases: how many, None as many as there is time for.
        jobs: processes; more than four a processor would only wait, and are not started.
        seed: a case is drawn from the seed and its number, in any process alike.
        first: the number of the first case.
        progress: is called after every block of 200 cases, and after every difference.
        found: is called for every difference as soon as it is found and made small.

    Ctrl-C ends it early; what was found until then is in the summary.

    >>> fuzz(cases=20).ok
    True
    """
    summary = Summary(seed)
    start = time.monotonic()
    jobs = min(jobs, 4 * (os.cpu_count() or 1))
    context = multiprocessing.get_context("spawn")
    stop: Any = context.Event() if jobs > 1 else threading.Event()
    with _ctrl_c_sets(stop):
        work = _Work(first, cases, None if seconds is None else start + seconds, stop)
        blocks = (
            _in_processes(seed, work, jobs, context) if jobs > 1 else _here(seed, work)
        )
        for block in blocks:
            summary.add(block)
            summary.seconds = time.monotonic() - start
            for each in block.found:
                if found is not None:
                    found(each)
            if progress is not None:
                progress(summary)
    summary.interrupted = stop.is_set()
    return summary


@contextmanager
def _ctrl_c_sets(stop: Any) -> Iterator[None]:
    """Ctrl-C lets every process finish its case; a second one ends the program as usual."""

    def handle(number: int, frame: object) -> None:
        stop.set()
        signal.signal(signal.SIGINT, before)

    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGINT, handle)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


class _Work:
    """The numbers of the cases that are still to be compared."""

    def __init__(self, first: int, cases: int | None, end: float | None, stop: Any) -> None:
        self.first, self.next, self.end, self.stop = first, first, end, stop
        self.last = None if cases is None else first + cases
        self.rest: list[range] = []  # of blocks that a difference ended

    def take(self) -> range | None:
        """Some numbers; None where there are none, or the time is up."""
        begun = self.next > self.first
        if self.stop.is_set() or (begun and _is_past(self.end)):
            return None
        if self.rest:
            return self.rest.pop()
        end = self.next + BLOCK
        numbers = range(self.next, end if self.last is None else min(end, self.last))
        self.next += len(numbers)
        return numbers or None

    def done(self, numbers: range, cases: int) -> None:
        """So many of these are compared."""
        if cases < len(numbers):
            self.rest.append(numbers[cases:])


def _here(seed: int, work: _Work) -> Iterator[Block]:
    _prepare(work.stop)
    while numbers := work.take():
        block = run_block(seed, numbers, work.end)
        work.done(numbers, block.cases)
        yield block


def _in_processes(seed: int, work: _Work, jobs: int, context: Any) -> Iterator[Block]:
    """Results as they come; twice as many blocks are under way as there are processes."""
    with context.Pool(jobs, initializer=_prepare_process, initargs=(work.stop,)) as pool:
        waiting: list[tuple[range, Any]] = []
        while True:
            while len(waiting) < 2 * jobs and (numbers := work.take()):
                waiting.append((numbers, pool.apply_async(run_block, (seed, numbers, work.end))))
            if not waiting:
                return
            waiting[0][1].wait(0.05)
            for numbers, result in [each for each in waiting if each[1].ready()]:
                waiting.remove((numbers, result))
                block = result.get()
                work.done(numbers, block.cases)
                yield block


def _prepare(stop: Any) -> None:
    """One thread, which is fastest for small arrays; and who says when to stop."""
    import torch

    global _stop
    _stop = stop
    torch.set_num_threads(1)


def _prepare_process(stop: Any) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the first process's to handle
    _prepare(stop)
