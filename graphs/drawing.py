"""A picture that can be looked at, shown in a notebook, and saved."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .accessible import accessible
from .rendering import FORMATS, render, write_atomically

if TYPE_CHECKING:
    from .graph import Graph


class Drawing:
    """A picture in DOT; `.svg`, `.png` and `.pdf` are made when they are asked for.

    dot: the DOT text. graph: what was drawn, with all values, or None (torchviz).
    descriptions: for each id a title and a sentence, for who hears the picture.

    >>> import scratch, graphs
    >>> w = scratch.tensor(2.0, requires_grad=True)
    >>> drawing = graphs.draw(w * w, names={"w": w})
    >>> drawing.dot.splitlines()[0], drawing.svg.startswith("<svg"), drawing.png[1:4]
    ('digraph graph_of_a_computation {', True, b'PNG')
    """

    def __init__(
        self,
        dot: str,
        *,
        title: str = "Computational graph",
        description: str = "",
        descriptions: Mapping[str, tuple[str, str]] | None = None,
        graph: Graph | None = None,
        placed: bool = False,
    ) -> None:
        self.dot = dot
        self.title = title
        self.description = description
        self.descriptions = dict(descriptions or {})
        self.graph = graph
        self._placed = placed

    @cached_property
    def svg(self) -> str:
        """The picture as SVG text, with a title and a description of each node."""
        plain = render(self.dot, "svg", placed=self._placed).decode()
        return accessible(plain, self.title, self.description, self.descriptions)

    @cached_property
    def png(self) -> bytes:
        """The picture as PNG, 144 dots an inch; another resolution: `save(path, dpi=...)`."""
        return self.as_bytes("png", 144)

    @cached_property
    def pdf(self) -> bytes:
        """The picture as PDF."""
        return self.as_bytes("pdf", 144)

    def save(self, path: str | Path, *, dpi: int = 144, format: str | None = None) -> Path:
        """Write the picture to a file, all of it or nothing; the path is returned.

        dpi: dots an inch of a PNG, 20 to 1200. format: "png", "svg", "pdf" or "dot"; by default
        what the path ends in.

        Raises ValueError for an unknown format or dpi, OSError where the path cannot be written.
        """
        path = Path(path)
        kind = (format or path.suffix.removeprefix(".")).lower()
        if kind not in FORMATS:
            raise ValueError(
                f"format: expected one of {', '.join(FORMATS)}, got {kind!r} ({path.name})"
            )
        if isinstance(dpi, bool) or not isinstance(dpi, int) or not 20 <= dpi <= 1200:
            raise ValueError(f"dpi: expected a whole number from 20 to 1200, got {dpi!r}")
        write_atomically(path, self.as_bytes(kind, dpi))
        return path

    def as_bytes(self, kind: str, dpi: int = 144) -> bytes:
        """The picture in one of the formats; dpi: of a PNG."""
        if kind == "dot":
            return self.dot.encode()
        if kind == "svg":
            return self.svg.encode()
        return render(self.dot, kind, dpi=dpi, placed=self._placed)

    def show(self) -> None:
        """Show the picture here: in the middle of a notebook's cell.

        Raises RuntimeError outside of a notebook, where `save` is the way.
        """
        try:
            from IPython.display import display  # type: ignore[import-not-found]
        except ImportError as error:
            raise RuntimeError(
                'show() needs a notebook (IPython); elsewhere use .save("graph.svg")'
            ) from error
        display(self)

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, Any]:
        """What a notebook asks for: SVG where it can be shown, PNG for where it cannot."""
        made: dict[str, Any] = {
            "image/svg+xml": lambda: self.svg,
            "image/png": lambda: self.png,
            "text/plain": lambda: repr(self),
        }
        wanted = set(include) if include else set(made)
        return {kind: made[kind]() for kind in made if kind in wanted - set(exclude or ())}

    def __repr__(self) -> str:
        return f"<Drawing: {self.description or self.title}>"
