"""The music that taggers are judged on, labelled or not, and what of it they have learnt from."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from earmark.audio.load import AUDIO_SUFFIXES, find_audio
from earmark.datasets.base import Dataset
from earmark.datasets.opening import variant
from earmark.errors import DataError
from earmark.judging.groups import joined_groups
from earmark.settings import fingerprint
from earmark.tagger.format import Card

_PARTS = ("train", "valid", "test")


@dataclass(frozen=True)
class Item:
    """One recording: its labels are none where nothing is known, its group is its artist's."""

    id: str
    path: Path
    labels: tuple[str, ...]
    group: str


@dataclass(frozen=True)
class Music:
    """Recordings at hand.

    Attributes:
        name: of the dataset or folder. variant: the dataset's options.
        items: sorted by id.
        dataset: None for files without labels.
        remarks: sentences on what is left out.
    """

    name: str
    variant: str
    items: tuple[Item, ...]
    dataset: Dataset | None = None
    remarks: tuple[str, ...] = ()

    @property
    def fingerprint(self) -> str:
        """16 hex digits that change with the files, their sizes, labels and groups."""
        return fingerprint([[i.id, _size(i.path), list(i.labels), i.group] for i in self.items])

    def drawn(self, count: int | None, seed: int) -> Music:
        """Return so many of the recordings, by chance; all of them where there are no more."""
        if count is None or count >= len(self.items):
            return self
        chosen = np.random.default_rng(seed).permutation(len(self.items))[:count]
        items = tuple(self.items[k] for k in sorted(chosen.tolist()))
        said = f"{count} of {len(self.items)} tracks, drawn by chance"
        return dataclasses.replace(self, items=items, remarks=(*self.remarks, said))


def of_dataset(dataset: Dataset) -> Music:
    """Return a dataset's recordings, without tracks that are only in its tables.

    Raises:
        DataError: none has audio at hand.
    """
    ids = [i for i, track in dataset.tracks.items() if track.path is not None]
    if not ids:
        raise DataError(f"{dataset.root}: no track of '{dataset.name}' has its audio here; a "
                        "tagger is judged by what it hears: give a folder with the music.")
    groups = joined_groups(dataset, ids, "artist")
    items = tuple(Item(i, dataset.root / str(dataset.tracks[i].path), dataset.tracks[i].labels, g)
                  for i, g in zip(ids, groups, strict=True))
    without = len(dataset.tracks) - len(ids)
    remarks = (f"{without} tracks have no audio here",) if without else ()
    return Music(dataset.name, variant(dataset), items, dataset, remarks)


def of_files(folder: Path) -> Music:
    """Return the audio of a folder, or one file, without labels, each by an artist of its own.

    Raises:
        DataError: no audio there.
    """
    root = folder if folder.is_dir() else folder.parent
    is_music = folder.is_dir() or folder.suffix.lower() in AUDIO_SUFFIXES
    found = find_audio([folder]) if is_music else []
    if not found:
        raise DataError(f"{folder}: no music found; expected a folder of audio, a table of files "
                        "or a dataset.")
    items = tuple(Item(i, path, (), f"track {i}") for path in found
                  for i in [path.relative_to(root).as_posix()])
    return Music(folder.resolve().stem, "", tuple(sorted(items, key=lambda item: item.id)))


def is_unlabelled(folder: Path) -> bool:
    """Tell whether all audio of a folder lies in it itself, in no folder that could be a label."""
    found = find_audio([folder])
    return bool(found) and all(path.parent == folder for path in found)


def learnt_from(card: Card, music: Music) -> frozenset[str]:
    """Return the ids of the tracks that a tagger has learnt from, as far as its card tells.

    Where it names a published dataset and not which tracks, all of them count; of one's own music
    only the very collection that it was taught is known.
    """
    dataset = music.dataset
    if dataset is None:
        return frozenset()
    said = [line for line in card.seen if line.partition(":")[0].casefold() == dataset.name]
    if not said:
        return frozenset()
    ids = frozenset(item.id for item in music.items)
    published = dataset.partitions()
    parts = published.get(card.split.get("name", "").partition(" (")[0])
    if parts is None:
        same = card.dataset.get("fingerprint") == dataset.fingerprint
        return ids if same or published else frozenset()
    learnt = {part for part in _PARTS if any(f": {part} part" in line for line in said)}
    return frozenset(i for i in ids if i in parts and (not learnt or parts[i] in learnt))


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return -1
