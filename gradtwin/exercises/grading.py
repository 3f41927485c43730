"""Grading one exercise: probes into the box, outcomes out, criteria with points and reasons."""

from __future__ import annotations

import math
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from ..tolerance import run_again
from .diagnosis import Found, diagnose
from .exercise import CONDUCT, Exercise
from .judge import ABSENT, RAISED, Judgement, Outcomes, judge, shows_nothing
from .limits import Limits
from .probes import AGAIN, DOUBLED, EXTREME, FLOAT32, VALUES, Probe, standard
from .reference import Array, Gradient
from .result import Criterion, Diagnosis, Result
from .sandbox import Answer, Box, Job, small
from .signature import Function
from .smallest import smallest_failing
from .submission import Submission
from .texts import N_, Message
from .untrusted import clean

MOST_ENTRIES = 4096
"""Of one quantity: what is wrong by a broadcast is smaller; judging must not be made expensive."""

REFUSALS = (
    N_("the dictionary returned has no {name}"),
    N_("returned {what} where {count} things are asked for: {names}"),
    N_("returned {came} things where {count} are asked for: {names}"),
    N_("returned {megabytes} MB of numbers"),
    N_("{name} is an array of {count} numbers"),
    N_("{name}: a {what} of other things than numbers"),
    N_("{name}: a ragged {what} is no array"),
    N_("{name} is {what} where an array is asked for"),
    N_("{name} is an array of dtype {dtype}, no real numbers"),
)
"""All that the runner may say of a result: a template from the box would be one of a stranger's."""

DEATHS = 2
"""A function in which the process has ended this often is not called again."""

SPARE_SEED = 1000

Judged = dict[str, Judgement]


class Runner(Protocol):
    """Whatever gives outcomes on inputs: a box (`Runs`), or this process (`trusted.py`)."""

    deaths: dict[str, int]

    def probe(
        self, arrays: Mapping[str, Array], only: Sequence[str] | None = None
    ) -> Outcomes: ...


@dataclass
class Runs:
    """A submission in its box, which is started again when it has died.

    Args:
        deaths: function -> how often the process ended in it.
        last_words: function -> why, the last time.
    """

    exercise: Exercise
    submission: Submission
    limits: Limits
    sandboxed: bool
    box: Box | None = None
    deaths: dict[str, int] = field(default_factory=dict)
    last_words: dict[str, Message] = field(default_factory=dict)
    output: bytes = b""
    until: float = math.inf

    def start(self) -> Box:
        """The running box, or a new one."""
        if self.box is None or (self.box.ended is not None and self.box.loaded):
            self.close()
            self.box = Box(self.job(), self.limits, self.sandboxed, self.folder())
        return self.box

    def job(self) -> Job:
        e = self.exercise
        return Job(self.submission.cells, e.job_functions(), e.opaque, e.driver, e.forbidden,
                   e.uses, self.submission.siblings)

    def folder(self) -> Path | None:
        """One's own file runs where it lies, so that it finds its data; others' code does not."""
        path = self.submission.path
        return path.parent if path is not None and not self.sandboxed else None

    def close(self) -> None:
        if self.box is not None:
            self.box.close()
            self.output = (self.output + self.box.output)[: self.limits.kept]
            self.box = None

    def probe(self, arrays: Mapping[str, Array], only: Sequence[str] | None = None) -> Outcomes:
        """What the functions give on one set of inputs, without those that kill the process."""
        functions = [f.name for f in self.exercise.parsed]
        skip = [n for n in functions if self.deaths.get(n, 0) >= DEATHS
                or (only is not None and n not in only)]
        outcomes = Outcomes()
        box = self.start()
        if not box.loaded:
            return outcomes
        if self.until == math.inf:
            self.until = time.monotonic() + self.limits.whole
        while True:
            if time.monotonic() > self.until:
                over = Message(N_("all its runs together took more than {seconds} s"),
                               {"seconds": self.limits.whole})
                for name in functions:
                    outcomes.failed[name] = self.last_words[name] = over
                    self.deaths[name] = DEATHS
                break
            answers, died_in = box.probe(arrays, skip)
            for name, answer in answers:
                take(self.exercise, name, answer, outcomes)
            if box.ended is None:
                break
            culprit = died_in or (answers[-1][0] if answers else "")
            if not culprit:                             # it ended before any function ran
                for name in functions:
                    outcomes.failed.setdefault(name, box.ended)
                    self.deaths[name] = self.deaths.get(name, 0) + 1
                    self.last_words[name] = box.ended
                break
            self.deaths[culprit] = self.deaths.get(culprit, 0) + 1
            self.last_words[culprit] = box.ended
            outcomes.failed[culprit] = box.ended
            gone = _function(self.exercise, culprit).returns
            outcomes.values = {k: v for k, v in outcomes.values.items() if k not in gone}
            skip = [*skip, culprit]
            box = self.start()
            if not box.loaded:
                break
        for name in skip:
            if self.deaths.get(name, 0) >= DEATHS:
                outcomes.failed.setdefault(name, self.last_words[name])
        defined = box.loaded.get("defined", {})
        outcomes.absent = {n for n in functions if not defined.get(n)}
        return outcomes


