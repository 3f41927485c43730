"""What grading found, for people and for programs: terminal, page, JSON, CSV.

`view.py` puts a result into words once; `text.py` and `html.py` only lay them out, `table.py` and
`Report.to_dict` give them to programs. `page.py` is the page around any report.
"""

from __future__ import annotations

from .report import Graded as Graded
from .report import Report as Report
