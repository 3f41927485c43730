"""The search for differences between the wings: random cases, compared, shrunk and printed.

A case is one operation of the table of samples, or a whole random program; its arrays have random
shapes, layouts and dtypes. Each is drawn from a seed and its number, so that it can be had again:

    gradtwin fuzz --seed 0 --time 60

See docs/fuzz.md for what is drawn and what was found.
"""

from __future__ import annotations

from .search import Found as Found
from .search import Summary as Summary
from .search import fuzz as fuzz
from .search import run_case as run_case
