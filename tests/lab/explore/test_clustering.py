"""Ways of clustering on points whose clusters are known, and on hostile ones."""

from __future__ import annotations

import numpy as np
import pytest
from tests.lab.explore.given import islands

from earmark.lab.explore import clustering
from earmark.lab.explore.clustering import (
    Clusters,
    Sample,
    Sweep,
    compared,
    distances,
    sampled,
    silhouette,
    sweep,
)

ISLANDS = islands()
POINTS = ISLANDS.rows.astype(np.float64)
TRUE = np.repeat([0, 1, 2], 20)


def same(first: np.ndarray, second: np.ndarray) -> bool:
    """Tell whether two partitions are one."""
    return bool(((first[:, None] == first) == (second[:, None] == second)).all())


def swept(points: np.ndarray, rng: np.random.Generator) -> tuple[np.ndarray, Sample, Sweep]:
    """Return the points, a sample of them and k-means on them."""
    sample = sampled(points, rng)
    return points, sample, sweep(points, sample, rng)


def within(parts: np.ndarray, wholes: np.ndarray) -> bool:
    """Tell whether each part lies in one whole."""
    return all(len(np.unique(wholes[parts == part])) == 1 for part in np.unique(parts))


def test_silhouette_and_elbow_find_three(rng: np.random.Generator) -> None:
    found = swept(POINTS, rng)[2]
    assert (found.best, found.elbow) == (3, 3)
    assert same(found.assigned[3], TRUE)
    assert sorted(found.inertia) == list(range(1, 20))
    assert sorted(found.silhouette) == list(range(2, 30))


def test_inertia_of_one_cluster_by_hand(rng: np.random.Generator) -> None:
    found = swept(np.array([[0.0], [2.0], [7.0]]), rng)[2]
    assert found.inertia[1] == pytest.approx(9 + 1 + 16)
    assert found.inertia[3] == pytest.approx(0)


def test_clusters_are_numbered_by_size(rng: np.random.Generator) -> None:
    points = np.concatenate([np.zeros((2, 1)), np.full((5, 1), 9.0), np.full((3, 1), 50.0)])
    points += rng.normal(size=points.shape) / 100
    _, assigned = clustering.kmeans(points, 3, rng)
    assert assigned.tolist() == [2, 2, 0, 0, 0, 0, 0, 1, 1, 1]


def test_silhouette_by_hand() -> None:
    apart = distances(np.array([[0.0], [1.0], [10.0]]))
    # a and b of the three: (1, 10), (1, 9), alone: 0
    assert silhouette(apart, np.array([0, 0, 1])) == pytest.approx((9 / 10 + 8 / 9 + 0) / 3)
    assert silhouette(apart, np.array([0, 0, 0])) is None
    assert silhouette(apart, np.array([0, 1, 2])) is None


def test_silhouettes_are_of_the_sampled_tracks_that_were_clustered() -> None:
    sample = Sample(np.array([1, 3, 5, 8]), distances(np.array([[0.0], [1.0], [10.0], [77.0]])))
    its = Clusters("x", np.array([1, 2, 3, 5]), np.array([4, 4, 4, 6]))
    # of tracks 1, 3 and 5, at 0, 1 and 10, as above
    assert sample.silhouette(its) == pytest.approx((9 / 10 + 8 / 9 + 0) / 3)


def test_all_ways_find_islands(rng: np.random.Generator) -> None:
    found, notes = compared(*swept(POINTS, rng), 3, rng)
    *three, shifted = found
    assert [c.name for c in three] == ["k-means, 3", "spectral, 3", "Ward, 3"]
    for its in three:
        assert same(its.assigned, TRUE[its.tracks]), its.name
        assert its.count == 3
    # its bandwidth is that of the nearest seventh of distances, so an island may have two peaks
    assert shifted.name == f"mean shift, {shifted.count}"
    assert within(shifted.assigned, TRUE)
    assert notes == []


def test_many_tracks_are_clustered_in_part(
    rng: np.random.Generator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clustering, "MOST_SQUARED", 30)
    monkeypatch.setattr(clustering, "MOST_SHIFTED", 25)
    found, _ = compared(*swept(POINTS, rng), 3, rng)
    assert [len(c.tracks) for c in found] == [60, 30, 30, 25]
    for its in found[:3]:
        assert same(its.assigned, TRUE[its.tracks]), its.name
    assert within(found[3].assigned, TRUE[found[3].tracks])


@pytest.mark.parametrize("points", [
    np.array([[0.0], [1.0]]), np.array([[0.0], [0.0], [1.0]]), np.repeat(np.eye(3), 12, axis=0),
    np.concatenate([np.zeros((30, 2)), np.ones((1, 2))]), np.arange(12.0)[:, None],
], ids=["two", "two equal", "three places", "one aside", "twelve in a row"])
def test_few_places_are_no_fault(points: np.ndarray, rng: np.random.Generator) -> None:
    given = swept(points, rng)
    assert max(given[2].assigned) == min(len(np.unique(points, axis=0)), 29)
    found, notes = compared(*given, 2, rng)
    assert found[0].name == "k-means, 2"
    named = {c.name.split(",")[0] for c in found} | {n.split(":")[0] for n in notes}
    assert named == {"k-means", "spectral", "Ward", "mean shift"}
    for its in found:
        assert len(its.assigned) == len(its.tracks)


def test_clustering_repeats_itself() -> None:
    first, again = ([c.assigned.tolist() for c in compared(
        *swept(POINTS, rng), 4, rng)[0]] for rng in map(np.random.default_rng, (7, 7)))
    assert first == again


def test_no_bend_in_a_flat_curve() -> None:
    assert Sweep({1: 1.0, 2: 1.0, 3: 1.0}, {}, {}).elbow is None
    assert Sweep({1: 1.0, 2: 0.5}, {}, {}).elbow is None
    assert Sweep({}, {}, {}).best is None
