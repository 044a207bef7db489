"""Merged datasets: labels by meaning, artists as one, where each row is from, no row twice."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from earmark.datasets.base import Dataset, Fault, FeatureTable, Track
from earmark.datasets.folder import Folder
from earmark.datasets.gtzan import Gtzan
from earmark.datasets.made import About, Made, Origin
from earmark.errors import DataError
from earmark.features.base import FeatureSet
from earmark.lab.making.merge import Merging, merge, wanted_labels
from earmark.lab.making.published import Published, write
from earmark.labels.taxonomy import Taxonomy

FRONT_END = {"name": "table", "sample_rate": 22_050, "kind": "other", "names": ["a", "b"],
             "name_column": "filename"}  # fmt: skip


def made(
    folder: Path, rows: Sequence[tuple[str, str, str]], values: Sequence[float],
    front_end: dict[str, object] = FRONT_END,
) -> Made:
    """Write a dataset of (id, label, artist) with two segments a track, and read it."""
    tracks = tuple(Track(i, (label,), None, artist, "an album") for i, label, artist in rows)
    labels = {label: "genre" for _, label, _ in rows}
    features = FeatureSet(
        np.repeat(np.stack([values, np.square(values)], 1), 2, axis=0).astype(np.float32),
        np.repeat([t.id for t in tracks], 2), np.tile([0.0, 3.0], len(tracks)), ("a", "b"),
        {"table": folder.name, "front_end": front_end})
    about = About(folder.name, f"licence of {folder.name}", f"by {folder.name}", "single", labels,
                  front_end, 3.0, {folder.name: "0" * 16})
    write(Published(about, tracks, {t.id: Origin(folder.name, t.id, t.labels) for t in tracks},
                    features), folder)
    return Made(folder)


@pytest.fixture
def pair(tmp_path: Path) -> list[Dataset]:
    first = [(f"{n}", ("Hip-Hop", "Techno")[n % 2], f"Band {n // 2}") for n in range(10)]
    second = [(f"{n}", ("rap", "Classical", "Bebop")[n % 3], f"The Band {n // 3}")
              for n in range(12)]
    return [made(tmp_path / "one", first, np.arange(10.0)),
            made(tmp_path / "two", second, np.arange(9.0, 21.0))]  # 9 is in both


def merged(pair: list[Dataset], **wanted: object) -> Published:
    return merge(pair, Merging(**wanted), Taxonomy.read(), lambda _: None)  # type: ignore[arg-type]


def test_all_labels_go_by_what_the_taxonomy_calls_them(pair: list[Dataset]) -> None:
    found = merged(pair)
    assert list(found.about.groups) == ["bebop", "classical", "hip hop", "techno"]
    assert set(found.about.groups.values()) == {"genre"}
    assert len(found.tracks) == 22
    assert found.features is None
    assert found.about.licence == "made: licence of one | made-2: licence of two"
    assert found.about.made_from == {"made": pair[0].fingerprint, "made-2": pair[1].fingerprint}


def test_labels_lead_to_the_wanted_ones_and_others_are_left_out_and_told(
    pair: list[Dataset]
) -> None:
    found = merged(pair, to=("hip hop", "jazz", "Classical"))
    of = {t.id: t.labels for t in found.tracks}
    assert of["made/0"] == ("hip hop",)
    assert of["made-2/2"] == ("jazz",)  # bebop is a kind of it
    assert of["made-2/1"] == ("Classical",)
    assert "made/1" not in of
    assert {"event": "left out", "track": "made/1", "why": "no label wanted: Techno"} in found.log
    assert "made: labels left out: Techno" in found.told


def test_each_row_says_where_it_is_from(pair: list[Dataset], tmp_path: Path) -> None:
    found = merged(pair)
    assert found.origins["made-2/3"] == Origin("two", "3", ("rap",))
    parts = write(found, tmp_path / "out")
    read = Made(tmp_path / "out")
    assert read.origin("made/4") == Origin("one", "4", ("Hip-Hop",))
    assert read.partitions() == {"artist": parts}


def test_an_artist_of_both_stands_in_one_part(pair: list[Dataset], tmp_path: Path) -> None:
    found = merged(pair)
    parts = write(found, tmp_path / "out")
    # 'Band 1' and 'The Band 1' are one
    ids = [t.id for t in found.tracks if t.artist in ("Band 1", "The Band 1")]
    assert len(ids) == 2 + 3
    assert len({t.artist for t in found.tracks if t.id in ids}) == 1
    assert len({parts[i] for i in ids}) == 1


def test_features_are_joined_and_a_recording_in_both_counts_once(pair: list[Dataset]) -> None:
    found = merged(pair, front_end=FRONT_END, segment_seconds=3.0)
    assert found.features is not None
    assert len(found.tracks) == 21
    assert len(found.features.rows) == 42
    assert "made-2/0" not in {t.id for t in found.tracks}  # has the values of made/9
    assert {"event": "left out", "track": "made-2/0", "why": "the same as made/9"} in found.log
    assert found.about.segment_seconds == 3.0
    row = found.features.rows[found.features.track_ids == "made-2/3"][0]
    np.testing.assert_array_equal(row, [12.0, 144.0])


def test_artists_that_are_keys_go_by_their_names(pair: list[Dataset]) -> None:
    dataset = pair[1]
    dataset.names = lambda: {"0": ("BAND 1", "A song"), "1": (None, None)}  # type: ignore[method-assign]
    artists = {t.id: t.artist for t in merged(pair).tracks}
    assert artists["made-2/0"] == artists["made/2"]
    assert artists["made-2/1"] != artists["made/2"]


@pytest.mark.parametrize("front_end", [{}, FRONT_END])
def test_a_dataset_merged_with_itself_counts_once(
    pair: list[Dataset], front_end: dict[str, object]
) -> None:
    found = merged([pair[0], pair[0]], front_end=front_end, segment_seconds=3.0)
    assert len(found.tracks) == 10
    assert {t.id.partition("/")[0] for t in found.tracks} == {"made"}
    assert sum(e["event"] == "left out" for e in found.log) == 10
    assert found.features is None or len(found.features.rows) == 20


def test_the_same_file_in_two_folders_counts_once(tmp_path: Path) -> None:
    rng = np.random.default_rng(3)
    for root in ("one", "two"):
        for label in ("folk", "rock"):
            (tmp_path / root / label).mkdir(parents=True)
            for number in range(3):
                noise = rng.integers(0, 255, 2000 + number, dtype=np.uint8).tobytes()
                (tmp_path / root / label / f"{number}.wav").write_bytes(noise)
    copy = (tmp_path / "one" / "folk" / "1.wav").read_bytes()
    (tmp_path / "two" / "rock" / "other name.wav").write_bytes(copy)
    found = merged([Folder(tmp_path / "one"), Folder(tmp_path / "two")])
    assert len(found.tracks) == 12
    assert "folder-2/rock/other name" not in {t.id for t in found.tracks}
    assert {"event": "left out", "track": "folder-2/rock/other name",
            "why": "the same as folder/folk/1, which bears folk and not rock"} in found.log
    assert any(line.startswith("1 of these bear other labels there") for line in found.told)


def test_wanted_labels_that_nothing_leads_to_are_told_with_the_nearest(
    pair: list[Dataset]
) -> None:
    found = merged(pair, to=("hip hop", "jaz", "polka"))
    assert "wanted labels that nothing leads to: jaz (is 'jazz' meant?), polka" in found.told


def test_known_copies_without_artists_stay_together(tmp_path: Path) -> None:
    Gtzan.sample(tmp_path / "g")
    dataset = Gtzan(tmp_path / "g")
    a, b, *rest = dataset.tracks
    dataset.faults = lambda: [Fault(b, "exact duplicate", a, "made up")]  # type: ignore[method-assign]
    found = merged([dataset, made(tmp_path / "x", [("q", "rock", "Q")], [1.0])])
    songs = {t.id: t.song for t in found.tracks}
    assert songs[f"gtzan/{a}"] == songs[f"gtzan/{b}"] == f"gtzan/{b}"
    assert songs[f"gtzan/{rest[0]}"] is None


def test_tables_of_other_columns_are_refused(pair: list[Dataset], tmp_path: Path) -> None:
    other = made(tmp_path / "three", [("x", "rock", "Q"), ("y", "folk", "R")], [1.0, 2.0],
                 {**FRONT_END, "names": ["a", "c"]})
    assert isinstance(other.feature_tables()[0], FeatureTable)
    with pytest.raises(DataError):
        merge([pair[0], other], Merging(front_end=FRONT_END, segment_seconds=3.0),
              Taxonomy.read(), lambda _: None)


def test_one_dataset_is_none_and_no_wanted_label_is_an_error(pair: list[Dataset]) -> None:
    with pytest.raises(DataError, match="two or more"):
        merge(pair[:1], Merging(), Taxonomy.read(), lambda _: None)
    with pytest.raises(DataError, match="none of its labels"):
        merged(pair, to=("polka", "tango"))


@pytest.mark.parametrize(("given", "labels"), [
    (None, ()), ("rock, hip hop", ("rock", "hip hop")),
    ("gtzan10", ("blues", "classical", "country", "disco", "hiphop", "jazz", "metal", "pop",
                 "reggae", "rock")),
])  # fmt: skip
def test_wanted_labels(given: str | None, labels: tuple[str, ...]) -> None:
    assert wanted_labels(given) == labels


@pytest.mark.parametrize("given", ["gtzan11", "rock,,jazz", ""])
def test_wanted_labels_that_are_none_are_refused(given: str) -> None:
    with pytest.raises(DataError, match="label set"):
        wanted_labels(given)