def _function(exercise: Exercise, name: str) -> Function:
    return next(f for f in exercise.parsed if f.name == name)


def raised_message(function: str, kind: str, line: int, message: str) -> Message:
    """That a function raised: line 0 is none of the submission's own (it was called wrongly)."""
    text = N_("{function} raised {type} in line {line}: {message}")
    if kind == "NotImplementedError":
        text = N_("{function} is not written yet")
    elif not line:
        text = N_("{function} raised {type}: {message}")
    elif not message:
        text = N_("{function} raised {type} in line {line}")
    return Message(text, {"function": function, "type": kind, "line": line, "message": message})


def take(exercise: Exercise, name: str, answer: Answer, outcomes: Outcomes) -> None:
    """One answer into the outcomes, as untrusted as it is."""
    header, arrays = answer
    kind = header.get("kind")
    wanted = exercise.graded(_function(exercise, name))
    large = [q for q in wanted if q in arrays and arrays[q].size > MOST_ENTRIES]
    if large:
        outcomes.failed[name] = Message(
            N_("{function}: {reason}"),
            {"function": name, "reason": Message(N_("{name} is an array of {count} numbers"), {
                "name": large[0], "count": arrays[large[0]].size})})
    elif kind == "returned" and all(q in arrays for q in wanted):
        outcomes.values.update({q: arrays[q] for q in wanted})
        outcomes.headers[name] = {
            key: [clean(v, 200) for v in value[:20]]
            for key in ("python", "modified", "warnings")
            for value in [header.get(key)]
            if isinstance(value, list)
        }
    elif kind == "raised":
        outcomes.failed[name] = raised_message(
            name, clean(header.get("type"), 100), small(header.get("line")),
            clean(header.get("message")))
    else:
        given = header.get("with")
        values = {k: clean(v, 200) for k, v in given.items()} if isinstance(given, dict) else {}
        reason = Message(N_("it returned something that cannot be read"))
        if header.get("reason") in REFUSALS:
            reason = Message(str(header["reason"]), values)
        outcomes.failed[name] = Message(
            N_("{function}: {reason}"), {"function": name, "reason": reason}
        )


@dataclass
class Table:
    """Everything that came out, judged: a row a probe.

    Args:
        known: a row: function -> the arguments that it was given.
        spare: the functions that were judged with stand-ins for their own earlier quantities.
    """

    probes: list[Probe] = field(default_factory=list)
    outcomes: list[Outcomes] = field(default_factory=list)
    judged: list[Judged] = field(default_factory=list)
    known: list[dict[str, dict[str, Array]]] = field(default_factory=list)
    spare: set[str] = field(default_factory=set)

    def of_kind(self, *kinds: str) -> list[tuple[Probe, Outcomes, Judged]]:
        rows = zip(self.probes, self.outcomes, self.judged)
        return [row for row in rows if row[0].kind in kinds]

    def right(self, quantity: str, *kinds: str) -> bool:
        return all(j[quantity].ok for _, _, j in self.of_kind(*kinds))


def grade(
    exercise: Exercise,
    submission: Submission,
    *,
    sandboxed: bool,
    limits: Limits | None = None,
    show_smallest: bool = True,
) -> Result:
    """One submission of one exercise, in its box.

    Args:
        sandboxed: in bubblewrap (other people's code), or only with limits (one's own).
        show_smallest: look for the smallest failing input too.

    Raises:
        SandboxMissingError: `sandboxed` where no bubblewrap works.
    """
    result = Result(exercise.name, notes=list(submission.notes))
    if submission.problem is not None:
        return _nothing(exercise, result, "unloadable", submission.problem)
    runs = Runs(exercise, submission, limits or Limits(), sandboxed)
    try:
        box = runs.start()
        if not box.loaded:
            reason = box.ended or Message(N_("it did not load"))
            return _nothing(exercise, result, "unloadable",
                            Message(N_("the file did not load: {reason}"), {"reason": reason}))
        result.notes += _load_notes(box.loaded, len(submission.cells))
        violations = box.violations
        if not any(box.loaded["defined"].get(f.name) for f in exercise.parsed):
            names = ", ".join(f.name for f in exercise.parsed)
            return _nothing(exercise, result, "unloadable",
                            Message(N_("it defines none of the functions {names}"),
                                    {"names": names}))
        table = grade_runs(exercise, runs, violations, result)
        if show_smallest and not result.values_passed:
            result.smallest = smallest_failing(exercise, runs, table)
    finally:
        runs.close()
        result.output = clean(runs.output.decode(errors="replace"), runs.limits.kept)
    return result


