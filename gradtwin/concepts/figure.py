"""The numbers that the lecture prints: computed again, and rounded as it rounds them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .wing import Wing


@dataclass(frozen=True, slots=True)
class Figure:
    """A number that the lecture prints, and how a wing computes it.

    Args:
        what: the quantity, as in "y_hat(0, 6)".
        printed: as the lecture prints it, which says how many decimals count: "0.94".
        value: the quantity, computed in the wing that is handed in.
        erratum: what should have been printed, where `printed` does not hold.
        says: who says so, where it is not the lecture: a number that its pictures lead to.

    >>> Figure("sigmoid(2.84)", "0.94", lambda wing: 0.9448).reproduced_by(0.9448)
    True
    >>> Figure("softmax(5, 6, 11, 7)[3]", ".01", lambda wing: 0.0178, ".02").reproduced_by(0.0178)
    True
    """

    what: str
    printed: str
    value: Callable[[Wing], Any]
    erratum: str = ""
    says: str = "the lecture prints"

    @property
    def expected(self) -> str:
        """What must come out: `printed`, or where that is wrong, the right number."""
        return self.erratum or self.printed

    def rounded(self, number: float) -> str:
        """`number` to the printed decimals, with a 0 before the point only if one was printed.

        A number printed without decimals is meant exactly: 6 show whether it is.
        """
        whole, point, decimals = self.expected.partition(".")
        text = f"{number:z.{len(decimals) if point else 6}f}"  # z: no minus before a rounded zero
        text = text if point else text.removesuffix(".000000")
        return text if whole else text.removeprefix("0")

    def reproduced_by(self, number: float) -> bool:
        """Whether `number`, rounded to the printed decimals, is what must come out."""
        return self.rounded(number) == self.expected
