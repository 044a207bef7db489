import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from earmark.errors import DataError
from earmark.judging.calibration import sigmoid
from earmark.judging.conformal import fit_label_sets
from earmark.judging.decisions import Decisions
from earmark.judging.rates import estimated_rates, joint_rates
from earmark.judging.shift import corrected, effective_tracks, rate_weights, report
from earmark.labels.vocabulary import Vocabulary


def world(rng, rates, rows=8000, known=None, raised=0.0):
    """Labels drawn at the rates; scores are the chances at the ``known`` ones of Gaussian cues."""
    rates = np.asarray(rates)
    truth = (rng.random((rows, len(rates))) < rates).astype(np.int8)
    if raised:  # labels that come together
        truth[:, 1] |= truth[:, 0] & (rng.random(rows) < raised)
    cues = 2.0 * truth + rng.standard_normal(truth.shape)
    at = rates if known is None else np.asarray(known)
    return sigmoid(2 * cues - 2 + np.log(at / (1 - at))), truth  # ln N(x; 2, 1) / N(x; 0, 1)


def by_em(scores, rates, rounds=3000):
    """Saerens, Latinne and Decaestecker (2002), as they wrote it."""
    new = rates.copy()
    for _ in range(rounds):
        up, down = new / rates * scores, (1 - new) / (1 - rates) * (1 - scores)
        new = (up / (up + down)).mean(axis=0)
    return new


def test_rates_are_those_that_em_climbs_to(rng):
    known = np.array([0.1, 0.3, 0.5])
    scores, _ = world(rng, [0.3, 0.2, 0.5], 600, known)
    np.testing.assert_allclose(estimated_rates(scores, known), by_em(scores, known), atol=1e-4)


def test_true_rates_are_found(rng):
    known = [0.1, 0.3, 0.5]
    scores, truth = world(rng, [0.3, 0.2, 0.5], known=known)
    np.testing.assert_allclose(estimated_rates(scores, known), truth.mean(axis=0), atol=0.02)
    here, borne = world(rng, known)
    np.testing.assert_allclose(joint_rates(here, borne, scores), truth.mean(axis=0), atol=0.03)


def test_unchanged_rates_are_left_where_they_were(rng):
    here, truth = world(rng, np.full(30, 0.02), 1500)
    there, others = world(rng, np.full(30, 0.02), 1500)
    found = abs(joint_rates(here, truth, there) - 0.02).mean()
    assert found < abs(others.mean(axis=0) - 0.02).mean() * 1.5  # no further than chance is
    assert found < abs(estimated_rates(there, truth.mean(axis=0)) - 0.02).mean()


def test_labels_that_raise_the_scores_of_others_do_not_count_them_up(rng):
    def leaky(rates, rows):
        truth = (rng.random((rows, 3)) < rates).astype(np.int8)
        cues = truth @ [[2.0, 0.8, 0.8], [0.8, 2.0, 0.8], [0.8, 0.8, 2.0]]
        return sigmoid(1.5 * (cues + rng.standard_normal(cues.shape)) - 3), truth

    here, truth = leaky([0.1, 0.1, 0.1], 4000)
    there, others = leaky([0.5, 0.1, 0.1], 4000)
    true = others.mean(axis=0)
    jointly = joint_rates(here, truth, there)
    alone = estimated_rates(there, truth.mean(axis=0))
    np.testing.assert_allclose(jointly, true, atol=0.04)
    assert abs(alone - true).max() > 2 * abs(jointly - true).max()


def test_corrected_scores_are_the_chances_there(rng):
    known, there = np.array([0.1, 0.3]), np.array([0.4, 0.2])
    scores, truth = world(rng, there, 40_000, known)
    found = corrected(scores, known, there)
    for k in range(2):
        near = abs(found[:, k] - 0.5) < 0.1
        assert truth[near, k].mean() == pytest.approx(found[near, k].mean(), abs=0.04)
        assert truth[near, k].mean() != pytest.approx(scores[near, k].mean(), abs=0.08)


@given(arrays(float, (4, 3), elements=st.floats(0.001, 0.999)),
       arrays(float, 3, elements=st.floats(0.05, 0.95)),
       arrays(float, 3, elements=st.floats(0.05, 0.95)))
def test_correcting_there_and_back_changes_nothing(scores, here, there):
    np.testing.assert_allclose(corrected(corrected(scores, here, there), there, here), scores,
                               atol=1e-6)
    np.testing.assert_allclose(corrected(scores, here, here), scores, atol=1e-9)


