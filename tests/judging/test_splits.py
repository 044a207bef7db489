import pickle
from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.model_selection import StratifiedGroupKFold

from earmark.datasets.base import Fault, Track
from earmark.errors import DataError, SettingsError
from earmark.judging import splits
from earmark.judging.splits import Leak, Split

FRACTIONS = {"train": 0.7, "valid": 0.1, "test": 0.2}


def test_ids_are_sorted_and_counted():
    split = Split("s", {"b": "train", "a": "train", "c": "test"})
    assert split.ids("train") == ("a", "b")
    assert split.ids("valid") == ()
    assert split.counts == {"train": 2, "valid": 0, "test": 1}


def test_unknown_part_is_refused_with_a_suggestion():
    with pytest.raises(SettingsError, match=r"track 'a' is 'trian'. Did you mean 'train'\?"):
        Split("s", {"a": "trian"})
    with pytest.raises(SettingsError, match="Known: test, train, valid"):
        Split("s", {}).ids("development")


@pytest.mark.parametrize("track", ["", " ", "a\nb", "a\r", "a\0"])
def test_ids_that_no_table_can_hold_are_refused(track):
    with pytest.raises(DataError, match="empty or holds a line break"):
        Split("s", {track: "train"})


def test_fingerprint_knows_the_division_and_not_its_name_or_order():
    split = Split("s", {"a": "train", "b": "test"})
    assert split.fingerprint == Split("other", {"b": "test", "a": "train"}).fingerprint
    assert split.fingerprint != Split("s", {"a": "test", "b": "train"}).fingerprint
    assert split.fingerprint != Split("s", {"a": "train"}).fingerprint


def test_split_travels_to_another_process():
    split = Split("s", {"a": "train"})
    assert pickle.loads(pickle.dumps(split)) == split


def test_what_is_given_later_changes_nothing():
    parts = {"a": "train"}
    split = Split("s", parts)
    parts["a"] = "test"
    assert split.ids("train") == ("a",)


IDS = st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters="\r\n\0"), min_size=1
).filter(str.strip)


@settings(deadline=None, max_examples=40)
@given(parts=st.dictionaries(IDS, st.sampled_from(splits.PARTS)))
def test_save_and_read_are_inverse(tmp_path_factory, parts):
    path = tmp_path_factory.mktemp("split") / "mine.csv"
    split = Split("mine", parts)
    split.save(path)
    assert Split.read(path) == split
    assert Split.read(path, "other").name == "other"


def test_the_file_is_a_plain_table(tmp_path):
    Split("s", {"b": "test", "a": "train"}).save(tmp_path / "s.csv")
    assert (tmp_path / "s.csv").read_bytes() == b"track_id,part\na,train\nb,test\n"


def test_windows_files_with_a_byte_order_mark_are_read(tmp_path):
    (tmp_path / "s.csv").write_bytes("\ufefftrack_id,part\r\né,train\r\n\r\n".encode())
    assert Split.read(tmp_path / "s.csv").parts == {"é": "train"}


@pytest.mark.parametrize(
    ("content", "error", "message"),
    [
        (b"", DataError, "begins with 'nothing'"),
        (b"id,part\na,train\n", DataError, "begins with 'id,part'; expected .* track_id,part"),
        (b"track_id,part\na,train\na,test\n", DataError, "line 3: track 'a' is listed a second"),
        (b"track_id,part\na,train,x\n", DataError, "line 2: 3 fields"),
        (b"track_id,part\na\n", DataError, "line 2: 1 fields"),
        (b"track_id,part\na,training\n", SettingsError, "line 2: .*'training'. Did you mean"),
        (b"track_id,part\n\xff,train\n", DataError, "cannot be read as a split"),
        (pickle.dumps({"a": "train"}), DataError, r"is a pickle, .* never opened; give a CSV"),
        (b"(lp1\nS'a'\np2\na.", DataError, r"is a pickle, .* never opened; give a CSV"),
        (b"cos\nsystem\n(S'true'\ntR.", DataError, r"is a pickle, .* never opened; give a CSV"),
    ],
)
def test_damaged_tables_are_named(tmp_path, content, error, message):
    (tmp_path / "s.csv").write_bytes(content)
    with pytest.raises(error, match=message):
        Split.read(tmp_path / "s.csv")


