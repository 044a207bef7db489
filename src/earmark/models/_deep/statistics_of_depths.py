"""Convolutions over time, and statistics over time of what each of them gives."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn


class Depths(nn.Module):
    """Pictures [shape=(rows, bands, frames)] to means and standard deviations over time: of the
    bands, of their changes from frame to frame, and of every convolution's channels."""

    def __init__(self, bands: int, channels: Sequence[int], kernel: int, pools: int) -> None:
        """Take the channels of each convolution; behind the first ``pools`` time is halved."""
        super().__init__()
        self.convolutions = nn.ModuleList(
            nn.Sequential(nn.Conv1d(given, made, kernel, padding=kernel // 2, bias=False),
                          nn.BatchNorm1d(made), nn.ReLU())
            for given, made in zip((bands, *channels), channels, strict=False))
        self.pools = pools
        self.width = 2 * (2 * bands + sum(channels))

    def forward(self, rows: Tensor) -> Tensor:
        """Return the statistics [shape=(rows, width)]."""
        told = [rows, (rows[..., 1:] - rows[..., :-1]).abs()]
        x = rows
        for depth, convolution in enumerate(self.convolutions):
            x = convolution(x)
            told.append(x)
            if depth < self.pools:
                x = nn.functional.max_pool1d(x, 2)
        return torch.cat([part for each in told for part in (each.mean(dim=-1), deviation(each))],
                         dim=1)


def deviation(rows: Tensor) -> Tensor:
    """Return the standard deviation over the last axis; its gradient is finite at 0, too."""
    apart = rows - rows.mean(dim=-1, keepdim=True)
    return (apart * apart).mean(dim=-1).clamp_min(1e-12).sqrt()