def grade_runs(
    exercise: Exercise,
    runs: Runner,
    violations: list[tuple[str, int]],
    result: Result,
    named: bool = True,
) -> Table:
    """Run and judge everything, wherever it runs; what was found goes into `result`.

    Args:
        named: look for known mistakes too.
    """
    table = run_all(exercise, runs)
    table, layout = in_another_layout(exercise, runs, table)
    if layout is not None:
        result.diagnoses.append(layout)
    _score(exercise, table, violations, result, named)
    return table


def _nothing(exercise: Exercise, result: Result, status: str, reason: Message) -> Result:
    result.failed, result.complete = status, False
    result.notes.insert(0, reason)
    result.criteria = [
        Criterion(name, "conduct" if name in CONDUCT else "value", 0, of, reason)
        for name, of in exercise.worth.items()
    ]
    return result


def missing(exercise: Exercise) -> Result:
    """The result where no file was handed in."""
    return _nothing(exercise, Result(exercise.name), "missing", Message(N_("no file")))


def _load_notes(loaded: Mapping[str, Any], cells: int) -> list[Message]:
    notes = []
    for failed in loaded["failed"]:
        values = {"type": failed["type"], "line": failed["line"], "message": failed["message"]}
        if cells == 1:
            notes.append(Message(
                N_("the file stopped at line {line} with {type}: {message}; what comes after it is "
                   "not there"), values))
        else:
            stopped = N_("cell {cell} stopped at its line {line} with {type}: {message}")
            notes.append(Message(stopped, {**values, "cell": failed["cell"] + 1}))
    return notes


def run_all(exercise: Exercise, runs: Runner) -> Table:
    """All probes; then, for functions whose own inputs never came, others with stand-ins.

    The stand-ins are reference values, so they are of probes on which nothing else is judged: what
    is in the box is of no use for an answer that counts.
    """
    table = Table(exercise.all_probes)
    for probe in table.probes:
        outcomes = runs.probe(probe.arrays)
        table.outcomes.append(outcomes)
        compared = probe.kind in (AGAIN, DOUBLED)       # with the first probe, with no reference
        table.judged.append({} if compared else judge(exercise, probe, outcomes))
        known = {**probe.arrays, **outcomes.values}
        table.known.append({f.name: known for f in exercise.parsed})
    stranded = [f for f in exercise.parsed if _stranded(exercise, f, table)]
    if stranded:
        _run_spare(exercise, runs, stranded, table)
    return table


def in_another_layout(
    exercise: Exercise, runs: Runner, table: Table
) -> tuple[Table, Diagnosis | None]:
    """The table to score, and the layout in which everything is right where only that was wrong."""
    if all(table.right(q, VALUES) for q in exercise.quantities):
        return table, None
    for layout in exercise.layouts:
        again = Table(exercise.all_probes)
        for probe in again.probes:
            arrays = layout.laid_out(probe.arrays)
            outcomes = runs.probe(arrays)
            outcomes.values = layout.restored(outcomes.values)
            again.outcomes.append(outcomes)
            again.judged.append(judge(exercise, probe, outcomes))
            again.known.append({})
            if probe.kind == VALUES and not all(j.ok for j in again.judged[-1].values()):
                break
        else:
            kind = "accepted" if layout.accepted else "convention"
            diagnosis = Diagnosis(kind, [layout.name], [layout.text], exercise.parsed[0].name)
            return again if layout.accepted else table, diagnosis
    return table, None


