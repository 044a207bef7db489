"""Integrated gradients: what each place of a picture adds to a network's answer.

The gradient of the label's logit is averaged along the straight way from a baseline to the picture
and multiplied by the difference. The attributions of all places add up to the difference of the
two logits (completeness), exactly for linear networks and in the limit of many steps for others.

Source: Sundararajan, Taly & Yan, "Axiomatic attribution for deep networks", 2017.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from earmark.errors import SettingsError, require

_BATCH = 16


def integrated_gradients(
    module: Any, row: NDArray[np.float32], label: int, baseline: NDArray[np.float32],
    steps: int = 64,
) -> NDArray[np.float64]:
    """Return what each place of a row adds to the logit of a label [shape as ``row``].

    Args:
        module: a ``torch.nn.Module`` from rows [shape=(n, *shape)] to logits [shape=(n, labels)];
            it is put into evaluation mode for the time, and its parameters get no gradients.
        row: [shape=shape].
        label: its column.
        baseline: where nothing is said [shape=shape].
        steps: points on the way, each the middle of its stretch.

    Raises:
        SettingsError: fewer than one step, or shapes that differ.
        MissingExtraError: torch is not installed.
    """
    if steps < 1:
        raise SettingsError(f"'steps' is {steps}; expected 1 or more.")
    if row.shape != baseline.shape:
        raise SettingsError(f"a row of shape {row.shape} and a baseline of shape {baseline.shape}; "
                            "expected the same.")
    torch = require("torch", extra="deep", purpose="integrated gradients")
    at, start = (torch.as_tensor(np.ascontiguousarray(a)) for a in (row, baseline))
    along = (torch.arange(steps, dtype=at.dtype) + 0.5) / steps
    total = np.zeros(row.shape, np.float64)
    training = module.training
    module.eval()
    try:
        for shares in along.split(_BATCH):
            points = start + shares.reshape(-1, *[1] * at.ndim) * (at - start)
            points.requires_grad_(True)
            logits = module(points)[:, label].sum()
            (gradient,) = torch.autograd.grad(logits, points)
            total += gradient.sum(dim=0).double().numpy()
    finally:
        module.train(training)
    return total / steps * (row.astype(np.float64) - baseline)


def logit(module: Any, row: NDArray[np.float32], label: int) -> float:
    """Return a network's logit of a label for one row, in evaluation mode."""
    torch = require("torch", extra="deep", purpose="integrated gradients")
    training = module.training
    module.eval()
    try:
        with torch.no_grad():
            return float(module(torch.as_tensor(np.ascontiguousarray(row))[None])[0, label])
    finally:
        module.train(training)