def test_weights_by_hand():
    # The odds of the first label go from 1/4 to 1, those of the second stay.
    weights = rate_weights([[1, 0], [0, 1], [0, 0]], [0.2, 0.5], [0.5, 0.5])
    assert weights == pytest.approx([4 / 2, 1 / 2, 1 / 2])
    assert weights.mean() == pytest.approx(1)
    extreme = rate_weights(np.eye(3), [0.001, 0.5, 0.5], [0.999, 0.5, 0.5])
    assert extreme.max() / np.median(extreme) == pytest.approx(20)


def test_weighted_tracks_have_the_rates_there(rng):
    here = np.array([0.1, 0.3, 0.5])
    there = np.array([0.3, 0.2, 0.5])
    truth = (rng.random((50_000, 3)) < here).astype(np.int8)
    weights = rate_weights(truth, here, there)
    np.testing.assert_allclose(weights @ truth / weights.sum(), there, atol=0.01)
    assert 1 < effective_tracks(weights) < len(truth)


def test_a_label_of_all_or_of_none_stays_and_all_is_finite(rng):
    scores = rng.random((20, 3))
    truth = np.column_stack([np.zeros(20), np.ones(20), np.arange(20) % 2])
    rates = truth.mean(axis=0)
    assert estimated_rates(scores, rates)[:2].tolist() == [0, 1]
    found = joint_rates(scores, truth, rng.random((9, 3)))
    assert found[:2] == pytest.approx([0, 1])
    assert 0 <= found[2] <= 1
    assert np.isfinite(corrected(scores, rates, found)).all()
    assert np.isfinite(rate_weights(truth, rates, [1, 0, 0])).all()
    for rows in (np.zeros((6, 1)), np.ones((6, 1)), np.eye(2, 9)):
        assert np.isfinite(joint_rates(rng.random(rows.shape), rows, rng.random(rows.shape))).all()


def test_the_report_compares_what_was_learnt_with_corrections(rng):
    known, there = [0.1, 0.2, 0.3], [0.3, 0.5, 0.3]
    here, borne = world(rng, known, 3000)
    scores, truth = world(rng, there, 3000, known)
    decisions = Decisions((0.4,) * 3, label_sets=fit_label_sets(here, borne, 0.1))
    vocabulary = Vocabulary(("a", "b", "c"), "multi")
    found = report((here, borne), scores, truth, vocabulary, decisions)
    json.dumps(found, allow_nan=False)
    rates = found["rates"]
    assert rates["labels_a_track_there"] == pytest.approx(truth.sum(axis=1).mean())
    assert rates["jointly_off"] < 0.3 * rates["as_learnt_off"]
    ways = found["corrections"]
    for way in ("jointly", "by_label", "oracle"):
        assert ways[way]["ece"] < 0.6 * ways["as_learnt"]["ece"]
        assert ways[way]["log_loss"] < ways["as_learnt"]["log_loss"]
        assert ways[way]["f1_micro"] > ways["as_learnt"]["f1_micro"]
        assert ways[way]["coverage"] == pytest.approx(0.9, abs=0.025)
    assert ways["as_learnt"]["coverage"] < 0.87
    bare = report((here, borne), scores, truth, vocabulary, Decisions((0.4,) * 3))
    assert "coverage" not in bare["corrections"]["oracle"]


def test_labels_of_the_new_tracks_change_no_correction(rng):
    here, borne = world(rng, [0.1, 0.2], 500)
    scores, truth = world(rng, [0.3, 0.2], 500)
    vocabulary = Vocabulary(("a", "b"), "multi")
    decisions = Decisions((0.4, 0.4), label_sets=fit_label_sets(here, borne, 0.1))
    one, other = (report((here, borne), scores, t, vocabulary, decisions)["corrections"]
                  for t in (truth, 1 - truth))
    for name in ("size", "effective_tracks"):
        for way in ("as_learnt", "by_label", "jointly"):
            assert one[way][name] == other[way][name]
        assert one["oracle"][name] != other["oracle"][name]


def test_what_does_not_fit_is_refused(rng):
    scores = rng.random((5, 2))
    for rates in ([0.5], [0.5, 1.5], [0.5, np.nan], [[0.5, 0.5]]):
        with pytest.raises(DataError, match=r"expected one in \[0, 1\] a label"):
            estimated_rates(scores, rates)
        with pytest.raises(DataError, match="for 2 labels"):
            corrected(scores, rates, [0.5, 0.5])
    with pytest.raises(DataError, match="the same labels"):
        joint_rates(scores, scores.round(), rng.random((5, 3)))
    with pytest.raises(DataError, match="two tracks of either"):
        joint_rates(scores, scores.round(), scores[:1])
    with pytest.raises(DataError, match="nan"):
        estimated_rates(np.full((2, 2), np.nan), [0.5, 0.5])
