"""Signal processing with values equal to librosa 0.11's; the inner loops are ``kernels``.

Time runs down the rows: every spectrum is ``(frames, bins)`` in C order, so that a frame is
contiguous and a pass over frames is a pass over memory. librosa's arrays are the transpose.

The harmonic-percussive separation never builds the percussive spectrum: with margin 1 the two
soft masks add up to one, and an inverse STFT that follows its STFT gives the signal back, so the
percussive part is the signal less the harmonic part.
"""

from __future__ import annotations

import math
from functools import lru_cache
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from earmark.audio import kernels
from earmark.audio.melbands import mel_filters as mel_filters
from earmark.audio.votes import Votes

Padding = Literal["reflect", "zeros", "edge"]
Floats = NDArray[np.float32]
Complexes = NDArray[np.complex64]

_FAINTEST = np.float32(1e-10)
_TINY = float(np.finfo(np.float32).tiny)


@lru_cache(maxsize=16)
def exact_hann(length: int) -> NDArray[np.float64]:
    """Return the periodic Hann window [shape=(length,)].

    Rounded to float32 it lets a tone leak into far bins at -150 dB.
    """
    window: NDArray[np.float64] = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(length) / length)
    return window


@lru_cache(maxsize=16)
def hann(length: int) -> Floats:
    """Return ``exact_hann`` in float32."""
    return exact_hann(length).astype(np.float32)


@lru_cache(maxsize=16)
def framed_hann(length: int, n_fft: int, *, centred: bool) -> NDArray[np.float64]:
    """Return ``exact_hann`` with zeros around it [shape=(n_fft,)]: in the middle, or all of them
    behind."""
    before = (n_fft - length) // 2 if centred else 0
    return np.pad(exact_hann(length), (before, n_fft - length - before))


def pad(samples: Floats, width: int, padding: Padding) -> Floats:
    """Return the samples with ``width`` more at each end: reflected, zero or the edge value."""
    mode: Literal["constant", "reflect", "edge"] = "constant" if padding == "zeros" else padding
    return np.pad(samples, width, mode=mode)


def frame(padded: Floats, length: int, hop_length: int) -> Floats:
    """Return overlapping frames [shape=(frames, length)] as a view."""
    return np.lib.stride_tricks.sliding_window_view(padded, length)[::hop_length]


