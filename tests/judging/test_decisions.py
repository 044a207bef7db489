import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from earmark.errors import DataError, SettingsError
from earmark.judging.calibration import Calibration, Stairs
from earmark.judging.decisions import (
    Decisions,
    Unknown,
    answers,
    calibrate,
    decide,
    is_unknown,
    label_sets,
    parents,
)
from earmark.judging.labelsets import LabelSets
from earmark.judging.parents import Parent
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
    assert to_mapping(HALF) == {"thresholds": [0.5, 0.5, 0.5], "most": 0, "parents": []}
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


def softmax_of_logs(row, temperature):
    """The formula, spelt out without the floor."""
    powers = [value ** (1 / temperature) for value in row]
    return [power / sum(powers) for power in powers]


WARM = Decisions(calibration=Calibration(temperature=2.0))
PLATT = Decisions((0.5,) * 3, Calibration(slopes=(1.0, 2.0, 0.0), offsets=(0.0, 0.0, -1.0)))
STRICT = Decisions(unknown=Unknown(0.5, kept_known=0.9, caught_strange=0.4))


def test_temperature_by_hand():
    # square roots of .64, .32 and .04 are .8, .566 and .2, which sum to 1.566
    found = calibrate([0.64, 0.32, 0.04], WARM, ONE)
    np.testing.assert_allclose(found, [0.8 / 1.5656854, 0.5656854 / 1.5656854, 0.2 / 1.5656854])


def test_platt_by_hand():
    # odds of .8 are 4 to 1; squared 16 to 1; a slope of 0 leaves sigmoid(-1)
    found = calibrate([0.8, 0.8, 0.9], PLATT, MANY)
    np.testing.assert_allclose(found, [0.8, 16 / 17, 1 / (1 + np.e)])


rows = st.lists(st.floats(1e-5, 1), min_size=3, max_size=3).map(lambda r: [v / sum(r) for v in r])


@given(rows, st.floats(0.05, 20))
def test_temperature_keeps_order_and_sum(row, temperature):
    rule = Decisions(calibration=Calibration(temperature=temperature))
    found = calibrate(row, rule, ONE)
    assert found.sum() == pytest.approx(1)
    assert ((found >= 0) & (found <= 1)).all()
    ordered = found[np.argsort(row, kind="stable")]
    assert (np.diff(ordered) >= 0).all()
    if min(row) >= 1e-6:
        np.testing.assert_allclose(found, softmax_of_logs(row, temperature), atol=1e-9)


@given(rows)
def test_a_temperature_of_one_changes_nothing(row):
    rule = Decisions(calibration=Calibration(temperature=1.0))
    np.testing.assert_allclose(calibrate(row, rule, ONE), row, atol=4e-6)


@given(st.lists(st.floats(0, 1), min_size=3, max_size=3), st.floats(0, 100), st.floats(-50, 50))
def test_platt_keeps_order_along_a_label_and_stays_within(values, slope, offset):
    rule = Decisions((), Calibration(slopes=(slope,) * 3, offsets=(offset,) * 3))
    found = calibrate(values, rule, MANY)
    assert ((found >= 0) & (found <= 1)).all()
    assert (np.diff(found[np.argsort(values, kind="stable")]) >= 0).all()


@pytest.mark.parametrize("temperature", [0.05, 1.0, 20.0])
@pytest.mark.parametrize("row", [[0.0, 0.0, 1.0], [0.0, 0.0, 0.0], [1 / 3] * 3, [1.0, 1.0, 1.0]])
def test_zeros_and_equal_scores_give_finite_rows_that_sum_to_one(row, temperature):
    found = calibrate(row, Decisions(calibration=Calibration(temperature=temperature)), ONE)
    assert found.sum() == pytest.approx(1)
    if len(set(row)) == 1:
        np.testing.assert_allclose(found, 1 / 3)


def test_tables_keep_their_shape_and_precision(rng):
    table = rng.dirichlet([1, 1, 1], size=(4, 5)).astype(np.float32)
    found = calibrate(table, WARM, ONE)
    assert found.shape == table.shape
    assert found.dtype == np.float32
    np.testing.assert_allclose(found[2, 3], calibrate(table[2, 3], WARM, ONE))
    assert calibrate(table[:0], WARM, ONE).shape == (0, 5, 3)


