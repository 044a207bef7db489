import json

import numpy as np
import pytest

from earmark.errors import DataError
from earmark.judging import metrics
from earmark.judging.decisions import Decisions, Unknown, answers, top_label
from earmark.judging.metrics.hierarchy import closure, hierarchical
from earmark.labels.vocabulary import Vocabulary

GOOD = np.array([[0.6, 0.4], [0.1, 0.9]])
TRUE = np.array([[1, 0], [0, 1]])


def test_summary_single(rng):
    vocabulary = Vocabulary(("blues", "jazz", "rock", "ska"))
    scores, truth = rng.dirichlet(np.ones(4), 30), np.eye(4, dtype=np.int8)[np.arange(30) % 3]
    found = metrics.summary(scores, truth, vocabulary)
    assert found["rows"] == 30
    assert found["accuracy"] == metrics.accuracy(scores, truth)
    assert found["baseline_accuracy"] == pytest.approx(1 / 3)
    assert found["log_loss"] == metrics.log_loss(scores, truth)
    assert np.trace(found["confusion"]) == round(30 * found["accuracy"])
    assert found["f1_macro"] == metrics.f1_macro(top_label(scores), truth)
    assert found["roc_auc_macro"] == metrics.roc_auc_macro(scores, truth)
    assert found["labels_without_curve"] == ["ska"]
    ska = found["per_label"]["ska"]
    assert ska["support"] == 0
    assert ska["recall"] is ska["roc_auc"] is ska["pr_auc"] is None
    assert json.loads(json.dumps(found, allow_nan=False)) == found


def test_figures_by_group_are_means_over_its_labels(rng):
    groups = {"fast": "tempo", "drums": "instrument", "flute": "instrument"}
    vocabulary = Vocabulary(("fast", "drums", "flute", "ska"), "multi", groups)
    scores, truth = rng.random((40, 4)), (rng.random((40, 4)) < 0.4).astype(np.int8)
    truth[:, 2] = 0  # no flute: its curve is not defined
    found = metrics.summary(scores, truth, vocabulary)
    labels = found["per_label"]
    assert [row["group"] for row in labels.values()] == ["tempo", "instrument", "instrument",
                                                         "genre"]
    assert list(found["by_group"]) == ["genre", "instrument", "tempo"]
    instrument = found["by_group"]["instrument"]
    assert instrument["labels"] == 2
    assert instrument["support"] == truth[:, 1].sum()
    assert instrument["roc_auc_macro"] == labels["drums"]["roc_auc"]
    assert instrument["f1_macro"] == pytest.approx(
        (labels["drums"]["f1"] + labels["flute"]["f1"]) / 2)
    alone = metrics.summary(scores, truth, Vocabulary(vocabulary.labels, "multi"))
    assert "by_group" not in alone


def test_summary_multi_uses_the_decisions():
    vocabulary = Vocabulary(("fast", "loud"), "multi")
    scores = np.array([[0.6, 0.2], [0.3, 0.9], [0.1, 0.4]])
    truth = np.array([[1, 0], [1, 1], [0, 1]])
    usual = metrics.summary(scores, truth, vocabulary)
    assert usual["per_label"]["fast"]["recall"] == 0.5
    lower = metrics.summary(scores, truth, vocabulary, Decisions((0.3, 0.4)))
    assert lower["f1_macro"] == 1.0
    assert lower["baseline_pr_auc_macro"] == pytest.approx(2 / 3)
    assert lower["pr_auc_macro"] == usual["pr_auc_macro"] == 1.0
    assert "accuracy" not in usual


def test_summary_leaves_unknown_aside():
    vocabulary = Vocabulary(("blues", "ska"))
    scores, truth = np.array([[0.6, 0.4], [0.1, 0.9]]), np.array([[1, 0], [0, 1]])
    doubting = Decisions(unknown=Unknown(1.0))
    assert metrics.summary(scores, truth, vocabulary, doubting) == metrics.summary(
        scores, truth, vocabulary)


def test_summary_of_nothing_but_absent_labels_has_none_and_no_nan():
    found = metrics.summary(
        np.full((2, 2), 0.1), np.zeros((2, 2)), Vocabulary(("a", "b"), "multi")
    )
    assert found["f1_macro"] is found["roc_auc_macro"] is found["baseline_pr_auc_macro"] is None
    assert found["labels_without_curve"] == ["a", "b"]
    json.dumps(found, allow_nan=False)


def test_summary_refuses_another_vocabulary():
    with pytest.raises(DataError, match="for 3 labels"):
        metrics.summary(GOOD, TRUE, Vocabulary(("a", "b", "c")))


# --- several labels

KINDS = Vocabulary(("techno", "rock", "jazz", "bebop"), "multi")


@pytest.fixture
def judged(rng):
    """Scores and truth of 60 rows, and the truth that 40 others have."""
    scores = rng.random((60, 4))
    truth, learnt = (rng.random((60, 4)) < scores), (rng.random((40, 4)) < 0.3)
    return scores, truth.astype(np.int8), learnt.astype(np.int8)


