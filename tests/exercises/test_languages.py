"""Every text that a student or a teacher reads is there in English and in Spanish."""

from __future__ import annotations

import ast
import io
import re
from pathlib import Path
from string import Formatter

import pytest
from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

import gradtwin.exercises
from gradtwin.exercises.library import NAMES, find
from gradtwin.exercises.probes import standard
from gradtwin.exercises.texts import LOCALE, say, words_of

SOURCE = Path(gradtwin.exercises.__file__).parent
CATALOGUE = LOCALE / "es" / "LC_MESSAGES" / "gradtwin.po"
MARKED = {
    message
    for _, _, message, _, _ in extract_from_dir(
        str(SOURCE), [("**.py", "python")], keywords={"N_": None, "say": (2,)}
    )
    if message
}


@pytest.fixture(scope="module")
def spanish() -> Catalog:
    with CATALOGUE.open("rb") as file:
        return read_po(file, locale="es")


def placeholders(text: str) -> set[str | None]:
    return {name for _, name, _, _ in Formatter().parse(text) if name is not None}


def test_there_are_texts_to_translate():
    assert len(MARKED) > 150
    assert "{name} is transposed" in MARKED


def test_no_text_hides_from_the_extraction():
    """Before Python 3.12 Babel does not look into f-strings: what is marked there is not found."""
    called = {
        node.args[0].value
        for path in SOURCE.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "N_"
        and isinstance(node.args[0], ast.Constant)
    }
    assert called - MARKED == set()


def test_every_text_of_the_grader_has_its_spanish_and_no_other(spanish):
    translated = {m.id: m.string for m in spanish if m.id}
    assert MARKED - translated.keys() == set(), "run `make translations`, then translate"
    assert translated.keys() - MARKED == set(), "no longer used: run `make translations`"
    assert [i for i, text in translated.items() if not text] == []
    assert [m.id for m in spanish if m.id and m.fuzzy] == []


def test_a_translation_names_what_the_text_names(spanish):
    wrong = {m.id: m.string for m in spanish if placeholders(m.id) != placeholders(m.string)}
    assert wrong == {}


def test_a_translation_is_a_translation(spanish):
    """Only what is the same in both languages stays as it is."""
    same = {m.id for m in spanish if m.id and m.id == m.string}
    assert same == {"NaN", "{type}: {message}", "{function}: {reason}"}


def test_the_compiled_catalogue_is_that_of_the_text(spanish):
    compiled = io.BytesIO()
    write_mo(compiled, spanish)
    assert CATALOGUE.with_suffix(".mo").read_bytes() == compiled.getvalue(), "make translations"
    said = say("es", "{name} is transposed", name="dW")
    assert said == "dW es la transpuesta de lo que se espera"


@pytest.mark.parametrize("name", NAMES)
def test_what_is_special_about_an_input_is_said_in_spanish(name):
    """Besides what is a formula in any language: `x = 800`."""
    for probe in standard(find(name)):
        if probe.diagnostic and "=" not in probe.label:
            assert say("es", probe.label) != probe.label


def test_an_error_on_the_command_line_is_said_in_spanish():
    with pytest.raises(ValueError, match="no exercise 'sofmax'; did you mean softmax") as caught:
        find("sofmax")
    spanish = "no hay ningún ejercicio 'sofmax'; ¿querías decir softmax?"
    assert words_of(caught.value, "es") == spanish
    assert words_of(ValueError("of numpy"), "es") == "of numpy"


@pytest.mark.parametrize("name", NAMES)
def test_every_text_of_an_exercise_is_in_both_languages(name):
    exercise = find(name)
    texts = [exercise.title, exercise.statement]
    texts += [{"en": m.en, "es": m.es} for m in (*exercise.mistakes, *exercise.conventions)]
    for text in texts:
        assert set(text) >= {"en", "es"}, text
        assert all(part.strip() for part in text.values())
    assert exercise.statement["en"] != exercise.statement["es"]
    assert all(m.en != m.es for m in exercise.mistakes)


ENGLISH = re.compile(r"(?<![.\w])(the|which|is not|where|gives|should|wrong)\b", re.IGNORECASE)


@pytest.mark.parametrize("name", NAMES)
def test_no_english_is_left_in_the_spanish(name):
    exercise = find(name)
    spanish = [exercise.statement["es"], *(m.es for m in exercise.mistakes)]
    assert [text for text in spanish if ENGLISH.search(text)] == []
