"""What the features of a dataset hold: correlations, components, maps, clusters, near genres."""

from __future__ import annotations

import numpy as np

from earmark.errors import DataError, require
from earmark.lab.explore import clusters, components, correlation, echonest, maps, merging
from earmark.lab.explore.section import Explored, Section
from earmark.lab.explore.space import principal, standardised

SPACE_SHARE, SPACE_MOST = 0.9, 50
"""Neighbours and clusters are looked for in as many components as hold this share of the variance
of the standardised features, and no more than this number of them."""


def sections(found: Explored) -> list[Section]:
    """Return all sections of the features.

    5 000 tracks of 518 features take about 15 seconds on one core, and as long again with UMAP.

    Raises:
        DataError: fewer than two tracks, no feature, shapes that do not fit, or a value that is
            not finite.
        MissingExtraError: scikit-learn is not installed.
    """
    check(found)
    require("sklearn", extra="train", purpose="exploring features")
    rows = standardised(found.rows)
    scaled = principal(rows)
    wide = max(1, min(scaled.needed(SPACE_SHARE), SPACE_MOST))
    points = scaled.scores[:, :wide]
    return [
        correlation.section(found),
        components.section(found, scaled),
        maps.section(found, scaled, points),
        clusters.section(found, points),
        merging.section(found, rows),
        *echonest.sections(found),
    ]


def check(found: Explored) -> None:
    """Refuse what nothing can be said of.

    Raises:
        DataError: as for ``sections``.
    """
    tracks, columns = found.rows.shape if found.rows.ndim == 2 else (len(found.rows), 0)
    if tracks < 2 or columns < 1:
        raise DataError(f"features of shape {found.rows.shape}; expected two tracks or more, with "
                        "one feature or more.")
    if len(found.columns) != columns:
        raise DataError(f"{len(found.columns)} names for {columns} features; expected one each.")
    if found.truth.shape != (tracks, len(found.vocabulary)):
        raise DataError(f"labels of shape {found.truth.shape}; expected ({tracks}, "
                        f"{len(found.vocabulary)}).")
    if len(found.groups) != tracks:
        raise DataError(f"{len(found.groups)} artists for {tracks} tracks; expected one each.")
    if not np.isfinite(found.rows).all():
        row, column = np.argwhere(~np.isfinite(found.rows))[0]
        raise DataError(f"feature '{found.columns[column]}' of track {row} is "
                        f"{found.rows[row, column]}; expected a number.")
