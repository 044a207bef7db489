"""The 518 features as FMA's script computes them, on plain librosa: slow, independent of ours.

Source: ``features.py`` of Defferrard et al., "FMA: a dataset for music analysis", with today's
names of functions. ``variant`` and ``padding`` are those of our front end.
"""

import warnings

import librosa
import numpy as np
from scipy import stats

MOMENTS = {
    "kurtosis": lambda v: stats.kurtosis(v, axis=1), "max": lambda v: v.max(axis=1),
    "mean": lambda v: v.mean(axis=1), "median": lambda v: np.median(v, axis=1),
    "min": lambda v: v.min(axis=1), "skew": lambda v: stats.skew(v, axis=1),
    "std": lambda v: v.std(axis=1),
}  # fmt: skip


def curves(x, sr=44_100, variant="as_published", padding="reflect"):
    """Return each feature's curves [shape=(size, frames)] by name."""
    pad_mode = {"reflect": "reflect", "zeros": "constant"}[padding]
    told = {"sr": sr} if variant == "correct" else {}
    found = {"zcr": librosa.feature.zero_crossing_rate(x, frame_length=2048, hop_length=512)}
    stft = np.abs(librosa.stft(x, n_fft=2048, hop_length=512, pad_mode=pad_mode))
    # With tuning=None librosa's cqt does just this, on a spectrum padded with zeros.
    tuning = librosa.estimate_tuning(S=stft, sr=sr)
    cqt = np.abs(librosa.cqt(x, sr=sr, hop_length=512, bins_per_octave=12, n_bins=84,
                             tuning=tuning, pad_mode=pad_mode))  # fmt: skip
    found["chroma_cqt"] = librosa.feature.chroma_cqt(C=cqt, bins_per_octave=12)
    found["chroma_cens"] = librosa.feature.chroma_cens(C=cqt, bins_per_octave=12)
    found["tonnetz"] = librosa.feature.tonnetz(chroma=found["chroma_cens"])
    found["chroma_stft"] = librosa.feature.chroma_stft(S=stft**2, n_chroma=12, **told)
    if variant == "correct":
        found["rmse"] = librosa.feature.rms(S=stft)
    else:
        found["rmse"] = np.sqrt(np.mean(stft**2, axis=0, keepdims=True))  # librosa 0.5's
    found["spectral_centroid"] = librosa.feature.spectral_centroid(S=stft, **told)
    found["spectral_bandwidth"] = librosa.feature.spectral_bandwidth(S=stft, **told)
    found["spectral_contrast"] = librosa.feature.spectral_contrast(S=stft, n_bands=6, **told)
    found["spectral_rolloff"] = librosa.feature.spectral_rolloff(S=stft, **told)
    mel = librosa.feature.melspectrogram(sr=sr, S=stft**2)
    found["mfcc"] = librosa.feature.mfcc(S=librosa.power_to_db(mel), n_mfcc=20)
    return found


def fma518(x, sr=44_100, variant="as_published", padding="reflect"):
    """Return the values by column name. Statistics are taken in double precision; of constant
    curves, where scipy says nan, skewness is 0 and kurtosis -3 as in FMA's tables."""
    out = {}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of empty filters, no peaks and constant curves
        for feature, values in sorted(curves(x, sr, variant, padding).items()):
            values = np.asarray(values, dtype=np.float64)
            for moment, of in MOMENTS.items():
                defined = np.nan_to_num(of(values), nan={"kurtosis": -3.0}.get(moment, 0.0))
                for number, value in enumerate(defined, 1):
                    out[f"{feature}_{moment}_{number:02d}"] = float(value)
    return out
