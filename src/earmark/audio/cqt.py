"""The constant-Q transform, block after block, with magnitudes equal to librosa 0.11's.

Seven octaves of twelve semitones from C1 on. The filters of an octave are those of the octave
above at half the rate, so one small bank serves all: the sound is halved six times and each time
correlated with the same filters. librosa drops the weakest hundredth of each filter's spectrum;
the bank here is what is left, brought back to time, so that an octave is one matrix product of
frames and filters, without a Fourier transform.

Source: Schörkhuber & Klapuri, "Constant-Q transform toolbox for music processing", SMC 2010.
"""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

import numpy as np
import soxr
from numpy.typing import NDArray

from earmark.audio.dsp import Floats, Padding, pad
from earmark.errors import SettingsError

OCTAVES = 7
BINS_PER_OCTAVE = 12
BINS = OCTAVES * BINS_PER_OCTAVE
LOWEST_HZ = 440.0 * 2.0 ** (-45 / 12)  # C1, 45 semitones below A4
_DROPPED_SHARE = 0.01  # of each filter's summed spectral magnitude
_HANN_BANDWIDTH = 1.50018310546875  # noise bandwidth in bins, as librosa's table has it
_RELATIVE_WIDTH = (2.0 ** (2 / BINS_PER_OCTAVE) - 1) / (2.0 ** (2 / BINS_PER_OCTAVE) + 1)
_QUALITY = 1 / _RELATIVE_WIDTH  # centre frequency over bandwidth
_BLOCK_FRAMES = 128  # frames gathered at a time: they stay in the cache until multiplied
_BLOCK_SAMPLES = 65_536  # thinned at a time: soxr takes twice as long for a minute in one piece


def cqt(
    samples: Floats,
    sample_rate: int,
    tuning: float = 0.0,
    hop_length: int = 512,
    padding: Padding = "zeros",
) -> Floats:
    """Return constant-Q magnitudes [shape=(frames, 84)] of a sound that is wholly at hand.

    Args:
        samples: mono [shape=(n,)], at least one.
        tuning: deviation from A440 in semitones.
        hop_length: in samples, a multiple of 64.
        padding: of half a filter at the sound's two ends, in each octave.

    Raises:
        SettingsError: as for ``ConstantQ``.
    """
    transform = ConstantQ(sample_rate, tuning, hop_length, padding)
    return np.concatenate([transform.push(samples), transform.finish()])


def highest_hz(tuning: float = 0.0) -> float:
    """Return how far up, in Hz, the highest filter reaches."""
    top = LOWEST_HZ * 2.0 ** ((BINS - 1 + tuning) / BINS_PER_OCTAVE)
    return float(top * (1 + 0.5 * _HANN_BANDWIDTH / _QUALITY))


class ConstantQ:
    """Constant-Q magnitudes of a sound that comes in blocks of any size.

    Give every block to ``push`` and then call ``finish``; the magnitudes that they return, one
    after the other, are the same whatever the sizes of the blocks.

    Raises:
        SettingsError: the highest filter does not fit below half the sample rate, or the hop
            cannot be halved for each octave.
    """

    def __init__(
        self,
        sample_rate: int,
        tuning: float = 0.0,
        hop_length: int = 512,
        padding: Padding = "zeros",
    ) -> None:
        halvings = _early_halvings(sample_rate, tuning, hop_length)
        bank = _bank(sample_rate / 2**halvings, tuning)
        self._early = _Thinned(2**halvings) if halvings else None
        self._halved = [_Thinned(2) for _ in range(OCTAVES - 1)]
        hop = hop_length >> halvings
        self._octaves = [_Octave(bank, hop >> i, padding) for i in range(OCTAVES)]
        self._made: list[list[Floats]] = [[] for _ in range(OCTAVES)]

    def push(self, block: Floats) -> Floats:
        """Return the magnitudes that became ready [shape=(frames, 84)], lowest tone first."""
        samples = self._early.push(block) if self._early else block
        for i, octave in enumerate(self._octaves):
            self._made[i].append(octave.push(samples))
            if i < OCTAVES - 1:
                samples = self._halved[i].push(samples)
        return self._ready()

    def finish(self) -> Floats:
        """Return the remaining magnitudes [shape=(frames, 84)]."""
        samples = self._early.finish() if self._early else np.empty(0, np.float32)
        for i, octave in enumerate(self._octaves):
            self._made[i] += [octave.push(samples), octave.finish()]
            if i < OCTAVES - 1:
                thinned = self._halved[i]
                samples = np.concatenate([thinned.push(samples), thinned.finish()])
        return self._ready()

    def _ready(self) -> Floats:
        """Take the frames that all octaves have."""
        made = [parts[0] if len(parts) == 1 else np.concatenate(parts) for parts in self._made]
        frames = min(len(octave) for octave in made)
        ready = np.empty((frames, BINS), np.float32)
        for i, octave in enumerate(made):
            low = BINS - (i + 1) * BINS_PER_OCTAVE
            ready[:, low : low + BINS_PER_OCTAVE] = octave[:frames]
            self._made[i] = [octave[frames:].copy()]
        return ready


