"""From metadata and audio to a published table: matched, checked, replaced, cut and dealt."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile

from earmark.datasets.base import Dataset, Track
from earmark.datasets.made import Made, Origin
from earmark.datasets.synthetic import (
    CollectionSettings,
    PlantedFaults,
    Synthetic,
    compose_collection,
)
from earmark.errors import DataError
from earmark.features import base as features
from earmark.lab.making.listed import Listed
from earmark.lab.making.make import Making, draw, make
from earmark.lab.making.published import write
from earmark.labels.vocabulary import Vocabulary

_MAKING = Making(4, segment_seconds=2.0, seed=3, title="Mine")


@pytest.fixture(scope="module")
def composed(tmp_path_factory: pytest.TempPathFactory) -> Synthetic:
    """Two styles of twelve pieces of six seconds by three artists; one silent, one cut short, one
    there twice."""
    root = tmp_path_factory.mktemp("composed")
    faults = PlantedFaults(exact_duplicates=1, near_duplicates=0, mislabels=0, silences=1,
                           truncations=1, clippings=0)
    compose_collection(root, CollectionSettings(("classical", "disco"), 3, 4, seconds=6.0,
                                                faults=faults))
    return Synthetic(root)


def log(_: str) -> None:
    pass


def test_what_is_bad_is_replaced_and_the_table_is_that_of_the_sound_tracks(
    composed: Synthetic, tmp_path: Path
) -> None:
    # All twelve (thirteen) of each label are asked for, so that every fault is met.
    making = replace(_MAKING, per_label=11)
    sample = draw(composed, making, [])
    made = make(composed, sample, making, log)
    bad = {f.track for f in composed.faults() if f.kind in ("silence", "truncation")}
    chosen = {t.id for t in made.tracks}
    assert len(bad) == 2
    assert not chosen & bad
    copies = [{f.track, f.other} for f in composed.faults() if f.kind == "exact duplicate"]
    assert all(len(pair & chosen) <= 1 for pair in copies)
    gone = {event["track"]: event for event in made.log if event["event"] in
            ("substituted", "given up")}
    assert set(gone) <= bad | set.union(*copies)
    assert len(chosen) == 22 - sum(e["event"] == "given up" for e in gone.values())
    parts = write(made, tmp_path / "out")
    read = Made(tmp_path / "out")
    assert set(read.tracks) == chosen == set(parts)
    assert set(parts.values()) == {"train", "test"}  # six artists are too few for three parts
    (table,) = read.feature_tables()
    rows = features.build(table.front_end).read(
        table.path, lambda name: (read.segment_of(name)[0], 0.0))
    assert rows.rows.shape == (3 * len(chosen), 57)  # six seconds cut in three


def test_the_same_seed_gives_the_same_dataset(composed: Synthetic) -> None:
    made = [make(composed, draw(composed, _MAKING, []), _MAKING, log) for _ in range(2)]
    assert made[0].tracks == made[1].tracks
    assert len(made[0].tracks) == 8
    other = replace(_MAKING, seed=4)
    again = make(composed, draw(composed, other, []), other, log)
    assert again.tracks != made[0].tracks


def test_only_the_labels_asked_for(composed: Synthetic) -> None:
    making = replace(_MAKING, labels=("Disco",), front_end={}, check=False)
    made = make(composed, draw(composed, making, []), making, log)
    assert {label for t in made.tracks for label in t.labels} == {"disco"}
    assert made.features is None
    with pytest.raises(DataError, match="polka"):
        draw(composed, replace(_MAKING, labels=("polka",)), [])


class Named(Listed):
    """Metadata alone: artists are keys, and names are given apart."""

    name = "named"

    def names(self) -> dict[str, tuple[str | None, ...]]:
        return {i: (f"The Band {i[-1]}", f"Song {i}") for i in self.tracks}


def wanted(count: int = 6) -> Dataset:
    tracks = [Track(f"k{n}", (("folk", "rock")[n % 2],), None, f"key{n % 3}", f"album{n}",
                    seconds=4.0) for n in range(count)]
    return Named(Path("nowhere"), tracks, Vocabulary(("folk", "rock")))


def record(path: Path, artist: str, title: str, seconds: float, seed: int) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    noise = 0.2 * np.random.default_rng(seed).standard_normal(round(seconds * 22_050))
    with soundfile.SoundFile(path, "w", 22_050, 1, "PCM_16", format="FLAC") as file:
        file.artist, file.title = artist, title
        file.write(np.cumsum(noise) % 0.8 - 0.4 + noise / 4)


def test_recordings_are_found_by_artist_title_and_duration(tmp_path: Path) -> None:
    for n in (0, 1, 2, 4):
        record(tmp_path / "a" / f"{n}.flac", f"band {n}", f"song K{n} (Remastered 2009)", 4.3, n)
    record(tmp_path / "a" / "3.flac", "Band 3", "Song k3", 40.0, 3)  # another recording
    dataset = wanted()
    making = replace(_MAKING, per_label=2, segment_seconds=None)
    sample = draw(dataset, making, [tmp_path / "a"])
    assert set(sample.files) == {"k0", "k1", "k2", "k4"}
    assert sample.missing["k3"] == "no file at hand of this artist and title"
    made = make(dataset, sample, making, log)
    assert {t.id for t in made.tracks} >= {"k1"}
    assert made.origins["k1"] == Origin("named", "k1", ("rock",))
    (one,) = [t for t in made.tracks if t.id == "k1"]
    assert (one.artist, one.title) == ("The Band 1", "Song k1")
    assert one.path == (tmp_path / "a" / "1.flac").resolve().as_posix()
    # of k3 and k5, also rock, there is nothing, and nobody else
    given_up = [e for e in made.log if e["event"] == "given up"]
    assert [(e["label"], e["why"]) for e in given_up] == [
        ("rock", "no file at hand of this artist and title")]
    assert "Places that nobody could take: rock 1" in made.told


def test_excerpts_are_found_when_durations_are_not_compared(tmp_path: Path) -> None:
    record(tmp_path / "3.flac", "Band 3", "Song k3", 12.0, 3)
    sample = draw(wanted(), replace(_MAKING, seconds_tolerance=None), [tmp_path])
    assert set(sample.files) == {"k3"}


def test_nothing_at_hand_is_one_line(tmp_path: Path) -> None:
    dataset = wanted()
    sample = draw(dataset, _MAKING, [tmp_path])
    assert len(sample.plan.tracks) == 6
    with pytest.raises(DataError, match="none of the 6 recordings"):
        make(dataset, sample, _MAKING, log)
    with pytest.raises(DataError, match="no such folder"):
        draw(wanted(), _MAKING, [tmp_path / "gone"])
