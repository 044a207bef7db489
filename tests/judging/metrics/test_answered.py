import numpy as np
import pytest
import sklearn.metrics as oracle
from hypothesis import given
from tests.judging.metrics.made import FEW, multi, named

from earmark.errors import DataError
from earmark.judging import metrics

KINDS = ("micro", "macro", "weighted", "samples")
FIGURES = ("precision", "recall", "f1")


def ours(figure, kind):
    return getattr(metrics, f"{figure}_{kind}")


def theirs(figure, kind, answers, truth):
    """Return scikit-learn's, of the labels or rows that are answered or borne.

    A column of zeros stands beside, as scikit-learn takes a single column for something else.
    """
    said = answers | truth
    keep = np.flatnonzero(said.any(axis=1))
    beside = [np.pad(table[keep], ((0, 0), (0, 1))) for table in (truth, answers)]
    labels = None if kind == "samples" else np.flatnonzero(said.any(axis=0))
    function = getattr(oracle, f"{figure}_score")
    return function(*beside, average=kind, labels=labels, zero_division=0)


@pytest.mark.parametrize("figure", FIGURES)
@pytest.mark.parametrize("kind", KINDS)
@FEW
@given(case=multi())
def test_precision_recall_and_f1_equal_scikit_learns(figure, kind, case):
    scores, truth = case
    answers = (scores >= 0.5).astype(np.int8)
    nothing_said = figure == "precision" and kind == "micro" and not answers.any()
    if not truth.any() or nothing_said:
        assert ours(figure, kind).value(answers, truth) is None
    else:
        assert ours(figure, kind)(answers, truth) == pytest.approx(
            theirs(figure, kind, answers, truth))


@FEW
@given(multi())
def test_losses_equal_scikit_learns(case):
    scores, truth = case
    answers = (scores >= 0.5).astype(np.int8)
    if not truth.any():
        assert metrics.hamming_loss.value(answers, truth) is None
        assert metrics.subset_accuracy.value(answers, truth) is None
        return
    assert metrics.hamming_loss(answers, truth) == pytest.approx(
        oracle.hamming_loss(truth, answers))
    assert metrics.subset_accuracy(answers, truth) == pytest.approx(
        oracle.accuracy_score(truth, answers))


def test_macro_leaves_out_what_scikit_learn_counts_as_0():
    truth = np.array([[1, 0, 0], [1, 0, 1]])  # the second label is neither answered nor borne
    answers = np.array([[1, 0, 0], [1, 0, 0]])
    assert metrics.f1_macro(answers, truth) == pytest.approx((1 + 0) / 2)
    assert oracle.f1_score(truth, answers, average="macro", zero_division=0) == pytest.approx(1 / 3)


def test_samples_leave_out_what_scikit_learn_counts_as_0():
    truth, answers = np.array([[1, 0], [0, 0]]), np.array([[1, 0], [0, 0]])
    assert metrics.f1_samples(answers, truth) == 1
    assert oracle.f1_score(truth, answers, average="samples", zero_division=0) == 0.5


def test_by_hand():
    truth, answers = np.array([[1, 1, 0], [0, 1, 0]]), np.array([[1, 0, 0], [0, 1, 1]])
    expected = {
        "hamming_loss": 2 / 6, "subset_accuracy": 0,
        "precision_micro": 2 / 3, "recall_micro": 2 / 3, "f1_micro": 2 / 3,
        "precision_macro": (1 + 1 + 0) / 3, "recall_macro": (1 + 1 / 2 + 0) / 3,
        "f1_macro": (1 + 2 / 3 + 0) / 3,
        "precision_weighted": (1 + 2 * 1) / 3, "recall_weighted": (1 + 2 / 2) / 3,
        "f1_weighted": (1 + 2 * 2 / 3) / 3,
        "precision_samples": (1 + 1 / 2) / 2, "recall_samples": (1 / 2 + 1) / 2,
        "f1_samples": 2 / 3,
    }  # fmt: skip
    found = {metric.name: metric(answers, truth) for metric in metrics.ANSWERED}
    assert found == pytest.approx(expected)


@pytest.mark.parametrize("metric", metrics.ANSWERED, ids=named)
@pytest.mark.parametrize("answers", [np.zeros((3, 2)), np.ones((3, 2))], ids=["none", "all"])
def test_rows_without_positives_are_neither_a_merit_nor_a_fault(metric, answers):
    with pytest.raises(DataError, match=f"{metric.name} is not defined on these rows"):
        metric(answers, np.zeros((3, 2)))


@pytest.mark.parametrize("metric", metrics.ANSWERED, ids=named)
def test_draws_without_positives_are_not_defined(metric):
    truth, weights = np.array([[1, 0], [0, 0]]), np.array([[1.0, 0], [0, 1]])
    found = metric.weighted(truth.astype(float), truth.astype(np.int8), weights)
    np.testing.assert_array_equal(found, [0 if metric is metrics.hamming_loss else 1, np.nan])


def test_no_answer_at_all():
    truth = np.array([[1, 0], [0, 1]])
    found = {metric.name: metric.value(np.zeros((2, 2)), truth) for metric in metrics.ANSWERED}
    assert found.pop("precision_micro") is None
    assert found.pop("hamming_loss") == 0.5
    assert set(found.values()) == {0.0}


@pytest.mark.parametrize("metric", metrics.ANSWERED, ids=named)
def test_scores_are_refused(metric):
    with pytest.raises(DataError, match="answers hold values other than 0 and 1"):
        metric([[0.6, 0.4]], [[1, 0]])
