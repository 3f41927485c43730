"""Grades as `nbgrader export` writes them, for what reads nbgrader's CSV.

The columns are those of nbgrader's CsvExportPlugin: a row for each exercise of each student; where
nothing was handed in, the score is 0 and the timestamp empty.
"""

from __future__ import annotations

from ..reports.table import written
from .run import Class

COLUMNS = (
    "assignment", "duedate", "timestamp", "student_id", "last_name", "first_name", "email",
    "raw_score", "late_submission_penalty", "score", "max_score",
)


def nbgrader(group: Class) -> str:
    """The CSV."""
    rows = []
    for i, exercise in enumerate(group.exercises):
        for pupil in group.pupils:
            s, g = pupil.student, pupil.graded[i]
            first, last = s.names
            points = str(float(g.result.points))
            rows.append([exercise.name, "", g.time, s.number or s.id or s.name, last, first,
                         s.email, points, "0.0", points, str(float(g.result.of))])
    return written(COLUMNS, rows)
