"""An explanation as a single HTML page, with the sound that spoke for the label beside it."""

from __future__ import annotations

from earmark.errors import require
from earmark.judging.report.page import render
from earmark.judging.report.plain import clean
from earmark.lab.explain.drawing import draw
from earmark.lab.explain.explaining import Explanation, strongest
from earmark.lab.explain.spoken import MUTED_DB

_WAYS = {
    "sound": "Windows of time and bands of frequency were turned down in the sound by {depth:g} "
             "dB, one at a time, and the tagger heard what was left.",
    "picture": "Windows, bands and cells were dimmed in the spectrograms that the tagger looks at, "
               "an eighth of the way to what is darkest in them.",
    "gradients": "The gradients of the networks' logits were integrated from a dark spectrogram to "
                 "this one; the shares of all cells add up to what the label's logit gains over a "
                 "dark one.",
}


def page(found: Explanation) -> str:
    """Return the HTML of an explanation.

    Raises:
        MissingExtraError: Jinja2 is not installed.
    """
    jinja2 = require("jinja2", extra="train", purpose="making a report")
    drawn = draw(clean(found.label), found.sound, found.grid, found.shares)
    return render(
        "explain.html.jinja", package="earmark.lab.explain", found=found,
        title=f"{clean(found.label)} in {clean(found.file)}", headline=headline(found),
        picture=jinja2.utils.markupsafe.Markup(drawn), muted=MUTED_DB, rows=score_rows(found),
        way=_WAYS[found.shares.way].format(depth=found.how.depth),
        separate=found.shares.cells is None,
    )  # fmt: skip


def headline(found: Explanation) -> str:
    """Return the explanation in a sentence."""
    said = f"'{found.label}' scores {found.shown(found.scores):.2f}"
    start = found.sound.start_seconds
    windows = strongest(found.grid.times, found.shares.windows, 1)
    bands = strongest(found.grid.hz, found.shares.bands, 1)
    most = [f"{start + a:g} to {start + b:g} s" for a, b, _ in windows]
    most += [f"{a:.0f} to {b:.0f} Hz" for a, b, _ in bands]
    return f"{said}; strongest for it: {' and '.join(most)}" if most else \
        f"{said}; no window and no band speaks for it by itself"


def score_rows(found: Explanation) -> list[tuple[str, float, float]]:
    """Return what was heard, the label's score as shown, and before calibration."""
    rows = [("the whole", found.scores)]
    if found.alone:
        rows += [("what spoke for it, alone", found.alone[0]), ("the rest, alone", found.alone[1])]
    return [(name, found.shown(scores), float(scores[found.column])) for name, scores in rows]
