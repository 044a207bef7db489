"""What an audit says: one sentence, one table, one page, all from the values in ``audit.json``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from earmark.judging.intervals import Interval
from earmark.judging.report import facts
from earmark.judging.report.charts import Bar
from earmark.judging.report.markdown_text import table
from earmark.judging.report.page import render
from earmark.judging.report.plain import clean

_LEVEL = 0.95
_REMARKS = (("left out: ", "left_out"), ("", "inferred"), ("note: ", "notes"),
            ("skipped: ", "failed"), ("ledger: test part read, ", "readings"))  # fmt: skip
_UNTOLD = ("What this score is worth on unheard artists cannot be told: the artists of too few "
           "tracks are known.")
Values = Mapping[str, Any]


def choose(lines: Sequence[Values], own: str | None) -> dict[str, str | None]:
    """Return which protocols the sentence sets side by side, and the unit they are read by.

    The leaky one is the first of all, as scores are usually reported: by random segments where
    there are any. The honest one is the recipe's own partition where no leak of it is known, else
    another published one, else that by artist, by song, by track, in this order.

    Args:
        own: the partition that the recipe names.
    """
    leaky = next((line["name"] for line in lines if line["leaky"]), None)
    honest = [line for line in lines if not line["leaky"]]
    best = sorted(honest, key=lambda line: (_is(line, own), line["published"] is not None,
                                            lines.index(line)))  # fmt: skip
    by_segment = leaky == lines[0]["name"] and lines[0]["learnt"]["tracks"] is None
    return {"reported": leaky, "honest": best[-1]["name"] if best else None,
            "unit": "segment" if by_segment else "track"}


def _is(line: Values, own: str | None) -> bool:
    return own is not None and (line["published"] or "").partition(" (")[0] == own


def sentence(values: Values) -> str:
    """Return the audit in a sentence, worded from its numbers."""
    of = {line["name"]: line for line in values["protocols"]}
    reported, honest = of.get(values["reported"]), of.get(values["honest"])
    told = "" if values["artists_known"] else f" {_UNTOLD}"
    if honest is None or (told and reported is None):
        return told.strip() or ("What this score is worth on unheard artists cannot be told: every "
                                "protocol at hand leaks.")
    fair, unheard = _shown(honest, values), "recordings" if told else "artists"
    if reported is None:
        return (f"No protocol at hand leaks: {fair} under '{honest['name']}', and no artist has "
                "tracks on both sides of any.")
    gap = reported["gap"]
    sure = f"{_short(gap['value'])}{_bracket(gap['interval'])}"
    high = _shown(reported, values, interval=False)
    if gap["interval"] is None or gap["interval"][0] <= 0 <= gap["interval"][1]:
        return (f"No gap can be shown: {high} under '{reported['name']}' and {fair} on unheard "
                f"{unheard} ('{honest['name']}') differ by {sure}, which may be chance.{told}")
    if gap["value"] < 0:
        return (f"Your {high} is {fair} on unheard {unheard}: '{reported['name']}' does not "
                f"flatter this model, it adds {sure} to '{honest['name']}'.{told}")
    return (f"Your {high} is {fair} on unheard {unheard}: judging by '{reported['name']}' instead "
            f"of '{honest['name']}' adds {sure}.{told}")


def lines(values: Values) -> Iterator[str]:
    """Yield the table and what belongs to it, as Markdown that also reads well in a terminal."""
    values = cleaned(values)
    yield (f"{_dataset(values)}, recipe {values['recipe']}: the same model under "
           f"each protocol, always learning from {values['tracks_learnt']} tracks;"
           f" {facts.metric(values['metric'])}, 95 % intervals by a bootstrap over artists")
    if values["contaminated"]:
        yield f"contaminated: {values['contaminated']}"
    yield ""
    yield from _table(values)
    yield from (f"published under '{line['name']}', by track: {_cited(line['references'])}"
                for line in values["protocols"] if line["references"])
    for word, key in _REMARKS:
        yield from (f"{word}{text}" for text in values[key])
    yield f"\n{values['sentence']}"


def page(values: Values) -> str:
    """Return the HTML of the audit.

    Raises:
        MissingExtraError: Jinja2 is not installed.
    """
    values = cleaned(values)
    units = [unit for unit in ("segment", "track") if unit in values["protocols"][0]["scores"]]
    return render("audit.html.jinja", title=f"Audit of {values['recipe']} on {_dataset(values)}",
                  audit=values, dataset=_dataset(values), units=units, bars=bars, bracket=bracket,
                  share=share, signed=_signed)


def bars(values: Values, unit: str) -> list[Bar]:
    """Return the protocols' scores for the chart."""
    return [
        Bar(line["name"], its["value"], None, as_interval(its["interval"]), None,
            line["leaky"] or bool(values["contaminated"]))
        for line in values["protocols"] if (its := line["scores"][unit][values["metric"]])
    ]


