import json
from dataclasses import replace

import numpy as np
import pytest

from earmark.errors import DataError
from earmark.judging import measuring, metrics
from earmark.judging.decisions import Decisions, Unknown, answers, top_label
from earmark.judging.intervals import bootstrap, paired_difference
from earmark.judging.measuring import measure
from earmark.labels.vocabulary import Vocabulary

KINDS = Vocabulary(("techno", "rock", "jazz", "bebop"), "multi")
TUNED = Decisions((0.3, 0.6, 0.4, 0.7))
HEADLINE = ("roc_auc_macro", "pr_auc_macro", "pr_auc_micro", "lrap", "f1_micro", "f1_macro",
            "f1_samples")  # fmt: skip


def seeded():
    return np.random.default_rng(4)


@pytest.fixture
def case(rng):
    """Scores, truth and artists of 90 tracks of several labels, and the truth of 50 others."""
    scores = rng.random((90, 4))
    truth, learnt = rng.random((90, 4)) < scores, rng.random((50, 4)) < (0.6, 0.3, 0.2, 0.1)
    return scores, truth.astype(np.int8), np.arange(90) // 3, learnt.astype(np.int8)


def said(interval):
    return {"low": interval.low, "high": interval.high, "level": interval.level}


def turned(value, spread):
    """Return the spread of draws turned round the value, as ``several`` has it."""
    low, high = 2 * value - spread.high, 2 * value - spread.low
    return {"low": min(low, value), "high": max(high, value), "level": spread.level}


def test_one_label_a_track(rng):
    vocabulary = Vocabulary(("blues", "jazz", "rock"))
    scores, truth = rng.dirichlet(np.ones(3), 60), np.eye(3, dtype=np.int8)[np.arange(60) % 3]
    groups, again = np.arange(60) // 4, seeded()
    found = measure(scores, truth, vocabulary, rng=seeded(), groups=groups, learnt_truth=truth)
    by_track = bootstrap(metrics.accuracy, scores, truth, rng=again, draws=2000)
    by_artist = bootstrap(metrics.accuracy, scores, truth, rng=again, draws=2000, groups=groups)
    assert found == metrics.summary(scores, truth, vocabulary) | {
        "accuracy_interval_by_track": said(by_track),
        "accuracy_interval_by_artist": said(by_artist),
    }
    assert "accuracy_interval_by_artist" not in measure(scores, truth, vocabulary, rng=seeded())


def test_several_labels_a_track(case):
    scores, truth, groups, learnt = case
    found = measure(scores, truth, KINDS, rng=seeded(), decisions=TUNED, learnt_truth=learnt,
                    groups=groups, draws=50)
    table = metrics.summary(scores, truth, KINDS, TUNED, learnt_truth=learnt)
    assert table.items() <= found.items()
    assert found["draws"] == 50
    given = answers(scores, KINDS, TUNED)
    for name in HEADLINE:
        metric = getattr(metrics, name)
        x = given if name.startswith("f1") else scores
        spread = bootstrap(metric, x, truth, rng=seeded(), draws=50)
        expected = turned(metric(x, truth), spread)
        assert found[f"{name}_interval_by_track"] == pytest.approx(expected)
        again = found[f"{name}_interval_by_artist"]
        assert again["low"] <= found[name] <= again["high"]
        assert again != found[f"{name}_interval_by_track"]
    json.dumps(found, allow_nan=False)


def test_what_is_beaten_is_measured_on_the_same_draws(case):
    scores, truth, _, learnt = case
    found = measure(scores, truth, KINDS, rng=seeded(), decisions=TUNED, learnt_truth=learnt,
                    draws=40)
    given = answers(scores, KINDS, TUNED)
    others = {"f1_micro_minus_constant": metrics.constant_answers(learnt, 90),
              "f1_micro_minus_fixed": (scores >= 0.5).astype(int)}  # fmt: skip
    for name, other in others.items():
        interval = paired_difference(metrics.f1_micro, given, other, truth, rng=seeded(), draws=40)
        value = metrics.f1_micro(given, truth) - metrics.f1_micro(other, truth)
        assert found[name] == pytest.approx(
            {"value": value, **turned(value, interval), "by": "track"})


