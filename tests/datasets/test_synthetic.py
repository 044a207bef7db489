"""A composed collection is the same each time, can be taken up again, and tells its whole truth."""

from __future__ import annotations

import csv
import shutil
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from earmark.audio.load import load
from earmark.datasets import _composing
from earmark.datasets.synthetic import (
    CollectionSettings,
    PlantedFaults,
    Synthetic,
    compose_collection,
)
from earmark.errors import DataError, SettingsError
from earmark.settings import from_mapping, read_toml

ALL_FAULTS = PlantedFaults(1, 4, 1, 1, 1, 1)
SETTINGS = CollectionSettings(
    ("blues", "techno"), artists_per_style=4, tracks_per_artist=3, seconds=4.0, faults=ALL_FAULTS
)
TINY = CollectionSettings(("ambient",), 2, 2, seconds=2.0, faults=PlantedFaults(*[0] * 6))


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("made")
    compose_collection(root, SETTINGS, seed=5)
    return root


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("tiny")
    compose_collection(root, TINY, seed=3)
    return root


@pytest.fixture
def spoilt(tiny: Path, tmp_path: Path) -> Path:
    """A copy of the tiny collection, to be damaged."""
    return shutil.copytree(tiny, tmp_path / "spoilt")


def content(root: Path) -> dict[str, bytes]:
    return {f.relative_to(root).as_posix(): f.read_bytes() for f in root.rglob("*") if f.is_file()}


def fault_of(root: Path, kind: str) -> tuple[np.ndarray, dict[str, str]]:
    dataset = Synthetic(root)
    fault = next(f for f in dataset.faults() if f.kind == kind)
    truth = dict(dataset.truth(fault.track))
    return load(root / truth["path"]).samples, truth


def test_every_style_artist_and_track_is_there(made: Path) -> None:
    tracks = Synthetic(made).tracks.values()
    assert len(tracks) == 2 * 4 * 3 + 5  # and the duplicates
    per_artist = Counter(t.artist for t in tracks if not Synthetic(made).truth(t.id)["other"])
    assert set(per_artist.values()) == {3}
    assert len(per_artist) == 8
    assert all(name and len(name.split()) == 2 for name in per_artist)


def test_parts_are_disjoint_in_artists_and_each_has_every_style(made: Path) -> None:
    dataset = Synthetic(made)
    parts = dataset.partitions()["artist"]
    assert parts.keys() == dataset.tracks.keys()
    of_artist = {(t.artist, parts[t.id]) for t in dataset.tracks.values()}
    assert len(of_artist) == 8
    for part in ("train", "valid", "test"):
        styles = {dataset.truth(t)["style"] for t in parts if parts[t] == part}
        assert styles == {"blues", "techno"}


def test_faults_are_all_listed_and_stand_in_train_only(made: Path) -> None:
    dataset = Synthetic(made)
    faults = dataset.faults()
    assert Counter(f.kind for f in faults) == {
        "exact duplicate": 1, "near duplicate": 4, "mislabel": 1, "silence": 1, "truncation": 1,
        "clipping": 1,
    }  # fmt: skip
    parts = dataset.partitions()["artist"]
    assert {parts[t] for f in faults for t in (f.track, f.other or f.track)} == {"train"}
    assert {f.source for f in faults if f.kind == "near duplicate"} == {
        "planted: 6 dB softer", "planted: lossy", "planted: 1 s later", "planted: noise at -30 dB",
    }  # fmt: skip


def test_exact_duplicate_has_the_same_samples(made: Path) -> None:
    samples, truth = fault_of(made, "exact duplicate")
    other = load(made / Synthetic(made).truth(truth["other"])["path"]).samples
    assert np.array_equal(samples, other)
    assert truth["artist"] == Synthetic(made).truth(truth["other"])["artist"]


def test_near_duplicates_differ_as_they_say(made: Path) -> None:
    dataset = Synthetic(made)
    rows = [dict(dataset.truth(f.track)) for f in dataset.faults() if f.kind == "near duplicate"]
    pairs = {
        row["way"]: [load(made / dataset.truth(row[k])["path"]).samples for k in ("id", "other")]
        for row in rows
    }
    step = 1.5 / 32_768  # both were rounded to 16 bits
    softer, original = pairs["6 dB softer"]
    np.testing.assert_allclose(softer, original / 2, atol=step)
    later, original = pairs["1 s later"]
    np.testing.assert_allclose(later, original[22_050:], atol=step)
    noisy, original = pairs["noise at -30 dB"]
    ratio_db = 20 * np.log10(np.std(noisy - original) / np.std(original))
    assert ratio_db == pytest.approx(-30, abs=0.5)
    lossy, original = pairs["lossy"]
    assert not np.allclose(lossy[: len(original)], original, atol=10 * step)


