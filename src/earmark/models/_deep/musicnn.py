"""The layers of musicnn: filters with a musical shape, convolutions over time, pooled over time."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from earmark.models._deep.convolution import Padded, Pooled

_LENGTH = 7  # frames of a timbral filter and of a convolution in the middle


class Filters(nn.Module):
    """Convolution over a picture of bands, of which each filter's loudest band is kept."""

    def __init__(self, count: int, height: int, length: int) -> None:
        """Take filters of ``height`` bands and ``length`` frames."""
        super().__init__()
        self.layers = nn.Sequential(Padded(length), nn.Conv2d(1, count, (height, length)),
                                    nn.ReLU(), nn.BatchNorm2d(count))

    def forward(self, pictures: Tensor) -> Tensor:
        """Return rows over time [shape=(rows, count, frames)]."""
        found: Tensor = self.layers(pictures)
        return found.amax(dim=2)


class FrontEnd(nn.Module):
    """Timbral filters, high and short, beside temporal ones, of one band and long."""

    def __init__(
        self, heights: Sequence[int], timbral: int, lengths: Sequence[int], temporal: int
    ) -> None:
        """Take heights in bands and lengths in frames, and the filters of each."""
        super().__init__()
        self.normalised = nn.BatchNorm2d(1)
        self.filters = nn.ModuleList(
            [Filters(timbral, high, _LENGTH) for high in heights]
            + [Filters(temporal, 1, long) for long in lengths])
        self.width = len(heights) * timbral + len(lengths) * temporal

    def forward(self, rows: Tensor) -> Tensor:
        """Return rows over time [shape=(rows, width, frames)] from bands over time."""
        pictures = self.normalised(rows.unsqueeze(1))
        return torch.cat([one(pictures) for one in self.filters], dim=1)


class Middle(nn.Module):
    """Three convolutions over time, the latter two residual; all that came before goes on."""

    def __init__(self, given: int, channels: int) -> None:
        """Take the front end's width and the convolutions' own."""
        super().__init__()
        self.layers = nn.ModuleList(_over_time(a, channels) for a in (given, channels, channels))
        self.width = given + 3 * channels

    def forward(self, rows: Tensor) -> Tensor:
        """Return rows over time [shape=(rows, width, frames)]."""
        first, second, third = self.layers
        one = first(rows)
        two = second(one) + one
        return torch.cat([rows, one, two, third(two) + two], dim=1)


def _over_time(given: int, wanted: int) -> nn.Sequential:
    return nn.Sequential(nn.Conv1d(given, wanted, _LENGTH, padding=_LENGTH // 2), nn.ReLU(),
                         nn.BatchNorm1d(wanted))


def back_end(given: int, hidden: int, dropout: float, labels: int) -> nn.Sequential:
    """Return the pooling over time and the dense layers."""
    pooled = Pooled("both", given)
    return nn.Sequential(
        pooled, nn.BatchNorm1d(pooled.width), nn.Dropout(dropout),
        nn.Linear(pooled.width, hidden), nn.ReLU(), nn.BatchNorm1d(hidden), nn.Dropout(dropout),
        nn.Linear(hidden, labels),
    )  # fmt: skip
