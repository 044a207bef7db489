"""``Tags``, the answer for one file, and its plain forms for JSON and CSV.

What the terminal, the file, the web app and the service show is made from this one object, so
they cannot differ. Numbers are rounded here, on the way out, and nowhere before.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from earmark.errors import DataError
from earmark.labels.vocabulary import group_order

_DECIMALS = 4
_SEPARATOR = "; "  # labels hold commas ("Folk, World, & Country") far more often


@dataclass(frozen=True)
class Timeline:
    """Scores along a track.

    Attributes:
        starts_seconds: of the segments.
        segment_seconds: the length of each.
        labels: in the order of the columns.
        scores: one row a segment, in [0, 1]; None for a silent segment.
    """

    starts_seconds: tuple[float, ...]
    segment_seconds: float
    labels: tuple[str, ...]
    scores: tuple[tuple[float, ...] | None, ...]

    def __post_init__(self) -> None:
        if len(self.starts_seconds) != len(self.scores):
            raise DataError(f"{len(self.scores)} rows of scores for {len(self.starts_seconds)} "
                            "segments; expected one each.")
        for i, row in enumerate(self.scores):
            if row is not None and len(row) != len(self.labels):
                raise DataError(f"segment {i} has {len(row)} scores for {len(self.labels)} labels.")
            _check_scores(row or (), f"segment {i}")

    def to_json(self) -> dict[str, Any]:
        """Return plain values; a silent segment's scores are None."""
        return {
            "starts_seconds": [_rounded(s) for s in self.starts_seconds],
            "segment_seconds": _rounded(self.segment_seconds),
            "labels": list(self.labels),
            "scores": [None if row is None else [_rounded(v) for v in row] for row in self.scores],
        }


@dataclass(frozen=True)
class Tags:
    """What a tagger says of one file.

    Attributes:
        file: as it was given.
        seconds: length of the track.
        scores: label to score in [0, 1], in the vocabulary's order.
        tags: the labels decided on, best first; may be empty.
        timeline: on request.
        notes: what was unusual, one sentence each (repeated to fill a segment, ...).
        tagger: its name and fingerprint.
        unknown: True when none of the tagger's genres fits; there are then no tags, and the
            scores say what is nearest.
        groups: label to group, for a multi-label tagger; empty for a single-label one.
    """

    file: str
    seconds: float
    scores: dict[str, float]
    tags: tuple[str, ...]
    timeline: Timeline | None = None
    notes: tuple[str, ...] = ()
    tagger: str = ""
    unknown: bool = False
    groups: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not (math.isfinite(self.seconds) and self.seconds >= 0):
            raise DataError(f"{self.file}: a length of {self.seconds} seconds.")
        _check_scores(self.scores.values(), self.file)
        for tag in self.tags:
            if tag not in self.scores:
                raise DataError(f"{self.file}: the tag '{tag}' has no score.")
        if self.unknown and self.tags:
            raise DataError(f"{self.file}: is unknown and has the tag '{self.tags[0]}'.")

    def top(self, n: int) -> tuple[tuple[str, float], ...]:
        """Return the ``n`` best (label, score), best first; ties in the vocabulary's order.

        >>> Tags("a.mp3", 30.0, {"blues": 0.2, "jazz": 0.5, "rock": 0.3}, ("jazz",)).top(2)
        (('jazz', 0.5), ('rock', 0.3))
        """
        best = sorted(self.scores.items(), key=lambda item: -item[1])
        return tuple(best[: max(n, 0)])

    def to_json(self) -> dict[str, Any]:
        """Return plain values, numbers rounded to 4 decimals; no timeline key without one.

        ``groups`` is there for a multi-label tagger: each group's labels, best first.
        """
        plain: dict[str, Any] = {
            "file": self.file,
            "seconds": _rounded(self.seconds),
            "tags": list(self.tags),
            "unknown": self.unknown,
            "scores": {label: _rounded(score) for label, score in self.scores.items()},
            "notes": list(self.notes),
            "tagger": self.tagger,
        }
        if self.groups:
            plain["groups"] = self._groups_json()
        if self.timeline is not None:
            plain["timeline"] = self.timeline.to_json()
        return plain

    def _groups_json(self) -> dict[str, list[dict[str, Any]]]:
        plain: dict[str, list[dict[str, Any]]] = {}
        for label, score in self.top(len(self.scores)):
            entry = {"label": label, "score": _rounded(score)}
            plain.setdefault(self.groups.get(label, "genre"), []).append(entry)
        return {group: plain[group] for group in sorted(plain, key=group_order)}

    def csv_row(self) -> list[str]:
        """Return the fields under ``csv_header`` of the same labels."""
        scores = [f"{score:.{_DECIMALS}f}" for score in self.scores.values()]
        facts = [self.file, f"{self.seconds:.{_DECIMALS}f}", _SEPARATOR.join(self.tags),
                 "yes" if self.unknown else "no", _SEPARATOR.join(self.notes), self.tagger]
        return [*facts, *scores]


def csv_header(labels: Sequence[str]) -> list[str]:
    """Return the column names for ``Tags.csv_row``: six facts, then a column a label."""
    facts = ["file", "seconds", "tags", "unknown", "notes", "tagger"]
    return [*facts, *(f"score: {label}" for label in labels)]


def _check_scores(values: Iterable[float], where: str) -> None:
    for value in values:
        if not 0 <= value <= 1:  # so written, NaN is refused
            raise DataError(f"{where}: a score is {value}; expected between 0 and 1.")


def _rounded(value: float) -> float:
    return round(float(value), _DECIMALS)
