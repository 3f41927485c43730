"""Executable variants of an exercise's first right solution: known mistakes, and other conventions.

A variant is written as the lines that change, {old text: new text}, so that the mistake itself can
be read, and two of them can be made at once. Each old text must be found exactly once.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import Any

from .box.calls import call
from .reference import Array
from .signature import Function
from .texts import Text

Swap = Mapping[str, str]


@dataclass(frozen=True, eq=False)
class Variant:
    """What `Mistake` and `Convention` have in common.

    Args:
        name: an identifier, unique in the exercise.
        swap: what changes in the first right solution.
        en, es: what the student is told: for a mistake what it is and why it is wrong, for a
            convention which one it is and what this exercise asks for. One language is enough for
            an exercise of one's own.
    """

    name: str
    swap: Swap
    en: str = ""
    es: str = ""

    @property
    def text(self) -> Text:
        return _text(self.en, self.es)


def _text(en: str, es: str) -> Text:
    """A text in the languages that it was written in."""
    return {lang: text for lang, text in (("en", en), ("es", es)) if text}


@dataclass(frozen=True, eq=False)
class Mistake(Variant):
    """A known mistake.

    Args:
        twins: names of the mistakes that no probe can tell from this one, and why is in a comment.
        number: its row in the table of known mistakes, 0 for one of the exercise's own.
    """

    twins: Sequence[str] = ()
    number: int = 0


@dataclass(frozen=True, eq=False)
class Convention(Variant):
    """Right under another convention than the exercise's, if it is kept in every line it touches.

    Args:
        accepted: full points and a note; otherwise it is named and the points are not given.
    """

    accepted: bool = True


@dataclass(frozen=True, eq=False)
class Layout:
    """Right for arrays that lie in another way: the submission is run once more on such arrays.

    Args:
        name: an identifier, unique in the exercise.
        arrays: quantity -> "T" (transposed) or "column" ((n,) handed in as (n, 1)).
        en, es, accepted: as of a `Convention`.
    """

    name: str
    arrays: Mapping[str, str]
    en: str = ""
    es: str = ""
    accepted: bool = False

    @property
    def text(self) -> Text:
        return _text(self.en, self.es)

    def laid_out(self, arrays: Mapping[str, Array]) -> dict[str, Array]:
        """Inputs as this layout has them."""
        change = {"T": lambda a: a.T.copy(), "column": lambda a: a[:, None]}
        return {k: change[self.arrays[k]](a) if k in self.arrays else a for k, a in arrays.items()}

    def usual(self, arrays: Mapping[str, Array]) -> dict[str, Array]:
        """Inputs of this layout as the exercise has them."""
        change = {"T": lambda a: a.T, "column": lambda a: a[:, 0]}
        return {k: change[self.arrays[k]](a) if k in self.arrays else a for k, a in arrays.items()}

    def restored(self, arrays: Mapping[str, Array]) -> dict[str, Array]:
        """What came out, as the exercise has it. A column stays: axes of length 1 do not count."""
        return {k: a.T if self.arrays.get(k) == "T" else a for k, a in arrays.items()}


class SwapError(ValueError):
    """A swap whose old text is not found exactly once, or two that touch the same text."""


def patched(source: str, swap: Swap) -> str:
    """A source with every old text replaced.

    Raises:
        SwapError: an old text that is not there exactly once.

    >>> patched("a = 1 + 1", {"1 + 1": "1 - 1"})
    'a = 1 - 1'
    """
    spans = []
    for old, new in swap.items():
        if source.count(old) != 1:
            raise SwapError(f"swap: {old!r} is found {source.count(old)} times, expected once")
        start = source.index(old)
        spans.append((start, start + len(old), new))
    spans.sort()
    if any(first[1] > second[0] for first, second in pairwise(spans)):
        raise SwapError("swap: two replacements touch the same text")
    for start, end, new in reversed(spans):
        source = source[:start] + new + source[end:]
    return source


def together(swaps: Iterable[Swap]) -> Swap | None:
    """Several swaps made at once; None where they contradict each other."""
    merged: dict[str, str] = {}
    for swap in swaps:
        if any(merged.get(old, new) != new for old, new in swap.items()):
            return None
        merged.update(swap)
    return merged


@lru_cache(maxsize=4096)
def compiled(source: str, driver: str = "") -> dict[str, Any]:
    """The namespace that one of an exercise's own sources defines. It runs here: it is trusted.

    The driver runs in a copy: what it defines anew, the source's own functions do not see.
    """
    space: dict[str, Any] = {"__name__": "variant"}
    exec(compile(source, "<submission>", "exec"), space)
    if driver:
        space = dict(space)
        exec(compile(driver, "<driver>", "exec"), space)
    return space


Outcome = dict[str, Array] | str
"""What one function gave: its quantities, or the type of what it raised."""


def run_function(
    space: Mapping[str, Any], function: Function, known: Mapping[str, Any], opaque: Sequence[str]
) -> tuple[Outcome, dict[str, Any]]:
    """One function of a trusted source on known quantities: what can be compared, and all of it."""
    import numpy as np

    if function.name not in space or any(p not in known for p in function.parameters):
        return "not run", {}
    with np.errstate(all="ignore"):
        header, out = call(
            space[function.name], function.parameters, function.returns, known, opaque
        )
    if header["kind"] != "returned":
        return str(header.get("type", header["kind"])), {}
    return {k: v for k, v in out.items() if k not in opaque}, out
