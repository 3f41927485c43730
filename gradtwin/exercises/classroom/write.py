"""The files of a graded class: pages, tables, and what platforms take."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

from ..texts import check_language
from .gradescope import gradescope
from .moodle import moodle
from .nbgrader import nbgrader
from .page import class_page, student_page
from .run import Class
from .store import write_whole
from .tables import class_table, criteria_table

FORMATS = ("csv", "moodle", "gradescope", "nbgrader")


def write(
    group: Class,
    out: Path,
    *,
    formats: Collection[str] = (),
    lang: str = "en",
    hide_expected: bool = False,
) -> list[Path]:
    """Write a class into a folder; always its page, its table and a page a student.

    Args:
        formats: of `FORMATS`: "csv" is a row a criterion.

    Raises:
        ValueError: a format or a language that is none.
    """
    unknown = set(formats) - set(FORMATS)
    if unknown:
        raise ValueError(f"formats: expected some of {', '.join(FORMATS)}, got {sorted(unknown)}")
    check_language(lang)
    files: list[Path] = []

    def put(name: str, text: str, encoding: str = "utf-8") -> None:
        write_whole(out / name, text, encoding)
        files.append(out / name)

    put("class.html", class_page(group, lang, lambda p: f"students/{p.student.key}.html"))
    put("class.csv", class_table(group, lang, hide_expected), "utf-8-sig")
    if "csv" in formats:
        put("criteria.csv", criteria_table(group, lang, hide_expected), "utf-8-sig")
    if "moodle" in formats:
        put("moodle.csv", moodle(group, lang))
    if "nbgrader" in formats:
        put("nbgrader.csv", nbgrader(group))
    for pupil in group.pupils:
        key = pupil.student.key
        write_whole(out / "students" / f"{key}.html", student_page(pupil, lang, hide_expected))
        if "gradescope" in formats:
            whole = gradescope(pupil, lang, hide_expected)
            write_whole(out / "gradescope" / key / "results.json", whole)
    files.append(out / "students")
    if "gradescope" in formats:
        files.append(out / "gradescope")
    return files
