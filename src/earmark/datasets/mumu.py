"""MuMu: 147 295 songs of the Million Song Dataset with the genres that a shop gave their albums.

A row of its tables is a track with all genres of its album. A Million Song track that stands on
several albums counts once, for the first of them, with the genres of all. There is no audio with
it: it is looked for in ``audio`` by the tracks' ids, and ``matching`` finds it in a collection of
one's own by ``names``.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Literal, NamedTuple

from earmark.audio.load import find_audio
from earmark.datasets import _tartarus
from earmark.datasets._files import counted, one_spelling, some
from earmark.datasets._mumu_names import album_names, track_names
from earmark.datasets._mumu_rows import Row, read_table
from earmark.datasets.base import Dataset, Track
from earmark.datasets.matching import Names
from earmark.errors import DataError
from earmark.labels import crosswalk
from earmark.labels.vocabulary import Vocabulary

_FOLDER = "MuMu_dataset"
_METADATA = "amazon_metadata_MuMu.json"
_TITLES = "unique_tracks.txt"


class MuMu(Dataset):
    """MuMu's tables, with its data splits where they are at hand.

    ``labels``: ``250``, those that its makers learnt (as ``genre_labels_*.tsv`` lists them where
    it is there); ``15``, the genres of a smaller set made from it, by Earmark's own map from the
    250 (``labels/crosswalks/mumu15.toml``); ``all`` that occur, some 446. ``table``: the
    multi-label table or the smaller one of tracks with a single label. Tracks that are left
    without a label are left out.
    """

    name = "mumu"
    title = "MuMu, the multimodal music dataset"
    licence = (
        "copyright 2017 Music Technology Group, Universitat Pompeu Fabra, all rights reserved; "
        "for research: see the record it is published in"
    )
    citation = (
        "S. Oramas, F. Barbieri, O. Nieto and X. Serra, 'Multimodal deep learning for music genre "
        "classification', Transactions of the International Society for Music Information "
        "Retrieval 1(1), 2018."
    )
    url = "https://doi.org/10.5281/zenodo.831189"
    layout = """
MuMu_dataset/MuMu_dataset_multi-label.csv     a row a track: amazon_id, MSD_track_id, genres ...
MuMu_dataset/MuMu_dataset_single-label.csv    the same, of tracks with one label
MuMu_dataset/amazon_metadata_MuMu.json        albums' artists and titles, to find audio by
*/items_index_train_MuMu.tsv, y_train_class_250_MuMu.npy, genre_labels_MuMu.tsv
                                              data splits: also val and test; not needed
