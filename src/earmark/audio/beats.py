"""Beats by dynamic programming, equal to librosa 0.11's.

Source: Ellis, "Beat tracking by dynamic programming", Journal of New Music Research, 2007.
"""

from __future__ import annotations

import itertools

import numpy as np
from numpy.typing import NDArray

from earmark.audio import kernels
from earmark.audio.dsp import Floats

_TIGHTNESS = 100.0  # how dear it is to leave the tempo
_NARROW = 32.0  # an onset counts for frames within some sixteenth of a beat


def track_beats(
    onsets: Floats, tempo: float, sample_rate: int, hop_length: int
) -> NDArray[np.intp]:
    """Return the frames of the beats, ascending; none where there are no onsets.

    Args:
        onsets: onset strength [shape=(frames,)].
        tempo: in beats a minute.
    """
    period = round(60 * sample_rate / (hop_length * tempo))
    if not onsets.any() or len(onsets) < 2 or period < 1:
        return np.empty(0, np.intp)
    score = _local_score(onsets, period)
    links, total = kernels.active().beat_links(score, period, _TIGHTNESS)
    found = [_last(total)]
    while (link := int(links[found[-1]])) >= 0:
        found.append(link)
    return _trimmed(score, np.asarray(found[::-1], dtype=np.intp))


def _local_score(onsets: Floats, period: int) -> NDArray[np.float64]:
    """Smear each onset, in units of their deviation, over the frames about it."""
    scaled = onsets.astype(np.float64)
    scaled /= scaled.std(ddof=1) + np.finfo(np.float32).tiny
    width = np.exp(-0.5 * np.square(np.arange(-period, period + 1) * _NARROW / period))
    smeared = np.convolve(scaled, width)
    score: NDArray[np.float64] = smeared[period : period + len(scaled)]
    return score


def _last(total: NDArray[np.float64]) -> int:
    """Return the last local highest score that is at least half their median."""
    padded = np.pad(total, 1, mode="edge")
    highest = np.flatnonzero((total > padded[:-2]) & (total >= padded[2:]))
    if not len(highest):
        return len(total) - 1
    good = highest[total[highest] >= 0.5 * np.median(total[highest])]
    return int(good[-1])


def _trimmed(score: NDArray[np.float64], beats: NDArray[np.intp]) -> NDArray[np.intp]:
    """Leave out beats before and after the frames whose score reaches half the beats' level."""
    window = np.hanning(5)
    level = np.convolve(score[beats], window)[2 : 2 + len(score)]
    threshold = 0.5 * np.sqrt(np.square(level).mean())
    loud = np.flatnonzero(score > threshold)
    if not len(loud):
        return beats[:0]
    within: NDArray[np.intp] = beats[(beats >= loud[0]) & (beats <= loud[-1])]
    return within


def beat_medians(curves: Floats, beats: NDArray[np.intp]) -> Floats:
    """Return the median of each stretch from a beat to the next [shape=(stretches, values)]; what
    comes before the first and after the last beat are stretches of their own.

    Args:
        curves: [shape=(frames, values)].
    """
    inner = beats[(beats > 0) & (beats < len(curves))]
    edges = np.concatenate([[0], inner, [len(curves)]])
    medians = [np.median(curves[a:b], axis=0) for a, b in itertools.pairwise(edges.tolist())]
    return np.asarray(medians, dtype=np.float32)
