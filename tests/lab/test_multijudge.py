"""Multi-label self-judging, on made-up scores whose true chances are known."""

import json
from dataclasses import replace

import numpy as np
import pytest

from earmark import settings
from earmark.errors import DataError
from earmark.judging.calibration import sigmoid
from earmark.judging.decisions import Decisions, answers, calibrate, label_sets
from earmark.judging.how import HowDecided
from earmark.judging.strange import HeldOut
from earmark.judging.thresholds import figures
from earmark.lab.multijudge import judge_many
from earmark.labels.vocabulary import Vocabulary

LABELS = ("jazz", "techno", "trance", "polka", "piano", "guitar")
VOCABULARY = Vocabulary(LABELS, "multi", {"piano": "instrument", "guitar": "instrument"})
PLATT = HowDecided(calibration="platt")


def tracks(rng, rows=600):
    """Scores too sure by far: true log odds times 2.5; labels are drawn by the true ones."""
    odds = 1.5 * rng.standard_normal((rows, 6)) + [-1, -2, -2, -1, 0, -1]
    truth = (rng.random(odds.shape) < sigmoid(odds)).astype(np.int8)
    return sigmoid(2.5 * odds), truth, np.arange(rows) // 4 % 5, [f"a{i // 4}" for i in range(rows)]


def judged(rng, how=PLATT, **given):
    return judge_many(*tracks(rng), VOCABULARY, how, rng, **given)


def test_all_decisions_are_learnt_and_told_in_plain_values(rng):
    decisions, results = judged(rng)
    assert set(results) == {"calibration", "thresholds", "label_sets", "parents", "unknown",
                            "notes"}
    json.dumps(results, allow_nan=False)
    assert decisions.misfit("multi", len(LABELS)) == ""
    assert settings.from_mapping(Decisions, settings.to_mapping(decisions)) == decisions
    assert decisions.calibration.slopes == pytest.approx((0.4,) * 6, abs=0.12)
    assert results["unknown"] is None


def test_calibration_is_told_before_and_after_with_what_chance_would_show(rng):
    _, results = judged(rng)
    before, after = (results["calibration"][when] for when in ("before", "after"))
    assert before["ece"] > 0.1
    assert after["ece"] < before["ece"] / 2
    assert after["ece"] == pytest.approx(after["ece_of_perfect"], abs=0.015)
    assert after["log_loss"] < before["log_loss"]
    assert after["ece"] == pytest.approx(
        np.mean([label["ece"] for label in after["by_label"].values()]))
    assert sum(b["count"] for b in after["bins_pooled"]) == 600 * 6
    assert results["calibration"]["tracks"] == 600


def test_thresholds_are_compared_on_tracks_they_were_not_learnt_from(rng):
    _, results = judged(rng, HowDecided(calibration="platt", thresholds="label"))
    told = results["thresholds"]
    assert set(told["others"]) == {"fixed", "global", "s3_grid", "shrunk", "top"}
    assert told["cross_fitted"]["f1_micro"] > told["others"]["fixed"]["f1_micro"]
    for found in (told["cross_fitted"], *told["others"].values()):
        assert set(found) == {"f1_micro", "f1_macro", "precision_micro", "recall_micro"}


def test_pure_noise_gains_nothing_from_more_thresholds(rng):
    """Thresholds learnt and judged on the same tracks would seem to; cross-fitted they cannot."""
    scores, _, fold, groups = tracks(rng)
    truth = (rng.random(scores.shape) < 0.3).astype(np.int8)
    how = HowDecided(calibration="none", thresholds="label", aim="f1_macro")
    decisions, results = judge_many(scores, truth, fold, groups, VOCABULARY, how, rng)
    crossed = results["thresholds"]["cross_fitted"]["f1_macro"]
    on_itself = figures(answers(scores, VOCABULARY, replace(decisions, label_sets=None)), truth)
    assert on_itself["f1_macro"] > crossed
    assert crossed < 2 * 0.3 / 1.3 + 0.01  # all answered always: precision .3, recall 1


