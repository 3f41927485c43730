"""The page around a report: self-contained, for a phone and a screen reader, light and dark.

One style sheet, no script, nothing loaded from elsewhere. Colours are pairs of text and ground with
a contrast of at least 4.5 (a test computes it), and never say alone what a word does not say too.
"""

from __future__ import annotations

from html import escape

LIGHT = {
    "ink": "#1b1f24", "ground": "#ffffff", "quiet": "#525b66", "card": "#f5f7f9",
    "line": "#c9d1d9", "link": "#0550ae", "code": "#eceff3",
    "right": "#0f5323", "right-ground": "#dcf5e3", "partial": "#5f4200",
    "partial-ground": "#fdf0c4", "wrong": "#8a1616", "wrong-ground": "#fde4e1",
}
DARK = {
    "ink": "#e6edf3", "ground": "#0f1419", "quiet": "#a7b1bc", "card": "#181f27",
    "line": "#3a444f", "link": "#79b8ff", "code": "#222b35",
    "right": "#8ce6ab", "right-ground": "#12321f", "partial": "#f3d27a",
    "partial-ground": "#3a2e0c", "wrong": "#ffb1a8", "wrong-ground": "#451a18",
}
PAIRS = (
    ("ink", "ground"), ("ink", "card"), ("ink", "code"), ("quiet", "ground"), ("quiet", "card"),
    ("link", "ground"), ("link", "card"), ("right", "right-ground"), ("partial", "partial-ground"),
    ("wrong", "wrong-ground"),
)
"""Text and ground, as they meet on the page."""

RULES = """
.gradtwin { color: var(--ink); background: var(--ground); line-height: 1.5;
  font-family: system-ui, -apple-system, "Segoe UI", Roboto, sans-serif; overflow-wrap: anywhere; }
.gradtwin a { color: var(--link); }
.gradtwin h1, .gradtwin h2, .gradtwin h3, .gradtwin h4 { line-height: 1.25; color: var(--ink); }
.gradtwin .exercise { background: var(--card); border: 1px solid var(--line);
  border-radius: .5rem; padding: .25rem 1rem 1rem; margin: 1rem 0; }
.gradtwin .quiet { color: var(--quiet); }
.gradtwin .verdict { display: inline-block; padding: .1rem .6rem; border-radius: 1rem;
  font-weight: 600; border: 1px solid currentColor; }
.gradtwin .right { color: var(--right); background: var(--right-ground); }
.gradtwin .partial { color: var(--partial); background: var(--partial-ground); }
.gradtwin .wrong { color: var(--wrong); background: var(--wrong-ground); }
.gradtwin .told { border-left: .3rem solid var(--partial); padding: .1rem .8rem;
  margin: .8rem 0; }
.gradtwin pre { background: var(--code); color: var(--ink); padding: .7rem; overflow-x: auto;
  border-radius: .3rem; white-space: pre; overflow-wrap: normal; font-size: .9rem;
  font-family: ui-monospace, Menlo, Consolas, monospace; }
.gradtwin .wide { overflow-x: auto; }
.gradtwin table { border-collapse: collapse; width: 100%; background: transparent; }
.gradtwin caption { text-align: left; font-weight: 600; padding: .3rem 0; }
.gradtwin th, .gradtwin td { text-align: left; vertical-align: top; padding: .3rem .6rem .3rem 0;
  border-bottom: 1px solid var(--line); overflow-wrap: normal; }
.gradtwin th[scope="row"] { overflow-wrap: anywhere; min-width: 7rem; }
.gradtwin td.points { white-space: nowrap; }
.gradtwin dl { display: grid; grid-template-columns: max-content 1fr; gap: .1rem .8rem; margin: 0; }
.gradtwin dd { margin: 0; font-family: ui-monospace, Menlo, Consolas, monospace; }
.gradtwin :focus-visible { outline: 3px solid var(--link); outline-offset: 2px; }
"""

PAGE_RULES = """
body { margin: 0; } main { max-width: 56rem; margin: 0 auto; padding: 1rem; }
html { background: var(--ground); }
@media print { .gradtwin .exercise { break-inside: avoid; } }
"""


def style(root: str = ".gradtwin") -> str:
    """The style sheet; `root` is where the colours are set."""

    def colours(of: dict[str, str]) -> str:
        return " ".join(f"--{name}: {value};" for name, value in of.items())

    return (f"{root} {{ {colours(LIGHT)} }}\n"
            f"@media (prefers-color-scheme: dark) {{ {root} {{ {colours(DARK)} }} }}{RULES}")


def page(title: str, body: str, lang: str) -> str:
    """A whole page; `body` is HTML whose headings begin with h1.

    >>> page("Notas", "<h1>Notas</h1>", "es").splitlines()[1]
    '<html lang="es" class="gradtwin">'
    """
    return f"""<!DOCTYPE html>
<html lang="{escape(lang)}" class="gradtwin">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta http-equiv="Content-Security-Policy"
 content="default-src 'none'; style-src 'unsafe-inline'; img-src data:">
<title>{escape(title)}</title>
<style>
{style()}{PAGE_RULES}</style>
</head>
<body>
<main>
{body}
</main>
</body>
</html>
"""
