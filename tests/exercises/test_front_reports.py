"""Reports: the same facts as text, page, JSON and CSV; nothing hidden shows through."""

from __future__ import annotations

import csv
import json
import re
import sys
from html.parser import HTMLParser
from itertools import pairwise

import numpy as np
import pytest
from close import assert_close

from gradtwin.exercises import check
from gradtwin.exercises.library import find
from gradtwin.exercises.reports import Graded, Report
from gradtwin.exercises.reports.page import DARK, LIGHT, PAIRS
from gradtwin.exercises.reports.table import written
from gradtwin.exercises.reports.text import fit, text
from gradtwin.exercises.reports.view import assignment, code, value_text
from gradtwin.exercises.result import Criterion, Diagnosis, Result, Smallest
from gradtwin.exercises.texts import Message
from gradtwin.exercises.trusted import grade_source
from gradtwin.exercises.variants import patched


def relu(z):
    return np.maximum(z, 0)


def doubled(g, z):
    return 2.5 * g * (z > 0)


@pytest.fixture(scope="module")
def shown() -> Report:
    return check("relu", relu, doubled, lang="en")


@pytest.fixture(scope="module")
def hidden() -> Report:
    return check("relu", relu, doubled, lang="en", hide_expected=True)


class Page(HTMLParser):
    """The elements of a page, in order, each with its attributes and the text in it."""

    def __init__(self, source: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[str] = []
        self.feed(source)

    def handle_starttag(self, tag, attributes):
        self.elements.append((tag, dict(attributes)))

    def handle_data(self, data):
        self.texts.append(data)

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.elements if name == tag]


def nasty() -> Report:
    """Everything that a submission may say, where it is shown, as markup and as a formula."""
    evil = "<script>alert('x')</script>"
    reason = Message("{function} raised {type}: {message}",
                     {"function": "relu", "type": "E", "message": evil})
    result = Result(
        "relu",
        [Criterion("a", "value", 0, 2, reason, first_wrong=True), Criterion("dz", "value", 2, 2)],
        [Diagnosis("mistake", ["x"], [evil], "relu")],
        Smallest({"z": [[1.0]]}, "a", reason=reason), [Message("{a}", {"a": evil})], evil * 2)
    return Report([Graded(find("relu"), result), Graded(find("sigmoid"), Result("sigmoid"))])


# ---- text ------------------------------------------------------------------------------------


def test_the_mistake_comes_before_the_points(shown):
    lines = str(shown).splitlines()
    wanted = ["PARTLY RIGHT, 5 of 8 points", "First wrong: dz, the gradient with respect to z",
              "The smallest input found", "0 / 2  dz"]
    places = [next(i for i, line in enumerate(lines) if words in line) for words in wanted]
    assert places == sorted(places)


def test_what_came_and_what_was_expected_stand_together(shown):
    assert re.search(r"entry +dz\[0, 0\]\n +came +2\.5\n +expected +1\n", str(shown))


@pytest.mark.parametrize(
    ("as_what", "expected"),
    [
        (str, r"expected +1\n"),
        (lambda r: json.dumps(r.to_dict()), r'"expected": 1'),
        (Report.html, r"<dt>expected</dt><dd>1</dd>"),
        (Report._repr_html_, r"<dt>expected</dt><dd>1</dd>"),
        (Report.csv, "is 2.5 times what it should be"),
    ],
)
def test_hidden_expectations_show_nowhere(shown, hidden, as_what, expected):
    assert re.search(expected, as_what(shown))
    assert not re.search(expected, as_what(hidden))
    said = " ".join(as_what(hidden).split())
    assert "2.5 times" in as_what(shown)
    assert "2.5 times" not in said
    assert "constant multiple" in said


def test_hidden_expectations_leave_what_came(hidden):
    smallest = hidden.to_dict()["exercises"][0]["smallest"]
    assert (smallest["came"], smallest["expected"]) == (2.5, None)
    assert "ratio" not in json.dumps(hidden.to_dict())


def test_an_accent_is_dropped_before_a_letter_is_lost():
    assert fit("la función", "ascii") == "la funcion"
    assert fit("la función", "cp1252") == "la función"
    assert fit("\N{SNOWMAN}", "cp1252") == "?"


def test_twins_pairs_and_conventions_are_told_apart():
    def told(kind: str, names: list[str], together: bool = False) -> str:
        result = Result("relu", [Criterion("a", "value", 0, 2)],
                        [Diagnosis(kind, names, names, "relu", together)])
        return text(Report([Graded(find("relu"), result)]))

    assert "A known mistake in relu" in told("mistake", ["x"])
    assert "no input tells them apart" in told("mistake", ["x", "y"])
    assert "Two mistakes at once" in told("mistake", ["x", "y"], together=True)
    assert "accepted" in told("accepted", ["x"])
    assert "Right under another convention" in told("convention", ["x"])


def test_a_slip_beside_a_convention_is_one_mistake():
    e = find("k_layers")
    slip = next(m for m in e.mistakes if m.name == "biases_left_out")
    (convention,) = e.conventions
    result = grade_source(e, patched(e.right[0], {**slip.swap, **convention.swap}))
    assert [d.names for d in result.diagnoses] == [[slip.name, convention.name]]
    report = text(Report([Graded(e, result)], lang="en"))
    assert "A mistake and another convention at once in forward:" in report
    assert "mistakes at once" not in report


def test_what_could_not_be_run_is_said():
    result = Result("relu", [Criterion("a", "value", 2, 2)], complete=False)
    report = Report([Graded(find("relu"), result)], asked=3, lang="en")
    assert not report.ok
    assert "1 of 3 exercises were found and graded" in str(report)
    assert "Not everything could be run in relu." in " ".join(str(report).split())


