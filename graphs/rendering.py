"""From DOT to PNG, SVG and PDF, in this process, with what pip installs.

pygraphviz 2 brings Graphviz with it, so no `dot` program is needed. Layout and drawing happen in
one call: `layout()` followed by `draw()` crashes the interpreter. Graphviz talks about fonts on
the file descriptor of stderr; that is caught, and what is no talk of fonts becomes a warning.
"""

from __future__ import annotations

import os
import re
import sys
import tempfile
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

FORMATS = ("png", "svg", "pdf", "dot")
TALK = re.compile(r"font|non-Latin1|layout may take a long time|too small for label", re.IGNORECASE)
BITMAP = re.compile(r"too large for cairo-renderer bitmaps")
one_at_a_time = threading.Lock()  # Graphviz, and the descriptor of stderr, are the process's own


def render(dot: str, format: str, *, dpi: int = 144, placed: bool = False) -> bytes:
    """The picture as bytes; format "png", "svg" or "pdf".

    dpi: dots an inch, of a PNG. placed: the vertices bring their positions with them.

    Raises ValueError for DOT that Graphviz cannot read.
    """
    import pygraphviz  # type: ignore[import-untyped]

    arguments = f"-Gdpi={dpi}" if format == "png" else ""
    with one_at_a_time, tempfile.TemporaryDirectory() as directory:
        path = Path(directory) / f"picture.{format}"
        with quiet_stderr():
            try:
                pygraphviz.AGraph(string=dot).draw(
                    str(path), format=format, prog="nop" if placed else "dot", args=arguments
                )
            except (ValueError, OSError) as error:
                raise ValueError(f"Graphviz cannot draw this: {error}") from error
        return path.read_bytes()


@contextmanager
def quiet_stderr() -> Iterator[None]:
    """Catch what a C library writes to stderr; what is not about fonts becomes a warning."""
    try:
        sys.stderr.flush()
        saved = os.dup(2)
    except (OSError, ValueError, AttributeError):  # a process without stderr has nothing to hide
        yield
        return
    with tempfile.TemporaryFile() as caught:
        os.dup2(caught.fileno(), 2)
        try:
            yield
        finally:
            sys.stderr.flush()
            os.dup2(saved, 2)
            os.close(saved)
        caught.seek(0)
        said = caught.read().decode(errors="replace").splitlines()
    for line in said:
        if BITMAP.search(line):
            warnings.warn(
                "the picture is larger than a bitmap can be and was scaled down: save it as "
                ".svg or .pdf, or fold it with collapse=",
                stacklevel=4,
            )
        elif line.strip() and not TALK.search(line):
            warnings.warn(f"Graphviz: {line.strip()}", stacklevel=4)


def write_atomically(path: Path, content: bytes) -> None:
    """All of the file or none of it: written beside it, then moved into its place.

    Raises OSError that names the path where it cannot be written.
    """
    directory = path.parent if str(path.parent) else Path(".")
    if not directory.is_dir():
        raise FileNotFoundError(f"{path}: the folder {directory} does not exist")
    if path.is_dir():
        raise IsADirectoryError(f"{path} is a folder: name a file in it")
    try:
        descriptor, beside = tempfile.mkstemp(dir=directory, prefix=f".{path.name}.")
    except OSError as error:
        raise type(error)(f"{path}: cannot write into {directory}: {error.strerror}") from error
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
        os.chmod(beside, 0o666 & ~current_umask())
        os.replace(beside, path)
    except BaseException:
        Path(beside).unlink(missing_ok=True)
        raise


def current_umask() -> int:
    """The rights that a new file does not get; there is no way to ask without setting it."""
    mask = os.umask(0)
    os.umask(mask)
    return mask
