"""Threshold curves: a column by hand, and every threshold against plain answers."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from earmark.errors import DataError
from earmark.judging import metrics
from earmark.judging.decisions import Decisions, answers
from earmark.judging.threshold_curves import threshold_curves
from earmark.labels.vocabulary import Vocabulary


def test_a_column_by_hand():
    scores = [[0.1], [0.3], [0.6], [0.9]]
    found = threshold_curves(scores, [[0], [1], [0], [1]], steps=4)
    (curve,) = found.labels
    assert found.thresholds.tolist() == [0, 0.25, 0.5, 0.75, 1]
    assert curve.precision[:4].tolist() == pytest.approx([1 / 2, 2 / 3, 1 / 2, 1])
    assert np.isnan(curve.precision[4])  # nothing reaches 1
    assert curve.recall.tolist() == [1, 1, 0.5, 0.5, 0]
    assert curve.f1.tolist() == pytest.approx([2 / 3, 4 / 5, 1 / 2, 2 / 3, 0])
    assert curve.best == 1


def test_micro_and_macro_by_hand():
    # At 0.5 the first label has one answer, right, of one track; the second is answered twice,
    # both wrong, and none bears it; the third is neither answered nor borne.
    found = threshold_curves([[0.9, 0.8, 0], [0.1, 0.7, 0]], [[1, 0, 0], [0, 0, 0]], steps=2)
    assert found.micro.precision[1] == pytest.approx(1 / 3)
    assert (found.micro.recall[1], found.micro.f1[1]) == (1, 0.5)
    assert (found.macro.precision[1], found.macro.recall[1], found.macro.f1[1]) == (0.5, 0.5, 0.5)
    assert np.isnan(found.labels[2].f1[1])
    assert np.isnan(found.labels[1].recall).all()
    assert np.isnan(found.micro.precision[2])


def test_no_label_borne_has_no_recall_anywhere():
    found = threshold_curves(np.full((3, 2), 0.4), np.zeros((3, 2)))
    for curve in (found.micro, found.macro):
        assert np.isnan([curve.precision, curve.recall, curve.f1]).all()
    assert found.labels[0].best == 0


@given(st.integers(0, 2**32 - 1), st.integers(1, 25), st.integers(1, 5))
def test_every_threshold_is_as_answered(seed, rows, columns):
    rng = np.random.default_rng(seed)
    scores = rng.integers(0, 11, (rows, columns)).astype(np.float32) / np.float32(10)
    truth = rng.integers(0, 2, (rows, columns))
    vocabulary = Vocabulary(tuple("abcde"[:columns]), "multi")
    found = threshold_curves(scores, truth, steps=10)
    for i, threshold in enumerate(found.thresholds):
        given = answers(scores, vocabulary, Decisions((float(threshold),) * columns))
        figures = metrics.per_label(given, truth)
        for k, curve in enumerate(found.labels):
            assert np.nan_to_num(curve.f1[i]) == pytest.approx(figures.f1[k])
            assert np.nan_to_num(curve.precision[i]) == pytest.approx(figures.precision[k])
            assert np.nan_to_num(curve.recall[i]) == pytest.approx(figures.recall[k])
        if truth.any():
            assert found.macro.f1[i] == pytest.approx(metrics.f1_macro(given, truth))
        else:
            assert np.isnan(found.macro.f1[i])


def test_logits_are_refused():
    with pytest.raises(DataError, match="not logits"):
        threshold_curves([[3.0]], [[1]])
