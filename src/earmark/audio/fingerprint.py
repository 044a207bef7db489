"""Near-duplicate fingerprints: the same recording again, louder, re-encoded or cut elsewhere.

Every 23 ms a frame gives one word of 32 bits: whether the difference between neighbouring bands
grew or fell since the frame before. Gain cancels, equalisers and lossy codecs flip few bits, and
as frames are 0.37 s long and overlap, a shift that is no whole number of hops flips few, too.
Another performance, or another passage of the same piece, agrees in some seconds at most.

Speed and pitch are not forgiven: a copy that runs 3 % faster is another recording to this module.

Source: Haitsma & Kalker, "A highly robust audio fingerprinting system", ISMIR 2002. Theirs hops
by 11.6 ms; twice that halves the work and loses nothing on the pairs tried. New are the word 0 for
frames that hold nothing, which match nothing, and that all offsets are compared by correlation.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache

import numpy as np
from numpy.typing import NDArray

from earmark.audio import dsp
from earmark.errors import AudioError

SAMPLE_RATE = 5512  # enough for the bands, in Hz
HOP_SECONDS = 128 / SAMPLE_RATE
VERSION = 1  # part of the keys under which fingerprints are cached

_N_FFT, _HOP = 2048, 128
_BITS = 32
_LOW_HZ, _HIGH_HZ = 300.0, 2000.0
_FAINT = 1e-7  # of the loudest frame's power: 70 dB below
_LEAST_SECONDS = 1.5
_LEAST_SHARE = 0.5
_WORST_SHARE = 0.1
_REACH = 24  # neighbours among equal words that are looked at


@dataclass(frozen=True, eq=False)
class Fingerprint:
    """What is left of a recording.

    Attributes:
        words: one a frame [shape=(frames,)], uint32; 0 where there is nothing to hear.
    """

    words: NDArray[np.uint32]

    @property
    def heard_frames(self) -> int:
        """How many frames hold something."""
        return int(np.count_nonzero(self.words))


def fingerprint(samples: NDArray[np.float32], sample_rate: int) -> Fingerprint:
    """Return the fingerprint of mono samples [shape=(n,)] in any rate; gain does not matter.

    Raises:
        AudioError: no samples, more than one channel, or values that are not finite.

    >>> fingerprint(np.zeros(22_050, np.float32), 22_050).heard_frames
    0
    """
    if samples.ndim != 1 or not len(samples):
        raise AudioError(f"samples of shape {samples.shape}; expected mono [shape=(n,)], n > 0.")
    if not np.isfinite(samples).all():
        raise AudioError("samples that are not finite numbers; expected audio: check the file.")
    energies = _energies(_resampled(samples, sample_rate))  # (frames, bands)
    grown = np.diff(energies[:, :-1] - energies[:, 1:], axis=0) > 0  # (frames - 1, bits)
    words = grown.astype(np.uint32) @ (np.uint32(1) << np.arange(_BITS, dtype=np.uint32))
    loud = energies.sum(axis=1)
    silent = loud[1:] <= _FAINT * loud.max(initial=0.0)
    words[silent] = 0
    return Fingerprint(words)


def similarity(a: Fingerprint, b: Fingerprint) -> float:
    """Return how far two recordings agree at their best alignment, in [0, 1].

    In each second the bits are correlated: 1 when all agree, about 0 when half do. The value is
    what nine seconds in ten reach. A mean would not do: music repeats itself, so another
    passage of the same piece may agree well in most seconds, yet never in nearly all.

    Only alignments at which at least half of the shorter one, and 1.5 s, are heard in both are
    tried; without any such the similarity is 0.
    """
    aligned = _align(a, b)
    if aligned is None:
        return 0.0
    first, second = aligned
    agreed = (first * second).mean(axis=0)  # (frames,)
    heard = first[0] * second[0] != 0
    starts = np.arange(0, len(agreed), round(1 / HOP_SECONDS))
    frames = np.add.reduceat(heard.astype(np.float32), starts)
    seconds = np.add.reduceat(agreed, starts)[frames > 0] / frames[frames > 0]
    return float(np.clip(np.quantile(seconds, _WORST_SHARE), 0, 1))


@dataclass
class Index:
    """Finds the pairs worth comparing, by words that recordings share.

    The work grows with the number of recordings, not of pairs: words are sorted, and each is
    looked up among its equals only. A word that very many share says little and is not followed
    to the last of them.
    """

    _names: list[str] = field(default_factory=list)
    _words: list[NDArray[np.uint32]] = field(default_factory=list)

    def add(self, name: str, print_: Fingerprint) -> None:
        """Enter a recording."""
        self._names.append(name)
        words = np.unique(print_.words)
        self._words.append(words[words > 0])

    def candidates(self, least_shared: int = 4) -> list[tuple[str, str]]:
        """Return the pairs that share at least so many words, in the order of entry."""
        if len(self._names) < 2:
            return []
        words = np.concatenate(self._words)
        owners = np.repeat(np.arange(len(self._words)), [len(w) for w in self._words])
        order = np.argsort(words, kind="stable")  # so that owners ascend among equal words
        words, owners = words[order], owners[order]
        shared = np.concatenate([np.empty(0, np.int64), *self._meetings(words, owners)])
        pairs, counts = np.unique(shared, return_counts=True)
        found = [divmod(int(p), len(self._names)) for p in pairs[counts >= least_shared]]
        return [(self._names[a], self._names[b]) for a, b in found]

    def _meetings(
        self, words: NDArray[np.uint32], owners: NDArray[np.intp]
    ) -> Iterator[NDArray[np.int64]]:
        """Yield a number for each two owners of one word, for one distance at a time."""
        for distance in range(1, min(_REACH, len(words) - 1) + 1):
            equal = np.flatnonzero(words[distance:] == words[:-distance])
            if not len(equal):
                return
            yield owners[equal] * len(self._names) + owners[equal + distance]


def _resampled(samples: NDArray[np.float32], sample_rate: int) -> NDArray[np.float32]:
    import soxr

    floats = np.ascontiguousarray(samples, dtype=np.float32)
    if sample_rate != SAMPLE_RATE:
        floats = soxr.resample(floats, sample_rate, SAMPLE_RATE, quality="MQ")
    return np.pad(floats, (0, max(0, _N_FFT - len(floats))))


def _energies(samples: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the power in 33 bands, each a semitone wide [shape=(frames, 33)]."""
    powers = dsp.power(dsp.stft(samples, _N_FFT, _HOP, "zeros"))
    return np.add.reduceat(powers, _edges(), axis=1)[:, :-1]


