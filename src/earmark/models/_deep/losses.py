"""Losses on 0/1 matrices, and on what mixing makes of them."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from earmark.labels.vocabulary import Task
from earmark.models._training import Training


class Loss(nn.Module):
    """Logits and truth, both [shape=(rows, labels)], to one number.

    With one label a row: softmax cross-entropy; with several: the mean over labels of the binary
    one. Truth may be mixed: any values in [0, 1], which with one label a row sum to 1.
    """

    weight: Tensor

    def __init__(self, task: Task, training: Training, weight: NDArray[np.float64]) -> None:
        """Take the settings and a weight a label, see ``label_weights``."""
        super().__init__()
        self.task, self.smoothing = task, training.label_smoothing
        # A root has no slope at 0: what is wholly right would be told to move by no number.
        self.least = 1e-6 if training.focal < 1 else 0.0
        self.focus = training.focal if training.loss == "focal" else 0.0
        self.register_buffer("weight", torch.as_tensor(weight, dtype=torch.float32))

    def forward(self, logits: Tensor, truth: Tensor) -> Tensor:
        """Return the mean loss."""
        logits = logits.float()
        return self._one(logits, truth) if self.task == "single" else self._each(logits, truth)

    def _one(self, logits: Tensor, truth: Tensor) -> Tensor:
        chances = functional.log_softmax(logits, dim=1)
        wanted = truth * (1 - self.smoothing) + self.smoothing / truth.shape[1]
        losses = -(wanted * chances).sum(dim=1)
        if self.focus:
            missed = 1 - (truth * chances.exp()).sum(dim=1)
            losses = losses * missed.clamp_min(self.least) ** self.focus
        weights = truth @ self.weight
        return (weights * losses).sum() / weights.sum()

    def _each(self, logits: Tensor, truth: Tensor) -> Tensor:
        wanted = truth * (1 - self.smoothing) + self.smoothing / 2
        losses = functional.binary_cross_entropy_with_logits(
            logits, wanted, pos_weight=self.weight, reduction="none")
        if self.focus:
            chances = logits.sigmoid()
            missed = truth * (1 - chances) + (1 - truth) * chances
            losses = losses * missed.clamp_min(self.least) ** self.focus
        return losses.mean()


def label_weights(
    labels: NDArray[np.int8], task: Task, training: Training
) -> NDArray[np.float64]:
    """Return a weight a label [shape=(labels,)]: of a class, or of a label's positives."""
    count, rows = labels.sum(axis=0, dtype=np.float64), len(labels)
    if training.weights == "none":
        return np.ones(labels.shape[1])
    weights = rows / (labels.shape[1] * count) if task == "single" else (rows - count) / count
    found: NDArray[np.float64] = np.clip(weights, 1 / training.most_weight, training.most_weight)
    return found
