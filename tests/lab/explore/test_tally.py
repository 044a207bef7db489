"""Counts of labels and of pairs."""

from collections import Counter
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.lab.doctor.made import Made

from earmark.datasets.base import Track
from earmark.errors import DataError
from earmark.judging.splits import Split
from earmark.lab.explore import tally
from earmark.lab.explore.tally import Tally, unheld

LABELS = ("blues", "jazz", "pop", "rock")


def dataset(*sets, **more):
    return Made.of([Track(f"t{i:03}", tuple(labels)) for i, labels in enumerate(sets)], **more)


def test_labels_and_pairs_are_counted():
    found = Tally.of(dataset(("rock", "pop"), ("rock",), (), ("rock", "pop", "jazz")))
    assert found.vocabulary.labels == ("jazz", "pop", "rock")
    assert found.counts.tolist() == [1, 2, 3]
    assert found.together.tolist() == [[1, 1, 1], [1, 2, 2], [1, 2, 3]]
    assert found.commonest.tolist() == [2, 1, 0]


@given(st.lists(st.sets(st.sampled_from(LABELS)), min_size=1, max_size=30))
def test_pairs_are_those_of_a_count_by_hand(sets):
    made = dataset(*sets, labels=LABELS)
    if not any(sets):
        with pytest.raises(DataError, match="bears a label"):
            Tally.of(made)
        return
    found = Tally.of(made)
    by_hand = Counter(pair for labels in sets for pair in combinations(sorted(labels), 2))
    assert {(LABELS[a], LABELS[b]): n for (a, b), n in np.ndenumerate(found.together)
            if a < b and n} == by_hand
    assert np.diag(found.together).tolist() == found.counts.tolist()


def test_many_tracks_are_counted_in_blocks(monkeypatch, rng):
    truth = (rng.random((23, 4)) < 0.4).astype(np.int8)
    truth[0] = 1
    made = dataset(*[[LABELS[k] for k in np.flatnonzero(row)] for row in truth], labels=LABELS)
    whole = Tally.of(made).together
    monkeypatch.setattr(tally, "_BLOCK", 5)
    assert (Tally.of(made).together == whole).all()
    assert (whole == truth.astype(int).T @ truth).all()


def test_a_track_without_label_is_counted_though_the_task_is_single():
    made = dataset(("rock",), ("pop",))
    made._tracks.append(Track("t9", ()))
    made.tracks["t9"] = Track("t9", ())
    assert Tally.of(made).truth.sum(axis=1).tolist() == [1, 1, 0]


def test_a_label_list_stored_as_text_is_refused():
    with pytest.raises(DataError, match="list"):
        Tally.of(Made.of([Track("a", ("['rock', 'pop']", "x"))]))


def test_pictures_leave_out_what_sorts_labels_unless_two_would_be_one():
    assert Tally.of(dataset(("genre---rock", "mood---sad"))).names == ("rock", "sad")
    assert Tally.of(dataset(("genre---dark", "mood---dark"))).names == ("genre---dark",
                                                                        "mood---dark")


def test_names_hold_nothing_that_steers_a_page():
    assert Tally.of(dataset(("a\x1b[31mb", "c"))).names == ("a\ufffd[31mb", "c")


def test_test_tracks_are_not_looked_at_closely():
    made = dataset(("rock",), ("pop",), ("rock",), ("pop",))
    split = Split("s", {"t000": "train", "t001": "test", "t002": "valid"})
    assert unheld(made, split) == ("t000", "t002")
    assert unheld(made, None) == ("t000", "t001", "t002", "t003")