*/unique_tracks.txt                           the Million Song Dataset's titles; not needed
audio/**/TRAAAAW128F429D538.mp3               your own audio by its Million Song id; not needed
"""
    where = (
        "https://zenodo.org/record/831189 (mapping, genres, metadata and data splits; no audio). "
        "Titles: unique_tracks.txt of millionsongdataset.com."
    )

    def __init__(
        self, root: Path | str, labels: Literal["250", "15", "all"] = "250",
        table: Literal["multi", "single"] = "multi",
    ) -> None:  # fmt: skip
        super().__init__(root)
        self.labels: Literal["250", "15", "all"] = labels
        self.table: Literal["multi", "single"] = table

    @classmethod
    def recognises(cls, root: Path) -> bool:
        """Tell whether one of its two tables is there."""
        return any(_table(root, kind) is not None for kind in ("multi", "single"))

    @property
    def vocabulary(self) -> Vocabulary:
        """The labels of the set that was asked for, with their groups."""
        return self._found.vocabulary

    def read_tracks(self) -> list[Track]:
        """Read the tracks that bear a label, sorted by id.

        Raises:
            DataError: no table; one without the columns needed, a row without an id, or a data
                split that does not fit; names the line.
        """
        return self._found.tracks

    def partitions(self) -> Mapping[str, Mapping[str, str]]:
        """Return the data splits by the names in their files, of tracks; whole.

        A split of albums is one of their tracks.
        """
        albums: dict[str, list[str]] = {}
        for row in self._found.rows:
            albums.setdefault(row.album, []).append(row.track)
        return {name: {track: part for item, part in split.parts.items()
                       for track in albums.get(item, [item])}
                for name, split in self._splits.items()}  # fmt: skip

    def names(self) -> dict[str, Names]:
        """Return each track's artist, title and album as people write them, where known.

        From the album's metadata, and from the Million Song Dataset's list of titles.

        Raises:
            DataError: one of these files is damaged.
        """
        metadata, titles = _near(self.root, _METADATA), _near(self.root, _TITLES)
        albums = album_names(metadata) if metadata else {}
        tracks = track_names(titles, self.tracks) if titles else {}
        found: dict[str, Names] = {}
        for track in self.tracks.values():
            by, album = albums.get(track.album or "", (None, None))
            artist, title = tracks.get(track.id, (None, None))
            found[track.id] = (artist or by, title, album)
        return found

    def remarks(self) -> list[str]:
        """Return what was merged or left out, and how the data splits agree with the table."""
        return [*self._found.remarks,
                *(said for split in self._splits.values()
                  for said in split.disagreements(self._found.given()))]  # fmt: skip

    @cached_property
    def _splits(self) -> dict[str, _tartarus.Split]:
        return _tartarus.read_splits(_places(self.root))

    @cached_property
    def _found(self) -> _Found:
        table = _table(self.root, self.table)
        if table is None:
            raise DataError(f"{self.root}: holds no {_file(self.table)}, nor does a folder "
                            f"{_FOLDER} in it; see 'earmark data layout mumu'.")
        listed = _tartarus.genre_labels(_places(self.root))
        return _read(table, self.labels, listed, self.root / "audio")

    @classmethod
    def sample(cls, root: Path) -> None:
        """Write twelve albums of two tracks, a data split of them, and their metadata."""
        from earmark.datasets._mumu_sample import write

        write(root, _FOLDER)


class _Found(NamedTuple):
    rows: list[Row]
    tracks: list[Track]
    vocabulary: Vocabulary
    remarks: list[str]

    def given(self) -> dict[str, frozenset[str]]:
        """Return the genres by track and by album, as the table has them."""
        found = {row.album: frozenset(row.labels) for row in self.rows}
        return found | {row.track: frozenset(row.labels) for row in self.rows}


def _file(kind: str) -> str:
    return f"MuMu_dataset_{kind}-label.csv"


def _table(root: Path, kind: str) -> Path | None:
    return _near(root, _file(kind))


def _near(root: Path, name: str) -> Path | None:
    """Return the file of this name in the root or in a folder of it."""
    return next((place / name for place in _places(root) if (place / name).is_file()), None)


def _places(root: Path) -> list[Path]:
    try:
        within = sorted(path for path in root.iterdir() if path.is_dir())
    except OSError:
        return []
    return [root / _FOLDER, root, *(path for path in within if path.name != _FOLDER)]


def _read(table: Path, kind: str, listed: Sequence[str], audio: Path) -> _Found:
    rows, remarks = read_table(table)
    spelt, merged = one_spelling(label for row in rows for label in row.labels)
    rows = [row._replace(labels=tuple(dict.fromkeys(spelt[n] for n in row.labels))) for row in rows]
    remarks += [f"the genres {', '.join([n, *others])} are one genre" for n, others in
                merged.items()]  # fmt: skip
    chosen = _Choice(kind, listed, rows)
    paths = {path.stem: path for path in find_audio([audio])} if audio.is_dir() else {}
    shared = {r for r, n in Counter(row.recording for row in rows).items() if r and n > 1}
    tracks = [
        Track(row.track, labels, _relative(paths.get(row.track), audio.parent), row.artist,
              row.album, song=row.recording if row.recording in shared else None)
        for row in rows if (labels := chosen.of(row.labels))
    ]  # fmt: skip
    if not tracks:
        raise DataError(f"{table}: none of its {counted(len(rows), 'track')} bears one of the "
                        f"labels '{kind}'; try the option labels=all.")
    remarks += _remarks(rows, tracks, chosen, kind, paths)
    return _Found(rows, sorted(tracks, key=lambda t: t.id), chosen.vocabulary, remarks)


def _relative(path: Path | None, root: Path) -> str | None:
    return None if path is None else path.relative_to(root).as_posix()


class _Choice:
    """Which labels a track bears, of the set that was asked for."""

    def __init__(self, kind: str, listed: Sequence[str], rows: Sequence[Row]) -> None:
        occurring = sorted({label for row in rows for label in row.labels})
        known = crosswalk.read("mumu250")
        if kind == "15":
            walk = crosswalk.read("mumu15")
            given = walk.sheet.given["mumu250"]
            self.ours = {label: tuple(given.get(label, ())) for label in occurring}
            self.labels, groups = walk.sheet.labels, dict[str, str]()
        else:
            self.labels = tuple(occurring) if kind == "all" else tuple(listed or known.sheet.labels)
            self.ours = {label: (label,) for label in occurring if label in set(self.labels)}
            groups = known.groups(self.labels)
        self.unknown = [x for x in occurring if x not in known.sheet.labels]
        self.vocabulary = Vocabulary(self.labels, "multi", groups)
        self._order = {label: i for i, label in enumerate(self.labels)}
        self._chosen: dict[tuple[str, ...], tuple[str, ...]] = {}

    def of(self, labels: tuple[str, ...]) -> tuple[str, ...]:
        """Return a track's labels in the order of the vocabulary."""
        if (known := self._chosen.get(labels)) is None:  # the tracks of an album share theirs
            found = {name for label in labels for name in self.ours.get(label, ())}
            known = self._chosen[labels] = tuple(sorted(found, key=self._order.__getitem__))
        return known


def _remarks(
    rows: Sequence[Row], tracks: Sequence[Track], chosen: _Choice, kind: str,
    paths: Mapping[str, Path],
) -> Iterator[str]:  # fmt: skip
    if bare := len(rows) - len(tracks):
        yield f"{counted(bare, 'track')} without one of the labels '{kind}' left out"
    dropped = [label for label in chosen.unknown if label not in chosen.ours or kind == "15"]
    if dropped and kind != "all":
        yield (f"{counted(len(dropped), 'genre')} that are not among the {kind} left out of the "
               f"tracks' labels: {some(dropped)}")
    if not paths:
        yield "no audio at hand: earmark data make finds it in a folder of yours"
        return
    here = {track.id for track in tracks}
    if absent := sum(track.path is None for track in tracks):
        yield f"{counted(absent, 'track')} without audio"
    if strange := sorted(stem for stem in paths if stem not in here):
        yield f"{counted(len(strange), 'audio file')} of no track: {some(strange)}"
