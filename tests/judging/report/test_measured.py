"""What is said of metrics beside their baselines, each case by hand."""

from dataclasses import replace

import pytest

from earmark.judging.decisions import Decisions
from earmark.judging.intervals import Interval
from earmark.judging.report.measured import constant, drawn, margins, measured, undecided
from earmark.judging.report.scores import Baseline, LabelScore, Margin, Scores


def part(**values):
    return Scores("test", False, 9, values.pop("numbers", {}), values.pop("intervals", {}), (),
                  **values)


def test_the_few_that_matter_come_first_and_undefined_is_a_word():
    rows = measured(part(numbers={"hamming_loss": 0.25, "subset_accuracy": 0.5},
                         undefined=("pr_auc_macro", "recall_micro")))
    assert [(r.title, r.value, r.first) for r in rows] == [
        ("PR AUC (macro)", "undefined", True), ("Hamming loss (less is better)", "0.250", True),
        ("recall (micro)", "undefined", False), ("subset accuracy", "0.500", False)]
    assert {r.baseline for r in rows} == {"–"}


def test_each_metric_has_the_baseline_of_its_kind():
    found = part(numbers={"f1_micro": 0.5, "lrap": 0.5, "recall_micro": 0.5, "pr_auc_macro": 0.5,
                          "baseline_pr_auc_macro": 0.0123},
                 baselines={"prevalence": Baseline({"lrap": 0.25, "f1_micro": 0.125}),
                            "constant": Baseline({"f1_micro": 0.375, "recall_micro": 1.0})})
    assert {r.title: r.baseline for r in measured(found)} == {
        "PR AUC (macro)": "0.012 (prevalence)", "F1 (micro)": "0.375 (constant)",
        "label ranking precision (LRAP)": "0.250 (prevalence)",
        "recall (micro)": "1.000 (constant)"}


@pytest.mark.parametrize(("low", "high", "word"), [
    (0.01, 0.2, "beats"), (-0.2, -0.01, "loses to"), (-0.1, 0.1, "may equal")])
def test_a_margin_is_worded_by_its_interval(low, high, word):
    (said,) = margins(part(margins={"fixed": Margin(0.05, Interval(low, high, 0.9), "artist")}))
    assert said == (f"Micro F1 {word} that of thresholds of 0.5: +0.050, 90% interval "
                    f"[{low:+.3f}, {high:+.3f}] by artist.")


def test_intervals_are_said_to_be_what_they_are():
    by_track = {("lrap", "track"): Interval(0.1, 0.2, 0.9)}
    said = drawn(part(intervals=by_track))
    assert said == "Intervals are 90% ones: by track, each track for itself."
    found = part(intervals=by_track | {("lrap", "artist"): Interval(0, 1, 0.9)}, draws=7)
    assert "from 7 draws" in drawn(found)
    assert drawn(found).endswith("by artist, whole artists, which is the honest one.")


def test_answers_measured_before_thresholds_were_learnt_are_said_to_be():
    labels = (LabelScore("a", 0.5, 0.5, 0.5, 1, threshold=0.5),)
    before = Scores("cross-validated", False, 9, {}, {}, labels)
    assert "before the run's thresholds were learnt" in undecided(before, Decisions((0.25,)))
    assert undecided(before, Decisions((0.5,))) == undecided(before, None) == ""
    after = replace(before, labels=(replace(labels[0], threshold=0.25),))
    assert undecided(after, Decisions((0.25,))) == ""


def test_what_is_not_known_is_not_said():
    assert (constant(part()), drawn(part()), list(margins(part()))) == ("", "", [])
    (said,) = margins(part(margins={"constant": Margin(-0.5, None)}))
    assert said == "Micro F1 is -0.500 against that of always answering the same labels."
    assert "answers no label" in constant(part(baselines={"constant": Baseline({})}))
    many = Baseline({}, tuple(f"l{k}" for k in range(20)))
    assert constant(part(baselines={"constant": many})).endswith("l11 and 8 more.")
