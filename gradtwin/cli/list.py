"""`gradtwin list`: the concepts in the lecture's order. It loads neither torch nor scratch."""

from __future__ import annotations

import sys
from typing import Annotated

import typer


def list_concepts(
    section: Annotated[
        str,
        typer.Option(metavar="WORDS", help="Only under headings of the lecture with these words."),
    ] = "",
    json: Annotated[bool, typer.Option("--json", help="Print JSON, with the formulas.")] = False,
) -> None:
    """List the concepts in the lecture's order, each with its section."""
    from ..concepts import in_section
    from .output import console, print_json, print_lines

    try:
        concepts = in_section(section)
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="--section") from error
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
                for concept in concepts
            ]
        )
        return
    rows = [(concept.name, concept.title, concept.section) for concept in concepts]
    if not sys.stdout.isatty():  # plain lines for grep; loading Rich would take most of the time
        print_lines(rows)
        return
    from itertools import groupby
    from operator import itemgetter

    from rich.table import Table
    from rich.text import Text

    table = Table("concept", "title")
    for heading, under in groupby(rows, key=itemgetter(2)):
        table.add_section()
        table.add_row(Text(heading, style="bold"))
        for name, title, _ in under:
            table.add_row(f"  {name}", title)
    console().print(table)