def test_no_fold_is_told_by_what_it_taught(rng):
    scores, truth, fold, groups = tracks(rng, 200)
    flipped = np.where((fold == 0)[:, None], 1 - truth, truth)
    of = {name: judge_many(scores, t, fold, groups, VOCABULARY, PLATT, np.random.default_rng(0))[1]
          for name, t in (("true", truth), ("flipped", flipped))}
    # Turned round in one fold, its truth must make that fold's calibrated scores look bad; a
    # calibration that had seen it would have made the best of it.
    assert of["flipped"]["calibration"]["after"]["log_loss"] > (
        of["true"]["calibration"]["after"]["log_loss"] + 0.05)


def test_label_sets_hold_what_they_promise_where_nothing_was_learnt(rng):
    decisions, results = judged(rng, HowDecided(calibration="platt", error=0.2))
    told = results["label_sets"]
    assert told["promised"] == 0.8
    assert told["holds"]
    assert told["times"] == 20
    assert decisions.label_sets.coverage == told["mean"]
    scores, truth, *_ = tracks(rng, 4000)
    sets = label_sets(calibrate(scores, decisions, VOCABULARY), VOCABULARY, decisions)
    assert ((sets == 0) & (truth == 1)).any(axis=1).mean() == pytest.approx(0.2, abs=0.05)


def test_a_part_held_out_is_measured_by_the_decisions_themselves(rng):
    scores, truth, _, groups = tracks(rng, 1000)
    decisions, results = judged(rng, held_out=(scores, truth, groups))
    told = results["held_out"]
    json.dumps(told, allow_nan=False)
    assert told["tracks"] == 1000
    assert told["groups"] == 250
    chances = calibrate(scores, decisions, VOCABULARY)
    assert told["thresholds"]["chosen"] == figures(answers(chances, VOCABULARY, decisions), truth)
    assert told["calibration"]["after"]["ece"] < told["calibration"]["before"]["ece"] / 2
    assert told["label_sets"]["coverage"] == pytest.approx(0.9, abs=0.04)


def test_a_part_held_out_changes_no_decision(rng):
    given = tracks(rng)
    scores, truth, _, groups = tracks(rng, 300)
    plain, _ = judge_many(*given, VOCABULARY, PLATT, np.random.default_rng(1))
    with_part, _ = judge_many(*given, VOCABULARY, PLATT, np.random.default_rng(1),
                              held_out=(scores, 1 - truth, groups))
    assert plain == with_part


def test_what_is_not_wanted_is_not_learnt(rng):
    how = HowDecided(calibration="none", thresholds="fixed", error=0, parents=False)
    decisions, results = judged(rng, how)
    assert decisions == Decisions((0.5,) * 6)
    assert results["label_sets"] is results["parents"] is results["unknown"] is None
    assert results["calibration"]["form"] == "none"
    assert results["calibration"]["before"]["ece"] == results["calibration"]["after"]["ece"]


@pytest.mark.parametrize("calibration", ["isotonic", "temperature", "best"])
def test_other_forms_calibrate_too(rng, calibration):
    decisions, results = judged(rng, HowDecided(calibration=calibration, parents=False))
    assert decisions.calibration.form in ("stairs", "slopes and offsets")
    told = results["calibration"]
    assert told["after"]["log_loss"] < told["before"]["log_loss"]


def test_top_k_travels_as_most(rng):
    decisions, results = judged(rng, HowDecided(calibration="platt", thresholds="top"))
    assert decisions.thresholds == (0.0,) * 6
    assert decisions.most == results["thresholds"]["most"] >= 1


