"""What a run learnt before its test part was touched: how its scores can be believed and used.

The learning curve, advice on what to collect, likely mistags, calibration and "unknown". Errors
are DataErrors that name the file and the key.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from earmark.judging.intervals import Interval
from earmark.judging.mistags import Mistag
from earmark.judging.report.plain import Node
from earmark.judging.report.scores import read_interval


@dataclass(frozen=True)
class CurvePoint:
    """Accuracy, with its interval where known, after learning from so many tracks."""

    tracks: int
    accuracy: float
    low: float | None
    high: float | None


@dataclass(frozen=True)
class Advice:
    """How much accuracy so many more tracks of a label may bring."""

    label: str
    tracks: int
    gain: float


@dataclass(frozen=True)
class Bin:
    """Tracks of like confidence, and how often the answer was right."""

    confidence: float
    accuracy: float
    count: int


@dataclass(frozen=True)
class Reliability:
    """Expected calibration error, log loss and the bins of the diagram.

    ``by_label`` holds the error of each label of multi-label work, whose mean ``ece`` then is;
    ``of_perfect`` is the error that so few tracks would show by chance.
    """

    ece: float | None
    log_loss: float | None
    bins: tuple[Bin, ...]
    by_label: Mapping[str, float] = field(default_factory=dict)
    of_perfect: float | None = None


@dataclass(frozen=True)
class Unknown:
    """How well tracks of genres held out are told from known ones."""

    auroc: float | None
    interval: Interval | None
    threshold: float | None
    kept_known: float | None
    caught_strange: float | None
    by_genre: tuple[tuple[str, float], ...]


def read_curve(node: Node | None) -> tuple[CurvePoint, ...]:
    """Read the points of the learning curve, by number of tracks."""
    if node is None:
        return ()
    points = [
        CurvePoint(e.need("tracks").whole(), e.need("accuracy").number(), e.maybe("low"),
                   e.maybe("high"))
        for e in node.elements()
    ]
    return tuple(sorted(points, key=lambda p: p.tracks))


def read_advice(node: Node | None) -> tuple[Advice, ...]:
    """Read what more tracks may bring."""
    if node is None:
        return ()
    return tuple(
        Advice(e.need("label").text(), e.need("tracks").whole(), e.need("gain").number())
        for e in node.elements()
    )


def read_mistags(node: Node | None) -> tuple[Mistag, ...]:
    """Read tracks whose label is likely wrong."""
    if node is None:
        return ()
    return tuple(
        Mistag(e.need("track").text(), e.need("says").text(), e.need("own_score").number(),
               e.need("sounds_like").text(), e.need("score").number())
        for e in node.elements()
    )


def read_calibration(node: Node | None) -> dict[str, Reliability]:
    """Read how far scores can be believed ``before`` and ``after`` calibration."""
    found = {when: node.get(when) if node else None for when in ("before", "after")}
    return {when: _reliability(its) for when, its in found.items() if its}


def read_elsewhere(results: Node) -> dict[str, dict[str, Reliability]]:
    """Read how far scores can be believed on a part held out of all learning, and on test."""
    places = {"a part held out of all learning": "held_out", "the test part": "on_test"}
    found = {place: read_calibration(its.get("calibration")) for place, key in places.items()
             if (its := results.get(key))}
    return {place: its for place, its in found.items() if its}


def _reliability(node: Node) -> Reliability:
    bins = node.get("bins") or node.get("bins_pooled")
    return Reliability(
        node.maybe("ece"), node.maybe("log_loss"),
        tuple(
            Bin(e.need("confidence").number(), e.need("accuracy").number(),
                e.need("count").whole())
            for e in (bins.elements() if bins else ())
            if e.need("count").whole()  # an empty bin has no accuracy
        ),
        dict(_errors(labels)) if (labels := node.get("by_label")) else {},
        node.maybe("ece_of_perfect"),
    )


def _errors(labels: Node) -> Iterator[tuple[str, float]]:
    """Yield the error of each label that has one: a number, or ``ece`` among others of it."""
    for name, its in labels.items():
        error = its.maybe("ece") if isinstance(its.value, dict) else labels.maybe(name)
        if error is not None:
            yield name, error


def read_unknown(node: Node | None) -> Unknown | None:
    """Read how strange genres are told from known ones; None where it was not asked."""
    if node is None:
        return None
    genres = node.get("by_genre")
    shares = [(k, v.number()) for k, v in genres.items()] if genres else []
    return Unknown(
        node.maybe("auroc"), read_interval(node.get("interval")), node.maybe("threshold"),
        node.maybe("kept_known"), node.maybe("caught_strange"),
        tuple(sorted(shares, key=lambda pair: (pair[1], pair[0]))),
    )
