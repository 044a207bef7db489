"""What the published musicnn package itself says of some songs, window by window.

    TF_USE_LEGACY_KERAS=1 python musicnn_oracle.py --audio FOLDER --out FOLDER

Runs alone, in an environment with musicnn, TensorFlow, tf_keras, librosa and numpy, and writes a
file ``<song>.<network>.npz`` with ``taggram`` [shape=(windows, labels)] and ``labels`` for each
song and network. ``benchmarks.musicnn_parity`` compares them with ours.

One line of the package is put right: it multiplies 16-bit mel values by 10000, which numpy 1 did in
32 bits and numpy 2 does in 16, where loud music goes beyond what they hold (65504).
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

import numpy as np

NETWORKS = ("MTT_musicnn", "MTT_vgg", "MSD_musicnn", "MSD_vgg")
SUFFIXES = (".mp3", ".ogg", ".wav", ".flac")


def windows(file: str, frames: int, hop: int) -> tuple[Any, Any]:
    """Stand in for the package's ``batch_data``: windows [shape=(n, frames, bands)] and all."""
    import librosa
    from musicnn import configuration

    samples, rate = librosa.load(file, sr=configuration.SR)
    bands = librosa.feature.melspectrogram(
        y=samples, sr=rate, hop_length=configuration.FFT_HOP, n_fft=configuration.FFT_SIZE,
        n_mels=configuration.N_MELS,
    ).T.astype(np.float16)  # fmt: skip
    bands = np.log10(np.float32(10_000) * bands.astype(np.float32) + np.float32(1))
    starts = range(0, len(bands) - frames + 1, hop)
    return np.stack([bands[start : start + frames] for start in starts]), bands


def main() -> None:
    """Ask the package and write what it says."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--audio", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    given = parser.parse_args()
    from musicnn import extractor

    extractor.batch_data = windows
    given.out.mkdir(parents=True, exist_ok=True)
    for song in sorted(path for path in given.audio.iterdir() if path.suffix in SUFFIXES):
        for network in NETWORKS:
            taggram, labels = extractor.extractor(str(song), model=network, extract_features=False)
            np.savez(given.out / f"{song.stem}.{network}.npz", taggram=taggram,
                     labels=np.asarray(labels))  # fmt: skip


if __name__ == "__main__":
    main()
