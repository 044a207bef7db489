"""Figures by hand: which tracks are known, what changes, what is called unknown."""

import numpy as np
import pytest

from earmark.judging.decisions import Decisions, Unknown
from earmark.lab.robust.figures import Judge, placed
from earmark.labels.vocabulary import Vocabulary

SINGLE = Vocabulary(("hiphop", "jazz", "rock"), aliases={"rap": "hiphop"})
MULTI = Vocabulary(("guitar", "jazz", "slow"), "multi")
NAN = [np.nan] * 3


def judge(labels, plain, *, vocabulary=SINGLE, decisions=None, groups=None, could_be=()):
    where = placed(vocabulary, labels, could_be)
    decisions = decisions or Decisions((0.5,) * 3 if vocabulary.task == "multi" else ())
    groups = groups or [f"artist {k}" for k in range(len(labels))]
    return Judge(vocabulary, decisions, where, groups, np.asarray(plain, np.float32), 0)


def test_labels_are_known_by_name_alias_and_spelling():
    found = placed(SINGLE, [("Hip-Hop",), ("rap",), ("jazz", "rock"), ("polka",), ("jazz", "polka"),
                            ()], ("polka",))  # fmt: skip
    assert found.known.tolist() == [True, True, False, False, True, False]
    assert found.strange.tolist() == [False, False, False, True, False, False]
    assert found.truth.tolist() == [[1, 0, 0], [1, 0, 0], [0, 1, 1], [0, 0, 0], [0, 1, 0],
                                    [0, 0, 0]]
    assert found.columns.tolist() == [0, 1, 2]


def test_a_tagger_of_several_labels_is_judged_on_those_the_music_could_bear():
    found = placed(MULTI, [("Jazz", "guitar"), ("polka",)], ("jazz", "Guitar", "polka"))
    assert found.columns.tolist() == [0, 1]
    assert found.known.tolist() == [True, False]
    assert found.strange.tolist() == [False, True]


def test_accuracy_and_agreement_by_hand():
    plain = [[0.1, 0.8, 0.1], [0.1, 0.8, 0.1], [0.8, 0.1, 0.1], [0.1, 0.1, 0.8]]
    other = [[0.1, 0.8, 0.1], [0.8, 0.1, 0.1], [0.8, 0.1, 0.1], [0.8, 0.1, 0.1]]
    found = judge([("jazz",), ("jazz",), ("rap",), ("polka",)], plain)
    assert found.undisturbed()["metrics"]["accuracy"] == 1.0
    under = found.under(np.asarray(other, np.float32))
    assert under["agreement"] == 0.5
    assert under["mean_change"] == pytest.approx(2 * 1.4 / 12, abs=1e-4)
    accuracy = under["metrics"]["accuracy"]
    assert accuracy["value"] == pytest.approx(2 / 3, abs=1e-4)  # the stranger is not judged
    assert accuracy["change"] == pytest.approx(-1 / 3, abs=1e-4)
    low, high = accuracy["interval"]
    assert low <= accuracy["change"] <= high <= 0
    # F1 of hiphop 2 / 3, of jazz 2 / 3; rock is borne by none
    assert under["metrics"]["f1_macro"]["value"] == pytest.approx(2 / 3, abs=1e-4)
    assert under["strangers"]["tracks"] == 1


def test_nothing_changed_is_certain():
    plain = np.asarray([[0.2, 0.7, 0.1], [0.6, 0.3, 0.1]], np.float32)
    under = judge([("jazz",), ("jazz",)], plain).under(plain)
    assert (under["agreement"], under["agreement_interval"]) == (1.0, [1.0, 1.0])
    assert under["mean_change"] == 0
    assert under["metrics"]["accuracy"] == {"value": 0.5, "change": 0.0, "interval": [0.0, 0.0]}


def test_areas_for_several_labels():
    plain = [[0.9, 0.2, 0.1], [0.8, 0.9, 0.1], [0.1, 0.3, 0.1], [0.2, 0.8, 0.1]]
    labels = [("guitar",), ("guitar", "jazz"), (), ("jazz",)]
    found = judge(labels, plain, vocabulary=MULTI, could_be=("guitar", "jazz"))
    assert found.undisturbed()["metrics"] == {"pr_auc_macro": 1.0, "roc_auc_macro": 1.0}
    turned = found.under(1 - np.asarray(plain, np.float32))
    assert turned["metrics"]["roc_auc_macro"]["change"] == -1.0


def test_tracks_without_an_answer_are_counted_and_left_out():
    plain = [[0.1, 0.8, 0.1], [0.8, 0.1, 0.1]]
    found = judge([("jazz",), ("jazz",)], plain)
    under = found.under(np.asarray([plain[0], NAN], np.float32))
    assert (under["tracks"], under["unanswered"], under["agreement"]) == (1, 1, 1.0)
    assert under["metrics"]["accuracy"] == {"value": 1.0, "change": 0.0, "interval": None}
    silent = found.under(np.asarray([NAN, NAN], np.float32))
    assert (silent["tracks"], silent["agreement"], silent["metrics"]) == (0, None, {})


def test_strangers_should_be_called_unknown():
    decisions = Decisions(unknown=Unknown(0.6))
    plain = [[0.5, 0.3, 0.2], [0.9, 0.05, 0.05], [0.7, 0.2, 0.1]]
    found = judge([("polka",), ("polka",), ("rap",)], plain, decisions=decisions).undisturbed()
    assert found["strangers"] == {"tracks": 2, "unknown": 0.5, "top_score": 0.7}
    assert found["known"] == {"tracks": 1, "unknown": 0.0, "top_score": 0.7}
    without = judge([("polka",)], plain[:1]).undisturbed()
    assert without["strangers"]["unknown"] is None  # it has no rule for it
    assert without["metrics"] == {}


def test_music_without_labels_has_agreement_alone():
    plain = np.asarray([[0.2, 0.7, 0.1]], np.float32)
    under = judge([()], plain).under(plain)
    assert under["metrics"] == {}
    assert under["agreement"] == 1.0
    assert under["agreement_interval"] is None  # of one artist nothing can be drawn
