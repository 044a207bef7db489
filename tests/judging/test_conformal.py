import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from earmark.errors import DataError, SettingsError
from earmark.judging.conformal import coverage, fit_label_sets, resampled_coverage


def drawn(rng, rows=400, labels=4):
    scores = rng.random((rows, labels)) * [0.9, 0.6, 0.3, 0.1][:labels]
    return scores, (rng.random(scores.shape) < scores).astype(np.int8)


def test_all_by_hand():
    # Lowest true scores .1 to .9 of nine tracks: with n + 1 = 10 tracks and an error of .2 two may
    # be lost, of which the one to come counts as one: the threshold is the second lowest.
    scores = np.column_stack([np.arange(1, 10) / 10, np.full(9, 0.95)])
    truth = np.column_stack([np.ones(9), np.ones(9)])
    assert fit_label_sets(scores, truth, 0.2).thresholds == pytest.approx((0.2, 0.2))
    assert fit_label_sets(scores, truth, 0.1).thresholds == pytest.approx((0.1, 0.1))
    assert fit_label_sets(scores, truth, 0.09).thresholds == (0, 0)  # nine tracks cannot promise it


def test_share_by_hand():
    # Each track has two labels, at .95 and from .1 to .9: losing the lower ones costs half each.
    scores = np.column_stack([np.arange(1, 10) / 10, np.full(9, 0.95)])
    truth = np.ones((9, 2))
    # (losses + 1) / 10 <= .3: losses of 2, four tracks' halves, below the fifth lowest
    assert fit_label_sets(scores, truth, 0.3, "share").thresholds == pytest.approx((0.5, 0.5))


def test_the_threshold_is_the_usual_rank(rng):
    for n in (19, 20, 57, 400):
        scores, truth = drawn(rng, n)
        truth[:, 0] = 1
        lowest = np.sort(np.where(truth == 1, scores, 2).min(axis=1).astype(np.float32))
        for error in (0.05, 0.1, 0.3):
            rank = int(np.ceil((n + 1) * (1 - error) - 1e-9))  # of nonconformity, ascending
            expected = lowest[n - rank] if rank <= n else 0
            assert fit_label_sets(scores, truth, error).thresholds[0] == expected


def test_tracks_without_labels_lack_none():
    scores = np.array([[0.5], [0.1], [0.2], [0.3]])
    assert coverage([[0], [1], [0]], [[0], [1], [1]]) == pytest.approx(2 / 3)
    assert coverage([[0], [1], [0]], [[0], [1], [1]], "share") == pytest.approx(2 / 3)
    # None is lost below .5, the only true one; one of four and the one to come may be.
    assert fit_label_sets(scores, [[1], [0], [0], [0]], 0.25).thresholds == (0.5,)
    assert fit_label_sets(scores, np.zeros((4, 1)), 0.5).thresholds == (0,)


@pytest.mark.parametrize("promise", ["all", "share"])
@pytest.mark.parametrize("method", ["global", "label"])
@pytest.mark.parametrize("error", [0.05, 0.2])
def test_new_tracks_are_covered_as_promised_in_the_mean(rng, promise, method, error):
    found = []
    for _ in range(60):
        scores, truth = drawn(rng, 160)
        rule = fit_label_sets(scores[:80], truth[:80], error, promise, method)
        found.append(coverage(rule(scores[80:]), truth[80:], promise))
    assert np.mean(found) >= 1 - error - 3 * np.std(found) / np.sqrt(60)


def test_a_global_threshold_is_tight_and_has_the_smaller_sets(rng):
    scores, truth = drawn(rng, 4000)
    of = {method: fit_label_sets(scores[:2000], truth[:2000], 0.2, "share", method)(scores[2000:])
          for method in ("global", "label")}
    assert coverage(of["global"], truth[2000:], "share") == pytest.approx(0.8, abs=0.03)
    assert of["global"].sum() < of["label"].sum()
    rare = truth[2000:, 3] == 1
    assert of["label"][rare, 3].mean() > of["global"][rare, 3].mean()  # what the larger are for


@given(arrays(np.float32, (15, 3), elements=st.floats(0, 1, width=32)),
       arrays(np.int8, (15, 3), elements=st.integers(0, 1)),
       st.sampled_from(["all", "share"]), st.sampled_from(["global", "label"]))
def test_less_error_never_makes_smaller_sets(scores, truth, promise, method):
    rules = [fit_label_sets(scores, truth, e, promise, method) for e in (0.05, 0.2, 0.5)]
    for strict, loose in itertools.pairwise(rules):
        assert (strict(scores) >= loose(scores)).all()
        assert all(0 <= t <= 1 for t in strict.thresholds)


@given(arrays(np.float32, (30, 2), elements=st.floats(0, 1, width=32)),
       arrays(np.int8, (30, 2), elements=st.integers(0, 1)), st.sampled_from(["all", "share"]))
def test_the_promise_is_kept_on_the_tracks_themselves(scores, truth, promise):
    rule = fit_label_sets(scores, truth, 0.2, promise)
    assert coverage(rule(scores), truth, promise) >= 0.8