class _Octave:
    """Magnitudes of twelve filters, from the samples of one rate."""

    def __init__(self, bank: Floats, hop_length: int, padding: Padding) -> None:
        self._bank = bank
        self._hop = hop_length
        self._padding: Padding = padding
        self._half = len(bank) // 2
        self._held = np.empty(0, np.float32)
        self._place = 0  # of the next frame in what is held
        self._begun = False

    def push(self, samples: Floats) -> Floats:
        self._held = np.concatenate([self._held, samples]) if len(self._held) else samples
        if self._begun:
            return self._magnitudes()
        if len(self._held) < 4 * self._half:
            return np.empty((0, BINS_PER_OCTAVE), np.float32)
        self._begun = True
        # The frames that reach before the sound are made apart: padding all would copy it.
        whole, self._held = self._held, self._padded_start(self._held[: 3 * self._half])
        first = self._magnitudes(-(-self._half // self._hop))
        self._held, self._place = whole, len(first) * self._hop - self._half
        return np.concatenate([first, self._magnitudes()])

    def finish(self) -> Floats:
        if self._begun:
            end = pad(self._held[-self._half - 1 :], self._half, self._padding)[-self._half :]
            self._held = np.concatenate([self._held, end])
        elif len(self._held):
            self._held = pad(self._held, self._half, self._padding)
        return self._magnitudes()

    def _padded_start(self, samples: Floats) -> Floats:
        return pad(samples, self._half, self._padding)[: len(samples) + self._half]

    def _magnitudes(self, most: int | None = None) -> Floats:
        length = len(self._bank)
        count = max(0, (len(self._held) - self._place - length) // self._hop + 1)
        count = count if most is None else min(most, count)
        made = np.empty((count, BINS_PER_OCTAVE), np.float32)
        if count:
            views = np.lib.stride_tricks.sliding_window_view(self._held[self._place :], length)
            views = views[:: self._hop]
            for first in range(0, count, _BLOCK_FRAMES):
                block = slice(first, min(first + _BLOCK_FRAMES, count))
                products = np.ascontiguousarray(views[block]) @ self._bank
                np.abs(products.view(np.complex64), out=made[block])
        self._place += count * self._hop
        # Half a filter stays, to be mirrored should the sound end here.
        drop = max(0, min(self._place, len(self._held) - self._half - 1))
        self._held = self._held[drop:].copy()
        self._place -= drop
        return made


class _Thinned:
    """A sound at a fraction of its rate, one sample for each ``factor`` begun, of equal energy.

    The energy could be kept by the filters just as well. But where a sound begins softly, what
    soxr leaves there is rounding of the loud part to come, and equal to librosa's only if soxr is
    given the very same samples.
    """

    def __init__(self, factor: int) -> None:
        self._factor = factor
        self._amplitude = np.sqrt(1 / factor)
        self._stream = soxr.ResampleStream(factor, 1, 1, dtype="float32", quality="soxr_hq")
        self._taken = self._given = 0

    def push(self, samples: Floats) -> Floats:
        blocks = (samples[first : first + _BLOCK_SAMPLES]
                  for first in range(0, len(samples), _BLOCK_SAMPLES))  # fmt: skip
        made = [self._thinned(block) for block in blocks]
        thinned = np.concatenate(made) if made else np.empty(0, np.float32)
        self._taken += len(samples)
        self._given += len(thinned)
        return thinned

    def finish(self) -> Floats:
        rest = self._thinned(np.empty(0, np.float32), last=True)
        due = -(-self._taken // self._factor) - self._given
        return np.pad(rest[:due], (0, max(0, due - len(rest))))

    def _thinned(self, block: Floats, *, last: bool = False) -> Floats:
        made: Floats = self._stream.resample_chunk(np.ascontiguousarray(block), last=last)
        made /= self._amplitude  # in double precision, then rounded
        return made


def _early_halvings(sample_rate: int, tuning: float, hop_length: int) -> int:
    """Return how often the sound is halved before the highest octave, as librosa decides it."""
    reach, nyquist = highest_hz(tuning), sample_rate / 2
    if reach > nyquist:
        raise SettingsError(
            f"a sample rate of {sample_rate} Hz; the constant-Q transform reaches to "
            f"{reach:.0f} Hz and expects at least twice that: take a higher sample rate."
        )
    spare = (hop_length & -hop_length).bit_length() - OCTAVES  # halvings of the hop not needed
    if spare < 0:
        raise SettingsError(f"a hop of {hop_length} samples; the constant-Q transform expects a "
                            f"multiple of {2 ** (OCTAVES - 1)}.")
    return min(max(0, int(np.ceil(np.log2(nyquist / reach))) - 2), spare)


class _Filter(NamedTuple):
    """One filter in time: complex, of unit summed magnitude, and its length with fractions."""

    taps: NDArray[np.complex128]
    length: float


def _filter(hz: float, rate: float) -> _Filter:
    length = _QUALITY * rate / hz
    places = np.arange(-length // 2, length // 2)
    window = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(len(places)) / len(places))
    return _Filter(np.exp(2j * np.pi * hz / rate * places) * window / window.sum(), length)


@lru_cache(maxsize=64)
def _bank(rate: float, tuning: float) -> Floats:
    """Return the highest octave's filters in time [shape=(n_fft, 24)]: real and imaginary part
    side by side, so that a product with frames can be read as complex."""
    lowest = LOWEST_HZ * 2.0 ** (tuning / BINS_PER_OCTAVE + OCTAVES - 1)
    filters = [_filter(lowest * 2.0 ** (k / BINS_PER_OCTAVE), rate) for k in range(BINS_PER_OCTAVE)]
    n_fft = 1 << int(np.ceil(np.log2(filters[0].length)))
    bank = np.empty((n_fft, BINS_PER_OCTAVE), np.complex64)
    for k, (taps, length) in enumerate(filters):
        before = (n_fft - len(taps)) // 2
        centred = np.zeros(n_fft, np.complex128)
        centred[before : before + len(taps)] = taps
        spectrum = np.fft.fft(centred)[: n_fft // 2 + 1] * (np.sqrt(length) / n_fft)
        kept = np.where(_strong(np.abs(spectrum)), spectrum, 0)
        # The product of two spectra, summed over bins, is a sum over samples: bring the filter's
        # half spectrum back to time.
        bank[:, k] = np.fft.fft(kept, n_fft)
    return bank.view(np.float32)


def _strong(magnitudes: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Tell which bins stay when the weakest hundredth of the sum is dropped."""
    ascending = np.sort(magnitudes)
    running = np.cumsum(ascending / ascending.sum())
    strong: NDArray[np.bool_] = magnitudes >= ascending[np.argmax(running >= _DROPPED_SHARE)]
    return strong
