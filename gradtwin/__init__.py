"""gradtwin: the fundamentals of deep learning, written twice, and shown to agree.

`scratch` (numpy, every derivative by hand) and `torch_ref` (PyTorch) meet here and nowhere else.
Importing gradtwin loads neither of them: a side is loaded when it is run. What this module offers
is itself loaded when it is first asked for, so that `gradtwin list` starts at once.
"""

from __future__ import annotations

import sys
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:  # the public names, as a type checker reads them; at run time, `_HOMES`
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

_HOMES = {
    "check": ("Report", "Result", "check"),
    "compare": ("Compared", "Comparison", "assert_twins", "compare"),
    "concepts": ("Concept", "concepts"),
    "counterexample": ("Counterexample", "find_counterexample"),
    "findings": ("Finding",),
    "sides": ("side",),
    "tolerance": ("Tolerance",),
    "ulp": ("ulp_distance",),
}
"""The module of each public name."""

_MODULE_OF = {name: module for module, names in _HOMES.items() for name in names}
_MODULES = ("datasets", "exercises", "lockstep")  # public as they are


def __getattr__(name: str) -> Any:
    """A public name, loaded now and kept."""
    if name in _MODULES:
        return import_module(f".{name}", __name__)
    if name not in _MODULE_OF:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f".{_MODULE_OF[name]}", __name__), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *_MODULE_OF, *_MODULES})


class _Package(ModuleType):
    """Python sets a submodule as an attribute when it is loaded; `gradtwin.check`, `.compare` and
    `.concepts` stay the functions of these names."""

    def __setattr__(self, name: str, value: Any) -> None:
        if not (name in _MODULE_OF and isinstance(value, ModuleType)):
            super().__setattr__(name, value)


sys.modules[__name__].__class__ = _Package
