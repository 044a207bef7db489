"""Pairs of labels: counted once, against chance, in an order that shows them."""

import json
from itertools import combinations

import numpy as np
import pytest
from tests.lab.explore.test_tally import dataset

from earmark.datasets.opening import open_dataset
from earmark.lab.explore import pairs
from earmark.lab.explore.tally import Tally


def test_each_pair_is_listed_once_with_its_shares_and_lift():
    tally = Tally.of(dataset(*[("rock", "pop")] * 3, ("rock",), ("jazz", "rock"), (), (), ()))
    section = pairs.section(tally)
    assert section.numbers["pairs"] == [
        # 3 of 8 together, 5 and 3 of 8 alone: 3 * 8 / (5 * 3)
        {"labels": ["rock", "pop"], "tracks": 3, "of_first": 0.6, "of_second": 1.0, "lift": 1.6,
         "pmi_bits": pytest.approx(np.log2(1.6), abs=1e-6)},
        {"labels": ["rock", "jazz"], "tracks": 1, "of_first": 0.2, "of_second": 1.0, "lift": 1.6,
         "pmi_bits": pytest.approx(np.log2(1.6), abs=1e-6)},
    ]
    bars = next(f for f in section.figures if f.title == "The commonest pairs")
    assert bars.svg.count(">rock + pop<") == 1
    assert "pop + rock" not in bars.svg
    assert bars.caption.startswith("rock and pop stand together most often, on 3 of 8 tracks.")


def test_labels_that_are_independent_have_a_lift_of_one():
    tally = Tally.of(dataset(("a", "b"), ("a",), ("b",), ()))
    assert pairs.lift(tally)[0, 1] == 1
    assert "The closest pairs" not in [f.title for f in pairs.section(tally).figures]


def test_a_label_on_no_track_has_no_lift_and_breaks_nothing():
    tally = Tally.of(dataset(("a", "b"), ("a", "c"), labels=("a", "b", "c", "never")))
    assert np.isnan(pairs.lift(tally)[3]).all()
    section = pairs.section(tally)
    json.dumps(section.numbers, allow_nan=False)
    assert ">never</text>" not in "".join(f.svg for f in section.figures)


def test_labels_of_the_same_company_stand_side_by_side():
    made = dataset(*[("a", "c", "e")] * 5, *[("b", "d", "f")] * 5)
    tally = Tally.of(made)
    order = [tally.names[k] for k in pairs.ordered(tally, tally.commonest)]
    assert {frozenset(order[:3]), frozenset(order[3:])} == {frozenset("ace"), frozenset("bdf")}


def test_one_label_a_track_has_no_pairs_and_says_so():
    section = pairs.section(Tally.of(dataset(("a",), ("b",))))
    assert section.figures == ()
    assert section.notes == ("Each track of this dataset bears one label, so that no two can "
                             "stand together.",)


def test_tracks_that_never_bear_two_are_told_from_those_that_cannot():
    section = pairs.section(Tally.of(dataset(("a",), ("b",), ())))
    assert section.notes == ("No track of the 3 looked at bears two labels.",)


@pytest.mark.parametrize("count", [1, 2, 3])
def test_few_labels_are_drawn_as_well(count):
    names = "abc"[:count]
    section = pairs.section(Tally.of(dataset(*[tuple(names)] * 4, (), ("a",))))
    assert bool(section.figures) == (count > 1)
    if count == 2:
        assert section.figures[0].title == "The only pair"


def test_of_many_labels_sixty_are_drawn_and_all_pairs_kept(rng):
    names = np.asarray([f"label {k:03}" for k in range(250)])
    sets = [names[np.sort(rng.choice(250, 4, replace=False))].tolist() for _ in range(600)]
    section = pairs.section(Tally.of(dataset(*sets)))
    assert len(section.numbers["pairs"]) == len({p for s in sets for p in combinations(s, 2)})
    matrix = next(f for f in section.figures if f.title == "Tracks that bear both")
    assert matrix.svg.count("rotate(-90)") == 60
    assert max(len(f.svg) for f in section.figures) < 200_000
    assert section.notes[-1].startswith("Drawn are the 60 commonest of 250 labels")


@pytest.mark.realdata
def test_pairs_of_magnatagatune_are_those_of_a_count_by_hand(realdata):
    made = open_dataset("magnatagatune", realdata / "mtat")
    tally = Tally.of(made)
    together = {frozenset(p["labels"]): p["tracks"] for p in pairs.section(tally).numbers["pairs"]}
    by_hand: dict[frozenset[str], int] = {}
    for track in made.tracks.values():
        for pair in combinations(set(track.labels), 2):
            by_hand[frozenset(pair)] = by_hand.get(frozenset(pair), 0) + 1
    assert together == by_hand
    assert len(together) > 100
