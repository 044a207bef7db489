"""Dense layers around which their input passes by."""

from __future__ import annotations

from torch import Tensor, nn


class ResidualLayers(nn.Module):
    """Layer normalisation, two dense layers with a GELU between, dropout; and the input added.

    The pre-normalised form of Xiong et al. 2020, which trains without a warm-up of its own; on rows
    of features as in Gorishniy et al. 2021.
    """

    def __init__(self, units: int, inner: int, dropout: float) -> None:
        """Make it for rows of ``units`` values, with ``inner`` between the layers."""
        super().__init__()
        self.layers = nn.Sequential(
            nn.LayerNorm(units), nn.Linear(units, inner), nn.GELU(), nn.Dropout(dropout),
            nn.Linear(inner, units), nn.Dropout(dropout))

    def forward(self, rows: Tensor) -> Tensor:
        """Return rows [shape=(rows, units)]."""
        added: Tensor = rows + self.layers(rows)
        return added
