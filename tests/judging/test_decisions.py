import numpy as np
import pytest

from earmark.errors import DataError, SettingsError
from earmark.judging.decisions import Decisions, answers, decide
from earmark.labels.vocabulary import Vocabulary
from earmark.settings import from_mapping, to_mapping

ONE = Vocabulary(("blues", "jazz", "rock"))
MANY = Vocabulary(("blues", "jazz", "rock"), "multi")
HALF = Decisions((0.5, 0.5, 0.5))


def test_single_label_is_the_top_label():
    assert decide([0.2, 0.5, 0.3], ONE, Decisions()) == ("jazz",)
    assert decide([0.4, 0.2, 0.4], ONE, Decisions()) == ("blues",)  # the first among equals


def test_multi_label_is_all_at_or_above_their_threshold_best_first():
    assert decide([0.5, 0.4, 0.9], MANY, HALF) == ("rock", "blues")
    assert decide([0.5, 0.4, 0.9], MANY, Decisions((0.6, 0.4, 0.95))) == ("jazz",)
    assert decide([0.6, 0.6, 0.6], MANY, HALF) == ("blues", "jazz", "rock")
    assert decide([0.1, 0.1, 0.1], MANY, HALF) == ()


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("value", [0.1, 0.3, 0.7, 0.9])
def test_a_score_equal_to_its_threshold_counts_in_any_precision(dtype, value):
    scores = np.full(3, value, dtype=dtype)
    assert len(decide(scores, MANY, Decisions((value,) * 3))) == 3


def test_answers_are_decisions_row_by_row(rng):
    for vocabulary, decisions in ((ONE, Decisions()), (MANY, HALF)):
        scores = rng.random((20, 3))
        table = answers(scores, vocabulary, decisions)
        assert table.dtype == np.int8
        for row, chosen in zip(scores, table, strict=True):
            labels = {ONE.labels[i] for i in np.flatnonzero(chosen)}
            assert labels == set(decide(row, vocabulary, decisions))


def test_usual_decisions():
    assert Decisions.usual(ONE) == Decisions()
    assert Decisions.usual(MANY) == HALF


def test_decisions_travel_as_plain_values():
    assert to_mapping(HALF) == {"thresholds": [0.5, 0.5, 0.5]}
    assert from_mapping(Decisions, {"thresholds": [0.5, 0.5, 0.5]}) == HALF
    assert from_mapping(Decisions, {}) == Decisions()


@pytest.mark.parametrize(
    "values", [{"thresholds": [1.5]}, {"thresholds": [float("nan")]}, {"calibration": {"a": 1}},
               {"threshold": [0.5]}],
)
def test_decisions_that_are_not_understood_are_refused(values):
    with pytest.raises(SettingsError, match=r"threshold|calibration"):
        from_mapping(Decisions, values)


def test_scores_and_thresholds_must_match_the_labels():
    with pytest.raises(DataError, match=r"shape \(1, 2\) for 3 labels"):
        decide([0.1, 0.2], ONE, Decisions())
    with pytest.raises(DataError, match="one finite score a label"):
        decide([0.1, 0.2, float("nan")], ONE, Decisions())
    with pytest.raises(DataError, match="0 thresholds for 3 labels"):
        decide([0.1, 0.2, 0.3], MANY, Decisions())
