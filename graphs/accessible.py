"""An SVG that can be heard: a title and a description for the picture and for each node."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from html import escape


def accessible(
    svg: str, title: str, description: str, vertices: Mapping[str, tuple[str, str]]
) -> str:
    """Graphviz's SVG with `<title>` and `<desc>`; it also shrinks to the width of its page.

    vertices: for each id its title and its description.
    """
    svg = svg[svg.index("<svg") :]  # an HTML page has no place for the XML prologue
    # several pictures may stand on one page: each needs identifiers of its own
    own = hashlib.blake2s((title + svg).encode(), digest_size=4).hexdigest()
    head = (
        f'<title id="title-{own}">{escape(title)}</title>\n'
        f'<desc id="description-{own}">{escape(description)}</desc>\n'
    )
    svg = re.sub(
        r"<svg ([^>]*)>",
        rf'<svg role="img" aria-labelledby="title-{own} description-{own}" '
        r'style="max-width:100%;height:auto" \1>' + "\n" + head.replace("\\", r"\\"),
        svg,
        count=1,
    )
    # the graph's own title, which a browser would show as a tooltip over everything
    svg = re.sub(r'(<g id="graph0"[^>]*>)\n<title>[^<]*</title>', r"\1", svg, count=1)

    def node(match: re.Match[str]) -> str:
        id = match.group(2)
        if id not in vertices:
            return match.group(0)
        name, text = vertices[id]
        return f"{match.group(1)}<title>{escape(name)}</title>\n<desc>{escape(text)}</desc>"

    svg = re.sub(r'(<g id="node\d+" class="node[^"]*">\n)<title>([^<]*)</title>', node, svg)

    def edge(match: re.Match[str]) -> str:
        ends = match.group(2).split("&#45;&gt;")
        names = [vertices[end][0] if end in vertices else end for end in ends]
        return f"{match.group(1)}<title>{escape(' to '.join(names))}</title>"

    return re.sub(r'(<g id="edge\d+" class="edge[^"]*">\n)<title>([^<]*)</title>', edge, svg)
