"""Filling a plan's places: what is missing or bad is replaced by the next track of its label.

A plan (``datasets.sampling``) names the tracks wanted and, label by label, those that stand by.
What takes a place may turn out bad itself, and is then replaced in its turn.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

Inspect = Callable[[Sequence[str]], Mapping[str, str]]
"""From the tracks at hand to those that are not sound, each with the reason."""


@dataclass
class Filling:
    """The tracks chosen so far, and what became of the others.

    Attributes:
        picked_for: wanted track to the label it was picked for.
        waiting: label to the tracks that stand by, the first to step in first.
        missing: track to why it is not at hand, for those that are not.
        inspect: tells which of the tracks chosen are not sound.
        log: what happened, in order: ``substituted``, or ``given up`` where nobody was left.
    """

    picked_for: Mapping[str, str]
    waiting: Mapping[str, Sequence[str]]
    missing: Mapping[str, str]
    inspect: Inspect
    log: list[dict[str, Any]] = field(default_factory=list)
    _chosen: dict[str, str] = field(default_factory=dict)
    _failed: dict[str, str] = field(default_factory=dict)
    _standing_by: dict[str, Iterator[str]] = field(default_factory=dict)

    def tracks(self) -> list[str]:
        """Fill all places as far as that goes and return the tracks chosen, sorted."""
        self._standing_by = {label: iter(ids) for label, ids in self.waiting.items()}
        self._chosen = dict(sorted(self.picked_for.items()))
        self._replace({track: self.missing[track] for track in self._chosen
                       if track in self.missing})
        while self._chosen and (gone := self.inspect(sorted(self._chosen))):
            self._replace(gone)
        return sorted(self._chosen)

    @property
    def given_up(self) -> dict[str, int]:
        """Places of each label that nobody could take."""
        return dict(Counter(event["label"] for event in self.log if event["event"] == "given up"))

    def _replace(self, gone: Mapping[str, str]) -> None:
        for track, why in gone.items():
            label = self._chosen.pop(track)
            self._failed[track] = why
            event = {"track": track, "label": label, "why": why}
            if (by := self._next(label)) is None:
                self.log.append({"event": "given up", **event})
            else:
                self._chosen[by] = label
                self.log.append({"event": "substituted", **event, "by": by})

    def _next(self, label: str) -> str | None:
        """Return the next of a label that is at hand and free."""
        return next((track for track in self._standing_by.get(label, ())
                     if track not in self.missing and track not in self._chosen
                     and track not in self._failed), None)


def substitutions(log: Iterable[Mapping[str, Any]]) -> int:
    """Return how many tracks were put in the place of others."""
    return sum(event["event"] == "substituted" for event in log)
