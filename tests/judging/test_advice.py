import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from earmark.datasets.base import Fault, Track
from earmark.errors import DataError, SettingsError
from earmark.judging import splits
from earmark.judging.advice import sensible, too_small
from earmark.judging.splits import Split

FRACTIONS = {"train": 0.7, "valid": 0.1, "test": 0.2}


def tracks(**artists):
    """``rock="AAB-"``: four rock tracks, two of artist A, one of B, one unknown."""
    return [Track(f"{label}{i:03d}", (label,), artist=None if a == "-" else f"{label} {a}")
            for label, letters in artists.items() for i, a in enumerate(letters)]  # fmt: skip


def part_labels(split, dataset, part):
    return {label for track in split.ids(part) for label in dataset.tracks[track].labels}


def test_artists_are_kept_whole_where_they_are_known(made_up, rng):
    dataset = made_up(tracks(rock="AABBCCDDEE", pop="AABBCCDDEE"))
    split = sensible(dataset, FRACTIONS, rng)
    assert split.name == "by artist"
    assert splits.leaks(split, dataset) == []
    for part in ("train", "valid", "test"):
        assert part_labels(split, dataset, part) == {"rock", "pop"}


@pytest.mark.parametrize("artists", [
    {"rock": "----------", "pop": "----------"},
    {"rock": "AABB------", "pop": "AABB------"},  # known for less than most
    {"rock": "AAAAAAAAAA", "pop": "BBBBBBBBBB"},  # one a label: by artist a label would go whole
    {"rock": "AABB", "pop": "AAAAAAAA"},
])  # fmt: skip
def test_tracks_are_divided_where_artists_do_not_suffice(made_up, rng, artists):
    dataset = made_up(tracks(**artists))
    split = sensible(dataset, FRACTIONS, rng)
    assert split.name == "by track"
    assert part_labels(split, dataset, "test") == part_labels(split, dataset, "train") \
        == {"rock", "pop"}
    assert split.parts.keys() == dataset.tracks.keys()


@pytest.mark.parametrize("seed", range(8))
def test_two_artists_a_label_go_to_train_and_test(made_up, seed):
    dataset = made_up(tracks(rock="AAAAAAAAB", pop="AB", jazz="AAAABBBBCCCC"))
    split = sensible(dataset, FRACTIONS, np.random.default_rng(seed))
    assert split.name == "by artist"
    assert splits.leaks(split, dataset) == []
    assert part_labels(split, dataset, "train") == part_labels(split, dataset, "test") \
        == {"rock", "pop", "jazz"}
    assert part_labels(split, dataset, "valid") == {"jazz"}


def test_valid_may_stay_empty_before_artists_are_torn(made_up, rng):
    dataset = made_up(tracks(rock="AABB", pop="AABB"))
    split = sensible(dataset, FRACTIONS, rng)
    assert split.name == "by artist"
    assert split.counts == {"train": 4, "valid": 0, "test": 4}


LETTERS = st.text("AABCDEFG-", min_size=1, max_size=12)


@settings(deadline=None, max_examples=60)
@given(artists=st.lists(LETTERS, min_size=2, max_size=5), seed=st.integers(0, 99))
def test_every_label_that_can_be_judged_is_learnt_and_judged(artists, seed):
    from tests.judging.conftest import MadeUp

    dataset = MadeUp(tracks(**{f"label{i}": letters for i, letters in enumerate(artists)}))
    try:
        split = sensible(dataset, FRACTIONS, np.random.default_rng(seed))
    except DataError:
        assert max(map(len, artists)) == 1  # no label could be both learnt and judged
        return
    by = "artist" if split.name == "by artist" else "track"
    groups = splits.group_names(dataset, sorted(dataset.tracks), by)
    of = dict(zip(sorted(dataset.tracks), groups, strict=True))
    if by == "artist":
        assert not [leak for leak in splits.leaks(split, dataset) if leak.kind == "artist"]
    for label in dataset.vocabulary.labels:
        its = {of[t.id] for t in dataset.tracks.values() if label in t.labels}
        if len(its) >= 2:
            assert label in part_labels(split, dataset, "train")
            assert label in part_labels(split, dataset, "test")
    assert too_small(dataset, split) == too_small(dataset, split)


def test_copies_and_songs_stay_together_either_way(made_up):
    given = [Track(f"t{i:02d}", ("rock" if i % 2 else "pop",), song=f"song {i // 4}")
             for i in range(40)]  # fmt: skip
    faults = [Fault("t00", "exact duplicate", "t39", "x"), Fault("t01", "unreadable", None, "x")]
    dataset = made_up(given, faults=faults)
    for seed in range(10):
        split = sensible(dataset, FRACTIONS, np.random.default_rng(seed))
        assert split.name == "by track"
        assert splits.leaks(split, dataset) == []
        assert split.parts["t00"] == split.parts["t39"]


def test_several_labels_a_track(made_up, rng):
    given = [Track(f"t{i:02d}", ("live", "rock") if i % 3 else ("pop",), artist=f"a{i // 2}")
             for i in range(30)]  # fmt: skip
    dataset = made_up(given, task="multi")
    split = sensible(dataset, FRACTIONS, rng)
    assert split.name == "by artist"
    assert part_labels(split, dataset, "test") == {"live", "rock", "pop"}


def test_the_same_seed_gives_the_same_split(made_up):
    dataset = made_up(tracks(rock="AABBCCDDEE--", pop="AABBCCDDEE"))
    first, again = (sensible(dataset, FRACTIONS, np.random.default_rng(3)) for _ in range(2))
    assert first == again


