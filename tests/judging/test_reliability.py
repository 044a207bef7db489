import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from earmark.errors import DataError, SettingsError
from earmark.judging import reliability as rel

SCORES = [0.1, 0.3, 0.35, 0.6, 0.8, 0.9]
TRUTH = [0, 0, 1, 1, 0, 1]


def test_equal_mass_by_hand():
    first, second, third = rel.reliability(SCORES, TRUTH, bins=3)
    assert first == pytest.approx((0.1, 0.3, 2, 0.2, 0.0))
    assert second == pytest.approx((0.35, 0.6, 2, 0.475, 1.0))
    assert third == pytest.approx((0.8, 0.9, 2, 0.85, 0.5))
    # (2 * .2 + 2 * .525 + 2 * .35) / 6
    assert rel.calibration_error(SCORES, TRUTH, bins=3) == pytest.approx(2.15 / 6)


def test_equal_width_by_hand():
    low, high = rel.reliability(SCORES, TRUTH, bins=2, by="width")
    assert low == pytest.approx((0.0, 0.5, 3, 0.25, 1 / 3))
    assert high == pytest.approx((0.5, 1.0, 3, 2.3 / 3, 2 / 3))
    on_edge = rel.reliability([0.5, 1.0, 0.0], [1, 1, 0], bins=2, by="width")
    assert [b.rows for b in on_edge] == [1, 2]
    assert len(rel.reliability([0.95, 0.96], [1, 0], bins=10, by="width")) == 1  # no empty bins


@pytest.mark.parametrize("by", ["mass", "width"])
def test_curves_agree_with_scikit_learn(rng, by):
    from sklearn.calibration import calibration_curve

    scores = rng.random(400)
    truth = (rng.random(400) < scores**2).astype(int)
    strategy = {"mass": "quantile", "width": "uniform"}[by]
    right, mean = calibration_curve(truth, scores, n_bins=8, strategy=strategy)
    curve = rel.reliability(scores, truth, bins=8, by=by)
    np.testing.assert_allclose([b.score for b in curve], mean)
    np.testing.assert_allclose([b.right for b in curve], right)


@given(st.lists(st.tuples(st.floats(0, 1), st.booleans()), min_size=1, max_size=30),
       st.integers(1, 12), st.sampled_from(["mass", "width"]))
def test_bins_hold_every_row_once(pairs, bins, by):
    scores, truth = (np.array(column, float) for column in zip(*pairs, strict=True))
    curve = rel.reliability(scores, truth, bins=bins, by=by)
    assert sum(b.rows for b in curve) == len(pairs)
    assert sum(b.rows * b.right for b in curve) == pytest.approx(truth.sum())
    assert all(b.low - 1e-12 <= b.score <= b.high + 1e-12 for b in curve)
    error = rel.calibration_error(scores, truth, bins=bins, by=by)
    assert abs(scores.mean() - truth.mean()) - 1e-9 <= error <= 1 + 1e-9


def test_scores_that_are_right_as_often_as_they_say_have_no_error():
    assert rel.calibration_error([0.5] * 4, [0, 1, 0, 1], bins=1) == 0
    assert rel.calibration_error([1.0, 1.0, 0.0], [1, 1, 0]) == 0
    assert rel.calibration_error([1.0, 1.0], [0, 0]) == 1


def test_intervals_and_chance_are_seeded_and_sensible(rng):
    scores = rng.random(500)
    truth = (rng.random(500) < scores).astype(int)
    by_chance = rel.chance_error(scores, rng=np.random.default_rng(3))
    assert by_chance == rel.chance_error(scores, rng=np.random.default_rng(3))
    assert 0.01 < by_chance < 0.1
    # Scores that are perfect show about what chance alone shows; those of others show more.
    assert rel.calibration_error(scores, truth) < 2 * by_chance
    assert rel.calibration_error(scores, 1 - truth) > 5 * by_chance
    plain, artists = (
        rel.error_interval(scores, truth, rng=np.random.default_rng(3), draws=200, groups=groups)
        for groups in (None, np.arange(500) // 50))
    assert 0 <= plain.low < plain.high <= 1
    assert artists != plain


def test_top_scores_are_the_best_and_whether_they_hold():
    best, right = rel.top_scores([[0.2, 0.8], [0.5, 0.5]], [[1, 0], [1, 0]])
    assert best.tolist() == [0.8, 0.5]
    assert right.tolist() == [0, 1]


def test_what_is_no_curve_is_refused():
    with pytest.raises(DataError, match="of one column"):
        rel.reliability([[0.1, 0.9]], [[0, 1]])
    with pytest.raises(DataError, match="not logits"):
        rel.reliability([0.1, np.nan], [0, 1])
    with pytest.raises(DataError, match="neither empty"):
        rel.calibration_error([], [])
    with pytest.raises(DataError, match="other than 0 and 1"):
        rel.calibration_error([0.5], [2])
    for given_ in ({"bins": 0}, {"bins": 1001}, {"by": "count"}):
        with pytest.raises(SettingsError, match="expected 1 to 1000 by 'mass' or 'width'"):
            rel.reliability(SCORES, TRUTH, **given_)


def test_the_mean_over_labels_is_that_of_each(rng):
    scores = rng.random((90, 3))
    truth = (rng.random((90, 3)) < 0.4).astype(np.int8)
    each = [rel.calibration_error(scores[:, k], truth[:, k], bins=15) for k in range(3)]
    assert rel.mean_calibration_error(scores, truth) == pytest.approx(np.mean(each))


@pytest.mark.parametrize("by", ["mass", "width"])
def test_the_error_of_perfect_chances_is_that_of_truth_drawn_by_them(rng, by):
    scores = rng.random(60) ** 2
    found = rel.chance_error(scores, rng=np.random.default_rng(4), bins=7, by=by, draws=9)
    drawn = np.random.default_rng(4).random((9, 60)) < scores
    each = [rel.calibration_error(scores, y, bins=7, by=by) for y in drawn]
    assert found == pytest.approx(np.mean(each))
