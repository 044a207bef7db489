"""Every planted duplicate is found, nothing else is, and tables give what is known of GTZAN."""

from __future__ import annotations

import csv
from importlib import resources
from pathlib import Path

import numpy as np
import pytest
import soundfile

from earmark.datasets.synthetic import (
    CollectionSettings,
    PlantedFaults,
    Synthetic,
    compose_collection,
)
from earmark.errors import DataError
from earmark.features.gtzan57 import COLUMNS
from earmark.features.table import read_table
from earmark.lab.doctor import DuplicatePair, find_duplicate_rows, find_duplicates

SETTINGS = CollectionSettings(
    ("country", "hiphop", "techno"), artists_per_style=2, tracks_per_artist=4, seconds=8.0,
    faults=PlantedFaults(2, 4, 1, 1, 1, 1),
)  # fmt: skip


@pytest.fixture(scope="module")
def collection(tmp_path_factory: pytest.TempPathFactory) -> Synthetic:
    root = tmp_path_factory.mktemp("collection")
    compose_collection(root, SETTINGS, seed=2)
    return Synthetic(root)


def planted(collection: Synthetic) -> dict[tuple[str, str], str]:
    return {
        (min(f.track, f.other), max(f.track, f.other)): f.kind.split()[0]
        for f in collection.faults() if f.other
    }  # fmt: skip


def test_planted_duplicates_are_found_and_nothing_else(collection: Synthetic) -> None:
    seen: list[tuple[int, int]] = []
    found = find_duplicates(collection, progress=lambda *done: seen.append(done))
    assert {(pair.a, pair.b): pair.kind for pair in found} == planted(collection)
    assert found == sorted(found, key=lambda pair: (pair.a, pair.b))
    assert all(pair.similarity == 1 for pair in found if pair.kind == "exact")
    total = len(collection.tracks)
    assert seen == [(n, total) for n in range(1, total + 1)]


def test_the_second_time_nothing_is_decoded(
    collection: Synthetic, monkeypatch: pytest.MonkeyPatch
) -> None:
    """But for the file that could not be decoded to its end: that is tried again."""
    (cut,) = (f.track for f in collection.faults() if f.kind == "truncation")
    whole = [collection.root / t.path for t in collection.tracks.values() if t.id != cut]
    first = find_duplicates(whole)
    assert len(first) == len(planted(collection))
    monkeypatch.setattr("earmark.lab.doctor.ears.hear", None)
    assert find_duplicates(whole) == first


def test_paths_may_be_given_and_unreadable_ones_are_named(
    collection: Synthetic, tmp_path: Path
) -> None:
    exact = next(pair for pair, kind in planted(collection).items() if kind == "exact")
    (tmp_path / "text.wav").write_text("no music")
    paths = [collection.root / f"audio/{name}.wav" for name in exact]
    failed: list[str] = []
    found = find_duplicates(
        [*paths, tmp_path / "text.wav", tmp_path / "absent.wav"], failed=failed
    )
    assert found == [DuplicatePair(str(paths[0]), str(paths[1]), "exact", 1.0)]
    assert [line.count("text.wav") + line.count("absent.wav") for line in failed] == [1, 1]


def test_one_recording_in_two_lossless_formats_is_exact(tmp_path: Path) -> None:
    # As integers: from floats, libsndfile rounds differently for the two.
    samples = np.random.default_rng(0).integers(-9000, 9000, 8000).astype(np.int16)
    for name in ("a.wav", "b.flac"):
        soundfile.write(tmp_path / name, samples, 8000, subtype="PCM_16")
    (pair,) = find_duplicates([tmp_path / "b.flac", tmp_path / "a.wav"])
    assert (Path(pair.a).name, Path(pair.b).name, pair.kind) == ("a.wav", "b.flac", "exact")


def test_of_three_copies_every_pair_is_told(tmp_path: Path) -> None:
    samples = np.random.default_rng(0).uniform(-0.5, 0.5, 8000)
    for name in "abc":
        soundfile.write(tmp_path / f"{name}.wav", samples, 8000)
    found = find_duplicates([tmp_path / f"{name}.wav" for name in "abc"])
    pairs = [(Path(p.a).stem, Path(p.b).stem) for p in found]
    assert pairs == [("a", "b"), ("a", "c"), ("b", "c")]