def stft(
    samples: Floats, n_fft: int = 2048, hop_length: int = 512, padding: Padding = "reflect"
) -> Complexes:
    """Return the centred short-time Fourier transform [shape=(1 + n // hop, 1 + n_fft // 2)].

    Frame t is centred on sample ``t * hop_length``; the window is a periodic Hann window.
    """
    return transform(pad(samples, n_fft // 2, padding), n_fft, hop_length)


def transform(padded: Floats, n_fft: int, hop_length: int) -> Complexes:
    """Return the transforms of all whole frames of padded samples [shape=(frames, bins)]."""
    return kernels.active().rfft(frame(padded, n_fft, hop_length), hann(n_fft))  # type: ignore[no-any-return]


def istft(
    spectrum: Complexes,
    hop_length: int = 512,
    length: int | None = None,
    mask: Floats | None = None,
) -> Floats:
    """Return the signal of a centred STFT, up to the last frame's centre or to ``length``.

    The squared-window sum is divided out. ``hop_length`` must divide the frame length.

    Args:
        length: in samples, at most half a frame past the last frame's centre; None for
            ``hop_length * (frames - 1)``.
        mask: factor of each bin, of the spectrum's shape.
    """
    n_fft = 2 * (spectrum.shape[1] - 1)
    signal: Floats = kernels.active().overlap_add(spectrum, mask, hann(n_fft), hop_length)
    sums = _window_sums(len(spectrum), n_fft, hop_length)
    np.divide(signal, sums.reshape(-1), out=signal)
    start = n_fft // 2
    if length is None:
        length = hop_length * (len(spectrum) - 1)
    return signal[start : start + length]


@lru_cache(maxsize=8)
def _window_sums(frames: int, n_fft: int, hop_length: int) -> Floats:
    """Return what the squared windows of all frames add up to [shape=(hops, hop_length)]."""
    overlap = n_fft // hop_length
    squared = np.square(hann(n_fft)).reshape(overlap, hop_length)
    sums = np.zeros((frames + overlap - 1, hop_length), np.float32)
    for part in range(overlap):
        sums[part : part + frames] += squared[part]
    sums[sums <= _TINY] = 1
    return sums


class Spectrum(NamedTuple):
    """Short-time spectra in three forms [shape=(frames, bins) each]."""

    values: Complexes
    powers: Floats
    magnitudes: Floats


def spectra(padded: Floats, n_fft: int, hop_length: int) -> Spectrum:
    """Return ``transform`` with its squared magnitudes and its magnitudes, made in one pass."""
    return Spectrum(*kernels.active().spectra(frame(padded, n_fft, hop_length), hann(n_fft)))


def power(spectrum: Complexes) -> Floats:
    """Return the squared magnitude, without the square root that ``abs`` would take."""
    squared: Floats = np.square(spectrum.real)
    squared += np.square(spectrum.imag)
    return squared


def frequencies(sample_rate: int, n_fft: int) -> NDArray[np.float64]:
    """Return the centre of each bin in Hz [shape=(1 + n_fft // 2,)]."""
    hz = np.arange(1 + n_fft // 2, dtype=np.float64)
    hz *= sample_rate / n_fft
    return hz


def power_to_db(
    powers: Floats, top_db: float | None = 80.0, highest: float | None = None
) -> Floats:
    """Return decibels of power (reference 1, floor 1e-10), no lower than ``top_db`` below the
    highest value.

    Args:
        highest: power that counts as the highest value; None for that of the array.
    """
    decibels: Floats = np.log10(np.maximum(powers, _FAINTEST))
    decibels *= np.float32(10)
    if top_db is not None:
        top = decibels.max() if highest is None else _decibels(highest)
        np.maximum(decibels, np.float32(top - top_db), out=decibels)
    return decibels


def _decibels(power: float) -> float:
    return 10 * math.log10(max(power, float(_FAINTEST)))


def median_filter(values: Floats, width: int, axis: int) -> Floats:
    """Return the running median of odd ``width`` along an axis of a table, mirrored at the edges
    (the edge value twice)."""
    lines = np.ascontiguousarray(np.moveaxis(values, axis, 0))
    mirrored = np.pad(lines, ((width // 2, width // 2), (0, 0)), mode="symmetric")
    medians = kernels.active().running_median(mirrored, width)
    return np.ascontiguousarray(np.moveaxis(medians, 0, axis))


def harmonic_mask(magnitudes: Floats, width: int = 31) -> Floats:
    """Return the share of each bin that is harmonic, in [0, 1]; the rest is percussive.

    Medians along time keep what lasts, medians along frequency what is broad; the mask is the
    ratio of their squares, and one half where both are zero.

    Source: Fitzgerald, "Harmonic/percussive separation using median filtering", DAFx 2010.
    """
    return kernels.active().harmonic_mask(magnitudes, width)  # type: ignore[no-any-return]


def separate(
    samples: Floats,
    spectrum: Complexes,
    magnitudes: Floats,
    hop_length: int = 512,
    length: int | None = None,
) -> tuple[Floats, Floats]:
    """Return the harmonic and percussive signals, each as long as ``istft`` makes it.

    ``spectrum`` and ``magnitudes`` are those of ``samples``.
    """
    harmonic = istft(spectrum, hop_length, length, harmonic_mask(magnitudes))
    return harmonic, samples[: len(harmonic)] - harmonic


@lru_cache(maxsize=16)
def dct_filters(count: int, bands: int) -> Floats:
    """Return the first rows of the orthonormal DCT-II matrix [shape=(count, bands)]."""
    rows = np.cos(np.pi / bands * np.outer(np.arange(count), np.arange(bands) + 0.5))
    rows *= np.sqrt(2 / bands)
    rows[0] *= np.sqrt(0.5)
    return rows.astype(np.float32)


@lru_cache(maxsize=256)
def chroma_filters(sample_rate: int, n_fft: int, tuning: float) -> Floats:
    """Return weights of each bin for the twelve pitch classes from C on [shape=(12, bins)].

    Gaussian bumps a semitone wide, unit length a bin, weighted by a broad Gaussian over octaves
    centred on the fifth.

    Args:
        tuning: deviation from A440 in semitones.

    Source: Ellis, "Chroma feature analysis and synthesis", 2007.
    """
    hz = np.linspace(0, sample_rate, n_fft, endpoint=False)[1:]
    tones = 12 * np.log2(hz / (440.0 * 2.0 ** (tuning / 12) / 16))  # semitones above A0
    tones = np.concatenate([[tones[0] - 18], tones])  # 0 Hz: an octave and a half below bin 1
    widths = np.concatenate([np.maximum(np.diff(tones), 1), [1]])
    distance = np.remainder(tones - np.arange(12)[:, None] + 126, 12) - 6
    weights = np.exp(-0.5 * np.square(2 * distance / widths))
    weights /= np.sqrt(np.square(weights).sum(axis=0))
    weights *= np.exp(-0.5 * np.square((tones / 12 - 5) / 2))
    from_c: Floats = np.roll(weights, -3, axis=0)[:, : 1 + n_fft // 2].astype(np.float32)
    return from_c


def estimate_tuning(powers: Floats, sample_rate: int, n_fft: int) -> float:
    """Return the deviation from A440 in semitones, in [-0.5, 0.5), a hundredth at a time.

    Spectral peaks between 150 and 4000 Hz that reach a tenth of their frame's highest value are
    refined by a parabola; the stronger half votes. 0 when there are none.
    """
    votes = Votes()
    votes.add(*pitches(powers, sample_rate, n_fft))
    return votes.semitones()


class Pitches(NamedTuple):
    """Spectral peaks of some frames.

    Attributes:
        hz: their frequencies [shape=(peaks,)].
        heights: as the spectrum they are of.
    """

    hz: Floats
    heights: Floats


def pitches(powers: Floats, sample_rate: int, n_fft: int) -> Pitches:
    """Return the peaks between 150 and 4000 Hz that reach a tenth of their frame's highest
    value."""
    hz = frequencies(sample_rate, n_fft)
    low, high = np.searchsorted(hz, [150.0, min(4000.0, sample_rate / 2)])
    low, high = max(int(low), 1), min(int(high), powers.shape[1] - 1)
    if low >= high:
        return Pitches(np.empty(0, np.float32), np.empty(0, np.float32))
    places, heights = kernels.active().peaks(powers, low, high, 0.1)
    return Pitches((places.astype(np.float64) * (sample_rate / n_fft)).astype(np.float32), heights)
