"""Ways to cluster tracks: k-means over the number of clusters, spectral, mean shift, Ward.

All take points [shape=(tracks, dimensions)] and a generator, so that they can be repeated, and none
of them looks at labels. What takes the square of the number of tracks runs on some of them.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from earmark.lab.explore.space import Doubles

ELBOW_MOST, SILHOUETTE_MOST = 19, 29
"""The most clusters that inertia and silhouette are shown for (as vinay-pv did)."""
QUANTILE = 0.14
"""Of the distances between tracks: the bandwidth of mean shift (likewise)."""
MOST_SQUARED = 2000
"""Tracks that spectral clustering, Ward's and silhouettes run on."""
MOST_SHIFTED, MOST_SHIFT_DIMENSIONS = 1000, 8
"""Tracks and components that mean shift runs on: in more dimensions all points stand alone."""
_STARTS = 4
_NEIGHBOURS = 10


@dataclass(frozen=True)
class Clusters:
    """Tracks in clusters.

    Attributes:
        name: how they were found, in words.
        tracks: numbers of the tracks that were clustered.
        assigned: the cluster of each of these, from 0.
    """

    name: str
    tracks: NDArray[np.intp]
    assigned: NDArray[np.intp]

    @property
    def count(self) -> int:
        """How many clusters there are."""
        return len(np.unique(self.assigned))


@dataclass(frozen=True)
class Sample:
    """Tracks on which is run what takes the square of their number.

    Attributes:
        tracks: their numbers, rising.
        apart: the distances between them [shape=(tracks, tracks)].
    """

    tracks: NDArray[np.intp]
    apart: Doubles

    def silhouette(self, its: Clusters) -> float | None:
        """Return the mean silhouette of clusters, on those of these tracks that are in them."""
        _, here, there = np.intersect1d(self.tracks, its.tracks, assume_unique=True,
                                        return_indices=True)
        return silhouette(self.apart[np.ix_(here, here)], its.assigned[there])


@dataclass(frozen=True)
class Sweep:
    """K-means for each number of clusters.

    Attributes:
        inertia: by k from 1: the sum of squared distances to the centres.
        silhouette: by k from 2: the mean over the tracks of (b - a) / max(a, b), with a the mean
            distance within the own cluster and b that to the nearest other one.
        assigned: by k: the cluster of each track.
    """

    inertia: dict[int, float]
    silhouette: dict[int, float]
    assigned: dict[int, NDArray[np.intp]]

    @property
    def best(self) -> int | None:
        """The k of the highest silhouette, the least of equal ones."""
        if not self.silhouette:
            return None
        return max(self.silhouette, key=lambda k: (self.silhouette[k], -k))

    @property
    def elbow(self) -> int | None:
        """The k where the curve of inertia bends: furthest below the line between its ends."""
        if len(self.inertia) < 3:
            return None
        ks = np.array(sorted(self.inertia), dtype=float)
        values = np.array([self.inertia[int(k)] for k in ks])
        if values[0] <= values[-1]:
            return None
        x = (ks - ks[0]) / (ks[-1] - ks[0])
        y = (values - values[-1]) / (values[0] - values[-1])
        return int(ks[(x + y).argmin()])


def sampled(points: Doubles, rng: np.random.Generator) -> Sample:
    """Return all tracks, or ``MOST_SQUARED`` drawn at random."""
    tracks = some_of(len(points), MOST_SQUARED, rng)
    return Sample(tracks, distances(points[tracks]))


def sweep(points: Doubles, sample: Sample, rng: np.random.Generator) -> Sweep:
    """Return k-means for k of 1 to ``SILHOUETTE_MOST``, as far as there are distinct points.

    Args:
        sample: the tracks that silhouettes are of.
    """
    distinct = len(np.unique(points, axis=0))
    inertia, silhouettes, assigned = {}, {}, {}
    for k in range(1, min(SILHOUETTE_MOST, distinct) + 1):
        cost, assigned[k] = kmeans(points, k, rng)
        if k <= ELBOW_MOST:
            inertia[k] = cost
        value = silhouette(sample.apart, assigned[k][sample.tracks])
        if value is not None:
            silhouettes[k] = value
    return Sweep(inertia, silhouettes, assigned)


def kmeans(
    points: Doubles, k: int, rng: np.random.Generator
) -> tuple[float, NDArray[np.intp]]:
    """Return the inertia and the cluster of each point, the best of a few starts.

    The clusters are numbered by size, 0 the largest.
    """
    from sklearn.cluster import KMeans

    fitted = KMeans(k, n_init=1 if k == 1 else _STARTS, random_state=_seed(rng)).fit(points)
    rank = np.argsort(np.argsort(-np.bincount(fitted.labels_, minlength=k), kind="stable"))
    return float(fitted.inertia_), rank[fitted.labels_].astype(np.intp)


