"""One graded exercise in words, ready to be laid out: what a terminal and a page both say."""

from __future__ import annotations

import math
import re
import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ...report import number
from ..exercise import Exercise
from ..reference import Gradient
from ..result import Criterion, Diagnosis, Result, Smallest
from ..signature import Function
from ..starting import asked_for
from ..texts import N_, Message, pick, say
from ..untrusted import clean

if TYPE_CHECKING:
    from .report import Graded

RIGHT, PARTLY, WRONG, NOT_BEGUN, UNLOADABLE, MISSING = (
    "right", "partial", "wrong", "not begun", "unloadable", "missing"
)

NOTHING_RAN = (NOT_BEGUN, UNLOADABLE, MISSING)

VERDICTS = {
    RIGHT: N_("right"),
    PARTLY: N_("partly right"),
    WRONG: N_("wrong"),
    NOT_BEGUN: N_("not begun"),
    UNLOADABLE: N_("cannot be run"),
    MISSING: N_("not found"),
}

COUNTED = {
    RIGHT: N_("{count} right"),
    PARTLY: N_("{count} partly right"),
    WRONG: N_("{count} wrong"),
    NOT_BEGUN: N_("{count} not begun"),
    UNLOADABLE: N_("{count} cannot be run"),
    MISSING: N_("{count} not found"),
}
"""How many have a verdict, in words that fit one and many."""

CONDUCT_NAMES = {
    "extreme": N_("extreme inputs (up to +-800)"),
    "dtype": N_("float32 stays float32"),
    "unmodified": N_("no argument is changed, and equal calls agree"),
    "upstream": N_("the upstream gradient is used"),
    "allowed": N_("nothing that is not allowed"),
}

LONGEST_LINE = 84


@dataclass(frozen=True)
class Row:
    """A criterion: `points` as "2 / 2", `about` what it is, `reason` why points were not given."""

    name: str
    about: str
    points: str
    passed: bool
    reason: str
    first_wrong: bool


@dataclass(frozen=True)
class Shown:
    """The smallest failing input: `heading`, `code` to paste, `facts` as (label, value)."""

    heading: str
    code: str
    facts: list[tuple[str, str]]


@dataclass(frozen=True)
class View:
    """Everything that is said of one exercise.

    Args:
        status: one of `VERDICTS`; `verdict` is the word for it, `points` as "5 of 8 points".
        told: (heading, sentences): known mistakes and conventions, most important first.
        first_wrong: a sentence on the first wrong quantity, "" where there is none.
    """

    name: str
    title: str
    path: str
    status: str
    verdict: str
    points: str
    told: list[tuple[str, list[str]]]
    first_wrong: str
    smallest: Shown | None
    rows: list[Row]
    notes: list[str]
    output: str


def view(graded: Graded, lang: str) -> View:
    """A graded exercise in a language."""
    e, result = graded.exercise, graded.result
    status = status_of(result)
    quiet = status in NOTHING_RAN                       # one reason for all, said once
    return View(
        name=e.name,
        title=pick(e.title, lang),
        path=graded.shown_path,
        status=status,
        verdict=say(lang, VERDICTS[status]),
        points=say(lang, N_("{points} of {of} points"), points=f"{result.points:g}",
                   of=f"{result.of:g}"),
        told=[_told(e, d, lang) for d in result.diagnoses],
        first_wrong="" if quiet else _first_wrong(e, result, lang),
        smallest=None if quiet or result.smallest is None
        else _shown(graded, result.smallest, lang),
        rows=[_row(e, c, lang, quiet) for c in result.criteria],
        notes=[] if status == NOT_BEGUN else [sentence(note, lang) for note in _notes(result)],
        output=clean(result.output, 2000).strip(),
    )


def status_of(result: Result) -> str:
    """The verdict; a file of which nothing is written yet is "not begun" rather than wrong."""
    values = [c for c in result.criteria if c.kind == "value"]
    if values and all(_not_written(c) for c in values):
        return NOT_BEGUN
    return result.status


