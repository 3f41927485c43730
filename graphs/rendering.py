"""From DOT to PNG, SVG and PDF, in this process, with what pip installs.

pygraphviz 2 brings Graphviz with it, so no `dot` program is needed. Layout and drawing happen in
one call: `layout()` followed by `draw()` crashes the interpreter, and so may a layout of 5,000
vertices: large graphs are laid out in a process of their own. Graphviz talks about fonts on the
file descriptor of stderr; that is caught, and what is no talk of fonts becomes a warning.
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
IN_THIS_PROCESS_UP_TO = 400  # labels
SECONDS = 300
one_at_a_time = threading.Lock()  # Graphviz, and the descriptor of stderr, are the process's own


def render(dot: str, format: str, *, dpi: int = 144, placed: bool = False) -> bytes:
    """The picture as bytes; format "png", "svg" or "pdf".

    dpi: dots an inch, of a PNG. placed: the vertices bring their positions with them.

    Raises ValueError for DOT that Graphviz cannot read, RuntimeError where a large layout fails.
    """
    order = (format, "nop2" if placed else "dot", f"-Gdpi={dpi}" if format == "png" else "")
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory) / f"picture.{format}"
        if dot.count("label=") > IN_THIS_PROCESS_UP_TO:
            said = lay_out_in_child(dot, str(path), order)
        else:
            with one_at_a_time, caught_stderr() as said:
                lay_out(dot, str(path), *order)
        pass_on(said)
        return path.read_bytes()


def lay_out(dot: str, path: str, format: str, program: str, arguments: str) -> None:
    """Graphviz's work, in one call."""
    import pygraphviz  # type: ignore[import-untyped]

    try:
        graph = pygraphviz.AGraph(string=dot)
        graph.draw(path, format=format, prog=program, args=arguments)
    except (ValueError, OSError) as error:
        raise ValueError(f"Graphviz cannot draw this: {error}") from error


# Graphviz crashes now and then when it frees a large layout (gvFreeLayout, after the picture was
# written): the child does not free, it ends.
CHILD = """
import os, sys, pygraphviz
pygraphviz.graphviz.gvFreeLayout = pygraphviz.graphviz.gvFreeContext = lambda *layout: None
path, format, program, arguments = sys.argv[1:]
graph = pygraphviz.AGraph(string=sys.stdin.buffer.read().decode())
graph.draw(path, format=format, prog=program, args=arguments)
sys.stderr.flush()
os._exit(0)
"""


def lay_out_in_child(dot: str, path: str, order: tuple[str, str, str]) -> list[str]:
    """The same in a process of its own, so that a crash or an endless layout ends only that one."""
    import subprocess

    known = os.pathsep.join(each for each in sys.path if each)
    try:
        done = subprocess.run(
            [sys.executable, "-c", CHILD, path, *order],
            input=dot.encode(), capture_output=True, timeout=SECONDS,
            env={**os.environ, "PYTHONPATH": known},
        )  # fmt: skip
    except subprocess.TimeoutExpired as error:
        raise RuntimeError(
            f"the layout takes more than {SECONDS} s: fold the graph with collapse=, or show a "
            "part of it with between="
        ) from error
    said = done.stderr.decode(errors="replace").splitlines()
    if done.returncode != 0:
        raise RuntimeError(
            f"Graphviz failed on this graph of {dot.count('label='):,} labels (exit status "
            f"{done.returncode}): fold it with collapse=, or show a part of it with between="
        )
    return said


@contextmanager
def caught_stderr() -> Iterator[list[str]]:
    """What a C library writes to the descriptor of stderr, as a list of lines at the end."""
    said: list[str] = []
    try:
        sys.stderr.flush()
        saved = os.dup(2)
    except (OSError, ValueError, AttributeError):  # a process without stderr has nothing to hide
        yield said
        return
    with tempfile.TemporaryFile() as caught:
        os.dup2(caught.fileno(), 2)
        try:
            yield said
        finally:
            sys.stderr.flush()
            os.dup2(saved, 2)
            os.close(saved)
        caught.seek(0)
        said += caught.read().decode(errors="replace").splitlines()


def pass_on(said: list[str]) -> None:
    """What is not about fonts becomes a warning, once."""
    for line in dict.fromkeys(said):
        if BITMAP.search(line):
            warnings.warn(
                "the picture is larger than a bitmap can be and was scaled down: save it as "
                ".svg or .pdf, or fold it with collapse=",
                stacklevel=4,
            )
        elif line.strip() and not TALK.search(line):
            warnings.warn(f"Graphviz: {line.strip()}", stacklevel=4)


def check_place(path: Path) -> None:
    """Raise OSError, before any work is done, where no file can be at this path."""
    directory = path.resolve().parent
    if not directory.is_dir():
        raise FileNotFoundError(f"{path}: the folder {directory} does not exist")
    if path.is_dir():
        raise IsADirectoryError(f"{path} is a folder: name a file in it")


def write_atomically(path: Path, content: bytes) -> None:
    """All of the file or none of it: written beside it, then moved into its place.

    Raises OSError that names the path where it cannot be written.
    """
    check_place(path)
    target = path.resolve()  # a link stays a link
    directory = target.parent
    if target.exists() and not target.is_file():  # a device, a pipe: it must not be replaced
        target.write_bytes(content)
        return
    try:
        descriptor, beside = tempfile.mkstemp(dir=directory, prefix=f".{path.name}.")
    except OSError as error:
        raise type(error)(f"{path}: cannot write into {directory}: {error.strerror}") from error
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
        os.chmod(beside, 0o666 & ~current_umask())
        os.replace(beside, target)
    except BaseException:
        Path(beside).unlink(missing_ok=True)
        raise


def current_umask() -> int:
    """The rights that a new file does not get; there is no way to ask without setting it."""
    mask = os.umask(0)
    os.umask(mask)
    return mask