def test_parents_are_named_by_the_decisions(rng):
    """Techno and trance cannot be told apart; that it is electronic is certain."""
    rows = 1000
    which = rng.integers(0, 4, rows)
    truth = np.zeros((rows, 6), np.int8)
    truth[np.arange(rows), which] = 1
    scores = np.full((rows, 6), 0.02)
    scores[:, :4] = np.where((np.isin(which, (1, 2)))[:, None], [0.02, 0.5, 0.5, 0.02],
                             np.where(np.eye(4)[which] == 1, 0.95, 0.03))
    scores = scores + rng.uniform(-0.02, 0.02, scores.shape)
    how = HowDecided(calibration="none", thresholds="global", aim="precision", precision=0.9)
    decisions, results = judge_many(scores, truth, np.arange(rows) % 5, range(rows), VOCABULARY,
                                    how, rng)
    assert [p.name for p in decisions.parents] == ["electronic"]
    assert results["parents"]["named"]["electronic"]["precision"] > 0.95


def test_strangers_teach_unknown(rng):
    known, strange = rng.uniform(0.4, 1, 200), rng.uniform(0, 0.5, 60)
    held = HeldOut("polka", known, strange, list(range(200)), list(range(300, 360)))
    decisions, results = judged(rng, strange=[held])
    assert decisions.unknown.columns == (0, 1, 2, 3)
    assert results["unknown"]["caught_strange"] == decisions.unknown.caught_strange
    assert results["unknown"]["separates"]
    nobody = held._replace(strange=np.empty(0), strange_groups=[])
    decisions, results = judged(rng, strange=[nobody])
    assert decisions.unknown is results["unknown"] is None
    assert "no rule for unknown" in results["notes"][0]


ODD = {
    "all-zero rows": lambda y: np.where(np.arange(len(y))[:, None] % 2, y, 0),
    "no positives": np.zeros_like,
    "all ones": np.ones_like,
    "a column of ones": lambda y: np.column_stack([np.ones(len(y)), y[:, 1:]]),
    "one positive": lambda y: np.eye(*y.shape),
}


@pytest.mark.parametrize("odd", ODD.values(), ids=ODD.keys())
@pytest.mark.parametrize("how", [PLATT, HowDecided(), HowDecided(thresholds="label",
                                                                aim="precision")])
def test_odd_truth_gives_finite_results(rng, odd, how):
    scores, truth, fold, groups = tracks(rng, 40)
    decisions, results = judge_many(scores, odd(truth), fold, groups, VOCABULARY, how, rng,
                                    held_out=(scores, odd(truth), groups))
    json.dumps(results, allow_nan=False)
    assert decisions.misfit("multi", 6) == ""


def test_more_labels_than_rows_and_one_label_only(rng):
    many = Vocabulary(tuple(f"l{k}" for k in range(30)), "multi")
    for vocabulary, rows in ((many, 8), (Vocabulary(("a",), "multi"), 30)):
        scores = rng.random((rows, len(vocabulary)))
        truth = (rng.random(scores.shape) < scores).astype(np.int8)
        _, results = judge_many(scores, truth, np.arange(rows) % 2, range(rows), vocabulary,
                                HowDecided(), rng)
        json.dumps(results, allow_nan=False)


def test_what_cannot_be_judged_is_refused(rng):
    scores, truth, fold, groups = tracks(rng, 40)
    with pytest.raises(DataError, match="of single-label work"):
        judge_many(scores, truth, fold, groups, Vocabulary(LABELS), PLATT, rng)
    with pytest.raises(DataError, match="39 groups for 6 labels"):
        judge_many(scores, truth, fold, groups[1:], VOCABULARY, PLATT, rng)
    with pytest.raises(DataError, match=r"scores of shape \(40, 5\)"):
        judge_many(scores[:, 1:], truth[:, 1:], fold, groups, VOCABULARY, PLATT, rng)
    with pytest.raises(DataError, match="nan"):
        judge_many(scores * np.nan, truth, fold, groups, VOCABULARY, PLATT, rng)
    for how in (PLATT, HowDecided(calibration="none")):
        with pytest.raises(DataError, match="two"):
            judge_many(scores, truth, 0 * fold, groups, VOCABULARY, how, rng)


def test_the_same_seed_gives_the_same(rng):
    given = tracks(rng, 100)
    one, other = (judge_many(*given, VOCABULARY, HowDecided(), np.random.default_rng(3))
                  for _ in range(2))
    assert one == other
