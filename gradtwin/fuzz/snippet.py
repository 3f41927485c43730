"""A case as a short Python program that shows what both wings make of it."""

from __future__ import annotations

from ..counterexample import as_code
from .case import Case
from .walks import ONCE


def snippet(case: Case) -> str:
    """Python that anyone with gradtwin can run; it prints the comparison, and ends with its `.ok`.

    The assertion at its end fails as long as the wings differ.
    """
    count = len(case.arrays)
    plain = case.walks == ONCE
    names = [f"x{i}" for i in range(count)] + [f"v{i}" for i in range(len(case.steps))]
    body = [
        f"    {names[count + i]} = {step.text.format(*(names[p] for p in step.places))}"
        for i, step in enumerate(case.steps)
    ]
    arguments = ", ".join(names[:count])
    results = ", ".join(names[r] for r in case.results)
    text = "\n".join(body)
    lines = [
        "import numpy as np",
        "from gradtwin.compare import compare",
        *(["from gradtwin.concepts import concepts"] if "CONCEPTS" in text else []),
        "from gradtwin.concepts.wing import Wing",
        *(["from gradtwin.samples import OPERATIONS"] if "OPERATIONS" in text else []),
        *(["from gradtwin.samples.twins import derivative"] if case.order == 2 else []),
        "from gradtwin.sides import side" if plain else "from gradtwin.fuzz.walks import Walks",
        *(["from gradtwin.tolerance import through_float32"] if case.coarse else []),
        "",
        *(["CONCEPTS = {c.name: c for c in concepts()}", ""] if "CONCEPTS" in text else []),
        f"def program(lib, {arguments}):",
        "    F = lib.F",
        *body,
        f"    return {results}",
        "",
        *(f"{name} = {as_code(a)}" for name, a in zip(names, case.arrays)),
        f"scratch, torch = Wing('scratch', '{case.dtype}'), Wing('torch', '{case.dtype}')",
        f"ours = lambda {arguments}: program(scratch, {arguments})",
        f"theirs = lambda {arguments}: program(torch, {arguments})",
    ]
    wanted = list(case.wanted)
    if case.order == 2:  # the gradients as functions, whose gradients are the second derivatives
        outputs = len(case.results)
        upstream = [f"g{i}" for i in range(outputs)]
        _, _, arrays, wanted = case.sides()
        lines += [f"{name} = {as_code(g)}" for name, g in zip(upstream, arrays)]
        lines += [
            f"ours = derivative(scratch, ours, {outputs}, {wanted[outputs:]})",
            f"theirs = derivative(torch, theirs, {outputs}, {wanted[outputs:]})",
        ]
        arguments = ", ".join([*upstream, arguments])
    options = f"dtype='{case.dtype}', requires_grad={wanted}"
    if case.coarse:
        options += f", tolerance=through_float32('{case.dtype}')"
    if not plain:
        lines.append(f"walks = {case.walks}  # backward")
    sides = (
        "side('scratch', ours), side('torch', theirs)" if plain
        else "walks.scratch(ours), walks.torch(theirs)"
    )  # fmt: skip
    return "\n".join([
        *lines,
        f"found = compare({sides}, {arguments},",
        f"                {options})",
        "print(found)",
        "assert found.ok",
        "",
    ])  # fmt: skip
