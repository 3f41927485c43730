"""The languages of the command line: one list, and one option for those who grade."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from .numbers import one_of


class Language(StrEnum):
    """The same as `gradtwin.exercises.texts.LANGUAGES` and `gradtwin.figures.LANGUAGES`."""

    es = "es"
    en = "en"


Lang = Annotated[
    Language | None,
    typer.Option(
        parser=one_of(Language), metavar="|".join(Language),
        help="Of the texts; by default that of the environment.", show_default=False,
    ),
]  # fmt: skip


def language_of(lang: Language | None) -> str:
    """The language that was asked for, or the environment's."""
    from ..exercises.texts import readers_language

    return str(lang) if lang is not None else readers_language()
