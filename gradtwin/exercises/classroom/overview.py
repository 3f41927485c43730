"""What a class found easy and hard: counts by exercise, and the known mistakes with how often."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from statistics import mean, median

from ..exercise import Exercise
from ..reports.view import MISSING, NOT_BEGUN, RIGHT, UNLOADABLE, status_of
from ..result import Diagnosis, Result
from ..texts import N_, say
from .run import Class

STRAYS = N_("Files that belong to no student: {names}.")


@dataclass(frozen=True)
class Known:
    """A known mistake or convention and who made it."""

    diagnosis: Diagnosis
    count: int


@dataclass(frozen=True)
class Count:
    """One exercise over the class.

    Args:
        handed_in: how many there are, those not begun aside.
        right, unloadable: of these.
        mean: of the shares of points of those handed in, 0 to 1; None where there are none.
        first_wrong: quantity -> how often it was the first wrong one, most often first.
        known: recognised mistakes and conventions, most often first.
        unknown: wrong answers that are no known mistake.
    """

    exercise: Exercise
    handed_in: int
    right: int
    unloadable: int
    mean: float | None
    first_wrong: list[tuple[str, int]] = field(default_factory=list)
    known: list[Known] = field(default_factory=list)
    unknown: int = 0


def count(group: Class) -> list[Count]:
    """Every exercise of a class."""
    return [
        _count(e, [p.graded[i].result for p in group.pupils])
        for i, e in enumerate(group.exercises)
    ]


def _count(exercise: Exercise, results: Sequence[Result]) -> Count:
    given = [r for r in results if status_of(r) not in (MISSING, NOT_BEGUN)]
    ran = [r for r in given if r.status != UNLOADABLE]
    told: dict[tuple[str, ...], Diagnosis] = {}
    often: Counter[tuple[str, ...]] = Counter()
    for result in ran:
        for d in result.diagnoses:
            names = (d.kind, *d.names)
            told.setdefault(names, d)
            often[names] += 1
    firsts = Counter(c.name for r in ran for c in r.criteria if c.first_wrong)
    return Count(
        exercise,
        handed_in=len(given),
        right=sum(r.status == RIGHT for r in given),
        unloadable=len(given) - len(ran),
        mean=mean(r.points / r.of for r in given) if given else None,
        first_wrong=firsts.most_common(),
        known=[Known(told[names], n) for names, n in often.most_common()],
        unknown=sum(not r.ok and not r.diagnoses for r in ran),
    )


def points_of(group: Class) -> tuple[float, float]:
    """Mean and median of the students' points."""
    points = [p.points for p in group.pupils]
    return mean(points), median(points)


def summary(group: Class, lang: str) -> str:
    """How many of the answers are right, in one line."""
    return say(
        lang, N_("{students} students, {exercises} exercises: {right} of {every} right"),
        students=len(group.pupils), exercises=len(group.exercises),
        right=sum(g.result.ok for p in group.pupils for g in p.graded),
        every=len(group.pupils) * len(group.exercises),
    )  # fmt: skip