def test_absent_table_is_named(tmp_path):
    with pytest.raises(DataError, match=r"none\.csv cannot be read"):
        Split.read(tmp_path / "none.csv")


# --- official


def published(made_up, present):
    return made_up(
        [Track(t, ("x",)) for t in present],
        {"filtered": {"a": "train", "b": "valid", "c": "test", "d": "test"}},
    )


def test_official_is_as_published(made_up):
    split = splits.official(published(made_up, "abcde"), "filtered")
    assert split == Split("filtered", {"a": "train", "b": "valid", "c": "test", "d": "test"})


def test_official_says_when_tracks_are_missing(made_up):
    split = splits.official(published(made_up, "abc"), "filtered")
    assert split.name == "filtered (3 of 4 tracks)"
    assert split.ids("test") == ("c",)


def test_official_without_a_whole_part_is_refused(made_up):
    with pytest.raises(DataError, match="no track of the test part of 'filtered'"):
        splits.official(published(made_up, "ab"), "filtered")


def test_unknown_official_split_names_its_neighbour(made_up):
    with pytest.raises(SettingsError, match="no published split 'filterd'"):
        splits.official(published(made_up, "abcd"), "filterd")


# --- random, grouped, folds


def divided_groups(split, dataset, by):
    seen = {}
    for track, part in split.parts.items():
        (group,) = splits.group_names(dataset, [track], by)
        seen.setdefault(group, set()).add(part)
    return [group for group, parts in seen.items() if len(parts) > 1]


def test_random_keeps_every_track_once_and_the_shares_of_labels(ten_by_ten, rng):
    split = splits.random(ten_by_ten, {"train": 0.6, "valid": 0.2, "test": 0.2}, rng)
    assert set(split.parts) == set(ten_by_ten.tracks)
    of_label = Counter((ten_by_ten.tracks[t].labels[0], p) for t, p in split.parts.items())
    for label in ten_by_ten.vocabulary.labels:
        assert [of_label[label, part] for part in splits.PARTS] == [15, 5, 5]


@pytest.mark.parametrize("by", ["artist", "album"])
def test_grouped_divides_no_group(ten_by_ten, rng, by):
    split = splits.grouped(ten_by_ten, by, FRACTIONS, rng)
    assert split.name == f"{by}-grouped"
    assert set(split.parts) == set(ten_by_ten.tracks)
    assert not divided_groups(split, ten_by_ten, by)
    assert not [leak for leak in splits.leaks(split, ten_by_ten) if leak.kind == by]
    for part, share in FRACTIONS.items():
        assert abs(split.counts[part] - 100 * share) <= 4


def test_tracks_without_an_artist_are_groups_of_their_own(made_up, rng):
    dataset = made_up([Track(f"t{i}", ("x",)) for i in range(10)])
    split = splits.grouped(dataset, "artist", {"train": 0.5, "test": 0.5}, rng)
    assert split.counts == {"train": 5, "valid": 0, "test": 5}


def test_an_artist_named_like_a_track_is_another_group(made_up):
    dataset = made_up([Track("a", ("x",)), Track("b", ("x",), artist="a")])
    assert len(set(splits.group_names(dataset, ["a", "b"], "artist"))) == 2


def test_chance_comes_from_the_generator_alone(ten_by_ten):
    def split(seed):
        return splits.grouped(ten_by_ten, "artist", FRACTIONS, np.random.default_rng(seed))

    assert split(1) == split(1)
    assert split(1) != split(2)


def test_the_order_of_tracks_changes_nothing(ten_by_ten, made_up):
    turned = made_up(list(ten_by_ten.tracks.values())[::-1])
    for by in ("track", "artist"):
        one = splits.folds(ten_by_ten, 3, by, np.random.default_rng(5))
        assert one == splits.folds(turned, 3, by, np.random.default_rng(5))


def test_rare_labels_of_multi_label_tracks_are_spread(made_up, rng):
    tracks = [
        Track(f"t{i:02d}", ("common", *(["rare"] if i % 10 == 0 else []))) for i in range(60)
    ]
    split = splits.random(
        made_up(tracks, task="multi"), {"train": 0.5, "valid": 0.25, "test": 0.25}, rng
    )
    rare = Counter(split.parts[t.id] for t in tracks if "rare" in t.labels)
    assert rare["train"] == 3
    assert min(rare["valid"], rare["test"]) == 1


