"""Changes of waveforms: of a fixed strength to judge by, and random ones to learn with.

Each is a small frozen dataclass, called with mono samples, their rate and a generator:

>>> import numpy as np
>>> Gain(db=20.0)(np.ones(3, np.float32), 22_050, np.random.default_rng(0)).tolist()
[10.0, 10.0, 10.0]

What comes back is float32, finite and a copy; all chance is the generator's. ``codecs`` writes mp3
and Opus, ``levels`` has gain, clipping and noise, ``stretching`` time and pitch, ``bands`` what
lines leave of the spectrum, ``cuts`` parts of a track, and ``waves`` draws among them for training.
Changes of spectrograms are the networks' own.
"""

from __future__ import annotations

from earmark.audio.augment._change import Change, Floats, resampled
from earmark.audio.augment.bands import Band, ByRate
from earmark.audio.augment.codecs import Codec
from earmark.audio.augment.cuts import Excerpt
from earmark.audio.augment.levels import Clipping, Gain, Noise
from earmark.audio.augment.stretching import PitchShift, TimeStretch
from earmark.audio.augment.waves import Draw, Waves

__all__ = ["Band", "ByRate", "Change", "Clipping", "Codec", "Draw", "Excerpt", "Floats", "Gain",
           "Noise", "PitchShift", "TimeStretch", "Waves", "resampled"]  # fmt: skip
