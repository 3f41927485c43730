"""`gradtwin.render`: pictures of the lecture's concepts, and whether both wings have one graph.

Lecture: "Grafo computacional". `graphs` draws any tensor; here each concept of the registry gets
an input (`example.py`), is computed in a wing (`computed.py`), and becomes a picture
(`picture.py`), or a file in the gallery (`gallery.py`).
"""

from .computed import Computed as Computed
from .computed import NoGraphError as NoGraphError
from .computed import compute as compute
from .picture import aligned as aligned
from .picture import lecture as lecture
from .picture import neurons as neurons
from .picture import steps as steps
from .picture import torchviz as torchviz
