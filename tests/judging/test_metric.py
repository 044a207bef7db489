import pickle

import numpy as np
import pytest
import sklearn.metrics as oracle
from hypothesis import given
from hypothesis import strategies as st
from tests.judging.metrics.made import FEW, multi, taken

from earmark.errors import DataError
from earmark.judging import metrics
from earmark.judging.decisions import top_label

ALL = [metrics.accuracy, metrics.log_loss, metrics.binary_log_loss, *metrics.RANKING,
       *metrics.ANSWERED]


@st.composite
def single(draw, least=2):
    """Scores that sum to 1, often tied, and one true label a row; some labels absent."""
    rows, labels = draw(st.integers(least, 12)), draw(st.integers(2, 5))
    level = st.lists(st.integers(0, 3), min_size=labels, max_size=labels).filter(any)
    raw = np.array(draw(st.lists(level, min_size=rows, max_size=rows)), dtype=float)
    truth = draw(st.lists(st.integers(0, labels - 1), min_size=rows, max_size=rows))
    return raw / raw.sum(axis=1, keepdims=True), np.eye(labels, dtype=np.int8)[truth]


# --- against scikit-learn


@FEW
@given(single())
def test_accuracy_and_confusion_equal_scikit_learns(case):
    scores, truth = case
    true, best = truth.argmax(axis=1), scores.argmax(axis=1)
    assert metrics.accuracy(scores, truth) == pytest.approx(oracle.accuracy_score(true, best))
    expected = oracle.confusion_matrix(true, best, labels=range(truth.shape[1]))
    np.testing.assert_array_equal(metrics.confusion(top_label(scores), truth), expected)


@FEW
@given(single())
def test_log_loss_equals_scikit_learns(case):
    scores, truth = case
    expected = oracle.log_loss(truth.argmax(axis=1), scores, labels=range(truth.shape[1]))
    assert metrics.log_loss(scores, truth) == pytest.approx(expected)


@FEW
@given(multi())
def test_binary_log_loss_equals_scikit_learns(case):
    scores, truth = case
    expected = [
        oracle.log_loss(t, s, labels=[0, 1]) for t, s in zip(truth.T, scores.T, strict=True)
    ]
    assert metrics.binary_log_loss(scores, truth) == pytest.approx(np.mean(expected))


@FEW
@given(multi())
def test_f1_macro_equals_scikit_learns(case):
    scores, truth = case
    predicted = (scores >= 0.5).astype(np.int8)
    if not truth.any():
        with pytest.raises(DataError, match="f1_macro is not defined on these rows"):
            metrics.f1_macro(predicted, truth)
        return
    # scikit-learn takes a single column for a vector, hence label by label
    each = [
        oracle.f1_score(t, p, zero_division=0)
        for t, p in zip(truth.T, predicted.T, strict=True) if (t | p).any()
    ]
    assert metrics.f1_macro(predicted, truth) == pytest.approx(np.mean(each))


@FEW
@given(multi())
def test_figures_per_label_equal_scikit_learns(case):
    scores, truth = case
    predicted = (scores >= 0.5).astype(np.int8)
    figures = metrics.per_label(predicted, truth)
    for i, (t, p) in enumerate(zip(truth.T, predicted.T, strict=True)):
        expected = oracle.precision_recall_fscore_support(t, p, labels=[1], zero_division=0)
        np.testing.assert_allclose([f[i] for f in figures], np.ravel(expected))


