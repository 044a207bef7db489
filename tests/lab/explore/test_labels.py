"""The section on how common labels are, and the parts of a split side by side."""

import json

import numpy as np
import pytest
from tests.lab.doctor.made import Made
from tests.lab.explore.test_tally import dataset

from earmark.datasets.base import Track
from earmark.errors import DataError
from earmark.judging.splits import Split
from earmark.lab.explore import labels, parts
from earmark.lab.explore.tally import Tally


def test_numbers_by_hand():
    section = labels.counts(Tally.of(dataset(("rock", "pop"), ("rock",), (), ("rock",))))
    numbers = section.numbers
    assert (numbers["tracks"], numbers["tracks_without_labels"]) == (4, 1)
    assert numbers["labels_a_track"] == {"mean": 1.0, "most": 2, "median": 1.0,
                                         "tracks": {"0": 1, "1": 2, "2": 1}}
    assert numbers["labels"][0] == {"label": "rock", "group": "genre", "tracks": 3, "share": 0.75}
    assert numbers["long_tail"]["labels_that_make_half"] == 1
    # exp of the entropy of (3/4, 1/4): 4 / 3^(3/4)
    assert numbers["long_tail"]["labels_if_all_were_equally_common"] == pytest.approx(1.754765)
    assert section.notes == ("Without a label: 1 track.",)


def test_equal_labels_are_as_many_as_they_are():
    tally = Tally.of(dataset(*[(name,) for name in "abcdef"]))
    numbers = labels.counts(tally).numbers
    assert numbers["long_tail"]["labels_if_all_were_equally_common"] == pytest.approx(6)
    assert labels.half(tally) == 3


def test_what_shows_nothing_is_not_drawn():
    equal = labels.counts(Tally.of(dataset(("a",), ("b",))))
    assert [f.title for f in equal.figures] == ["genre: 2 labels"]
    assert equal.figures[0].caption == "Each of them is on 1 track."
    more = labels.counts(Tally.of(dataset(("a",), ("a", "b"))))
    assert [f.title for f in more.figures] == ["The long tail", "Labels a track", "genre: 2 labels"]


def test_labels_on_no_track_are_named():
    section = labels.counts(Tally.of(dataset(("a",), ("a", "b"), labels=("a", "b", "silence"))))
    assert section.notes == ("On no track: silence.",)


def test_hundreds_of_labels_are_all_counted_and_some_drawn():
    names = [f"label {k}" for k in range(250)]
    section = labels.counts(Tally.of(dataset(*[names[: k + 1] for k in range(250)])))
    assert len(section.numbers["labels"]) == 250
    assert "Drawn: the 40 commonest of 250" in section.figures[-1].caption
    assert section.figures[-1].svg.count("<rect") == 40


def test_test_tracks_count_and_are_not_looked_at_closer():
    made = dataset(*[("a", "b")] * 6, *[("c", "d")] * 6)
    split = Split("s", {f"t{i:03}": "train" if i < 6 else "test" for i in range(12)})
    found = {s.name: s.numbers for s in labels.sections(made, split)}
    assert {row["label"]: row["tracks"] for row in found["labels"]["labels"]} == dict.fromkeys(
        "abcd", 6)
    assert [pair["labels"] for pair in found["pairs"]["pairs"]] == [["a", "b"]]
    assert found["families"]["tracks"] == 6
    assert "parts" not in {s.name for s in labels.sections(made, None)}


def test_nothing_to_explore_is_refused():
    with pytest.raises(DataError, match="none of the 2 tracks bears a label"):
        labels.sections(Made.of([Track("a", ()), Track("b", ())], labels=("rock",)), None)


def test_parts_are_compared_by_share():
    made = dataset(*[("a",)] * 10, *[("b",)] * 30, *[("a", "b")] * 40)
    split = Split("s", {f"t{i:03}": "train" if i < 40 else "test" for i in range(80)})
    numbers = parts.compared(Tally.of(made), split).numbers
    assert numbers["tracks"] == {"train": 40, "test": 40}
    shares = {row["label"]: (row["train"], row["test"]) for row in numbers["shares"]}
    assert shares == {"a": (0.25, 1.0), "b": (0.75, 1.0)}
    ratio = {row["label"]: row["largest_over_smallest"] for row in numbers["shares"]}
    assert ratio["a"] == pytest.approx(40.5 / 10.5, abs=1e-6)


def test_a_label_that_a_part_lacks_is_said_and_rare_ones_are_no_difference():
    made = dataset(*[("a", "rare")] * 3, *[("a",)] * 20)
    split = Split("s", {f"t{i:03}": "train" if i < 10 else "test" for i in range(23)})
    section = parts.compared(Tally.of(made), split)
    assert section.notes[0].startswith("No track of test bears rare:")
    rare = next(row for row in section.numbers["shares"] if row["label"] == "rare")
    assert rare["largest_over_smallest"] is None
    json.dumps(section.numbers, allow_nan=False)


def test_tracks_in_no_part_are_counted():
    made = dataset(("a",), ("b",), ("a",))
    section = parts.compared(Tally.of(made), Split("s", {"t000": "train", "t001": "test"}))
    assert section.numbers["tracks_in_no_part"] == 1


@pytest.mark.parametrize("shares", [[[0.5], [0.5]], [[0.0], [1.0]], [[0.31, 0.33], [0.32, 0.35]]])
def test_ratios_have_ticks_and_stay_in_the_picture(shares):
    scale, ticks = parts._ratios(np.asarray(shares), 100.0)
    assert len(ticks) >= 1
    for share in np.ravel(shares):
        assert 166 <= scale(float(share)) <= 386
