"""A whole collection is heard: what was planted is found, and nothing else is said of it."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest
import soundfile

from earmark.datasets.base import Dataset, Track
from earmark.datasets.gtzan import Gtzan
from earmark.datasets.synthetic import (
    CollectionSettings,
    PlantedFaults,
    Synthetic,
    compose_collection,
)
from earmark.lab.doctor import listen
from earmark.lab.doctor.duplicates import DuplicatePair
from earmark.lab.doctor.findings import excluded
from earmark.lab.doctor.listening import pair_findings
from earmark.labels.vocabulary import Vocabulary
from earmark.store import ArrayCache

SETTINGS = CollectionSettings(
    ("ambient", "hiphop", "metal", "techno"), artists_per_style=3, tracks_per_artist=4,
    seconds=11.0, faults=PlantedFaults(2, 4, 1, 2, 2, 3),
)  # fmt: skip
CALLED = {"silence": "silent", "truncation": "truncated", "clipping": "clipped"}


@pytest.fixture(scope="module")
def collection(tmp_path_factory: pytest.TempPathFactory) -> Synthetic:
    root = tmp_path_factory.mktemp("collection")
    compose_collection(root, SETTINGS, seed=11)
    return Synthetic(root)


class Files(Dataset):
    """Tracks as a test wants them."""

    name = title = licence = citation = url = layout = where = "made for a test"

    def __init__(self, root: Path, tracks: list[Track], *, task: str = "single",
                 parts: Mapping[str, Mapping[str, str]] | None = None) -> None:  # fmt: skip
        super().__init__(root)
        self._tracks, self._task, self._parts = tracks, task, parts or {}

    @property
    def vocabulary(self) -> Vocabulary:
        labels = dict.fromkeys(label for track in self._tracks for label in track.labels)
        return Vocabulary(tuple(labels), self._task)

    def read_tracks(self) -> list[Track]:
        return self._tracks

    def partitions(self) -> Mapping[str, Mapping[str, str]]:
        return self._parts

    @classmethod
    def sample(cls, root: Path) -> None:
        raise NotImplementedError


def told(found: object) -> set[tuple[str, str, str | None]]:
    return {(f.kind, f.name, f.other) for f in found.findings}


def test_planted_faults_are_found_and_nothing_else(collection: Synthetic) -> None:
    found = listen(collection)
    planted = {
        (CALLED.get(f.kind, f.kind), f.track, f.other)
        for f in collection.faults() if f.kind != "mislabel"
    }  # fmt: skip
    assert len(planted) == 13
    # A copy of a track whose label is wrong bears the right one.
    assert {one for one in told(found) if one[0] != "cross-label duplicate"} == planted
    assert found.heard == len(collection.tracks)
    assert {frozenset((p.a, p.b)) for p in found.pairs} == {
        frozenset((f.track, f.other)) for f in collection.faults() if f.other
    }


def test_a_mislabelled_tracks_copy_is_under_two_labels(tmp_path: Path) -> None:
    samples = np.random.default_rng(0).uniform(-0.5, 0.5, 60_000)
    for name in "abc":
        soundfile.write(tmp_path / f"{name}.wav", samples, 20_000)
    tracks = [Track("a", ("rock",), "a.wav"), Track("b", ("metal",), "b.wav"),
              Track("c", ("rock",), "c.wav")]  # fmt: skip
    found = listen(Files(tmp_path, tracks))
    assert told(found) == {
        ("exact duplicate", "b", "a"), ("exact duplicate", "c", "a"),
        ("exact duplicate", "c", "b"), ("cross-label duplicate", "b", "a"),
        ("cross-label duplicate", "c", "b"),
    }  # fmt: skip
    (detail,) = {f.detail for f in found.findings if f.kind.startswith("cross") and f.name == "b"}
    assert detail == "the same samples, yet metal here and rock there"


def test_the_second_time_nothing_is_decoded(
    collection: Synthetic, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    first = listen(collection, cache=ArrayCache(tmp_path))
    monkeypatch.setattr("earmark.lab.doctor.ears.hear", _only_truncated(collection))
    seen: list[tuple[int, int]] = []
    second = listen(collection, cache=ArrayCache(tmp_path),
                    progress=lambda *done: seen.append(done))  # fmt: skip
    assert second.findings == first.findings
    assert second.pairs == first.pairs
    total = len(collection.tracks)
    assert seen == [(n, total) for n in range(1, total + 1)]


def _only_truncated(collection: Synthetic):
    """What could not be decoded to its end is heard again; nothing else may be."""
    from earmark.lab.doctor.ears import hear

    cut = {collection.root / f"audio/{f.track}.wav"
           for f in collection.faults() if f.kind == "truncation"}  # fmt: skip

    def checked(path: Path):
        assert path in cut
        return hear(path)

    return checked


def test_several_processes_find_the_same(collection: Synthetic, tmp_path: Path) -> None:
    alone = listen(collection, cache=ArrayCache(tmp_path / "1"), jobs=1)
    together = listen(collection, cache=ArrayCache(tmp_path / "2"), jobs=2)
    assert together.findings == alone.findings
    assert together.pairs == alone.pairs


def test_hostile_files_stop_nothing(tmp_path: Path) -> None:
    rng = np.random.default_rng(1)
    tracks = []
    for number in range(6):
        soundfile.write(tmp_path / f"{number}.wav", rng.uniform(-0.5, 0.5, 48_000), 16_000)
        tracks.append(Track(str(number), ("x",), f"{number}.wav"))
    contents = {"empty.wav": b"", "text.wav": b"no music at all", "noise.mp3": rng.bytes(5000),
                "tag.mp3": b"ID3\x04\x00\x00\x7f\x7f\x7f\x7f", "cut.flac": b"fLaC\x00\x00\x00\x22",
                "odd name\n.wav": b"RIFF"}  # fmt: skip
    for name, content in contents.items():
        (tmp_path / name).write_bytes(content)
        tracks.append(Track(name, ("x",), name))
    (tmp_path / "._0.wav").write_bytes(b"\x00\x05\x16\x07" + bytes(200))
    (tmp_path / "folder.wav").mkdir()
    tracks += [Track("folder", ("x",), "folder.wav"), Track("absent", ("x",), "absent.wav"),
               Track("none", ("x",))]  # fmt: skip
    found = listen(Files(tmp_path, tracks))
    assert found.heard == 6
    assert all("\n" not in f.detail for f in found.findings)
    assert {(f.kind, f.name) for f in found.findings} == {
        ("empty", "empty.wav"), ("unreadable", "text.wav"), ("unreadable", "noise.mp3"),
        ("unreadable", "tag.mp3"), ("unreadable", "cut.flac"), ("unreadable", "odd name\n.wav"),
        ("unreadable", "folder"), ("missing audio", "absent"), ("missing audio", "none"),
        ("system file", "._0.wav"),
    }  # fmt: skip
    # A track without audio may still have its features in a table: it is not on the exclude list.
    assert "none" not in excluded(found.findings)


def test_a_dataset_of_features_alone_misses_nothing(tmp_path: Path) -> None:
    found = listen(Files(tmp_path, [Track("a", ("x",)), Track("b", ("x",))]))
    assert (found.findings, found.pairs, found.heard) == ([], [], 0)


def test_a_cache_that_cannot_be_written_is_no_fault(collection: Synthetic, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    found = listen(collection, cache=ArrayCache(tmp_path / "file" / "below"))
    assert found.heard == len(collection.tracks)


class TestPairs:
    """What is said of a pair, and which of the two is to go."""

    PAIR = DuplicatePair("a", "b", "near", 0.954)

    def said(self, a: Track, b: Track, task: str = "single", **parts: dict[str, str]):
        dataset = Files(Path(), [a, b, Track("c", ("rock",))], task=task, parts=parts)
        return [(f.kind, f.name, f.other, f.detail) for f in pair_findings(dataset, [self.PAIR])]

    def test_the_later_goes(self):
        one, other = Track("a", ("rock",)), Track("b", ("rock",))
        assert self.said(one, other) == [("near duplicate", "b", "a", "similarity 0.95")]

    def test_the_one_that_is_trained_on_goes_and_the_partition_is_named(self):
        said = self.said(
            Track("a", ("rock",)), Track("b", ("rock",)), official={"a": "train", "b": "test"},
            other={"a": "train", "b": "train"}, third={"b": "test"},
        )  # fmt: skip
        assert said[1:] == [("divided duplicate", "a", "b", "similarity 0.95: 'official' has one "
                             "in train, the other in test")]  # fmt: skip

    def test_of_several_labels_one_in_common_is_enough(self):
        both = Track("a", ("rock", "loud")), Track("b", ("rock", "slow"))
        assert [kind for kind, *_ in self.said(*both, task="multi")] == ["near duplicate"]
        none = Track("a", ("rock",)), Track("b", ("jazz", "slow"))
        assert [kind for kind, *_ in self.said(*none, task="multi")] == [
            "near duplicate", "cross-label duplicate"]  # fmt: skip
        bare = Track("a", ()), Track("b", ("jazz",))
        assert [kind for kind, *_ in self.said(*bare, task="multi")] == ["near duplicate"]


@pytest.mark.realdata
def test_gtzan_has_two_faults_here_and_no_duplicates(realdata: Path, tmp_path: Path) -> None:
    """Of 48 files one cannot be read, and one has an offset; none of its known pairs is here."""
    shutil.copytree(realdata / "gtzan/Data/genres_original", tmp_path / "Data/genres_original")
    for path in sorted((realdata / "gtzan/genres").rglob("*.au")):
        shutil.copy(path, tmp_path / "Data/genres_original" / path.parent.name / path.name)
    found = listen(Gtzan(tmp_path / "Data"))
    kinds = {(f.kind, f.name) for f in found.findings if f.kind != "missing audio"}
    assert ("unreadable", "jazz.00054") in kinds
    assert kinds <= {("unreadable", "jazz.00054"), ("dc offset", "hiphop.00000")}
    assert found.pairs == []
