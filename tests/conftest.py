"""What all tests share, and their markers by section of the lecture: `pytest -m relu`, `-m dag`.

A test of one concept is marked with its name and with the part of the lecture that it belongs to; a
file about one part marks all its tests. `pytest --markers` lists them.
"""

from __future__ import annotations

import signal
from pathlib import Path

import pytest
import torch

from gradtwin.concepts import Concept, concepts
from gradtwin.samples import Operation

# Two test processes on two cores: PyTorch's own threads would only wait for each other.
torch.set_num_threads(1)

# In the background of a script Ctrl-C is ignored, by what a test starts as well.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

PARTS = {
    "perceptron": ("El perceptrón", "¿Cuál es la utilidad", "Ejemplo con un perceptrón"),
    "fully_connected": ("Salida en una red", "Múltiples capas", "Evaluación de una red"),
    "loss": ("Ejemplo práctico: XOR", "Funciones de pérdida", "¿Cómo entrenar"),
    "descent": ("Descenso del gradiente",),
    "backpropagation": ("Regla de la cadena", "Propagación hacia atrás"),
    "batches": ("Descenso de gradiente",),
    "optimizers": ("Otros algoritmos de optimización",),
    "vanishing": ("Desvanecimiento del gradiente", "Causas del desvanecimiento"),
    "softmax": ("Otras funciones de activación importantes",),
    "activation": ("Función de activación", "Otras funciones de activación"),
    "residual": ("Otras soluciones: Redes Residuales",),
    "exploding": ("El problema del Exploding Gradient",),
    "monitoring": ("Como detectar y monitorizar",),
    "graph": ("Grafo computacional", "Diferenciación automática"),
    "dag": ("Redes DAG",),
}
"""Marker -> how the headings of its part of the lecture begin; the first that fits counts."""

FILES = {
    "activations": "activation",
    "losses": "loss",
    "linear": "fully_connected",
    "chain_rule": "backpropagation",
    "training": "batches",
    "tradeoff": "batches",
    "distributed": "batches",
    "initializers": "vanishing",
    "clipping": "exploding",
    "engine": "graph",
    "new_block": "graph",
    "pitfalls": "graph",
}
"""File (of tests, or of a wing, for its doctests) -> marker, where it is not named like a part."""


def part_of(section: str) -> str:
    """The part of the lecture that a heading stands in."""
    return next(
        part for part, headings in PARTS.items() if section.startswith(headings)
    )


OF_CONCEPT = {each.name: {each.name, part_of(each.section)} for each in concepts()}


def pytest_configure(config: pytest.Config) -> None:
    for part, headings in PARTS.items():
        config.addinivalue_line("markers", f"{part}: «{headings[0]}»")
    for each in concepts():
        config.addinivalue_line("markers", f"{each.name}: {each.title}")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        for marker in sorted(markers_of(item)):
            item.add_marker(marker)


def markers_of(item: pytest.Item) -> set[str]:
    """By its file, its folder in a wing, and the concepts it is parametrised with."""
    path = Path(item.path)
    found = set()
    for name in (path.stem.removeprefix("test_"), path.parent.name):
        name = FILES.get(name, name)
        found |= {name} & PARTS.keys()
    callspec = getattr(item, "callspec", None)
    for value in callspec.params.values() if callspec else ():
        if isinstance(value, Operation | Concept):
            found |= OF_CONCEPT.get(value.name, set())
    return found
