"""The gallery: every concept that has a graph, in both wings, as PNG and as DOT, with an index.

`graphs/gallery/` is written by `gradtwin render --all`; a test makes each DOT again and compares.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from io import BytesIO
from itertools import groupby
from pathlib import Path
from typing import Any

import graphs
from graphs.rendering import write_atomically

from ..concepts import Concept, concepts
from ..datasets import MissingExtraError
from .computed import NoGraphError
from .picture import aligned, lecture, neurons, steps, torchviz

FOLDER = "graphs/gallery"
DPI = 72
COLOURS = 128
"""Of a PNG: lines and flat areas need few, and take a fourth of the room then."""

ANIMATED = ("linear_regression",)
KINDS = {
    "scratch": "scratch",
    "torch": "PyTorch",
    "both": "side by side",
    "torchviz": "torchviz",
    "neurons": "neurons",
    "steps": "step by step",
}
"""A folder each, and what it is called."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One picture of the gallery; `make` draws it.

    kind: of `KINDS`.
    """

    concept: Concept
    kind: str
    make: Callable[[], graphs.Drawing | graphs.Steps]

    @property
    def path(self) -> Path:
        """Of the picture, in the gallery."""
        suffix = "svg" if self.kind == "steps" else "png"
        return Path(self.kind) / f"{self.concept.name}.{suffix}"

    def save(self, folder: Path) -> list[Path]:
        """Write the picture, and its DOT beside it; the paths are returned."""
        made = self.make()
        path = folder / self.path
        path.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(made, graphs.Steps):
            return made.save(path)
        write_atomically(path, few_colours(made.as_bytes("png", DPI)))
        return [path, made.save(path.with_suffix(".dot"))]


def entries(chosen: Any = None) -> Iterator[Entry]:
    """The pictures of the gallery, in the lecture's order; of these concepts only, if given.

    A graph of one operation has no side-by-side picture: there is nothing to compare.

    >>> from gradtwin.concepts import find
    >>> [str(entry.path) for entry in entries([find("relu")])]
    ['scratch/relu.png', 'torch/relu.png']
    """
    for concept in concepts() if chosen is None else chosen:
        try:
            both = aligned(concept, learn=True)
        except NoGraphError:
            continue
        for side in ("scratch", "torch"):
            yield Entry(concept, side, partial(lecture, concept, side, legend=False))
        if any(len(list(g.of_kind("operation"))) > 1 for g in (both.ours, both.theirs)):
            yield Entry(concept, "both", partial(both.draw, title=concept.title))
            yield Entry(concept, "torchviz", partial(torchviz, concept))
        try:
            neurons(concept, values=False)
        except NoGraphError:
            pass
        else:
            yield Entry(concept, "neurons", partial(neurons, concept))
        if concept.name in ANIMATED:
            yield Entry(concept, "steps", partial(steps, concept))


def few_colours(png: bytes) -> bytes:
    """The same picture with `COLOURS` colours.

    MissingExtraError: without Pillow.
    """
    try:
        from PIL import Image
    except ImportError:
        raise MissingExtraError(
            "the gallery's pictures need Pillow: pip install gradtwin[plots]"
        ) from None
    image = Image.open(BytesIO(png)).convert("RGB")
    small = BytesIO()
    image.quantize(COLOURS, dither=Image.Dither.NONE).save(small, "png", optimize=True)
    return small.getvalue()


HEAD = """# Gallery

Every concept of the lecture that has a computational graph, drawn from what each wing has
computed, by `gradtwin render --all`. Beside each picture stands its DOT; a test makes each again
and compares.

- Yellow: an input. Violet: what is learned, with its `.grad`; dashed where it stands there again.
  Blue: an operation. Green: the output.
- On an edge: the value on its way forward, and below it in red, after ∂, the gradient on its way
  back; where the output is not one number, that of the sum of its entries. No gradient flows along
  a dashed edge.
- The lecture's numbers, where it has some.
- Side by side, twins have one colour.
"""


def index(made: list[Entry]) -> str:
    """The page with all pictures, by section of the lecture."""
    lines = [HEAD]
    for section, of_section in groupby(made, key=lambda entry: entry.concept.section):
        lines += [f"## {section}", ""]
        by_concept = [
            (concept, {each.kind: each for each in group})
            for concept, group in groupby(of_section, key=lambda entry: entry.concept)
        ]
        for large, group in groupby(by_concept, key=lambda pair: len(pair[1]) > 2):
            write = large_ones if large else small_ones
            lines += write(list(group))
    return "\n".join(lines).rstrip() + "\n"


Kinds = dict[str, Entry]


def small_ones(rows: list[tuple[Concept, Kinds]]) -> list[str]:
    """A row each, with a picture of each wing."""
    lines = ["| | scratch | PyTorch |", "|---|---|---|"]
    for concept, kinds in rows:
        cells = [shown(kinds[kind]) for kind in ("scratch", "torch")]
        lines.append(f"| `{concept.name}` | {cells[0]} | {cells[1]} |")
    return [*lines, ""]


def large_ones(rows: list[tuple[Concept, Kinds]]) -> list[str]:
    """A heading each, and its pictures below each other; some of them as links."""
    lines = []
    for concept, kinds in rows:
        lines += [f"### {concept.title}", "", f"`{concept.name}`: `{concept.formula}`", ""]
        for kind in ("steps", "scratch", "torch", "neurons"):
            if kind in kinds:
                lines += [f"{KINDS[kind]}:", "", shown(kinds[kind]), ""]
        linked = [(KINDS[k], kinds[k].path) for k in ("both", "torchviz") if k in kinds]
        links = [f"[{what}]({path.as_posix()})" for what, path in linked]
        if links:
            lines += [f"Also: {', '.join(links)}", ""]
    return lines


def shown(entry: Entry) -> str:
    """The picture on a page, with words for whoever does not see it."""
    words = f"{entry.concept.en}, {KINDS[entry.kind]}"
    return f"![{words}]({entry.path.as_posix()})"