def _stranded(exercise: Exercise, function: Function, table: Table) -> bool:
    """Whether a function was not called, for want of what an earlier one should have returned.

    On one of the probes for values is enough: a transposed product raises on all but square ones.
    """
    graded = exercise.graded(function)
    returned = {q for f in exercise.parsed for q in f.returns}
    return (
        any(p in returned for p in function.parameters)
        # a cache, or a choice that earns nothing, is the student's own: nothing can stand in for it
        and all(p in exercise.worth for p in function.parameters if p in returned)
        and function.name not in table.outcomes[0].absent
        and any(
            function.name not in o.failed and not any(q in o.values for q in graded)
            for _, o, _ in table.of_kind(VALUES)
        )
    )


def _run_spare(exercise: Exercise, runs: Runner, stranded: list[Function], table: Table) -> None:
    with np.errstate(all="ignore"):
        spares = standard(exercise, SPARE_SEED)
    names = [f.name for f in stranded]
    for row, spare in enumerate(spares):
        with np.errstate(all="ignore"):
            values = exercise.references.all_expected(spare.arrays)
        dtype = np.float32 if spare.kind == FLOAT32 else np.float64
        stand_ins = {k: v.astype(dtype) if v.dtype.kind == "f" else v for k, v in values.items()}
        own = [q for f in stranded for q in f.returns]
        known = {**spare.arrays, **{k: v for k, v in stand_ins.items() if k not in own}}
        table.known[row].update(dict.fromkeys(names, known))
        outcomes = runs.probe(known, only=names)
        consistent = Outcomes({**stand_ins, **outcomes.values}, outcomes.failed, outcomes.headers)
        for q in own:
            if q not in outcomes.values:
                consistent.values.pop(q, None)
        judged = judge(exercise, spare, consistent)
        for q in own:
            table.judged[row][q] = judged[q]
            if q in outcomes.values:
                table.outcomes[row].values[q] = outcomes.values[q]
        table.outcomes[row].headers.update(outcomes.headers)
        table.outcomes[row].failed.update(outcomes.failed)
    table.spare = set(names)


# Points.


def _score(
    exercise: Exercise,
    table: Table,
    violations: list[tuple[str, int]],
    result: Result,
    named: bool,
) -> None:
    found = Found() if result.diagnoses else diagnose(exercise, table, named)
    result.diagnoses += found.diagnoses
    right: list[str] = []
    excused = _excused(exercise, table)
    first = True
    for quantity in exercise.quantities:
        of = exercise.worth.get(quantity, 0.0)
        reason = None if quantity in found.accepted else _why_wrong(quantity, table, excused)
        if reason is None and of:                       # what earns nothing shows nothing
            right.append(quantity)
        c = Criterion(quantity, "value", of if reason is None else 0.0, of, reason)
        if reason is not None and first:
            c.first_wrong, first = True, False
        if of:
            result.criteria.append(c)
        elif reason is not None:
            result.notes.append(reason)
    for name in CONDUCT:
        of = exercise.worth.get(name, 0.0)
        if not of:
            continue
        if not right:
            reason = Message(N_("nothing is right that it could be judged on"))
        else:
            reason = _CONDUCT[name](exercise, table, right, violations, found.far)
        result.criteria.append(
            Criterion(name, "conduct", of if reason is None else 0.0, of, reason)
        )
    result.notes += _notes(exercise, table)


def _excused(exercise: Exercise, table: Table) -> set[str]:
    """The quantities that an exception is not charged to, since another one explains it.

    A product that is not transposed raises on unequal sizes and takes all that its function returns
    with it. On square ones it returns, and there the slip is the one quantity that is wrong.
    """
    excused: set[str] = set()
    for f in exercise.parsed:
        graded = exercise.graded(f)
        rows = [j for _, _, j in table.of_kind(VALUES)]
        returned = [j for j in rows if graded and j[graded[0]].state != RAISED]
        if returned and len(returned) < len(rows):
            wrong = [q for q in graded if not all(j[q].ok for j in returned)]
            excused |= set(graded) - set(wrong) if wrong else set()
    return excused


def _why_wrong(quantity: str, table: Table, excused: set[str]) -> Message | None:
    """Why a quantity gets no points; None where it is right on every probe for values."""
    rows = [(p, j[quantity]) for p, _, j in table.of_kind(VALUES)]
    if quantity in excused:
        rows = [(p, j) for p, j in rows if j.state != RAISED]
    for probe, j in rows:
        if not j.ok and j.reason is not None:
            if j.state == ABSENT:
                return j.reason
            return Message(N_("{reason} (inputs: {probe})"),
                           {"reason": j.reason, "probe": Message(probe.label)})
    if shows_nothing([j for _, j in rows]):
        return Message(N_("what it is computed from is wrong and makes it constant: this shows "
                          "nothing"))
    return None


