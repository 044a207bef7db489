"""Dense networks on feature rows."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, ClassVar, Literal

from earmark.models._network import Network

if TYPE_CHECKING:
    from torch import nn


@dataclass
class Dense(Network):
    """Dense layers with a rectifier, and dropout or batch normalisation behind each.

    Attributes:
        hidden: units of each hidden layer.
        dropout: share of units left out in training, one for all layers or one a layer.
        normalise: batch normalisation ``before`` or ``after`` the rectifier, or ``none``.
    """

    name: ClassVar[str] = "dense:mlp"
    takes: ClassVar[tuple[int, ...]] = (1, 2)
    hidden: tuple[int, ...] = (256,)
    dropout: tuple[float, ...] = (0.3,)
    normalise: Literal["none", "before", "after"] = "none"

    def _check_settings(self) -> None:
        if not self.hidden or min(self.hidden) < 1:
            raise ValueError(f"'hidden' is {list(self.hidden)}; expected at least one layer of at "
                             "least one unit.")
        if len(self.dropout) not in (1, len(self.hidden)):
            raise ValueError(f"'dropout' has {len(self.dropout)} shares for {len(self.hidden)} "
                             "layers; expected one, or one a layer.")
        if not all(0 <= share < 1 for share in self.dropout):
            raise ValueError(f"'dropout' is {list(self.dropout)}; expected shares from 0 to below "
                             "1.")

    def build(self, shape: tuple[int, ...], labels: int) -> nn.Module:
        """Return the layers; rows of several axes are laid flat."""
        import math

        from torch import nn

        shares = self.dropout * (len(self.hidden) if len(self.dropout) == 1 else 1)
        layers: list[nn.Module] = [nn.Flatten()]
        for (given, units), share in zip(pairwise((math.prod(shape), *self.hidden)), shares,
                                         strict=True):
            layers.append(nn.Linear(given, units))
            if self.normalise == "before":
                layers.append(nn.BatchNorm1d(units))
            layers.append(nn.ReLU())
            if self.normalise == "after":
                layers.append(nn.BatchNorm1d(units))
            if share:
                layers.append(nn.Dropout(share))
        return nn.Sequential(*layers, nn.Linear(self.hidden[-1], labels))
