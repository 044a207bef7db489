"""The section of the clusters: what it says of islands, of sets of labels and of too little."""

from __future__ import annotations

import json

import numpy as np
from tests.lab.explore.given import explored, islands

from earmark.lab.explore.clustering import Sweep
from earmark.lab.explore.clusters import section
from earmark.lab.explore.contingency import table, told_clusters, which_labels
from earmark.lab.explore.curves import Published, over_k


def test_islands_are_the_genres() -> None:
    found = islands()
    made = section(found, found.rows.astype(np.float64))
    numbers = made.numbers
    assert (numbers["k_by_silhouette"], numbers["k_by_elbow"], numbers["genres"]) == (3, 3, 3)
    for way in numbers["ways"][:3]:
        assert [way[m]["value"] for m in ("ari", "ami", "v")] == [1, 1, 1], way["way"]
        assert way["silhouette"] > 0.7
        assert way["v"]["chance"] < 0.2
    assert numbers["information_of_labels"].keys() == {"folk", "jazz", "rock"}
    agreement = next(f for f in made.figures if f.title.startswith("Agreement"))
    assert "Nearest: k-means, 3, 1.000" in agreement.caption
    assert json.dumps(numbers, allow_nan=False)


def test_sets_of_labels_are_left_out_of_agreement() -> None:
    rows = np.concatenate([np.zeros((10, 1)), np.ones((10, 1))])
    rows[:, 0] += np.arange(20) / 1000
    sets = [["folk"]] * 9 + [["folk", "rock"]] + [["rock"]] * 9 + [[]]
    made = section(explored(rows, sets), rows)
    assert made.numbers["tracks_of_one_genre"] == 18
    assert made.numbers["ways"][0]["judged"] == 18
    assert made.numbers["ways"][0]["ari"]["value"] == 1
    assert any("18 of 20 tracks that bear exactly one" in note for note in made.notes)


def test_one_genre_has_no_agreement() -> None:
    rows = np.random.default_rng(0).normal(size=(30, 2))
    made = section(explored(rows, [["folk"]] * 30), rows)
    assert {way["ari"]["value"] for way in made.numbers["ways"]} == {None}
    assert not any(f.title.startswith("Agreement") for f in made.figures)


def test_no_label_at_all() -> None:
    rows = np.random.default_rng(0).normal(size=(30, 2))
    made = section(explored(rows, [[]] * 30, labels=["folk", "rock"]), rows)
    assert [f.title for f in made.figures] == ["How many clusters?"]
    assert any("Too few tracks" in note for note in made.notes)


def test_equal_tracks_have_no_clusters() -> None:
    made = section(explored(np.ones((9, 2)), [["a"], ["b"], ["c"]] * 3), np.ones((9, 2)))
    assert made.figures == ()
    assert "no clusters" in made.notes[0]


TRUTH_SETS = [["a"], ["a", "b"], ["b"], ["a"]]


def test_contingency_by_hand() -> None:
    found = explored(np.ones((4, 1)), TRUTH_SETS)
    np.testing.assert_array_equal(table(found.truth, np.array([0, 0, 1, 2])),
                                  [[2, 0, 1], [1, 1, 0]])


def test_clusters_name_what_stands_there_oftener() -> None:
    sets = [["a"]] * 6 + [["b"]] * 18
    found = explored(np.ones((24, 1)), sets)
    first, second = told_clusters(found, np.array([0] * 8 + [1] * 16))
    # 6 of 8 in the first are a, which is on a quarter of all tracks: three times as often
    assert first["labels"] == [{"label": "a", "tracks": 6, "share": 0.75, "times": 3.0}]
    assert second["labels"] == [{"label": "b", "tracks": 16, "share": 1.0, "times": 1.333}]
    assert (first["tracks"], second["tracks"]) == (8, 16)


def test_the_picture_of_labels_in_clusters() -> None:
    found = explored(np.ones((4, 1)), [["<a>"], ["<a>"], ["b"], ["b"]])
    figure = which_labels("x", found, np.array([0, 0, 0, 1]))
    assert figure is not None
    assert "&lt;a&gt;</text>" in figure.svg
    assert "Most together: <a>, 100% in cluster 1. Most spread: b, no more than 50%" in (
        figure.caption)


def test_figures_of_others_are_diamonds_beside() -> None:
    swept = Sweep({1: 4.0, 2: 2.0, 3: 1.5}, {2: 0.5, 3: 0.25}, {})
    alone = over_k("x", swept)
    beside = over_k("x", swept, Published({1: 8.0, 2: 6.0}, {2: 0.4}, "as published"))
    assert alone is not None
    assert beside is not None
    assert alone.svg.count("mark-open") == 0
    assert beside.svg.count("mark-open") == 3
    assert "Silhouette is highest for 2: 0.500." in alone.caption
    assert beside.caption.endswith("Diamonds: as published.")


def test_two_points_make_no_curve() -> None:
    assert over_k("x", Sweep({1: 1.0, 2: 0.0}, {}, {})) is None
