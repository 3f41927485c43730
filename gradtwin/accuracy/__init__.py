"""How far each function is from its exact value, forward and derivatives, in both wings.

The promise of the project is that two wings agree; here a third, mpmath with hundreds of digits,
says how far each is from the truth: `jet` carries derivatives, `exact` has the definitions,
`right` the exact numbers and the unit, `points` the inputs, `functions` the table of rows,
`consecutive` chooses among neighbours, `measuring` has the errors, `report` the tables.

>>> from gradtwin.samples import scratch_library, torch_library
>>> row = measure(find("tanhshrink")[0], "float64", [scratch_library(), torch_library()])
>>> row.supported
('scratch',)
"""

from .functions import FUNCTIONS as FUNCTIONS
from .functions import Function as Function
from .functions import find as find
from .measuring import Point as Point
from .measuring import Row as Row
from .measuring import measure as measure
from .right import GOAL as GOAL
from .right import GRADIENT as GRADIENT
from .right import SECOND as SECOND
from .right import VALUE as VALUE
