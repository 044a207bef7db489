"""False answers beside borne labels: counted by hand, and against counting pair by pair."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from earmark.errors import DataError
from earmark.judging.colabels import LEAST_ELSEWHERE, colabels

LABELS = ("metal", "rock", "flute")


def hand():
    """24 tracks: 8 metal (2 of them rock, too), 4 rock only, 12 flute."""
    truth = np.zeros((24, 3), dtype=np.int8)
    truth[:8, 0] = 1
    truth[6:12, 1] = 1
    truth[12:, 2] = 1
    answered = truth.copy()
    answered[:3, 1] = 1  # three metal tracks are wrongly called rock
    answered[12, 1] = 1  # and one with a flute
    return answered, truth


def test_a_pair_counted_by_hand():
    found = colabels(*hand(), LABELS)
    pair = found.pair(0, 1)
    assert (pair.borne, pair.answered, pair.tracks, pair.false) == ("metal", "rock", 6, 3)
    assert pair.rate == 0.5
    assert pair.elsewhere == pytest.approx(1 / 12)  # the flutes: neither metal nor rock
    assert pair.excess == pytest.approx(6 * (0.5 - 1 / 12))
    assert pair.lift == pytest.approx(6)
    assert (pair.together, pair.apart) == (2 / 8, 4 / 16)
    assert pair.true_lift == 1
    assert found.strongest(5) == [pair]  # one flute called rock is too little to tell


def test_what_has_no_elsewhere_is_left_out():
    truth = np.ones((30, 2), dtype=np.int8)  # all bear the first
    truth[:20, 1] = 0
    answered = np.ones_like(truth)
    found = colabels(answered, truth, ("music", "rock"))
    assert (found.tracks[0, 1], found.false[0, 1], found.rate[0, 1]) == (20, 20, 1)
    assert np.isnan(found.elsewhere[0, 1])
    assert found.strongest(5) == []
    truth[:LEAST_ELSEWHERE, 0] = 0  # now ten tracks bear neither, all of them called rock
    found = colabels(answered, truth, ("music", "rock"))
    assert (found.elsewhere[0, 1], found.excess[0, 1]) == (1, 0)
    assert found.strongest(5) == []  # no more than elsewhere


def test_never_elsewhere_has_no_lift_and_comes_by_its_excess():
    answered, truth = hand()
    answered[12, 1] = 0
    (pair,) = colabels(answered, truth, LABELS).strongest(5)
    assert (pair.lift, pair.elsewhere, pair.excess) == (None, 0, 3)
    truth[:, 1] = 0
    assert colabels(answered, truth, LABELS).pair(0, 1).true_lift is None


def test_one_label_does_not_hide_the_others():
    # Six labels of five tracks each, all wrongly called "music"; "a" is called "b" four times, too.
    truth = np.repeat(np.eye(6, 8, dtype=np.int8), 5, axis=0)
    answered = np.zeros_like(truth)
    answered[:, 6] = 1
    answered[:4, 1] = 1
    truth = np.vstack([truth, np.eye(1, 8, 7, dtype=np.int8).repeat(20, axis=0)])
    answered = np.vstack([answered, np.zeros((20, 8), dtype=np.int8)])
    found = colabels(answered, truth, (*"abcdef", "music", "none"))
    # "music": 5 x (1 - 25/45) = 2.2 answers too many for each label; "b" for "a": 4.
    assert [p.answered for p in found.strongest(9)] == ["b", *["music"] * 4]
    assert [p.answered for p in found.strongest(9, each=6)] == ["b", *["music"] * 6]
    pairs = found.strongest(9, each=1)
    assert [(p.borne, p.answered) for p in pairs] == [("a", "b"), ("b", "music")]


TABLES = st.tuples(st.integers(1, 30), st.integers(1, 5)).flatmap(
    lambda shape: st.tuples(*[arrays.arrays(np.int8, shape, elements=st.integers(0, 1))] * 2))


@given(TABLES)
def test_all_pairs_are_as_counted_one_by_one(tables):
    answered, truth = (t.astype(bool) for t in tables)
    labels = tuple("abcde"[: truth.shape[1]])
    found = colabels(answered, truth, labels)
    for a in range(len(labels)):
        for b in range(len(labels)):
            here, other = truth[:, a] & ~truth[:, b], ~truth[:, a] & ~truth[:, b]
            assert found.tracks[a, b] == here.sum()
            assert found.false[a, b] == (here & answered[:, b]).sum()
            if a != b and here.any():
                assert found.rate[a, b] == pytest.approx(answered[here, b].mean())
            if a != b and other.sum() >= LEAST_ELSEWHERE:
                assert found.elsewhere[a, b] == pytest.approx(answered[other, b].mean())
    sizes = [pair.excess for pair in found.strongest(99)]
    assert sizes == sorted(sizes, reverse=True)
    assert all(size > 0 for size in sizes)


@pytest.mark.parametrize(("answered", "labels", "word"), [
    ([[0.5, 1, 0]], LABELS, "a 0 or 1"),
    ([[0, 1, 0]], ("a",), "for 1 labels"),
    ([[0, np.nan, 0]], LABELS, "nan"),
    (np.zeros((0, 3)), LABELS, "shape"),
])
def test_what_is_no_table_of_answers_is_refused(answered, labels, word):
    with pytest.raises(DataError, match=word):
        colabels(answered, np.zeros_like(np.asarray(answered), dtype=np.int8), labels)
