"""Wrong derivatives and values, planted on purpose: whoever cannot find them cannot be trusted.

That everything agrees is worth as much as the certainty that a mistake would have been noticed. So
mistakes, among them those that people really make, are put into the source one at a time, and each
must be noticed by `gradtwin check`, or by a named test where check cannot by its nature: it calls
backward once, on new arrays, and compares first derivatives. `python -m gradtwin.planted` does it.
(No command of `gradtwin`: it needs a checkout, with the tests.)
"""

from .mistake import Mistake as Mistake
from .mistake import NotPlantedError as NotPlantedError
from .mistakes import MISTAKES as MISTAKES
from .mistakes import find as find
from .run import Outcome as Outcome
from .run import run as run
