"""Surprising answers: the order and the caps worked out by hand, and their invariants."""

from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from earmark.errors import DataError
from earmark.judging.surprises import surprises

LABELS = ("rock", "flute")
IDS = ["a", "b", "c", "d", "e"]
SCORES = np.array([[0.9, 0.8], [0.95, 0.1], [0.7, 0.2], [0.05, 0.001], [0.6, 0.9]])
TRUTH = np.array([[0, 0], [0, 0], [1, 0], [1, 1], [1, 1]])


def by_hand(**settings):
    return surprises(IDS, SCORES, SCORES >= 0.5, TRUTH, LABELS, **settings)


def test_false_answers_come_by_their_score_once_a_track():
    found = by_hand()
    assert [(s.track, s.label, s.score) for s in found.false] == [("b", "rock", 0.95),
                                                                  ("a", "rock", 0.9)]
    assert found.all_false == 3  # a is wrongly called flute, too
    assert {s.rate for s in found.false} == {0.6}
    assert [s.surer for s in found.false] == [1, 1]  # rock's own tracks score .7, .05 and .6
    assert all(s.maybe_missing for s in found.false)


def test_of_a_label_no_more_than_asked_for():
    assert [(s.track, s.label) for s in by_hand(each=1).false] == [("b", "rock"), ("a", "flute")]
    assert [(s.track, s.label) for s in by_hand(most=1).false] == [("b", "rock")]


def test_misses_come_by_how_far_they_are_below_the_rate():
    # d misses rock at .05 of .6 (a twelfth) and flute at .001 of .4 (a four-hundredth).
    (miss,) = by_hand().missed
    assert (miss.track, miss.label, miss.surer) == ("d", "flute", None)
    assert not miss.maybe_missing
    assert miss.factor == pytest.approx(400)
    assert by_hand().all_missed == 2


def test_a_missing_tag_is_surer_than_three_in_four_of_the_tracks_that_bear_it():
    scores = np.array([[0.5], [0.6], [0.7], [0.8], [0.75]])
    truth = np.array([[1], [1], [1], [1], [0]])
    (false,) = surprises(IDS, scores, scores >= 0.5, truth, ("rock",)).false
    assert (false.track, false.surer, false.maybe_missing) == ("e", 0.75, True)
    scores[4] = 0.7
    (false,) = surprises(IDS, scores, scores >= 0.5, truth, ("rock",)).false
    assert (false.surer, false.maybe_missing) == (0.5, False)
    truth[:3] = 0  # a single track tells nothing of what is usual
    found = surprises(IDS, scores, scores >= 0.5, truth, ("rock",))
    assert {s.surer for s in found.false} == {None}


@given(st.integers(0, 2**32 - 1), st.integers(1, 30), st.integers(1, 6))
def test_the_order_of_rows_changes_nothing_and_caps_hold(seed, rows, columns):
    rng = np.random.default_rng(seed)
    scores = rng.choice([0.0, 0.2, 0.5, 1.0], (rows, columns))  # many equal ones
    truth = rng.integers(0, 2, (rows, columns))
    answered = scores >= 0.5
    ids, labels = [f"t{i}" for i in range(rows)], [f"l{k}" for k in range(columns)]
    found = surprises(ids, scores, answered, truth, labels, most=5, each=2)
    order = rng.permutation(rows)
    assert found == surprises([ids[i] for i in order], scores[order], answered[order],
                              truth[order], labels, most=5, each=2)
    for kind, wrong in ((found.false, 0), (found.missed, 1)):
        assert max(Counter(s.track for s in kind).values(), default=0) <= 1
        assert max(Counter(s.label for s in kind).values(), default=0) <= 2
        for s in kind:
            at = ids.index(s.track), labels.index(s.label)
            assert truth[at] == wrong != answered[at]
    assert found.all_false == (answered & (truth == 0)).sum()


def test_other_numbers_of_tracks_or_labels_are_refused():
    with pytest.raises(DataError, match="for 4 tracks and 2 labels"):
        surprises(IDS[:4], SCORES, SCORES >= 0.5, TRUTH, LABELS)
    with pytest.raises(DataError, match="not logits"):
        surprises(IDS, SCORES * 9, SCORES >= 0.5, TRUTH, LABELS)
