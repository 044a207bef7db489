from itertools import product

import numpy as np
import pytest
from hypothesis import given
from tests.judging.metrics.made import FEW, multi

from earmark.judging import metrics


@FEW
@given(multi())
def test_no_constant_set_is_better_on_what_it_was_learnt_from(case):
    _, truth = case
    best = metrics.constant_answers(truth, len(truth))
    if not truth.any():
        assert not best.any()
        return
    reached = [metrics.f1_micro(np.tile(answer, (len(truth), 1)), truth)
               for answer in product((0, 1), repeat=truth.shape[1])]  # fmt: skip
    assert metrics.f1_micro(best, truth) == max(reached)


def test_the_constant_set_is_the_same_for_any_row():
    learnt = np.array([[1, 1, 0], [1, 0, 0], [1, 1, 0], [0, 0, 1]])
    # {0}: 6 / 10; {0, 1}: 10 / 14; all: 12 / 18
    assert metrics.constant_answers(learnt, 2).tolist() == [[1, 1, 0], [1, 1, 0]]


def test_of_equal_sets_the_smallest():
    learnt = [[1, 1], [1, 0], [0, 0]]  # 4 / 6 and 6 / 9
    assert metrics.constant_answers(learnt, 1).tolist() == [[1, 0]]


def test_the_prevalence_orders_no_rows():
    learnt, truth = np.array([[1, 0], [1, 1]]), np.array([[1, 0], [0, 1], [1, 0], [1, 0]])
    scores = metrics.prior_scores(learnt, 4)
    assert metrics.roc_auc_macro(scores, truth) == 0.5
    assert metrics.pr_auc_macro(scores, truth) == 0.5  # rates 3/4 and 1/4
    assert metrics.lrap(scores, truth) == (3 + 0.5) / 4


def test_the_prior_is_every_metrics_baseline():
    learned = np.eye(3)[[0, 1, 1, 1, 2]]
    scores = metrics.prior_scores(learned, 4)
    np.testing.assert_allclose(scores, np.tile([0.2, 0.6, 0.2], (4, 1)))
    truth = np.eye(3)[[0, 1, 1, 2]]
    assert metrics.accuracy(scores, truth) == 0.5  # always label 1
    assert metrics.roc_auc_macro(scores, truth) == 0.5
    assert metrics.pr_auc_macro(scores, truth) == pytest.approx(1 / 3)
