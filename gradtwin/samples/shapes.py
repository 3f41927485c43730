"""The same numbers in another arrangement: `scratch.operations.shapes`."""

from __future__ import annotations

from typing import Any

from .library import Library
from .operation import Operation, case, method, named, wrong


def cat(library: Library, *tensors: Any, **options: Any) -> Any:
    return library.cat(tensors, **options)


def stack(library: Library, *tensors: Any, **options: Any) -> Any:
    return library.stack(tensors, **options)


OPERATIONS = [
    Operation(
        "reshape", lambda lib, x, shape: lib.reshape(x, shape),
        cases=[
            case("n k m", shape=lambda n, k, m: (k, n * m)), case("n+ k+", shape=(-1,)),
            case("n+ k+ m+", shape=lambda k, n, m: (k, -1)), case("", shape=(1, 1)),
            case("1", shape=()), case("n k", shape=lambda n, k: (n, 1, k, 1)),
        ],
        errors=[
            wrong("2 3", shape=(4, 2), raises=RuntimeError, match=r"reshape.*\(2, 3\)"),
            wrong("2 3", shape=(-1, -1), raises=RuntimeError, match="shape"),
        ],
        forms=[lambda _, x, shape: x.reshape(shape), lambda _, x, shape: x.reshape(*shape)],
        smooth=True,
    ),
    Operation(
        "permute", named("permute"),
        cases=[
            *(case("n k m", dims=d) for d in ((1, 2, 0), (2, 0, 1), (-1, 0, 1), (0, 1, 2))),
            case("n k", dims=(1, 0)), case("", dims=()),
        ],
        errors=[
            wrong("2 3", dims=(0,), raises=RuntimeError, match="dims"),
            wrong("2 3", dims=(0, 0), raises=RuntimeError, match="dims|repeated"),
            wrong("2 3", dims=(0, 2), raises=IndexError, match="permute"),
        ],
        forms=[lambda _, x, dims: x.permute(dims), lambda _, x, dims: x.permute(*dims)],
        smooth=True,
    ),
    Operation(
        "transpose", named("transpose"),
        cases=[
            *(case("n k m", dim0=a, dim1=b) for a, b in ((0, 1), (0, -1), (-2, 2), (1, 1))),
            case("", dim0=0, dim1=-1),
        ],
        errors=[wrong("2 3", dim0=0, dim1=2, raises=IndexError, match="transpose")],
        forms=[method("transpose")], smooth=True,
    ),
    Operation(".T", lambda _, x: x.T, cases=[case("n k")], smooth=True),
    Operation(
        "squeeze", named("squeeze"),
        cases=[
            case("n 1 k"), case("1 1"), case("n k"), case(""), case("1 n 1", dim=0),
            case("1 n 1", dim=-1), case("1 n 1", dim=1), case("1 n 1", dim=(0, 2)), case("", dim=0),
        ],
        errors=[wrong("2 1", dim=2, raises=IndexError, match="dim: 2 is out of range")],
        forms=[method("squeeze")], smooth=True,
    ),
    Operation(
        "unsqueeze", named("unsqueeze"),
        cases=[*(case("n k", dim=d) for d in (0, 1, 2, -1, -3)), case("", dim=0)],
        errors=[wrong("2 3", dim=3, raises=IndexError, match="unsqueeze")],
        forms=[method("unsqueeze")], smooth=True,
    ),
    Operation(
        "expand", lambda _, x, shape: x.expand(shape),
        cases=[
            case("n 1", shape=lambda n: (n, 3)), case("1 n", shape=lambda n: (4, 2, n)),
            case("n 1", shape=(-1, 3)), case("", shape=(2, 3)),
            case("n k", shape=lambda n, k: (n, k)),
            case("1 n", shape=lambda n: (0, n)),
        ],
        errors=[
            wrong("2 3", shape=(2, 4), raises=RuntimeError, match="expand"),
            wrong("2 3", shape=(3,), raises=RuntimeError, match=r"shape: \(2, 3\)"),
            wrong("3", shape=(-1, 3), raises=RuntimeError, match="shape"),
        ],
        forms=[lambda _, x, shape: x.expand(*shape)], smooth=True,
    ),
    Operation(
        "flatten", named("flatten"),
        cases=[
            case("n k m"), case(""), case("n k m", start_dim=1), case("n k m", end_dim=1),
            case("n k m", start_dim=-2, end_dim=-1), case("n k m", start_dim=1, end_dim=1),
        ],
        errors=[
            wrong("2 3 4", start_dim=2, end_dim=1, raises=RuntimeError, match="start_dim: 2"),
            wrong("2 3", start_dim=2, raises=IndexError, match="2 is out of range"),
        ],
        forms=[method("flatten")], smooth=True,
    ),
    Operation(
        "cat", cat,
        cases=[
            case("n k", "m k"), case("n k", "m k", "1 k", dim=0), case("k n", "k m", dim=1),
            case("k n 2", "k m 2", dim=-2), case("n", "0"), case("0", "n k", "m k"),
            case("n k", "0 k"),
            case("n"),
        ],
        errors=[
            wrong(raises=(ValueError, RuntimeError), match="tensors: .*empty"),
            wrong("2 3", "2 4", raises=RuntimeError, match=r"tensors\[1\]: \(2, 4\)"),
            wrong("2 3", "2 3", dim=2, raises=IndexError, match="dim: 2"),
            wrong("", "", raises=RuntimeError, match="0|zero"),
        ],
        smooth=True,
    ),
    Operation(
        "stack", stack,
        cases=[
            case("n k", "n k"), case("n k", "n k", "n k", dim=1), case("n k", "n k", dim=-1),
            case("", "", ""), case("n", dim=1),
        ],
        errors=[
            wrong(raises=(ValueError, RuntimeError), match="tensors: .*empty"),
            wrong("2 3", "2 4", raises=RuntimeError, match=r"tensors\[1\]: \(2, 4\)"),
            wrong("2 3", "2 3", dim=3, raises=IndexError, match="dim|stacked"),
        ],
        smooth=True,
    ),
]  # fmt: skip
