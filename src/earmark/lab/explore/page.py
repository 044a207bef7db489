"""An exploration as a single HTML page: nothing fetched, no script, pictures before numbers."""

from __future__ import annotations

import re

from earmark.datasets._files import counted
from earmark.errors import require
from earmark.judging.report.page import render
from earmark.judging.report.plain import clean
from earmark.judging.report.svg import WIDTH
from earmark.lab.explore.exploring import NUMBERS, Exploration
from earmark.lab.explore.section import Figure

_VIEW_BOX = re.compile(r'viewBox="0 0 ([0-9.]+) ')
_WIDE = 1.2  # times a phone's width, from which on a picture gets the whole page's


def page(found: Exploration) -> str:
    """Return the HTML of an exploration.

    Raises:
        MissingExtraError: Jinja2 is not installed.
    """
    jinja2 = require("jinja2", extra="train", purpose="making a report")
    return render(
        "explore.html.jinja", package="earmark.lab.explore", found=found,
        title=f"Exploration of {clean(found.dataset)}", headline=headline(found),
        markup=jinja2.utils.markupsafe.Markup, width=width, wide=_WIDE * WIDTH, numbers=NUMBERS,
    )  # fmt: skip


def headline(found: Exploration) -> str:
    """Return the exploration in a sentence."""
    numbers = next(s.numbers for s in found.sections if s.name == "labels")
    many, each = len(numbers["labels"]), numbers["labels_a_track"]["mean"]
    said = f"{counted(found.tracks, 'track')}, {counted(many, 'label')}, {each:.2f} a track"
    if (half := numbers["long_tail"]["labels_that_make_half"]) < many / 2:
        said += f"; {half} of the labels make up half of all that tracks bear"
    return said


def width(figure: Figure) -> float:
    """Return a picture's own width in pixels."""
    found = _VIEW_BOX.search(figure.svg)
    return float(found[1]) if found else WIDTH
