"""Grading one's own work: a folder, a file, or functions of this very process.

Other people's work is graded in a sandbox, see the README of this folder; a file of one's own runs
in a subprocess with limits, and functions of a notebook run where they are.
"""

from __future__ import annotations

import inspect
import io
import textwrap
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import redirect_stdout
from dataclasses import replace
from difflib import get_close_matches
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .exercise import Exercise
from .folder import collect
from .library import NAMES, find
from .own import exercises_of
from .result import Result
from .starting import asked_for
from .submission import Submission
from .texts import check_language, readers_language
from .written import remarks

if TYPE_CHECKING:
    from .reports import Report

MOST_PRINTED = 2**16


def check(
    exercise: str | Exercise,
    /,
    *functions: Callable[..., Any],
    lang: str = "",
    hide_expected: bool = False,
    **named: Any,
) -> Report:
    """Grade functions of one's own, in a notebook or a script: `print(...)` the report.

    Args:
        exercise: the name of one (`gradtwin exercises list`), or an `Exercise`.
        functions: in the order in which the exercise names them; the last ones may be left out,
            and count as missing.
        lang: "es" or "en"; that of the environment by default.
        hide_expected: leave the expected values out.
        named: the functions by the exercise's names, those left out count as missing; and what
            else it asks to write.

    Returns:
        A `Report`: `.ok`, `.points`, `.of`, `.to_dict()`; it shows itself in a notebook.

    Raises:
        ValueError: no such exercise or language.
        TypeError: no function or more than are asked for, or what is no function.

    >>> import numpy as np
    >>> def relu(z):
    ...     return np.maximum(z, 0)
    >>> check("relu", relu=relu, relu_backward=lambda g, z: g * (z > 0)).ok
    True
    """
    e = exercise if isinstance(exercise, Exercise) else find(exercise)
    lang = check_language(lang or readers_language())
    space = _given(e, functions, named)
    from .reports import Graded, Report

    called = {name: f.__name__ for name, f in space.items()
              if getattr(f, "__name__", "").isidentifier()}
    return Report([Graded(e, _grade_here(e, space), called=called)], lang=lang,
                  hide_expected=hide_expected)


def check_files(
    target: str | Path,
    names: Sequence[str] = (),
    *,
    lang: str = "",
    hide_expected: bool = False,
    watch: Callable[[str, int], None] | None = None,
) -> Report:
    """Grade one's own folder or file, each exercise in a subprocess with limits.

    Args:
        names: only these exercises, which then count as missing where they are not there; "all",
            or a teacher's file of exercises (`own.py`), too. For a file: which exercise it is.
        watch: called with each exercise before it is graded, and how many there are.

    Raises:
        FileNotFoundError: no such folder or file.
        ValueError: an unknown exercise or language; a file that says not which exercise it is.
    """
    from .grading import grade, missing
    from .reports import Graded, Report

    target = Path(target)
    lang = check_language(lang or readers_language())
    wanted = chosen(names)
    among = wanted or {name: find(name) for name in NAMES}
    collected = collect(target, [*among, *(n for n in NAMES if n not in among)], list(wanted))
    handed_in = collected.submissions
    graded = []
    for name in wanted or handed_in:
        if name not in handed_in:
            graded.append(Graded(among[name], missing(among[name])))
            continue
        if watch is not None:
            watch(name, len(handed_in))
        submission = with_remarks(among[name], handed_in[name])
        result = grade(among[name], submission, sandboxed=False)
        graded.append(Graded(among[name], result, submission.path))
    absent = [] if wanted or target.is_file() else [n for n in among if n not in handed_in]
    asked = len(graded) if target.is_file() else len(among)
    return Report(graded, asked=asked, remarks=collected.remarks, absent=absent, lang=lang,
                  hide_expected=hide_expected)


def chosen(names: Sequence[str]) -> dict[str, Exercise]:
    """Exercises by name, each once: built-in ones, "all" of them, those of a teacher's file.

    Raises:
        ValueError: no exercise is called so. FileNotFoundError: no such file.
    """
    return {e.name: e for name in names for e in exercises_of(name)}