def test_without_a_calibration_scores_come_back():
    assert calibrate([0.2, 0.5, 0.3], Decisions(), ONE).tolist() == [0.2, 0.5, 0.3]


def test_branches_are_averaged_before_calibration():
    branches = np.array([[0.9, 0.1, 0.0], [0.1, 0.7, 0.2]])
    found = calibrate(np.average(branches, axis=0, weights=[3, 1]), WARM, ONE)
    np.testing.assert_allclose(found, softmax_of_logs([0.7, 0.25, 0.05], 2.0))


def test_unknown_is_below_the_threshold_and_says_why():
    for row, unknown in (([0.4, 0.35, 0.25], True), ([0.5, 0.3, 0.2], False)):
        assert bool(is_unknown(row, STRICT)) is unknown
        assert (decide(row, ONE, STRICT) == ()) is unknown
    assert not is_unknown([0.01, 0.01, 0.01], Decisions())
    table = [[0.4, 0.35, 0.25], [0.5, 0.3, 0.2]]
    assert answers(table, ONE, STRICT).tolist() == [[0, 0, 0], [1, 0, 0]]
    assert is_unknown(table, STRICT).tolist() == [True, False]


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_best_score_at_the_threshold_is_known_in_any_precision(dtype):
    for value in (0.1, 0.3, 0.7):
        row = np.array([value, 0.05, 0.0], dtype)
        assert not is_unknown(row, Decisions(unknown=Unknown(value)))


@pytest.mark.parametrize("rule", [WARM, PLATT, STRICT])
def test_all_rules_travel_as_json(rule):
    assert from_mapping(Decisions, json.loads(json.dumps(to_mapping(rule)))) == rule


@pytest.mark.parametrize(("values", "message"), [
    ({"calibration": {}}, "is a 'temperature', 'slopes'"),
    ({"calibration": {"temperature": 1.0, "slopes": [1.0], "offsets": [0.0]}},
     "is a 'temperature'"),
    ({"calibration": {"temperature": 0.0}}, "temperature is 0.0; expected between 0.05 and 20"),
    ({"calibration": {"temperature": 1e9}}, "expected between"),
    ({"calibration": {"temperature": float("nan")}}, "finite"),
    ({"calibration": {"temprature": 1.0}}, "Did you mean 'temperature'"),
    ({"calibration": {"slopes": [1.0], "offsets": []}}, "1 slopes and 0 offsets"),
    ({"calibration": {"slopes": [-1.0], "offsets": [0.0]}}, "slope of -1.0"),
    ({"calibration": {"slopes": [1.0], "offsets": [float("inf")]}}, "finite"),
    ({"unknown": {}}, "missing setting 'threshold'"),
    ({"unknown": {"threshold": 0.5, "columns": [1, 1]}}, "rising from 0"),
    ({"most": -1}, "'most' is -1"),
    ({"calibration": {"stairs": [{"scores": [0.5, 0.2], "chances": [0.1, 0.2]}]}}, "rising"),
    ({"calibration": {"stairs": [{"scores": [0.2, 0.5], "chances": [0.3, 0.2]}]}}, "not falling"),
    ({"calibration": {"stairs": [{"scores": [], "chances": []}]}}, "at least one score"),
    ({"calibration": {"stairs": [{"scores": [0.2], "chances": [1.5]}]}}, "in \\[0, 1\\]"),
    ({"label_sets": {"error": 0.0, "promise": "all", "thresholds": []}}, "'error' of label sets"),
    ({"label_sets": {"error": 0.1, "promise": "al", "thresholds": []}}, "all"),
    ({"label_sets": {"error": 0.1, "promise": "all", "thresholds": [2.0]}}, "threshold of label"),
    ({"parents": [{"name": "a", "columns": [1], "threshold": 0.5}]}, "two or more"),
    ({"parents": [{"name": "a", "columns": [2, 1], "threshold": 0.5}]}, "rising from 0"),
    ({"parents": [{"name": "a", "columns": [1, 2], "threshold": 1.5}]}, "threshold of 'a'"),
    ({"unknown": {"threshold": 1.5}}, "'threshold' of unknown is 1.5"),
    ({"unknown": {"threshold": 0.5, "kept_known": -1.0}}, "'kept_known' of unknown is -1.0"),
])
def test_rules_out_of_range_are_refused(values, message):
    with pytest.raises(SettingsError, match=message):
        from_mapping(Decisions, values)
    with pytest.raises(ValueError, match="nan"):
        Calibration(temperature=float("nan"))