def test_mislabel_keeps_the_truth_in_the_table(made: Path) -> None:
    _, truth = fault_of(made, "mislabel")
    assert {truth["label"], truth["style"]} == {"blues", "techno"}
    assert Synthetic(made).tracks[truth["id"]].labels == (truth["label"],)


def test_silence_clipping_and_truncation_are_to_be_seen(made: Path) -> None:
    silent, truth = fault_of(made, "silence")
    assert not silent.any()
    assert not truth["instruments"]
    clipped, _ = fault_of(made, "clipping")
    assert (np.abs(clipped) > 0.999).mean() > 0.05
    cut, truth = fault_of(made, "truncation")
    assert len(cut) < 0.4 * 4 * 22_050
    assert "truncated" in load(made / truth["path"]).notes[0]


def test_all_labels_with_their_groups(made: Path) -> None:
    dataset = Synthetic(made, labels="all")
    vocabulary = dataset.vocabulary
    assert vocabulary.task == "multi"
    assert {vocabulary.group(x) for x in vocabulary.labels} == {
        "genre", "instrument", "tempo", "mood"
    }  # fmt: skip
    matrix = vocabulary.matrix([t.labels for t in dataset.tracks.values()])
    assert (matrix.sum(axis=0) > 0).all()
    for track in dataset.tracks.values():
        groups = Counter(vocabulary.group(label) for label in track.labels)
        assert (groups["genre"], groups["tempo"], groups["mood"]) == (1, 1, 1)
        assert track.labels[0] == Synthetic(made).tracks[track.id].labels[0]


def test_genre_alone_is_one_label_a_track(made: Path) -> None:
    assert Synthetic(made).vocabulary.task == "single"
    assert Synthetic(made).vocabulary.labels == ("blues", "techno")


def test_equal_seeds_equal_files_in_any_number_of_processes(tiny: Path, tmp_path: Path) -> None:
    compose_collection(tmp_path / "two", TINY, seed=3, workers=2)
    assert content(tmp_path / "two") == content(tiny)
    compose_collection(tmp_path / "other", TINY, seed=4)
    assert content(tmp_path / "other").keys() == content(tiny).keys()
    name = "audio/ambient.00000.wav"
    assert content(tmp_path / "other")[name] != content(tiny)[name]


def test_settings_are_written_and_can_be_read_back(made: Path) -> None:
    written = read_toml(made / "synthetic.toml")
    assert from_mapping(CollectionSettings, written["settings"]) == SETTINGS
    assert written["seed"] == 5


