"""A student's results.json as Gradescope's autograder reads it.

The form: gradescope-autograders.readthedocs.io, "Autograder Specifications", "Output format".
"""

from __future__ import annotations

import json
from typing import Any

from ..reports.report import Report
from ..reports.text import text
from ..reports.view import view
from .run import Pupil
from .tables import report_of


def gradescope(pupil: Pupil, lang: str, hide_expected: bool = False) -> str:
    """A test a criterion, and the whole report of each exercise at its first one."""
    report = report_of(pupil, lang, hide_expected)
    tests: list[dict[str, Any]] = []
    for number, graded in enumerate(report.graded, 1):
        seen = view(graded, lang)
        whole = text(Report([graded], lang=lang, hide_expected=hide_expected))
        for part, (criterion, row) in enumerate(zip(graded.result.criteria, seen.rows), 1):
            tests.append({
                "number": f"{number}.{part}",
                "name": f"{seen.title}: {row.about}",
                "score": criterion.points,
                "max_score": criterion.of,
                "status": "passed" if criterion.passed else "failed",
                "output": whole if part == 1 else row.reason,
                "output_format": "text",
                "tags": [seen.name],
                "visibility": "visible",
            })
    return json.dumps({
        "score": pupil.points,
        "output": "\n".join([report.summary(), *report.lines()]),
        "output_format": "text",
        "visibility": "visible",
        "stdout_visibility": "hidden",
        "tests": tests,
    }, indent=1)
