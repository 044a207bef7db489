"""From a fitted model to ONNX, refused when the two differ on real rows."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from earmark.errors import TaggerError
from earmark.graphs.session import Session
from earmark.models.base import Model

TOLERANCE = 1e-5


def export(model: Model, rows: NDArray[np.float32]) -> tuple[bytes, float]:
    """Return the model as ONNX and its largest difference from the model on the rows given.

    Args:
        rows: real feature rows, never made-up ones: faults of conversion hide there.

    Raises:
        TaggerError: a score differs by more than 1e-5.
    """
    content = model.to_onnx()
    worst = float(np.abs(run(content, rows, model.name) - model.scores(rows)).max())
    if not worst <= TOLERANCE:
        raise TaggerError(f"{model.name} as ONNX gives other scores than the model: they differ by "
                          f"{worst:.2g} on {len(rows)} real rows, more than {TOLERANCE:g}; this "
                          "model cannot be put into a tagger.")
    return content, worst


def run(content: bytes, rows: NDArray[np.float32], where: str = "model") -> NDArray[np.float32]:
    """Return the scores [shape=(rows, labels)] of an ONNX model."""
    return Session(content, where).run(rows)[0]