def test_weights_count_as_copies_would(rng):
    scores, truth = drawn(rng, 60)
    weights = rng.integers(1, 4, 60)
    rows = np.repeat(np.arange(60), weights)
    weighted = fit_label_sets(scores, truth, 0.2, weights=weights)
    plain = fit_label_sets(scores[rows], truth[rows], 0.2)
    # The track to come weighs as the heaviest: three instead of one of some 120.
    assert weighted.thresholds[0] <= plain.thresholds[0]
    assert weighted.thresholds[0] == pytest.approx(plain.thresholds[0], abs=0.05)
    assert fit_label_sets(scores, truth, 0.2, weights=np.full(60, 0.3)).thresholds == (
        fit_label_sets(scores, truth, 0.2).thresholds)


def test_weighted_tracks_mend_a_shift_of_labels(rng):
    def tracks(rows, often):
        many = rng.random(rows) < often
        truth = np.ones((rows, 2), np.int8)
        truth[~many, 1] = 0
        scores = np.column_stack([rng.uniform(0.5, 1, rows), rng.uniform(0, 0.5, rows)])
        return scores, truth, many

    scores, truth, many = tracks(3000, 0.1)
    new, labels, _ = tracks(3000, 0.6)
    plain = coverage(fit_label_sets(scores, truth, 0.1)(new), labels)
    weights = np.where(many, 0.6 / 0.1, 0.4 / 0.9)
    mended = coverage(fit_label_sets(scores, truth, 0.1, weights=weights)(new), labels)
    assert plain < 0.6
    assert mended == pytest.approx(0.9, abs=0.03)


def test_random_halves_hold_the_promise_and_spread_as_they_must(rng):
    scores, truth = drawn(rng, 1000)
    found = resampled_coverage(scores, truth, 0.1, "all", rng, times=60)
    assert found["holds"]
    assert found["mean"] == pytest.approx(found["expected"]["mean"], abs=0.01)
    assert found["deviation"] == pytest.approx(found["expected"]["deviation"], rel=0.4)
    assert len(found["coverages"]) == found["times"] == 60


def test_the_expected_spread_is_that_of_simulated_ranks(rng):
    from earmark.judging.conformal import _expected

    n, m, error = 50, 80, 0.1
    ranks = [np.sort(rng.random(n))[int((n + 1) * error) - 1] for _ in range(4000)]
    covered = rng.binomial(m, 1 - np.array(ranks)) / m
    found = _expected(n, m, error)
    assert found["mean"] == pytest.approx(covered.mean(), abs=0.005)
    assert found["deviation"] == pytest.approx(covered.std(), rel=0.06)


def test_groups_stay_together(rng):
    # Two scores only, each artist's own: tracks drawn apart would always know both.
    scores, truth = np.repeat([[0.9], [0.1]], 20, axis=0), np.ones((40, 1))
    groups = ["high"] * 20 + ["low"] * 20
    found = resampled_coverage(np.hstack([scores, 0.95 + 0 * scores]), np.hstack([truth, truth]),
                               0.1, "all", rng, groups=groups)
    assert set(found["coverages"]) == {0.0, 1.0}
    assert found["mean"] < 0.9


def test_a_broken_promise_is_told(rng, monkeypatch):
    from earmark.judging import conformal

    monkeypatch.setattr(conformal, "highest_within", lambda *_: 0.5)
    scores, truth = drawn(rng)
    assert not resampled_coverage(scores, truth, 0.1, "all", rng)["holds"]


@pytest.mark.parametrize("truth", [np.zeros((6, 2)), np.ones((6, 2)), np.eye(2, 5),
                                   np.ones((1, 1))])
@pytest.mark.parametrize("promise", ["all", "share"])
@pytest.mark.parametrize("method", ["global", "label"])
def test_odd_truth(rng, truth, promise, method):
    rule = fit_label_sets(rng.random(truth.shape), truth, 0.3, promise, method)
    assert rule.tracks == len(truth)
    assert all(0 <= t <= 1 for t in rule.thresholds)


def test_what_cannot_be_learnt_from_is_refused(rng):
    scores, truth = drawn(rng, 20)
    for error in (0, 1, -0.1, np.nan):
        with pytest.raises(SettingsError, match="an error between 0 and 1"):
            fit_label_sets(scores, truth, error)
    with pytest.raises(SettingsError, match="promise 'most'"):
        fit_label_sets(scores, truth, 0.1, "most")
    with pytest.raises(SettingsError, match="by 'track'"):
        fit_label_sets(scores, truth, 0.1, method="track")
    for weights in (np.ones(19), np.zeros(20), np.full(20, np.nan)):
        with pytest.raises(DataError, match="expected one above 0 a track"):
            fit_label_sets(scores, truth, 0.1, weights=weights)
    with pytest.raises(DataError, match="two at least"):
        resampled_coverage(scores, truth, 0.1, "all", rng, groups=["one"] * 20)
    with pytest.raises(DataError, match="19 groups for 20 tracks"):
        resampled_coverage(scores, truth, 0.1, "all", rng, groups=["one"] * 19)
    with pytest.raises(SettingsError, match="0 resamplings"):
        resampled_coverage(scores, truth, 0.1, "all", rng, times=0)
