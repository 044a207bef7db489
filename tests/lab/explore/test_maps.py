"""Maps: what they keep, what they draw, and what they do without UMAP."""

from __future__ import annotations

import re
import sys

import numpy as np
import pytest
from tests.lab.explore.given import explored, islands

from earmark.lab.explore import maps
from earmark.lab.explore.maps import section, umap
from earmark.lab.explore.scatter import by_label, over_all
from earmark.lab.explore.section import Explored, Section
from earmark.lab.explore.space import principal, standardised


@pytest.fixture
def without_umap(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "umap", None)


def mapped(found: Explored) -> Section:
    scaled = principal(standardised(found.rows))
    return section(found, scaled, scaled.scores)


@pytest.mark.usefixtures("without_umap")
def test_islands_keep_their_neighbours_without_umap() -> None:
    made = mapped(islands())
    same = made.numbers["neighbours_of_same_label"]
    assert same.keys() == {"features", "pca"}
    assert min(same.values()) > 0.9
    # of 59 others 19 have the same label
    assert made.numbers["same_label_by_chance"] == round(19 / 59, 4)
    assert any(note.startswith("No UMAP map") and "pip install '.[explore]'" in note
               for note in made.notes)
    assert [f.title for f in made.figures] == [
        "Principal components of the tracks", "Each label by itself (Principal components)"]


def test_umap_keeps_islands_apart() -> None:
    pytest.importorskip("umap")
    found = islands(columns=8)
    made = mapped(found)
    assert made.numbers["neighbours_of_same_label"]["umap"] > 0.95
    assert [f.title for f in made.figures][1:] == ["UMAP of the tracks",
                                                   "Each label by itself (UMAP)"]
    points = found.rows.astype(np.float64)
    first, again = (umap(points, np.random.default_rng(3)) for _ in range(2))
    np.testing.assert_array_equal(first, again)
    assert first.shape == (60, 2)


def test_few_tracks_have_no_umap() -> None:
    made = mapped(islands(per=5))
    assert "No UMAP: 15 tracks are too few for it." in made.notes


@pytest.mark.usefixtures("without_umap")
def test_many_tracks_are_drawn_in_part(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(maps, "MOST_TRACKS", 40)
    made = mapped(islands())
    assert made.numbers["tracks"] == 40
    assert "Maps are of 40 of 60 tracks, drawn at random." in made.notes


@pytest.mark.usefixtures("without_umap")
def test_tracks_with_sets_of_labels_and_none() -> None:
    rows = np.random.default_rng(0).normal(size=(40, 3))
    sets = [["rock"]] * 20 + [["rock", "jazz"]] * 10 + [[]] * 10
    made = mapped(explored(rows, sets))
    assert made.numbers["labels"] == ["rock", "jazz"]
    assert any("the rarest of those drawn" in note for note in made.notes)
    assert any(note.startswith("10 tracks bear none of the 2") for note in made.notes)


@pytest.mark.usefixtures("without_umap")
def test_equal_tracks_one_feature_and_no_label() -> None:
    assert "no map" in mapped(explored(np.ones((5, 2)), [["a"]] * 5)).notes[0]
    line = mapped(explored(np.arange(40.0)[:, None], [["a"], ["b"]] * 20))
    assert len(line.figures) == 2
    bare = mapped(explored(np.random.default_rng(0).normal(size=(40, 3)), [[]] * 40, labels=["a"]))
    assert bare.numbers["neighbours_of_same_label"] == {"features": None, "pca": None}
    assert len(bare.figures) == 1


def dots(svg: str, kind: str) -> int:
    """Return how many points of a class are drawn."""
    return sum(d.count("h0") for d in re.findall(rf'd="([^"]*)" class="points {kind}"', svg))


def test_every_track_is_drawn_once(rng: np.random.Generator) -> None:
    places = rng.normal(size=(50, 2))
    of_track = np.repeat([-1, 0, 1], [10, 25, 15])
    bears = [of_track == 0, of_track >= 0]
    svg = over_all("x", "t", places, of_track, ["folk & co", "rock"], bears, rng)
    assert [dots(svg, kind) for kind in ("rest", "line-0", "line-1")] == [10, 25, 15]
    assert "folk &amp; co (25)</text>" in svg
    assert "rock (40)</text>" in svg


def test_discs_do_not_cover_one_another(rng: np.random.Generator) -> None:
    places = rng.normal(size=(90, 2))
    of_track = np.repeat(np.arange(9), 10)
    bears = [of_track == k for k in range(9)]
    svg = over_all("x", "t", places, of_track, list("abcdefghi"), bears, rng)
    found = re.findall(r'<circle cx="([\d.]+)" cy="([\d.]+)" r="8.5"', svg)
    middles = np.array(found, dtype=float)[:9]
    apart = np.hypot(*(middles[:, None] - middles).transpose(2, 0, 1))
    assert apart[np.triu_indices(9, 1)].min() > 15


def test_what_lies_far_out_is_drawn_at_the_edge(rng: np.random.Generator) -> None:
    places = np.concatenate([rng.normal(size=(200, 2)), [[1e6, -1e6]]])
    svg = by_label("x", "t", places, {"all": np.ones(201, dtype=bool)})
    points = re.findall(r"M([\d.]+) ([\d.]+)h0", svg)
    at = np.array(points, dtype=float)
    assert at.max() <= 400
    assert np.ptp(at[:200], axis=0).min() > 40  # the others are not one heap
