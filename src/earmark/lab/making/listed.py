"""Tracks that were gathered in memory, as a dataset of their own."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from earmark.datasets.base import Dataset, Track
from earmark.labels.vocabulary import Vocabulary


class Listed(Dataset):
    """A list of tracks with a vocabulary; for checks, splits and features of tracks in the making.
    """

    name = "listed"
    title = "Tracks in the making"
    licence = "that of what they are from"
    citation = "what they are from"
    url = "https://example.org/earmark"
    layout = "in memory"
    where = "in memory"

    def __init__(self, root: Path, tracks: Iterable[Track], vocabulary: Vocabulary) -> None:
        super().__init__(root)
        self._tracks, self._vocabulary = sorted(tracks, key=lambda t: t.id), vocabulary

    @property
    def vocabulary(self) -> Vocabulary:
        """As given."""
        return self._vocabulary

    def read_tracks(self) -> list[Track]:
        """Return the tracks given, sorted by id."""
        return list(self._tracks)

    @classmethod
    def sample(cls, root: Path) -> None:
        """Write nothing: tracks in memory have no layout on disk."""
