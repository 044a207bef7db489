"""Do tracks fall into clusters by themselves, and are the clusters the genres?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from earmark.judging.report.charts import Bar, intervals
from earmark.lab.explore import clustering
from earmark.lab.explore.agreement import Agreement, agreements, measures
from earmark.lab.explore.clustering import Clusters, Sample, Sweep
from earmark.lab.explore.contingency import told_clusters, which_labels
from earmark.lab.explore.curves import Published, over_k
from earmark.lab.explore.section import Explored, Figure, Section
from earmark.lab.explore.shown import one_genre
from earmark.lab.explore.space import Doubles

MEASURES = {"ari": "Adjusted Rand index", "ami": "Adjusted mutual information", "v": "V-measure"}


@dataclass(frozen=True)
class Grouped:
    """A way of clustering and how far it agrees with the genres.

    Attributes:
        agreement: by measure, on the tracks with one genre.
        silhouette: of its clusters, on the tracks it ran on (some of them where they are many).
        judged: how many tracks the agreement is of.
    """

    clusters: Clusters
    agreement: Mapping[str, Agreement]
    silhouette: float | None
    judged: int


def section(
    found: Explored, points: Doubles, *, name: str = "features-clusters",
    title: str = "Clusters of tracks", published: Published | None = None,
) -> Section:
    """Return clusters in a space, and their agreement with the genres.

    Args:
        points: the tracks in the space they are clustered in [shape=(tracks, dimensions)].
        name: of the section and its charts.
        published: figures of others to be drawn beside.
    """
    if len(np.unique(points, axis=0)) < 2:
        return Section(name, title, {"tracks": len(points)}, (), (
            "All tracks are alike in their features, so there are no clusters.",))
    sample = clustering.sampled(points, found.rng)
    swept = clustering.sweep(points, sample, found.rng)
    tracks, genre = one_genre(found.truth, found.vocabulary)
    wanted = min(max(2, len(np.unique(genre))), max(swept.assigned))
    clusters, notes = clustering.compared(points, sample, swept, wanted, found.rng)
    grouped = [judged(found, sample, each, tracks, genre) for each in clusters]
    shown = grouped[0].clusters
    numbers = {
        "tracks": len(points), "dimensions": points.shape[1], "tracks_of_one_genre": len(tracks),
        "genres": len(np.unique(genre)), **_told_sweep(swept), "ways": [_told(g) for g in grouped],
        "clusters": told_clusters(found, shown.assigned),
        "information_of_labels": _of_labels(found, shown.assigned),
    }
    figures = (over_k(name, swept, published), _agreement_figure(name, grouped),
               which_labels(name, found, shown.assigned))
    return Section(name, title, numbers, tuple(f for f in figures if f),
                   (*_notes(found, points, len(tracks), wanted), *notes))


def judged(
    found: Explored, sample: Sample, its: Clusters, tracks: NDArray[np.intp],
    genre: NDArray[np.intp],
) -> Grouped:
    """Return how far clusters agree with the genres of the tracks that have one.

    Args:
        sample: the tracks that silhouettes are of.
        tracks: those with one genre.
        genre: theirs, likewise.
    """
    _, in_clusters, in_genres = np.intersect1d(its.tracks, tracks, assume_unique=True,
                                               return_indices=True)
    agreement = agreements(genre[in_genres], its.assigned[in_clusters],
                           found.groups[its.tracks[in_clusters]], found.rng)
    return Grouped(its, agreement, sample.silhouette(its), len(in_genres))


def _of_labels(found: Explored, assigned: NDArray[np.intp]) -> dict[str, float]:
    """Return for each label the AMI of the clusters and of bearing it or not, on all tracks."""
    ami = measures()["ami"]
    counts = found.truth.sum(axis=0, dtype=np.int64)
    told = np.flatnonzero((counts > 0) & (counts < len(found.truth)))
    values = {found.vocabulary.labels[c]: float(ami(found.truth[:, c].astype(np.intp), assigned))
              for c in told.tolist()}
    return {label: round(values[label], 4) for label in sorted(values, key=lambda k: -values[k])}


def _told_sweep(swept: Sweep) -> dict[str, Any]:
    return {
        "inertia": {str(k): round(v, 3) for k, v in swept.inertia.items()},
        "silhouette": {str(k): round(v, 4) for k, v in swept.silhouette.items()},
        "k_by_silhouette": swept.best, "k_by_elbow": swept.elbow,
    }


def _told(its: Grouped) -> dict[str, Any]:
    silhouette = None if its.silhouette is None else round(its.silhouette, 4)
    return {"way": its.clusters.name, "clusters": its.clusters.count,
            "tracks": len(its.clusters.tracks), "judged": its.judged, "silhouette": silhouette,
            **{name: measure.told() for name, measure in its.agreement.items()}}


def _agreement_figure(name: str, grouped: Sequence[Grouped]) -> Figure | None:
    measured = [(g, g.agreement["ami"]) for g in grouped if g.agreement["ami"].value is not None]
    if not measured:
        return None
    bars = [Bar(g.clusters.name, a.value or 0.0, wide=a.interval, baseline=a.chance_high)
            for g, a in measured]
    best, its = max(measured, key=lambda pair: pair[1].value or 0.0)
    others = ", ".join(f"{MEASURES[m]} {best.agreement[m].value:.3f}" for m in ("ari", "v"))
    title = "Agreement of clusters with genres"
    return Figure(title, intervals(f"{name}-agreement", f"{title}: {MEASURES['ami']}", bars), (
        f"{MEASURES['ami']}: 1 where clusters are the genres, 0 where they say nothing of them. "
        f"Nearest: {best.clusters.name}, {its.value:.3f} ({others}), on the {best.judged} tracks "
        "with one genre. Whiskers: 95%, whole artists left out; upright: what 95% of random "
        "dealings stay below."))


def _notes(found: Explored, points: Doubles, judged: int, wanted: int) -> tuple[str, ...]:
    tracks = len(found.rows)
    notes = [f"K-means, spectral and Ward's clusters are {wanted}, as many as there are genres or "
             f"the most that are tried ({clustering.SILHOUETTE_MOST}); k-means also as silhouette "
             "and elbow choose."]
    if judged < tracks:
        notes.append(f"Agreement is of the {judged} of {tracks} tracks that bear exactly one "
                     "genre: a set of genres is no class of a partition.")
    if judged < 2:
        notes.append("Too few tracks bear exactly one genre to compare clusters with genres.")
    if tracks > clustering.MOST_SQUARED:
        notes.append("Spectral and Ward's clusters and silhouettes take the square of the number "
                     f"of tracks: they are of {clustering.MOST_SQUARED}, drawn at random.")
    few = min(tracks, clustering.MOST_SHIFTED)
    dimensions = min(points.shape[1], clustering.MOST_SHIFT_DIMENSIONS)
    notes.append(f"Mean shift: {few} tracks, the first {dimensions} dimensions, bandwidth the "
                 f"{clustering.QUANTILE:g} quantile of distances.")
    return tuple(notes)