def test_few_tracks_a_label_still_fill_small_parts(made_up, rng):
    dataset = made_up([Track(f"t{i:02d}", (f"label{i % 10}",)) for i in range(30)])
    split = splits.random(dataset, {"train": 0.8, "valid": 0.1, "test": 0.1}, rng)
    assert min(split.counts.values()) >= 2


def test_tracks_without_any_label_are_divided_too(made_up, rng):
    dataset = made_up([Track(f"t{i}", ()) for i in range(8)], task="multi")
    split = splits.random(dataset, {"train": 0.75, "test": 0.25}, rng)
    assert split.counts == {"train": 6, "valid": 0, "test": 2}


@pytest.mark.parametrize(
    ("fractions", "message"),
    [
        ({"train": 0.7, "test": 0.2}, "add up to 0.9; expected 1"),
        ({"train": 1.2, "test": -0.2}, "fraction of train is 1.2"),
        ({"train": 1.0, "test": 0.0}, "fraction of test is 0.0"),
        ({"train": 0.5, "tests": 0.5}, "'tests'. Did you mean 'test'"),
        ({"train": float("nan"), "test": 0.5}, "fraction of train is nan"),
        ({}, "add up to 0"),
    ],
)
def test_wrong_fractions_are_refused(ten_by_ten, rng, fractions, message):
    with pytest.raises(SettingsError, match=message):
        splits.random(ten_by_ten, fractions, rng)


def test_too_few_groups_are_refused(made_up, rng):
    dataset = made_up([Track(f"t{i}", ("x",), artist="one") for i in range(10)])
    with pytest.raises(DataError, match="too few artists at hand: nothing is left for valid"):
        splits.grouped(dataset, "artist", FRACTIONS, rng)
    with pytest.raises(DataError, match="1 groups cannot be divided into 2 folds"):
        splits.folds(dataset, 2, "artist", rng)


def test_unknown_grouping_is_refused(ten_by_ten, rng):
    with pytest.raises(SettingsError, match=r"by 'artists'\. Did you mean 'artist'"):
        splits.grouped(ten_by_ten, "artists", FRACTIONS, rng)


@pytest.mark.parametrize("by", ["track", "artist", "album"])
def test_folds_test_every_track_once(ten_by_ten, rng, by):
    made = splits.folds(ten_by_ten, 4, by, rng)
    assert [split.name for split in made] == [f"{by}-fold-{i}-of-4" for i in (1, 2, 3, 4)]
    tested = Counter(track for split in made for track in split.ids("test"))
    assert tested == dict.fromkeys(ten_by_ten.tracks, 1)
    for split in made:
        assert set(split.parts) == set(ten_by_ten.tracks)
        assert not divided_groups(split, ten_by_ten, by)


def test_one_fold_is_none(ten_by_ten, rng):
    with pytest.raises(SettingsError, match="1 folds; expected at least 2"):
        splits.folds(ten_by_ten, 1, "track", rng)


# --- group_folds


@settings(deadline=None, max_examples=40)
@given(data=st.data())
def test_group_folds_divide_no_group_and_hold_out_every_row_once(data):
    n = data.draw(st.integers(4, 40))
    groups = data.draw(st.lists(st.sampled_from("abcdefgh"), min_size=n, max_size=n))
    k = data.draw(st.integers(2, 4))
    labels = np.array(data.draw(st.lists(st.integers(0, 2), min_size=n, max_size=n)))
    if len(set(groups)) < k:
        return
    made = splits.group_folds(groups, np.eye(3, dtype=int)[labels], k, np.random.default_rng(0))
    names = np.array(groups)
    assert len(made) == k
    assert sorted(np.concatenate([held for _, held in made])) == list(range(n))
    for learn, held in made:
        assert len(held)
        assert sorted([*learn, *held]) == list(range(n))
        assert not set(names[learn]) & set(names[held])


def unevenness(made, labels):
    counts = np.array([labels[held].sum(axis=0) for _, held in made])
    return float((counts.std(axis=0) / labels.sum(axis=0)).mean())


