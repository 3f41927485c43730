"""The pages: on a phone, in the dark, to a screen reader, in both languages.

What can be read off the source is always checked; where Chromium is there, so is what only a
browser knows, and axe-core looks for what shuts people out (`pip install 'gradtwin[pages]'`, and
Debian's package `chromium`; GRADTWIN_CHROMIUM names another one).
"""

from __future__ import annotations

import os
import re
import shutil
from collections import Counter
from collections.abc import Iterator
from html.parser import HTMLParser
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from close import assert_close

from gradtwin.exercises import check
from gradtwin.exercises.classroom.run import Class, Pupil
from gradtwin.exercises.classroom.run import Graded as GradedOf
from gradtwin.exercises.classroom.students import Student
from gradtwin.exercises.classroom.write import write
from gradtwin.exercises.library import find
from gradtwin.exercises.reports import Graded, Report
from gradtwin.exercises.reports.html import fragment
from gradtwin.exercises.reports.page import page
from gradtwin.exercises.result import Criterion, Diagnosis, Result, Smallest
from gradtwin.exercises.texts import Message

LANGUAGES = ("en", "es")
PAGES = ("report", "hidden", "class", "student", "notebook", "nobody")
EVIL = "<script>window.taken = 1</script><img src=x onerror='window.taken = 1'>"
NAMES = (
    f"{EVIL} Ana",
    "Núñez-Gómez " * 20,
    "x" * 300,
    'Zoë "Ünal" & <b>Œuvre</b>',
    "محمد أمين",
)


def hostile(exercise: str) -> Result:
    """A result in which all that a submission says is markup, or has no end."""
    reason = Message("{function} raised {type}: {message}",
                     {"function": "relu", "type": "E", "message": EVIL + "y" * 300})
    criteria = [Criterion("a", "value", 0, 2, reason, first_wrong=True),
                Criterion("dz", "value", 2, 2), Criterion("extreme", "conduct", 0, 1, reason)]
    told = [Diagnosis("mistake", ["x"], [EVIL, "z" * 200], "relu"),
            Diagnosis("accepted", ["y"], [{"en": "Right.", "es": "Correcto."}], "relu")]
    smallest = Smallest({"z": [[1.0] * 40]}, "a", [0, 0], 1e-300, 0.1 + 0.2)
    return Result(exercise, criteria, told, smallest, [Message("{a}", {"a": EVIL})], EVIL * 40)


def a_class() -> Class:
    """Students of all sorts of names, each with an exercise of each verdict."""
    relu, sigmoid, adam = find("relu"), find("sigmoid"), find("adam")
    right = Result("relu", [Criterion("a", "value", 2, 2)])
    missing = Result("adam", failed="missing")
    pupils = [
        Pupil(Student(f"s{i}", name, number=str(i)),
              [GradedOf(relu, right if i == 2 else hostile("relu"), "relu.py"),
               GradedOf(sigmoid, hostile("sigmoid"), "sigmoid.py"), GradedOf(adam, missing)])
        for i, name in enumerate(NAMES)
    ]
    return Class(f"Curso {EVIL}", [relu, sigmoid, adam], pupils, strays=[EVIL, "a" * 200])


