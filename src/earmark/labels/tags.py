"""``Tags``, the answer for one file, and its plain forms for JSON and CSV.

What the terminal, the file, the web app and the service show is made from this one object, so
they cannot differ. Numbers are rounded here, on the way out, and nowhere before.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

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
class LabelSet:
    """The labels that may well be there, and how far that is to be trusted.

    Attributes:
        labels: best first; at least one.
        error: how often the promise may be broken, between 0 and 1.
        promise: ``all``: of at most so many tracks any label is missing; ``share``: of a track's
            labels at most so many are, in the mean.
    """

    labels: tuple[str, ...]
    error: float
    promise: Literal["all", "share"]

    def __post_init__(self) -> None:
        if not 0 < self.error < 1:
            raise DataError(f"a label set promises an error of {self.error}; expected between 0 "
                            "and 1.")
        if not self.labels or len(set(self.labels)) != len(self.labels):
            raise DataError(f"a label set holds {list(self.labels)}; expected at least one label, "
                            "each once.")

    def to_json(self) -> dict[str, Any]:
        """Return plain values."""
        return {"labels": list(self.labels), "error": _rounded(self.error),
                "promise": self.promise}


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
        unknown: True when none of the tagger's genres fits; none of the labels looked at is then
            a tag, and the scores say what is nearest.
        groups: label to group, for a multi-label tagger; empty for a single-label one.
        unknown_among: the labels looked at for "unknown", which may leave tags of other kinds;
            empty where that is all of them.
        label_set: None where the tagger promises none.
        parents: genres above the labels and the chance of each in [0, 1], surest first, named
            where no label below them is sure; None where the tagger knows none.
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
    unknown_among: tuple[str, ...] = ()
    label_set: LabelSet | None = None
    parents: tuple[tuple[str, float], ...] | None = None

    def __post_init__(self) -> None:
        if not (math.isfinite(self.seconds) and self.seconds >= 0):
            raise DataError(f"{self.file}: a length of {self.seconds} seconds.")
        _check_scores(self.scores.values(), self.file)
        in_set = self.label_set.labels if self.label_set else ()
        for tag in (*self.tags, *in_set, *self.unknown_among):
            if tag not in self.scores:
                raise DataError(f"{self.file}: the tag '{tag}' has no score.")
        for tag in self.tags:
            if self.unknown and tag in (self.unknown_among or self.tags):
                raise DataError(f"{self.file}: is unknown and has the tag '{tag}'.")
        self._check_parents()

    def _check_parents(self) -> None:
        names = [name for name, _ in self.parents or ()]
        _check_scores((chance for _, chance in self.parents or ()), f"{self.file}: parents")
        for name in names:
            if not name.strip() or name in self.tags or names.count(name) > 1:
                raise DataError(f"{self.file}: the parent '{name}' has no name, is a tag or is "
                                "there twice.")

    @property
    def unknown_groups(self) -> tuple[str, ...]:
        """The groups of the labels looked at for "unknown", as they are shown; empty for all."""
        found = {self.groups.get(label, "genre") for label in self.unknown_among}
        return tuple(sorted(found, key=group_order))

    def top(self, n: int) -> tuple[tuple[str, float], ...]:
        """Return the ``n`` best (label, score), best first; ties in the vocabulary's order.

        >>> Tags("a.mp3", 30.0, {"blues": 0.2, "jazz": 0.5, "rock": 0.3}, ("jazz",)).top(2)
        (('jazz', 0.5), ('rock', 0.3))
        """
        best = sorted(self.scores.items(), key=lambda item: -item[1])
        return tuple(best[: max(n, 0)])

    def to_json(self) -> dict[str, Any]:
        """Return plain values, numbers rounded to 4 decimals; no timeline key without one.

        ``groups`` is there for a multi-label tagger: each group's labels, best first. Where the
        tagger has the rule, so are ``unknown_groups``, ``label_set`` and ``parents``.
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
        plain |= self._rules_json()
        if self.timeline is not None:
            plain["timeline"] = self.timeline.to_json()
        return plain

    def _rules_json(self) -> dict[str, Any]:
        plain: dict[str, Any] = {}
        if self.unknown_among:
            plain["unknown_groups"] = list(self.unknown_groups)
        if self.label_set is not None:
            plain["label_set"] = self.label_set.to_json()
        if self.parents is not None:
            plain["parents"] = [{"name": name, "chance": _rounded(chance)}
                                for name, chance in self.parents]
        return plain

    def _groups_json(self) -> dict[str, list[dict[str, Any]]]:
        plain: dict[str, list[dict[str, Any]]] = {}
        for label, score in self.top(len(self.scores)):
            entry = {"label": label, "score": _rounded(score)}
            plain.setdefault(self.groups.get(label, "genre"), []).append(entry)
        return {group: plain[group] for group in sorted(plain, key=group_order)}

    def csv_row(self) -> list[str]:
        """Return the fields under ``csv_header`` of the same tagger."""
        scores = [f"{score:.{_DECIMALS}f}" for score in self.scores.values()]
        facts = [self.file, f"{self.seconds:.{_DECIMALS}f}", _SEPARATOR.join(self.tags),
                 "yes" if self.unknown else "no", _SEPARATOR.join(self.notes), self.tagger]
        if self.parents is not None:
            facts.append(_SEPARATOR.join(name for name, _ in self.parents))
        if self.label_set is not None:
            facts.append(_SEPARATOR.join(self.label_set.labels))
        return [*facts, *scores]


def csv_header(labels: Sequence[str], *, parents: bool = False,
               label_set: bool = False) -> list[str]:
    """Return the column names for ``Tags.csv_row``: facts, then a column a label.

    Args:
        parents: the tagger knows parents. label_set: it promises label sets.
    """
    facts = ["file", "seconds", "tags", "unknown", "notes", "tagger"]
    facts += ["parents"] * parents + ["label set"] * label_set
    return [*facts, *(f"score: {label}" for label in labels)]


def _check_scores(values: Iterable[float], where: str) -> None:
    for value in values:
        if not 0 <= value <= 1:  # so written, NaN is refused
            raise DataError(f"{where}: a score is {value}; expected between 0 and 1.")


def _rounded(value: float) -> float:
    return round(float(value), _DECIMALS)
