"""The engine: how an operation is recorded, and how the chain rule walks back over the record.

Lecture: "Grafo computacional", "Propagación hacia atrás", "Diferenciación automática".

- `node.py`: what is recorded of one operation.
- `primitive.py`: `primitive` and `elementwise` turn a formula with its derivatives into an
  operation on Tensors.
- `walk.py`: the walk from the loss back to the leaves; `backward` and `grad`.
- `again.py`: gradients of gradients, by running the same formulas on Tensors.
- `replay.py`: a graph run again, for those who want to see its numbers.
- `grad_mode.py`: `no_grad`.
- `function.py`: `Function`, a block whose derivative the user writes.
- `errors.py`: what went wrong in an operation, said with its arguments.
"""

from ..tensor import Array as Array
from ..tensor import raw as raw
from .function import Function as Function
from .grad_mode import enable_grad as enable_grad
from .grad_mode import is_grad_enabled as is_grad_enabled
from .grad_mode import no_grad as no_grad
from .primitive import elementwise as elementwise
from .primitive import on_either as on_either
from .primitive import part_of as part_of
from .primitive import primitive as primitive
from .walk import backward as backward
from .walk import grad as grad
