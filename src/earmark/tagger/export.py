"""From a fitted model to ONNX, refused when the two differ on real rows."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from earmark.errors import TaggerError
from earmark.models.base import Model
from earmark.tagger import onnx_guard

TOLERANCE = 1e-5


def export(model: Model, rows: NDArray[np.float32]) -> tuple[bytes, float]:
    """Return the model as ONNX and its largest difference from the model on the rows given.

    Args:
        rows: real feature rows, never made-up ones: faults of conversion hide there.

    Raises:
        TaggerError: a score differs by more than 1e-5.
    """
    content = model.to_onnx()
    onnx_guard.check(content, model.name)
    worst = float(np.abs(run(content, rows) - model.scores(rows)).max())
    if not worst <= TOLERANCE:
        raise TaggerError(f"{model.name} as ONNX gives other scores than the model: they differ by "
                          f"{worst:.2g} on {len(rows)} real rows, more than {TOLERANCE:g}; this "
                          "model cannot be put into a tagger.")
    return content, worst


def run(content: bytes, rows: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the scores [shape=(rows, labels)] of an ONNX model."""
    import onnxruntime

    session: Any = onnxruntime.InferenceSession(content, providers=["CPUExecutionProvider"])
    scores: NDArray[np.float32] = session.run(["scores"], {"rows": rows})[0]
    return scores