def test_one_label_one_track_and_bad_fractions_are_refused(made_up, rng):
    with pytest.raises(DataError, match="all 3 tracks bear one label, 'rock'; a tagger needs"):
        sensible(made_up(tracks(rock="ABC")), FRACTIONS, rng)
    with pytest.raises(DataError, match="holds one track, rock000; expected at least two labels"):
        sensible(made_up(tracks(rock="A")), FRACTIONS, rng)
    with pytest.raises(SettingsError, match="add up to"):
        sensible(made_up(tracks(rock="AB", pop="AB")), {"train": 0.5}, rng)
    with pytest.raises(SettingsError, match="'trian'"):
        sensible(made_up(tracks(rock="AB", pop="AB")), {"trian": 1.0}, rng)


def said(dataset, words, name="by artist", parts=None):
    split = Split(name, parts or dict.fromkeys(dataset.tracks, "train"))
    found = [line for line in too_small(dataset, split) if words in line]
    assert len(found) == 1, too_small(dataset, split)
    return found[0]


def test_enough_of_everything_is_not_remarked(made_up, rng):
    dataset = made_up(tracks(rock="AABBCCDDEEFFGGHHIIJJKKLLMMNN" * 2,
                             pop="AABBCCDDEEFFGGHHIIJJKKLLMMNN" * 2))  # fmt: skip
    assert too_small(dataset, sensible(dataset, FRACTIONS, rng)) == []


def test_small_labels_are_told_with_what_to_do(made_up):
    dataset = made_up(tracks(rock="ABCDEFGHIJKL", polka="AAA", ska="A", folk="ABC", dub="-A"))
    assert said(dataset, "polka: ") == (
        "polka: 3 tracks of 1 artist; at least 2 artists are needed to judge it: add tracks of "
        "other artists")
    assert said(dataset, "ska: ") == (
        "ska: 1 track; it can be learnt from or judged, not both: add at least 9 more or leave the "
        "label out")
    assert said(dataset, "folk: ") == "folk: 3 tracks of 3 artists; add at least 7 more to have 10"
    assert said(dataset, "dub: ") == "dub: 2 tracks of 1 artist; add at least 8 more to have 10"
    lines = too_small(dataset, Split("s", dict.fromkeys(dataset.tracks, "train")))
    assert not [line for line in lines if line.startswith("rock: ")]
    assert all("0 tracks" in line for line in too_small(dataset, Split("s", {})))
    assert "the artist of 1 of 21 tracks is unknown" in said(dataset, "unknown and may be")


def test_labels_that_a_part_lacks_are_told(made_up):
    dataset = made_up(tracks(rock="AABB", pop="AABB"))
    parts = {t: "test" if t.startswith("pop") else "train" for t in dataset.tracks}
    parts["rock003"] = "test"
    line = said(dataset, "cannot be learnt", parts=parts)
    assert line == "no track of pop is in the train part, so that cannot be learnt: add artists"
    assert "rock (1), pop (4)" in said(dataset, "fewer than 5 test tracks", parts=parts) or \
        "pop (4), rock (1)" in said(dataset, "fewer than 5 test tracks", parts=parts)


def test_one_label_and_one_artist_are_told(made_up):
    dataset = made_up([Track(f"t{i}", ("rock",), artist="ABBA") for i in range(3)])
    assert "'rock' is the only label" in said(dataset, "only label")
    assert "all 3 tracks are by ABBA" in said(dataset, "all 3 tracks")


def test_unknown_artists_are_told_by_how_tracks_were_divided(made_up):
    none = made_up(tracks(rock="--", pop="--"))
    assert "no artist is known, so tracks were divided one by one" in said(
        none, "one by one", "by track")
    assert "the artist of 4 of 4 tracks is unknown and may be" in said(none, "unknown", "filtered")
    some = made_up(tracks(rock="A---", pop="B---"))
    assert "the artist of 6 of 8 tracks is unknown, so tracks were" in said(
        some, "one by one", "by track")


def test_known_artists_that_do_not_suffice_are_told(made_up):
    dataset = made_up(tracks(rock="AAAA", pop="AABB-"))
    assert "fewer than 2 known artists, so tracks were divided one by one" in said(
        made_up(tracks(rock="AAAA", pop="AA-")), "one by one", "by track")
    assert not [s for s in too_small(dataset, Split("by artist", dict.fromkeys(
        dataset.tracks, "train"))) if "one by one" in s]  # fmt: skip


def test_artists_on_both_sides_are_told(made_up):
    dataset = made_up(tracks(rock="AABB", pop="AABB"))
    parts = {t: "test" if t[-1] == "1" else "train" for t in dataset.tracks}
    assert "2 artists in more than one part (pop A, rock A)" in said(
        dataset, "more than one part", "by track", parts)


def test_artists_with_a_track_each_may_be_misread(made_up):
    dataset = made_up(tracks(rock="ABCDEFGHIJ", pop="ABCDEFGHIJ"))
    assert "each of the 20 artists has one track" in said(dataset, "misread")


def test_a_label_that_is_most_of_all_is_told(made_up):
    dataset = made_up(tracks(rock="ABCDEFGHIJKLMNO", pop="ABCDE"))
    assert "15 of 20 tracks are rock: always answering so would be right for 75%" in said(
        dataset, "always answering")


def test_what_is_held_out_of_a_split_does_not_change_the_advice(made_up):
    dataset = made_up([Track(f"t{i:02d}", ("x", "y")[i % 2 :: 2]) for i in range(40)])
    parts = {f"t{i:02d}": "test" if i < 12 else "train" for i in range(40)}
    advice = too_small(dataset, Split("by track", parts))
    assert any("tracks were divided one by one" in line for line in advice)
    assert too_small(dataset, Split("by track, 15 % of train held out as valid", parts)) == advice