@pytest.mark.parametrize(("rule", "vocabulary", "message"), [
    (WARM, MANY, "temperature does not fit multi-label"),
    (PLATT, ONE, "slopes and offsets does not fit single-label"),
    (Decisions((), Calibration(slopes=(1.0,), offsets=(0.0,))), MANY,
     "slopes and offsets of 1 for 3 labels"),
    (Decisions((), Calibration(stairs=(Stairs((0.5,), (0.5,)),))), MANY, "stairs of 1 for 3"),
    (Decisions(most=2), ONE, "'most' is for multi-label"),
    (Decisions((0.5,) * 3, unknown=Unknown(0.5, columns=(3,))), MANY, "label number 3"),
    (Decisions((0.5,) * 3, parents=(Parent("x", (1, 7), 0.5),)), MANY, "label number 7"),
    (Decisions((0.5,) * 3, label_sets=LabelSets(0.1, "all", (0.2,))), MANY, "1 thresholds of"),
])
def test_rules_of_another_vocabulary_are_refused(rule, vocabulary, message):
    for work in (lambda s: calibrate(s, rule, vocabulary), lambda s: decide(s, vocabulary, rule)):
        with pytest.raises(DataError, match=message):
            work([0.2, 0.3, 0.5])


@pytest.mark.parametrize(("scores", "message"), [
    ([0.1, 0.9], r"shape \(2,\) for 3 labels"),
    (0.5, r"shape \(\) for 3 labels"),
    ([0.1, np.nan, 0.9], "one finite score"),
    ([0.1, 0.2, 3.0], "not logits"),
    ([-2.0, 0.2, 0.3], "not logits"),
])
def test_what_is_no_score_is_not_calibrated(scores, message):
    with pytest.raises(DataError, match=message):
        calibrate(scores, WARM, ONE)


GENRES = Vocabulary(("death metal", "thrash", "jazz", "piano"), "multi",
                    {"death metal": "genre", "thrash": "genre", "jazz": "genre",
                     "piano": "instrument"})
HALVES = (0.5,) * 4


def test_stairs_are_straight_between_knots_and_level_beyond():
    rule = Decisions(calibration=Calibration(stairs=(Stairs((0.2, 0.6), (0.1, 0.5)),) * 4))
    found = calibrate([[0.0, 0.2, 0.4, 0.9]], rule, GENRES)
    assert found[0].tolist() == pytest.approx([0.1, 0.1, 0.3, 0.5])


def test_top_k_takes_the_best_and_the_first_of_equals():
    rule = Decisions((0.0,) * 4, most=2)
    found = answers([[0.1, 0.4, 0.4, 0.4], [0.0, 0.9, 0.0, 0.2]], GENRES, rule)
    assert found.tolist() == [[0, 1, 1, 0], [0, 1, 0, 1]]
    few = Decisions(HALVES, most=1)
    assert answers([[0.6, 0.7, 0.1, 0.1], [0.1] * 4], GENRES, few).tolist() == [
        [0, 1, 0, 0], [0, 0, 0, 0]]
    assert decide([0.6, 0.7, 0.1, 0.1], GENRES, few) == ("thrash",)


def test_a_track_of_no_genre_may_bear_other_tags():
    rule = Decisions((0.2,) * 4, unknown=Unknown(0.5, columns=(0, 1, 2)))
    scores = [[0.3, 0.4, 0.1, 0.9], [0.6, 0.3, 0.1, 0.9]]
    assert is_unknown(scores, rule).tolist() == [True, False]
    assert answers(scores, GENRES, rule).tolist() == [[0, 0, 0, 1], [1, 1, 0, 1]]


