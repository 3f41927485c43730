"""A class: a folder with a folder a student is graded on all cores, and written for its teacher.

`students.py` finds who handed in, `work.py` grades one of them, `store.py` keeps what is done so
that an interruption loses nothing, `run.py` does it for all; `overview.py` counts, and `page.py`,
`tables.py`, `moodle.py`, `gradescope.py`, `nbgrader.py` write what teachers read and upload.
"""

from __future__ import annotations

from .run import Class as Class
from .run import Graded as Graded
from .run import grade_folder as grade_folder
from .students import Student as Student
from .students import students_in as students_in
