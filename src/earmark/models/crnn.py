"""Convolutional-recurrent networks: convolutions find sounds, a recurrent layer their course."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from earmark.errors import DataError
from earmark.models._network import Network, at_least_one
from earmark.models._training import Training, as_published

if TYPE_CHECKING:
    from torch import nn

    from earmark.models._deep.recurrent import Block

_FEWEST_STEPS = 4  # of a short sequence that are left for the recurrent layer


@dataclass
class S0Crnn(Network):
    """The CRNN of "Music Genre Classification" (source S0): the row's 57 features are its sequence.

    Begins as Keras does; PyTorch's LSTM has a second offset a gate (256 numbers), which stays 0.

    Attributes:
        filters: of the convolution. kernel: features that one sees. pool: of which the largest is
            kept. units: of the LSTM.
    """

    name: ClassVar[str] = "crnn:s0"
    many_threads: ClassVar[bool] = False
    takes: ClassVar[tuple[int, ...]] = (1,)
    training: Training = field(default_factory=partial(as_published, 50, 32))
    filters: int = 32
    kernel: int = 3
    pool: int = 2
    units: int = 64

    def _check_settings(self) -> None:
        at_least_one(self, "filters", "kernel", "pool", "units")

    def build(self, shape: tuple[int, ...], labels: int) -> nn.Module:
        """Return the network; rows need as many features as fill one pool."""
        from earmark.models._deep.keras import begun_as_keras
        from earmark.models._deep.recurrent import ConvLstm

        fewest = self.kernel - 1 + self.pool
        if shape[0] < fewest:
            raise DataError(f"rows of {shape[0]} features; {self.name} with a kernel of "
                            f"{self.kernel} and a pool of {self.pool} needs {fewest} or more.")
        return begun_as_keras(ConvLstm(self.filters, self.kernel, self.pool, self.units, labels))


@dataclass
class Tagger(Network):
    """The convolutional-recurrent tagger of Choi et al. 2017 ("Convolutional recurrent neural
    networks for music classification"), with attention over time (Lin et al. 2017, "A structured
    self-attentive sentence embedding").

    Long pictures are convolved over bands and time and pooled in both. Of short sequences, such as
    ten embeddings of a clip, each band is a channel and time alone is convolved; a pool that would
    leave fewer than 4 steps is left out.

    Attributes:
        channels: of each block of convolutions.
        band_pools, frame_pools: bands and frames of which a block keeps the largest, one for all
            blocks or one a block.
        units: of each recurrent (GRU) layer and direction. layers: how many.
        bidirectional: whether time is read both ways.
        pooling: what all steps become: their ``mean``, a mean weighted by ``attention``, or what
            is known at the ``last`` one.
        bands_as_channels: None to do so where all pools together would leave fewer than 2 steps.
        dropout: share of values left out in training behind each block.
        head_dropout: and before the last layer.
    """

    name: ClassVar[str] = "crnn:tagger"
    takes: ClassVar[tuple[int, ...]] = (2, 3)
    small: ClassVar[Mapping[str, Any]] = {
        "channels": (6, 8), "band_pools": (2, 4), "frame_pools": (2,), "units": 8}
    channels: tuple[int, ...] = (64, 128, 128, 128)
    band_pools: tuple[int, ...] = (2, 2, 4, 4)
    frame_pools: tuple[int, ...] = (2, 2, 2, 2)
    units: int = 64
    layers: int = 1
    bidirectional: bool = True
    pooling: Literal["mean", "attention", "last"] = "attention"
    bands_as_channels: bool | None = None
    dropout: float = 0.1
    head_dropout: float = 0.3

    def _check_settings(self) -> None:
        at_least_one(self, "units", "layers")
        for name in ("channels", "band_pools", "frame_pools"):
            values = getattr(self, name)
            if not values or min(values) < 1:
                raise ValueError(f"'{name}' is {list(values)}; expected whole numbers of 1 or "
                                 "more, and at least one.")
            if len(values) not in (1, len(self.channels)):
                raise ValueError(f"'{name}' has {len(values)} numbers for {len(self.channels)} "
                                 "blocks; expected one, or one a block.")
        for name in ("dropout", "head_dropout"):
            if not 0 <= getattr(self, name) < 1:
                raise ValueError(f"'{name}' is {getattr(self, name)}; expected 0 to below 1.")

    def build(self, shape: tuple[int, ...], labels: int) -> nn.Module:
        """Return the network for pictures [shape=(bands, frames) or (channels, ., frames)]."""
        from earmark.models._deep import recurrent

        flat = self._is_flat(shape)
        blocks, steps_of = self._along(shape) if flat else self._across(shape)
        return recurrent.Tagger(
            blocks, steps_of, units=self.units, layers=self.layers,
            bidirectional=self.bidirectional, pooling=self.pooling,
            dropout=(self.dropout, self.head_dropout), labels=labels,
        )  # fmt: skip

    def _is_flat(self, shape: tuple[int, ...]) -> bool:
        if len(shape) == 3:
            if self.bands_as_channels:
                raise DataError(f"pictures of {' x '.join(map(str, shape))} have channels already; "
                                "leave 'bands_as_channels' out.")
            return False
        if self.bands_as_channels is not None:
            return self.bands_as_channels
        return shape[-1] < 2 * math.prod(self._each(self.frame_pools))

    def _across(self, shape: tuple[int, ...]) -> tuple[list[Block], int]:
        """Return blocks over bands and time, and how many values are left of one step."""
        from earmark.models._deep.recurrent import Block

        bands, frames = shape[-2:]
        across, along = self._each(self.band_pools), self._each(self.frame_pools)
        if bands < math.prod(across) or frames < math.prod(along):
            raise DataError(f"pictures of {bands} bands and {frames} frames; {self.name} pools "
                            f"{math.prod(across)} and {math.prod(along)}: give larger pictures, or "
                            "lower 'band_pools' and 'frame_pools'.")
        given = (shape[0] if len(shape) == 3 else 1, *self.channels)
        blocks = [Block(a, b, pools) for a, b, pools in zip(
            given, self.channels, zip(across, along, strict=True), strict=False)]
        for pool in across:
            bands //= pool
        return blocks, bands * self.channels[-1]

    def _along(self, shape: tuple[int, ...]) -> tuple[list[Block], int]:
        """Return blocks over time alone, and how many values are left of one step."""
        from earmark.models._deep.recurrent import Block

        given, steps = shape[0], shape[-1]
        blocks = []
        for channels, wanted in zip(self.channels, self._each(self.frame_pools), strict=True):
            pool = wanted if steps // wanted >= _FEWEST_STEPS else 1
            blocks.append(Block(given, channels, (pool,)))
            given, steps = channels, steps // pool
        return blocks, given

    def _each(self, values: tuple[int, ...]) -> tuple[int, ...]:
        return values * len(self.channels) if len(values) == 1 else values
