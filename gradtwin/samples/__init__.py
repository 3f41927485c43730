"""The one table of inputs: for each operation how both wings call it, and what with.

Tests, `check`, the search for differences, the accuracy table, the benchmark and the exercises all
draw from it. A row names the operation, its call (written once for scratch and PyTorch) and what it
is called with; who adds an operation adds a row here, and the rest follows from it:

    activation("softplus", options=[{}, {"beta": 2.0}]),

Neither scratch nor PyTorch is imported here: they come in through a `Library`.

>>> from gradtwin.samples import OPERATIONS
>>> sample = next(OPERATIONS["matmul"].samples("float32"))
>>> print(sample)
matmul-(2,) (2,)
>>> sample.arrays[0].dtype
dtype('float32')
"""

from __future__ import annotations

from . import activations, elementwise, indexing, linear, losses, products, reductions, shapes
from .library import Library as Library
from .library import scratch_library as scratch_library
from .library import torch_library as torch_library
from .operation import Case as Case
from .operation import Operation as Operation
from .operation import Sample as Sample
from .operation import Wrong as Wrong

FILES = (elementwise, reductions, shapes, indexing, products, activations, losses, linear)

OPERATIONS: dict[str, Operation] = {o.name: o for file in FILES for o in file.OPERATIONS}
"""Every operation by its name."""
