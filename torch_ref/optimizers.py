"""The optimizers, as PyTorch has them: the reference that ``scratch.optimizers`` meets.

Sections of the lecture: «Descenso del gradiente», «Otros algoritmos de optimización».
"""

from __future__ import annotations

from torch.optim import SGD as SGD
from torch.optim import Adam as Adam
from torch.optim import AdamW as AdamW
from torch.optim import Optimizer as Optimizer
from torch.optim import RMSprop as RMSprop
