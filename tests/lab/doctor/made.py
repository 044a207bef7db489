"""A dataset held in memory, for checks that need no files."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from earmark.datasets.base import Dataset, Fault, FeatureTable, Track
from earmark.labels.vocabulary import Vocabulary


class Made(Dataset):
    """Tracks, parts, faults and tables as given."""

    name = "made"
    title = "Made up"
    licence = "none"
    citation = "none"
    url = "http://localhost"
    layout = "nothing"
    where = "nowhere"

    @classmethod
    def of(
        cls, tracks: list[Track], *, parts: Mapping[str, Mapping[str, str]] | None = None,
        faults: list[Fault] | None = None, tables: tuple[FeatureTable, ...] = (),
        labels: tuple[str, ...] | None = None, root: Path | str = ".",
    ) -> Made:
        made = cls(root)
        made._tracks, made._parts, made._faults = tracks, parts or {}, faults or []
        made._tables = tables
        made._labels = labels or tuple(sorted({n for t in tracks for n in t.labels}))
        return made

    @property
    def vocabulary(self) -> Vocabulary:
        one = all(len(t.labels) == 1 for t in self._tracks)
        return Vocabulary(self._labels, "single" if one else "multi")

    def read_tracks(self) -> list[Track]:
        return sorted(self._tracks, key=lambda t: t.id)

    def partitions(self) -> Mapping[str, Mapping[str, str]]:
        return self._parts

    def faults(self) -> list[Fault]:
        return self._faults

    def feature_tables(self) -> tuple[FeatureTable, ...]:
        return self._tables

    @classmethod
    def sample(cls, root: Path) -> None:
        raise NotImplementedError
