"""Agreement by hand, by scikit-learn, and under chance."""

from __future__ import annotations

import math

import numpy as np
import pytest

from earmark.lab.explore.agreement import agreements, jackknife

LABELS = np.array([0, 0, 0, 1, 1, 1])


def artists(count: int) -> np.ndarray:
    return np.array([str(i) for i in range(count)])


def test_equal_partitions_agree_whatever_clusters_are_called(rng: np.random.Generator) -> None:
    found = agreements(LABELS, 1 - LABELS, artists(6), rng)
    for its in found.values():
        assert its.value == pytest.approx(1)
        assert its.interval is not None
        assert its.interval.low == pytest.approx(its.interval.high) == pytest.approx(1)


def test_the_rand_index_by_hand(rng: np.random.Generator) -> None:
    clusters = np.array([0, 0, 1, 1, 1, 1])
    # of 15 pairs 4 are together in both (0-1 and three of 3, 4, 5), 6 by label and 7 by cluster:
    # (4 - 6 * 7 / 15) / ((6 + 7) / 2 - 6 * 7 / 15)
    found = agreements(LABELS, clusters, artists(6), rng)
    assert found["ari"].value == pytest.approx((4 - 2.8) / (6.5 - 2.8))


def test_v_by_hand(rng: np.random.Generator) -> None:
    # each label halved: all of the labels' 1 bit is known from the clusters' 2
    found = agreements(np.repeat([0, 1], 4), np.repeat([0, 1, 2, 3], 2), artists(8), rng)
    assert found["v"].value == pytest.approx(2 * 1 * 0.5 / (1 + 0.5))


def test_only_v_rises_by_chance(rng: np.random.Generator) -> None:
    labels, clusters = rng.integers(5, size=300), rng.integers(20, size=300)
    found = agreements(labels, clusters, artists(300), rng)
    assert found["v"].chance == pytest.approx(found["v"].value, abs=0.02)
    assert (found["v"].chance or 0) > 0.05
    for name in ("ari", "ami"):
        assert abs(found[name].chance or 0) < 0.01
        assert abs(found[name].value or 0) < 0.02
        assert (found[name].chance_high or 0) > (found[name].chance or 0)


def test_fewer_artists_make_wider_intervals(rng: np.random.Generator) -> None:
    """Tracks of an artist lie in one cluster: 60 tracks of 6 artists say less than 60 of 60."""
    labels = np.repeat([0, 1], 30)
    clusters = np.repeat([0, 0, 1, 1, 1, 0], 10)
    by_artist = agreements(labels, clusters, np.repeat(artists(6), 10), rng)["ami"].interval
    by_track = agreements(labels, clusters, artists(60), rng)["ami"].interval
    assert by_artist is not None
    assert by_track is not None
    assert by_artist.high - by_artist.low > 2 * (by_track.high - by_track.low)


def test_one_label_or_no_track_has_no_agreement(rng: np.random.Generator) -> None:
    for labels in (np.zeros(4, dtype=int), np.zeros(0, dtype=int)):
        found = agreements(labels, np.arange(len(labels)), artists(len(labels)), rng)
        assert {its.value for its in found.values()} == {None}
        assert found["ari"].told() == {"value": None, "interval": None, "chance": None,
                                       "chance_high": None}


def test_one_artist_has_no_interval(rng: np.random.Generator) -> None:
    found = agreements(LABELS, LABELS, np.repeat(artists(1), 6), rng)
    assert found["ari"].interval is None


def test_the_jackknife_of_a_mean_is_its_standard_error() -> None:
    values = [1.0, 2.0, 4.0, 9.0]
    without = [(sum(values) - v) / 3 for v in values]
    interval = jackknife(4.0, without)
    assert interval is not None
    assert interval.high - 4.0 == pytest.approx(1.96 * np.std(values, ddof=1) / math.sqrt(4))