def test_interrupted_composing_goes_on_where_it_stopped(
    tiny: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = _composing.compose_track
    made: list[str] = []

    def twice(root: Path, track: _composing.Planned, settings: CollectionSettings) -> dict:
        if len(made) == 2:
            raise KeyboardInterrupt
        made.append(track.id)
        return whole(root, track, settings)

    monkeypatch.setattr(_composing, "compose_track", twice)
    with pytest.raises(KeyboardInterrupt):
        compose_collection(tmp_path, TINY, seed=3)
    with pytest.raises(DataError, match="interrupted; compose the collection again"):
        Synthetic(tmp_path).read_tracks()
    with (tmp_path / "tracks.csv.part").open("a") as file:
        file.write("ambient.00002,audio/amb")  # a row cut by a crash
    seen: list[tuple[int, int]] = []
    monkeypatch.setattr(_composing, "compose_track", lambda *a: made.append(a[1].id) or whole(*a))
    compose_collection(tmp_path, TINY, seed=3, progress=lambda *done: seen.append(done))
    assert made == ["ambient.00000", "ambient.00001", "ambient.00002", "ambient.00003"]
    assert seen == [(2, 4), (3, 4), (4, 4)]
    assert content(tmp_path) == content(tiny)


def test_a_damaged_or_missing_file_is_composed_again(tiny: Path, spoilt: Path) -> None:
    (spoilt / "audio/ambient.00001.wav").write_bytes(b"RIFF")
    (spoilt / "audio/ambient.00002.wav").unlink()
    with pytest.raises(DataError, match=r"ambient\.00002\.wav is not there; compose the coll"):
        Synthetic(spoilt).read_tracks()
    compose_collection(spoilt, TINY, seed=3)
    assert content(spoilt) == content(tiny)


def test_another_collection_is_not_overwritten(spoilt: Path) -> None:
    before = content(spoilt)
    with pytest.raises(DataError, match="other settings or another seed"):
        compose_collection(spoilt, TINY, seed=4)
    assert content(spoilt) == before


def change(root: Path, column: str, value: str) -> None:
    """Put a value into the second row."""
    with (root / "tracks.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    rows[1][column] = value
    with (root / "tracks.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, rows[0])
        writer.writeheader()
        writer.writerows(rows)


@pytest.mark.parametrize(
    ("column", "value", "message"),
    [
        ("label", "ambeint", r"line 3: the label 'ambeint' is not known\. Did you mean 'ambient'"),
        ("mood", "", r"line 3: the mood '' is not known\. Known: calm"),
        ("part", "tset", "Did you mean 'test'"),
        ("instruments", "synht", "the instrument 'synht' is not known. Did you mean 'synth'"),
        ("id", "ambient.00000", "line 3: the id 'ambient.00000' is empty or there twice"),
        ("id", "", "the id '' is empty"),
        ("path", "../secret.wav", "leads out of the collection"),
        ("path", "/etc/passwd", "leads out of the collection"),
        ("other", "ambient.00009", "repeats 'ambient.00009', which is not a track"),
    ],
)
def test_a_wrong_value_in_the_table_is_named(
    spoilt: Path, column: str, value: str, message: str
) -> None:
    change(spoilt, column, value)
    with pytest.raises(DataError, match=message):
        Synthetic(spoilt).read_tracks()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (b"", "has no column 'id'"),
        (b"id,path\na,b\n", "has no column 'style'"),
        (b"\xff\xfe\x00", "cannot be read as a table"),
    ],
)
def test_a_damaged_table_is_one_line(spoilt: Path, text: bytes, message: str) -> None:
    (spoilt / "tracks.csv").write_bytes(text)
    with pytest.raises(DataError, match=message) as caught:
        Synthetic(spoilt).read_tracks()
    assert "\n" not in str(caught.value)


def test_a_table_cut_short_or_empty_is_named(spoilt: Path) -> None:
    table = spoilt / "tracks.csv"
    whole = table.read_text(encoding="utf-8")
    table.write_text(whole[:-90], encoding="utf-8")
    with pytest.raises(DataError, match="line 5: not one value a column"):
        Synthetic(spoilt).read_tracks()
    table.write_text(whole.splitlines()[0] + "\n", encoding="utf-8")
    with pytest.raises(DataError, match="holds no tracks"):
        Synthetic(spoilt).read_tracks()


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"styles": ["reggea"]}, "no style is named 'reggea'.*Did you mean 'reggae'"),
        ({"styles": []}, "'styles' is empty or names a style twice"),
        ({"styles": ["jazz", "jazz"]}, "names a style twice"),
        ({"styles": ["jazz"]}, "a mislabel needs two styles"),
        ({"seconds": 1.0}, r"'seconds' is 1\.0; expected 2 to 600"),
        ({"character": 9.0}, "'character' is"),
        ({"artist_per_style": 2}, "Did you mean 'artists_per_style'"),
        ({"faults": {"silences": -1}}, "'silences' is -1; expected 0 or more"),
    ],
)
def test_settings_out_of_range_are_refused(values: dict, message: str) -> None:
    with pytest.raises(SettingsError, match=message):
        from_mapping(CollectionSettings, values)


def test_more_faults_than_train_tracks_are_refused(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="10 faults for 2 tracks of the train part"):
        compose_collection(tmp_path, CollectionSettings(("jazz", "pop"), 2, 1))
    assert not list(tmp_path.iterdir())


def test_unknown_labels_are_refused() -> None:
    with pytest.raises(SettingsError, match="'labels' is 'al'"):
        Synthetic("x", labels="al")
