"""A valid part held out of train, and copies of test tracks that leave it."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from earmark.datasets.base import Fault, Track
from earmark.errors import DataError, SettingsError
from earmark.judging.groups import joined_groups
from earmark.judging.holding import held_out, less_copies
from earmark.judging.splits import Split, leaks


def published(tracks):
    """A quarter of the tracks as test, no valid part."""
    return Split("official", {t.id: "test" if i % 4 == 3 else "train"
                              for i, t in enumerate(tracks)})  # fmt: skip


def tracks_of(artists, labels=("x", "y")):
    return [Track(f"t{i:03d}", tuple(label for k, label in enumerate(labels) if (i + k) % (k + 2)),
                  artist=artist) for i, artist in enumerate(artists)]  # fmt: skip


def test_a_share_of_train_becomes_valid_and_the_test_part_stays(made_up, rng):
    tracks = tracks_of([None] * 400, ("x", "y", "z"))
    split = published(tracks)
    held = held_out(split, made_up(tracks, task="multi"), 0.15, "artist", rng)
    assert held.name == "official, 15 % of train held out as valid"
    assert held.ids("test") == split.ids("test")
    assert set(held.ids("train")) | set(held.ids("valid")) == set(split.ids("train"))
    assert held.counts["valid"] == pytest.approx(45, abs=1)  # 15 % of 300
    for label in "xyz":
        its = [t.id for t in tracks if label in t.labels and split.parts[t.id] == "train"]
        of_valid = sum(held.parts[track] == "valid" for track in its)
        assert of_valid == pytest.approx(0.15 * len(its), abs=1.5)


@settings(max_examples=40)
@given(st.data())
def test_groups_songs_and_copies_stay_together(data):
    from tests.judging.conftest import MadeUp

    n = data.draw(st.integers(12, 40))
    artists = data.draw(st.lists(st.sampled_from([None, *"abcdefgh"]), min_size=n, max_size=n))
    songs = data.draw(st.lists(st.sampled_from([None, None, None, "s", "u"]), min_size=n,
                               max_size=n))
    tracks = [Track(f"t{i:03d}", ("x", "y")[: 1 + i % 2], artist=a, song=s)
              for i, (a, s) in enumerate(zip(artists, songs, strict=True))]  # fmt: skip
    copies = [Fault("t000", "exact duplicate", "t001", "us"),
              Fault("t001", "near duplicate", "t004", "us"),
              Fault("t005", "same title", "t006", "us")]  # fmt: skip
    dataset = MadeUp(tracks, faults=copies, task="multi")
    split = published(tracks)
    groups = set(joined_groups(dataset, split.ids("train"), "artist"))
    if len(groups) < 2:
        return
    held = held_out(split, dataset, 0.3, "artist", np.random.default_rng(0))
    between = [leak for leak in leaks(held, dataset) if leak.parts == ("train", "valid")]
    assert between == []
    assert held.ids("test") == split.ids("test")


def test_chance_comes_from_the_generator_alone(made_up):
    tracks = tracks_of([f"a{i // 2}" for i in range(80)])
    dataset, split = made_up(tracks, task="multi"), published(tracks)
    held = [held_out(split, dataset, 0.25, "artist", np.random.default_rng(s)) for s in (1, 1, 2)]
    assert held[0] == held[1]
    assert held[0] != held[2]


@pytest.mark.parametrize("share", [0.0, 1.0, -0.1, 1.5, float("nan")])
def test_a_share_that_is_none_is_refused(made_up, rng, share):
    tracks = tracks_of([None] * 20)
    with pytest.raises(SettingsError, match="expected one between 0 and 1"):
        held_out(published(tracks), made_up(tracks, task="multi"), share, "track", rng)


def test_a_valid_part_is_not_made_a_second_time(made_up, rng):
    tracks = tracks_of([None] * 20)
    once = held_out(published(tracks), made_up(tracks, task="multi"), 0.2, "track", rng)
    with pytest.raises(SettingsError, match=r"has a valid part of 3 tracks; hold nothing out"):
        held_out(once, made_up(tracks, task="multi"), 0.2, "track", rng)


def test_one_artist_cannot_be_divided(made_up, rng):
    tracks = tracks_of(["only"] * 20)
    with pytest.raises(DataError, match="has 1 groups of tracks in train, too few to hold 20 %"):
        held_out(published(tracks), made_up(tracks, task="multi"), 0.2, "artist", rng)
    nothing = Split("test alone", {t.id: "test" for t in tracks})
    with pytest.raises(DataError, match="has 0 groups of tracks in train"):
        held_out(nothing, made_up(tracks, task="multi"), 0.2, "artist", rng)


# --- less_copies

TRACKS = [Track(t, ("x",)) for t in "abcdef"]
PARTS = {"a": "train", "b": "train", "c": "valid", "d": "test", "e": "test", "f": "train"}


def test_copies_of_test_tracks_leave_train_and_valid(made_up):
    dataset = made_up(TRACKS, faults=[
        Fault("d", "exact duplicate", "a", "us"), Fault("a", "near duplicate", "e", "us"),
        Fault("b", "exact duplicate", "f", "us"), Fault("d", "exact duplicate", "e", "us"),
        Fault("f", "same title", "d", "us"), Fault("b", "near duplicate", "c", "us"),
    ])  # fmt: skip
    left = less_copies(Split("s", PARTS), dataset)
    assert left.name == "s less 1 copy of test tracks"
    assert left.parts == {track: part for track, part in PARTS.items() if track != "a"}


def test_nothing_known_changes_nothing(made_up):
    split = Split("s", PARTS)
    assert less_copies(split, made_up(TRACKS)) is split


def test_a_part_of_copies_alone_is_refused(made_up):
    dataset = made_up(TRACKS, faults=[Fault("c", "exact duplicate", "d", "us")])
    with pytest.raises(DataError, match="all tracks of the valid part of 's' are copies"):
        less_copies(Split("s", PARTS), dataset)
