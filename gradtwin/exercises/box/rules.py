"""What an exercise forbids, looked for in the syntax tree before a line of the submission has run.

Only function bodies count: what a student tries out below the functions is nobody's business. The
names are followed through imports, so that `from numpy import linalg as la` hides nothing; a name
put together at run time does, which is why nothing but fairness depends on this.
"""

from __future__ import annotations

import ast
from collections.abc import Sequence


def violations(source: str, forbidden: Sequence[str]) -> list[tuple[str, int]]:
    """What of the forbidden names and loops the functions of a source use, each with its line.

    Args:
        source: Python.
        forbidden: full dotted names ("numpy.linalg" covers all below it), builtins ("eval"),
            or "for" (comprehensions too) and "while".

    Raises:
        SyntaxError: a source that is no Python.

    >>> violations("import numpy as np\\ndef f(x):\\n    return np.linalg.inv(x)", ["numpy.linalg"])
    [('numpy.linalg', 3)]
    """
    tree = ast.parse(source)
    names = _imported(tree)
    found: dict[str, int] = {}
    for function in ast.walk(tree):
        if not isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            continue
        for node in ast.walk(function):
            used = _uses(node, names)
            for rule in forbidden:
                if used and (used == rule or used.startswith(rule + ".")):
                    found.setdefault(rule, getattr(node, "lineno", function.lineno))
    return sorted(found.items(), key=lambda item: item[1])


def _imported(tree: ast.AST) -> dict[str, str]:
    """Local name -> full name of everything imported anywhere."""
    names = {"np": "numpy"}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                names[alias.asname or alias.name.partition(".")[0]] = (
                    alias.name if alias.asname else alias.name.partition(".")[0]
                )
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            for alias in node.names:
                names[alias.asname or alias.name] = f"{node.module}.{alias.name}"
    return names


def _uses(node: ast.AST, names: dict[str, str]) -> str:
    """The dotted name or the loop that a node is, "" for anything else."""
    if isinstance(node, ast.For | ast.AsyncFor | ast.comprehension):
        return "for"
    if isinstance(node, ast.While):
        return "while"
    parts: list[str] = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    if not isinstance(node, ast.Name):
        return ""
    return ".".join([names.get(node.id, node.id), *reversed(parts)])