def _notes(result: Result) -> list[Message]:
    """In their order; why a file stopped comes before what is therefore missing."""
    return [*result.notes[1:], *result.notes[:1]] if result.failed else result.notes


def _not_written(c: Criterion) -> bool:
    reason: Any = c.reason
    while reason is not None and reason.id == "{reason} (inputs: {probe})":
        reason = reason.values["reason"]
    return reason is not None and reason.values.get("type") == "NotImplementedError"


def about(e: Exercise, name: str, lang: str) -> str:
    """What a criterion is: a function's output, or which gradient, or a point of conduct."""
    if name in CONDUCT_NAMES:
        return say(lang, CONDUCT_NAMES[name])
    function = next((f.name for f in e.parsed if name in f.returns), "")
    reference = e.references.of.get(name)
    if isinstance(reference, Gradient):
        return say(lang, N_("the gradient with respect to {wrt}, returned by {function}"),
                   wrt=reference.wrt, function=function)
    return say(lang, N_("returned by {function}"), function=function)


def _row(e: Exercise, c: Criterion, lang: str, quiet: bool) -> Row:
    reason = "" if c.reason is None or quiet else sentence(c.reason, lang)
    return Row(c.name, about(e, c.name, lang), f"{c.points:g} / {c.of:g}", c.passed, reason,
               c.first_wrong)


def _told(e: Exercise, d: Diagnosis, lang: str) -> tuple[str, list[str]]:
    texts = [sentence(pick(text, lang)) for text in d.texts]
    if d.kind == "accepted":
        heading = N_("Another convention in {function}, accepted")
    elif d.kind == "convention":
        heading = N_("Right under another convention in {function}")
    elif d.together and any(c.name in d.names for c in e.conventions):
        heading = N_("A mistake and another convention at once in {function}")
    elif d.together:
        heading = N_("Two mistakes at once in {function}")
    elif len(texts) > 1:
        heading = N_("One of these in {function}; no input tells them apart")
    else:
        heading = N_("A known mistake in {function}")
    return say(lang, heading, function=d.function), texts


def _first_wrong(e: Exercise, result: Result, lang: str) -> str:
    first = next((c for c in result.criteria if c.first_wrong), None)
    if first is None:
        return ""
    values = [c for c in result.criteria if c.kind == "value"]
    template = N_("First wrong: {name}, {about}")
    later = [c for c in values if first.name in e.references.stands_on(c.name)]
    if any(c.passed for c in later):
        template = N_("First wrong: {name}, {about}. What comes after it was judged on your own "
                      "{name}")
    return sentence(say(lang, template, name=first.name, about=about(e, first.name, lang)))


# The smallest failing input.


def _shown(graded: Graded, s: Smallest, lang: str) -> Shown:
    e = graded.exercise
    facts = [(s.quantity, about(e, s.quantity, lang))]
    if s.entry is not None:
        where = f"{s.quantity}[{', '.join(map(str, s.entry))}]" if s.entry else s.quantity
        facts.append((say(lang, N_("entry")), where))
    if s.came is not None:
        facts.append((say(lang, N_("came")), value_text(s.came, s.expected)))
    if s.expected is not None:
        facts.append((say(lang, N_("expected")), value_text(s.expected, s.came)))
    if s.reason is not None and (s.came is None or s.entry is None):
        facts.append((say(lang, N_("what happened")), sentence(s.reason, lang)))
    heading = say(lang, N_("The smallest input found on which {name} is wrong:"), name=s.quantity)
    return Shown(heading, code(e, s, graded.module, graded.called), facts)


