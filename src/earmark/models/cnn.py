"""Convolutional networks of the projects that Earmark grew from, and plain ones for any input."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from earmark.errors import DataError
from earmark.models._network import Network
from earmark.models._picturing import channels_of, refuse_counts, refuse_share, refuse_small
from earmark.models._training import Training, as_published

if TYPE_CHECKING:
    from torch import nn

Pooling = Literal["mean", "max", "both", "attention"]


@dataclass
class Columns(Network):
    """One convolution along the columns of a feature row, pooled by two, and one dense layer.

    Columns have no order that a filter could use; it is here to be compared with. First weights
    are drawn as Keras draws them. Source: a project on a table of 57 columns, 32 filters of 3,
    250 rows a batch, 500 epochs.

    Attributes:
        channels: filters.
        kernel: columns that a filter sees.
    """

    name: ClassVar[str] = "cnn:s0"
    many_threads: ClassVar[bool] = False
    takes: ClassVar[tuple[int, ...]] = (1,)
    small: ClassVar[Mapping[str, Any]] = {"channels": 32}
    tried_on: ClassVar[tuple[int, ...]] = (20,)
    training: Training = field(default_factory=partial(as_published, 500, 250))
    channels: int = 32
    kernel: int = 3

    def _check_settings(self) -> None:
        refuse_counts(self, "channels", "kernel")

    def build(self, shape: tuple[int, ...], labels: int) -> nn.Module:
        """Return the layers."""
        from torch import nn

        from earmark.models._deep.keras import begun_as_keras

        places = (shape[0] - self.kernel + 1) // 2
        if places < 1:
            raise DataError(f"rows of {shape[0]} columns are too short for this network, which "
                            f"needs at least {self.kernel + 1}: choose a smaller 'kernel', or "
                            "give more columns.")
        made = nn.Sequential(
            nn.Unflatten(1, (1, shape[0])), nn.Conv1d(1, self.channels, self.kernel), nn.ReLU(),
            nn.MaxPool1d(2), nn.Flatten(), nn.Linear(places * self.channels, labels),
        )  # fmt: skip
        return begun_as_keras(made)


@dataclass
class _Pictures(Network):
    """Convolutions without a border, each pooled by two, and dense layers on all places.

    Pictures of another size are resized in the network: bilinear, averaged where they shrink.
    Grey ones, and bands over time, become three channels. First weights are Keras's.

    Attributes:
        channels: filters of each convolution.
        hidden: units of the dense layer.
        size: height and width that the convolutions see.
        scaling: ``none``, for pictures in [0, 1] as the families give them, which is what the
            sources made of theirs; ``standard`` for values of another range, such as decibels.
        colours: of grey pictures: ``grey``, three equal channels, or ``viridis``, whose colours
            the sources' pictures had; that map is of [0, 1], and what lies outside is cut off.
    """

    takes: ClassVar[tuple[int, ...]] = (2, 3)
    small: ClassVar[Mapping[str, Any]] = {"channels": (8, 8), "hidden": 32, "size": (14, 20)}
    tried_on: ClassVar[tuple[int, ...]] = (3, 12, 18)
    scaling: Literal["standard", "none"] = "none"
    channels: tuple[int, ...] = (32,)
    hidden: int = 128
    size: tuple[int, ...] = (224, 224)
    colours: Literal["grey", "viridis"] = "grey"

    def _check_settings(self) -> None:
        refuse_counts(self, "channels", "hidden", "size")
        if len(self.size) != 2:
            raise ValueError(f"'size' is {list(self.size)}; expected height and width.")
        if self.colours == "viridis" and self.scaling != "none":
            raise ValueError(f"'colours' is 'viridis', a map of pictures in [0, 1], and 'scaling' "
                             f"is {self.scaling!r}; expected 'none' with it.")
        if min(self._left()) < 1:
            raise ValueError(f"'size' is {list(self.size)}, of which {len(self.channels)} "
                             "convolutions leave nothing; expected a larger one.")

    def _left(self) -> tuple[int, ...]:
        left = self.size
        for _ in self.channels:
            left = tuple((length - 2) // 2 for length in left)
        return left

    def build(self, shape: tuple[int, ...], labels: int) -> nn.Module:
        """Return the layers."""
        from torch import nn

        from earmark.models._deep.convolution import Coloured, Resized
        from earmark.models._deep.keras import begun_as_keras

        if (given := channels_of(shape)) not in (1, 3):
            raise DataError(f"pictures of {given} channels; {self.name} takes 1 or 3.")
        height, width = self.size
        layers: list[nn.Module] = []
        if shape[-2:] != (height, width):
            layers.append(Resized((shape[-2], shape[-1]), (height, width)))
        layers.append(Coloured(self.colours))
        for one, two in zip((3, *self.channels), self.channels, strict=False):
            layers += [nn.Conv2d(one, two, 3), nn.ReLU(), nn.MaxPool2d(2)]
        high, wide = self._left()
        made = nn.Sequential(*layers, nn.Flatten(),
                             nn.Linear(high * wide * self.channels[-1], self.hidden), nn.ReLU(),
                             nn.Linear(self.hidden, labels))
        return begun_as_keras(made)


@dataclass
class SquarePictures(_Pictures):
    """Convolutions of 16, 32 and 64 filters on pictures of 224 x 224.

    Source: a project on GTZAN's pictures, whose description ends with the convolutions. The dense
    layer's 128 units, 32 pictures a batch and 10 epochs are chosen here.

    Attributes:
        channels: filters of each convolution.
        hidden: units of the dense layer.
        size: height and width that pictures are resized to in the network.
        scaling: ``none`` for pictures in [0, 1]; ``standard`` for values of another range.
        colours: of grey pictures: ``grey``, three equal channels, or ``viridis``, whose colours
            the source's pictures had; that map is of [0, 1], and what lies outside is cut off.
    """

    name: ClassVar[str] = "cnn:s2"
    training: Training = field(default_factory=partial(as_published, 10, 32))
    channels: tuple[int, ...] = (16, 32, 64)


@dataclass
class WidePictures(_Pictures):
    """Convolutions of 32, 64 and 128 filters on pictures of 288 x 432.

    Source: a project on GTZAN's pictures; 10 a batch, 10 epochs.

    Attributes:
        channels: filters of each convolution.
        hidden: units of the dense layer.
        size: height and width that pictures are resized to in the network.
        scaling: ``none`` for pictures in [0, 1]; ``standard`` for values of another range.
        colours: of grey pictures: ``grey``, three equal channels, or ``viridis``, whose colours
            the source's pictures had; that map is of [0, 1], and what lies outside is cut off.
    """

    name: ClassVar[str] = "cnn:s4"
    training: Training = field(default_factory=partial(as_published, 10, 10))
    channels: tuple[int, ...] = (32, 64, 128)
    size: tuple[int, ...] = (288, 432)


@dataclass
class Vgg(Network):
    """Blocks of 3 x 3 convolutions, each block half as high and wide as the one before and with
    twice the channels; then what is left is pooled over all places.

    After Simonyan & Zisserman 2015, with batch normalisation, and without their dense layers.

    Attributes:
        channels: of the first block.
        blocks: how many.
        convolutions: of a block.
        pooling: over all places: ``mean``, ``max``, ``both`` side by side, or ``attention``.
        dropout: share of what was pooled that is left out in training.
    """

    name: ClassVar[str] = "cnn:vgg"
    takes: ClassVar[tuple[int, ...]] = (2, 3)
    small: ClassVar[Mapping[str, Any]] = {"channels": 4, "blocks": 2}
    tried_on: ClassVar[tuple[int, ...]] = (8, 12)
    training: Training = field(default_factory=lambda: Training(channels_last=True))
    channels: int = 32
    blocks: int = 4
    convolutions: int = 1
    pooling: Pooling = "both"
    dropout: float = 0.3

    def _check_settings(self) -> None:
        refuse_counts(self, "channels", "blocks", "convolutions")
        refuse_share(self, "dropout")

    def build(self, shape: tuple[int, ...], labels: int) -> nn.Module:
        """Return the blocks, the pooling and one dense layer."""
        from torch import nn

        from earmark.models._deep.convolution import Pictured, Pooled, normalised

        refuse_small(shape, (2**self.blocks, 2**self.blocks), "choose fewer 'blocks'")
        layers: list[nn.Module] = [Pictured()]
        width = channels_of(shape)
        for block in range(self.blocks):
            for _ in range(self.convolutions):
                layers += normalised(width, self.channels * 2**block)
                width = self.channels * 2**block
            layers.append(nn.MaxPool2d(2))
        pooled = Pooled(self.pooling, width)
        return nn.Sequential(*layers, pooled, nn.Dropout(self.dropout),
                             nn.Linear(pooled.width, labels))


@dataclass
class Sequence(Network):
    """Convolutions over time whose channels are the bands: for embeddings, such as 10 steps of
    128, and for spectrograms.

    Attributes:
        channels: of each convolution.
        blocks: convolutions, one behind another.
        kernel: steps that a filter sees; odd.
        pool: steps of which the largest is kept behind each convolution; 1 to keep all.
        pooling: over the steps at the end: ``mean``, ``max``, ``both`` or ``attention``.
        dropout: share left out behind each convolution, and of what was pooled, in training.
    """

    name: ClassVar[str] = "cnn:sequence"
    takes: ClassVar[tuple[int, ...]] = (2,)
    small: ClassVar[Mapping[str, Any]] = {"channels": 16, "dropout": 0.0}
    tried_on: ClassVar[tuple[int, ...]] = (8, 12)
    channels: int = 256
    blocks: int = 2
    kernel: int = 3
    pool: int = 1
    pooling: Pooling = "both"
    dropout: float = 0.3

    def _check_settings(self) -> None:
        refuse_counts(self, "channels", "blocks", "kernel", "pool")
        refuse_share(self, "dropout")
        if self.kernel % 2 == 0:
            raise ValueError(f"'kernel' is {self.kernel}; expected an odd number.")

    def build(self, shape: tuple[int, ...], labels: int) -> nn.Module:
        """Return the convolutions, the pooling and one dense layer."""
        from torch import nn

        from earmark.models._deep.convolution import Pooled

        refuse_small(shape, (1, self.pool**self.blocks), "choose fewer 'blocks' or a smaller "
                     "'pool'")
        layers: list[nn.Module] = []
        for given in (shape[0], *[self.channels] * (self.blocks - 1)):
            layers += [nn.Conv1d(given, self.channels, self.kernel, padding=self.kernel // 2,
                                 bias=False), nn.BatchNorm1d(self.channels), nn.ReLU()]
            if self.pool > 1:
                layers.append(nn.MaxPool1d(self.pool))
            layers.append(nn.Dropout(self.dropout))
        pooled = Pooled(self.pooling, self.channels)
        return nn.Sequential(*layers, pooled, nn.Dropout(self.dropout),
                             nn.Linear(pooled.width, labels))


@dataclass
class Statistics(Network):
    """Convolutions over time whose channels are the bands; what is told of a picture are means and
    standard deviations over time, of the bands themselves, of their changes, and of every
    convolution's channels.

    For few examples: a linear layer on statistics is hard to overfit, and those of the bands need
    not be learnt. After the statistics pooling of speaker recognition (Snyder et al. 2018), at all
    depths.

    Attributes:
        channels: of each convolution.
        kernel: steps that a filter sees; odd.
        pools: convolutions, from the first, behind which time is halved.
        dropout: share of the statistics left out in training.
    """

    name: ClassVar[str] = "cnn:statistics"
    takes: ClassVar[tuple[int, ...]] = (2,)
    small: ClassVar[Mapping[str, Any]] = {"channels": (8, 8, 8)}
    tried_on: ClassVar[tuple[int, ...]] = (6, 16)
    channels: tuple[int, ...] = (64, 64, 96)
    kernel: int = 3
    pools: int = 2
    dropout: float = 0.5

    def _check_settings(self) -> None:
        refuse_counts(self, "kernel")
        refuse_share(self, "dropout")
        if not self.channels or min(self.channels) < 1:
            raise ValueError(f"'channels' is {list(self.channels)}; expected at least one "
                             "convolution of at least one channel.")
        if self.kernel % 2 == 0:
            raise ValueError(f"'kernel' is {self.kernel}; expected an odd number.")
        if not 0 <= self.pools <= len(self.channels):
            raise ValueError(f"'pools' is {self.pools} for {len(self.channels)} convolutions; "
                             "expected 0 to as many.")

    def build(self, shape: tuple[int, ...], labels: int) -> nn.Module:
        """Return the convolutions with their statistics, and one dense layer."""
        from torch import nn

        from earmark.models._deep.statistics_of_depths import Depths

        refuse_small(shape, (1, 2 * 2**self.pools), "choose fewer 'pools'")
        depths = Depths(shape[0], self.channels, self.kernel, self.pools)
        return nn.Sequential(depths, nn.BatchNorm1d(depths.width), nn.Dropout(self.dropout),
                             nn.Linear(depths.width, labels))
