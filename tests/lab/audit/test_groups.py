"""Groups: what is known of artists and songs, and what is inferred from where."""

import dataclasses

import numpy as np
import pytest
import soundfile
from tests.lab.audit.conftest import tracks_of

from earmark.datasets.base import Fault, Track
from earmark.features.base import FeatureSet
from earmark.lab.audit.groups import infer

RATE = 22_050


def features(tracks, rows=None):
    """Return rows that are far from one another, or those given, one a track."""
    ids = [t.id for t in tracks]
    rows = np.eye(len(ids), dtype=np.float32) * 9 if rows is None else rows.astype(np.float32)
    columns = tuple(f"c{k}" for k in range(rows.shape[1]))
    return FeatureSet(rows, np.asarray(ids), np.zeros(len(ids)), columns, {})


def inferred(dataset, rows=None):
    tracks = list(dataset.tracks.values())
    return infer(dataset, [t.id for t in tracks], features(tracks, rows), lambda _: None)


def test_what_the_dataset_says_is_taken(made_up):
    tracks = [Track("a", ("x",), artist="1"), Track("b", ("x",), artist="1"),
              Track("c", ("y",), song="s"), Track("d", ("y",), song="s", artist="2")]
    groups = inferred(made_up(tracks))
    assert groups.artist == {"a": "a", "b": "a", "c": "c", "d": "c"}
    assert groups.song == {"a": "a", "b": "b", "c": "c", "d": "c"}
    assert groups.songs_repeat
    assert groups.artists_suffice
    assert groups.said == (
        "artists: 2 known, for 3 of 4 tracks, as the dataset says",
        "songs: 1 with several tracks, 2 tracks in all; 1 pair named by the dataset")


def test_listed_copies_join_their_artists(made_up):
    tracks = [Track("a", ("x",), artist="1"), Track("b", ("y",), artist="2"),
              Track("c", ("y",), artist="2"), Track("d", ("y",), artist="3")]
    faults = [Fault("a", "exact duplicate", "b", "made up"), Fault("d", "unreadable", None, ""),
              Fault("d", "exact duplicate", "elsewhere", "made up")]
    groups = inferred(made_up(tracks, faults=faults))
    assert groups.song == {"a": "a", "b": "a", "c": "c", "d": "d"}
    assert groups.artist == {"a": "a", "b": "a", "c": "a", "d": "d"}
    assert "1 pair listed as duplicates by the dataset" in groups.said[1]


def test_one_artist_and_title_is_one_song_and_one_title_alone_is_not(made_up):
    tracks = [Track("a", ("x",), artist="1", title="Blue Moon"),
              Track("b", ("x",), artist="1", title="BLUE MOON"),
              Track("c", ("y",), artist="2", title="Blue Moon"), Track("d", ("y",), title="None")]
    groups = inferred(made_up(tracks))
    assert groups.song == {"a": "a", "b": "a", "c": "c", "d": "d"}
    assert "1 pair of one artist and title" in groups.said[1]


def test_equal_rows_are_one_song(made_up):
    tracks = tracks_of(60, artists=60)
    rows = np.random.default_rng(1).standard_normal((60, 50))
    rows[7] = rows[3]
    rows[9] = rows[4] + 0.01  # of 50 columns: 0.07 apart
    groups = inferred(made_up(tracks), rows)
    assert groups.song["t007"] == groups.song["t003"] == groups.artist["t007"]
    assert groups.song["t009"] == groups.song["t004"]
    assert "2 pairs found as duplicates in the feature rows" in groups.said[1]


def test_rows_of_few_numbers_are_one_song_only_when_equal(made_up):
    tracks = tracks_of(60, artists=60)
    rows = np.random.default_rng(1).standard_normal((60, 4))
    rows[7] = rows[3]
    rows[9] = rows[4] + 0.01
    groups = inferred(made_up(tracks), rows)
    assert groups.song["t007"] == "t003"
    assert groups.song["t009"] == "t009"


def write(path, seed, seconds=4.0):
    rng = np.random.default_rng(seed)
    path.parent.mkdir(parents=True, exist_ok=True)
    samples = 0.1 * rng.standard_normal(int(RATE * seconds))
    soundfile.write(path, samples.astype(np.float32), RATE)


def test_artists_are_inferred_from_names_where_the_dataset_has_none(made_up, tmp_path):
    names = ["Ann - One", "Ann - Two", "Bob - One", "x - Odd"]
    tracks = [Track(f"t{k}", ("xy"[k % 2],), path=f"audio/{name}.wav")
              for k, name in enumerate(names)]
    for k, track in enumerate(tracks):
        write(tmp_path / track.path, k)
    groups = inferred(made_up(tracks))
    assert groups.artist["t0"] == groups.artist["t1"] != groups.artist["t2"]
    assert groups.artists_suffice
    # 'x' is a label and nobody's name
    assert groups.said[0] == ("artists: 2 known, for 3 of 4 tracks, inferred from tags and names "
                              "of 4 files; the dataset names none")


def test_copies_are_heard_where_there_is_audio(made_up, tmp_path):
    tracks = [Track(f"t{k}", ("xy"[k % 2],), path=f"audio/{k}.wav") for k in range(4)]
    for k, track in enumerate(tracks):
        write(tmp_path / track.path, min(k, 2))  # the last two are one recording
    groups = inferred(made_up(tracks))
    assert groups.song == {"t0": "t0", "t1": "t1", "t2": "t2", "t3": "t2"}
    assert not groups.artists_suffice
    assert "1 pair found as duplicates in the audio" in groups.said[1]


def test_groups_of_one_another_are_joined_to_the_end(made_up):
    tracks = [dataclasses.replace(t, artist=None, song=None) for t in tracks_of(6)]
    pairs = [("t005", "t004"), ("t003", "t004"), ("t000", "t005"), ("t001", "t002")]
    faults = [Fault(a, "near duplicate", b, "") for a, b in pairs]
    groups = inferred(made_up(tracks, faults=faults))
    assert groups.song == {"t000": "t000", "t001": "t001", "t002": "t001", "t003": "t000",
                           "t004": "t000", "t005": "t000"}


@pytest.mark.realdata
def test_the_known_copies_of_gtzan_are_found_in_its_rows(realdata):
    from earmark.datasets.gtzan import Gtzan
    from earmark.features.base import build
    from earmark.lab.batches import place_of

    dataset = Gtzan(realdata / "gtzan")
    table = dataset.feature_tables()[0]
    front_end = build(table.front_end)
    rows = front_end.read(table.path, place_of(dataset, front_end, table))
    groups = infer(dataset, sorted(dataset.tracks), rows, lambda _: None)
    assert "19 pairs found as duplicates in the feature rows" in groups.said[1]
    assert groups.artist["metal.00058"] == groups.artist["rock.00016"]
