"""An exercise's own sources, graded in this process: the self-test tries hundreds of them.

They are the author's, as trusted as the exercise itself, so no box is needed. Everything else
(what is called with what, judging, points, diagnosis) is the same code as for a submission.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from .box.calls import call, raised
from .box.rules import violations
from .exercise import Exercise
from .grading import grade_runs, take
from .judge import Outcomes
from .reference import Array
from .result import Result
from .texts import N_, Message
from .variants import compiled


class Trusted:
    """Functions of this process where `grading.Runs` has a box."""

    def __init__(self, exercise: Exercise, space: Mapping[str, Any]) -> None:
        self.exercise, self.space = exercise, space
        self.deaths: dict[str, int] = {}

    def probe(self, arrays: Mapping[str, Array], only: Sequence[str] | None = None) -> Outcomes:
        """What the functions give on one set of inputs."""
        exercise, outcomes = self.exercise, Outcomes()
        known: dict[str, Any] = dict(arrays)
        for f in exercise.parsed:
            if not callable(self.space.get(f.name)):
                outcomes.absent.add(f.name)
                continue
            if (only is not None and f.name not in only) or any(
                p not in known for p in f.parameters
            ):
                continue
            with np.errstate(all="ignore"):
                header, out = call(
                    self.space[f.name], f.parameters, f.returns, known, exercise.opaque
                )
            known.update(out)
            plain = {k: v for k, v in out.items() if k not in exercise.opaque}
            take(exercise, f.name, (header, plain), outcomes)
        return outcomes


def grade_source(exercise: Exercise, source: str) -> Result:
    """One of the exercise's own sources, graded as a submission would be."""
    try:
        space = compiled(source, exercise.driver)
    except Exception as error:
        result = Result(exercise.name, failed="unloadable", complete=False)
        result.notes.append(Message(N_("the file did not load: {reason}"),
                                    {"reason": Message(N_("{type}: {message}"), raised(error))}))
        return result
    return grade_space(exercise, space, violations(source, exercise.forbidden))


def grade_space(
    exercise: Exercise,
    space: Mapping[str, Callable[..., Any]],
    violated: list[tuple[str, int]] | None = None,
    named: bool = True,
) -> Result:
    """Functions by name, graded as a submission that defines them would be.

    Args:
        violated: what of the forbidden they use.
        named: look for known mistakes too.
    """
    result = Result(exercise.name)
    grade_runs(exercise, Trusted(exercise, space), violated or [], result, named)
    return result
