"""The 57 features as plain librosa computes them: slow, and independent of ours.

The definition is that of the published tables; ``padding="zeros"`` takes the separated parts to
the last sample, as the tables made with newer librosa do.
"""

import librosa
import numpy as np


def gtzan57(y, padding="reflect", sr=22_050, n_fft=2048, hop=512):
    """Return the values by column name."""
    pad_mode = {"reflect": "reflect", "zeros": "constant"}[padding]
    out = {}

    def stats(name, values):
        values = np.asarray(values, dtype=np.float64)
        out[f"{name}_mean"], out[f"{name}_var"] = float(values.mean()), float(values.var())

    spectrum = librosa.stft(y, n_fft=n_fft, hop_length=hop, pad_mode=pad_mode)
    magnitude, power = np.abs(spectrum), np.abs(spectrum) ** 2
    stats("chroma_stft", librosa.feature.chroma_stft(S=power, sr=sr, n_fft=n_fft))
    stats("rms", librosa.feature.rms(y=y, frame_length=n_fft, hop_length=hop, pad_mode=pad_mode))
    stats("spectral_centroid", librosa.feature.spectral_centroid(S=magnitude, sr=sr, n_fft=n_fft))
    stats("spectral_bandwidth", librosa.feature.spectral_bandwidth(S=magnitude, sr=sr, n_fft=n_fft))
    stats("rolloff", librosa.feature.spectral_rolloff(S=magnitude, sr=sr, n_fft=n_fft))
    crossings = librosa.feature.zero_crossing_rate(y, frame_length=n_fft, hop_length=hop)
    stats("zero_crossing_rate", crossings)
    length = None if padding == "reflect" else len(y)
    for name, part in zip(
        ("harmony", "perceptr"), librosa.decompose.hpss(spectrum), strict=True
    ):
        signal = librosa.istft(part, hop_length=hop, length=length)
        stats(name, np.pad(signal, (0, max(0, len(y) - len(signal))))[: len(y)])
    mel_db = librosa.power_to_db(librosa.feature.melspectrogram(S=power, sr=sr, n_mels=128))
    onset = librosa.onset.onset_strength(S=mel_db, sr=sr, hop_length=hop, aggregate=np.median)
    tempo = librosa.feature.tempo(onset_envelope=onset, sr=sr, hop_length=hop)
    out["tempo"] = float(tempo[0])
    for k, row in enumerate(librosa.feature.mfcc(S=mel_db, n_mfcc=20), 1):
        stats(f"mfcc{k}", row)
    return out
