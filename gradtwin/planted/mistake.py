"""What a planted mistake is: a place in the source, the text there, the wrong text, and who knows.

A mistake is declared with the text that it replaces, so that it reads as the slip of the pen that
it is, and so that it cannot rot: where the text no longer stands in the source exactly once, the
declaration is refused.
"""

from __future__ import annotations

from dataclasses import dataclass
from difflib import ndiff
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
"""The repository: mistakes are planted where the tests are too."""


class NotPlantedError(Exception):
    """A mistake that cannot be planted: its text is not in the source exactly once."""


@dataclass(frozen=True, slots=True)
class Mistake:
    """A mistake of one change in one file.

    Args:
        name: in snake_case, what the command line calls it.
        what: what is wrong, in one line.
        file: the file in the repository.
        old: text of the file, which stands there exactly once.
        new: what stands there instead.
        caught_by: who must notice: a concept of `gradtwin check`, or, where check cannot by its
            nature, a test, as pytest names it: "tests/test_engine.py::test_function".
        dtype: in which `gradtwin check` notices.

    >>> from gradtwin.planted import find
    >>> find("relu_slope_at_0").what
    "ReLU's derivative at 0 is 1, where PyTorch's choice is 0"
    """

    name: str
    what: str
    file: str
    old: str
    new: str
    caught_by: str
    dtype: str = "float64"

    @property
    def module(self) -> str:
        """The module of the file: "scratch.autograd.walk"."""
        return self.file.removesuffix(".py").replace("/", ".").removesuffix(".__init__")

    @property
    def by_test(self) -> bool:
        """Whether a test must notice, and not `gradtwin check`."""
        return "::" in self.caught_by

    @property
    def command(self) -> str:
        """How to ask who must notice."""
        if self.by_test:
            return f"pytest {self.caught_by}"
        chosen = "" if self.dtype == "float64" else f" --dtype {self.dtype}"
        return f"gradtwin check {self.caught_by}{chosen}"

    def planted_in(self, source: str) -> str:
        """The source of the file with the mistake in it.

        NotPlantedError: `old` does not stand there exactly once.
        """
        found = source.count(self.old)
        if found != 1:
            raise NotPlantedError(
                f"{self.name}: expected once in {self.file}, found {found} times:\n{self.old}"
            )
        return source.replace(self.old, self.new)

    def change(self) -> tuple[str, str]:
        """The lines that go and the lines that come, without those that stay."""
        lines = list(ndiff(self.old.splitlines(), self.new.splitlines()))
        before, after = ([s[2:].strip() for s in lines if s.startswith(sign)] for sign in "-+")
        return " ".join(before), " ".join(after)
