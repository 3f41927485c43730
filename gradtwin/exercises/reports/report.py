"""`Report`: one or several graded exercises, printed as text, shown as HTML, read as JSON."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from ..exercise import Exercise
from ..folder import KINDS
from ..result import Result
from ..texts import N_, Message, check_language, fault, pick, say
from ..untrusted import clean
from .hidden import without_expected
from .view import COUNTED, NOTHING_RAN, PARTLY, sentence, status_of, view


@dataclass(frozen=True)
class Graded:
    """One exercise and what was found.

    Args:
        path: the file, None for functions of this process.
        called: the student's own names of the functions, where they differ.
    """

    exercise: Exercise
    result: Result
    path: Path | None = None
    called: Mapping[str, str] = field(default_factory=dict)

    @property
    def shown_path(self) -> str:
        return "" if self.path is None else clean(self.path.name)

    @property
    def module(self) -> str:
        """What the functions are imported from; "" for a notebook, where they are there."""
        path = self.path                                # Python imports no softmax.PY
        return path.stem if path and path.suffix == ".py" and path.stem.isidentifier() else ""


class Report:
    """What was found in a submission.

    Args:
        graded: the exercises that were looked at, those that were not found included.
        asked: how many exercises there are, or were asked for.
        remarks: on files that are no exercise.
        absent: the exercises that were neither handed in nor asked for by name.
        lang: the language of the texts.
        hide_expected: leave the expected values out, everywhere.

    `ok`: all that was asked for was found, run, and has all points. `print(report)` says why not;
    in a notebook it shows itself.
    """

    def __init__(
        self,
        graded: Sequence[Graded],
        *,
        asked: int = 0,
        remarks: Sequence[Message] = (),
        absent: Sequence[str] = (),
        lang: str = "en",
        hide_expected: bool = False,
    ) -> None:
        self.lang, self.hide_expected = check_language(lang), hide_expected
        self.graded = [
            replace(g, result=without_expected(g.result)) if hide_expected else g for g in graded
        ]
        self.asked = max(asked, len(self.graded))
        self.remarks, self.absent = list(remarks), list(absent)

    @property
    def results(self) -> list[Result]:
        return [g.result for g in self.graded]

    @property
    def ok(self) -> bool:
        """Everything that was asked for has all points; not where nothing was found."""
        return bool(self.graded) and all(r.ok for r in self.results)

    @property
    def points(self) -> float:
        return sum(r.points for r in self.results)

    @property
    def of(self) -> float:
        return sum(r.of for r in self.results)

    @property
    def found(self) -> int:
        """How many exercises were handed in and ran: neither empty nor a starting file."""
        return sum(status_of(r) not in NOTHING_RAN for r in self.results)

    def summary(self) -> str:
        """How many of how many, in one line; never more than what was run.

        >>> Report([], asked=5).summary()
        '0 of 5 exercises were found and graded.'
        """
        text = say(self.lang, N_("{found} of {asked} exercises were found and graded"),
                   found=self.found, asked=self.asked)
        statuses = [status_of(r) for r in self.results]
        counts = [say(self.lang, words, count=statuses.count(s)) for s, words in COUNTED.items()
                  if s in statuses]
        if not counts:
            return f"{text}."
        points = say(self.lang, N_("{points} of {of} points"), points=f"{self.points:g}",
                     of=f"{self.of:g}")
        unfinished = [r for r in self.results if not r.complete and r.status in ("right", PARTLY)]
        more = "" if not unfinished else " " + say(
            self.lang, N_("Not everything could be run in {names}."),
            names=", ".join(r.exercise for r in unfinished))
        return f"{text}: {', '.join(counts)}; {points}.{more}"

    def lines(self) -> list[str]:
        """What else is to be said of the whole: files that are no exercise, what was not found."""
        said = [f"{remark.say(self.lang)}." for remark in self.remarks]
        if self.absent:
            said.append(say(self.lang, N_("Not handed in: {names}."), names=", ".join(self.absent)))
        return said

    def __str__(self) -> str:
        from .text import text

        return text(self)

    def _repr_html_(self) -> str:
        from .html import fragment

        return fragment(self)

    def html(self) -> str:
        """A page of its own."""
        from .html import page_of

        return page_of(self)

    def csv(self) -> str:
        """A row a criterion, with its points and its reason."""
        from .table import table

        return table(self)

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON: the results, and the texts in the report's language.

        >>> Report([], asked=5).to_dict()["asked"]
        5
        """
        return {
            "ok": self.ok, "points": self.points, "of": self.of,
            "found": self.found, "asked": self.asked, "lang": self.lang,
            "hide_expected": self.hide_expected, "summary": self.summary(),
            "remarks": self.lines(),
            "exercises": [self._plain(g) for g in self.graded],
        }

    def _plain(self, g: Graded) -> dict[str, Any]:
        seen = view(g, self.lang)
        plain = g.result.to_dict()
        for criterion, row in zip(plain["criteria"], seen.rows):
            criterion["about"] = row.about
            reason = next(c.reason for c in g.result.criteria if c.name == row.name)
            criterion["text"] = "" if reason is None else reason.say(self.lang)
        for diagnosis, (heading, sentences) in zip(plain["diagnoses"], seen.told):
            diagnosis["text"] = f"{heading}: {' '.join(sentences)}"
        for note, message in zip(plain["notes"], g.result.notes):
            note["text"] = sentence(message, self.lang)
        if plain["smallest"] is not None and seen.smallest is not None:
            plain["smallest"]["code"] = seen.smallest.code
        return {
            "title": pick(g.exercise.title, self.lang), "file": g.shown_path,
            "verdict": seen.verdict, **plain,
        }


def check_writable(path: Path) -> None:
    """That a report may be written there. A page must not fall on someone's work.

    Raises:
        ValueError: a file of code, a folder, or a file in a folder that is not there.
    """
    if path.suffix.lower() in KINDS:
        raise fault(ValueError, N_("{path} would replace code"), path=path)
    if path.is_dir():
        raise fault(ValueError, N_("{path} is a folder: name a file"), path=path)
    if not path.parent.is_dir():
        raise fault(ValueError, N_("{path}: the folder {folder} does not exist"), path=path,
                    folder=path.parent)
