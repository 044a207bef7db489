"""Likely mistags: thresholds by hand, planted mistakes found, sound collections left alone."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from earmark.errors import DataError
from earmark.judging.mistags import Mistag, likely_mistags

LABELS = ("jazz", "rock", "soul")


def truth_of(own):
    return np.eye(len(LABELS), dtype=np.int8)[own]


def test_thresholds_are_each_labels_own():
    # Mean scores for the own label: jazz (.9 + .7 + .05) / 3 = .55, rock (.4 + .3) / 2 = .35.
    scores = np.array([[.9, .1, 0], [.7, .3, 0], [.05, .36, .59],
                       [.3, .4, .3], [.5, .3, .2],
                       [.2, .2, .6], [.1, .3, .6]])
    found = likely_mistags("abcdefg", scores, truth_of([0, 0, 0, 1, 1, 2, 2]), LABELS)
    # c reaches rock's .35 and, at .59, not soul's .6: rock. e is surest of jazz, but below .55.
    assert found == [Mistag("c", "jazz", pytest.approx(.05), "rock", pytest.approx(.36))]


def test_the_likeliest_come_first():
    scores = np.array([[.9, .1, 0], [.9, .1, 0], [.3, .7, 0], [.1, .9, 0], [.4, .6, 0],
                       [.1, .9, 0], [.1, .9, 0], [.9, .1, 0], [0, .1, .9], [0, .1, .9]])
    found = likely_mistags([f"t{i}" for i in range(10)], scores,
                           truth_of([0, 0, 0, 0, 0, 1, 1, 1, 2, 2]), LABELS)
    assert [m.track for m in found] == ["t3", "t7", "t2"]
    assert {m.sounds_like for m in found} == {"rock", "jazz"}


@pytest.mark.parametrize("seed", range(4))
def test_planted_mistakes_are_found(seed):
    rng = np.random.default_rng(seed)
    real = rng.integers(3, size=150)
    chances = np.exp(rng.standard_normal((150, 3)) + 4 * truth_of(real))
    chances /= chances.sum(axis=1, keepdims=True)
    planted = rng.choice(150, 12, replace=False)
    said = real.copy()
    said[planted] = (real[planted] + 1) % 3
    found = likely_mistags([str(i) for i in range(150)], chances, truth_of(said), LABELS)
    hit = [m for m in found if int(m.track) in planted]
    # The mean is a cautious threshold: what is said is mostly right, and half of it is said.
    assert len(hit) >= 6
    assert len(hit) >= 0.85 * len(found)
    assert all(m.sounds_like == LABELS[real[int(m.track)]] for m in hit)


def test_sure_and_right_models_suspect_nobody():
    own = np.arange(30) % 3
    assert likely_mistags([str(i) for i in range(30)], truth_of(own) * .9 + .03, truth_of(own),
                          LABELS) == []


def test_a_label_of_one_track_accuses_nobody():
    scores = np.array([[.1, .0, .9], [.9, .1, .0], [.8, .2, .0], [.0, .0, .2]])
    assert likely_mistags("abcd", scores, truth_of([0, 0, 0, 2]), LABELS) == []


@given(st.integers(0, 2**32), st.integers(1, 40))
def test_whatever_the_scores_a_suspect_scores_higher_elsewhere(seed, rows):
    rng = np.random.default_rng(seed)
    own, scores = rng.integers(3, size=rows), rng.random((rows, 3))
    ids = [f"t{i}" for i in range(rows)]
    found = likely_mistags(ids, scores, truth_of(own), LABELS)
    assert all(m.says != m.sounds_like and m.score > m.own_score for m in found)
    margins = [m.own_score - m.score for m in found]
    assert margins == sorted(margins)
    order = rng.permutation(rows)
    again = likely_mistags([ids[i] for i in order], scores[order], truth_of(own[order]), LABELS)
    assert [(m.track, m.sounds_like) for m in again] == [(m.track, m.sounds_like) for m in found]


@pytest.mark.parametrize(("scores", "truth", "message"), [
    (np.zeros((2, 2)), truth_of([0, 1]), "expected one row a track"),
    (np.zeros((2, 3)), np.array([[1, 1, 0], [0, 1, 0]]), "no label or several"),
    (np.zeros((2, 3)), np.array([[0, 0, 0], [0, 1, 0]]), "no label or several"),
])
def test_what_cannot_be_told_is_refused(scores, truth, message):
    with pytest.raises(DataError, match=message):
        likely_mistags("ab", scores, truth, LABELS)
