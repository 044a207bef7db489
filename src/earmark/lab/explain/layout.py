"""Where time and frequency lie in what a front end makes of a segment."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from earmark.audio.melbands import Scale, mel_frequencies
from earmark.features.base import FrontEnd
from earmark.features.specgram import areas, triangles
from earmark.lab.explain.grid import Doubles


class Layout(NamedTuple):
    """Of a picture whose last axis is time and whose last but one is frequency.

    Attributes:
        hz: the centre of each row of the picture, the first row's first [shape=(rows,)].
    """

    hz: Doubles


def layout(front_end: FrontEnd) -> Layout | None:
    """Return the layout of a family's pictures; None for families whose rows are no frequencies:
    tables, waveforms, and pictures that mix them with other things (``stacked``)."""
    found = _KNOWN.get(front_end.name)
    return Layout(found(front_end)) if found else None


def _logmel(front_end: Any) -> Doubles:
    high = front_end.fmax_hz or front_end.sample_rate / 2
    return _centres(front_end.n_mels, front_end.fmin_hz, high, front_end.mel_scale)


def _fbank(front_end: Any) -> Doubles:
    return _centres(front_end.n_mels, 20.0, front_end.sample_rate / 2, "kaldi")


def _centres(bands: int, low_hz: float, high_hz: float, scale: Scale) -> Doubles:
    """Return the middle of each mel band, the lowest first [shape=(bands,)]."""
    return mel_frequencies(bands + 2, low_hz, high_hz, scale)[1:-1]


def _image(front_end: Any) -> Doubles:
    """Rows of a mel spectrum that was resized, the highest first."""
    rows, bands = int(front_end.height), int(front_end.n_mels)
    centres = _centres(bands, 0.0, front_end.sample_rate / 2, "slaney")
    places = (np.arange(rows)[::-1] + 0.5) * bands / rows - 0.5
    return np.interp(places, np.arange(bands), centres)


def _specgram(front_end: Any) -> Doubles:
    """Rows that average the bins below half the sample rate: where their weights' middle lies."""
    bins = int(front_end.n_fft) // 2
    averages = areas if front_end.scale == "linear" else triangles
    weights = averages(bins, front_end.height, front_end.sample_rate).astype(np.float64)
    hz: Doubles = weights @ np.arange(bins) * (front_end.sample_rate / front_end.n_fft)
    return hz


_KNOWN: dict[str, Callable[[Any], Doubles]] = {
    "logmel": _logmel, "fbank": _fbank, "image": _image, "specgram": _specgram,
}  # fmt: skip