def spectral(points: Doubles, k: int, rng: np.random.Generator) -> NDArray[np.intp]:
    """Return the clusters of the graph of nearest neighbours."""
    from sklearn.cluster import SpectralClustering

    method = SpectralClustering(
        k, affinity="nearest_neighbors", n_neighbors=min(_NEIGHBOURS, len(points)),
        assign_labels="cluster_qr", random_state=_seed(rng), eigen_solver="arpack",
    )
    with warnings.catch_warnings():
        # A graph in several pieces is what clusters far apart look like: nothing is wrong.
        warnings.filterwarnings("ignore", message="Graph is not fully connected")
        assigned: NDArray[np.intp] = method.fit_predict(points).astype(np.intp)
    return assigned


def ward(points: Doubles, k: int) -> NDArray[np.intp]:
    """Return the clusters of Ward's tree, cut at k."""
    from sklearn.cluster import AgglomerativeClustering

    assigned: NDArray[np.intp] = AgglomerativeClustering(k).fit_predict(points).astype(np.intp)
    return assigned


def mean_shift(points: Doubles, rng: np.random.Generator) -> NDArray[np.intp] | None:
    """Return the clusters about the peaks of density; None where most points are one."""
    from sklearn.cluster import MeanShift, estimate_bandwidth

    bandwidth = estimate_bandwidth(points, quantile=QUANTILE, n_samples=500,
                                   random_state=_seed(rng))
    if bandwidth <= 0:
        return None
    with warnings.catch_warnings():
        # Where every point has a bin of its own, each is a seed: slower, and as right.
        warnings.filterwarnings("ignore", message="Binning data failed")
        fitted = MeanShift(bandwidth=bandwidth, bin_seeding=True).fit(points)
    assigned: NDArray[np.intp] = fitted.labels_.astype(np.intp)
    return assigned


def silhouette(apart: Doubles, assigned: NDArray[np.intp]) -> float | None:
    """Return the mean silhouette; None for one cluster, or where every point is one.

    Args:
        apart: distances between the points [shape=(points, points)].
    """
    from sklearn.metrics import silhouette_score

    if not 2 <= len(np.unique(assigned)) < len(assigned):
        return None
    return float(silhouette_score(apart, assigned, metric="precomputed"))


def distances(points: Doubles) -> Doubles:
    """Return Euclidean distances [shape=(points, points)], 0 on the diagonal."""
    from scipy.spatial.distance import pdist, squareform

    apart: Doubles = squareform(pdist(points))
    return apart


def some_of(count: int, most: int, rng: np.random.Generator) -> NDArray[np.intp]:
    """Return all numbers below ``count``, or ``most`` of them drawn at random, rising."""
    if count <= most:
        return np.arange(count)
    return np.sort(rng.choice(count, most, replace=False)).astype(np.intp)


def compared(
    points: Doubles, sample: Sample, swept: Sweep, wanted: int, rng: np.random.Generator
) -> tuple[list[Clusters], list[str]]:
    """Return the clusters of each way, and what is to be known of them.

    Args:
        sample: the tracks that spectral clustering and Ward's run on, and mean shift on some of.
        swept: k-means on the same points.
        wanted: how many clusters the ways that take a number are to find; fewer where fewer points
            are distinct.
    """
    everyone = np.arange(len(points))
    found = [Clusters(f"k-means, {k}", everyone, swept.assigned[k])
             for k in dict.fromkeys((wanted, swept.best, swept.elbow)) if k in swept.assigned]
    notes: list[str] = []
    some = sample.tracks
    distinct = len(np.unique(points[some], axis=0))
    ways: Sequence[tuple[str, Callable[[Doubles, int], NDArray[np.intp]]]] = (
        ("spectral", lambda x, k: spectral(x, k, rng)), ("Ward", ward))
    for name, way in ways:
        k = min(wanted, distinct)
        if 2 <= k < len(some) and len(some) > _NEIGHBOURS:
            found.append(Clusters(f"{name}, {k}", some, way(points[some], k)))
        else:
            notes.append(f"{name}: too few different tracks ({distinct}).")
    few = some[some_of(len(some), MOST_SHIFTED, rng)]
    shifted = mean_shift(points[few, :MOST_SHIFT_DIMENSIONS], rng) if len(few) > 1 else None
    if shifted is None:
        notes.append("mean shift: most tracks are alike, so there is no bandwidth.")
    else:
        found.append(Clusters(f"mean shift, {len(np.unique(shifted))}", few, shifted))
    return found, notes


def _seed(rng: np.random.Generator) -> int:
    return int(rng.integers(2**31))
