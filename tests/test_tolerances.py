"""No test, no concept and no wing has a tolerance of its own: each is `gradtwin/tolerance.py`'s.

Read from the syntax trees, so that it holds for code that no test runs. What counts as one:

- a function that compares up to a tolerance and is not `tests/close.py`'s (`pytest.approx`,
  `np.allclose`, ...): it has one even where none is written;
- a number in the arithmetic of an argument named `rtol`, `abs`, `ulps`, ..., or of what
  `assert_within` allows;
- a number that an absolute difference is compared with, and in an `assert` one so small that only
  rounding can be meant, whatever is compared with it.

The arithmetic goes through names that are assigned in the file, in the function or around it. It
ends at a call, which may be one of `tolerance.py`, and 0 and 1 are no numbers in it: exact, and the
unit. How many terms, layers or steps there are, and how large they get, is not a tolerance but what
one is derived from.
"""

from __future__ import annotations

import ast
from collections import defaultdict
from pathlib import Path

import pytest

from gradtwin.tolerance import resolution

ROOT = Path(__file__).resolve().parents[1]
FOLDERS = ("tests", "scratch", "torch_ref", "gradtwin")

COMPARING = {
    "approx", "allclose", "isclose", "almosteq", "assert_allclose", "assert_approx_equal",
    "assert_almost_equal", "assert_array_almost_equal", "assert_array_almost_equal_nulp",
    "assert_array_max_ulp", "assertAlmostEqual",
}  # fmt: skip
NAMED = {"rtol", "atol", "rel", "abs", "rel_tol", "abs_tol", "ulps", "places", "decimal", "allowed"}
ARITHMETIC = {"max", "min", "float", "abs", "sqrt", "maximum", "minimum", "dict"}
ORDERING = (ast.Lt, ast.LtE, ast.Gt, ast.GtE)
SMALL = resolution("float32")  # a result that is asserted to be below can only be a rounding

EDITED = "of the comparison's own tests, which are being rewritten"
ALLOWED = {
    "tests/gradtwin/test_compare.py": EDITED,
    "tests/gradtwin/test_frozen.py": EDITED,
    "tests/gradtwin/test_no_own_witness.py": EDITED,
    "tests/gradtwin/test_tolerance.py": EDITED,
    "tests/gradtwin/test_witness.py": EDITED,
    "tests/test_accuracy.py": EDITED,
    "tests/test_fuzz_independent.py": EDITED,
    "tests/test_more_exact.py": EDITED,
    "gradtwin/accuracy/consecutive.py::Polynomial.meets": "whether a shortcut may be taken",
    "gradtwin/witness.py::_has_kink": "a ratio of two differences, not a rounding",
}  # fmt: skip
"""file, or file::function -> why it may."""

Found = tuple[str, int, str]


class Reader:
    """The tolerances of one file, as (function, line, code)."""

    def __init__(self, text: str) -> None:
        self.assigned: dict[tuple[str, str], list[ast.expr]] = defaultdict(list)
        self.function = ""  # whose body is being read
        self.found: list[Found] = []
        tree = ast.parse(text)
        self._note(tree, "")
        self._read(tree, "", asserted=False)

    def _note(self, node: ast.AST, function: str) -> None:
        """What each name is assigned, by the function that assigns it."""
        match node:
            case ast.Assign(targets=[ast.Name(id=name)], value=value):
                self.assigned[function, name].append(value)
            case ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value):
                self.assigned[function, name].append(value)
        for child in ast.iter_child_nodes(node):
            self._note(child, inside(function, node))

    def _read(self, node: ast.AST, function: str, asserted: bool) -> None:
        self.function = function = inside(function, node)
        asserted = asserted or isinstance(node, ast.Assert)
        match node:
            case ast.Call() if self._has_one(node):
                self.found.append((function, node.lineno, ast.unparse(node)))
            case ast.Compare() if self._compares(node, asserted):
                self.found.append((function, node.lineno, ast.unparse(node)))
        for child in ast.iter_child_nodes(node):
            self._read(child, function, asserted)

    def _has_one(self, call: ast.Call) -> bool:
        name = name_of(call.func)
        given = [each.value for each in call.keywords if each.arg in NAMED]
        given += call.args[2:3] if name == "assert_within" else []
        return name in COMPARING or any(map(self.numbers, given))

    def _compares(self, comparison: ast.Compare, asserted: bool) -> bool:
        if not any(isinstance(each, ORDERING) for each in comparison.ops):
            return False
        sides = [comparison.left, *comparison.comparators]
        others = [side for side in sides if not self.is_difference(side)]
        if len(others) < len(sides):
            return any(map(self.numbers, others))
        numbers = [number for side in sides for number in self.numbers(side)]
        return asserted and any(0 < abs(number) < SMALL for number in numbers)

    def values(self, name: str) -> list[ast.expr]:
        """What the name is assigned in the function that is read, or around it."""
        function = self.function
        while function and (function, name) not in self.assigned:
            function = function.rpartition(".")[0]
        return self.assigned.get((function, name), [])

    def numbers(self, node: ast.expr, seen: frozenset[str] = frozenset()) -> list[float]:
        """The numbers in the arithmetic of an expression, but for 0 and 1."""
        parts: list[ast.expr] = []
        match node:
            case ast.Constant(value=int() | float() as value) if not isinstance(value, bool):
                return [value] if value not in (0, 1) else []
            case ast.BinOp(left=ast.Constant(value=int() | float() as base), op=ast.Pow()):
                return [power(base, node.right)]
            case ast.BinOp(left=left, op=ast.Pow()):
                parts = [left]
            case ast.BinOp(left=left, right=right):
                parts = [left, right]
            case ast.UnaryOp(operand=operand):
                parts = [operand]
            case ast.IfExp(body=body, orelse=orelse):
                parts = [body, orelse]
            case ast.Dict(values=values):
                parts = values
            case ast.Subscript(value=value):
                parts = [value]
            case ast.Call(func=function, args=args) if name_of(function) in ARITHMETIC:
                parts = [*args, *(each.value for each in node.keywords)]
            case ast.Name(id=name) if name not in seen:
                seen, parts = seen | {name}, self.values(name)
        return [number for part in parts for number in self.numbers(part, seen)]

    def is_difference(self, node: ast.expr, seen: frozenset[str] = frozenset()) -> bool:
        """Whether |a - b| is in the expression, or in what its names are assigned."""
        for each in ast.walk(node):
            match each:
                case ast.Name(id=name) if name not in seen:
                    if any(self.is_difference(v, seen | {name}) for v in self.values(name)):
                        return True
                case ast.Call(func=function) if name_of(function) in {"abs", "fabs", "absolute"}:
                    # abs(a - b), or (a - b).abs()
                    if any(map(subtracts, each.args or [function])):
                        return True
        return False


