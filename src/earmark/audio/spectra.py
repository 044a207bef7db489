"""One chunk of a sound with its spectra, each made once and when first asked for.

What is asked of ``Spectra`` is that of the chunk's own frames; the neighbours' are used where they
are needed and never counted. A ``Survey`` holds what must be known of the whole sound first.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

from earmark.audio import descriptors, dsp, kernels, mel
from earmark.audio.chunks import Chunk
from earmark.audio.dsp import Floats
from earmark.audio.votes import Votes

MEDIAN_WIDTH = 31  # frames, and bins, of the medians that separate


class Spectra:
    """The short-time spectra of a chunk.

    Args:
        chunk: with a halo of at least one frame where mel levels are compared over time, and of
            ``separation_halo`` where it is to be separated.
        sample_rate: in Hz.
        n_mels: bands of the mel spectrum.
    """

    def __init__(self, chunk: Chunk, sample_rate: int, n_mels: int = 128) -> None:
        self.chunk = chunk
        self.sample_rate = sample_rate
        self.n_mels = n_mels

    @cached_property
    def all(self) -> dsp.Spectrum:
        """Of all frames, the neighbours' too."""
        return dsp.spectra(self.chunk.samples, self.chunk.n_fft, self.chunk.hop_length)

    @property
    def powers(self) -> Floats:
        """Squared magnitudes [shape=(own frames, bins)]."""
        return self.all.powers[self.chunk.own]

    @property
    def magnitudes(self) -> Floats:
        """Magnitudes [shape=(own frames, bins)]."""
        return self.all.magnitudes[self.chunk.own]

    @cached_property
    def mel_powers(self) -> Floats:
        """Mel power spectrum of all frames, the neighbours' too [shape=(frames, n_mels)]."""
        return mel.bands(self.all.powers, self.sample_rate, self.chunk.n_fft, self.n_mels)

    def mel_db(self, survey: Survey) -> Floats:
        """Return mel decibels, none more than 80 below the sound's highest
        [shape=(own frames, n_mels)]."""
        return self._all_mel_db(survey)[self.chunk.own]

    def _all_mel_db(self, survey: Survey) -> Floats:
        return dsp.power_to_db(self.mel_powers, highest=survey.highest_mel_power)

    def rises(self, survey: Survey) -> Floats:
        """Return the median rise in mel decibels to each own frame; none to the sound's first."""
        start = max(0, self.chunk.before - 1)
        levels = self._all_mel_db(survey)[start : self.chunk.own.stop]
        return kernels.active().median_rise(levels)  # type: ignore[no-any-return]

    def rms(self) -> descriptors.Curve:
        """Return the root mean square of each own frame's samples."""
        return descriptors.frame_rms(self._own_samples, self.chunk.n_fft, self.chunk.hop_length)

    def zero_crossing_rate(self) -> descriptors.Curve:
        """Return the rate of each own frame, as if the sound's edges went on unchanged."""
        chunk, half = self.chunk, self.chunk.n_fft // 2
        samples = self._own_samples
        start = half if chunk.is_first else 0
        stop = len(samples)
        if chunk.length is not None:
            stop = min(stop, half + chunk.length - chunk.first * chunk.hop_length)
        return descriptors.crossing_rate(samples, chunk.n_fft, chunk.hop_length, start, stop)

    @property
    def _own_samples(self) -> Floats:
        own, hop = self.chunk.own, self.chunk.hop_length
        return self.chunk.samples[own.start * hop : (own.stop - 1) * hop + self.chunk.n_fft]

    @cached_property
    def _mask(self) -> Floats:
        return dsp.harmonic_mask(self.all.magnitudes, MEDIAN_WIDTH)

    def separated_magnitudes(self) -> tuple[Floats, Floats]:
        """Return the harmonic and percussive parts' magnitudes [shape=(own frames, bins) each]."""
        harmonic = self.magnitudes * self._mask[self.chunk.own]
        return harmonic, self.magnitudes - harmonic

    def separated(self, *, to_the_end: bool) -> tuple[Floats, Floats]:
        """Return the harmonic and percussive signals from the centre of the first own frame to
        that of the next chunk's first.

        Args:
            to_the_end: the sound's last chunk goes on to its last sample, instead of ending at its
                last frame's centre.
        """
        chunk, hop = self.chunk, self.chunk.hop_length
        start = chunk.before * hop
        if not chunk.is_last:
            stop = chunk.own.stop * hop
        elif to_the_end and chunk.length is not None:
            stop = chunk.length - chunk.first * hop + start
        else:
            stop = (chunk.frames - 1) * hop
        harmonic = dsp.istft(self.all.values, hop, stop, self._mask)[start:]
        samples = chunk.samples[chunk.n_fft // 2 :][start : start + len(harmonic)]
        return harmonic, samples - harmonic


def separation_halo(n_fft: int, hop_length: int) -> int:
    """Return the neighbours' frames that separation needs: half the median and the frames that
    overlap a sample."""
    return MEDIAN_WIDTH // 2 + n_fft // (2 * hop_length) + 1


@dataclass(frozen=True)
class Survey:
    """What the frames of a sound are measured against.

    Attributes:
        tuning: deviation from A440 in semitones.
        highest_mel_power: of all frames and bands.
    """

    tuning: float
    highest_mel_power: float

    @classmethod
    def of(cls, pieces: Iterable[Spectra]) -> Survey:
        """Listen to all chunks of a sound."""
        votes, highest = Votes(), 0.0
        for piece in pieces:
            rate, n_fft = piece.sample_rate, piece.chunk.n_fft
            votes.add(*dsp.pitches(piece.powers, rate, n_fft))
            highest = max(highest, float(piece.mel_powers.max()))
        return cls(votes.semitones(), highest)

