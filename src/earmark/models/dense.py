"""Dense networks on feature rows: one of any layers, a residual one, and those that others have
published, with their layers and training for defaults.

What was published with Keras begins as Keras begins (``as_keras``); its Adam divides by a root
1e-7 off zero where PyTorch's is 1e-8 off. All else is as published where that is known.
"""

from __future__ import annotations

import math
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from itertools import pairwise
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from earmark.errors import DataError
from earmark.models._network import Network, at_least_one
from earmark.models._training import Augment, Training, as_published

if TYPE_CHECKING:
    from torch import nn

_ALPHA = 1e-4  # scikit-learn's default


@dataclass
class Dense(Network):
    """Dense layers with a rectifier, and dropout or batch normalisation behind each.

    Attributes:
        hidden: units of each hidden layer.
        dropout: share of units left out in training, one for all layers or one a layer.
        normalise: batch normalisation ``before`` or ``after`` the rectifier, or ``none``.
        as_keras: whether weights and batch normalisation begin as Keras', not PyTorch's.
    """

    name: ClassVar[str] = "dense:mlp"
    many_threads: ClassVar[bool] = False
    takes: ClassVar[tuple[int, ...]] = (1, 2)
    hidden: tuple[int, ...] = (256,)
    dropout: tuple[float, ...] = (0.3,)
    normalise: Literal["none", "before", "after"] = "none"
    as_keras: bool = False

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
        from torch import nn

        from earmark.models._deep.keras import begun_as_keras

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
        network = nn.Sequential(*layers, nn.Linear(self.hidden[-1], labels))
        return begun_as_keras(network) if self.as_keras else network


@dataclass
class S0Ann(Dense):
    """The ANN of 57 features and 15 genres of "Music Genre Classification" (source S0)."""

    name: ClassVar[str] = "dense:s0_ann"
    training: Training = field(default_factory=partial(as_published, 500, 250))
    hidden: tuple[int, ...] = (512, 256, 128, 64, 32)
    dropout: tuple[float, ...] = (0.0,)
    as_keras: bool = True


@dataclass
class S0AnnNormalised(S0Ann):
    """The same with batch normalisation behind each rectifier (source S0, "ANN+BN")."""

    name: ClassVar[str] = "dense:s0_ann_bn"
    # Keras' running means take hundreds of batches to arrive.
    small: ClassVar[Mapping[str, Any]] = {"as_keras": False}
    normalise: Literal["none", "before", "after"] = "after"


@dataclass
class S1Dnn(Dense):
    """The DNN on 33 principal components of FMA's 518 features (source S1), which are the rows that
    it takes."""

    name: ClassVar[str] = "dense:s1_dnn"
    training: Training = field(default_factory=partial(as_published, 20, 32))
    hidden: tuple[int, ...] = (256, 128, 128)
    dropout: tuple[float, ...] = (0.5, 0.3, 0.3)
    as_keras: bool = True


@dataclass
class S2Ann(Dense):
    """GTZAN's ANN of "several Dense and Dropout(0.2)" (source S2). How many layers of how many
    units was never published: these four halve from 512, which is our choice."""

    name: ClassVar[str] = "dense:s2_ann"
    training: Training = field(default_factory=partial(as_published, 600, 128))
    hidden: tuple[int, ...] = (512, 256, 128, 64)
    dropout: tuple[float, ...] = (0.2,)
    as_keras: bool = True


@dataclass
class S4Mlp(Dense):
    """GTZAN's MLP on 55 features (source S4), a ``MLPClassifier`` of scikit-learn: batches of 200,
    Nesterov's momentum of .9, a penalty of .0001 that each batch divides by its rows. Its weights
    begin as Glorot's, but for offsets of 0; it runs all 500 epochs, where scikit-learn ends after
    ten that better the training loss by less than .0001."""

    name: ClassVar[str] = "dense:s4_mlp"
    training: Training = field(
        default_factory=partial(as_published, 500, 200, "sgd", _ALPHA / 200))
    hidden: tuple[int, ...] = (500, 500, 300)
    dropout: tuple[float, ...] = (0.0,)
    as_keras: bool = True


