"""How an engine goes wrong: small wrong engines, and the programs that catch them.

Each engine under `engines/` is some twenty lines with one mistake. PITFALLS pairs it with a program
on which it differs from PyTorch, with others that hide the mistake, and with its cure. PROGRAMS is
the table of programs: whoever has written an engine runs them all, `PROGRAMS[name].compare(Value)`.
`python -m gradtwin.pitfalls` prints the whole story.

Lecture: "Grafo computacional", "Propagación hacia atrás".

>>> from gradtwin.pitfalls import PITFALLS
>>> print(PITFALLS[0].caught().gradients[0].ours, PITFALLS[0].caught().gradients[0].theirs)
8.0 4.0
"""

from __future__ import annotations

from .pitfall import PITFALLS as PITFALLS
from .pitfall import Pitfall as Pitfall
from .programs import PROGRAMS as PROGRAMS
from .programs import Descent as Descent
from .programs import Program as Program