def _extreme(
    e: Exercise, table: Table, right: list[str], _: object, far: set[str]
) -> Message | None:
    for probe, _outcomes, judged in table.of_kind(EXTREME):
        for q in right:
            if q not in far and not judged[q].ok:
                reason = judged[q].reason or Message("")
                return Message(N_("{reason} (inputs: {probe})"),
                               {"reason": reason, "probe": Message(probe.label)})
    return None


def _dtype(
    e: Exercise, table: Table, right: list[str], _: object, __: set[str]
) -> Message | None:
    for _probe, outcomes, judged in table.of_kind(FLOAT32):
        for f in e.parsed:
            python = outcomes.headers.get(f.name, {}).get("python", ())
            for q in f.returns:
                if q not in right or q not in outcomes.values or q in python:
                    continue
                came, expected = outcomes.values[q], judged[q].expected
                floating = expected is not None and expected.dtype.kind == "f"
                if floating and came.dtype != np.float32:
                    return Message(N_("{name} is {dtype} for inputs of float32"),
                                   {"name": q, "dtype": str(came.dtype)})
    return None


def _unmodified(
    e: Exercise, table: Table, right: list[str], _: object, __: set[str]
) -> Message | None:
    for _probe, outcomes, _judged in table.of_kind(VALUES, EXTREME, FLOAT32):
        for f in e.parsed:
            modified = outcomes.headers.get(f.name, {}).get("modified", ())
            if modified:
                return Message(N_("{function} writes into its argument {name}"),
                               {"function": f.name, "name": modified[0]})
    first = table.outcomes[0]
    for _probe, again, _judged in table.of_kind(AGAIN):
        for q in right:
            a, b = first.values.get(q), again.values.get(q)
            if a is not None and not _same_again(a, b):
                return Message(
                    N_("{name} is another one when it is computed again from the same inputs"),
                    {"name": q})
    return None


def _same_again(a: Array, b: Array | None) -> bool:
    """The same numbers, but for the order in which a processor may add them."""
    if b is None or a.shape != b.shape or a.dtype != b.dtype:
        return False
    same = (a == b) | ((a != a) & (b != b))
    if a.dtype.kind == "f":
        with np.errstate(invalid="ignore", over="ignore"):
            distance = np.abs(a - b)
            same |= np.isfinite(distance) & (distance <= run_again(b, b.dtype))
    return bool(np.all(same))


def _upstream(
    e: Exercise, table: Table, right: list[str], _: object, __: set[str]
) -> Message | None:
    graded = [
        q for q in e.quantities
        if isinstance(r := e.reference_of(q), Gradient) and r.upstream in e.upstream
    ]
    first = table.outcomes[0]
    for _probe, doubled, _judged in table.of_kind(DOUBLED):
        for q in graded:
            a, b = first.values.get(q), doubled.values.get(q)
            if a is None or b is None or a.shape != b.shape or not np.any(a):
                continue
            if np.array_equal(a, b, equal_nan=True):
                return Message(N_("{name} stays the same when the upstream gradient doubles"),
                               {"name": q})
    if not any(q in right for q in graded):
        return Message(N_("no gradient is right that it could be judged on"))
    return None


def _allowed(
    e: Exercise, table: Table, right: list[str], violations: list[tuple[str, int]], _: set[str]
) -> Message | None:
    if not violations:
        return None
    name, line = violations[0]
    return Message(N_("{name} is used in line {line}, which this exercise does not allow"),
                   {"name": name, "line": line})


_CONDUCT: dict[str, Any] = {
    "extreme": _extreme, "dtype": _dtype, "unmodified": _unmodified, "upstream": _upstream,
    "allowed": _allowed,
}


def _notes(exercise: Exercise, table: Table) -> list[Message]:
    """What is worth a line and costs nothing: NumPy's warnings, accepted shapes, stand-ins."""
    notes: dict[str, Message] = {}
    for f in exercise.parsed:
        for outcomes in table.outcomes:
            for warning in outcomes.headers.get(f.name, {}).get("warnings", ()):
                notes.setdefault(f"{f.name} {warning}", Message(
                    N_("NumPy warned in {function}: {warning}. That is no mistake by itself"),
                    {"function": f.name, "warning": warning}))
    for judged in table.judged:
        for q, j in judged.items():
            if j.note is not None:
                notes.setdefault(f"shape of {q}", j.note)
    for name in sorted(table.spare):
        notes[f"spare {name}"] = Message(
            N_("{function} was judged on right values of what earlier functions did not return"),
            {"function": name})
    return list(notes.values())[:10]
