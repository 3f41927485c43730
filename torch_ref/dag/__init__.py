"""Networks that are any graph without cycles, and weights that are used more than once.

Section of the lecture: «Redes DAG», from «Pasada hacia adelante» to «Reutilización de pesos».
"""

from .declaration import Node as Node
from .declaration import in_order as in_order
from .functions import FUNCTIONS as FUNCTIONS
from .network import DAG as DAG
from .shared_weight import SharedWeightDAG as SharedWeightDAG
