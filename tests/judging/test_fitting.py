import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from earmark.errors import DataError, SettingsError
from earmark.judging import fitting
from earmark.judging.calibration import softened
from earmark.judging.decisions import Calibration, Decisions, calibrate
from earmark.labels.vocabulary import Vocabulary

ONE = Vocabulary(("a", "b", "c"))
MANY = Vocabulary(("a", "b"), "multi")


def drawn(rng, rows=4000, labels=3):
    """True chances and labels drawn by them."""
    chances = rng.dirichlet(np.ones(labels), rows).clip(1e-3)
    chances /= chances.sum(axis=1, keepdims=True)
    picked = (rng.random((rows, 1)) > chances.cumsum(axis=1)).sum(axis=1).clip(0, labels - 1)
    return chances, np.eye(labels, dtype=np.int8)[picked]


@pytest.mark.parametrize("temperature", [0.3, 1.0, 2.5])
def test_temperature_undoes_what_made_scores_too_sure(rng, temperature):
    chances, truth = drawn(rng)
    too_sure = softened(chances, 1 / temperature)
    # The floor of 1e-6 touches the sharpest of them; hence the width.
    assert fitting.fit_temperature(too_sure, truth) == pytest.approx(temperature, rel=0.12)


def test_temperature_has_the_least_log_loss_of_a_grid(rng):
    chances, truth = drawn(rng, 300)
    scores = softened(chances, 0.4)
    found = fitting.fit_temperature(scores, truth)
    grid = np.geomspace(0.05, 20, 2000)
    drawn_in = (300.0 * truth + 1 / truth.shape[1]) / 301  # one track more, of all labels alike
    losses = [-(drawn_in * np.log(softened(scores, t).clip(1e-12))).sum() for t in grid]
    assert found == pytest.approx(grid[int(np.argmin(losses))], rel=0.005)


def test_temperature_at_the_edges():
    truth = np.eye(3, dtype=np.int8)
    assert fitting.fit_temperature(np.full((3, 3), 1 / 3), truth) == 1.0
    right, wrong = 0.8 * truth + 0.1 * (1 - truth), np.roll(0.8 * truth + 0.1 * (1 - truth), 1, 1)
    # With one track more, of all labels alike, the right label's share is ten times the others':
    # 8 ** (1 / t) == 10.
    assert fitting.fit_temperature(right, truth) == pytest.approx(np.log(8) / np.log(10))
    assert fitting.fit_temperature(wrong, truth) == pytest.approx(20)
    certain = fitting.fit_temperature(truth.astype(float), truth)  # zeros have no logarithm
    assert certain == pytest.approx(6)  # (1e6) ** (1 / t) == 10
    one_class = np.tile([1, 0, 0], (3, 1))
    assert 0.05 <= fitting.fit_temperature(right, one_class) <= 20


@given(arrays(float, (6, 3), elements=st.floats(0, 1)), st.integers(0, 2))
def test_any_scores_give_a_temperature_in_range(scores, shift):
    truth = np.roll(np.eye(3, dtype=np.int8).repeat(2, axis=0), shift, axis=1)
    assert 0.05 <= fitting.fit_temperature(scores, truth) <= 20


def test_platt_agrees_with_scikit_learn(rng):
    from sklearn.calibration import _sigmoid_calibration
    from sklearn.linear_model import LogisticRegression

    odds = rng.normal(size=500) * 2
    truth = (rng.random(500) < 1 / (1 + np.exp(-(0.5 * odds - 1)))).astype(np.int8)
    scores = 1 / (1 + np.exp(-odds))
    (slope,), (offset,) = fitting.fit_platt(scores[:, None], truth[:, None])
    a, b = _sigmoid_calibration(odds, truth)  # of the same drawn-in truth, sign turned
    assert (slope, offset) == pytest.approx((-a, -b), abs=2e-3)
    plain = LogisticRegression(C=np.inf).fit(odds[:, None], truth)
    assert (slope, offset) == pytest.approx((plain.coef_[0, 0], plain.intercept_[0]), abs=0.05)


def test_platt_at_the_edges(rng):
    scores = np.column_stack([np.full(8, 0.7), np.repeat([0.1, 0.9], 4), np.repeat([0.9, 0.1], 4),
                              np.linspace(0, 1, 8)])
    truth = np.column_stack([[1, 1, 0, 0, 0, 0, 0, 0], *[np.repeat([0, 1], 4)] * 2, np.zeros(8)])
    slopes, offsets = fitting.fit_platt(scores, truth)
    assert np.isfinite([*slopes, *offsets]).all()
    rule = Decisions((), Calibration(slopes=slopes, offsets=offsets))
    found = calibrate(scores, rule, Vocabulary(("a", "b", "c", "d"), "multi"))
    # equal scores: (2 * 3/4 + 6 * 1/8) / 8, the drawn-in prevalence
    np.testing.assert_allclose(found[:, 0], 0.28125)
    np.testing.assert_allclose(found[:, 1], np.repeat([1 / 6, 5 / 6], 4), atol=1e-3)
    assert slopes[2] == 0  # misleading scores are not turned round
    assert (found[:, 3] <= 0.11).all()


def test_cross_calibration_never_uses_a_rows_own_fold(rng):
    chances, truth = drawn(rng, 90)
    fold = np.arange(90) % 3
    before = fitting.cross_calibrated(chances, truth, fold, ONE)
    for held in range(3):
        rule = Decisions(calibration=fitting.fit_calibration(
            chances[fold != held], truth[fold != held], "single"))
        np.testing.assert_array_equal(before[fold == held],
                                      calibrate(chances[fold == held], rule, ONE))
    other = np.where((fold == 0)[:, None], np.roll(truth, 1, axis=1), truth)
    after = fitting.cross_calibrated(chances, other, fold, ONE)
    np.testing.assert_array_equal(after[fold == 0], before[fold == 0])
    assert not np.allclose(after[fold == 1], before[fold == 1])


def table(best):
    """Single-label rows of the given best scores."""
    return np.array([[b, 1 - b, 0.0] for b in best])


@given(st.lists(st.floats(0.5, 1), min_size=2, max_size=40), st.floats(0.01, 0.99))
def test_at_least_the_wanted_share_is_kept_and_no_higher_threshold_keeps_it(best, keep):
    threshold = fitting.kept_threshold(table(best), keep)
    best = np.float32(best)
    assert (best >= np.float32(threshold)).mean() >= keep - 1e-9
    higher = best[best > np.float32(threshold)]
    if len(higher):
        assert (best >= higher.min()).mean() < keep + 1e-9


@pytest.mark.parametrize("keep", [0, 1, -0.1, float("nan")])
def test_a_share_to_keep_out_of_range_is_refused(keep):
    with pytest.raises(SettingsError, match="to keep is"):
        fitting.kept_threshold(table([0.6, 0.7]), keep)


def test_what_cannot_be_learnt_from_is_refused(rng):
    scores, truth = drawn(rng, 6)
    with pytest.raises(DataError, match=r"shape \(6, 3\) and truth of shape \(5, 3\)"):
        fitting.fit_temperature(scores, truth[:5])
    with pytest.raises(DataError, match="nan"):
        fitting.fit_calibration(np.where(truth == 1, np.nan, scores), truth, "single")
    with pytest.raises(DataError, match="bears 2 labels"):
        fitting.fit_temperature(scores, np.maximum(truth, np.roll(truth, 1, axis=1)))
    for fold in (np.zeros(6), np.zeros(5), np.arange(12).reshape(6, 2)):
        with pytest.raises(DataError, match="at least two folds"):
            fitting.cross_calibrated(scores, truth, fold, ONE)
