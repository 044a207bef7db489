"""Statistics of each band over time, as the first layer of a network."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from earmark.models._deep.statistics_of_depths import deviation


class OverTime(nn.Module):
    """Pictures [shape=(rows, bands, frames)] to six statistics a band [shape=(rows, 6 * bands)]:
    mean, standard deviation, a low and a high quantile, mean change, and the deviation of rises."""

    def __init__(self, frames: int, quantiles: Sequence[float]) -> None:
        """Take how many frames there are."""
        super().__init__()
        # As numpy's "linear": between the two sorted values around each place.
        self.places = [q * (frames - 1) for q in quantiles]

    def forward(self, rows: Tensor) -> Tensor:
        """Return the statistics, one after another."""
        ordered = rows.sort(dim=-1).values
        change = rows[..., 1:] - rows[..., :-1]
        rises = change.clamp_min(0)
        return torch.cat([
            rows.mean(dim=-1), deviation(rows), *(_at(ordered, place) for place in self.places),
            change.abs().mean(dim=-1), deviation(rises),
        ], dim=1)


def _at(ordered: Tensor, place: float) -> Tensor:
    below, share = int(place), place - int(place)
    above = min(below + 1, ordered.shape[-1] - 1)
    return ordered[..., below] * (1 - share) + ordered[..., above] * share