@FEW
@given(multi())
def test_curves_equal_scikit_learns(case):
    scores, truth = case
    curved = [len(set(t)) == 2 for t in truth.T]
    np.testing.assert_array_equal(metrics.has_curve(truth), curved)
    pairs = [(t, s) for t, s, c in zip(truth.T, scores.T, curved, strict=True) if c]
    roc = [oracle.roc_auc_score(t, s) for t, s in pairs]
    precision = [oracle.average_precision_score(t, s) for t, s in pairs]
    np.testing.assert_allclose(metrics.roc_auc(scores, truth)[curved], roc)
    np.testing.assert_allclose(metrics.pr_auc(scores, truth)[curved], precision)
    assert np.isnan(metrics.roc_auc(scores, truth)[~np.array(curved)]).all()
    assert np.isnan(metrics.pr_auc(scores, truth)[~np.array(curved)]).all()
    if pairs:
        assert metrics.roc_auc_macro(scores, truth) == pytest.approx(np.mean(roc))
        assert metrics.pr_auc_macro(scores, truth) == pytest.approx(np.mean(precision))


def test_macro_means_equal_scikit_learns_on_many_rows(rng):
    scores = rng.random((400, 8)).astype(np.float32)
    truth = (rng.random((400, 8)) < 0.2 + 0.3 * scores).astype(np.int8)
    assert metrics.roc_auc_macro(scores, truth) == pytest.approx(
        oracle.roc_auc_score(truth, scores, average="macro"))
    assert metrics.pr_auc_macro(scores, truth) == pytest.approx(
        oracle.average_precision_score(truth, scores, average="macro"))


# --- by hand


def test_hand_worked_single():
    scores = np.array([[0.8, 0.1, 0.1], [0.3, 0.4, 0.3], [0.2, 0.2, 0.6], [0.5, 0.5, 0.0]])
    truth = np.array([[1, 0, 0], [1, 0, 0], [0, 0, 1], [0, 1, 0]])
    # right, wrong (1 for 0), right, wrong (the first among equals)
    assert metrics.accuracy(scores, truth) == 0.5
    assert metrics.confusion(top_label(scores), truth).tolist() == [
        [1, 1, 0], [1, 0, 0], [0, 0, 1],
    ]
    # F1: label 0: 2/(2+2) = .5; label 1: 0; label 2: 1
    assert metrics.f1_macro(top_label(scores), truth) == pytest.approx(0.5)
    expected = -np.log([0.8, 0.3, 0.6, 0.5]).mean()
    assert metrics.log_loss(scores, truth) == pytest.approx(expected)


def test_hand_worked_curves():
    scores = np.array([[0.9], [0.8], [0.7], [0.6]])
    truth = np.array([[1], [0], [1], [0]])
    assert metrics.roc_auc_macro(scores, truth) == pytest.approx(0.75)  # 3 of 4 pairs
    assert metrics.pr_auc_macro(scores, truth) == pytest.approx((1 + 2 / 3) / 2)


def test_equal_scores_tell_nothing():
    scores, truth = np.full((4, 1), 0.3), np.array([[1], [0], [0], [0]])
    assert metrics.roc_auc_macro(scores, truth) == 0.5
    assert metrics.pr_auc_macro(scores, truth) == 0.25


def test_a_certain_error_costs_much_but_not_infinitely():
    assert metrics.log_loss([[1.0, 0.0]], [[0, 1]]) == pytest.approx(36.04, abs=0.01)


# --- invariants


@FEW
@given(single(), st.randoms(use_true_random=False))
def test_the_order_of_rows_changes_nothing(case, random):
    scores, truth = case
    order = random.sample(range(len(scores)), len(scores))
    for metric in ALL:
        x = top_label(scores) if metric in metrics.ANSWERED else scores
        if "auc" in metric.name and not metrics.has_curve(truth).any():
            continue
        assert metric(x[order], truth[order]) == pytest.approx(metric(x, truth))


@FEW
@given(single(), st.data())
def test_weights_are_repeated_rows(case, data):
    scores, truth = case
    size = len(scores)
    times = np.array(data.draw(st.lists(st.integers(0, 3), min_size=size, max_size=size)))
    if not times.any():
        return
    rows = np.repeat(np.arange(size), times)
    for metric in ALL:
        x = (top_label(scores) if metric in metrics.ANSWERED else scores).astype(float)
        (weighted,) = metric.weighted(x, truth, times[None].astype(float))
        if np.isnan(weighted):
            assert not metrics.has_curve(truth[rows]).any()
        else:
            assert metric(x[rows], truth[rows]) == pytest.approx(weighted)


