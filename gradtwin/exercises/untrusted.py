"""Text that came out of a submission, made fit for a terminal, a page and a file.

An exception's message may hold anything: sequences that rewrite a terminal, characters that turn
the direction of reading round, halves of characters that no file can be written with.
"""

from __future__ import annotations

import unicodedata
from typing import Any

REPLACEMENT = "\N{REPLACEMENT CHARACTER}"
_KEPT = "\n\t"
_UNFIT = {"Cc", "Cs", "Cn", "Co"}
_TURNING = {"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"}


def clean(text: Any, most: int = 500) -> str:
    r"""The first characters of a text, with none that does more than stand there.

    >>> clean("caf\u00e9 \x1b[2J \ud800 \u202e")
    'café �[2J � �'
    """
    return "".join(c if _fit(c) else REPLACEMENT for c in str(text)[:most].replace("\r\n", "\n"))


def _fit(c: str) -> bool:
    if c.isascii():
        return c.isprintable() or c in _KEPT
    return unicodedata.category(c) not in _UNFIT and unicodedata.bidirectional(c) not in _TURNING
