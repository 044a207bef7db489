"""The importance of features as a single HTML page: bars with their intervals, and the numbers."""

from __future__ import annotations

from collections.abc import Sequence

from earmark.errors import require
from earmark.judging.report.page import render
from earmark.judging.report.plain import clean
from earmark.judging.report.svg import WIDTH, Scale, chart, element, line, shorten, text
from earmark.lab.explain.importance import Importance, Row, headline

_LEFT, _RIGHT, _ROW = 150.0, WIDTH - 56, 20.0
_MOST = 40


def page(found: Importance) -> str:
    """Return the HTML.

    Raises:
        MissingExtraError: Jinja2 is not installed.
    """
    markup = require("jinja2", extra="train", purpose="making a report").utils.markupsafe.Markup
    return render(
        "importance.html.jinja", package="earmark.lab.explain", found=found,
        title=f"Importance of features: {clean(found.recipe)}", headline=headline(found),
        most=_MOST, families=markup(bars("families", "Families", found.families)),
        groups=markup(bars("groups", "Groups", found.groups[:_MOST])),
    )  # fmt: skip


def bars(name: str, title: str, rows: Sequence[Row]) -> str:
    """Return a bar a group with the interval of its drop."""
    low = min(0.0, *(row.interval.low for row in rows))
    high = max(1e-9, *(row.interval.high for row in rows))
    scale = Scale(low, high, _LEFT, _RIGHT)
    drawn = []
    for i, row in enumerate(rows):
        y, x, zero = 4 + _ROW * (i + 0.5), scale(row.drop), scale(0)
        drawn += [text(shorten(clean(row.name), 20), _LEFT - 8, y + 4, "label", "end"),
                  element("rect", x=min(x, zero), y=y - 6, width=abs(x - zero), height=12.0,
                          class_="for" if row.drop > 0 else "against"),
                  line(scale(row.interval.low), y, scale(row.interval.high), y, "axis"),
                  text(f"{row.drop:+.3f}", WIDTH, y + 4, "value", "end")]
    bottom = 8 + _ROW * len(rows)
    told = "; ".join(f"{row.name} {row.drop:+.3f}" for row in rows)
    return chart(name, title, told, bottom, line(scale(0), 0, scale(0), bottom, "grid"), *drawn)
