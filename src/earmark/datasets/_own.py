"""What readers of one's own music share: copies, remarks, and who made what."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from functools import cached_property

from earmark.datasets import artists
from earmark.datasets._files import copies, same_recordings
from earmark.datasets.base import Dataset, Fault


class OwnMusic(Dataset):
    """A collection that nobody has published: found on disk, described by its files."""

    @property
    @abstractmethod
    def credits(self) -> list[artists.Credit]:
        """Who made each file, and where that is known from (``artists.origins`` counts it)."""

    @property
    @abstractmethod
    def found_remarks(self) -> Sequence[str]:
        """What was merged or left out while looking."""

    def faults(self) -> list[Fault]:
        """Return the files that are copies of others, byte by byte."""
        return self._copies

    def remarks(self) -> list[str]:
        """Return what was merged or left out, and where the artists are known from."""
        return [*self.found_remarks, *same_recordings(self.tracks, self.faults()),
                artists.told(self.credits)]

    @cached_property
    def _copies(self) -> list[Fault]:
        return copies(self.root, self.tracks.values())