def test_summary_multi_holds_every_metric(judged):
    scores, truth, _ = judged
    decisions = Decisions((0.3, 0.5, 0.6, 0.7))
    given = answers(scores, KINDS, decisions)
    found = metrics.summary(scores, truth, KINDS, decisions)
    assert {m.name: m(scores, truth) for m in metrics.RANKING}.items() <= found.items()
    assert {m.name: m(given, truth) for m in metrics.ANSWERED}.items() <= found.items()
    expected = hierarchical(given, truth, closure(KINDS)[1])
    assert expected.items() <= found.items()
    assert expected["hierarchical_f1"] != found["f1_micro"]  # bebop is jazz, too
    assert found["ece_macro"] == metrics.calibration_errors(scores, truth).mean()
    assert found["rows_without_labels"] == (truth.sum(axis=1) == 0).sum() > 0
    assert "baselines" not in found
    assert json.loads(json.dumps(found, allow_nan=False)) == found


def test_labels_are_told_one_by_one(judged):
    scores, truth, _ = judged
    found = metrics.summary(scores, truth, KINDS, Decisions((0.3, 0.5, 0.6, 0.7)))["per_label"]
    jazz = found["jazz"]
    assert jazz["answered"] == (scores[:, 2] >= 0.6).sum()
    assert jazz["prevalence"] == truth[:, 2].mean() == jazz["support"] / 60
    assert jazz["threshold"] == 0.6
    assert jazz["brier"] == pytest.approx(((scores[:, 2] - truth[:, 2]) ** 2).mean())
    assert jazz["ece"] == metrics.calibration_errors(scores, truth)[2]


def test_baselines_are_learnt_from_other_rows(judged):
    scores, truth, learnt = judged
    learnt[:, 1] = 1
    found = metrics.summary(scores, truth, KINDS, learnt_truth=learnt)["baselines"]
    prior = metrics.prior_scores(learnt, 60)
    assert found["prevalence"] == {m.name: m(prior, truth) for m in metrics.RANKING}
    assert found["prevalence"]["roc_auc_macro"] == 0.5
    constant = found["constant"]
    assert constant["labels"] == ["rock"]
    assert constant["precision_micro"] == truth[:, 1].mean()
    given = np.tile([0, 1, 0, 0], (60, 1))
    assert {m.name: m(given, truth) for m in metrics.ANSWERED}.items() <= constant.items()
    assert constant["hierarchical_f1"] is not None


def test_baselines_of_what_is_judged_are_not_learnt_from_it(judged):
    scores, truth, learnt = judged
    one = metrics.summary(scores, truth, KINDS, learnt_truth=learnt)["baselines"]
    other = metrics.summary(scores, 1 - truth, KINDS, learnt_truth=learnt)["baselines"]
    assert one["constant"]["labels"] == other["constant"]["labels"]


def test_learnt_rows_of_another_vocabulary_are_refused(judged):
    scores, truth, learnt = judged
    with pytest.raises(DataError, match="learnt from bear 3 labels, those judged 4"):
        metrics.summary(scores, truth, KINDS, learnt_truth=learnt[:, :3])


def test_a_part_without_positives_is_not_judged(judged):
    scores, _, learnt = judged
    found = metrics.summary(scores, np.zeros((60, 4)), KINDS, learnt_truth=learnt)
    names = [m.name for m in (*metrics.RANKING, *metrics.ANSWERED)]
    names += ["hierarchical_precision", "hierarchical_recall", "hierarchical_f1"]
    for name in names:
        assert found[name] is None, name
    assert set(found["baselines"]["prevalence"].values()) == {None}
    constant = found["baselines"]["constant"]
    assert {value for name, value in constant.items() if name != "labels"} == {None}
    assert found["labels_without_curve"] == list(KINDS.labels)
    assert found["rows_without_labels"] == 60
    json.dumps(found, allow_nan=False)


def test_a_label_without_positives_has_no_curve_and_no_recall(judged):
    scores, truth, _ = judged
    truth[:, 3] = 0
    found = metrics.summary(scores, truth, KINDS)
    bebop = found["per_label"]["bebop"]
    assert bebop["roc_auc"] is bebop["pr_auc"] is bebop["recall"] is None
    assert bebop["prevalence"] == 0
    assert found["roc_auc_macro"] == pytest.approx(metrics.roc_auc(scores, truth)[:3].mean())


@pytest.mark.parametrize(("rows", "labels"), [(1, 3), (5, 1), (3, 6), (1, 1)])
def test_small_tables_have_figures_or_none(rng, rows, labels):
    scores, truth = rng.random((rows, labels)), np.ones((rows, labels), int)
    truth[0, 1:] = 0
    vocabulary = Vocabulary(tuple("abcdef"[:labels]), "multi")
    found = metrics.summary(scores, truth, vocabulary, learnt_truth=truth)
    json.dumps(found, allow_nan=False)
    if labels == 1:
        assert found["lrap"] is found["ranking_loss"] is found["roc_auc_macro"] is None
    else:
        assert found["lrap"] == metrics.lrap(scores, truth)


def test_constant_scores_are_worth_no_more_than_chance():
    truth = np.array([[1, 0, 0], [0, 1, 0], [1, 1, 0], [1, 0, 1]])
    found = metrics.summary(np.full((4, 3), 0.4), truth, Vocabulary(tuple("abc"), "multi"))
    assert found["roc_auc_macro"] == found["roc_auc_micro"] == 0.5
    assert found["pr_auc_micro"] == found["lrap"] == pytest.approx(0.5)
    assert found["coverage_error"] == 3
    assert found["ranking_loss"] == 1
