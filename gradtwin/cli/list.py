"""`gradtwin list`: the concepts in the lecture's order. It loads neither torch nor scratch."""

from __future__ import annotations

import sys
from typing import Annotated

import typer


def list_concepts(
    json: Annotated[bool, typer.Option("--json", help="Print JSON, with the formulas.")] = False,
) -> None:
    """List the concepts in the lecture's order, each with its section."""
    from ..concepts import concepts
    from .output import console, print_json

    if json:
        print_json(
            [
                {
                    "name": concept.name,
                    "title": {"es": concept.es, "en": concept.en},
                    "section": concept.section,
                    "formula": concept.formula,
                    "figures": len(concept.figures),
                }
                for concept in concepts()
            ]
        )
        return
    rows = [(concept.name, concept.title, concept.section) for concept in concepts()]
    if not sys.stdout.isatty():  # plain lines for grep; loading Rich would take most of the time
        widths = [max(len(row[column]) for row in rows) for column in (0, 1)]
        for name, title, section in rows:
            print(f"{name:{widths[0]}}  {title:{widths[1]}}  {section}")
        return
    from rich.table import Table

    table = Table("concept", "title", "section of the lecture")
    for row in rows:
        table.add_row(*row)
    console().print(table)
