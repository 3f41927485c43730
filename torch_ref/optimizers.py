"""The optimizers, as PyTorch has them: the reference that ``scratch.optimizers`` meets.

Section of the lecture: «Descenso del gradiente».
"""

from __future__ import annotations

from torch.optim import SGD as SGD
