import csv
import io
import json
import math

import numpy as np
import pytest

from earmark.errors import DataError
from earmark.labels.tags import LabelSet, Tags, Timeline, csv_header

SCORES = {"rock": 0.123456, "jazz": 0.7, "blues": 0.7}


def tags(**given):
    values = {"file": "a.mp3", "seconds": 30.000049, "scores": SCORES, "tags": ("jazz",)} | given
    return Tags(**values)


def test_top_is_best_first_and_ties_keep_the_vocabularys_order():
    assert tags().top(2) == (("jazz", 0.7), ("blues", 0.7))
    assert [label for label, _ in tags().top(9)] == ["jazz", "blues", "rock"]
    assert tags().top(0) == tags().top(-1) == ()


def test_json_is_plain_rounded_and_in_order():
    plain = tags(notes=("short",), tagger="gtzan 12ab").to_json()
    assert plain == {
        "file": "a.mp3",
        "seconds": 30.0,
        "tags": ["jazz"],
        "unknown": False,
        "scores": {"rock": 0.1235, "jazz": 0.7, "blues": 0.7},
        "notes": ["short"],
        "tagger": "gtzan 12ab",
    }
    assert list(plain["scores"]) == ["rock", "jazz", "blues"]
    assert json.loads(json.dumps(plain, allow_nan=False)) == plain


def test_numpy_numbers_become_plain():
    scores = {label: np.float32(score) for label, score in SCORES.items()}
    plain = tags(scores=scores, seconds=np.float64(30)).to_json()
    assert json.loads(json.dumps(plain))["scores"] == {"rock": 0.1235, "jazz": 0.7, "blues": 0.7}


def test_a_silent_segment_is_null_in_json():
    timeline = Timeline((0.0, 2.99999), 3.0, ("rock", "jazz"), ((0.25, 0.75), None))
    assert tags(timeline=timeline).to_json()["timeline"] == {
        "starts_seconds": [0.0, 3.0],
        "segment_seconds": 3.0,
        "labels": ["rock", "jazz"],
        "scores": [[0.25, 0.75], None],
    }


def test_csv_rows_fit_the_header():
    hostile = tags(file='a,"b"\n.mp3', tags=("jazz", "blues"), notes=("short", "mono"))
    text = io.StringIO()
    csv.writer(text).writerows([csv_header(list(SCORES)), hostile.csv_row()])
    (row,) = csv.DictReader(io.StringIO(text.getvalue(), newline=""))
    assert row == {
        "file": 'a,"b"\n.mp3', "seconds": "30.0000", "tags": "jazz; blues", "unknown": "no",
        "notes": "short; mono", "tagger": "", "score: rock": "0.1235", "score: jazz": "0.7000",
        "score: blues": "0.7000",
    }


def test_an_unknown_track_has_scores_and_no_tags():
    unknown = tags(tags=(), unknown=True)
    assert unknown.to_json()["unknown"] is True
    assert dict(zip(csv_header(list(SCORES)), unknown.csv_row(), strict=True))["unknown"] == "yes"
    assert unknown.top(1) == (("jazz", 0.7),)
    with pytest.raises(DataError, match="is unknown and has the tag 'jazz'"):
        tags(unknown=True)


GROUPED = {"groups": {"rock": "genre", "jazz": "genre", "blues": "mood"},
           "unknown_among": ("rock", "jazz"), "unknown": True, "tags": ("blues",)}
SET = LabelSet(("jazz", "rock"), 0.1, "all")


def test_an_unknown_genre_leaves_tags_of_other_kinds():
    unknown = tags(**GROUPED)
    assert unknown.unknown_groups == ("genre",)
    plain = unknown.to_json()
    assert plain["unknown_groups"] == ["genre"]
    assert plain["tags"] == ["blues"]
    assert "unknown_groups" not in tags().to_json()
    assert tags(**GROUPED | {"unknown_among": ("rock", "blues"), "tags": ("jazz",)}
                ).unknown_groups == ("genre", "mood")
    with pytest.raises(DataError, match="is unknown and has the tag 'rock'"):
        tags(**GROUPED | {"tags": ("blues", "rock")})
    assert tags(**GROUPED | {"unknown": False, "tags": ("rock",)}).tags == ("rock",)


def test_label_sets_and_parents_are_in_json_and_csv_where_the_tagger_has_them():
    full = tags(label_set=SET, parents=(("metal", np.float32(0.70001)),))
    plain = json.loads(json.dumps(full.to_json(), allow_nan=False))
    assert plain["label_set"] == {"labels": ["jazz", "rock"], "error": 0.1, "promise": "all"}
    assert plain["parents"] == [{"name": "metal", "chance": 0.7}]
    header = csv_header(list(SCORES), parents=True, label_set=True)
    row = dict(zip(header, full.csv_row(), strict=True))
    assert (row["parents"], row["label set"]) == ("metal", "jazz; rock")
    without = tags(parents=())
    assert without.to_json()["parents"] == []
    assert "label_set" not in without.to_json()
    assert dict(zip(csv_header(list(SCORES), parents=True), without.csv_row(),
                    strict=True))["parents"] == ""
    assert "parents" not in tags().to_json()
    assert len(csv_header(list(SCORES))) == len(tags().csv_row()) == len(header) - 2


@pytest.mark.parametrize(("given", "message"), [
    ({"error": 0.0}, "promises an error of 0.0; expected between 0 and 1"),
    ({"error": math.nan}, "promises an error of nan"),
    ({"labels": ()}, r"holds \[\]; expected at least one label"),
    ({"labels": ("a", "a")}, "each once"),
])
def test_label_sets_that_cannot_be_are_refused(given, message):
    with pytest.raises(DataError, match=message):
        LabelSet(**{"labels": ("a",), "error": 0.1, "promise": "all"} | given)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"label_set": LabelSet(("ska",), 0.1, "all")}, "a.mp3: the tag 'ska' has no score"),
        ({"unknown_among": ("ska",)}, "a.mp3: the tag 'ska' has no score"),
        ({"parents": (("metal", 1.2),)}, "a.mp3: parents: a score is 1.2"),
        ({"parents": (("metal", math.nan),)}, "a.mp3: parents: a score is nan"),
        ({"parents": ((" ", 0.5),)}, "the parent ' ' has no name"),
        ({"parents": (("jazz", 0.5),)}, "the parent 'jazz' has no name, is a tag"),
        ({"parents": (("metal", 0.5), ("metal", 0.6))}, "or is there twice"),
        ({"scores": {"jazz": math.nan}}, "a.mp3: a score is nan"),
        ({"scores": {"jazz": 1.5}}, "a.mp3: a score is 1.5; expected between 0 and 1"),
        ({"tags": ("ska",)}, "a.mp3: the tag 'ska' has no score"),
        ({"seconds": math.inf}, "a.mp3: a length of inf seconds"),
        ({"seconds": -1.0}, "a.mp3: a length of -1.0 seconds"),
    ],
)
def test_tags_that_cannot_be_are_refused(given, message):
    with pytest.raises(DataError, match=message):
        tags(**given)


@pytest.mark.parametrize(
    ("starts", "scores", "message"),
    [
        ((0.0,), ((0.1,), None), "2 rows of scores for 1 segments"),
        ((0.0,), ((0.1, 0.2),), "segment 0 has 2 scores for 1 labels"),
        ((0.0,), ((math.nan,),), "segment 0: a score is nan"),
    ],
)
def test_timelines_that_cannot_be_are_refused(starts, scores, message):
    with pytest.raises(DataError, match=message):
        Timeline(starts, 3.0, ("rock",), scores)
