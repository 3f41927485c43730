"""A pitfall: a wrong engine, the program that exposes it, those that hide it, and its cure."""

from __future__ import annotations

import importlib
import inspect
from collections.abc import Mapping
from dataclasses import dataclass
from types import ModuleType
from typing import Any

from ..compare import Comparison
from .engines.right import summed_to, users_first
from .programs import PROGRAMS, Descent, Program


@dataclass(frozen=True)
class Pitfall:
    """One way in which an engine goes wrong.

    Args:
        name: of its file under `engines/`, whose first lines say what is wrong and why.
        exposed_by: the program on which it differs from PyTorch.
        hidden_by: programs on which it does not.
        cure: {text of the engine: what should stand there}; each text stands there once.

    >>> Pitfall("overwritten", PROGRAMS["square"], (PROGRAMS["tree"],), {}).title
    'The gradient is set where it should be added to: = for +=.'
    """

    name: str
    exposed_by: Program | Descent
    hidden_by: tuple[Program | Descent, ...]
    cure: Mapping[str, str]

    @property
    def module(self) -> ModuleType:
        """The file of the engine."""
        return importlib.import_module(f"{__package__}.engines.{self.name}")

    @property
    def title(self) -> str:
        """What is wrong, in one sentence."""
        return self._paragraphs[0]

    @property
    def why(self) -> str:
        """Why that is wrong, and where it is hidden."""
        return "\n\n".join(self._paragraphs[1:-1])

    @property
    def cure_in_words(self) -> str:
        """What to do instead, in one sentence."""
        return self._paragraphs[-1].removeprefix("Cure: ")

    @property
    def code(self) -> str:
        """The engine as text: its class, or its loop."""
        return inspect.getsource(self.engine).rstrip()

    @property
    def engine(self) -> Any:
        """The class `Value` of the engine, or the function `descend` of a training loop."""
        return engine_of(vars(self.module))

    @property
    def cured_code(self) -> str:
        """The file of the engine as text, with the cure put in."""
        source = inspect.getsource(self.module)
        for wrong, right in self.cure.items():
            if source.count(wrong) != 1:
                raise ValueError(f"cure: expected once in {self.name}.py: {wrong!r}")
            source = source.replace(wrong, right)
        return source

    def cured(self) -> Any:
        """The engine with the cure put in; it may use `users_first` and `summed_to`."""
        space = {
            "__name__": self.module.__name__,
            "__package__": self.module.__package__,
            "users_first": users_first,
            "summed_to": summed_to,
        }
        exec(compile(self.cured_code, f"{self.name}.py, cured", "exec"), space)
        return engine_of(space)

    def caught(self) -> Comparison:
        """The comparison with PyTorch that exposes it."""
        return self.exposed_by.compare(self.engine)

    @property
    def _paragraphs(self) -> list[str]:
        return (inspect.getdoc(self.module) or "").split("\n\n")


def engine_of(space: Mapping[str, Any]) -> Any:
    """What a file of `engines/` is about: its training loop, or else its `Value`."""
    return space.get("descend") or space["Value"]


def programs(*names: str) -> tuple[Program, ...]:
    return tuple(PROGRAMS[name] for name in names)


IN_ORDER = """        for node in users_first(self):
            for parent, slope in node.parents:
                parent.grad += slope * node.grad
"""

PITFALLS: tuple[Pitfall, ...] = (
    Pitfall(
        "walked_again",
        PROGRAMS["used_twice"],
        programs("tree", "chain", "square", "two_places"),
        {"        self.walk()\n": IN_ORDER},
    ),
    Pitfall(
        "walked_too_early",
        PROGRAMS["too_early"],
        programs("tree", "chain", "used_twice", "square", "late_enough"),
        {"        self.walk(set())\n": IN_ORDER},
    ),
    Pitfall(
        "overwritten",
        PROGRAMS["two_places"],
        programs("tree", "chain"),
        {"parent.grad = slope * self.grad": "parent.grad += slope * self.grad"},
    ),
    Pitfall(
        "counted_once",
        PROGRAMS["square"],
        programs("tree", "chain", "two_places"),
        {"dict(parents).items()": "parents"},
    ),
    Pitfall(
        "counted_again",
        PROGRAMS["walked_twice"],
        programs("tree", "chain", "used_twice", "shared_weight"),
        {
            "            node.hand_on()\n": """            node.hand_on()
            node.grad = 0.0 if node.parents else node.grad
"""
        },
    ),
    Pitfall(
        "not_zeroed",
        Descent(30),
        (Descent(1),),
        {
            "        loss.backward()\n": """        weight.grad = 0.0
        loss.backward()
"""
        },
    ),
    Pitfall(
        "shared_array",
        PROGRAMS["sum_twice"],
        programs("tree", "chain", "used_twice", "shared_weight", "same_shape"),
        {"parent.grad += share": "parent.grad = parent.grad + share"},
    ),
    Pitfall(
        "not_summed",
        PROGRAMS["rows"],
        programs("tree", "chain", "shared_weight", "same_shape", "sum_twice"),
        {
            "share = slope * node.grad": (
                "share = summed_to(np.shape(parent.data), slope * node.grad)"
            )
        },
    ),
    Pitfall(
        "too_deep",
        PROGRAMS["sequence"],
        programs("tree", "chain", "used_twice", "too_early", "shared_weight"),
        {
            "        order: list[Value] = []\n        self.users_last(order, set())\n": (
                "        order = list(users_first(self))\n"
            ),
            "reversed(order)": "order",
        },
    ),
)
"""Every pitfall, those about order and counting first."""