def with_remarks(exercise: Exercise, submission: Submission) -> Submission:
    """A submission with what can be said of its functions before they run."""
    if exercise.driver:                                 # what it calls is not what students write
        return submission
    return replace(submission, notes=[*submission.notes, *remarks(exercise, submission.cells)])


# Functions of this process.


def _given(
    e: Exercise, functions: Sequence[Any], named: Mapping[str, Any]
) -> dict[str, Any]:
    """What was given by the exercise's names: functions, and constants that it asks for."""
    names, constants = asked_for(e)
    signatures = {f.name: str(f) for f in e.parsed}
    wanted = {n: n if e.starter else signatures[n] for n in names}
    asked = f"check({e.name!r}, ...): expected {', '.join([*wanted.values(), *constants])}"
    by_name = [n for n in named if n not in constants]
    if functions and by_name:
        raise TypeError(f"{asked}: either all by position, or all by name")
    for name in by_name:
        if name not in wanted:
            near = get_close_matches(name, [*wanted, *constants], n=1)
            hint = f"; did you mean {near[0]}?" if near else ""
            raise TypeError(f"{asked}; got {name!r}{hint}")
    if not by_name and not 0 < len(functions) <= len(wanted):
        raise TypeError(f"{asked} ({len(wanted)} in this order), got {len(functions)}")
    given = {**dict(zip(wanted, functions)), **named}
    for name, f in given.items():
        if name in wanted and not callable(f):
            raise TypeError(f"{asked}; {name} is no function but a {type(f).__name__}")
    return given


def _grade_here(e: Exercise, space: Mapping[str, Any]) -> Result:
    """In this process: the same probes, points and diagnosis as in a box."""
    from .grading import grade_runs
    from .smallest import smallest_failing

    result = Result(e.name)
    runs = _here(e, space)
    printed = io.StringIO()
    with redirect_stdout(printed):
        violated = list(_violations(e, space))
        table = grade_runs(e, runs, violated, result)
        if not result.values_passed:
            result.smallest = smallest_failing(e, runs, table)
    result.output = printed.getvalue()[:MOST_PRINTED]
    return result


def _here(e: Exercise, space: Mapping[str, Any]) -> Any:
    """Runs the functions where they are; Ctrl-C ends the grading, as it would end the cell."""
    from .judge import Outcomes
    from .trusted import Trusted

    stopped: list[KeyboardInterrupt] = []
    lines: dict[str, int] = {}
    codes = [getattr(inspect.unwrap(f), "__code__", None) for f in space.values() if callable(f)]
    files = {code.co_filename for code in codes if code is not None}

    def watched(name: str, f: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(f, updated=())
        def function(*arguments: Any) -> Any:
            try:
                return f(*arguments)
            except KeyboardInterrupt as interrupt:
                stopped.append(interrupt)
                raise
            except BaseException as error:
                lines[name] = _line_of(error, files)
                raise

        return function

    class Here(Trusted):
        def probe(self, arrays: Any, only: Any = None) -> Outcomes:
            lines.clear()
            outcomes = super().probe(arrays, only)
            if stopped:
                raise stopped[0]
            for name, line in lines.items():
                if line and name in outcomes.failed:
                    from .grading import raised_message

                    why = outcomes.failed[name].values
                    outcomes.failed[name] = raised_message(
                        name, why["type"], line, why["message"])
            return outcomes

    if e.driver:
        whole: dict[str, Any] = dict(space)
        exec(compile(e.driver, "<driver>", "exec"), whole)
        space = {f.name: whole[f.name] for f in e.parsed if callable(whole.get(f.name))}
    return Here(e, {name: watched(name, f) for name, f in space.items()})


def _line_of(error: BaseException, files: Collection[str]) -> int:
    """The deepest line in the files or cells of the functions, 0 where there is none."""
    line, trace = 0, error.__traceback__
    while trace is not None:
        if trace.tb_frame.f_code.co_filename in files:
            line = trace.tb_lineno
        trace = trace.tb_next
    return line


def _violations(e: Exercise, space: Mapping[str, Any]) -> Iterator[tuple[str, int]]:
    """What the functions use that is not allowed, where their source can be had."""
    from .box.rules import violations

    for f in space.values():
        try:
            yield from violations(textwrap.dedent(inspect.getsource(f)), e.forbidden)
        except (OSError, TypeError, SyntaxError, ValueError):
            continue
