"""Minor labels and the major ones nearest to them, by hand."""

from __future__ import annotations

import numpy as np
import pytest
from tests.lab.explore.given import explored

from earmark.errors import DataError
from earmark.lab.explore.merging import Merge, minor_into_major, section

LABELS = ("folk", "rock", "blues", "spoken", "none")
ROWS = np.array([[0.0, 0], [0, 2], [0, 1], [10, 0], [10, 2], [10, 1], [0, 5], [4, 1]])
TRUTH = np.zeros((8, 5), dtype=np.int8)
TRUTH[:3, 0] = 1  # folk about (0, 1)
TRUTH[3:6, 1] = 1  # rock about (10, 1)
TRUTH[6, 2] = 1  # blues at (0, 5): 4 from folk
TRUTH[[5, 7], 3] = 1  # spoken about (7, 1): 3 from rock, 7 from folk


def test_merges_by_hand() -> None:
    assert minor_into_major(ROWS, TRUTH, LABELS, 2) == [
        Merge("spoken", "rock", 3.0, 2, "folk", 7.0),
        Merge("blues", "folk", 4.0, 1, "rock", pytest.approx(np.hypot(10, 4))),
    ]


def test_a_label_on_as_many_tracks_as_least_is_minor() -> None:
    assert [m.minor for m in minor_into_major(ROWS, TRUTH, LABELS, 1)] == ["blues"]
    assert minor_into_major(ROWS, TRUTH, LABELS, 0) == []
    assert minor_into_major(ROWS, TRUTH, LABELS, 3) == []  # none is major


def test_one_major_label_has_no_second() -> None:
    (only,) = minor_into_major(ROWS[:7], TRUTH[:7, [0, 2]], ("folk", "blues"), 1)
    assert (only.major, only.second, only.second_distance) == ("folk", None, None)


def test_how_steady_a_merge_is(rng: np.random.Generator) -> None:
    near = np.array([[0.0], [0.0], [10.0], [10.0], [1.0], [2.0], [4.0], [6.5]])
    truth = np.repeat(np.eye(4, dtype=np.int8), 2, axis=0)
    spoken, blues = minor_into_major(
        np.concatenate([near, near[:4]]), np.concatenate([truth, truth[:4]]),
        ("folk", "rock", "spoken", "blues"), 2, rng=rng)
    # 1 and 2 are nearer to 0 than to 10 however they are drawn; of 4 and 6.5 (mean 5.25: rock) a
    # quarter of drawings has the mean 4: folk
    assert (spoken.major, spoken.steady) == ("folk", 1.0)
    assert blues.major == "rock"
    assert blues.steady == pytest.approx(0.75, abs=0.12)


def test_one_track_cannot_be_drawn_otherwise(rng: np.random.Generator) -> None:
    found = minor_into_major(ROWS, TRUTH, LABELS, 1, rng=rng)
    assert found[0].steady is None


def test_shapes_that_do_not_fit_are_refused() -> None:
    with pytest.raises(DataError, match=r"truth of shape \(8, 5\) for 7 rows and 5 labels"):
        minor_into_major(ROWS[:7], TRUTH, LABELS, 2)


def sets(truth: np.ndarray) -> list[list[str]]:
    return [[LABELS[k] for k in np.flatnonzero(row)] for row in truth]


def test_the_section_merges_genres_only() -> None:
    found = explored(ROWS, sets(TRUTH), labels=LABELS, groups={"spoken": "vocals"})
    made = section(found, ROWS, least_share=0.25)
    assert made.numbers["least"] == 2
    assert [(m["minor"], m["major"]) for m in made.numbers["merges"]] == [("blues", "folk")]
    assert "blues (1) → folk" in made.figures[0].svg


def test_where_none_is_minor_the_rarest_quarter_is_taken() -> None:
    made = section(explored(ROWS, sets(TRUTH), labels=LABELS), ROWS)
    # 2.3 % of eight tracks is none; of 3, 3, 1, 2 tracks the lower quarter ends at 1.75
    assert made.numbers["least"] == 1
    assert [m["minor"] for m in made.numbers["merges"]] == ["blues"]
    assert "the rarest quarter" in made.notes[-1]


def test_genres_of_one_size_are_not_merged() -> None:
    made = section(explored(ROWS[:6], [*sets(TRUTH[:5]), ["rock"]]), ROWS[:6])
    assert made.figures == ()
    assert made.numbers["merges"] == []
