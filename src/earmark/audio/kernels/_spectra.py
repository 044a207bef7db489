"""The kernels that transform frames: powers of two in vectors of frames, see ``_passes``; other
lengths by scipy, imported where they are met. What each returns stands in ``plain``."""

from __future__ import annotations

from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray

from earmark.audio.kernels import _fft, _inverse, plain
from earmark.audio.kernels.memory import empty

Floats = NDArray[np.float32]
Doubles = NDArray[np.float64]
Complexes = NDArray[np.complex64]

_BLOCK_FRAMES = 16  # what scipy returns of so many comes from memory that is there
_jit: Any = numba.njit(
    nogil=True, cache=True, error_model="numpy", fastmath={"contract", "reassoc", "nnan", "nsz"}
)


def rfft(frames: Floats, window: Floats) -> Complexes:
    spectrum = empty((len(frames), 1 + len(window) // 2), np.complex64)  # (frames, bins)
    if _fft.fits(frames, window):
        _fft.forward(frames, window.astype(np.float32), spectrum)
        return spectrum
    import scipy.fft

    for first in range(0, len(frames), _BLOCK_FRAMES):
        block = slice(first, first + _BLOCK_FRAMES)
        spectrum[block] = scipy.fft.rfft(frames[block] * window, axis=1, overwrite_x=True)
    return spectrum


def spectra(frames: Floats, window: Floats) -> tuple[Complexes, Floats, Floats]:
    shape = (len(frames), 1 + len(window) // 2)
    spectrum, power, magnitude = empty(shape, np.complex64), empty(shape), empty(shape)
    if _fft.fits(frames, window):
        _fft.forward(frames, window.astype(np.float32), spectrum, power, magnitude)
        return spectrum, power, magnitude
    import scipy.fft

    windowed = empty((_BLOCK_FRAMES, len(window)))
    for first in range(0, len(frames), _BLOCK_FRAMES):
        block = slice(first, min(first + _BLOCK_FRAMES, len(frames)))
        part = windowed[: block.stop - block.start]
        np.multiply(frames[block], window, out=part)
        made = scipy.fft.rfft(part, axis=1, overwrite_x=True)
        _squared(made, spectrum[block], power[block], magnitude[block])
    return spectrum, power, magnitude


@_jit
def _squared(made: Complexes, spectrum: Complexes, power: Floats, magnitude: Floats) -> None:
    for t in range(made.shape[0]):
        for k in range(made.shape[1]):
            value = made[t, k]
            squared = value.real * value.real + value.imag * value.imag
            spectrum[t, k] = value
            power[t, k] = squared
            magnitude[t, k] = np.sqrt(squared)


def powers(frames: Floats, window: Doubles, out: Floats, exact: bool) -> None:
    rounded: Floats | Doubles = window.astype(np.float32)
    if exact:
        rounded = window.astype(np.float64)
    if _fft.fits(frames, rounded) and _fft.takes(out, len(frames), len(window)):
        _fft.forward_powers(frames, rounded, out)
        return
    if exact:
        plain.powers(frames, window, out, exact)  # scipy is no faster in double precision
        return
    import scipy.fft

    windowed = empty((_BLOCK_FRAMES, len(window)))
    for first in range(0, len(frames), _BLOCK_FRAMES):
        block = slice(first, min(first + _BLOCK_FRAMES, len(frames)))
        part = windowed[: block.stop - first]
        np.multiply(frames[block], rounded, out=part)
        _powers(scipy.fft.rfft(part, axis=1, overwrite_x=True), out[block])


def magnitudes(frames: Floats, window: Doubles, out: Floats) -> None:
    exact = window.astype(np.float64)
    if not _fft.fits(frames, exact):
        plain.magnitudes(frames, window, out)
        return
    # Rounded where plain rounds, so that the two differ by no more than a transform's rounding in
    # double precision: votes on a tuning may hang on the last digit.
    rounded = empty(out.shape, np.complex64)
    _fft.forward(frames, exact, rounded)
    np.abs(rounded, out=out)


@_jit
def _powers(spectrum: Complexes, out: Floats) -> None:
    for t in range(spectrum.shape[0]):
        for k in range(spectrum.shape[1]):
            value = spectrum[t, k]
            out[t, k] = value.real * value.real + value.imag * value.imag


def overlap_add(spectrum: Complexes, mask: Floats | None, window: Floats, hop: int) -> Floats:
    n_fft = len(window)
    added: Floats = empty(((len(spectrum) - 1) * hop + n_fft,))
    added[:] = 0
    if _inverse.fits(spectrum, mask, window):
        _inverse.overlap_add(spectrum, mask, window, hop, added)
        return added
    import scipy.fft

    masked = empty((_BLOCK_FRAMES, spectrum.shape[1]), np.complex64)
    for first in range(0, len(spectrum), _BLOCK_FRAMES):
        block = spectrum[first : first + _BLOCK_FRAMES]
        if mask is not None:
            _masked(block, mask[first : first + _BLOCK_FRAMES], masked)
            block = masked[: len(block)]
        frames = scipy.fft.irfft(block, n=n_fft, axis=1)
        _add_frames(frames, window, hop, added[first * hop :])
    return added


@_jit
def _masked(spectrum: Complexes, mask: Floats, masked: Complexes) -> None:
    for t in range(spectrum.shape[0]):
        for k in range(spectrum.shape[1]):
            value, factor = spectrum[t, k], mask[t, k]
            masked[t, k] = complex(value.real * factor, value.imag * factor)


@_jit
def _add_frames(frames: Floats, window: Floats, hop: int, added: Floats) -> None:
    for t in range(frames.shape[0]):
        goal = added[t * hop : t * hop + frames.shape[1]]
        for n in range(frames.shape[1]):
            goal[n] += frames[t, n] * window[n]


def warm() -> None:
    """Run every kernel once, by the way of powers of two; the other is compiled when it is met."""
    samples = np.sin(np.arange(4096, dtype=np.float32))
    window = np.ones(64, np.float32)
    frames = np.lib.stride_tricks.sliding_window_view(samples, 64)[::16]
    spectrum, power, magnitude = spectra(frames, window)
    rfft(frames, window)
    for exact in (False, True):
        powers(frames, window.astype(np.float64), power, exact)
    magnitudes(frames, window.astype(np.float64), power)
    overlap_add(spectrum, magnitude, window, 16)
    overlap_add(spectrum, None, window, 16)
