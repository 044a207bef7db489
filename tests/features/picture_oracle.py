"""Pictures as plain librosa makes them, and sounds to make them of."""

import librosa
import numpy as np

SOUNDS = ("noise", "tone", "silence", "offset", "clipped", "impulses", "one sample", "short",
          "faint")  # fmt: skip
MODES = {"zeros": "constant", "reflect": "reflect"}


def sound(kind, rate=22_050):
    length = rate // 2 + 77
    rng = np.random.default_rng(length)
    time = np.arange(length) / rate
    noise = rng.standard_normal(length)
    made = {
        "noise": 0.2 * noise, "tone": 0.9 * np.sin(2 * np.pi * 437 * time),
        "silence": np.zeros(length), "offset": np.full(length, 0.7),
        "clipped": np.clip(4 * noise, -1, 1), "impulses": (np.arange(length) % 3001 == 5) * 1.0,
        "one sample": np.array([0.5]), "short": 0.3 * noise[:300], "faint": 1e-12 * noise,
    }
    return made[kind].astype(np.float32)


def power_mel(samples, front_end, n_mels):
    # Padded by hand: librosa refuses to reflect, and warns of, a sound shorter than half a frame.
    half = front_end.n_fft // 2
    padded = np.pad(samples, half, mode=MODES[front_end.padding])
    return librosa.feature.melspectrogram(
        y=padded, sr=front_end.sample_rate, n_fft=front_end.n_fft, center=False,
        hop_length=front_end.hop_length, n_mels=n_mels,
    )


def logmel(samples, front_end):
    reference = {"one": 1.0, "max": np.max}[front_end.reference]
    powers = power_mel(samples, front_end, front_end.n_mels)
    return librosa.power_to_db(powers, ref=reference, top_db=front_end.top_db)


def stacked(samples, front_end):
    height, rate, n_fft = front_end.n_mels, front_end.sample_rate, front_end.n_fft
    bands = librosa.power_to_db(power_mel(samples, front_end, height), ref=np.max)
    cepstral = librosa.power_to_db(power_mel(samples, front_end, 128))
    padded = np.pad(samples, n_fft // 2, mode=MODES[front_end.padding])
    spectrum = librosa.stft(padded, n_fft=n_fft, hop_length=front_end.hop_length, center=False)
    powers = np.abs(spectrum) ** 2
    tuning = librosa.estimate_tuning(S=powers, sr=rate, n_fft=n_fft) if powers.any() else 0.0
    channels = (
        bands,
        librosa.feature.mfcc(S=cepstral, n_mfcc=front_end.n_mfcc),
        librosa.feature.chroma_stft(S=powers, sr=rate, n_fft=n_fft, tuning=tuning),
    )
    picture = []
    for rows in channels:
        extent = rows.max() - rows.min()
        scaled = (rows - rows.min()) / extent if extent else np.zeros_like(rows)
        picture.append(np.stack([scaled[i * len(rows) // height] for i in range(height)]))
    return np.stack(picture)


def clips(realdata):
    """Return real recordings: every GTZAN clip that can be read, and the short songs."""
    found = [*realdata.glob("gtzan/Data/genres_original/*/*.wav"),
             *realdata.glob("gtzan/genres/**/*.au"), *realdata.glob("songs/*.ogg")]
    return sorted(path for path in found if path.name != "jazz.00054.wav")
