"""`python -m gradtwin.pitfalls`: every pitfall, and exit status 0 when each is caught."""

from __future__ import annotations

import argparse
import sys

from .report import all_caught, markdown, text


def main(arguments: list[str] | None = None) -> int:
    """Print the report; 0 when every wrong engine is caught, 1 when one is not."""
    parser = argparse.ArgumentParser(
        prog="python -m gradtwin.pitfalls", description="How an engine goes wrong."
    )
    parser.add_argument(
        "--markdown", action="store_true", help="the page docs/pitfalls.md, with the engines' code"
    )
    print(markdown() if parser.parse_args(arguments).markdown else text(), end="")
    return 0 if all_caught() else 1


if __name__ == "__main__":
    sys.exit(main())
