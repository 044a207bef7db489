"""A few lines of SVG: elements, scales and a frame with ticks.

Written by hand and not by matplotlib, for what a page needs: colours are classes of the page's
style sheet (light, dark, print), text is text in the page's own face, ids do not clash between
charts of one page, no label is read as mathematics (``$``), and nothing names an outside address.
"""

from __future__ import annotations

import html
from collections.abc import Iterable
from dataclasses import dataclass

WIDTH = 400.0  # a phone's width: 12 px text stays legible there


@dataclass(frozen=True)
class Scale:
    """Maps values from [low, high] to pixels from ``start`` to ``stop``."""

    low: float
    high: float
    start: float
    stop: float

    def __call__(self, value: float) -> float:
        """Return the place of a value; those outside are put at the border."""
        share = (value - self.low) / ((self.high - self.low) or 1.0)
        return self.start + min(max(share, 0.0), 1.0) * (self.stop - self.start)


def element(tag: str, *children: str, **attributes: float | str) -> str:
    """Return an element; values are escaped, children are markup.

    >>> element("text", escape("a<b"), x=1.0, class_="tick", text_anchor="end")
    '<text x="1" class="tick" text-anchor="end">a&lt;b</text>'
    """
    pairs = "".join(
        f' {name.rstrip("_").replace("_", "-")}="{escape(_plain(value))}"'
        for name, value in attributes.items()
    )
    inner = "".join(children)
    return f"<{tag}{pairs}>{inner}</{tag}>" if inner else f"<{tag}{pairs}/>"


def escape(text: str) -> str:
    """Return the text with ``& < > " '`` as entities."""
    return html.escape(text, quote=True)


def text(content: str, x: float, y: float, kind: str = "", anchor: str = "start") -> str:
    """Return a line of text, with its baseline at ``y``."""
    return element("text", escape(content), x=x, y=y, class_=kind or "label", text_anchor=anchor)


def line(x1: float, y1: float, x2: float, y2: float, kind: str) -> str:
    """Return a straight line."""
    return element("line", x1=x1, y1=y1, x2=x2, y2=y2, class_=kind)


def path(points: Iterable[tuple[float, float]], kind: str, *, closed: bool = False) -> str:
    """Return a line through points [(x, y)]."""
    steps = " ".join(f"{'L' if i else 'M'}{_plain(x)} {_plain(y)}"
                     for i, (x, y) in enumerate(points))
    return element("path", d=steps + (" Z" if closed else ""), class_=kind)


def diamond(x: float, y: float, size: float, kind: str) -> str:
    """Return a square that stands on its corner."""
    corners = ((x - size, y), (x, y - size), (x + size, y), (x, y + size))
    return path(corners, kind, closed=True)


def shorten(name: str, most: int) -> str:
    """Return the name, or its beginning and an ellipsis."""
    return name if len(name) <= most else name[: most - 1].rstrip() + "…"


def chart(
    name: str, title: str, description: str, height: float, *children: str, width: float = WIDTH
) -> str:
    """Return a whole chart; ``name`` makes its ids, so it must be unique on the page."""
    ids = (f"chart-{name}-title", f"chart-{name}-text")
    return element(
        "svg",
        element("title", escape(title), id=ids[0]),
        element("desc", escape(description), id=ids[1]),
        *children,
        viewBox=f"0 0 {_plain(width)} {_plain(height)}", role="img", class_="chart",
        aria_labelledby=" ".join(ids),
    )


def across(scale: Scale, top: float, bottom: float, title: str = "") -> str:
    """Return the grid, ticks and title of a horizontal axis for values in [0, 1]."""
    marks = [line(scale(v), top, scale(v), bottom, "grid") for v in _QUARTERS]
    names = [text(_quarter(v), scale(v), bottom + 15, "tick", "middle") for v in _QUARTERS]
    middle = (scale.start + scale.stop) / 2
    titles = [text(title, middle, bottom + 32, "tick", "middle")] if title else []
    return "".join([*marks, *names, *titles])


def upward(scale: Scale, left: float, right: float) -> str:
    """Return the grid and ticks of a vertical axis for values in [0, 1]."""
    marks = [line(left, scale(v), right, scale(v), "grid") for v in _QUARTERS]
    names = [text(_quarter(v), left - 6, scale(v) + 4, "tick", "end") for v in _QUARTERS]
    return "".join([*marks, *names])


_QUARTERS = (0.0, 0.25, 0.5, 0.75, 1.0)


def _quarter(value: float) -> str:
    return f"{value:g}"


def _plain(value: float | str) -> str:
    return value if isinstance(value, str) else f"{value:.2f}".rstrip("0").rstrip(".")
