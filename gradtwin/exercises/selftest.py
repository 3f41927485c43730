"""Does an exercise grade as it says? What it declares is graded, and must come out as declared.

- every right solution gets all points and no remark;
- every known mistake fails and is named with its own message, its declared twins beside it, nothing
  else;
- every convention and every layout is accepted or named, as declared;
- every `expected` submission gets its verdict, its points and its names;
- an answer that shows nothing scores nothing: zeros, a constant, an argument handed back, the right
  answer to other inputs.

The right and the expected solutions run in a box, as a student's file does; the hundreds of
variants run in this process.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from .diagnosis import namespace, source_of
from .exercise import Exercise
from .grading import grade
from .own import exercises_of, is_file
from .result import Result
from .signature import Function
from .submission import Submission
from .texts import LANGUAGES, N_, Message, Text
from .trusted import grade_source, grade_space
from .variants import Convention, Layout, Mistake

ENOUGH_RIGHT = 3
"""Right solutions of a built-in exercise, different in algorithm."""


@dataclass(frozen=True)
class Check:
    """One thing that was tried.

    Args:
        exercise: its name.
        subject: what was graded: "right 1", the name of a mistake, "zeros", ...
        reason: what came out otherwise than declared; None where all is as declared.
    """

    exercise: str
    subject: str
    reason: Message | None = None

    @property
    def ok(self) -> bool:
        return self.reason is None

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return {"exercise": self.exercise, "subject": self.subject, "ok": self.ok,
                "reason": None if self.reason is None else self.reason.to_dict()}


@dataclass
class Report:
    """Everything that was tried."""

    checks: list[Check] = field(default_factory=list)

    @property
    def ok(self) -> bool:
        """Every exercise grades as it says; not when nothing was tried."""
        return bool(self.checks) and not self.failures

    @property
    def failures(self) -> list[Check]:
        return [c for c in self.checks if not c.ok]

    def say(self, lang: str = "en") -> str:
        """A line an exercise, and one for each thing that came out otherwise than declared."""
        lines = []
        for name in dict.fromkeys(c.exercise for c in self.checks):
            mine = [c for c in self.checks if c.exercise == name]
            wrong = [c for c in mine if not c.ok]
            counts = {"name": name, "right": len(mine) - len(wrong), "of": len(mine)}
            lines.append(Message(N_("{name}: {right} of {of} as declared"), counts).say(lang))
            lines += [
                f"  {Message(c.subject).say(lang)}: {c.reason.say(lang)}"
                for c in wrong if c.reason is not None
            ]
        return "\n".join(lines)

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return {"ok": self.ok, "checks": [c.to_dict() for c in self.checks]}


def selftest(
    exercise: Exercise | str | Path,
    *,
    boxed: bool = True,
    watch: Callable[[Check], None] | None = None,
) -> Report:
    """Grade everything that an exercise declares, and see that it comes out as declared.

    Args:
        exercise: one, or the name of a built-in one, "all", or the file of a teacher's own.
        boxed: run the right and the expected solutions in a box, as students' files are.
        watch: called with each check as it is done.

    Raises:
        ValueError, FileNotFoundError: no such exercise or file, or a file that defines none.
    """
    strict = isinstance(exercise, str) and not is_file(exercise)    # a built-in one
    chosen = [exercise] if isinstance(exercise, Exercise) else exercises_of(exercise)
    report = Report()
    for e in chosen:
        for check in _checks(e, boxed, strict):
            report.checks.append(check)
            if watch is not None:
                watch(check)
    return report


def _checks(e: Exercise, boxed: bool, strict: bool) -> Iterator[Check]:
    yield Check(e.name, N_("declaration"), _declaration(e, ENOUGH_RIGHT if strict else 1))
    if strict:
        yield Check(e.name, N_("texts"), _texts(e))
    if not e.right:
        return
    run = _in_a_box if boxed else grade_source
    for number, source in enumerate(e.right, 1):
        yield Check(e.name, f"right {number}", _full(run(e, source)))
    for number, x in enumerate(e.expected, 1):
        result = run(e, x.source)
        yield Check(e.name, f"expected {number}", _as_expected(result, x.status, x.points, x.names))
    for mistake in e.mistakes:
        yield Check(e.name, mistake.name, _variant(e, mistake))
    for convention in e.conventions:
        yield Check(e.name, convention.name, _variant(e, convention))
    for layout in e.layouts:
        yield Check(e.name, layout.name, _layout(e, layout))
    for label, space in shows_nothing(e):
        yield Check(e.name, label, _no_points(grade_space(e, space, named=False)))


def _in_a_box(e: Exercise, source: str) -> Result:
    return grade(e, Submission([source]), sandboxed=False, show_smallest=False)


# What is declared.


def _declaration(e: Exercise, enough: int) -> Message | None:
    if len(e.right) < enough:
        return Message(N_("there are {came} right solutions, {expected} are needed"),
                       {"came": len(e.right), "expected": enough})
    if len(set(e.right)) < len(e.right):
        return Message(N_("two right solutions are the same text"))
    names = {m.name for m in e.mistakes}
    for m in e.mistakes:
        for twin in m.twins:
            if twin not in names:
                return Message(N_("{name} has a twin {twin}, which is no mistake of this exercise"),
                               {"name": m.name, "twin": twin})
    try:
        with np.errstate(all="ignore"):
            e.references.all_expected(e.all_probes[0].arrays)
    except Exception as error:                          # a student would only be told: no judgement
        return Message(N_("{type}: {message}"),
                       {"type": type(error).__name__, "message": f"reference: {error}"})
    return None


def _texts(e: Exercise) -> Message | None:
    texts: dict[str, Text] = {"title": e.title, "statement": e.statement}
    variants: list[Mistake | Convention | Layout] = [*e.mistakes, *e.conventions, *e.layouts]
    texts |= {v.name: v.text for v in variants}
    for name, text in texts.items():
        missing = [lang for lang in LANGUAGES if isinstance(text, str) or not text.get(lang)]
        if missing:
            return Message(N_("{name} has no text in {lang}"), {"name": name, "lang": missing[0]})
    return None


# What came out.


def _full(result: Result) -> Message | None:
    if not result.ok:
        return _points(result, N_("a right solution gets {points} of {of} points: {why}"))
    named = _named(result)
    if named:
        return Message(N_("a right solution is told {names}"), {"names": ", ".join(named)})
    return None


def _as_expected(
    result: Result, status: str, points: float | None, names: Sequence[str] | None
) -> Message | None:
    if result.status != status or points not in (None, result.points):
        return Message(
            N_("expected is {expected} with {points} points, it is {status} with {came}: {why}"),
            {"expected": status, "points": "*" if points is None else f"{points:g}",
             "status": result.status, "came": f"{result.points:g}", "why": _why(result)})
    return None if names is None else _names_differ(result, names)


def _variant(e: Exercise, variant: Mistake | Convention) -> Message | None:
    """A mistake must fail and be named, twins together; a convention as it is declared."""
    source = source_of(e, (variant,))
    assert source is not None
    result = grade_source(e, source)
    if isinstance(variant, Mistake):
        if result.ok:
            return Message(N_("a wrong answer gets all points"))
        return _names_differ(result, [variant.name, *variant.twins])
    return _convention(result, variant)


def _convention(result: Result, variant: Convention | Layout) -> Message | None:
    if variant.accepted and not result.ok:
        return _points(result, N_("an accepted convention gets {points} of {of} points: {why}"))
    if not variant.accepted and result.ok:
        return Message(N_("a convention that is not accepted gets all points"))
    kind = "accepted" if variant.accepted else "convention"
    if any(d.kind != kind for d in result.diagnoses):
        return Message(N_("it is told as a {kind}"), {"kind": result.diagnoses[0].kind})
    return _names_differ(result, [variant.name])


def _names_differ(result: Result, names: Sequence[str]) -> Message | None:
    named = _named(result)
    if sorted(named) == sorted(names):
        return None
    if not named:
        return Message(N_("it is not recognised: {names} should be named"),
                       {"names": ", ".join(names)})
    return Message(N_("{came} is named where {expected} should be"),
                   {"came": ", ".join(named), "expected": ", ".join(names)})


def _named(result: Result) -> list[str]:
    return list(dict.fromkeys(name for d in result.diagnoses for name in d.names))


def _no_points(result: Result) -> Message | None:
    if result.points:
        return _points(result, N_("an answer that shows nothing gets {points} of {of} points "
                                  "({right})"))
    return None


def _points(result: Result, message: str) -> Message:
    return Message(message, {
        "points": f"{result.points:g}", "of": f"{result.of:g}", "why": _why(result),
        "right": ", ".join(c.name for c in result.criteria if c.points)})


def _why(result: Result) -> Any:
    """The first reason for a point that was not given."""
    reasons = [c.reason for c in result.criteria if c.reason is not None]
    return (reasons or result.notes or [Message("")])[0]


# A right solution in another layout, and answers that show nothing.


def _layout(e: Exercise, layout: Layout) -> Message | None:
    right = namespace(e, e.right[0])

    def turned(f: Function) -> Callable[..., Any]:
        def in_layout(*arguments: Any) -> Any:
            usual = layout.usual(dict(zip(f.parameters, arguments)))
            out = layout.laid_out(_results(f, right[f.name](*usual.values())))
            return out if len(f.returns) > 1 else out[f.returns[0]]

        return in_layout

    return _convention(grade_space(e, {f.name: turned(f) for f in e.parsed}), layout)


def _results(f: Function, result: Any) -> dict[str, Any]:
    if len(f.returns) == 1:
        return {f.returns[0]: result}
    return dict(result) if isinstance(result, dict) else dict(zip(f.returns, result))


def shows_nothing(e: Exercise) -> Iterator[tuple[str, Mapping[str, Callable[..., Any]]]]:
    """Submissions that must get no point: their label and their functions."""
    fakes: dict[str, Callable[[Any, list[Any]], Any]] = {
        N_("zeros"): lambda right, _: np.zeros_like(right),
        N_("ones"): lambda right, _: np.ones_like(right),
        N_("a constant"): lambda right, _: np.full_like(right, 0.5),
        N_("NaN"): lambda right, _: np.full(right.shape, np.nan),
        N_("zeros in float16"): lambda right, _: np.zeros(right.shape, np.float16),
        N_("an argument handed back"): lambda right, arguments: _like(right, arguments),
        N_("the last argument handed back"): lambda right, a: _like(right, a[::-1]),
    }
    right = namespace(e, e.right[0])
    for label, fake in fakes.items():
        yield label, {f.name: _faked(e, f, right[f.name], fake) for f in e.parsed}
    yield N_("the answer to the first inputs"), {
        f.name: _remembered(right[f.name]) for f in e.parsed
    }


def _faked(
    e: Exercise, f: Function, right: Callable[..., Any], fake: Callable[[Any, list[Any]], Any]
) -> Callable[..., Any]:
    """A function whose results have the right shapes and nothing else that is right."""

    def function(*arguments: Any) -> Any:
        with np.errstate(all="ignore"):
            out = _results(f, right(*arguments))
        out = {
            q: value if q in e.opaque else fake(np.asarray(value), list(arguments))
            for q, value in out.items()
        }
        return out if len(f.returns) > 1 else out[f.returns[0]]

    return function


def _like(right: Any, arguments: Sequence[Any]) -> Any:
    """The first argument of the right shape, zeros where there is none."""
    for a in arguments:
        if np.shape(a) == np.shape(right) and np.asarray(a).dtype.kind in "biuf":
            return a
    return np.zeros_like(right)


def _remembered(right: Callable[..., Any]) -> Callable[..., Any]:
    first: list[Any] = []

    def function(*arguments: Any) -> Any:
        if not first:
            first.append(right(*arguments))
        return first[0]

    return function