def inside(function: str, node: ast.AST) -> str:
    """The name of what is read below this node: a function's, a method's of a class."""
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return f"{function}.{node.name}".lstrip(".")
    return function


def subtracts(node: ast.expr) -> bool:
    return any(isinstance(each, ast.BinOp) and isinstance(each.op, ast.Sub)
               for each in ast.walk(node))  # fmt: skip


def name_of(function: ast.expr) -> str:
    """The last name of what is called: `allclose` of np.allclose."""
    match function:
        case ast.Attribute(attr=name) | ast.Name(id=name):
            return name
    return ""


def power(base: float, exponent: ast.expr) -> float:
    """2**-52 as the number that it is; of another exponent the base."""
    try:
        return float(base ** ast.literal_eval(exponent))
    except (ValueError, OverflowError):
        return base


def files() -> list[str]:
    paths = [path for folder in FOLDERS for path in sorted((ROOT / folder).rglob("*.py"))]
    names = [path.relative_to(ROOT).as_posix() for path in paths]
    return [name for name in names if name != "gradtwin/tolerance.py"]


@pytest.mark.parametrize("file", files())
def test_a_file_has_no_tolerance_of_its_own(file: str) -> None:
    reader = Reader((ROOT / file).read_text(encoding="utf-8"))
    wrong = [
        f"{file}:{line}: {code}"
        for function, line, code in reader.found
        if not {file, f"{file}::{function}"} & ALLOWED.keys()
    ]
    if wrong:  # derived in gradtwin/tolerance.py, compared with tests/close.py
        pytest.fail("\n".join(wrong), pytrace=False)


def test_what_is_allowed_is_there_and_needed() -> None:
    for place in ALLOWED:
        file, _, function = place.partition("::")
        reader = Reader((ROOT / file).read_text(encoding="utf-8"))
        assert any(function in ("", name) for name, *_ in reader.found), place


@pytest.mark.parametrize(
    "code",
    [
        "assert x == pytest.approx(y)",
        "np.testing.assert_allclose(x, y, rtol=0, atol=allowed)",
        "np.allclose(x, y)",
        "check(x, y, rtol=1e-12)",
        "check(x, y, atol=8 * eps)",
        "Tolerance(ulps=40)",
        "allowed = 3 * eps\ncheck(x, y, rel=allowed)",
        "ROUNDING = {'atol': 2**-40}\ncheck(x, y, atol=ROUNDING['atol'])",
        "assert_within(x, y, 1e-9)",
        "assert_within(x, y, 2 * drift(9, terms=4, dtype=dtype))",
        "assert abs(x - y) < 1e-9",
        "assert np.abs(x - y).max() <= 4 * eps * size",
        "assert 0.01 > (x - y).abs().max()",
        "apart = abs(x - y)\nassert apart < max(1, 1e-3)",
        "assert x.distance < 1e-9",
        "assert x < 2**-40",
    ],
)
def test_a_tolerance_is_seen(code: str) -> None:
    assert len(Reader(code).found) == 1


@pytest.mark.parametrize(
    "code",
    [
        "assert_close(x, y, terms=12, layers=5, size=3)",
        "assert_within(x, y, scatter(0.5, draws=100))",
        "allowed = drift(9, terms=4, dtype=dtype)\nassert_within(x, y, allowed * max(size, 1))",
        "assert abs(x - y) <= composed(y, terms=64)",
        "Tolerance(ulps=0, terms=0)",
        "assert accuracy > 0.95",
        "assert abs(x) < 0.25**7",
        "assert round(x, 4) == 0.8376",
        "optimizer(lr=1e-9, eps=1e-8)",
        "assert abs(x - y) == 0.5",
    ],
)
def test_what_is_none_is_not(code: str) -> None:
    assert Reader(code).found == []
