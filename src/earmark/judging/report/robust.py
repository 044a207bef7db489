"""What the robustness bench says: a table a tagger, and a page, from the values in robust.json."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from earmark.judging.report import facts
from earmark.judging.report.audited import as_interval, bracket, cleaned
from earmark.judging.report.charts import Bar
from earmark.judging.report.markdown_text import table
from earmark.judging.report.page import render

Values = Mapping[str, Any]
_AGREEMENT = "share of tracks that keep their best label"


def lines(values: Values) -> Iterator[str]:
    """Yield the tables and what belongs to them, as Markdown that also reads well in a terminal."""
    values = cleaned(values)
    yield (f"{music(values)}: {values['tracks']} tracks by {values['artists']} artists, the first "
           f"{values['seconds']:g} s of each; agree: {_AGREEMENT}; 95 % intervals by a bootstrap "
           "over artists")
    for its in values["taggers"]:
        yield f"\n{its['identity']}: {summary(its)}"
        yield from (f"  {text}" for text in heads(its))
        yield ""
        yield from _table(its)
    yield from (f"note: {text}" for text in values["remarks"])
    yield from (f"skipped: {text}" for text in values["failed"])


def page(values: Values) -> str:
    """Return the HTML of the bench.

    Raises:
        MissingExtraError: Jinja2 is not installed.
    """
    values = cleaned(values)
    return render("robust.html.jinja", title=f"Robustness on {music(values)}", robust=values,
                  music=music(values), summary=summary, heads=heads, bars=bars, bracket=bracket,
                  signed=signed, strangers=_has_strangers)


def music(values: Values) -> str:
    """Return the music's name, with the dataset's options."""
    return f"{values['music']} ({values['variant']})" if values["variant"] else values["music"]


def summary(its: Values) -> str:
    """Return in a sentence what moves a tagger most and least, worded from its numbers."""
    found = [line for line in its["disturbances"] if line["agreement"] is not None]
    if not found:
        return "no disturbed track could be heard."
    worst, best = (pick(found, key=lambda line: line["agreement"]) for pick in (min, max))
    if worst["agreement"] == best["agreement"]:
        return f"every disturbance leaves {facts.percent(best['agreement'])} of the best labels."
    return (f"keeps {facts.percent(worst['agreement'])} of the best labels under "
            f"'{worst['name']}', the worst, and {facts.percent(best['agreement'])} under "
            f"'{best['name']}', the best.")


def heads(its: Values) -> Iterator[str]:
    """Yield what to know of a tagger before its table."""
    plain = its["undisturbed"]
    if its["metrics"]:
        told = ", ".join(f"{facts.metric(name)} {facts.number(plain['metrics'][name])}"
                         for name in its["metrics"])
        yield f"undisturbed, {its['known']} tracks of labels it knows: {told}"
    if its["seen"]:
        yield (f"seen: it has learnt from {its['seen']} of these tracks, which flatters its "
               "metrics; agreement is with itself")
    if strange := plain["strangers"]["tracks"]:
        said = plain["strangers"]["unknown"]
        unknown = "it has no rule for" if said is None else f"{facts.percent(said)} are called"
        tracks = "track" if strange == 1 else "tracks"
        other, own = (facts.number(plain[kind]["top_score"]) for kind in ("strangers", "known"))
        yield (f"held-out genres: {strange} {tracks} of labels it does not know: {unknown} "
               f"unknown; mean top score {other}, of those it knows {own}")


def bars(its: Values) -> list[Bar]:
    """Return the agreement under each disturbance for the chart."""
    return [Bar(line["name"], line["agreement"], None, as_interval(line["agreement_interval"]))
            for line in its["disturbances"] if line["agreement"] is not None]


def signed(value: float | None) -> str:
    """Return a change with its sign, or a dash."""
    return "–" if value is None else f"{value:+.3f}"


def _has_strangers(its: Values) -> bool:
    found: bool = its["undisturbed"]["strangers"]["tracks"] > 0
    return found


def _table(its: Values) -> list[str]:
    names: Sequence[str] = its["metrics"]
    strangers = _has_strangers(its)
    header = ["disturbance", "tracks", "agree", "95 %", "mean change",
              *(cell for name in names for cell in (facts.metric(name), "change", "95 %")),
              *(["strangers unknown"] if strangers else [])]
    rows = []
    for line in its["disturbances"]:
        found = [line["metrics"].get(name, {}) for name in names]
        cells = [cell for m in found for cell in (
            facts.number(m.get("value")), signed(m.get("change")), bracket(m.get("interval")))]
        more = [facts.percent(line["strangers"]["unknown"])] if strangers else []
        rows.append([line["name"], str(line["tracks"]), facts.number(line["agreement"]),
                     bracket(line["agreement_interval"]), facts.fine(line["mean_change"]),
                     *cells, *more])
    return table(header, rows, "-" + "n" * (len(header) - 1))
