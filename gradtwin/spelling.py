"""What was meant by a name that is not there."""

from __future__ import annotations

from collections.abc import Iterable


def hint(name: str, known: Iterable[str], otherwise: str) -> str:
    """A question that names those that are spelled nearly so; where none is, `otherwise`.

    >>> hint("relux", ["relu", "elu", "softmax"], "`gradtwin list` shows all of them")
    'did you mean relu or elu?'
    >>> hint("zzz", ["relu"], "`gradtwin list` shows all of them")
    '`gradtwin list` shows all of them'
    """
    from difflib import get_close_matches  # only for an error

    near = get_close_matches(name, list(known), n=3)
    return f"did you mean {' or '.join(near)}?" if near else otherwise
