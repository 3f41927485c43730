"""The page of a class: what is hard, which mistakes are made how often, and everybody's points.

Each student's own report is a page of its own beside it, so that it can be handed on.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from html import escape

from ..reports.html import page_of, table
from ..reports.page import page
from ..reports.view import VERDICTS, status_of
from ..texts import N_, pick, say
from ..untrusted import clean
from .overview import STRAYS, Count, count, points_of
from .run import Class, Pupil
from .tables import percent, report_of


def class_page(group: Class, lang: str, link: Callable[[Pupil], str]) -> str:
    """The page; `link` is where a student's own page stands.

    Args:
        link: pupil -> address, relative to this page.
    """
    counts = count(group)
    mean, median = points_of(group)
    of = max((p.of for p in group.pupils), default=0.0)
    title = say(lang, N_("Class: {name}"), name=clean(group.name))
    facts = say(
        lang,
        N_("{students} students, {exercises} exercises. Mean {mean} of {of} points, median "
           "{median}."),
        students=len(group.pupils), exercises=len(group.exercises),
        mean=f"{mean:.1f}", median=f"{median:.1f}", of=f"{of:g}",
    )
    body = [f"<h1>{escape(title)}</h1>", f"<p>{escape(facts)}</p>"]
    if group.strays:
        strays = say(lang, STRAYS, names=", ".join(group.strays))
        body.append(f"<p>{escape(strays)}</p>")
    parts = {
        N_("Exercises"): _exercises(counts, lang),
        N_("Known mistakes, the most frequent first"): _mistakes(counts, lang),
        N_("Students"): _students(group, lang, link),
    }
    body += [f"<h2>{escape(say(lang, head))}</h2>\n{part}" for head, part in parts.items()]
    return page(title, "\n".join(body), lang)


def _table(caption: str, heads: Sequence[str], rows: Sequence[Sequence[str]], lang: str) -> str:
    """Cells are HTML, the first one heads its row."""
    lines = "\n".join(
        f'<tr><th scope="row">{row[0]}</th>' + "".join(f"<td>{c}</td>" for c in row[1:]) + "</tr>"
        for row in rows
    )
    return table(say(lang, caption), heads, lines)


def _exercises(counts: Sequence[Count], lang: str) -> str:
    heads = [N_("Exercise"), N_("handed in"), N_("right"), N_("cannot be run"), N_("points (mean)"),
             N_("no known mistake"), N_("first wrong, how often")]
    rows = [
        [escape(pick(c.exercise.title, lang)), str(c.handed_in), str(c.right), str(c.unloadable),
         "" if c.mean is None else f"{100 * c.mean:.0f}%", str(c.unknown),
         escape(", ".join(f"{name} ({n})" for name, n in c.first_wrong[:4]))]
        for c in counts
    ]
    return _table(N_("How each exercise went"), [say(lang, h) for h in heads], rows, lang)


def _mistakes(counts: Sequence[Count], lang: str) -> str:
    found = [(known, c) for c in counts for known in c.known]
    if not found:
        none = say(lang, N_("No known mistake was recognised."))
        return f"<p>{escape(none)}</p>"
    kinds = {"mistake": N_("mistake"), "accepted": N_("convention, accepted"),
             "convention": N_("another convention")}
    heads = [N_("Mistake"), N_("how often"), N_("of those handed in"), N_("Exercise"), N_("kind")]
    rows = [
        [escape(" / ".join(clean(pick(text, lang)) for text in known.diagnosis.texts)),
         str(known.count), f"{100 * known.count / c.handed_in:.0f}%",
         escape(pick(c.exercise.title, lang)), escape(say(lang, kinds[known.diagnosis.kind]))]
        for known, c in sorted(found, key=lambda pair: -pair[0].count)
    ]
    return _table(N_("Which mistake, how often"), [say(lang, h) for h in heads], rows, lang)


def _students(group: Class, lang: str, link: Callable[[Pupil], str]) -> str:
    heads = [say(lang, N_("Student")), say(lang, N_("Points")), "%"]
    heads += [pick(e.title, lang) for e in group.exercises]
    rows = []
    for p in group.pupils:
        name = escape(p.student.name)
        number = p.student.number or p.student.id
        more = f' <span class="quiet">{escape(number)}</span>' if number else ""
        row = [f'<a href="{escape(link(p))}">{name}</a>{more}', f"{p.points:g}",
               percent(p.points, p.of)]
        for g in p.graded:
            verdict = say(lang, VERDICTS[status_of(g.result)])
            row.append(f"{g.result.points:g} <span class=\"quiet\">{escape(verdict)}</span>")
        rows.append(row)
    return _table(N_("Everybody's points"), heads, rows, lang)


def student_page(pupil: Pupil, lang: str, hide_expected: bool = False) -> str:
    """One student's own report, with their name at its top."""
    return page_of(report_of(pupil, lang, hide_expected), pupil.student.name)
