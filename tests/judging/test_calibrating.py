import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from earmark.errors import DataError, SettingsError
from earmark.judging import metrics
from earmark.judging.calibrating import cross_calibrated, fit_calibration, fit_slopes
from earmark.judging.calibration import log_odds, sigmoid
from earmark.judging.isotonic import MOST_KNOTS
from earmark.labels.vocabulary import Vocabulary

FORMS = ["platt", "isotonic", "temperature", "best"]


def bent(rng, rows=3000):
    """Scores of two labels, and truth drawn by other chances than they say."""
    scores = rng.random((rows, 2))
    chances = np.column_stack([scores[:, 0] ** 3, sigmoid(0.5 * log_odds(scores[:, 1]))])
    return scores, (rng.random((rows, 2)) < chances).astype(np.int8), chances


def test_isotonic_is_scikit_learns_between_the_ends(rng):
    from sklearn.isotonic import IsotonicRegression

    scores, truth, _ = bent(rng)
    found = fit_calibration(scores, truth, "multi", "isotonic").stairs[0]
    theirs = IsotonicRegression().fit(scores[:, 0], truth[:, 0])
    # Knots are at the mean scores of blocks, where scikit-learn's line has the block's chance,
    # but for the truth being drawn in by one of each.
    np.testing.assert_allclose(found.chances[1:-1], theirs.predict(found.scores[1:-1]), atol=2e-3)
    assert found.scores[0] == 0
    assert found.scores[-1] == 1


def test_isotonic_by_hand():
    # 40 tracks at .2, half of them true; 40 at .6 all true: two blocks, drawn in by
    # (60 + 1) / (60 + 2) and 1 / (20 + 2).
    scores = np.repeat([0.2, 0.6], 40)[:, None]
    truth = np.r_[np.tile([0, 1], 20), np.ones(40)][:, None]
    stairs = fit_calibration(scores, truth, "multi", "isotonic").stairs[0]
    high = 61 / 62
    low = (high + 1 / 22) / 2
    assert stairs.scores == pytest.approx((0, 0.2, 0.6, 1))
    assert stairs.chances == pytest.approx((0.95 * low, low, high, high + 0.05 * (1 - high)))


def test_isotonic_finds_a_bend_that_slopes_cannot(rng):
    scores, truth, chances = bent(rng, 20_000)
    off = {how: abs(fit_calibration(scores, truth, "multi", how)(scores) - chances).mean(axis=0)
           for how in ("platt", "isotonic", "temperature")}
    assert off["isotonic"][0] < 0.02
    assert off["platt"][1] < 0.01
    assert off["temperature"][1] < 0.01
    assert off["temperature"][0] > 0.1  # a cube is no temperature


def test_few_examples_get_platts_sigmoid_as_stairs(rng):
    scores = rng.random((400, 2))
    truth = np.zeros((400, 2), np.int8)
    truth[np.argsort(-scores[:, 0])[:30:2], 0] = 1  # 15 bear the first label
    truth[:, 1] = scores[:, 1] > 0.5
    stairs = fit_calibration(scores, truth, "multi", "isotonic")
    platt = fit_calibration(scores, truth, "multi", "platt")
    np.testing.assert_allclose(stairs(scores)[:, 0], platt(scores)[:, 0], atol=0.02)


@pytest.mark.parametrize("how", ["isotonic", "platt"])
def test_order_stays(rng, how):
    scores, truth, _ = bent(rng)
    calibrated = fit_calibration(scores, truth, "multi", how)(scores)
    assert metrics.roc_auc_macro(calibrated, truth) == pytest.approx(
        metrics.roc_auc_macro(scores, truth), abs=2e-3)
    for k in range(2):
        order = np.argsort(scores[:, k])
        assert (np.diff(calibrated[order, k]) > 0).all()


def test_stairs_have_at_most_fifty_knots_and_two_ends(rng):
    scores = rng.random((20_000, 1))
    # Steep chances of many rows: far more than fifty blocks.
    truth = (rng.random(scores.shape) < scores).astype(np.int8)
    stairs = fit_calibration(scores, truth, "multi", "isotonic").stairs[0]
    assert len(stairs.scores) == MOST_KNOTS + 2
    grid = np.linspace(0.05, 0.95, 50)
    np.testing.assert_allclose(stairs(grid), grid, atol=0.04)


