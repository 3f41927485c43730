"""One student: every exercise that was handed in, graded and kept. Runs in a worker process."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

from ..exercise import Exercise
from ..folder import KINDS, Collected, collect, named
from ..grading import grade, missing
from ..library import NAMES
from ..own import exercises_of, is_file
from ..result import Result
from ..sandbox import SandboxMissingError
from ..submission import Submission, read_submission
from ..texts import N_, Message
from .store import hash_of, load, save
from .students import Student


@dataclass(frozen=True)
class Work:
    """What is the same for all students; plain values, since it goes to other processes.

    Args:
        out: where results are kept.
        exercises: names of built-in exercises, files of one's own, or "all".
        sandboxed: in bubblewrap.
        smallest: look for the smallest failing inputs too.
    """

    out: Path
    exercises: tuple[str, ...]
    sandboxed: bool = True
    smallest: bool = True


@lru_cache
def asked_for(exercises: tuple[str, ...]) -> dict[str, tuple[Exercise, Path | None]]:
    """The exercises by name, each with its file where it is a teacher's own.

    Raises:
        ValueError, FileNotFoundError: one that is none.
    """
    found: dict[str, tuple[Exercise, Path | None]] = {}
    for text in exercises:
        source = Path(text).resolve() if is_file(text) else None
        found.update({e.name: (e, source) for e in exercises_of(text)})
    return found


def begin_worker() -> None:
    """Ctrl-C is the parent's: it ends its workers. One thread each, there is a worker a core."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_the_parent, daemon=True).start()
    os.environ["OMP_NUM_THREADS"] = "1"                 # before torch is loaded


def _end_with_the_parent() -> None:
    """A parent that is killed cannot end its workers; they would wait for work for ever."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def handed_in(student: Student, known: Sequence[str]) -> Collected:
    """What a student handed in, whatever the state of the folder."""
    every = [*known, *(n for n in NAMES if n not in known)]
    try:
        if student.folder is not None:
            return collect(student.folder, every)
        found = Collected()
        for name, path in student.files.items():
            if path.suffix.lower() in KINDS:
                given = read_submission(path)           # what lies beside it is somebody else's
                called = named(replace(given, path=Path(name)), every)
                found.submissions.update(dict.fromkeys(called, given))
        return found
    except OSError as error:
        why = Message(N_("the folder cannot be read: {why}"), {"why": error.strerror or ""})
        return Collected(remarks=[why])


def grade_student(student: Student, work: Work) -> str:
    """Grade what is not graded yet, and keep each result as it comes; the student's key."""
    exercises = asked_for(work.exercises)
    collected = handed_in(student, list(exercises))
    kept = load(work.out, student.key)
    before = kept["exercises"]
    kept |= {
        "student": student.name,
        "exercises": {},
        "remarks": [r.to_dict() for r in collected.remarks],
    }
    todo = []
    for name, (exercise, source) in exercises.items():
        submission = collected.submissions.get(name)
        key = hash_of(exercise, source, submission)
        if before.get(name, {}).get("key") == key:
            kept["exercises"][name] = before[name]
        else:
            todo.append((exercise, submission, key))
    for exercise, submission, key in todo:
        result, certain = _graded(exercise, submission, work)
        kept["exercises"][exercise.name] = {
            "key": key if certain else "",
            **_where(submission),
            "result": result.to_dict(),
        }
        if submission is not None:
            save(work.out, student.key, kept)
    save(work.out, student.key, kept)
    return student.key


def _graded(exercise: Exercise, submission: Submission | None, work: Work) -> tuple[Result, bool]:
    """The result, and whether it is one to keep: not if the grader itself has failed."""
    if submission is None:
        return missing(exercise), True
    try:
        return grade(exercise, submission, sandboxed=work.sandboxed,
                     show_smallest=work.smallest), True
    except SandboxMissingError:
        raise
    except Exception as error:
        return stopped(exercise, f"{type(error).__name__}: {error}"), False


def stopped(exercise: Exercise, why: Message | str) -> Result:
    """The result where the grader itself could not go on: no verdict on the student."""
    result = missing(exercise)
    result.failed = "unloadable"
    reason = Message(N_("the grader stopped here, which is no verdict on this code: {why}"),
                     {"why": why})
    result.notes = [reason]
    for criterion in result.criteria:
        criterion.reason = reason
    return result


def _where(submission: Submission | None) -> dict[str, Any]:
    path = None if submission is None else submission.path
    if path is None:
        return {"file": "", "time": ""}
    changed = datetime.fromtimestamp(path.stat().st_mtime, UTC)
    return {"file": str(path), "time": changed.strftime("%Y-%m-%d %H:%M:%S")}
