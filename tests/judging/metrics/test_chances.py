import numpy as np
import pytest
import sklearn.metrics as oracle
from hypothesis import given
from tests.judging.metrics.made import FEW, multi

from earmark.errors import DataError
from earmark.judging import metrics


@FEW
@given(multi())
def test_brier_equals_scikit_learns(case):
    scores, truth = case
    expected = [oracle.brier_score_loss(t, s, pos_label=1) for t, s in zip(truth.T, scores.T,
                                                                           strict=True)]
    np.testing.assert_allclose(metrics.brier(scores, truth), expected)


def test_calibration_errors_by_hand():
    scores = np.column_stack([np.repeat([0.1, 0.7], [15, 30]), np.full(45, 0.25)])
    truth = np.column_stack([np.repeat([0, 1], [15, 30]), np.tile([1, 0, 0], 15)])
    # 15 bins of 3 rows: 5 of the first label are off by .1 and 10 by .3, all of the second by 1/12
    expected = [(5 * 0.1 + 10 * 0.3) / 15, 1 / 12]
    np.testing.assert_allclose(metrics.calibration_errors(scores, truth), expected)


def test_fewer_rows_than_bins():
    assert metrics.calibration_errors([[0.2], [0.9]], [[0], [1]]) == pytest.approx([0.15])


def test_scores_of_honest_chances_have_little_error(rng):
    scores = rng.random((6000, 2))
    truth = (rng.random((6000, 2)) < scores).astype(int)
    assert metrics.calibration_errors(scores, truth).max() < 0.04
    assert metrics.calibration_errors(np.sqrt(scores), truth).min() > 0.12


@pytest.mark.parametrize("function", [metrics.brier, metrics.calibration_errors])
def test_logits_are_refused(function):
    with pytest.raises(DataError, match="not logits"):
        function([[2.0]], [[1]])
