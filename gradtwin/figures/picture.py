"""A picture of the lecture: its name and place, and the function that draws it from our numbers.

Matplotlib (the extra `[plots]`) is loaded when a picture is drawn, not when it is listed. The same
call gives the same bytes: no dates, no random names, and none of the user's own settings.
"""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from graphs.rendering import write_atomically

from .page import LANGUAGES, Page
from .style import slide_style

if TYPE_CHECKING:
    from matplotlib.figure import Figure

# What each format would write of its own accord: the date, and the version of Matplotlib.
METADATA: dict[str, dict[str, None]] = {
    "png": {"Software": None},
    "svg": {"Date": None, "Creator": None},
    "pdf": {"CreationDate": None, "Creator": None, "Producer": None},
}
FORMATS = tuple(METADATA)


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture of the lecture, drawn from what `scratch` computes.

    Args:
        name: in snake_case, also the name of its file.
        es, en: its title in the lecture's language and in English.
        section: the lecture's heading under which it stands, as printed.
        paint: draws it on a page.
    """

    name: str
    es: str
    en: str
    section: str
    paint: Callable[[Page], None] = field(repr=False)

    def title(self, lang: str = "es") -> str:
        """The title in "es" or "en"."""
        return self.es if lang == "es" else self.en

    def draw(self, lang: str = "es") -> Figure:
        """The picture as a Matplotlib figure of 1280 x 720 points, of no window and no pyplot.

        lang: "es" or "en".

        Raises ValueError for another lang, MissingExtraError without Matplotlib.
        """
        if lang not in LANGUAGES:
            raise ValueError(f"lang: expected {' or '.join(LANGUAGES)}, got {lang!r}")
        with slide_style():
            page = Page(lang)
            page.head(self.title(lang), self.section)
            self.paint(page)
            return page.figure

    def render(self, format: str = "png", lang: str = "es") -> bytes:
        """The picture as the bytes of a file; twice the same.

        format: "png", "svg" or "pdf"; lang: "es" or "en".

        Raises ValueError for others, MissingExtraError without Matplotlib.
        """
        if format not in FORMATS:
            raise ValueError(f"format: expected one of {', '.join(FORMATS)}, got {format!r}")
        figure = self.draw(lang)
        content = io.BytesIO()
        with slide_style():
            figure.savefig(content, format=format, metadata=METADATA[format])
        return content.getvalue()

    def save(self, directory: str | Path, format: str = "png", lang: str = "es") -> Path:
        """Write DIRECTORY/name.format, all of it or nothing; a file of that name is replaced.

        directory: a folder that exists; format: "png", "svg" or "pdf"; lang: "es" or "en".

        Raises OSError where it cannot be written, and what `render` raises.
        """
        path = Path(directory) / f"{self.name}.{format}"
        write_atomically(path, self.render(format, lang))
        return path


def picture(*, es: str, en: str, section: str) -> Callable[[Callable[[Page], None]], Picture]:
    """The decorated function, of a page, as the `Picture` of its name.

    >>> @picture(es="Nada", en="Nothing", section="-")
    ... def nothing(page):
    ...     page.axes()
    >>> nothing.name, nothing.title("en")
    ('nothing', 'Nothing')
    """

    def register(paint: Callable[[Page], None]) -> Picture:
        return Picture(paint.__name__, es, en, section, paint)

    return register
