"""A search as a single HTML page: nothing fetched, no script."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from earmark.errors import require
from earmark.judging.intervals import Interval
from earmark.judging.report import facts
from earmark.judging.report.charts import Bar, intervals, shares
from earmark.judging.report.page import render
from earmark.judging.report.plain import clean
from earmark.lab.tuning import drawing, told
from earmark.lab.tuning.ranges import word

_LEVEL = 0.95
_ROWS = (("searched", "given", "given, in search"), ("searched", "best", "best, in search"),
         ("confirmed", "given", "given, fresh folds"), ("confirmed", "best", "best, fresh folds"))


def page(found: Mapping[str, Any]) -> str:
    """Return the HTML of a search.

    Raises:
        MissingExtraError: Jinja2 is not installed.
    """
    markup = require("jinja2", extra="train", purpose="making a page").utils.markupsafe.Markup
    metric = facts.metric(found["metric"])
    slices = [(found["names"][place], markup(drawing.sliced(found, place, metric)))
              for place in found["space"]]
    importance = sorted((found["importance"] or {}).items(), key=lambda pair: -pair[1])
    return render(
        "tune.html.jinja", package="earmark.lab.tuning", found=found, metric=metric,
        title=f"Search from {clean(found['recipe'])} on {clean(found['dataset'])}",
        sentence=told.sentence(found), word=word, rows=_rows(found),
        history=markup(drawing.history(found, metric)), slices=slices,
        scores=markup(intervals("tune-scores", f"{metric} of the best and as given",
                                [bar for _, bar, _ in _rows(found)])),
        importance=markup(shares("tune-importance", "What scores depend on",
                                 [(found["names"][p], v) for p, v in importance])),
        ranked=sorted((t for t in found["trials"] if t["state"] == "complete"),
                      key=lambda t: (-t["score"], t["number"])),
    )  # fmt: skip


def _rows(found: Mapping[str, Any]) -> list[tuple[str, Bar, str]]:
    """Return scores: name, bar, and the difference from the recipe as given."""
    rows = []
    for where, which, name in _ROWS:
        if line := found[where].get(which):
            more = line["difference"]
            gap = (f"{more['value']:+.3f} [{more['low']:+.3f}, {more['high']:+.3f}]" if more
                   else "–")
            wide = Interval(line["low"], line["high"], _LEVEL)
            rows.append((name, Bar(name, line["value"], wide=wide, doubtful=where == "searched"
                                   and which == "best"), gap))
    return rows
