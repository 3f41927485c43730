"""What holds the house up: who imports whom, and that the two wings have the same rooms."""

from __future__ import annotations

import ast
import importlib
import inspect
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch.nn.functional

import scratch.functional
import torch_ref.functional

ROOT = Path(__file__).resolve().parents[1]
ALLOWED = {  # besides the standard library and itself
    "scratch": {"numpy", "rich"},  # rich: only for a progress bar on a terminal, imported there
    "torch_ref": {"torch", "numpy", "rich"},
}


def imported(path: Path) -> Iterator[tuple[str, bool]]:
    """The packages that a file imports, and whether at its top level."""
    tree = ast.parse(path.read_text())
    top = set(map(id, tree.body))
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for name in node.names:
                yield name.name.partition(".")[0], id(node) in top
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            yield (node.module or "").partition(".")[0], id(node) in top


@pytest.mark.parametrize("wing", ["scratch", "torch_ref"])
def test_a_wing_imports_nothing_of_the_other(wing: str) -> None:
    for path in (ROOT / wing).rglob("*.py"):
        for package, at_the_top in imported(path):
            if package in sys.stdlib_module_names or package == wing:
                continue
            assert package in ALLOWED[wing], f"{path} imports {package}"
            assert package != "rich" or not at_the_top, f"{path} imports rich at its top"


def test_graphs_imports_torch_only_when_handed_a_tensor() -> None:
    heavy = {"torch", "torchviz", "pygraphviz", "networkx"}
    for path in (ROOT / "graphs").rglob("*.py"):
        for package, at_the_top in imported(path):
            assert not (at_the_top and package in heavy), f"{path} imports {package}"


@pytest.mark.parametrize(
    "statement", ["import scratch", "import gradtwin; gradtwin.concepts()", "import gradtwin.cli"]
)
def test_torch_is_not_loaded_by(statement: str) -> None:
    heavy = {"torch", "scipy", "matplotlib"}
    code = f"{statement}; import sys; print(*sorted({heavy} & set(sys.modules)))"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=True
    )
    assert done.stdout.strip() == ""


def names(module: object) -> set[str]:
    return {name for name in vars(module) if not name.startswith("_") and name != "annotations"}


NOT_MIRRORED = {"annotations", "activations", "losses", "linear"}
FUNCTIONS = sorted(
    name for name in names(scratch.functional) if callable(getattr(scratch.functional, name))
)


def test_functional_has_the_same_names_in_both_wings() -> None:
    theirs = {n for n in names(torch_ref.functional) if callable(getattr(torch_ref.functional, n))}
    assert set(FUNCTIONS) == theirs


def parameters(function: object) -> list[tuple[str, object]]:
    return [(p.name, p.default) for p in inspect.signature(function).parameters.values()]  # type: ignore[arg-type]


@pytest.mark.parametrize("name", FUNCTIONS)
def test_functional_has_the_same_parameters_in_both_wings(name: str) -> None:
    assert parameters(getattr(scratch.functional, name)) == parameters(
        getattr(torch_ref.functional, name)
    )


LEFT_OUT = {"inplace", "size_average", "reduce", "_stacklevel"}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_functional_has_pytorchs_parameters(name: str) -> None:
    theirs = getattr(torch.nn.functional, name, None)
    try:
        known = parameters(theirs)
    except (TypeError, ValueError):
        pytest.skip(f"PyTorch has no {name}, or no signature of it that can be read")
    if any(p == "args" for p, _ in known):
        pytest.skip(f"the signature of PyTorch's {name} is hidden by its dispatcher")
    known = [(p, d) for p, d in known if p not in LEFT_OUT]
    ours = parameters(getattr(scratch.functional, name))
    assert [p for p, _ in ours] == [p for p, _ in known]
    for (p, ours_default), (_, theirs_default) in zip(ours, known):
        assert ours_default == theirs_default, p


MIRRORED = [
    "activations", "autograd", "clipping", "dag", "descent", "functional", "fully_connected",
    "initializers", "linear", "losses", "module", "monitoring", "new_block", "optimizers",
    "perceptron", "residual", "training",
]  # fmt: skip


@pytest.mark.parametrize("module", MIRRORED)
def test_the_wings_have_the_same_files(module: str) -> None:
    for wing in ("scratch", "torch_ref"):
        assert (ROOT / wing / f"{module}.py").exists() or (ROOT / wing / module).is_dir()


# Where the base class is PyTorch's own, its signature is too.
OF_PYTORCH = {("module", "Module"), ("new_block", "Snake")}


@pytest.mark.parametrize("module", MIRRORED)
def test_what_torch_ref_defines_has_a_twin_with_the_same_parameters(module: str) -> None:
    ours = importlib.import_module(f"scratch.{module}")
    theirs = importlib.import_module(f"torch_ref.{module}")
    for name, twin in vars(theirs).items():
        defined_here = getattr(twin, "__module__", "").startswith(theirs.__name__)
        if callable(twin) and defined_here and not name.startswith("_") and name != "dtype_name":
            assert hasattr(ours, name), name
            if (module, name) not in OF_PYTORCH:
                assert parameters(getattr(ours, name)) == parameters(twin), name


def test_a_function_has_the_same_parameters_in_both_wings() -> None:
    for method in ("forward", "backward"):
        ours, theirs = (getattr(wing.Snake, method) for wing in (scratch, torch_ref))
        assert parameters(ours) == parameters(theirs)
