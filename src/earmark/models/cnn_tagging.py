"""Convolutional networks of the literature on tagging, on spectra over time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from earmark.errors import DataError
from earmark.models._network import Network
from earmark.models._picturing import channels_of, refuse_counts, refuse_share, refuse_small
from earmark.models._training import Training

if TYPE_CHECKING:
    from torch import nn

    from earmark.models._deep.harmonic import HarmonicFilters

_MOST_BLOCKS = 7


def _short_training() -> Training:
    """Return the first stage of the published training: Adam at .0001, 16 chunks a batch."""
    return Training(epochs=200, batch_size=16, optimiser="adam", learning_rate=1e-4,
                    schedule="constant", weight_decay=1e-4, channels_last=True)


@dataclass
class ShortChunk(Network):
    """Seven blocks of a 3 x 3 convolution and pooling by two on a short chunk of a mel spectrum;
    the largest value of what is left; two dense layers.

    As published: 128 channels, of which later blocks have two and four times as many; 128 bands
    and 231 frames of 16 ms (``crop``), in decibels, normalised as a whole before the first block;
    Adam at .0001, 16 chunks a batch, 200 epochs (there SGD takes over by and by). Convolutions
    have no biases here, which the normalisation behind each would take out again.

    Attributes:
        channels: of the first block; 32 for a network that a processor trains in minutes.
        blocks: how many halve the picture, at most 7; fewer for pictures below 128 x 128.
        dropout: share left out between the dense layers in training.

    Source: Won et al., "Evaluation of CNN-based automatic music tagging models", 2020.
    """

    name: ClassVar[str] = "cnn:short_chunk"
    takes: ClassVar[tuple[int, ...]] = (2, 3)
    small: ClassVar[Mapping[str, Any]] = {"channels": 2, "blocks": 2}
    tried_on: ClassVar[tuple[int, ...]] = (8, 12)
    training: Training = field(default_factory=_short_training)
    channels: int = 128
    blocks: int = 7
    dropout: float = 0.5

    def _check_settings(self) -> None:
        refuse_counts(self, "channels", "blocks")
        refuse_share(self, "dropout")
        if self.blocks > _MOST_BLOCKS:
            raise ValueError(f"'blocks' is {self.blocks}; expected at most {_MOST_BLOCKS}.")

    def build(self, shape: tuple[int, ...], labels: int) -> nn.Module:
        """Return normalisation, blocks and dense layers."""
        return self._built(shape, labels, "plain")

    def _built(
        self, shape: tuple[int, ...], labels: int, form: Literal["plain", "strided"],
        shortcut: int = 3,
    ) -> nn.Module:
        from torch import nn

        from earmark.models._deep.convolution import Pictured
        from earmark.models._deep.short_chunk import head, trunk, widths

        refuse_small(shape, (2**self.blocks, 2**self.blocks), "choose fewer 'blocks'")
        given = channels_of(shape)
        return nn.Sequential(
            Pictured(), nn.BatchNorm2d(given),
            trunk(given, self.channels, self.blocks, form, shortcut),
            head(widths(self.channels, self.blocks)[-1], self.dropout, labels))


@dataclass
class ShortChunkResidual(ShortChunk):
    """The same with residual blocks of two convolutions, the first of which halves the picture.

    Attributes:
        channels: of the first block.
        blocks: how many halve the picture, at most 7.
        dropout: share left out between the dense layers in training.
        shortcut: kernel of the convolution past each block: 3 as published, 1 as in most residual
            networks since, with a quarter fewer weights.

    Source: Won et al., "Evaluation of CNN-based automatic music tagging models", 2020.
    """

    name: ClassVar[str] = "cnn:short_chunk_res"
    shortcut: int = 3

    def _check_settings(self) -> None:
        super()._check_settings()
        if self.shortcut not in (1, 3):
            raise ValueError(f"'shortcut' is {self.shortcut}; expected 1 or 3.")

    def build(self, shape: tuple[int, ...], labels: int) -> nn.Module:
        """Return normalisation, blocks and dense layers."""
        return self._built(shape, labels, "strided", self.shortcut)


@dataclass
class Musicnn(Network):
    """Filters as high as a timbre and as long as a rhythm on a mel spectrum, convolutions over
    time, and dense layers on the mean and maximum over time.

    As published: 96 bands and 187 frames of 16 ms (``crop``) in the logarithm of 1 + 10 000 times
    the power.

    Attributes:
        heights: of timbral filters, as shares of the bands; each 7 frames long. (.9, .4) in the
            paper, (.7, .4) in the software that came after it.
        timbral: filters of each height.
        lengths: of temporal filters, in frames; each one band high. (165, 128, 64, 32) in the
            paper.
        temporal: filters of each length.
        middle: channels of the convolutions over time.
        hidden: units of the dense layer.
        dropout: share left out before and behind the dense layer in training.

    Source: Pons et al., "End-to-end learning for music audio tagging at scale", 2018; Pons &
    Serra, "musicnn: pre-trained convolutional neural networks for music audio tagging", 2019.
    """

    name: ClassVar[str] = "cnn:musicnn"
    takes: ClassVar[tuple[int, ...]] = (2,)
    small: ClassVar[Mapping[str, Any]] = {"timbral": 4, "temporal": 2, "lengths": (5, 4),
                                          "middle": 4, "hidden": 8}
    tried_on: ClassVar[tuple[int, ...]] = (10, 12)
    heights: tuple[float, ...] = (0.4, 0.7)
    timbral: int = 204
    lengths: tuple[int, ...] = (128, 64, 32)
    temporal: int = 51
    middle: int = 64
    hidden: int = 200
    dropout: float = 0.5

    def _check_settings(self) -> None:
        refuse_counts(self, "timbral", "temporal", "middle", "hidden", "lengths")
        refuse_share(self, "dropout")
        if not self.heights or not all(0 < share <= 1 for share in self.heights):
            raise ValueError(f"'heights' is {list(self.heights)}; expected shares of the bands, "
                             "above 0 and at most 1.")

    def build(self, shape: tuple[int, ...], labels: int) -> nn.Module:
        """Return front end, middle and back end."""
        from torch import nn

        from earmark.models._deep import musicnn

        heights = [int(share * shape[0] + 1e-9) for share in self.heights]
        if min(heights) < 1:
            raise DataError(f"spectra of {shape[0]} bands are too few for this network, whose "
                            f"lowest filters are {min(self.heights):g} of them high: give more, or "
                            "choose other 'heights'.")
        front = musicnn.FrontEnd(heights, self.timbral, self.lengths, self.temporal)
        middle = musicnn.Middle(front.width, self.middle)
        return nn.Sequential(front, middle,
                             musicnn.back_end(middle.width, self.hidden, self.dropout, labels))


@dataclass
class Harmonic(Network):
    """Filters at the harmonics of every pitch, whose common sharpness is learnt, before a
    convolutional network in which each harmonic is a channel.

    A spectrum in linear frequency comes in; row 0 is 0 Hz. As published, sounds of 16 kHz in
    frames of 512 samples: 257 rows (``specgram``'s have no row at half the sample rate; say what
    the last one is by ``top_hz``); seven blocks of 128 channels and more, as in
    ``cnn:short_chunk``, residual where they stay as wide. Training is as there.

    Attributes:
        values: ``levels`` of any logarithm, of which each filter takes the weighted mean;
            ``magnitudes``, squared before and turned into decibels behind the filters, as
            published; or ``decibels``, turned into powers before. The latter two need ``scaling``
            "none", and values within 100 of 0, beyond which the estimator cuts them off.
        sample_rate: of the sounds, in Hz; half of it is the last row's frequency.
        top_hz: the last row's frequency where it is another.
        harmonics: how many, the fundamental included.
        steps_per_semitone: pitches a semitone.
        lowest_midi: the lowest pitch, as a MIDI number; 24 is C1, 32.7 Hz. The highest is the one
            whose last harmonic is about half the sample rate.
        q: sharpness to begin with. Spectra of few rows need a lower one: most filters would fall
            between two rows.
        channels: of the first block.
        blocks: how many halve the picture, at most 7.
        dropout: share left out between the dense layers in training.

    Source: Won et al., "Data-driven harmonic filters for audio representation learning", 2020.
    """

    name: ClassVar[str] = "cnn:harmonic"
    takes: ClassVar[tuple[int, ...]] = (2,)
    small: ClassVar[Mapping[str, Any]] = {
        "sample_rate": 2000, "harmonics": 2, "steps_per_semitone": 1, "lowest_midi": 59,
        "channels": 2, "blocks": 2}
    tried_on: ClassVar[tuple[int, ...]] = (64, 8)
    training: Training = field(default_factory=_short_training)
    values: Literal["levels", "magnitudes", "decibels"] = "levels"
    sample_rate: int = 16_000
    top_hz: float | None = None
    harmonics: int = 6
    steps_per_semitone: int = 2
    lowest_midi: int = 24
    q: float = 1.0
    channels: int = 128
    blocks: int = 7
    dropout: float = 0.5

    def _check_settings(self) -> None:
        refuse_counts(self, "sample_rate", "harmonics", "steps_per_semitone", "channels", "blocks")
        refuse_share(self, "dropout")
        if self.blocks > _MOST_BLOCKS:
            raise ValueError(f"'blocks' is {self.blocks}; expected at most {_MOST_BLOCKS}.")
        for name, value in (("q", self.q), ("top_hz", self.top_hz)):
            if value is not None and not value > 0:
                raise ValueError(f"'{name}' is {value}; expected above 0.")
        if self.values != "levels" and self.scaling != "none":
            raise ValueError(f"'values' is '{self.values}', which has to come as it is; set "
                             "'scaling' to \"none\".")

    def build(self, shape: tuple[int, ...], labels: int) -> nn.Module:
        """Return filters, normalisation, blocks and dense layers."""
        from torch import nn

        from earmark.models._deep.short_chunk import head, trunk, widths

        filters, pitches = self._filters(shape[0])
        refuse_small((pitches, shape[1]), (2**self.blocks, 2**self.blocks),
                     "choose fewer 'blocks' (the height is the number of pitches)")
        return nn.Sequential(
            filters, nn.BatchNorm2d(self.harmonics),
            trunk(self.harmonics, self.channels, self.blocks, "mixed"),
            head(widths(self.channels, self.blocks)[-1], self.dropout, labels))

    def _filters(self, rows: int) -> tuple[HarmonicFilters, int]:
        from earmark.models._deep import harmonic

        top = self.sample_rate / 2 if self.top_hz is None else self.top_hz
        pitches = harmonic.pitches(self.sample_rate / 2, self.harmonics, self.lowest_midi,
                                   self.steps_per_semitone)
        made = harmonic.HarmonicFilters(rows, top, pitches, self.harmonics, self.q, self.values)
        reached = int((made.weights() > 0).any(dim=1).sum())
        if 2 * reached < self.harmonics * len(pitches):
            raise DataError(f"{reached} of {self.harmonics * len(pitches)} harmonic filters reach "
                            f"any of the {rows} rows of a spectrum; expected at least half: give "
                            "more rows, a higher 'lowest_midi' or a smaller 'q'.")
        return made, len(pitches)
