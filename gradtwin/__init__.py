"""gradtwin: the fundamentals of deep learning, written twice, and shown to agree.

`scratch` (numpy, every derivative by hand) and `torch_ref` (PyTorch) meet here and nowhere else.
Importing gradtwin loads neither of them: a side is loaded when it is run.
"""

from __future__ import annotations

from typing import Any

from . import datasets as datasets
from . import lockstep as lockstep
from .check import Report as Report
from .check import Result as Result
from .check import check as check
from .compare import Compared as Compared
from .compare import Comparison as Comparison
from .compare import assert_twins as assert_twins
from .compare import compare as compare
from .concepts import Concept as Concept
from .concepts import concepts as concepts
from .counterexample import Counterexample as Counterexample
from .counterexample import find_counterexample as find_counterexample
from .findings import Finding as Finding
from .sides import side as side
from .tolerance import Tolerance as Tolerance
from .ulp import ulp_distance as ulp_distance


def __getattr__(name: str) -> Any:
    """`gradtwin.exercises`, imported when it is asked for: only students and teachers need it."""
    if name == "exercises":
        from importlib import import_module

        return import_module(".exercises", __name__)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
