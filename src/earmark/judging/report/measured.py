"""Every metric of one part beside what something that listens to nothing scores."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from earmark.judging.decisions import Decisions
from earmark.judging.report.metric_names import HEADLINE, METRICS, MetricName
from earmark.judging.report.scores import Scores

_BASELINE_OF = {"scores": "prevalence", "chances": "prevalence", "answers": "constant"}
_MARGINS = {"constant": "that of always answering the same labels",
            "fixed": "that of thresholds of 0.5"}
_MOST_CONSTANT = 12


@dataclass(frozen=True)
class Measured:
    """One metric as texts for a row: ``undefined`` where it has no value, a dash where none is
    recorded. ``first`` tells whether it belongs to the few that come first."""

    title: str
    value: str
    by_track: str
    by_artist: str
    baseline: str
    first: bool


def measured(scores: Scores) -> list[Measured]:
    """Return the metrics recorded, those that come first ahead."""
    order = {key: i for i, key in enumerate(HEADLINE)}
    recorded = [m for m in METRICS if m.key in scores.numbers or m.key in scores.undefined]
    recorded.sort(key=lambda m: order.get(m.key, len(order)))
    return [_row(metric, scores) for metric in recorded]


def margins(scores: Scores) -> Iterator[str]:
    """Yield how far micro F1 is above its baselines, each in a sentence."""
    for name, margin in scores.margins.items():
        its = margin.interval
        if its is None:
            yield f"Micro F1 is {margin.value:+.3f} against {_MARGINS[name]}."
            continue
        word = "beats" if its.low > 0 else "loses to" if its.high < 0 else "may equal"
        by = f" by {margin.by}" if margin.by else ""
        yield (f"Micro F1 {word} {_MARGINS[name]}: {margin.value:+.3f}, {its.level:.0%} interval "
               f"[{its.low:+.3f}, {its.high:+.3f}]{by}.")


def drawn(scores: Scores) -> str:
    """Return what the intervals are, in a sentence; empty where there are none."""
    if not scores.intervals:
        return ""
    level = next(iter(scores.intervals.values())).level
    draws = "" if scores.draws is None else f" from {scores.draws} draws"
    units = {unit for _, unit in scores.intervals}
    artists = "; by artist, whole artists, which is the honest one" if "artist" in units else ""
    return f"Intervals are {level:.0%} ones{draws}: by track, each track for itself{artists}."


def undecided(scores: Scores, decisions: Decisions | None) -> str:
    """Return that answers were measured before decisions were learnt; empty where they were not.
    """
    given = {label.threshold for label in scores.labels}
    if decisions is None or given != {0.5} or set(decisions.thresholds) <= given:
        return ""
    return ("Answers here are from scores of 0.5 up, before the run's thresholds were learnt: F1, "
            "precision and recall are not those of its answers.")


def constant(scores: Scores) -> str:
    """Return which labels the constant baseline answers, in a sentence; empty without one."""
    found = scores.baselines.get("constant")
    if found is None:
        return ""
    if not found.labels:
        return "The constant baseline answers no label."
    more = len(found.labels) - _MOST_CONSTANT
    return (f"The constant baseline always answers {', '.join(found.labels[:_MOST_CONSTANT])}"
            f"{f' and {more} more' if more > 0 else ''}.")


def _row(metric: MetricName, scores: Scores) -> Measured:
    value = scores.numbers.get(metric.key)

    def interval(unit: str) -> str:
        its = scores.intervals.get((metric.key, unit))
        return "–" if its is None else f"[{its.low:.3f}, {its.high:.3f}]"

    less = " (less is better)" if metric.less else ""
    return Measured(metric.title + less, "undefined" if value is None else f"{value:.3f}",
                    interval("track"), interval("artist"), _baseline(metric, scores),
                    metric.key in HEADLINE)


def _baseline(metric: MetricName, scores: Scores) -> str:
    usual = _BASELINE_OF[metric.of]
    for name in (usual, *(n for n in scores.baselines if n != usual)):
        found = scores.baselines.get(name)
        if found is not None and metric.key in found.numbers:
            return f"{found.numbers[metric.key]:.3f} ({name})"
    value = scores.numbers.get(f"baseline_{metric.key}")
    return "–" if value is None else f"{value:.3f} (prevalence)"
