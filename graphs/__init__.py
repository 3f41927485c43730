"""Draws the computational graph of anything that either engine has computed.

Lecture: "Grafo computacional". Reading order: `graph.py` (the picture in memory), `from_scratch.py`
and `from_torch.py` (who fills it), `dot.py` (who writes it), `drawing.py` (what you hold at the
end), and then the rest: `collapse.py`, `align.py`, `network.py`, `steps.py`.

Importing this package loads numpy at most; torch, torchviz, networkx and Graphviz are loaded when
they are needed.
"""

from .align import align as align
from .capture import capture as capture
from .capture import trace as trace
from .draw import draw as draw
from .draw import read as read
from .drawing import Drawing as Drawing
from .glossary import explain as explain
from .network import draw_network as draw_network
from .steps import Steps as Steps
from .steps import steps as steps
from .torchviz_style import draw_torch as draw_torch
