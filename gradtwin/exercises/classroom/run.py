"""A whole class: students over the cores, results as they come, then what the teacher reads."""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, field
from pathlib import Path

from ..exercise import Exercise
from ..library import NAMES
from ..result import Result
from ..sandbox import HOW_TO_GET_ONE, SandboxMissingError, sandbox_missing
from ..texts import N_, Message, fault
from .store import load, save
from .students import Roster, Student, read_roster, students_in, with_roster
from .work import Work, asked_for, begin_worker, grade_student, handed_in, stopped

Progress = Callable[[int, int], None]
"""Called with how many students are done, and how many there are."""


@dataclass(frozen=True)
class Graded:
    """One exercise of one student: `file` as handed in, `time` of it (UTC), "" where missing."""

    exercise: Exercise
    result: Result
    file: str = ""
    time: str = ""


@dataclass(frozen=True)
class Pupil:
    """A student with all that was found."""

    student: Student
    graded: list[Graded]
    remarks: list[Message] = field(default_factory=list)

    @property
    def points(self) -> float:
        return sum(g.result.points for g in self.graded)

    @property
    def of(self) -> float:
        return sum(g.result.of for g in self.graded)


@dataclass(frozen=True)
class Class:
    """A class that is graded.

    Args:
        name: of the folder.
        exercises: those that are graded, in the lecture's order.
        pupils: all students, by name.
        strays: files that belong to no student.
        roster: the list of the class, if one was given.
    """

    name: str
    exercises: list[Exercise]
    pupils: list[Pupil]
    strays: list[str] = field(default_factory=list)
    roster: Roster | None = None

    @property
    def ok(self) -> bool:
        """Every exercise of every student is right."""
        return all(g.result.ok for p in self.pupils for g in p.graded)


def grade_folder(
    folder: str | Path,
    out: str | Path | None = None,
    *,
    exercises: Sequence[str] = (),
    sandboxed: bool = True,
    jobs: int | None = None,
    smallest: bool = True,
    roster: str | Path | None = None,
    progress: Progress | None = None,
) -> Class:
    """Grade a class; what was graded before and has not changed is taken from `out`.

    Args:
        folder: with a folder a student.
        out: where the results are kept; beside `folder` by default (`default_out`).
        exercises: names, files of one's own, or "all"; by default those that somebody handed in.
        sandboxed: False runs the code with limits alone, with all that this user may do.
        jobs: processes; by default one a core.
        smallest: look for the smallest failing input of each wrong exercise.
        roster: a CSV with the list of the class (names, e-mail addresses, numbers).
        progress: see `Progress`.

    Raises:
        SandboxMissingError: `sandboxed`, and no bubblewrap works here.
        FileNotFoundError, NotADirectoryError, ValueError: a folder, list or exercise that is none.
    """
    folder = Path(folder)
    out = default_out(folder) if out is None else Path(out)
    students, strays = students_in(folder)
    if not students:
        raise fault(ValueError, N_("{folder}: expected a folder a student, found none"),
                    folder=folder)
    if out.exists() and not out.is_dir():
        raise fault(NotADirectoryError, N_("{path} is a file, expected a folder"), path=out)
    if out.resolve().is_relative_to(folder.resolve()):
        raise fault(ValueError, N_("out: {out} lies in {folder}, where each folder is a student"),
                    out=out, folder=folder)
    listed = None if roster is None else read_roster(Path(roster))
    if listed is not None:
        students = with_roster(students, listed)
    asked_for(tuple(exercises))
    if sandboxed and (why := sandbox_missing()):
        raise fault(SandboxMissingError, "{why}; {what}", why=why, what=Message(HOW_TO_GET_ONE))
    if not exercises:
        inside = {name for s in students for name in handed_in(s, NAMES).submissions}
        exercises = [name for name in NAMES if name in inside]
        if not exercises:
            raise fault(ValueError, N_("{folder}: nobody handed in an exercise; files are called "
                                       "NAME.py or NAME.ipynb ({names})"),
                        folder=folder, names=", ".join(NAMES))
    work = Work(out, tuple(exercises), sandboxed, smallest)
    for done, _key in enumerate(_all(students, work, jobs or cores()), 1):
        if progress is not None:
            progress(done, len(students))
    chosen = [exercise for exercise, _ in asked_for(work.exercises).values()]
    pupils = [_read(student, chosen, out) for student in students]
    return Class(folder.resolve().name, chosen, pupils, strays, listed)


def default_out(folder: Path) -> Path:
    """Beside the folder, since within it every folder is a student."""
    whole = folder.resolve()
    return whole.with_name(f"{whole.name}-graded")


def cores() -> int:
    """The cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _all(students: Sequence[Student], work: Work, jobs: int) -> Iterator[str]:
    if jobs == 1:
        for student in students:
            yield grade_student(student, work)
        return
    done = set()
    try:
        for key in _shared_out(students, work, min(jobs, len(students))):
            done.add(key)
            yield key
    except BrokenProcessPool:
        # A worker died: out of memory, or a crash in reading what was handed in. Each of those
        # that are left has a process of its own now, so that it takes nobody with it.
        for student in students:
            if student.key not in done:
                yield _alone(student, work)


def _shared_out(students: Sequence[Student], work: Work, jobs: int) -> Iterator[str]:
    context = multiprocessing.get_context("spawn")      # torch does not survive a fork
    others = set(multiprocessing.active_children())
    pool = ProcessPoolExecutor(jobs, mp_context=context, initializer=begin_worker)
    try:
        waiting = [pool.submit(grade_student, student, work) for student in students]
        for future in as_completed(waiting):
            yield future.result()
    finally:
        pool.shutdown(wait=False, cancel_futures=True)
        workers = set(multiprocessing.active_children()) - others
        for worker in workers:
            worker.terminate()                          # also in the middle, after Ctrl-C
        for worker in workers:
            worker.join(5.0)


def _alone(student: Student, work: Work) -> str:
    try:
        return next(_shared_out([student], work, 1))
    except BrokenProcessPool:
        kept = load(work.out, student.key)
        for name, (exercise, _source) in asked_for(work.exercises).items():
            kept["exercises"].setdefault(name, {
                "key": "", "file": "", "time": "",
                "result": stopped(exercise, Message(N_("its process died"))).to_dict(),
            })
        save(work.out, student.key, kept)
        return student.key


def _read(student: Student, exercises: Sequence[Exercise], out: Path) -> Pupil:
    kept = load(out, student.key)
    graded = []
    for exercise in exercises:
        one = kept["exercises"][exercise.name]
        graded.append(Graded(exercise, Result.from_dict(one["result"]), one["file"], one["time"]))
    return Pupil(student, graded, [Message.from_dict(r) for r in kept["remarks"]])