def test_label_sets_hold_the_best_label_whatever_its_score():
    rule = Decisions(HALVES, label_sets=LabelSets(0.1, "all", (0.3, 0.3, 0.3, 0.3)))
    found = label_sets([[0.4, 0.3, 0.1, 0.2], [0.1, 0.2, 0.05, 0.1]], GENRES, rule)
    assert found.tolist() == [[1, 1, 0, 0], [0, 1, 0, 0]]
    low = Decisions((0.5, 0.5, 0.05, 0.5), label_sets=LabelSets(0.1, "all", (0.3,) * 4))
    assert label_sets([[0.4, 0.3, 0.1, 0.2]], GENRES, low).tolist() == [[1, 1, 1, 0]]
    with pytest.raises(DataError, match="promise no label sets"):
        label_sets([[0.4, 0.3, 0.1, 0.2]], GENRES, Decisions(HALVES))


def test_what_no_label_tells_the_one_above_may():
    metal = Parent("metal", (0, 1), 0.6)
    loud = Parent("rock", (0, 1, 2), 0.6)
    rule = Decisions(HALVES, parents=(loud, metal))
    # 1 - .6 * .5 = .7 for metal, 1 - .6 * .5 * .9 = .73 for rock: the lower one is named.
    (found,) = parents([0.4, 0.5 - 1e-3, 0.1, 0.9], GENRES, rule)
    assert found == ("metal", pytest.approx(0.7, abs=1e-3))
    assert parents([0.4, 0.5, 0.1, 0.9], GENRES, rule) == ()  # thrash itself is answered
    assert parents([0.1, 0.1, 0.1, 0.9], GENRES, rule) == ()


def test_one_label_work_adds_up_what_excludes_one_another():
    three = Vocabulary(("death metal", "thrash", "jazz"))
    rule = Decisions(unknown=Unknown(0.5), parents=(Parent("metal", (0, 1), 0.7),))
    assert parents([0.4, 0.4, 0.2], three, rule) == (("metal", pytest.approx(0.8)),)
    assert parents([0.2, 0.6, 0.2], three, rule) == ()  # thrash is sure enough


def test_rules_of_many_labels_survive_the_way_through_json():
    rule = Decisions(
        HALVES, Calibration(stairs=(Stairs((0.1, 0.4), (0.0, 1.0)),) * 4),
        Unknown(0.5, 0.9, 0.5, (0, 1, 2)), 3, LabelSets(0.1, "share", HALVES, 900, 0.91, 2.5),
        (Parent("metal", (0, 1), 0.6, 0.8),))
    assert from_mapping(Decisions, json.loads(json.dumps(to_mapping(rule)))) == rule


def test_decisions_on_some_of_the_labels():
    whole = Decisions(
        (0.1, 0.2, 0.3, 0.4), Calibration(slopes=(1.0, 2.0, 3.0, 4.0), offsets=(0.0,) * 4),
        Unknown(0.5, columns=(0, 2)), 2, LabelSets(0.1, "all", (0.1, 0.2, 0.3, 0.4)),
        (Parent("metal", (0, 1), 0.6), Parent("rock", (0, 1, 2), 0.6)))
    some = whole.of([1, 2])
    assert some.thresholds == (0.2, 0.3)
    assert some.calibration.slopes == (2.0, 3.0)
    assert some.unknown.columns == (1,)
    assert some.label_sets.thresholds == (0.2, 0.3)
    assert some.parents == (Parent("rock", (0, 1), 0.6),)
    assert some.most == 2
    assert whole.of([3]).unknown is None  # it looked at none of these
    assert whole.of(range(4)) == whole
    stairs = Decisions(HALVES, Calibration(stairs=tuple(
        Stairs((0.5,), (k / 10,)) for k in range(4))))
    assert [s.chances for s in stairs.of([0, 3]).calibration.stairs] == [(0.0,), (0.3,)]
    warm = Decisions(calibration=Calibration(temperature=2.0))
    assert warm.of([0, 1]) == warm