def code(e: Exercise, s: Smallest, module: str, called: Mapping[str, str]) -> str:
    """The input as code that can be pasted: it calls the functions up to the wrong quantity.

    Args:
        module: where the functions are imported from; "" for those of a notebook, which are there.
        called: the student's own names of the functions.
    """
    wanted = next(f for f in e.parsed if s.quantity in f.returns)
    needed = {wanted.name}
    for f in reversed(e.parsed):
        users = [u for u in e.parsed if u.name in needed]
        if any(q in u.parameters for u in users for q in f.returns):
            needed.add(f.name)
    functions = [f for f in e.parsed if f.name in needed and e.parsed.index(f) <=
                 e.parsed.index(wanted)]
    names = [called.get(f.name, f.name) for f in functions]
    lines = ["import numpy as np"]
    mine = [f for f in functions if f.name in (*e.calls, *e.shown) or not e.driver]
    by_grader = "# " if len(mine) < len(functions) else ""      # a function that the driver makes
    imported = dict.fromkeys(n for f in functions for n in _students_own(e, f))
    if module and not by_grader:
        lines.append(f"from {module} import {', '.join(imported)}")
    lines.append("")
    used = {p for f in functions for p in f.parameters}
    lines += [assignment(n, value) for n, value in s.inputs.items() if n in used]
    for f, name in zip(functions, names):
        if f.name in e.shown:
            lines.append(_renamed(e.shown[f.name], called))
            continue
        arguments = e.calls.get(f.name, ", ".join(f.parameters))
        lines.append(f"{by_grader}{', '.join(f.returns)} = {name}({arguments})")
    if wanted.name not in e.shown:
        lines.append(f"{by_grader}print({s.quantity})")
    return "\n".join(lines)


def _students_own(e: Exercise, f: Function) -> list[str]:
    """What of the student's own a function is shown with: itself, or what its lines name."""
    if f.name not in e.shown:
        return [f.name]
    functions, constants = asked_for(e)
    words = re.findall(r"\w+", e.shown[f.name])
    return [n for n in (*constants, *functions) if n in words]


def _renamed(lines: str, called: Mapping[str, str]) -> str:
    return re.sub(r"\w+", lambda word: called.get(word[0], word[0]), lines)


def assignment(name: str, value: Any) -> str:
    """`z = np.array([[0.0, 1.0]])`, a row a line where it is long."""
    if not isinstance(value, list):
        return f"{name} = {_literal(value)}"
    line = f"{name} = np.array({_literal(value)})"
    if len(line) <= LONGEST_LINE or not any(isinstance(row, list) for row in value):
        return textwrap.fill(line, LONGEST_LINE, subsequent_indent="    ", break_long_words=False)
    rows = "".join(textwrap.fill(f"{_literal(row)},", LONGEST_LINE, initial_indent="    ",
                                 subsequent_indent="     ", break_long_words=False) + "\n"
                   for row in value)
    return f"{name} = np.array([\n{rows}])"


def _literal(value: Any) -> str:
    if isinstance(value, list):
        return f"[{', '.join(map(_literal, value))}]"
    if value in ("nan", "inf", "-inf"):
        return {"nan": "np.nan", "inf": "np.inf", "-inf": "-np.inf"}[value]
    return repr(value)


def value_text(value: Any, other: Any = None) -> str:
    """A number with as many digits as tell it from the other; an array as nested lists.

    >>> value_text(0.5, 0.25), value_text("nan"), value_text([[1.0, 2.5]])
    ('0.5', 'nan', '[[1, 2.5]]')
    """
    if isinstance(value, list):
        return f"[{', '.join(value_text(part) for part in value)}]"
    if isinstance(value, bool) or not isinstance(value, int | float):
        return str(value)
    value = value or 0                                  # a zero has no sign worth a look
    comparable = isinstance(other, int | float) and math.isfinite(other)
    return number(value, other if comparable else None)


def sentence(said: Message | str, lang: str = "") -> str:
    """Begun by a capital, unless by a name, ended by a full stop, and fit for every reader."""
    text = clean(said.say(lang) if isinstance(said, Message) else said, 1000).strip()
    if isinstance(said, Message) and not _begins_with_a_name(said):
        text = text[:1].upper() + text[1:]
    return text if not text or text.endswith((".", "!", "?", ":")) else f"{text}."


def _begins_with_a_name(said: Message) -> bool:
    if not said.id.startswith("{"):
        return False
    first = said.values.get(said.id[1:].partition("}")[0])
    return not isinstance(first, Message) or _begins_with_a_name(first)


def joined(parts: Sequence[str]) -> str:
    """Parts of a line, those that are empty left out."""
    return ", ".join(part for part in parts if part)
