"""A class as CSV: a row a student, and a row a criterion with its reason."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from ..reports.report import Graded as Shown
from ..reports.report import Report
from ..reports.table import written
from ..reports.view import VERDICTS, status_of, view
from ..texts import N_, say
from .run import Class, Pupil


def report_of(pupil: Pupil, lang: str, hide_expected: bool = False) -> Report:
    """What one student is told."""
    shown = [
        Shown(g.exercise, g.result, Path(g.file) if g.file else None) for g in pupil.graded
    ]
    return Report(shown, asked=len(shown), remarks=pupil.remarks, lang=lang,
                  hide_expected=hide_expected)


def told(report: Report) -> list[str]:
    """For each exercise the one line to read: what was recognised, else the first reason."""
    lines = []
    for graded in report.graded:
        seen = view(graded, report.lang)
        # once each: two functions may show the same mistake, beside one of their own
        sentences = list(dict.fromkeys(sentence for _, told in seen.told for sentence in told))
        reasons = [f"{row.name}: {row.reason}" for row in seen.rows if row.reason]
        lines.append(" ".join((sentences or reasons or seen.notes)[:2]))
    return lines


def class_table(group: Class, lang: str, hide_expected: bool = False) -> str:
    """A row a student: points altogether and by exercise, each with its verdict and reason."""
    heads = (N_("student"), "id", N_("e-mail"), N_("points"), N_("of"), "%")
    header = [say(lang, h) for h in heads]
    verdict, reason = say(lang, N_("verdict")), say(lang, N_("reason"))
    for e in group.exercises:
        header += [e.name, f"{e.name}: {verdict}", f"{e.name}: {reason}"]
    return written(header, _students(group, lang, hide_expected))


def _students(group: Class, lang: str, hide_expected: bool) -> Iterator[list[object]]:
    for pupil in group.pupils:
        s = pupil.student
        row: list[object] = [s.name, s.number or s.id, s.email, f"{pupil.points:g}",
                             f"{pupil.of:g}", percent(pupil.points, pupil.of)]
        report = report_of(pupil, lang, hide_expected)
        for graded, line in zip(report.graded, told(report)):
            verdict = say(lang, VERDICTS[status_of(graded.result)])
            row += [f"{graded.result.points:g}", verdict, line]
        yield row


def criteria_table(group: Class, lang: str, hide_expected: bool = False) -> str:
    """A row a criterion of every exercise of every student, with the reason for lost points."""
    header = [say(lang, h) for h in (
        N_("student"), "id", N_("exercise"), N_("verdict"), N_("criterion"), N_("points"), N_("of"),
        N_("reason"))]

    def rows() -> Iterator[list[object]]:
        for pupil in group.pupils:
            report = report_of(pupil, lang, hide_expected)
            for graded in report.graded:
                seen = view(graded, lang)
                for c in graded.result.criteria:
                    reason = "" if c.reason is None else c.reason.say(lang)
                    yield [pupil.student.name, pupil.student.number or pupil.student.id, seen.name,
                           seen.verdict, c.name, f"{c.points:g}", f"{c.of:g}", reason]

    return written(header, rows())


def percent(points: float, of: float) -> str:
    """A share in per cent, one digit after the point.

    >>> percent(2, 3), percent(0, 0)
    ('66.7', '0.0')
    """
    return f"{100 * points / of if of else 0.0:.1f}"
