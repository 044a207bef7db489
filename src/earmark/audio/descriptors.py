"""Frame curves: one value, or a few, for each frame of a sound, equal to librosa 0.11's.

Each takes the spectrum that is already at hand, so that one STFT serves all. Spectra are
``(frames, bins)``; curves of one value are ``(frames,)``.
"""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from earmark.audio import dsp, kernels
from earmark.audio.dsp import Floats, Padding

Curve = NDArray[np.float64]

_SILENT_SAMPLE = 1e-10  # samples as small as this count as zero for zero crossings
_TEMPO_WINDOW_SECONDS = 8.0


class Spread(NamedTuple):
    """Centre and width of each frame's spectrum, in Hz [shape=(frames,) each]."""

    centroid_hz: Curve
    bandwidth_hz: Curve


def spread(magnitudes: Floats, hz: NDArray[np.float64]) -> Spread:
    """Return the spectral centroid and bandwidth; both 0 for a silent frame's part.

    The moments are summed in float64: the width is a small difference of large numbers.

    Args:
        hz: centre of each bin, evenly spaced from 0 on.
    """
    step = float(hz[1]) if len(hz) > 1 else 0.0
    total, first, second = kernels.active().moments(magnitudes).T
    total = np.where(total < np.finfo(np.float32).tiny, 1.0, total)
    centroid = first / total
    variance = second / total - np.square(centroid)
    return Spread(step * centroid, step * np.sqrt(np.maximum(variance, 0.0)))


def rolloff(magnitudes: Floats, hz: NDArray[np.float64], share: float = 0.85) -> Curve:
    """Return the frequency in Hz below which ``share`` of each frame's magnitude lies."""
    curve: Curve = hz[kernels.active().rolloff_bins(magnitudes, share)]
    return curve


def zero_crossing_rate(samples: Floats, frame_length: int = 2048, hop_length: int = 512) -> Curve:
    """Return the share of neighbouring samples that differ in sign, in [0, 1], a centred frame."""
    half = frame_length // 2
    return crossing_rate(dsp.pad(samples, half, "edge"), frame_length, hop_length)


def crossing_rate(
    padded: Floats, frame_length: int, hop_length: int, start: int = 0, stop: int | None = None
) -> Curve:
    """Return the zero-crossing rate of all whole frames of padded samples.

    Args:
        start, stop: where the sound begins and ends in them; the padding crosses nothing.
    """
    stop = len(padded) if stop is None else stop
    changes = kernels.active().sign_changes(
        padded, frame_length, hop_length, _SILENT_SAMPLE, start, stop
    )
    rate: Curve = changes / frame_length
    return rate


def rms(
    samples: Floats, padding: Padding, frame_length: int = 2048, hop_length: int = 512
) -> Curve:
    """Return the root mean square of the samples of each centred frame."""
    return frame_rms(dsp.pad(samples, frame_length // 2, padding), frame_length, hop_length)


def frame_rms(padded: Floats, frame_length: int, hop_length: int) -> Curve:
    """Return the root mean square of all whole frames of padded samples."""
    energies = kernels.active().frame_energies(padded, frame_length, hop_length)
    level: Curve = np.sqrt(energies / frame_length)
    return level


def chroma(powers: Floats, sample_rate: int, n_fft: int, tuning: float | None = None) -> Floats:
    """Return the strength of the twelve pitch classes from C on [shape=(frames, 12)], the
    strongest of each frame 1; all 0 for a silent frame.

    Args:
        tuning: deviation from A440 in semitones; None to estimate it from the spectrum.
    """
    if tuning is None:
        tuning = dsp.estimate_tuning(powers, sample_rate, n_fft)
    raw = powers @ dsp.chroma_filters(sample_rate, n_fft, tuning).T
    highest = raw.max(axis=1, keepdims=True)
    highest[highest < np.finfo(np.float32).tiny] = 1
    normed: Floats = raw / highest
    return normed


def mfcc(mel_db: Floats, count: int = 20) -> Floats:
    """Return mel-frequency cepstral coefficients [shape=(frames, count)] of mel decibels."""
    coefficients: Floats = mel_db @ dsp.dct_filters(count, mel_db.shape[1]).T
    return coefficients


def onset_strength(mel_db: Floats, n_fft: int = 2048, hop_length: int = 512) -> Floats:
    """Return how much louder each frame is than the one before [shape=(frames,)]: the median
    over bands of the rise in decibels, delayed by half a window as librosa has it."""
    return delayed_rises(kernels.active().median_rise(mel_db), n_fft, hop_length)


def delayed_rises(rises: Floats, n_fft: int, hop_length: int) -> Floats:
    """Return the onset strength of all frames from the rises between them [shape=(frames - 1,)]."""
    delay = 1 + n_fft // (2 * hop_length)
    delayed: Floats = np.concatenate([np.zeros(delay, np.float32), rises])[: len(rises) + 1]
    return delayed


def tempo(onsets: Floats, sample_rate: int, hop_length: int = 512) -> float:
    """Return the global tempo in beats a minute.

    Local autocorrelations over 8 seconds, each scaled to a highest value of 1, are averaged and
    weighted by a log-normal prior around 120 with a deviation of one octave, below 320.

    Source: Ellis, "Beat tracking by dynamic programming", 2007; Grosche et al., "Cyclic
    tempogram", 2010.
    """
    lags = int(_TEMPO_WINDOW_SECONDS * sample_rate / hop_length)
    tempos, prior = _tempo_prior(lags, sample_rate, hop_length)
    strength = _mean_autocorrelation(onsets.astype(np.float64), lags)
    return float(tempos[np.argmax(np.log1p(1e6 * strength) + prior)])


def _mean_autocorrelation(onsets: NDArray[np.float64], lags: int) -> NDArray[np.float64]:
    padded = np.pad(onsets, lags // 2, mode="linear_ramp")[: len(onsets) + lags - 1]
    window = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(lags) / lags)
    average = kernels.active().mean_autocorrelation
    return average(padded, window, fast_length(2 * lags - 1))  # type: ignore[no-any-return]


@lru_cache(maxsize=16)
def _tempo_prior(
    lags: int, sample_rate: int, hop_length: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    tempos = np.full(lags, np.inf)
    tempos[1:] = 60 * sample_rate / (hop_length * np.arange(1, lags))
    prior = np.full(lags, -np.inf)
    allowed = tempos < 320
    prior[allowed] = -0.5 * np.square(np.log2(tempos[allowed]) - np.log2(120))
    return tempos, prior


@lru_cache(maxsize=16)
def fast_length(least: int) -> int:
    """Return the smallest number at or above ``least`` whose only prime factors are 2, 3 and 5.

    >>> fast_length(687)
    720
    """
    best = 1 << (least - 1).bit_length()
    for fives in (5**i for i in range(12)):
        for odd in (fives * 3**j for j in range(18)):
            candidate = odd << max(0, -(-least // odd) - 1).bit_length()
            best = min(best, candidate)
    return best