@cache
def _edges() -> NDArray[np.intp]:
    edges_hz = np.geomspace(_LOW_HZ, _HIGH_HZ, _BITS + 2)
    return np.searchsorted(dsp.frequencies(SAMPLE_RATE, _N_FFT), edges_hz)


def _align(
    a: Fingerprint, b: Fingerprint
) -> tuple[NDArray[np.float32], NDArray[np.float32]] | None:
    """Return the planes of both where they overlap best, or None where they hardly do."""
    shorter = min(a.heard_frames, b.heard_frames)
    least = max(_LEAST_SECONDS / HOP_SECONDS, _LEAST_SHARE * shorter)
    if shorter < least:
        return None
    first, second = _planes(a), _planes(b)
    size = 1 << (first.shape[1] + second.shape[1]).bit_length()
    both = _correlate(_heard(a)[None], _heard(b)[None], size)
    agreed = _correlate(first, second, size) / np.maximum(both, 1)
    enough = both > least - 0.5
    if not enough.any():
        return None
    offset = int(np.where(enough, agreed, -np.inf).argmax())
    offset -= size if offset >= first.shape[1] else 0  # circular: those are of a before b
    first, second = first[:, max(offset, 0) :], second[:, max(-offset, 0) :]
    length = min(first.shape[1], second.shape[1])
    return first[:, :length], second[:, :length]


def _heard(print_: Fingerprint) -> NDArray[np.float32]:
    return np.sign(print_.words).astype(np.float32)


def _planes(print_: Fingerprint) -> NDArray[np.float32]:
    """Return each bit over time as 1 or -1, 0 where nothing is heard [shape=(bits, frames)]."""
    bits = print_.words >> np.arange(_BITS, dtype=np.uint32)[:, None] & np.uint32(1)
    return (2 * bits.astype(np.float32) - 1) * _heard(print_)


def _correlate(
    a: NDArray[np.float32], b: NDArray[np.float32], size: int
) -> NDArray[np.float32]:
    """Return the sums of products over all rows at every offset [shape=(size,)], circular."""
    spectrum = (np.fft.rfft(a, size) * np.conj(np.fft.rfft(b, size))).sum(axis=0)
    sums: NDArray[np.float32] = np.fft.irfft(spectrum, size).astype(np.float32)
    return sums
