"""What grading one exercise found: criteria with points and reasons, as plain values for JSON."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from .texts import Message, Text

STATUSES = ("right", "partial", "wrong", "unloadable", "missing")


@dataclass(slots=True)
class Criterion:
    """One criterion, its points, and why.

    Args:
        name: a quantity, or one of the criteria of conduct.
        kind: "value" or "conduct".
        points, of: given, and possible.
        reason: None where all points are given and there is nothing to say.
        first_wrong: the first quantity that is wrong: what to look at first.
    """

    name: str
    kind: str
    points: float
    of: float
    reason: Message | None = None
    first_wrong: bool = False

    @property
    def passed(self) -> bool:
        return self.points == self.of

    def to_dict(self) -> dict[str, Any]:
        return {
            "name": self.name, "kind": self.kind, "points": self.points, "of": self.of,
            "passed": self.passed, "first_wrong": self.first_wrong,
            "reason": None if self.reason is None else self.reason.to_dict(),
        }

    @classmethod
    def from_dict(cls, plain: Mapping[str, Any]) -> Criterion:
        return cls(plain["name"], plain["kind"], plain["points"], plain["of"],
                   _message(plain["reason"]), plain["first_wrong"])


@dataclass(slots=True)
class Diagnosis:
    """What a submission was recognised as.

    Args:
        kind: "mistake", "accepted" (a convention with full points) or "convention" (named only).
        names: of the variants: one, or several that no probe tells apart (`twins`), or a pair that
            was made together.
        texts: what the student is told, a text each.
        function: where.
        together: a pair made at once, rather than twins.
    """

    kind: str
    names: list[str]
    texts: list[Text]
    function: str
    together: bool = False

    def to_dict(self) -> dict[str, Any]:
        return {
            "kind": self.kind, "names": self.names, "function": self.function,
            "together": self.together,
            "texts": [t if isinstance(t, str) else dict(t) for t in self.texts],
        }

    @classmethod
    def from_dict(cls, plain: Mapping[str, Any]) -> Diagnosis:
        return cls(plain["kind"], list(plain["names"]), list(plain["texts"]), plain["function"],
                   plain["together"])


@dataclass(slots=True)
class Smallest:
    """The smallest input found on which a quantity is wrong.

    Args:
        inputs: name -> nested lists.
        quantity: which.
        entry: index of the entry shown, None where shapes differ or nothing came.
        came, expected: the values there (or the whole arrays as lists where `entry` is None).
        reason: instead of `came` when nothing came.
    """

    inputs: dict[str, Any]
    quantity: str
    entry: list[int] | None = None
    came: Any = None
    expected: Any = None
    reason: Message | None = None

    def to_dict(self) -> dict[str, Any]:
        return {
            "inputs": self.inputs, "quantity": self.quantity, "entry": self.entry,
            "came": self.came, "expected": self.expected,
            "reason": None if self.reason is None else self.reason.to_dict(),
        }

    @classmethod
    def from_dict(cls, plain: Mapping[str, Any]) -> Smallest:
        return cls(plain["inputs"], plain["quantity"], plain["entry"], plain["came"],
                   plain["expected"], _message(plain["reason"]))


@dataclass(slots=True)
class Result:
    """One exercise of one submission.

    Args:
        exercise: its name.
        criteria: with their points.
        diagnoses: known mistakes and conventions that were recognised.
        smallest: the input to show.
        notes: everything else worth a line: what did not load, warnings, accepted forms.
        output: what the submission printed, its beginning.
        complete: every part was run.
        status: one of `STATUSES`.
    """

    exercise: str
    criteria: list[Criterion] = field(default_factory=list)
    diagnoses: list[Diagnosis] = field(default_factory=list)
    smallest: Smallest | None = None
    notes: list[Message] = field(default_factory=list)
    output: str = ""
    complete: bool = True
    failed: str = ""

    @property
    def points(self) -> float:
        return sum(c.points for c in self.criteria)

    @property
    def of(self) -> float:
        return sum(c.of for c in self.criteria)

    @property
    def status(self) -> str:
        if self.failed:
            return self.failed
        if self.points == self.of and self.complete:
            return "right"
        return "partial" if self.points else "wrong"

    @property
    def ok(self) -> bool:
        """All points, and everything was run."""
        return self.status == "right"

    @property
    def values_passed(self) -> bool:
        """Whether no value is wrong, on extreme inputs neither: then no input shows a mistake."""
        return all(c.passed for c in self.criteria if c.kind == "value" or c.name == "extreme")

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON.

        >>> Result.from_dict(Result("relu").to_dict()) == Result("relu")
        True
        """
        return {
            "exercise": self.exercise, "status": self.status, "points": self.points,
            "of": self.of, "complete": self.complete, "failed": self.failed,
            "criteria": [c.to_dict() for c in self.criteria],
            "diagnoses": [d.to_dict() for d in self.diagnoses],
            "smallest": None if self.smallest is None else self.smallest.to_dict(),
            "notes": [n.to_dict() for n in self.notes],
            "output": self.output,
        }

    @classmethod
    def from_dict(cls, plain: Mapping[str, Any]) -> Result:
        """What `to_dict` gave."""
        smallest = plain["smallest"]
        return cls(
            plain["exercise"],
            [Criterion.from_dict(c) for c in plain["criteria"]],
            [Diagnosis.from_dict(d) for d in plain["diagnoses"]],
            None if smallest is None else Smallest.from_dict(smallest),
            [Message.from_dict(n) for n in plain["notes"]],
            plain["output"],
            plain["complete"],
            plain["failed"],
        )


def _message(plain: Mapping[str, Any] | None) -> Message | None:
    return None if plain is None else Message.from_dict(plain)