@FEW
@given(multi(), st.data())
def test_weights_are_repeated_rows_of_several_labels(case, data):
    scores, truth = case
    size = len(scores)
    times = np.array(data.draw(st.lists(st.integers(0, 3), min_size=size, max_size=size)))
    rows = np.repeat(np.arange(size), times)
    weights = np.stack([times, np.ones(size)]).astype(float)  # two, as one goes another way
    for metric in [metrics.binary_log_loss, *metrics.RANKING, *metrics.ANSWERED]:
        x = taken(metric, scores).astype(float)
        weighted = metric.weighted(x, truth, weights)
        once = metric.value(x, truth)
        repeated = metric.value(x[rows], truth[rows]) if len(rows) else None
        expected = [np.nan if value is None else value for value in (repeated, once)]
        np.testing.assert_allclose(weighted, expected, err_msg=metric.name)


@pytest.mark.parametrize("metric", ALL, ids=lambda m: m.name)
def test_metrics_read_like_functions(metric):
    assert metric.__doc__
    assert pickle.loads(pickle.dumps(metric)) is metric


# --- contract

GOOD = np.array([[0.6, 0.4], [0.1, 0.9]])
TRUE = np.array([[1, 0], [0, 1]])


@pytest.mark.parametrize("metric", ALL, ids=lambda m: m.name)
@pytest.mark.parametrize(
    ("scores", "truth", "message"),
    [
        (GOOD[:1], TRUE, r"scores of shape \(1, 2\) and truth of shape \(2, 2\)"),
        (GOOD[0], TRUE[0], r"expected both \(rows, labels\)"),
        (np.empty((0, 2)), np.empty((0, 2)), "neither empty"),
        (GOOD * 3, TRUE, "row 0, column 0 is 1.8; expected scores in .0, 1., not logits"),
        (-GOOD, TRUE, "is -0.6; expected scores"),
        (np.where(TRUE, np.nan, GOOD), TRUE, "row 0, column 0 is nan"),
        (np.where(TRUE, np.inf, GOOD), TRUE, "row 0, column 0 is inf"),
        (GOOD, TRUE * 2, "truth holds values other than 0 and 1"),
        (GOOD, np.where(TRUE, np.nan, 0), "truth holds values other than 0 and 1"),
    ],
)
def test_what_breaks_the_contract_is_said(metric, scores, truth, message):
    with pytest.raises(DataError, match=message):
        metric(scores, truth)


def test_rounding_past_one_is_no_error():
    assert metrics.accuracy([[1 + 5e-7, -5e-7]], [[1, 0]]) == 1.0


@pytest.mark.parametrize("truth", [[[1, 1], [0, 1]], [[0, 0], [0, 1]]])
def test_single_label_metrics_need_one_label_a_row(truth):
    for metric in (metrics.accuracy, metrics.log_loss):
        with pytest.raises(DataError, match=r"row 0 bears \d labels"):
            metric(GOOD, truth)
    with pytest.raises(DataError, match="row 0 bears"):
        metrics.confusion(TRUE, truth)


def test_log_loss_needs_scores_that_sum_to_one():
    with pytest.raises(DataError, match=r"scores of row 1 sum to 1\.5"):
        metrics.log_loss([[0.5, 0.5], [0.6, 0.9]], TRUE)


def test_answers_are_not_scores():
    with pytest.raises(DataError, match="answers hold values other than 0 and 1"):
        metrics.f1_macro(GOOD, TRUE)


def test_no_curve_at_all_is_an_error_and_no_nan():
    for metric in (metrics.roc_auc_macro, metrics.pr_auc_macro):
        with pytest.raises(DataError, match=f"{metric.name} is not defined on these rows"):
            metric(GOOD, np.ones((2, 2)))
