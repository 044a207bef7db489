"""Near-duplicate fingerprints: the same recording again, louder, re-encoded or cut elsewhere.

Every 23 ms a frame gives one word of 32 bits: whether the difference between neighbouring bands
grew or fell since the frame before. Gain cancels, equalisers and lossy codecs flip few bits, and
as frames are 0.37 s long and overlap, a shift that is no whole number of hops flips few, too.
Another performance, or another passage of the same piece, agrees in some seconds at most.

A second word says which of these bits are firm: that the change was large against the power there.
A codec, noise or a shift flips bits that were not firm anyway; another melody over the same loop
turns firm ones. That is what tells a copy from a piece that is nearly the same.

Speed and pitch are not forgiven: a copy that runs 3 % faster is another recording to this module.

Source: Haitsma & Kalker, "A highly robust audio fingerprinting system", ISMIR 2002. Theirs hops
by 11.6 ms; twice that halves the work and loses nothing on the pairs tried. New are the word 0 for
frames that hold nothing, which match nothing, the firm bits, and that all offsets are compared by
correlation.
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
VERSION = 2  # part of the keys under which fingerprints are cached

_N_FFT, _HOP = 2048, 128
_BITS = 32
_LOW_HZ, _HIGH_HZ = 300.0, 2000.0
_FAINT = 1e-7  # of the loudest frame's power: 70 dB below
_FIRM = 0.04  # a change, of the power in the four cells it is taken from
_TINY = 1e-20
_AT_ONCE = 2048  # frames transformed together
_LEAST_SECONDS = 1.5
_LEAST_SHARE = 0.6  # songs repeat refrains to the sample: half an excerpt may be another's
_CELL_BITS = 4  # a cell of what is compared is a second of so many neighbouring bits
_CELL_FIRM = 20  # bits that must be firm in both for a cell to count
_CELL_SHARE = 0.1  # of all cells that must count
_MOST_WORDS = 4096  # different ones of a recording that are entered: 95 s of music, or a sample
_MIX = np.uint32(2_654_435_761)  # Knuth's multiplier: spreads words that are alike
_REACH = 24  # neighbours among equal words that are looked at

Samples = NDArray[np.float32]
Words = NDArray[np.uint32]
Planes = NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Fingerprint:
    """What is left of a recording.

    Attributes:
        words: one a frame [shape=(frames,)], uint32; 0 where there is nothing to hear.
        firm: which bits of each word are firm [shape=(frames,)], uint32; None for all.
    """

    words: Words
    firm: Words | None = None

    @property
    def heard_frames(self) -> int:
        """How many frames hold something."""
        return int(np.count_nonzero(self.words))


def fingerprint(samples: Samples, sample_rate: int) -> Fingerprint:
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
    printer = Printer()
    printer.add(_resampled(samples, sample_rate))
    return printer.end()


class Printer:
    """Makes the fingerprint of a recording while it streams, in bounded memory."""

    def __init__(self) -> None:
        self._held: Samples = np.zeros(_N_FFT // 2, np.float32)  # the first frame is centred on 0
        self._last: NDArray[np.float32] | None = None  # energies of the frame before
        self._words: list[Words] = []
        self._firm: list[Words] = []
        self._loud: list[NDArray[np.float32]] = []

    def add(self, block: Samples) -> None:
        """Take the next samples [shape=(n,)], mono at ``SAMPLE_RATE``."""
        self._held = np.concatenate([self._held, block])
        while len(self._held) >= _N_FFT + _AT_ONCE * _HOP:
            self._print(_AT_ONCE)

    def end(self) -> Fingerprint:
        """Return the fingerprint of all that was taken."""
        short = max(0, _N_FFT + _N_FFT // 2 - len(self._held)) if self._last is None else 0
        self._held = np.pad(self._held, (0, short + _N_FFT // 2))
        self._print(1 + (len(self._held) - _N_FFT) // _HOP)
        words, loud = np.concatenate(self._words), np.concatenate(self._loud)
        words[loud <= _FAINT * loud.max(initial=0.0)] = 0
        return Fingerprint(words, np.concatenate(self._firm))

    def _print(self, frames: int) -> None:
        """Turn the first frames of what is held into words."""
        samples = self._held[: (frames - 1) * _HOP + _N_FFT]
        self._held = self._held[frames * _HOP :]
        powers = dsp.power(dsp.transform(samples, _N_FFT, _HOP))
        energies = np.add.reduceat(powers, _edges(), axis=1)[:, :-1]  # (frames, 33)
        if self._last is not None:
            energies = np.concatenate([self._last, energies])
        self._last = energies[-1:]
        change = np.diff(energies[:, :-1] - energies[:, 1:], axis=0)  # (frames - 1, bits)
        there = energies[:-1, :-1] + energies[:-1, 1:] + energies[1:, :-1] + energies[1:, 1:]
        self._words.append(_packed(change > 0))
        self._firm.append(_packed(np.abs(change) > _FIRM * np.maximum(there, _TINY)))
        self._loud.append(energies[1:].sum(axis=1))


def similarity(a: Fingerprint, b: Fingerprint) -> float:
    """Return how far two recordings agree at their best alignment, in [0, 1].

    In each cell, a second of four neighbouring bits, those that are firm in both are correlated: 1
    when all agree, 0 when half do. The value is 1 less the root of the mean square of what is
    missing from 1. A plain mean would not do: music repeats itself, so another passage or another
    tune over the same loop may agree well in most cells, yet never in nearly all.

    Only alignments at which at least 60 % of the shorter one, and 1.5 s, are heard in both are
    tried; without any such, or where hardly a bit is firm, the similarity is 0.
    """
    aligned = _align(a, b)
    if aligned is None:
        return 0.0
    first, second = aligned
    agreed, firm = _cells(first * second), _cells(np.abs(first * second))
    counted = firm >= _CELL_FIRM
    if counted.sum() < max(1.0, _CELL_SHARE * counted.size):
        return 0.0
    missing = 1 - agreed[counted] / firm[counted]
    return max(0.0, float(1 - np.sqrt(np.mean(missing**2))))


@dataclass
class Index:
    """Finds the pairs worth comparing, by words that recordings share.

    The work grows with the number of recordings, not of pairs: words are sorted, and each is
    looked up among its equals only. A word that very many share says little and is not followed
    to the last of them. Of a long recording a sample of words is entered, chosen by the words
    themselves, so that recordings of any two lengths still meet.
    """

    _names: list[str] = field(default_factory=list)
    _words: list[NDArray[np.uint32]] = field(default_factory=list)

    def add(self, name: str, print_: Fingerprint) -> None:
        """Enter a recording."""
        self._names.append(name)
        words = np.unique(print_.words)
        words = words[words > 0]
        halvings = max(0, (len(words) - 1) // _MOST_WORDS).bit_length()
        if halvings:
            words = words[words * _MIX >> np.uint32(32 - halvings) == 0]
        self._words.append(words)

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


def _resampled(samples: Samples, sample_rate: int) -> Samples:
    import soxr

    floats = np.ascontiguousarray(samples, dtype=np.float32)
    if sample_rate != SAMPLE_RATE:
        floats = soxr.resample(floats, sample_rate, SAMPLE_RATE, quality="MQ")
    return floats


def _packed(bits: NDArray[np.bool_]) -> Words:
    return bits.astype(np.uint32) @ (np.uint32(1) << np.arange(_BITS, dtype=np.uint32))


@cache
def _edges() -> NDArray[np.intp]:
    edges_hz = np.geomspace(_LOW_HZ, _HIGH_HZ, _BITS + 2)
    return np.searchsorted(dsp.frequencies(SAMPLE_RATE, _N_FFT), edges_hz)


def _align(a: Fingerprint, b: Fingerprint) -> tuple[Planes, Planes] | None:
    """Return the firm planes of both where all their bits agree best, or None without overlap."""
    shorter = min(a.heard_frames, b.heard_frames)
    least = max(_LEAST_SECONDS / HOP_SECONDS, _LEAST_SHARE * shorter)
    if shorter < least:
        return None
    offset = _offset(a, b, least)
    if offset is None:
        return None
    start, other = max(offset, 0), max(-offset, 0)
    length = min(len(a.words) - start, len(b.words) - other)
    return _firm_planes(a, start, length), _firm_planes(b, other, length)


def _offset(a: Fingerprint, b: Fingerprint, least: float) -> int | None:
    """Return how many frames later in ``a`` is what begins ``b``."""
    first, second = _planes(a.words), _planes(b.words)
    size = 1 << (first.shape[1] + second.shape[1]).bit_length()
    both = _correlate(_heard(a)[None], _heard(b)[None], size)
    agreed = _correlate(first, second, size) / np.maximum(both, 1)
    enough = both > least - 0.5
    if not enough.any():
        return None
    offset = int(np.where(enough, agreed, -np.inf).argmax())
    return offset - size if offset >= first.shape[1] else offset  # circular: those of a before b


def _cells(values: Planes) -> NDArray[np.float32]:
    """Return the sums over cells [shape=(bits / 4, seconds)]; half a second at the end is one."""
    second = round(1 / HOP_SECONDS)
    starts = np.arange(0, max(1, values.shape[1] - second // 2), second)
    summed: NDArray[np.float32] = np.add.reduceat(
        values.reshape(_BITS // _CELL_BITS, _CELL_BITS, -1).sum(axis=1), starts, axis=1
    )
    return summed


def _heard(print_: Fingerprint) -> Planes:
    return np.sign(print_.words).astype(np.float32)


def _firm_planes(print_: Fingerprint, start: int, length: int) -> Planes:
    """Return a stretch of the planes with 0 for what is not firm, too."""
    planes = _planes(print_.words[start : start + length])
    if print_.firm is None:
        return planes
    return planes * _bits(print_.firm[start : start + length])


def _planes(words: Words) -> Planes:
    """Return each bit over time as 1 or -1, 0 where nothing is heard [shape=(bits, frames)]."""
    return (2 * _bits(words) - 1) * np.sign(words).astype(np.float32)


def _bits(words: Words) -> Planes:
    shifted = words >> np.arange(_BITS, dtype=np.uint32)[:, None]
    return (shifted & np.uint32(1)).astype(np.float32)


def _correlate(a: Planes, b: Planes, size: int) -> NDArray[np.float32]:
    """Return the sums of products over all rows at every offset [shape=(size,)], circular."""
    spectrum = (np.fft.rfft(a, size) * np.conj(np.fft.rfft(b, size))).sum(axis=0)
    sums: NDArray[np.float32] = np.fft.irfft(spectrum, size).astype(np.float32)
    return sums
