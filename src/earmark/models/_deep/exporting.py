"""A trained network as ONNX: one file, any number of rows."""

from __future__ import annotations

import torch

from earmark.graphs import from_torch
from earmark.graphs.wrapping import Fit, Wrapping, wrap
from earmark.models._deep.shell import Scorer, Shell


def exported(shell: Shell, shape: tuple[int, ...], name: str) -> bytes:
    """Return the graph: ``rows`` [shape=(n, *shape)] to ``scores`` [shape=(n, labels)].

    Raises:
        TaggerError: the exporter cannot.
    """
    scorer = Scorer(shell).eval()
    given = torch.zeros(2, *shape)
    with torch.inference_mode():
        width = scorer(given).shape[1]
    content = from_torch.exported(scorer, given, ["given_rows"], ["given_scores"], name)
    wrapping = Wrapping("given_rows", shape, Fit(tuple(range(len(shape))), shape), "given_scores",
                        {}, widths={"scores": width})
    return wrap(content, wrapping)
