"""What goes with what, and what pruning drops, by hand."""

from __future__ import annotations

import numpy as np
from tests.lab.explore.given import explored

from earmark.lab.explore.correlation import ordered, section
from earmark.models.pruning import correlations

# b is twice a, c falls as a rises, d goes with none of them, e never changes
ROWS = np.array([[1, 2, -1, 1, 7], [2, 4, -2, -1, 7], [3, 6, -3, -1, 7], [4, 8, -4, 1, 7]],
                dtype=np.float32)
COLUMNS = tuple("abcde")


def test_like_features_are_neighbours_in_one_group() -> None:
    rows = ROWS[:, [0, 3, 1, 4, 2]]  # a d b e c
    order, group = ordered(correlations(rows))
    places = np.argsort(order)
    assert np.ptp(places[[0, 2, 4]]) == 2  # a, b and c side by side
    assert len({*group[[0, 2, 4]].tolist()}) == 1
    assert len({*group.tolist()}) == 3


def test_the_section_names_what_goes_and_why() -> None:
    made = section(explored(ROWS, [["x"], ["y"]] * 2, columns=COLUMNS))
    pruning = made.numbers["pruning"]
    assert pruning["pairwise"]["kept"] == 3
    assert [d["column"] for d in pruning["pairwise"]["dropped"]] == ["b", "c"]
    assert pruning["twice"]["dropped"][0] == {"column": "a", "partner": "b", "r": 1.0}
    assert made.numbers["constant"] == ["e"]
    assert made.numbers["pairs_at_least"]["0.99"] == 3
    assert made.numbers["groups"] == [["a", "b", "c"]]
    assert made.figures[0].caption.startswith("3 of 10 pairs of features correlate by 0.7")
    assert any("1 features have one value" in note for note in made.notes)


def test_many_features_are_drawn_as_means(rng: np.random.Generator) -> None:
    rows = rng.normal(size=(30, 200))
    made = section(explored(rows, [["x"], ["y"]] * 15))
    assert "mean of |r| over several of the 200" in made.figures[0].caption
    assert "less" not in made.figures[0].svg  # nothing below 0


def test_one_feature_has_no_picture() -> None:
    made = section(explored([[1.0], [2.0]], [["x"], ["y"]]))
    assert made.figures == ()
    assert made.numbers["strongest"] == []
