import numpy as np
import pytest
import sklearn.metrics as oracle
from hypothesis import given
from tests.judging.metrics.made import FEW, multi, named

from earmark.errors import DataError
from earmark.judging import curves, metrics

BY_ROW = (metrics.lrap, metrics.coverage_error, metrics.ranking_loss)


def orderable(truth):
    return (truth.any(axis=1) & ~truth.all(axis=1)).any()


@FEW
@given(multi())
def test_metrics_within_rows_equal_scikit_learns(case):
    scores, truth = case
    theirs = {
        metrics.lrap: oracle.label_ranking_average_precision_score,
        metrics.coverage_error: oracle.coverage_error,
        metrics.ranking_loss: oracle.label_ranking_loss,
    }
    for metric, function in theirs.items():
        if orderable(truth):
            assert metric(scores, truth) == pytest.approx(function(truth, scores))
        else:
            assert metric.value(scores, truth) is None


@FEW
@given(multi())
def test_micro_areas_equal_scikit_learns_on_all_cells(case):
    scores, truth = case
    if truth.any() and not truth.all():
        cells = truth.ravel(), scores.ravel()
        assert metrics.roc_auc_micro(scores, truth) == pytest.approx(oracle.roc_auc_score(*cells))
        assert metrics.pr_auc_micro(scores, truth) == pytest.approx(
            oracle.average_precision_score(*cells))
    else:
        assert metrics.roc_auc_micro.value(scores, truth) is None
        assert metrics.pr_auc_micro.value(scores, truth) is None


def test_many_single_precision_scores_equal_scikit_learns(rng):
    scores = rng.random((300, 40)).astype(np.float32)
    truth = (rng.random((300, 40)) < 0.1 * scores).astype(np.int8)
    for metric, expected in (
        (metrics.lrap, oracle.label_ranking_average_precision_score(truth, scores)),
        (metrics.coverage_error, oracle.coverage_error(truth, scores)),
        (metrics.ranking_loss, oracle.label_ranking_loss(truth, scores)),
        (metrics.roc_auc_micro, oracle.roc_auc_score(truth, scores, average="micro")),
        (metrics.pr_auc_micro, oracle.average_precision_score(truth, scores, average="micro")),
    ):
        assert metric(scores, truth) == pytest.approx(expected)


def test_by_hand():
    scores, truth = [[0.9, 0.5, 0.1], [0.2, 0.7, 0.4]], [[0, 1, 0], [1, 0, 1]]
    # the first row's label is second; the second row's are second and third
    assert metrics.lrap(scores, truth) == pytest.approx((1 / 2 + (1 / 2 + 2 / 3) / 2) / 2)
    assert metrics.coverage_error(scores, truth) == 2.5
    assert metrics.ranking_loss(scores, truth) == pytest.approx((1 / 2 + 2 / 2) / 2)


def test_equal_scores_gain_nothing():
    scores, truth = np.full((3, 4), 0.3), np.eye(4, dtype=int)[:3]
    assert metrics.lrap(scores, truth) == 0.25
    assert metrics.coverage_error(scores, truth) == 4
    assert metrics.ranking_loss(scores, truth) == 1
    assert metrics.roc_auc_micro(scores, truth) == 0.5
    assert metrics.pr_auc_micro(scores, truth) == 0.25


def test_rows_that_cannot_be_ordered_count_as_scikit_learn_counts_them():
    scores = [[0.1, 0.9], [0.3, 0.4], [0.2, 0.6]]
    truth = [[1, 0], [0, 0], [1, 1]]  # wrong; bears none; bears all
    assert metrics.lrap(scores, truth) == pytest.approx((0.5 + 1 + 1) / 3)
    assert metrics.coverage_error(scores, truth) == pytest.approx((2 + 0 + 2) / 3)
    assert metrics.ranking_loss(scores, truth) == pytest.approx((1 + 0 + 0) / 3)


@pytest.mark.parametrize("metric", metrics.RANKING, ids=named)
@pytest.mark.parametrize("truth", [np.zeros((3, 2)), np.ones((3, 2)), np.zeros((1, 1))],
                         ids=["none borne", "all borne", "one cell"])
def test_without_positives_or_negatives_nothing_is_defined(metric, truth):
    scores = np.linspace(0, 1, truth.size).reshape(truth.shape)
    with pytest.raises(DataError, match=f"{metric.name} is not defined on these rows"):
        metric(scores, truth)


@pytest.mark.parametrize("metric", BY_ROW, ids=named)
def test_one_label_cannot_be_ordered(metric):
    with pytest.raises(DataError, match="is not defined on these rows"):
        metric([[0.1], [0.9]], [[0], [1]])


def test_one_row_and_more_labels_than_rows():
    scores, truth = [[0.9, 0.1, 0.8, 0.7]], [[1, 0, 0, 1]]
    assert metrics.lrap(scores, truth) == pytest.approx((1 + 2 / 3) / 2)
    assert metrics.roc_auc_micro(scores, truth) == 0.75
    with pytest.raises(DataError, match="roc_auc_macro is not defined"):
        metrics.roc_auc_macro(scores, truth)


def test_rows_without_weight_do_not_count():
    scores, truth = np.array([[0.7, 0.1], [0.2, 0.8]]), np.array([[1, 0], [0, 0]], np.int8)
    weights = np.array([[1.0, 0], [0, 1], [1, 1]])
    np.testing.assert_allclose(metrics.coverage_error.weighted(scores, truth, weights),
                               [1, np.nan, 0.5])
    np.testing.assert_allclose(metrics.roc_auc_micro.weighted(scores, truth, weights),
                               [1, np.nan, 2 / 3])


@pytest.mark.parametrize(
    "metric", [metrics.roc_auc_macro, metrics.roc_auc_micro, metrics.pr_auc_macro,
               metrics.pr_auc_micro], ids=named,
)
def test_blocks_and_merged_steps_change_only_the_time(metric, rng, monkeypatch):
    scores, truth = rng.integers(30, size=(50, 4)) / 30, rng.integers(2, size=(50, 4))
    truth[:, 2] = rng.random(50) < 0.05  # a rare label: most steps are merged
    weights = rng.integers(3, size=(7, 50)).astype(float)
    one_by_one = [metric.weighted(scores, truth, row[None])[0] for row in weights]
    np.testing.assert_allclose(metric.weighted(scores, truth, weights), one_by_one)
    monkeypatch.setattr(curves, "_CELLS", 3)
    monkeypatch.setattr(curves, "_BLOCK", 40)
    np.testing.assert_allclose(metric.weighted(scores, truth, weights), one_by_one)


@pytest.mark.parametrize("scale", [1, 0.1, 1e-9, 3e7])
def test_weights_of_any_size_equal_scikit_learns(rng, scale):
    scores, truth = rng.random((40, 3)), rng.integers(2, size=(40, 3)).astype(np.int8)
    weights = rng.integers(1, 9, size=(2, 40)) * float(scale) + (scale == 3e7)
    for k, w in enumerate(weights):
        for metric, average, function in (
            (metrics.roc_auc_macro, "macro", oracle.roc_auc_score),
            (metrics.roc_auc_micro, "micro", oracle.roc_auc_score),
            (metrics.pr_auc_macro, "macro", oracle.average_precision_score),
            (metrics.pr_auc_micro, "micro", oracle.average_precision_score),
        ):
            expected = function(truth, scores, average=average, sample_weight=w)
            assert metric.weighted(scores, truth, weights)[k] == pytest.approx(expected)
