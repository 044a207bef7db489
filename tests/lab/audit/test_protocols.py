"""How tracks are dealt under each protocol, with equally much to learn from."""

from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.lab.audit.conftest import MadeUp, tracks_of

from earmark.errors import DataError, SettingsError
from earmark.lab.audit import protocols
from earmark.lab.audit.protocols import Dealt, Draw, Sizes
from earmark.lab.recipe import SplitChoice

ALL = SplitChoice(by="track", fractions={"train": 1.0})


def rngs(count):
    return [np.random.default_rng(seed) for seed in range(count)]


def test_sizes_are_those_of_the_recipes_own_split(made_up):
    tracks = tracks_of(40)
    parts = {t.id: "train" if k < 20 else "valid" if k < 25 else "test"
             for k, t in enumerate(tracks)}
    dataset = made_up(tracks, partitions={"own": parts})
    known = frozenset(dataset.tracks) - {"t000", "t039"}
    own = SplitChoice(partition="own", learn_from=("train", "valid"))
    found = protocols.sizes(dataset, own, known, None)
    assert (len(found.pool), found.learn, found.test) == (38, 24, 14)
    assert protocols.sizes(dataset, own, known, 20).learn == 20
    with pytest.raises(SettingsError, match="expected 2 to 24"):
        protocols.sizes(dataset, own, known, 25)


def test_a_quarter_is_judged_where_the_recipe_holds_nothing_out(made_up):
    dataset = made_up(tracks_of(40))
    found = protocols.sizes(dataset, ALL, frozenset(dataset.tracks), None)
    assert (found.learn, found.test) == (30, 10)
    some = SplitChoice(by="track", fractions={"train": 0.5, "test": 0.5})
    assert protocols.sizes(dataset, some, frozenset(dataset.tracks), None).test == 20


def test_too_few_tracks_are_refused(made_up):
    dataset = made_up(tracks_of(3))
    with pytest.raises(DataError, match="needs 2 of each"):
        protocols.sizes(dataset, ALL, frozenset(dataset.tracks), None)


@pytest.mark.parametrize("groups", [None, "artist"])
def test_no_group_is_on_both_sides_and_enough_is_learnt_from(made_up, groups):
    dataset = made_up(tracks_of(90, artists=18))
    wanted = Sizes(tuple(dataset.tracks), 60, 30)
    artist = {t.id: t.artist for t in dataset.tracks.values()}
    for draw in protocols.by_groups(dataset, wanted, artist if groups else None, rngs(5)):
        assert len(draw.learn) >= 60
        assert 20 <= len(draw.test) <= 30
        assert not set(draw.learn) & set(draw.test)
        if groups:
            assert not {artist[i] for i in draw.learn} & {artist[i] for i in draw.test}


def test_levelled_protocols_learn_from_equally_many(made_up):
    dataset = made_up(tracks_of(90, artists=18))
    ids = tuple(dataset.tracks)
    found = [Dealt("drawn", "", (Draw(ids[:61], ids[61:]), Draw(ids[:64], ids[64:]))),
             Dealt("near", "", (Draw(ids[:60], ids[60:]),), published="near"),
             Dealt("large", "", (Draw(ids[:80], ids[80:]),), published="large"),
             Dealt("small", "", (Draw(ids[:59], ids[59:]),), published="small")]
    kept, short = protocols.levelled(dataset, found, 60, rngs(3))
    assert {d.name: (len(d.draws), d.cut) for d in kept} == {
        "drawn": (2, 0), "near": (1, 0), "large": (3, 80)}
    for dealt in kept:
        for draw in dealt.draws:
            assert len(draw.learn) == 60
            assert not set(draw.learn) & set(draw.test)
    assert len({draw.learn for draw in kept[2].draws}) == 3
    assert short == ["small: has 59 tracks to learn from where the others have 60; --tracks 59 "
                     "takes it in"]


@given(st.integers(1, 60), st.integers(0, 2**16))
def test_a_cut_keeps_the_shares_of_the_labels(count, seed):
    dataset = MadeUp.of("nowhere", tracks_of(60), ("c",))
    ids = list(dataset.tracks)
    kept = protocols.cut(dataset, ids, count, np.random.default_rng(seed))
    assert len(kept) == len(set(kept)) == count
    assert set(kept) <= set(ids)
    labels = Counter(dataset.tracks[i].labels for i in kept)
    whole = Counter(dataset.tracks[i].labels for i in ids)
    for label, number in whole.items():
        assert abs(labels[label] - number * count / 60) <= 1.5


def test_folds_are_one_protocol_and_random_splits_are_not(made_up):
    tracks = tracks_of(30)
    def split(test):
        return {t.id: "test" if k in test else "train" for k, t in enumerate(tracks)}
    dataset = made_up(tracks, partitions={
        "fold-1": split(range(10)), "fold-2": split(range(10, 20)), "fold-3": split(range(20, 30)),
        "split-0": split(range(10)), "split-1": split(range(5, 15)), "official": split([1, 2, 3]),
        "no-test": split([])})
    found, refused = protocols.published(dataset, ALL, frozenset(dataset.tracks), "official")
    assert [(d.name, len(d.draws)) for d in found] == [
        ("official", 1), ("fold-1..3", 3), ("split-0", 1), ("split-1", 1)]
    assert all(draw.split is not None for d in found for draw in d.draws)
    assert [text.partition(":")[0] for text in refused] == ["no-test"]


def test_the_own_partitions_parts_to_learn_from_are_taken_where_there_are_such(made_up):
    tracks = tracks_of(30)
    with_valid = {t.id: ("train", "valid", "test")[k % 3] for k, t in enumerate(tracks)}
    without = {t.id: ("train", "test")[k % 2] for k, t in enumerate(tracks)}
    dataset = made_up(tracks, partitions={"a": with_valid, "b": without})
    choice = SplitChoice(partition="a", learn_from=("train", "valid"))
    found, _ = protocols.published(dataset, choice, frozenset(dataset.tracks), "a")
    assert [len(d.draws[0].learn) for d in found] == [20, 15]
    only = SplitChoice(partition="a", learn_from=("valid",))
    found, _ = protocols.published(dataset, only, frozenset(dataset.tracks), "a")
    assert [len(d.draws[0].learn) for d in found] == [10, 15]  # b has no valid part
