"""Rows on which a graph is compared with the model it came from: of music that we composed."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from earmark.audio.segments import Segments
from earmark.audio.synth import compose
from earmark.features.base import FrontEnd
from earmark.features.cutting import pieces

_STYLES = ("rock", "classical", "hiphop")
_SECONDS = 4.0


def rehearsal_rows(front_end: FrontEnd, segments: Segments) -> NDArray[np.float32]:
    """Return what a model is given of three short pieces, one row each [shape=(3, ...)]."""
    rows = []
    for seed, style in enumerate(_STYLES):
        piece = compose(style, rng=np.random.default_rng(seed), seconds=_SECONDS,
                        sample_rate=front_end.sample_rate)  # fmt: skip
        heard = (p.values for p in pieces(front_end, [piece.samples], segments))
        rows.append(next(values for values in heard if values is not None))
    return np.stack(rows)


def noise_like(rows: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return chance of the rows' shape, mean and spread."""
    rng = np.random.default_rng(0)
    made: NDArray[np.float64] = rows.mean() + rows.std() * rng.standard_normal(rows.shape)
    return made.astype(np.float32)


def worst_difference(found: NDArray[np.float32], expected: NDArray[np.float32]) -> float:
    """Return the largest difference, of values beyond 1 as a share of them; infinity where shapes
    differ or a value is no number."""
    if found.shape != expected.shape or not np.isfinite(found).all():
        return float("inf")
    return float((np.abs(found - expected) / np.maximum(1, np.abs(expected))).max(initial=0))