def test_slopes_are_inverse_temperatures(rng):
    odds = 2 * rng.normal(size=(5000, 2))
    truth = (rng.random((5000, 2)) < sigmoid(odds * [0.5, 2.0])).astype(np.int8)
    assert fit_slopes(sigmoid(odds), truth) == pytest.approx((0.5, 2.0), rel=0.1)
    assert fit_slopes(np.full((4, 1), 0.5), [[1], [0], [1], [0]]) == (1.0,)


@pytest.mark.parametrize("stepped", [True, False])
def test_best_is_the_form_with_the_least_cross_fitted_loss(rng, stepped):
    scores = rng.random((3000, 2))
    chances = np.where(scores > 0.5, 0.7, 0.1) if stepped else scores
    truth = (rng.random(scores.shape) < chances).astype(np.int8)
    fold = np.arange(len(scores)) % 5
    vocabulary = Vocabulary(("a", "b"), "multi")
    losses = {how: metrics.binary_log_loss(
        cross_calibrated(scores, truth, fold, vocabulary, how), truth) for how in FORMS[:3]}
    least = min(losses, key=losses.get)
    assert (least == "isotonic") == stepped
    assert fit_calibration(scores, truth, "multi", "best", fold=fold) == fit_calibration(
        scores, truth, "multi", least)


HOSTILE = {
    "no positives": np.zeros((30, 3)),
    "all ones": np.ones((30, 3)),
    "one label": (np.arange(30) % 2)[:, None],
    "more labels than rows": np.eye(3, 9),
    "one row": np.array([[1, 0]]),
}


@pytest.mark.parametrize("how", FORMS)
@pytest.mark.parametrize("truth", HOSTILE.values(), ids=HOSTILE.keys())
def test_odd_truth_gives_chances_strictly_between_0_and_1(rng, how, truth):
    scores = rng.random(truth.shape)
    found = fit_calibration(scores, truth, "multi", how)(np.vstack([scores, 0 * scores[:1],
                                                                    0 * scores[:1] + 1]))
    assert np.isfinite(found).all()
    if how != "temperature":  # which has no offset to learn a prevalence with
        assert (found > 0).all()
        assert (found < 1).all()


@given(arrays(float, (25, 2), elements=st.floats(0, 1, width=16)),
       arrays(np.int8, (25, 2), elements=st.integers(0, 1)), st.sampled_from(FORMS))
def test_chances_never_fall_as_scores_rise(scores, truth, how):
    grid = np.linspace(0, 1, 101)[:, None].repeat(2, axis=1)
    found = fit_calibration(scores, truth, "multi", how)(grid)
    assert (np.diff(found, axis=0) >= -1e-12).all()
    assert ((found >= 0) & (found <= 1)).all()


def test_what_does_not_teach_is_calibrated_but_not_learnt_from(rng):
    scores, truth, _ = bent(rng, 200)
    fold, vocabulary = np.arange(200) % 4, Vocabulary(("a", "b"), "multi")
    teach = np.arange(200) < 150
    found = cross_calibrated(scores, truth, fold, vocabulary, teach=teach)
    np.testing.assert_array_equal(
        found[teach], cross_calibrated(scores[teach], truth[teach], fold[teach], vocabulary))
    flipped = np.where(teach[:, None], truth, 1 - truth)
    np.testing.assert_array_equal(
        found, cross_calibrated(scores, flipped, fold, vocabulary, teach=teach))
    with pytest.raises(DataError, match="are in one fold"):
        cross_calibrated(scores, truth, fold, vocabulary, teach=fold == 0)


def test_other_words_are_refused(rng):
    scores, truth, _ = bent(rng, 20)
    with pytest.raises(SettingsError, match="'spline' cannot be learnt"):
        fit_calibration(scores, truth, "multi", "spline")
    with pytest.raises(DataError, match="expected one a track"):
        fit_calibration(scores, truth, "multi", "best", fold=[0, 1])
    with pytest.raises(DataError, match="nan"):
        fit_calibration(np.where(truth == 1, np.nan, scores), truth, "multi", "isotonic")
