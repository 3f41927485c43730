"""`python -m gradtwin.vanishing [--side torch] [table ...]`: the tables of `docs/vanishing.md`."""

from __future__ import annotations

import argparse

from .tables import TABLES


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m gradtwin.vanishing", description="Vanishing and exploding gradients."
    )
    parser.add_argument("tables", nargs="*", metavar="table", help=", ".join(TABLES))
    parser.add_argument("--side", choices=("scratch", "torch"), default="scratch")
    arguments = parser.parse_args()
    for name in arguments.tables or TABLES:
        if name not in TABLES:
            parser.error(f"unknown table {name!r}: expected one of {', '.join(TABLES)}")
    for name in arguments.tables or TABLES:
        print(f"{name}\n\n{TABLES[name](arguments.side)}\n", flush=True)


if __name__ == "__main__":
    main()
