"""Texts in the reader's language: English message ids, other languages by gettext.

A reason is kept as its id and its values (`Message`) and put into words only for a reader: so a
stored result can be shown in any language. What belongs to one exercise (statement, mistakes)
stands beside it as {"en": ..., "es": ...}: `pick`.
"""

from __future__ import annotations

import gettext
import os
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

LANGUAGES = ("es", "en")
DOMAIN = "gradtwin"
LOCALE = Path(__file__).parent / "locale"

Text = str | Mapping[str, str]
E = TypeVar("E", bound=Exception)


def N_(message: str) -> str:  # noqa: N802  # gettext's own name for it
    """Marks a message id for the catalogue, and returns it as it is."""
    return message


def check_language(lang: str) -> str:
    """`lang`, if there are texts in it.

    Raises:
        ValueError: any other language.
    """
    if lang not in LANGUAGES:
        raise ValueError(f"lang: expected one of {', '.join(LANGUAGES)}, got {lang!r}")
    return lang


def readers_language() -> str:
    """The language of the reader's environment where there are texts in it, else English."""
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        if asked := os.environ.get(name, ""):
            return asked[:2].lower() if asked[:2].lower() in LANGUAGES else "en"
    return "en"


@lru_cache
def catalogue(lang: str) -> gettext.NullTranslations:
    """The translations into a language; English, and a missing catalogue, give the ids back."""
    return gettext.translation(DOMAIN, LOCALE, languages=[check_language(lang)], fallback=True)


def say(lang: str, message: str, /, **values: Any) -> str:
    """A message id in words.

    >>> say("en", "{name} is missing", name="sigmoid")
    'sigmoid is missing'
    """
    template = catalogue(lang).gettext(message) if message else ""
    return template.format_map(_Values(values)) if values else template


class _Values(dict[str, Any]):
    """Values for a template; one that a translation invents stays visible instead of failing."""

    def __missing__(self, key: str) -> str:
        return "{" + key + "}"


class Message(NamedTuple):
    """A reason: what is said (`id`, English) and of what (`values`: plain values for JSON).

    >>> Message("{name} is missing", {"name": "sigmoid"}).say("en")
    'sigmoid is missing'
    """

    id: str
    values: Mapping[str, Any] = {}

    def say(self, lang: str) -> str:
        """In words. A value that is itself a message is put into words first."""
        return say(lang, self.id, **{k: _in_words(v, lang) for k, v in self.values.items()})

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return {
            "id": self.id,
            "with": {
                k: v.to_dict() if isinstance(v, Message) else v for k, v in self.values.items()
            },
        }

    @classmethod
    def from_dict(cls, plain: Mapping[str, Any]) -> Message:
        """What `to_dict` gave."""
        return cls(
            plain["id"],
            {
                k: cls.from_dict(v) if isinstance(v, dict) and set(v) == {"id", "with"} else v
                for k, v in plain["with"].items()
            },
        )


def fault(kind: type[E], message: str, /, **values: Any) -> E:
    """An error to raise, in English, that `words_of` can say in another language.

    >>> words_of(fault(ValueError, "no such file: {path}", path="a.py"), "es")
    'no existe el fichero a.py'
    """
    said = Message(message, values)
    error = kind(said.say("en"))
    error.said = said  # type: ignore[attr-defined]
    return error


def words_of(error: Exception, lang: str) -> str:
    """What an error says, in a language where it is a `fault`."""
    said = getattr(error, "said", None)
    return said.say(lang) if isinstance(said, Message) else str(error)


def _in_words(value: Any, lang: str) -> Any:
    return value.say(lang) if isinstance(value, Message) else value


def pick(text: Text, lang: str) -> str:
    """A text of an exercise in a language, or in the one that it has.

    >>> pick({"en": "Sigmoid", "es": "Sigmoide"}, "es"), pick("Sigmoid", "es")
    ('Sigmoide', 'Sigmoid')
    """
    if isinstance(text, str):
        return text
    return text.get(lang) or next(iter(text.values()), "")
