"""torch, imported at its first use: listing exercises or writing starting files needs none."""

from __future__ import annotations

from importlib import import_module
from typing import Any


class Lazy:
    """Stands for a module; any attribute of it imports the module."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __getattr__(self, attribute: str) -> Any:
        return getattr(import_module(self._name), attribute)


torch: Any = Lazy("torch")
F: Any = Lazy("torch.nn.functional")
