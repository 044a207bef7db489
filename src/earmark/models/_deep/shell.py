"""What stands around every network: rows are standardised before it, crops averaged after it."""

from __future__ import annotations

import math
from typing import Literal

import torch
from torch import Tensor, nn

from earmark.labels.vocabulary import Task


class Shell(nn.Module):
    """Rows to logits.

    In training it takes crops as they come. Afterwards it takes rows of the whole length, cuts
    them into crops of equal distances, and answers with the logits of the crops' mean scores.

    Attributes:
        inner: from standardised rows to logits [shape=(rows, labels)].
        starts: of the crops that are averaged; one for none.
    """

    mean: Tensor
    spread: Tensor

    def __init__(
        self, inner: nn.Module, shape: tuple[int, ...], task: Task, crop: int | None = None,
        furthest: float = 100.0,
    ) -> None:
        """Make it for rows of a shape.

        Args:
            crop: the length that is seen at once; None for all.
            furthest: from 0, in standard deviations, at which values are cut off.
        """
        super().__init__()
        self.inner, self.task, self.furthest = inner, task, furthest
        around = (shape[0], *(1 for _ in shape[1:]))
        self.register_buffer("mean", torch.zeros(around))
        self.register_buffer("spread", torch.ones(around))
        self.crop = None if crop is None or crop >= shape[-1] else crop
        self.starts = crop_starts(shape[-1], self.crop)

    def forward(self, rows: Tensor) -> Tensor:
        """Return logits [shape=(rows, labels)]."""
        if self.training or self.crop is None:
            logits: Tensor = self.inner(self._standardised(rows))
            return logits
        scores = self.scores(rows)
        return scores.clamp_min(1e-9).log() if self.task == "single" else scores.logit(1e-7)

    def scores(self, rows: Tensor) -> Tensor:
        """Return scores in [0, 1] [shape=(rows, labels)]; rows of the whole length."""
        if self.crop is None:
            return activated(self.inner(self._standardised(rows)), self.task)
        cut = torch.cat([rows[..., s : s + self.crop] for s in self.starts])
        found = activated(self.inner(self._standardised(cut)), self.task)
        return found.reshape(len(self.starts), -1, found.shape[1]).mean(dim=0)

    def _standardised(self, rows: Tensor) -> Tensor:
        return ((rows - self.mean) / self.spread).clamp(-self.furthest, self.furthest)


class Scorer(nn.Module):
    """A shell that answers with scores: what is exported."""

    def __init__(self, shell: Shell) -> None:
        """Take a trained shell."""
        super().__init__()
        self.shell = shell

    def forward(self, rows: Tensor) -> Tensor:
        """Return scores in [0, 1] [shape=(rows, labels)]."""
        return self.shell.scores(rows)


def activated(logits: Tensor, task: Task) -> Tensor:
    """Return scores from logits: a softmax over labels, or a sigmoid for each."""
    if logits.dtype != torch.float32:  # half of one's digits are 1 where scores are nearly
        logits = logits.float()
    return logits.softmax(dim=1) if task == "single" else logits.sigmoid()


def crop_starts(length: int, crop: int | None) -> list[int]:
    """Return where as many crops begin as a row has, at equal distances from end to end.

    >>> crop_starts(10, 4)
    [0, 3, 6]
    >>> crop_starts(10, None)
    [0]
    """
    if crop is None or crop >= length:
        return [0]
    count = math.ceil(length / crop)
    return [round(k * (length - crop) / (count - 1)) for k in range(count)]


Scaling = Literal["none", "standard"]
