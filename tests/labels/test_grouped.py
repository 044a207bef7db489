"""Multi-label answers in groups, synonyms once."""

import dataclasses

import pytest
from hypothesis import given
from hypothesis import strategies as st

from earmark.labels import crosswalk
from earmark.labels.grouped import Shown, best, grouped, in_set
from earmark.labels.tags import LabelSet, Tags

MTT = crosswalk.read("mtt50")


def answer(scores, tags=(), labels=MTT.sheet.labels):
    full = {label: scores.get(label, 0.0) for label in labels}
    return Tags("a.mp3", 9.0, full, tuple(tags), groups=MTT.groups(labels))


def test_synonyms_are_shown_once_with_the_best_score_and_absence_apart():
    found = grouped(answer({"man": 0.3, "male vocal": 0.5, "no vocals": 0.4, "no voice": 0.6,
                            "vocals": 0.2}, ["man"]))
    assert found["vocals"][:3] == (
        Shown("no vocals", "no voice", 0.6, False),
        Shown("male vocals", "male vocal", 0.5, True),  # one of them was decided on
        Shown("vocals", "vocals", 0.2, False))
    assert list(found) == ["genre", "instrument", "vocals", "mood", "tempo", "other"]


def test_the_best_of_all_groups():
    found = best(answer({"techno": 0.9, "synth": 0.8, "beat": 0.7, "beats": 0.75}), 3)
    assert [(s.name, s.label) for s in found] == [
        ("techno", "techno"), ("synthesizer", "synth"), ("beat", "beats")]
    assert best(answer({}), 0) == ()


@given(st.fixed_dictionaries(dict.fromkeys(MTT.sheet.labels, st.floats(0, 1))))
def test_nothing_is_lost_and_each_group_is_in_order(scores):
    tags = answer(scores, [label for label, score in scores.items() if score >= 0.5])
    for group, shown in grouped(tags).items():
        assert [s.score for s in shown] == sorted((s.score for s in shown), reverse=True)
        assert len({s.name for s in shown}) == len(shown)
        of_group = {label: v for label, v in scores.items() if tags.groups[label] == group}
        assert max(of_group.values()) == shown[0].score
        assert {MTT.meaning(label).ours for label in of_group} == {s.name for s in shown}
        for s in shown:
            assert scores[s.label] == s.score
            assert s.decided == (s.score >= 0.5)


def test_json_has_the_groups_of_a_multi_label_answer_alone():
    plain = answer({"techno": 0.9, "synth": 0.12345}, labels=("synth", "techno", "slow")).to_json()
    assert plain["groups"] == {
        "genre": [{"label": "techno", "score": 0.9}],
        "instrument": [{"label": "synth", "score": 0.1235}],
        "tempo": [{"label": "slow", "score": 0.0}]}
    assert list(plain["scores"]) == ["synth", "techno", "slow"]
    assert "groups" not in Tags("a.mp3", 9.0, {"rock": 1.0}, ("rock",)).to_json()


def test_labels_of_a_group_of_their_own_come_last():
    tags = Tags("a.mp3", 9.0, {"grainy": 0.5, "solo": 0.1, "rock": 0.2}, (),
                groups={"grainy": "texture", "solo": "other"})
    assert list(grouped(tags)) == ["genre", "other", "texture"]
    assert grouped(tags)["texture"][0].score == pytest.approx(0.5)


def test_a_label_set_names_synonyms_once_in_its_order():
    tags = dataclasses.replace(answer({"man": 0.3, "male vocal": 0.5, "techno": 0.4}),
                               label_set=LabelSet(("male vocal", "techno", "man"), 0.1, "all"))
    assert in_set(tags) == ("male vocals", "techno")
    assert in_set(answer({"man": 0.3})) == ()
    single = Tags("a.mp3", 9.0, {"man": 0.6, "male vocal": 0.4}, ("man",),
                  label_set=LabelSet(("man", "male vocal"), 0.1, "all"))
    assert in_set(single) == ("man", "male vocal")  # a tagger of its own few words keeps them