def bracket(interval: Sequence[float] | None) -> str:
    """Return ``[0.418, 0.646]``, or a dash."""
    return facts.bracket(as_interval(interval))


def share(value: float | None) -> str:
    """Return a share in whole per cents, ``0 %`` only where it is none.

    >>> share(0.001), share(0.0), share(0.614)
    ('<1 %', '0 %', '61 %')
    """
    if value is None:
        return "not known"
    return "<1 %" if 0 < value < 0.01 else f"{value:.0%}".replace("%", " %")


def cleaned(value: Any) -> Any:
    """Return values of JSON with their texts cleaned for showing."""
    if isinstance(value, Mapping):
        return {key: cleaned(its) for key, its in value.items()}
    if isinstance(value, list | tuple):
        return [cleaned(its) for its in value]
    return clean(value) if isinstance(value, str) else value


def _table(values: Values) -> Iterator[str]:
    metric = values["metric"]
    units = list(values["protocols"][0]["scores"])
    header = ["protocol", "draws", "learnt", "judged", "artists heard",
              *(name for unit in units for name in (f"by {unit}", "95 %")), "gap", "95 %"]
    rows = []
    for line in values["protocols"]:
        scores = [cell for unit in units
                  for its in [line["scores"][unit][metric]]
                  for cell in (facts.number(its["value"]), bracket(its["interval"]))]
        gap = line["gap"]
        of = f" of {line['cut_from']}" if line["cut_from"] else ""
        rows.append([line["name"] + (" (leaky)" if line["leaky"] else ""), str(line["draws"]),
                     _count(line["learnt"], of), _count(line["judged"]), share(line["heard"]),
                     *scores, _signed(gap), bracket(gap["interval"]) if gap else "–"])
    yield from table(header, rows, "-nnnn" + "nn" * len(units) + "nn")


def _count(given: Values, of: str = "") -> str:
    """Return tracks, and segments in brackets where there are any."""
    tracks, segments = given["tracks"], given["segments"]
    if tracks is None:
        return f"{segments:.0f} segments"
    return f"{tracks:.0f}{of}" + (f" ({segments:.0f})" if segments else "")


def _shown(line: Values, values: Values, *, interval: bool = True) -> str:
    its = line["scores"][values["unit"]][values["metric"]]
    name = "" if values["metric"] == "accuracy" else f" {facts.metric(values['metric'])}"
    return f"{_short(its['value'])}{_bracket(its['interval']) if interval else ''}{name}"


def _short(value: float) -> str:
    return f"{value:.2f}".replace("0.", ".", 1) if abs(value) < 0.995 else f"{value:.2f}"


def _bracket(interval: Sequence[float] | None) -> str:
    return f" [{_short(interval[0])}, {_short(interval[1])}]" if interval else ""


def _signed(gap: Values | None) -> str:
    return "–" if gap is None else f"{gap['value']:+.3f}"


def as_interval(given: Sequence[float] | None) -> Interval | None:
    """Return the 95 % interval that JSON holds as a list."""
    return None if given is None else Interval(given[0], given[1], _LEVEL)


def _dataset(values: Values) -> str:
    return f"{values['dataset']} ({values['variant']})" if values["variant"] else values["dataset"]


def _cited(references: Sequence[Values]) -> str:
    return "; ".join(f"{r['system']} {r['value']:.3f} ({r['how']})" for r in references)
