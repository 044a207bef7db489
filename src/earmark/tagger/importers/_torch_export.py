"""From a PyTorch module to ONNX, refused when the two differ on music."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from earmark.errors import TaggerError, require
from earmark.graphs import from_torch
from earmark.graphs.session import Session
from earmark.graphs.wrapping import Fit, Wrapping, wrap
from earmark.tagger.importers._rehearsal import noise_like, worst_difference

_TOLERANCE = 1e-4
_OUTPUTS = ("scores", "embedding")
_EXPORTED = ["given_rows", "given_scores", "given_embedding"]  # ours may be in use inside


def exported(module: Any, rows: NDArray[np.float32], where: str) -> bytes:
    """Return a module as a graph with the outputs ``scores`` and ``embedding``.

    Args:
        module: takes rows [shape=(n, ...)] and gives both.
        rows: at least two, of music.

    Raises:
        TaggerError: it cannot be exported, or the graph gives other values than the module.
        MissingExtraError: PyTorch or its exporter is not installed.
    """
    torch: Any = require("torch", extra="hub", purpose="opening a transformers model")
    content = from_torch.exported(module, torch.from_numpy(rows[:2]), _EXPORTED[:1],
                                  _EXPORTED[1:], where)
    content = wrap(content, _wrapping(module, rows, torch))
    _refuse_difference(module, content, rows, where, torch)
    return content


def _wrapping(module: Any, rows: NDArray[np.float32], torch: Any) -> Wrapping:
    given, scores, embedding = _EXPORTED
    with torch.inference_mode():
        made = module(torch.from_numpy(rows[:1]))
    shape = rows.shape[1:]
    return Wrapping(given, shape, Fit(tuple(range(len(shape))), shape), scores,
                    {"embedding": embedding},
                    widths={name: value.shape[1]
                            for name, value in zip(_OUTPUTS, made, strict=True)})


def _refuse_difference(
    module: Any, content: bytes, rows: NDArray[np.float32], where: str, torch: Any
) -> None:
    graph, worst = Session(content, where), 0.0
    for given in (rows, rows[:1], noise_like(rows)):
        with torch.inference_mode():
            expected = [value.numpy() for value in module(torch.from_numpy(given))]
        found = graph.run(given, _OUTPUTS)
        worst = max(worst, *map(worst_difference, found, expected))
    if not worst <= _TOLERANCE:
        raise TaggerError(f"{where} as ONNX gives other values than in PyTorch: they differ by "
                          f"{worst:.2g}, more than {_TOLERANCE:g}; it cannot be made a tagger.")