def test_group_folds_are_as_balanced_as_scikit_learns(rng):
    ours, theirs = [], []
    for seed in range(10):
        groups = np.minimum(rng.geometric(0.02, 300), 60)
        truth = (groups + (rng.random(300) < 0.2)) % 5  # an artist mostly stays with a label
        labels = np.eye(5, dtype=int)[truth]
        ours.append(unevenness(splits.group_folds(groups, labels, 5, rng), labels))
        oracle = StratifiedGroupKFold(5, shuffle=True, random_state=seed)
        theirs.append(unevenness(list(oracle.split(labels, truth, groups)), labels))
    assert np.mean(ours) < 1.2 * np.mean(theirs)


def test_group_folds_refuse_what_does_not_match(rng):
    with pytest.raises(DataError, match="3 groups and labels of shape"):
        splits.group_folds(["a", "b", "c"], np.eye(2), 2, rng)
    with pytest.raises(DataError, match="0 groups cannot be divided"):
        splits.group_folds([], np.empty((0, 2)), 2, rng)
    with pytest.raises(DataError, match="2 groups cannot be divided into 3 folds"):
        splits.group_folds(["a", "b", "b"], np.eye(3), 3, rng)


# --- leaks


def test_leaks_are_found(made_up):
    dataset = made_up(
        [
            Track("a", ("x",), artist="Bob", album="One"),
            Track("b", ("x",), artist="Bob", album="Two"),
            Track("c", ("x",), artist="Bob", album="Two"),
            Track("d", ("x",), artist="Ann", album="One"),
            Track("e", ("x",)),
            Track("f", ("x",)),
        ],
        faults=[
            Fault("f", "exact duplicate", "e", "us"),
            Fault("e", "exact duplicate", "f", "them"),
            Fault("a", "near duplicate", "d", "us"),
            Fault("a", "near duplicate", "absent", "us"),
            Fault("e", "unreadable", None, "us"),
        ],
    )
    split = Split(
        "s", {"a": "train", "b": "test", "c": "test", "d": "train", "e": "valid", "f": "train"}
    )
    assert splits.leaks(split, dataset) == [
        Leak("artist", "a", "b", ("train", "test"), "Bob", 2),
        Leak("exact duplicate", "f", "e", ("train", "valid")),
    ]


def test_an_artist_in_three_parts_leaks_three_times(made_up):
    dataset = made_up([Track(t, ("x",), artist="Bob") for t in "abc"])
    split = Split("s", {"a": "train", "b": "valid", "c": "test"})
    assert [leak.parts for leak in splits.leaks(split, dataset)] == [
        ("train", "valid"), ("train", "test"), ("valid", "test"),
    ]


def test_tracks_that_the_dataset_lacks_are_passed_over(made_up):
    dataset = made_up([Track("a", ("x",), artist="Bob")])
    assert splits.leaks(Split("s", {"a": "train", "z": "test"}), dataset) == []


def test_songs_are_kept_whole_and_stand_in_for_unknown_artists(made_up, rng):
    tracks = [Track(f"t{i}", ("a",), artist="X" if i == 5 else None, song=song)
              for i, song in enumerate(["s", "s", "u", "u", None, None])]  # fmt: skip
    dataset = made_up(tracks)
    ids = list(dataset.tracks)
    assert splits.group_names(dataset, ids, "song") == (
        "song s", "song s", "song u", "song u", "track t4", "track t5")  # fmt: skip
    assert splits.group_names(dataset, ids, "artist") == (
        "song s", "song s", "song u", "song u", "track t4", "artist X")  # fmt: skip
    assert splits.group_names(dataset, ["t0", "t1"], "track") == ("track t0", "track t1")
    for split in [splits.grouped(dataset, "song", {"train": 0.5, "test": 0.5}, rng),
                  *splits.folds(dataset, 3, "song", rng)]:  # fmt: skip
        assert split.parts["t0"] == split.parts["t1"]
        assert split.parts["t2"] == split.parts["t3"]
        assert splits.leaks(split, dataset) == []


def test_a_song_on_both_sides_is_a_leak(made_up):
    dataset = made_up([Track("x", ("a",), song="s"), Track("y", ("a",), song="s")])
    assert splits.leaks(Split("s", {"x": "train", "y": "test"}), dataset) == [
        Leak("song", "x", "y", ("train", "test"), "s", 1)]  # fmt: skip


