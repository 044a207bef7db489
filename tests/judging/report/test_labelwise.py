"""Need by hand, and that labels without it come last."""

import pytest

from earmark.judging.report.labelwise import label_groups, label_rows, need
from earmark.judging.report.scores import GroupScore, LabelScore, Scores


def label(name, support, pr_auc, group="genre", threshold=None, f1=0.5):
    return LabelScore(name, 0.5, 0.5, f1, support, group, 0.5, pr_auc, threshold)


def part(*labels, groups=()):
    return Scores("test", False, 200, {}, {}, labels, groups=groups)


def test_need_weighs_what_is_missing_by_how_many_tracks_it_concerns():
    # 100 of 200 tracks at .9: 1000 x .5 x .1; 10 at .2: 1000 x .05 x .8; 4 at .0: 1000 x .02 x 1.
    rows = label_rows(part(label("rare", 4, 0.0), label("common", 100, 0.9),
                           label("middle", 10, 0.2), label("never", 0, None)), {})
    assert [(r.name, r.need and round(r.need, 6)) for r in rows] == [
        ("common", 50), ("middle", 40), ("rare", 20), ("never", None)]
    assert [r.prevalence for r in rows] == [0.5, 0.05, 0.02, 0]
    assert need(1.0, 0.5) == 0


def test_a_label_that_records_its_threshold_has_that_one():
    rows = label_rows(part(label("a", 2, 0.5, threshold=0.2), label("b", 1, 0.5)),
                      {"a": 0.9, "b": 0.7})
    assert [r.threshold for r in rows] == [0.2, 0.7]
    assert label_rows(part(label("a", 2, 0.5)), {})[0].threshold is None


def test_groups_come_in_the_order_shown_with_recorded_means_or_their_own():
    rows = label_rows(part(label("slow", 1, 0.5, "tempo"), label("rock", 9, 0.25),
                           label("pop", 1, 0.75, f1=None), label("none", 0, None, "mood", f1=None)),
                      {})
    given = [GroupScore("tempo", 1, 0.1, 0.2, 0.3)]
    genre, mood, tempo = label_groups(rows, given)
    assert [g.name for g in (genre, mood, tempo)] == ["genre", "mood", "tempo"]
    assert ([r.name for r in genre.rows], genre.pr_auc, genre.f1) == (["rock", "pop"], 0.5, 0.5)
    assert (mood.pr_auc, mood.f1, mood.roc_auc) == (None, None, pytest.approx(0.5))
    assert (tempo.f1, tempo.roc_auc, tempo.pr_auc) == (0.1, 0.2, 0.3)


def test_labels_of_older_runs_have_one_nameless_group():
    (group,) = label_groups(label_rows(part(label("a", 1, 0.5, "")), {}), [])
    assert group.name == "labels"