def relu_backward(g: Any, z: Any) -> Any:
    print("print <b>this</b>")
    return (np.asarray(z) > 0) * 1.0            # without g


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Every page in every language, as LANGUAGE/PAGE.html; a class with its students beside it."""
    out = tmp_path_factory.mktemp("pages")
    for lang in LANGUAGES:
        group = a_class()
        write(group, out / lang, lang=lang)
        (out / lang / "student.html").symlink_to(out / lang / "students" / "s0.html")
        real = check("relu", lambda z: np.maximum(z, 0), relu_backward, lang=lang)
        several = [*real.graded, Graded(find("sigmoid"), hostile("sigmoid"), Path("sigmoid.py")),
                   Graded(find("adam"), Result("adam", failed="missing"))]
        report = Report(several, asked=24, absent=["softmax"], lang=lang)
        hidden = Report(several, lang=lang, hide_expected=True)
        cell = page("Notebook", f"<h1>Notebook</h1>\n<h2>1</h2>\n{fragment(real)}", lang)
        empty = page_of_nobody(lang)
        for name, text in (("report", report.html()), ("hidden", hidden.html()),
                           ("notebook", cell), ("nobody", empty)):
            (out / lang / f"{name}.html").write_text(text, encoding="utf-8")
    return out


def page_of_nobody(lang: str) -> str:
    """A report in which nothing was found."""
    return Report([], asked=24, absent=["relu"], lang=lang).html()


# ---- what the source says --------------------------------------------------------------------

VOID = {"meta", "link", "img", "br", "hr", "input", "col"}
LOADS = {"script", "link", "iframe", "object", "embed", "base", "form", "audio", "video"}


class Source(HTMLParser):
    """What is wrong with a page, as far as its source says."""

    def __init__(self, source: str) -> None:
        super().__init__()
        self.problems: list[str] = []
        self.open: list[str] = []
        self.headings: list[int] = []
        self.counts: Counter[str] = Counter()
        self.ids: list[str] = []
        self.links: list[str] = []
        self.regions: list[str] = []
        self.lang = ""
        self.title = ""
        self.text = ""
        if not source.startswith("<!DOCTYPE html>"):
            self.problems.append("no doctype")
        self.feed(source)
        self.close()
        self._whole()

    def _whole(self) -> None:
        self.problems += [f"<{tag}> is not closed" for tag in self.open]
        for tag in ("title", "main", "h1"):
            if self.counts[tag] != 1:
                self.problems.append(f"{self.counts[tag]} <{tag}>")
        if not self.title.strip():
            self.problems.append("no title")
        before = 0
        for level in self.headings:
            if level > before + 1:
                self.problems.append(f"h{level} after h{before}")
            before = level
        self.problems += [f"id {i} twice" for i, n in Counter(self.ids).items() if n > 1]
        self.problems += [f"a link to {link}" for link in self.links
                          if link.startswith("#") and link[1:] not in self.ids]
        self.problems += [f"label {r!r} twice" for r, n in Counter(self.regions).items() if n > 1]

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        given = dict(attributes)
        self.counts[tag] += 1
        if tag not in VOID:
            self.open.append(tag)
        if tag == "html":
            self.lang = given.get("lang") or ""
        if re.fullmatch("h[1-6]", tag):
            self.headings.append(int(tag[1]))
        if tag in LOADS:
            self.problems.append(f"<{tag}>")
        if tag == "th" and given.get("scope") not in ("row", "col"):
            self.problems.append("th without scope")
        if tag == "img" and not given.get("alt"):
            self.problems.append("img without alt")
        if tag == "input" and not given.get("aria-label"):
            self.problems.append("input without a label")
        if tag == "a":
            self.links.append(given.get("href") or "")
        if "id" in given:
            self.ids.append(given["id"] or "")
        if "tabindex" in given:
            if given["tabindex"] != "0" or given.get("role") != "region":
                self.problems.append(f"<{tag}> is reached by keyboard as nothing")
            self.regions.append(given.get("aria-label") or "")
        for name, value in attributes:
            if name.startswith("on") or (name in ("src", "href", "srcset", "action")
                                         and re.match(r"\s*([a-z]+:|//)", value or "")):
                self.problems.append(f"{name}={value!r}")

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open.pop() != tag:
            self.problems.append(f"</{tag}> closes another element")

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] == "title":
            self.title += data
        if self.open and self.open[-1] == "style" and re.search(r"url\(|@import", data):
            self.problems.append("the style loads something")
        if "style" not in self.open:
            self.text += data


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("name", PAGES)
def test_the_source_of_a_page_is_sound(folder, lang, name):
    source = Source((folder / lang / f"{name}.html").read_text(encoding="utf-8"))
    assert source.problems == []
    assert source.lang == lang
    assert "" not in source.regions


@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_hostile_name_is_shown_as_it_is(folder, lang):
    group = Source((folder / lang / "class.html").read_text(encoding="utf-8"))
    for name in NAMES:
        assert name.strip() in group.text
    student = Source((folder / lang / "student.html").read_text(encoding="utf-8"))
    assert NAMES[0] in student.title


SOUND = page("Title", '<h1>A</h1><table><tr><th scope="row">b</th></tr></table>', "en")


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("<!DOCTYPE html>", ""), ("<title>Title</title>", "<title> </title>"),
        ("<h1>A</h1>", "<h1>A</h1><h1>B</h1>"), ("<h1>A</h1>", "<h1>A</h1><h3>B</h3>"),
        (' scope="row"', ""), ("<h1>A</h1>", "<h1>A</h1><img src=x>"), ("</table>", ""),
        ("<h1>A", "<h1 id='a'>A<b id='a'></b>"), ("<h1>A", "<h1>A<a href='#b'>B</a>"),
        ("<h1>A", "<h1>A<script></script>"), ("<h1>A", "<h1 onclick='x'>A"),
        ("<h1>A", "<h1>A<a href='https://x.org'>B</a>"), ("<h1>A", "<h1>A<input>"),
        ("<style>", "<style>@import 'x';"), ("<h1>A", "<h1>A<b tabindex='1'></b>"),
        ("<main>", "<div>"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_source_is_found(old, new):
    assert Source(SOUND).problems == []
    assert old in SOUND
    assert Source(SOUND.replace(old, new)).problems != []


def scheme(style: str, dark: bool) -> dict[str, tuple[float, ...]]:
    """The colours of a style sheet by name, as (red, green, blue) from 0 to 1."""
    sets = re.findall(r"\{ (--ink:.*?) \}", style)
    assert len(sets) == 2
    return {name: tuple(int(value[i : i + 2], 16) / 255 for i in (0, 2, 4))
            for name, value in re.findall(r"--([\w-]+): #(\w{6});", sets[dark])}


def contrast(a: tuple[float, ...], b: tuple[float, ...]) -> float:
    """The ratio of WCAG 2: from 1, the same, to 21, black on white."""

    def light(colour: tuple[float, ...]) -> float:
        linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in colour]
        return float(np.dot([0.2126, 0.7152, 0.0722], linear))

    dim, bright = sorted((light(a), light(b)))
    return (bright + 0.05) / (dim + 0.05)


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_every_colour_of_text_stands_out_from_its_ground(dark):
    """4.5, as WCAG 2.1 asks for (AA); without a ground of its own a rule meets page and card."""
    colours = scheme(SOUND, dark)
    assert_close(contrast((0, 0, 0), (1, 1, 1)), 21, terms=3)
    seen = 0
    for rule in re.findall(r"\.gradtwin[^{}]*\{([^{}]*)\}", SOUND):
        ink = re.search(r"(?<![-\w])color: var\(--([\w-]+)\)", rule)
        ground = re.search(r"background: var\(--([\w-]+)\)", rule)
        if ink is None:
            continue
        for under in [ground[1]] if ground else ["ground", "card"]:
            seen += 1
            assert contrast(colours[ink[1]], colours[under]) >= 4.5, (ink[1], under)
    assert seen >= 8


# ---- what a browser shows --------------------------------------------------------------------

CHROMIUM = os.environ.get("GRADTWIN_CHROMIUM") or next(
    filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), "")
LACKING = (
    "no Chromium here: install it (Debian: apt install chromium), or name it in GRADTWIN_CHROMIUM"
    if not CHROMIUM else
    "no axe-core here: pip install 'gradtwin[pages]'"
    if find_spec("axe_playwright_python") is None else ""
)
PATIENCE = 180_000
"""Milliseconds that a busy machine may take for a step; nothing is timed."""

in_a_browser = pytest.mark.skipif(bool(LACKING), reason=LACKING)


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        # The pages are our own; Chromium's sandbox does not start as root.
        options = ["--no-sandbox", "--disable-dev-shm-usage"]
        chromium = playwright.chromium.launch(
            executable_path=CHROMIUM, args=options, timeout=PATIENCE)
        yield chromium
        chromium.close()


class Tab:
    """A page on a phone, with all that it loaded and complained of."""

    def __init__(self, browser: Any, path: Path) -> None:
        self.page = browser.new_page(viewport={"width": 360, "height": 740})
        self.page.set_default_timeout(PATIENCE)
        self.asked: list[str] = []
        self.complaints: list[str] = []
        self.page.on("request", lambda request: self.asked.append(request.url))
        self.page.on("console", lambda message: self.complaints.append(message.text))
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("dialog", lambda dialog: self.complaints.append(dialog.message))
        self.page.goto(path.as_uri())

    def too_wide(self) -> int:
        """By how many pixels the page is wider than the screen."""
        return int(self.page.evaluate(
            "document.documentElement.scrollWidth - document.documentElement.clientWidth"))

    def violations(self, **options: Any) -> list[str]:
        """What axe-core finds, each with its first places."""
        from axe_playwright_python.sync_playwright import Axe

        found = Axe().run(self.page, options=options).response
        assert found["passes"], "axe-core looked at nothing"
        return [f"{v['id']}: {v['help']}: {[n['html'][:200] for n in v['nodes'][:3]]}"
                for v in found["violations"]]


CONTRAST = {"runOnly": ["color-contrast"]}


@in_a_browser
@pytest.mark.parametrize(
    ("lang", "name"),
    [("en", "report"), ("es", "report"), ("en", "class"), ("es", "class"), ("es", "student"),
     ("en", "notebook")],
)  # fmt: skip
def test_a_page_is_good_for_everybody(folder, browser, lang, name):
    path = (folder / lang / f"{name}.html").resolve()
    tab = Tab(browser, path)
    assert tab.asked == [path.as_uri()], "a page loads nothing"
    assert tab.page.evaluate("window.taken") is None
    assert tab.page.locator("script, img").count() == 0
    for width in (360, 320):
        tab.page.set_viewport_size({"width": width, "height": 740})
        assert tab.too_wide() <= 0
    assert tab.complaints == []
    assert tab.violations() == []
    light = tab.page.evaluate("getComputedStyle(document.documentElement).backgroundColor")
    tab.page.emulate_media(color_scheme="dark")
    dark = tab.page.evaluate("getComputedStyle(document.documentElement).backgroundColor")
    assert (light, dark) == ("rgb(255, 255, 255)", "rgb(15, 20, 25)")
    assert tab.violations(**CONTRAST) == []
    tab.page.close()


@in_a_browser
def test_from_the_class_to_a_student_and_to_an_exercise(folder, browser):
    tab = Tab(browser, folder / "es" / "class.html")
    tab.page.get_by_role("link", name=NAMES[0]).click()
    assert tab.page.locator("h1").inner_text() == NAMES[0]
    tab.page.get_by_role("link", name="La sigmoide y su derivada").click()
    assert tab.page.locator(":target h2").inner_text().startswith("sigmoid:")
    assert tab.page.get_by_role("table", name="Resumen").count() == 1
    assert tab.complaints == []
    tab.page.close()


@in_a_browser
def test_what_only_a_browser_sees_is_found(tmp_path, browser):
    """Each of the checks fails on a page that is made to fail it."""
    path = tmp_path / "bad.html"
    wide = f"<pre style='overflow: visible'>{'x' * 500}</pre>"
    pale = "<p style='color: #999'>Pale on white, pale on black.</p>"
    more = "<button></button><script>window.taken = 1</script>"
    path.write_text(SOUND.replace("<h1>A</h1>", f"<h1>A</h1>{wide}{pale}{more}"), encoding="utf-8")
    tab = Tab(browser, path)
    assert tab.too_wide() > 0
    assert len(tab.complaints) == 1                         # the policy of the page forbids scripts
    assert tab.page.evaluate("window.taken") is None
    assert {v.partition(":")[0] for v in tab.violations()} >= {"button-name", "color-contrast"}
    assert tab.violations(**CONTRAST) != []
    tab.page.close()
