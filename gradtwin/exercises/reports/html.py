"""A report as HTML: a page of its own, or a fragment that a notebook shows.

Everything that came from a submission is escaped; the parts that scroll can be reached by keyboard.
"""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from ..texts import N_, say
from .page import page, style
from .report import Report
from .view import MISSING, NOT_BEGUN, NOTHING_RAN, PARTLY, RIGHT, View, view

CLASSES = {RIGHT: "right", PARTLY: "partial", NOT_BEGUN: "partial", MISSING: "partial"}
MARKS = {
    RIGHT: "\N{CHECK MARK}", PARTLY: "\N{ALMOST EQUAL TO}",
    NOT_BEGUN: "\N{HORIZONTAL ELLIPSIS}", MISSING: "\N{HORIZONTAL ELLIPSIS}",
}


def page_of(report: Report, title: str = "") -> str:
    """A self-contained page; its title is what was graded, or that which is given."""
    if not title and len(report.graded) == 1:
        title = view(report.graded[0], report.lang).title
    title = title or say(report.lang, N_("Exercises"))
    return page(title, f"<h1>{escape(title)}</h1>\n{_body(report, 2)}", report.lang)


def fragment(report: Report) -> str:
    """What a notebook shows below a cell."""
    return (f'<div class="gradtwin" lang="{report.lang}">\n<style>{style()}</style>\n'
            f"{_body(report, 3)}\n</div>")


def _body(report: Report, level: int) -> str:
    views = [view(g, report.lang) for g in report.graded]
    parts = [f"<p>{escape(line)}</p>" for line in report.lines()]
    if len(views) != 1 or report.asked > 1:
        parts.insert(0, f"<p><strong>{escape(report.summary())}</strong></p>")
    if len(views) > 1:
        parts.append(_overview(views, report.lang))
    parts += [exercise(v, report.lang, level) for v in views]
    return "\n".join(parts)


def _overview(views: list[View], lang: str) -> str:
    rows = "\n".join(
        f'<tr><th scope="row"><a href="#exercise-{escape(v.name)}">{escape(v.title)}</a></th>'
        f"<td>{verdict(v)}</td><td class=\"points\">{escape(v.points)}</td></tr>"
        for v in views
    )
    heads = (N_("Exercise"), N_("Verdict"), N_("Points"))
    return table(say(lang, N_("Overview")), [say(lang, h) for h in heads], rows)


def table(caption: str, heads: Sequence[str], rows: str, label: str = "") -> str:
    """A table that scrolls by itself on a phone; `rows` is HTML."""
    head = "".join(f'<th scope="col">{escape(h)}</th>' for h in heads)
    label = escape(label or caption)
    return (f'<div class="wide" tabindex="0" role="region" aria-label="{label}">\n'
            f"<table><caption>{escape(caption)}</caption>\n<thead><tr>{head}</tr></thead>\n"
            f"<tbody>\n{rows}\n</tbody></table></div>")


def verdict(v: View) -> str:
    """The verdict as a word, with a mark and a colour that add nothing to it."""
    mark = MARKS.get(v.status, "\N{MULTIPLICATION SIGN}")
    return (f'<span class="verdict {CLASSES.get(v.status, "wrong")}"><span aria-hidden="true">'
            f"{mark} </span>{escape(v.verdict)}</span>")


def exercise(v: View, lang: str, level: int) -> str:
    """One exercise: the verdict, what was recognised, the smallest input, then the points.

    Args:
        level: of its heading; those within it are one deeper.
    """

    def heading(deeper: int, words: str) -> str:
        return f"<h{level + deeper}>{escape(words)}</h{level + deeper}>"

    parts = [heading(0, f"{v.name}: {v.title}"),
             f"<p>{verdict(v)} {escape(v.points)}"
             + (f' <span class="quiet">{escape(v.path)}</span>' if v.path else "") + "</p>"]
    if v.status in NOTHING_RAN:
        parts += [f"<p>{escape(note)}</p>" for note in v.notes]
    else:
        for words, sentences in v.told:
            said = "".join(f"<p>{escape(sentence)}</p>" for sentence in sentences)
            parts.append(f'<div class="told">{heading(1, words)}{said}</div>')
        if v.first_wrong:
            parts.append(f"<p><strong>{escape(v.first_wrong)}</strong></p>")
        if v.smallest is not None:
            words = v.smallest.heading
            parts += [heading(1, words), _code(v.smallest.code, f"{v.name}: {words}")]
            facts = "".join(f"<dt>{escape(label)}</dt><dd>{escape(value)}</dd>"
                            for label, value in v.smallest.facts)
            parts.append(f"<dl>{facts}</dl>" if facts else "")
        parts.append(_criteria(v, lang))
        parts += [f"<p>{escape(say(lang, N_('Note: {text}'), text=note))}</p>" for note in v.notes]
    if v.output:
        words = say(lang, N_("It printed:"))
        parts += [heading(1, words), _code(v.output, f"{v.name}: {words}")]
    inside = "\n".join(part for part in parts if part)
    return f'<section class="exercise" id="exercise-{escape(v.name)}">\n{inside}\n</section>'


def _code(text: str, label: str) -> str:
    return (f'<pre tabindex="0" role="region" aria-label="{escape(label)}">'
            f"<code>{escape(text)}</code></pre>")


def _criteria(v: View, lang: str) -> str:
    rows = []
    for row in v.rows:
        words = say(lang, N_("First wrong.")) if row.first_wrong else ""
        first = f"<strong>{escape(words)}</strong> " if words else ""
        rows.append(
            f'<tr><th scope="row"><code>{escape(row.name)}</code></th>'
            f'<td class="points">{escape(row.points)}</td>'
            f"<td>{escape(row.about)}</td><td>{first}{escape(row.reason)}</td></tr>"
        )
    heads = (N_("Criterion"), N_("Points"), N_("What it is"), N_("Why points were not given"))
    caption = say(lang, N_("Points"))
    return table(caption, [say(lang, h) for h in heads], "\n".join(rows), f"{v.name}: {caption}")
