"""Several pictures of one layout as one that moves: SVG by CSS alone, or GIF.

The frames are the same drawing line by line, so a line that is equal in all of them is written
once, and one that changes once for each stretch of frames in which it stays the same.
"""

from __future__ import annotations

import hashlib
import io
import re
from collections.abc import Sequence
from html import escape

DRAWN = ("<text", "<path", "<polygon", "<polyline", "<ellipse")
HOLD = 2  # further steps for which the last picture stands still, before it begins anew

# The names carry the picture's own identifier: styles hold for all of a page.
STYLE = """<style>
.{own} {{ visibility: hidden; animation-duration: {duration:g}s;
  animation-timing-function: step-end; animation-iteration-count: infinite; }}
.{own}.last {{ visibility: visible; }}
svg:hover > g .{own} {{ animation-play-state: paused; }}
{keyframes}
@media (prefers-reduced-motion: reduce) {{ .{own} {{ animation: none !important; }} }}
@media print {{ .{own} {{ animation: none !important; }} }}
</style>"""


def animated_svg(frames: Sequence[str], seconds: float, title: str, captions: Sequence[str]) -> str:
    """One SVG of all frames; whoever asked for reduced motion sees the last.

    >>> frame = '<svg><title id="picture-title">t</title>\\n<desc id="d">d</desc>\\n{}\\n</svg>'
    >>> two = [frame.format('<text x="1">a</text>'), frame.format('<text x="1">b</text>')]
    >>> animated_svg(two, 1.0, "t", ["one", "two"]).count("<text")
    2
    """
    lines = [frame.splitlines() for frame in frames]
    if len({len(each) for each in lines}) != 1:
        raise ValueError("frames: expected pictures of one layout, line by line")
    last = len(frames) - 1
    own = "frame-" + hashlib.blake2s("".join(frames).encode(), digest_size=4).hexdigest()
    written: list[str] = []
    stretches: dict[tuple[int, int], str] = {}
    for variants in zip(*lines):
        if len(set(variants)) == 1 or not variants[last].startswith(DRAWN):
            written.append(variants[last])
            continue
        begin = 0
        for i in range(1, len(frames) + 1):
            if i <= last and variants[i] == variants[begin]:
                continue
            span = (begin, i - 1)
            name = stretches.setdefault(span, f"{own}-{len(stretches)}")
            final = " last" if i > last else ""
            written.append(f'<g class="{own} {name}{final}">{variants[begin]}</g>')
            begin = i
    total = len(frames) + HOLD
    style = STYLE.format(
        own=own,
        duration=total * seconds,
        keyframes="\n".join(keyframes(*span, last, total, n) for span, n in stretches.items()),
    )
    text = "\n".join(written)
    told = " ".join(f"{i + 1}. {caption}." for i, caption in enumerate(captions))
    text = re.sub(
        r"(<title id=[^>]*>)[^<]*(</title>\n<desc id=[^>]*>)[^<]*(</desc>)",
        lambda m: f"{m[1]}{escape(title)}{m[2]}{escape('In steps: ' + told)}{m[3]}\n{style}",
        text, count=1,
    )  # fmt: skip
    return text + "\n"


def keyframes(begin: int, end: int, last: int, total: int, name: str) -> str:
    """Visible from frame `begin` to frame `end`; the last frame stands until all begins anew."""
    first = 100 * begin / total
    after = 100.0 if end == last else 100 * (end + 1) / total
    marks = {0.0: "hidden", first: "visible", 100.0: "visible"}
    if after < 100:
        marks |= {after: "hidden", 100.0: "hidden"}
    steps = " ".join(f"{at:.3f}% {{ visibility: {v}; }}" for at, v in sorted(marks.items()))
    return f"@keyframes {name} {{ {steps} }} .{name} {{ animation-name: {name}; }}"


def gif(pngs: Sequence[bytes], seconds: float) -> bytes:
    """The frames as an animated GIF.

    Raises ImportError where Pillow is not installed (it comes with Matplotlib).
    """
    try:
        from PIL import Image
    except ImportError as error:
        raise ImportError(
            "a .gif needs Pillow: pip install pillow, or save the animation as .svg"
        ) from error
    images = [Image.open(io.BytesIO(png)).convert("RGB") for png in pngs]
    times = [round(1000 * seconds)] * len(images)
    times[-1] *= 1 + HOLD
    made = io.BytesIO()
    first, *rest = images
    first.save(made, "GIF", save_all=True, append_images=rest, duration=times, loop=0)
    return made.getvalue()