# ---- code to paste ---------------------------------------------------------------------------


def test_code_calls_what_the_wrong_quantity_needs():
    inputs = {n: [[1.0]] for n in ("X", "T", "W1", "W2")} | {"b1": [0.0], "b2": [0.0]}
    lines = code(find("two_layer_net"), Smallest(inputs, "dz1"), "net", {}).splitlines()
    assert lines[1] == "from net import forward, backward"
    assert lines[-3:] == [
        "z1, a1, z2, loss = forward(X, T, W1, b1, W2, b2)",
        "dz2, dW2, db2, dz1, dW1, db1 = backward(X, T, W2, z1, a1, z2)",
        "print(dz1)",
    ]
    first = code(find("two_layer_net"), Smallest(inputs, "z1"), "net", {})
    assert "backward" not in first


@pytest.mark.parametrize(
    "value", [1.5, [1, 2], [[0.1, -2.0]], ["nan", "-inf", 1.0], [[1 / 3] * 9] * 4, [1 / 3] * 40]
)
def test_an_array_is_pasted_as_it_is(value):
    source = assignment("z", value)
    assert max(map(len, source.splitlines())) < 100
    space: dict[str, object] = {"np": np}
    exec(source, space)
    expected = np.array(value, dtype=float if "nan" in np.ravel(value).tolist() else None)
    np.testing.assert_array_equal(space["z"], expected)
    assert np.asarray(space["z"]).dtype == expected.dtype


def test_numbers_have_as_many_digits_as_tell_them_apart():
    assert value_text(1.0000000001, 1.0) == "1.0000000001"
    assert value_text(2.0, 1.0) == "2"
    assert value_text("inf", 1.0) == "inf"
    assert value_text([[0.5, "nan"]]) == "[[0.5, nan]]"


# ---- HTML ------------------------------------------------------------------------------------


def test_a_page_says_its_language_and_loads_nothing():
    page = Page(nasty().html())
    assert page.all("html")[0]["lang"] == "en"
    assert Page(check("relu", relu, doubled, lang="es").html()).all("html")[0]["lang"] == "es"
    assert any(m.get("name") == "viewport" for m in page.all("meta"))
    assert not [tag for tag, a in page.elements if tag in ("script", "link", "img", "iframe")
                or "src" in a]
    assert all(a["href"].startswith("#") for a in page.all("a"))


def test_headings_are_in_order_and_begin_with_one_h1():
    levels = [int(tag[1]) for tag, _ in Page(nasty().html()).elements if re.fullmatch(r"h\d", tag)]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(b - a <= 1 for a, b in pairwise(levels))


def test_tables_have_captions_and_scopes_and_can_be_reached():
    page = Page(nasty().html())
    assert len(page.all("caption")) == len(page.all("table")) == 3
    assert all(th["scope"] in ("row", "col") for th in page.all("th"))
    scrolling = [a for _, a in page.elements if a.get("class") == "wide"] + page.all("pre")
    assert all(a["tabindex"] == "0" and a["aria-label"] for a in scrolling)
    labels = [a["aria-label"] for a in scrolling]
    assert len(labels) == len(set(labels))
    ids = [a["id"] for _, a in page.elements if "id" in a]
    assert len(ids) == len(set(ids))
    assert {a["href"][1:] for a in page.all("a")} <= set(ids)


@pytest.mark.parametrize("as_html", [Report.html, Report._repr_html_])
def test_what_a_submission_says_is_escaped(as_html):
    source = as_html(nasty())
    assert "alert" in source
    assert "<script" not in source


def test_the_verdict_is_a_word_and_not_a_colour_alone():
    page = Page(nasty().html())
    assert "partly right" in page.texts
    assert "First wrong." in page.texts


def luminance(colour: str) -> float:
    """WCAG 2.2, relative luminance."""
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("colours", [LIGHT, DARK], ids=["light", "dark"])
@pytest.mark.parametrize(("ink", "ground"), PAIRS)
def test_contrast_is_enough(colours, ink, ground):
    light, dark = sorted((luminance(colours[ink]), luminance(colours[ground])), reverse=True)
    assert (light + 0.05) / (dark + 0.05) >= 4.5


def test_both_schemes_name_the_same_colours_and_the_style_uses_no_others():
    source = nasty().html()
    assert set(LIGHT) == set(DARK)
    assert "prefers-color-scheme: dark" in source
    assert set(re.findall(r"var\(--([\w-]+)\)", source)) <= set(LIGHT)


# ---- JSON and CSV ----------------------------------------------------------------------------


def test_json_gives_the_result_back(shown):
    plain = json.loads(json.dumps(shown.to_dict(), allow_nan=False))
    again = Result.from_dict(plain["exercises"][0])
    assert (again.points, again.of, again.status) == (5, 8, "partial")
    assert again.smallest.expected == 1


def test_a_formula_is_no_formula_in_a_spreadsheet():
    text = written(["a"], [["=1+1"], ["@x"], ["  +1"], [-1.5], ["fine"]])
    rows = list(csv.reader(text.split("\n")))
    assert [row[0] for row in rows[1:6]] == ["'=1+1", "'@x", "'  +1", "-1.5", "fine"]


def test_without_hypothesis_the_smallest_probe_is_shown(monkeypatch):
    monkeypatch.setitem(sys.modules, "hypothesis", None)
    smallest = check("relu", relu, doubled).to_dict()["exercises"][0]["smallest"]
    assert np.size(smallest["inputs"]["z"]) > 1                 # a probe as it is
    assert_close(smallest["came"], 2.5 * smallest["expected"])
