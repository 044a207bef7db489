"""Networks that convolve a picture and then read along what is left of its time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, cast

import torch
from torch import Tensor, nn

Pooling = Literal["mean", "attention", "last"]


class ConvLstm(nn.Module):
    """A row as a sequence of one channel: a convolution, a pooling, an LSTM's last state."""

    def __init__(self, filters: int, kernel: int, pool: int, units: int, labels: int) -> None:
        """Make it; nothing is put around the row before it is convolved."""
        super().__init__()
        self.convolved = nn.Sequential(nn.Conv1d(1, filters, kernel), nn.ReLU(), nn.MaxPool1d(pool))
        self.read = nn.LSTM(filters, units, batch_first=True)
        self.told = nn.Linear(units, labels)

    def forward(self, rows: Tensor) -> Tensor:
        """Return logits of rows [shape=(rows, features)]."""
        steps = self.convolved(rows.unsqueeze(1)).transpose(1, 2)
        return cast(Tensor, self.told(self.read(steps)[0][:, -1]))


@dataclass(frozen=True)
class Block:
    """A convolution of the picture: what goes in, what comes out, and what is pooled behind it."""

    given: int
    channels: int
    pools: tuple[int, ...]


class Tagger(nn.Module):
    """Blocks of convolution, batch normalisation, ELU, pooling and dropout; GRUs over the steps of
    time that are left, their other axes laid flat; one vector of all steps; a layer of labels.

    Attributes:
        flat: whether bands are channels, so that time alone is convolved.
    """

    def __init__(
        self, blocks: Sequence[Block], steps_of: int, *, units: int, layers: int,
        bidirectional: bool, pooling: Pooling, dropout: tuple[float, float], labels: int,
    ) -> None:
        """Make it; ``steps_of`` is how many values a step has that the GRUs read, ``dropout``
        the share behind blocks and the share before the last layer."""
        super().__init__()
        self.flat = len(blocks[0].pools) == 1
        self.convolved = nn.Sequential(*(_layers(block, dropout[0]) for block in blocks))
        self.read = nn.GRU(steps_of, units, layers, batch_first=True, bidirectional=bidirectional)
        self.units, self.pooling = units, pooling
        wide = units * (2 if bidirectional else 1)
        self.heed = nn.Sequential(nn.Linear(wide, units), nn.Tanh(), nn.Linear(units, 1))
        if pooling != "attention":
            self.heed = nn.Sequential()
        self.told = nn.Sequential(nn.Dropout(dropout[1]), nn.Linear(wide, labels))

    def forward(self, rows: Tensor) -> Tensor:
        """Return logits of rows [shape=(rows, bands, frames) or (rows, channels, ., frames)]."""
        if rows.ndim == 3 and not self.flat:
            rows = rows.unsqueeze(1)
        # The last axis is time; all others are one step's values.
        steps = self.convolved(rows).flatten(1, -2).transpose(1, 2)
        return cast(Tensor, self.told(self._together(self.read(steps)[0])))

    def _together(self, steps: Tensor) -> Tensor:
        if self.pooling == "mean":
            return steps.mean(dim=1)
        if self.pooling == "attention":
            heeded: Tensor = self.heed(steps).softmax(dim=1)
            return (steps * heeded).sum(dim=1)
        # The reader of each direction has read all where it ends: last, or first on its way back.
        return torch.cat([steps[:, -1, : self.units], steps[:, 0, self.units :]], dim=1)


def _layers(block: Block, dropout: float) -> nn.Module:
    one = len(block.pools) == 1
    convolution, normalised, pool = (
        (nn.Conv1d, nn.BatchNorm1d, nn.MaxPool1d) if one
        else (nn.Conv2d, nn.BatchNorm2d, nn.MaxPool2d))
    return nn.Sequential(
        convolution(block.given, block.channels, 3, padding=1, bias=False),
        normalised(block.channels), nn.ELU(),
        pool(block.pools if not one else block.pools[0]), nn.Dropout(dropout))
