"""Networks that are any graph without cycles, and weights that are used more than once.

Lecture: "Redes DAG", from "Pasada hacia adelante" to "Reutilización de pesos".

- `shared_weight.py`: `SharedWeightDAG`, the lecture's network.
- `network.py`: `DAG`, any network, declared node by node.
- `functions.py`: the functions that a node may name.
- `declaration.py`: what is declared, put in order and checked.

A weight that is used in several places moves the loss along every path from each of them; its
gradient is the sum over all these paths. Nothing has to be done for that here: the engine adds up
whatever arrives at a leaf.
"""

from .declaration import Node as Node
from .declaration import in_order as in_order
from .functions import FUNCTIONS as FUNCTIONS
from .network import DAG as DAG
from .shared_weight import SharedWeightDAG as SharedWeightDAG
