"""Each feature family as a librosa user writes it: one call a feature, on the samples.

Nothing is shared by hand that librosa does not share itself. The separation is called once
(``librosa.effects.hpss``), where notebooks often call ``harmonic`` and ``percussive`` apart.
"""

from __future__ import annotations

from pathlib import Path

import librosa
import numpy as np
from numpy.typing import NDArray
from scipy import stats

Array = NDArray[np.float32]


def gtzan57(path: Path) -> list[float]:
    """Return the 57 values of a file."""
    y, sr = librosa.load(path, sr=22_050)
    harmonic, percussive = librosa.effects.hpss(y)
    curves = [
        librosa.feature.chroma_stft(y=y, sr=sr),
        librosa.feature.rms(y=y),
        librosa.feature.spectral_centroid(y=y, sr=sr),
        librosa.feature.spectral_bandwidth(y=y, sr=sr),
        librosa.feature.spectral_rolloff(y=y, sr=sr),
        librosa.feature.zero_crossing_rate(y),
        harmonic,
        percussive,
        *librosa.feature.mfcc(y=y, sr=sr, n_mfcc=20),
    ]
    tempo = librosa.feature.tempo(y=y, sr=sr)
    return [float(tempo[0]), *(float(f(curve)) for curve in curves for f in (np.mean, np.var))]


def fma518(path: Path) -> list[NDArray[np.float64]]:
    """Return the 518 values of a file, as the script of the FMA dataset makes them."""
    x, sr = librosa.load(path, sr=None)
    curves = [librosa.feature.zero_crossing_rate(x, frame_length=2048, hop_length=512)]
    cqt = np.abs(librosa.cqt(x, sr=sr, hop_length=512, bins_per_octave=12, n_bins=84, tuning=None))
    curves.append(librosa.feature.chroma_cqt(C=cqt, n_chroma=12, bins_per_octave=12))
    curves.append(librosa.feature.chroma_cens(C=cqt, n_chroma=12, bins_per_octave=12))
    curves.append(librosa.feature.tonnetz(chroma=curves[-1]))
    stft = np.abs(librosa.stft(x, n_fft=2048, hop_length=512))
    mel = librosa.feature.melspectrogram(sr=sr, S=stft**2)
    curves += [
        librosa.feature.chroma_stft(S=stft**2, n_chroma=12),
        librosa.feature.rms(S=stft),
        librosa.feature.spectral_centroid(S=stft),
        librosa.feature.spectral_bandwidth(S=stft),
        librosa.feature.spectral_contrast(S=stft, n_bands=6),
        librosa.feature.spectral_rolloff(S=stft),
        librosa.feature.mfcc(S=librosa.power_to_db(mel), n_mfcc=20),
    ]
    moments = (np.mean, np.std, stats.skew, stats.kurtosis, np.median, np.min, np.max)
    return [np.asarray(f(curve, axis=1)) for curve in curves for f in moments]


def logmel(y: Array) -> Array:
    """Return 128 mel bands in decibels."""
    return librosa.power_to_db(librosa.feature.melspectrogram(y=y, sr=22_050, n_mels=128))


def stacked(y: Array) -> list[Array]:
    """Return mel spectrum, cepstrum and chroma, each scaled to [0, 1] over 256 rows."""
    sr = 22_050
    mel = librosa.feature.melspectrogram(y=y, sr=sr, n_mels=256)
    channels = [
        librosa.power_to_db(mel, ref=np.max),
        librosa.feature.mfcc(y=y, sr=sr, n_mfcc=40),
        librosa.feature.chroma_stft(y=y, sr=sr),
    ]
    rows = [channel[np.arange(256) * len(channel) // 256] for channel in channels]
    return [(row - row.min()) / (np.ptp(row) or 1) for row in rows]
