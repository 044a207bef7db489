"""A made-up dataset for splits and the ledger, of any tracks, partitions and faults."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import pytest

from earmark.datasets.base import Dataset, Fault, Track
from earmark.labels.vocabulary import Task, Vocabulary


class MadeUp(Dataset):
    name = "madeup"
    title = "Made up"
    licence = citation = url = "none"

    def __init__(
        self,
        tracks: Sequence[Track],
        partitions: Mapping[str, Mapping[str, str]] | None = None,
        faults: Sequence[Fault] = (),
        task: Task = "single",
    ) -> None:
        super().__init__(Path("nowhere"))
        self._given, self._partitions, self._faults = list(tracks), partitions or {}, list(faults)
        self._task: Task = task

    @property
    def vocabulary(self) -> Vocabulary:
        labels = {label for track in self._given for label in track.labels}
        return Vocabulary(tuple(sorted(labels)), self._task)

    def read_tracks(self) -> list[Track]:
        return self._given

    @classmethod
    def sample(cls, root: Path) -> None:
        raise NotImplementedError

    def partitions(self) -> Mapping[str, Mapping[str, str]]:
        return self._partitions

    def faults(self) -> list[Fault]:
        return self._faults


@pytest.fixture
def made_up() -> Callable[..., MadeUp]:
    return MadeUp


@pytest.fixture
def ten_by_ten() -> MadeUp:
    """100 tracks, 4 labels, artists of 1 to 5 tracks within a label; every tenth has no artist."""
    tracks = []
    for i in range(100):
        label, place = f"label{i % 4}", i // 4
        artist = None if i % 10 == 0 else f"{label} artist {int((2 * place) ** 0.5)}"
        tracks.append(Track(f"t{i:03d}", (label,), artist=artist, album=f"album {i % 30}"))
    return MadeUp(tracks)