def test_whole_artists_are_drawn_for_what_is_beaten_where_known(case):
    scores, truth, groups, learnt = case
    found = measure(scores, truth, KINDS, rng=seeded(), learnt_truth=learnt, groups=groups, draws=9)
    assert found["f1_micro_minus_constant"]["by"] == "artist"
    assert "f1_micro_minus_fixed" not in found  # nothing else was decided


def test_thresholds_of_one_half_are_not_compared_with_themselves(case):
    scores, truth, _, _ = case
    found = measure(scores, truth, KINDS, rng=seeded(), decisions=Decisions((0.5,) * 4), draws=9)
    assert not [name for name in found if "minus" in name]


def test_intervals_end_where_metrics_end():
    truth = np.array([[1, 0]] * 19 + [[0, 1]])
    scores = np.tile([0.9, 0.1], (20, 1))
    found = measure(scores, truth, Vocabulary(("a", "b"), "multi"), rng=seeded())
    assert found["f1_micro"] == 0.95
    assert found["f1_micro_interval_by_track"]["high"] == 1.0


def test_intervals_are_of_what_the_table_says(case):
    scores, truth, _, _ = case
    doubting = replace(TUNED, unknown=Unknown(1.0))  # which the table leaves aside
    found = measure(scores, truth, KINDS, rng=seeded(), decisions=doubting, draws=9)
    assert found == measure(scores, truth, KINDS, rng=seeded(), decisions=TUNED, draws=9)


def test_at_most_so_many_labels_are_compared_with_one_half(case):
    scores, truth, _, _ = case
    top = Decisions((0.0,) * 4, most=1)
    found = measure(scores, truth, KINDS, rng=seeded(), decisions=top, draws=9)
    fixed = metrics.f1_micro((scores >= 0.5).astype(int), truth)
    given = metrics.f1_micro(top_label(scores), truth)
    assert found["f1_micro_minus_fixed"]["value"] == pytest.approx(given - fixed)


def test_a_part_without_positives_has_no_intervals(case):
    scores, truth, groups, learnt = case
    found = measure(scores, 0 * truth, KINDS, rng=seeded(), decisions=TUNED, learnt_truth=learnt,
                    groups=groups, draws=20)
    assert not [name for name in found if "interval" in name or "minus" in name]
    assert found["f1_micro"] is found["lrap"] is None
    json.dumps(found, allow_nan=False)


def test_one_track_or_one_artist_has_no_interval(case):
    scores, truth, _, learnt = case
    one = measure(scores[:1], truth[:1] | 1, KINDS, rng=seeded(), learnt_truth=learnt)
    assert not [name for name in one if "interval" in name or "minus" in name]
    same = measure(scores, truth, KINDS, rng=seeded(), groups=["one"] * 90, learnt_truth=learnt,
                   draws=20)
    assert not [name for name in same if "by_artist" in name]
    assert same["f1_micro_minus_constant"]["by"] == "track"


def test_large_tables_are_drawn_less_often_and_say_so(case, monkeypatch):
    scores, truth, _, _ = case
    assert measure(scores, truth, KINDS, rng=seeded())["draws"] == 1000
    monkeypatch.setattr(measuring, "_MOST_CELLS", 300 * scores.size)
    assert measure(scores, truth, KINDS, rng=seeded())["draws"] == 300
    monkeypatch.setattr(measuring, "_MOST_CELLS", 1)
    assert measure(scores, truth, KINDS, rng=seeded())["draws"] == 200


def test_what_is_no_score_is_refused(case):
    scores, truth, _, _ = case
    with pytest.raises(DataError, match="not logits"):
        measure(scores * 9, truth, KINDS, rng=seeded())
    with pytest.raises(DataError, match="3 groups for 90 tracks"):
        measure(scores, truth, KINDS, rng=seeded(), groups=["a", "b", "c"])
