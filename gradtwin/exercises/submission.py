"""A student's file -> source texts, or the reason why there are none. Nothing of it runs here."""

from __future__ import annotations

import tokenize
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path

from .texts import N_, Message

LARGEST_SOURCE = 2**18
"""Bytes of one file: a solution has some 2,000."""

_NO_TEXTS = ("punycode", "idna")
"""Encodings of host names: a quarter of a megabyte in one of them takes a minute to read."""

LARGEST_NOTEBOOK = 2**25
"""Bytes of a notebook, which holds pictures too."""


@dataclass(frozen=True, slots=True)
class Submission:
    """The code of one exercise.

    Args:
        cells: source texts in order: one for a `.py`, several for a notebook.
        siblings: the other modules of the same student, name -> source.
        path: where it came from, None for code that was never in a file.
        problem: why there is nothing to run.
        notes: what is worth saying of how it was read.
    """

    cells: Sequence[str] = ()
    siblings: Mapping[str, str] = field(default_factory=dict)
    path: Path | None = None
    problem: Message | None = None
    notes: Sequence[Message] = ()


def read_submission(path: Path, siblings: Mapping[str, str] | None = None) -> Submission:
    """A `.py` or `.ipynb` file as a submission; what is wrong with it is its `problem`."""
    notebook = path.suffix.lower() == ".ipynb"
    try:
        most = LARGEST_NOTEBOOK if notebook else LARGEST_SOURCE
        raw = path.read_bytes() if path.stat().st_size <= most else None
    except OSError as error:
        return Submission(path=path, problem=Message(N_("the file cannot be read: {why}"),
                                                     {"why": error.strerror or ""}))
    if raw is None:
        return Submission(path=path, problem=Message(
            N_("the file has {kilobytes} KB, more than a solution ever needs"),
            {"kilobytes": path.stat().st_size >> 10}))
    if notebook:
        from .notebook import read_notebook

        return read_notebook(raw, path, siblings or {})
    source, note = decoded(raw)
    if source is None:
        return Submission(path=path, problem=note)
    return Submission([source], siblings or {}, path, notes=[note] if note else [])


def decoded(raw: bytes) -> tuple[str | None, Message | None]:
    """Python source as text: in its declared encoding, else UTF-8, else what Windows writes.

    >>> decoded("año = 1".encode("cp1252"))[0]
    'año = 1'
    """
    if raw[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return raw.decode("utf-16", errors="replace"), None
    if b"\0" in raw:
        return None, Message(N_("the file is no text: Python source is expected"))
    try:
        encoding, _ = tokenize.detect_encoding(BytesIO(raw).readline)
        if encoding in _NO_TEXTS:
            raise LookupError(encoding)
        return raw.decode(encoding), None
    except (SyntaxError, UnicodeDecodeError, LookupError):
        return raw.decode("cp1252", errors="replace"), Message(
            N_("the file is not in UTF-8: it was read as Windows-1252"))


def is_ones_own(path: Path, folder: Path) -> bool:
    """A file, and none that a link brings in from outside the folder: from somebody else."""
    if not path.is_file():
        return False
    return not path.is_symlink() or path.resolve().is_relative_to(folder.resolve())


def sibling_sources(folder: Path, names: Sequence[str]) -> dict[str, str]:
    """The other small modules of a folder, which a submission may import (`names`: not these)."""
    found: dict[str, str] = {}
    total = 0
    for path in sorted(folder.glob("*.py"))[:100]:
        if path.stem in names or not path.stem.isidentifier() or not is_ones_own(path, folder):
            continue
        raw = path.read_bytes() if path.stat().st_size <= LARGEST_SOURCE else b""
        total += len(raw)
        source = decoded(raw)[0]
        if source and total <= LARGEST_SOURCE:
            found[path.stem] = source
    return found