def test_silent_recordings_are_not_one_another(tmp_path: Path) -> None:
    for name in ("a.wav", "b.wav"):
        soundfile.write(tmp_path / name, np.zeros(44_100), 22_050)
    assert find_duplicates(sorted(tmp_path.glob("*.wav"))) == []


def test_nothing_given_nothing_found() -> None:
    assert find_duplicates([]) == []


class TestRows:
    def test_by_hand(self) -> None:
        rows = np.array([[1.0, 0], [1, 0], [-1, 0], [-1, 0]])
        ab, cd = find_duplicate_rows(rows, ["d", "c", "b", "a"])
        assert ab == DuplicatePair("a", "b", "exact", 1.0)
        assert cd == DuplicatePair("c", "d", "exact", 1.0)

    def test_distance_is_of_standardised_rows(self) -> None:
        values = np.array([0.0, 0.1, 5.0, 10.0])
        found = find_duplicate_rows(1000 * values[:, None] + 7, list("wxyz"))
        (pair,) = found
        assert (pair.a, pair.b, pair.kind) == ("w", "x", "near")
        assert 1 / pair.similarity - 1 == pytest.approx(0.1 / values.std())

    def test_agrees_with_all_pairs_measured_plainly(self) -> None:
        rng = np.random.default_rng(3)
        rows = rng.normal(size=(700, 4))  # more than a block
        rows[600] = rows[10]
        ids = [f"{i:03d}" for i in range(700)]
        standard = (rows - rows.mean(axis=0)) / rows.std(axis=0)
        distance = np.linalg.norm(standard[:, None] - standard[None], axis=2)
        expected = {(ids[i], ids[j]) for i, j in np.argwhere(distance < 0.5) if i < j}
        found = find_duplicate_rows(rows, ids)
        assert {(p.a, p.b) for p in found} == expected
        assert [(p.a, p.b) for p in found if p.kind == "exact"] == [("010", "600")]

    def test_a_constant_column_does_not_count(self) -> None:
        assert find_duplicate_rows(np.array([[1.0, 3], [2, 3]]), ["a", "b"]) == []

    @pytest.mark.parametrize(
        ("rows", "ids", "message"),
        [
            (np.zeros((2, 3)), ["a"], r"shape \(2, 3\) for 1 ids"),
            (np.zeros(2), ["a", "b"], r"shape \(2,\)"),
            (np.zeros((2, 3)), ["a", "a"], "the id 'a' is there twice"),
            (np.array([[1.0], [np.nan]]), ["a", "b"], "column 0 of 'b' is nan"),
        ],
    )
    def test_what_is_no_table_is_refused(self, rows, ids, message) -> None:
        with pytest.raises(DataError, match=message):
            find_duplicate_rows(rows, ids)


@pytest.mark.realdata
def test_gtzans_repetitions_are_found_in_its_table(realdata: Path) -> None:
    """Labels are not looked at: it is about which rows are one recording, in any part."""
    table = read_table(realdata / "gtzan/Data/features_30_sec.csv", COLUMNS)
    found = find_duplicate_rows(table.rows, [name.removesuffix(".wav") for name in table.names])
    facts = resources.files("earmark.datasets").joinpath("gtzan_facts/faults.csv").read_text()
    known = {
        (*sorted((row["track"], row["other"])), row["kind"].split()[0])
        for row in csv.DictReader(facts.splitlines()) if row["kind"].endswith("duplicate")
    }  # fmt: skip
    assert len(known) == 19
    assert {(pair.a, pair.b, pair.kind) for pair in found} == known


@pytest.mark.realdata
def test_real_recordings_are_not_taken_for_each_other(realdata: Path) -> None:
    clips = sorted([*(realdata / "gtzan").rglob("*.wav"), realdata / "gtzan/blues.00099.mp3"])
    failed: list[str] = []
    assert find_duplicates(clips, failed=failed) == []
    assert [line for line in failed if "jazz.00054" not in line] == []
