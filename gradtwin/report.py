"""A `Comparison` in words: plain ASCII, the verdict first, then where and by how much."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from .findings import CONVENTION, MISTAKE

if TYPE_CHECKING:
    from .compare import Compared, Comparison


def text(comparison: Comparison) -> str:
    """The report, lines of at most some 100 characters, ASCII on every console.

    >>> import torch
    >>> from gradtwin.compare import compare
    >>> x = [1.0, -2.0]
    >>> report = text(compare(lambda x: torch.clamp(x, min=0), torch.relu, x))
    >>> print(report.splitlines()[0])
    Twins: outputs and gradients agree (ours torch, theirs torch, float64).
    """
    lines = [_headline(comparison)]
    compared = [*comparison.outputs, *comparison.gradients]
    width = max((len(c.name) for c in compared), default=0)
    for c in compared:
        lines += _array_lines(c, width)
    if not (comparison.ok and any(comparison.raised)):  # where the headline says it
        lines += [line for note in comparison.notes for line in _wrapped(f"{_sentence(note)}.", "")]
    if comparison.findings:
        lines.append("Findings:")
    for f in comparison.findings:
        lines += _wrapped(f"[{f.kind}] {f.message}.", indent="  - ")
    return "\n".join(lines).encode("ascii", "backslashreplace").decode("ascii")


def html(comparison: Comparison) -> str:
    """The report for a notebook."""
    from html import escape

    return f"<pre>{escape(text(comparison))}</pre>"


def _headline(c: Comparison) -> str:
    how = f"(ours {c.kinds[0]}, theirs {c.kinds[1]}, {c.dtype})"
    ours, theirs = c.raised
    if ours is not None and theirs is not None and c.ok:
        return f"{_sentence(c.notes[0])} {how}. Ours: {ours}. Theirs: {theirs}."
    if c.ok:
        what = "outputs and gradients agree" if c.gradients else "the outputs agree"
        return f"Twins: {what} {how}."
    if c.only_conventions:
        return f"Not twins, by convention only {how}."
    mistakes = sum(f.severity == MISTAKE for f in c.findings)
    conventions = sum(f.severity == CONVENTION for f in c.findings)
    also = f" and {conventions} other convention(s)" if conventions else ""
    return f"Not twins: {mistakes} difference(s){also} {how}."


def _sentence(words: str) -> str:
    return words[:1].upper() + words[1:]


def _array_lines(c: Compared, width: int) -> list[str]:
    start = f"  {c.name:<{width}}  "
    kind = f"{_shape(c.shape)} {c.dtypes[1]}"
    if c.equal is None:
        return [f"{start}SHAPE    ours {_shape(c.shapes[0])}, theirs {_shape(c.shapes[1])}"]
    if c.ok:
        return [f"{start}equal    {kind}, largest difference {number(c.max_absolute)}"]
    lines = [f"{start}DIFFERS  {kind}, {c.differing} of {c.elements} elements"]
    if c.worst is None:
        return lines
    at = f"[{', '.join(map(str, c.worst))}]" if c.worst else ""
    ours, theirs = c.ours_at_worst, c.theirs_at_worst
    lines += [
        f"      worst at {c.name}{at}: ours {number(ours, theirs)}, theirs {number(theirs, ours)}, "
        f"allowed difference {number(c.allowed_at_worst, digits=2)}",
        f"      largest difference {number(c.max_absolute, digits=3)} absolute, "
        f"{number(c.max_relative, digits=3)} relative, {number(c.max_ulp, digits=3)} ULP",
    ]
    if c.verdict is not None:
        lines.append(f"      third witness: {_verdict(c)}")
    return lines


_VERDICTS = {
    "ours": "ours is right",
    "theirs": "theirs is right",
    "both": "either could be",
    "neither": "neither is right",
    "undecided": "undecided",
}


def _verdict(c: Compared) -> str:
    assert c.verdict is not None
    v = c.verdict
    words = _VERDICTS[v.side]
    wrong = c.theirs_at_worst if v.side == "ours" else c.ours_at_worst
    if v.value is not None:
        words += f", the value is {number(v.value, wrong)}"
        if v.error:
            words += f" +- {number(v.error, digits=2)}"
    if v.by:
        words += f" ({v.by})"
    if v.own is True:
        words += "; ours is the right gradient of our own forward, which differs"
    elif v.own is False:
        words += "; ours is not the gradient of our own forward either"
    return words


def number(x: float | None, other: float | None = None, digits: int = 6) -> str:
    """A number as people write it; with so many digits that it differs from `other`.

    >>> number(0.1), number(3.0), number(1.00000001, 1.0)
    ('0.1', '3', '1.00000001')
    """
    if x is None:
        return "-"
    if other is not None and x != other and math.isfinite(x):
        while digits < 17 and f"{x:.{digits}g}" == f"{other:.{digits}g}":
            digits += 1
    return f"{x:.{digits}g}"


def _shape(shape: tuple[int, ...]) -> str:
    return str(shape)


def _wrapped(words: str, indent: str, width: int = 100) -> list[str]:
    import textwrap

    return textwrap.wrap(
        words, width, initial_indent=indent, subsequent_indent=" " * len(indent),
        break_long_words=False, break_on_hyphens=False,
    )
