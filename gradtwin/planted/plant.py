"""The source with one mistake in it, imported: in a process of its own, never on disk.

An import hook hands the changed text to Python's compiler; the file in the working tree is read and
left as it is. So that nothing has been imported before it, a mistake is planted in a fresh process.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from types import CodeType, ModuleType

from .mistake import Mistake


class _Changed(SourceFileLoader):
    """Loads a file with a mistake in it; compiled anew, past Python's cache of bytecode."""

    def __init__(self, mistake: Mistake, path: str) -> None:
        super().__init__(mistake.module, path)
        self.mistake = mistake

    def get_code(self, fullname: str) -> CodeType:
        source = self.mistake.planted_in(self.get_source(fullname) or "")
        return compile(source, self.path, "exec", dont_inherit=True)


class _Planter(MetaPathFinder):
    """Finds the one file with the mistake; all others are found as ever."""

    def __init__(self, mistake: Mistake) -> None:
        self.mistake = mistake

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if fullname != self.mistake.module:
            return None
        spec = PathFinder.find_spec(fullname, path, target)
        if spec is not None and spec.origin is not None:
            spec.loader = _Changed(self.mistake, spec.origin)
        return spec


def plant(mistake: Mistake) -> None:
    """From here on this process imports the mistake.

    RuntimeError: its module was imported already.
    """
    if mistake.module in sys.modules:
        raise RuntimeError(f"{mistake.name}: {mistake.module} is imported already")
    sys.meta_path.insert(0, _Planter(mistake))