@dataclass
class Statistics(Network):
    """Dense layers on what each band does over time: its mean and standard deviation, its low and
    its high quantile, its mean change from frame to frame, and the deviation of its rises.

    For pictures of whole segments and few examples: it cannot learn more of time than that. The
    statistics are taken once a fit and standardised by batch normalisation; what ``augment``
    changes is them, by ``mixup`` and ``noise`` alone.

    Attributes:
        hidden: units of each hidden layer.
        dropout: share left out in training, of the statistics and behind each hidden layer.
        quantiles: the low and the high one.
    """

    name: ClassVar[str] = "dense:statistics"
    takes: ClassVar[tuple[int, ...]] = (2,)
    many_threads: ClassVar[bool] = False
    small: ClassVar[Mapping[str, Any]] = {"hidden": (16,)}
    hidden: tuple[int, ...] = (256,)
    dropout: tuple[float, ...] = (0.2, 0.5)
    quantiles: tuple[float, ...] = (0.05, 0.95)

    def _check_settings(self) -> None:
        if not self.hidden or min(self.hidden) < 1:
            raise ValueError(f"'hidden' is {list(self.hidden)}; expected at least one layer of at "
                             "least one unit.")
        if len(self.dropout) != 2 or not all(0 <= share < 1 for share in self.dropout):
            raise ValueError(f"'dropout' is {list(self.dropout)}; expected two shares from 0 to "
                             "below 1.")
        if len(self.quantiles) != 2 or not 0 <= self.quantiles[0] < self.quantiles[1] <= 1:
            raise ValueError(f"'quantiles' is {list(self.quantiles)}; expected two rising shares "
                             "from 0 to 1.")
        if self.crop is not None:
            raise ValueError("'crop' is of no use to statistics of whole rows; leave it out.")
        if self.augment != Augment(mixup=self.augment.mixup, noise=self.augment.noise):
            raise ValueError("'augment' has changes of pictures; statistics are taken of pictures "
                             "as they are: expected 'mixup' and 'noise' alone.")

    @property
    def stands_still(self) -> bool:
        """Always: statistics of a row are the same in every epoch."""
        return True

    def build(self, shape: tuple[int, ...], labels: int) -> nn.Module:
        """Return statistics, normalisation and layers."""
        from torch import nn

        from earmark.models._deep.statistics_of_time import OverTime

        if shape[-1] < 2:
            raise DataError(f"pictures of {shape[0]} x {shape[1]} have no time to take statistics "
                            "of; expected at least two frames.")
        width = 6 * shape[0]
        layers: list[nn.Module] = [nn.BatchNorm1d(width, affine=False),
                                   nn.Dropout(self.dropout[0])]
        for given, units in pairwise((width, *self.hidden)):
            layers += [nn.Linear(given, units), nn.BatchNorm1d(units), nn.ReLU(),
                       nn.Dropout(self.dropout[1])]
        head = nn.Sequential(*layers, nn.Linear(self.hidden[-1], labels))
        return nn.Sequential(OrderedDict(body=OverTime(shape[-1], self.quantiles), head=head))


@dataclass
class Residual(Network):
    """Dense layers in blocks that their input passes by, with layer normalisation and GELU.

    Attributes:
        units: values that pass from block to block.
        blocks: how many.
        widening: of a block's inner layer, in ``units``.
        dropout: share of values left out in training, behind each of a block's layers.
    """

    name: ClassVar[str] = "dense:residual"
    many_threads: ClassVar[bool] = False
    takes: ClassVar[tuple[int, ...]] = (1, 2)
    small: ClassVar[Mapping[str, Any]] = {"units": 16}
    units: int = 128
    blocks: int = 2
    widening: int = 2
    dropout: float = 0.2

    def _check_settings(self) -> None:
        at_least_one(self, "units", "blocks", "widening")
        if not 0 <= self.dropout < 1:
            raise ValueError(f"'dropout' is {self.dropout}; expected 0 to below 1.")

    def build(self, shape: tuple[int, ...], labels: int) -> nn.Module:
        """Return the layers; rows of several axes are laid flat."""
        from torch import nn

        from earmark.models._deep.residual import ResidualLayers

        blocks = [ResidualLayers(self.units, self.widening * self.units, self.dropout)
                  for _ in range(self.blocks)]
        return nn.Sequential(nn.Flatten(), nn.Linear(math.prod(shape), self.units), *blocks,
                             nn.LayerNorm(self.units), nn.Linear(self.units, labels))
