"""Clusters of Echonest's eight features as a student project made them, beside its figures.

vinay-pv's clustering notebook: tempo brought to [0, 1], rows to length 1, k-means; 13 129 tracks of
FMA with a cleaned table that was never published, so its numbers can be approached, not equalled.
The figures are read off its slide 18.
"""

from __future__ import annotations

from earmark.lab.explore import clusters, merging
from earmark.lab.explore.curves import Published
from earmark.lab.explore.section import Explored, Section
from earmark.lab.explore.space import tempo_and_direction

COLUMNS = frozenset({"acousticness", "danceability", "energy", "instrumentalness", "liveness",
                     "speechiness", "tempo", "valence"})  # fmt: skip
PUBLISHED = Published(
    inertia={1: 3080, 2: 2170, 4: 1440, 9: 1000, 18: 790},
    silhouette={4: 0.29, 5: 0.236, 6: 0.213, 9: 0.211, 11: 0.208, 18: 0.186, 28: 0.154},
    by="as published of 13 129 tracks (vinay-pv, slide 18)",
)


def sections(found: Explored) -> list[Section]:
    """Return clusters and merges in that scaling; none where the features are others."""
    if set(found.columns) != COLUMNS:
        return []
    points = tempo_and_direction(found.rows, found.columns)
    return [
        clusters.section(found, points, name="features-clusters-direction",
                         title="Clusters of rows of length 1", published=PUBLISHED),
        merging.section(found, points, name="features-merging-direction",
                        title="Minor genres, rows of length 1"),
    ]
