"""`gradtwin list`: the concepts in the lecture's order. It loads neither torch nor scratch."""

from __future__ import annotations

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
    from rich.table import Table

    table = Table("concept", "title", "section of the lecture")
    for concept in concepts():
        table.add_row(concept.name, concept.title, concept.section)
    console().print(table)
