"""What is left out, what is kept, and that the manifest is read as it was meant."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
from tests.lab.doctor.made import Made

from earmark.datasets.base import Track
from earmark.datasets.folder import Folder
from earmark.datasets.manifest import Manifest
from earmark.errors import DataError, SettingsError
from earmark.lab.doctor.findings import Finding
from earmark.lab.doctor.outcome import left_out, write_excluded, write_manifest

PARTS = {"p": {"a": "train", "b": "test", "c": "train", "d": "valid"}}
SUSPECTS = [Finding("likely mislabel", name, "says x", source="m") for name in "abd"]


def made(tmp_path: Path, **more: object) -> Made:
    tracks = [Track("a", ("rock", "live; loud"), "x/a b.wav", "Ä, B", None, None, 'The "One"'),
              Track("b", ("rock",), "b.wav"), Track("c", (), "c.wav"), Track("d", ("jazz",)),
              Track("e", ("jazz", "live; loud"), "e.wav", song="s", album="al")]
    for track in tracks:
        if track.path:
            (tmp_path / track.path).parent.mkdir(exist_ok=True)
            (tmp_path / track.path).write_bytes(b"RIFF")
    return Made.of(tracks, root=tmp_path, **more)  # type: ignore[arg-type]


def test_likely_mislabels_are_dropped_only_when_asked_and_only_from_train(tmp_path: Path) -> None:
    dataset = made(tmp_path, parts=PARTS)
    assert left_out(dataset, SUSPECTS) == {}
    assert left_out(dataset, SUSPECTS, drop_mislabels=True) == {"a": "likely mislabel: says x"}


def test_which_part_is_train_must_be_known(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="no partition that says"):
        left_out(made(tmp_path), SUSPECTS, drop_mislabels=True)
    two = made(tmp_path, parts={**PARTS, "q": dict.fromkeys("bce", "train")})
    with pytest.raises(SettingsError, match="several partitions: name one of p, q"):
        left_out(two, SUSPECTS, drop_mislabels=True)
    assert set(left_out(two, SUSPECTS, drop_mislabels=True, partition="q")) == {"b"}
    with pytest.raises(SettingsError, match="no published split 'z'"):
        left_out(two, SUSPECTS, drop_mislabels=True, partition="z")


def test_when_half_of_the_train_part_is_suspected_the_models_are_not_believed(
    tmp_path: Path
) -> None:
    dataset = made(tmp_path, parts=PARTS)
    train = [track for track, part in dataset.partitions()["p"].items() if part == "train"]
    suspects = [Finding("likely mislabel", track, "says a, sounds like b") for track in train]
    said: list[str] = []
    assert left_out(dataset, suspects, drop_mislabels=True, say=said.append) == {}
    assert f"{len(train)} of {len(train)} tracks of the train part are suspected" in said[0]


def test_the_exclude_list_is_a_table(tmp_path: Path) -> None:
    write_excluded(tmp_path / "x.csv", {"a": "silent", "b, c": 'says "x"'})
    with (tmp_path / "x.csv").open(newline="", encoding="utf-8") as file:
        assert list(csv.reader(file)) == [["track", "reason"], ["a", "silent"],
                                          ["b, c", 'says "x"']]


@pytest.mark.parametrize("place", ["clean.csv", "elsewhere/clean.csv"])
def test_the_manifest_reads_as_the_dataset_less_what_is_left_out(
    tmp_path: Path, place: str
) -> None:
    dataset = made(tmp_path, parts=PARTS)
    assert write_manifest(tmp_path / place, dataset, {"b": "silent"}) == 2  # c and d have none
    read = Manifest(tmp_path / place)
    assert {t.id: (t.labels, t.artist, t.album, t.song) for t in read.tracks.values()} == {
        "a": (("rock", "live; loud"), "Ä, B", None, None),
        "e": (("jazz", "live; loud"), None, "al", "s"),
    }
    for name, track in read.tracks.items():
        path = dataset.tracks[name].path
        assert (read.root / str(track.path)).samefile(tmp_path / str(path))
    assert read.partitions() == {"given": {"a": "train"}}


def test_a_manifest_of_none_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no track is left"):
        write_manifest(tmp_path / "m.csv", made(tmp_path), dict.fromkeys("abe", "silent"))
    assert not (tmp_path / "m.csv").exists()


def test_a_manifest_of_a_folder_a_label(tmp_path: Path) -> None:
    Folder.sample(tmp_path / "music")
    dataset = Folder(tmp_path / "music")
    count = write_manifest(tmp_path / "m.csv", dataset, {})
    read = Manifest(tmp_path / "m.csv")
    assert count == len(dataset.tracks) == len(read.tracks)
    assert {t.id: t.labels for t in read.tracks.values()} == {
        t.id: t.labels for t in dataset.tracks.values()}
