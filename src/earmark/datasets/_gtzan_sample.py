"""A made-up copy of GTZAN in Kaggle's layout, for tests and tutorials."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from earmark.store import write_bytes, write_text

# Typical means and variances in the published table, in its order.
_TYPICAL = {
    "chroma_stft": (0.38, 0.086), "rms": (0.13, 0.0027), "spectral_centroid": (2200.0, 470_000.0),
    "spectral_bandwidth": (2240.0, 137_000.0), "rolloff": (4570.0, 1_845_000.0),
    "zero_crossing_rate": (0.1, 0.0026), "harmony": (-1e-4, 0.0077), "perceptr": (-1e-4, 0.0054),
    "tempo": (123.0,), "mfcc1": (-145.0, 2720.0), "mfcc2": (100.0, 500.0),
    **{f"mfcc{k}": (-4.0, 150.0) for k in range(3, 21)},
}  # fmt: skip
_SAMPLE_RATE = 22_050


def write(
    root: Path, genres: Sequence[str], facts: Mapping[str, Mapping[str, str]]
) -> None:
    """Write clips and a table of a track of each filtered part and genre.

    Args:
        facts: of each track of the dataset, ``filtered`` among them.
    """
    rng = np.random.default_rng(57)
    tracks = _tracks(facts)
    for track in tracks:
        genre = track.partition(".")[0]
        path = root / "Data" / "genres_original" / genre / f"{track}.wav"
        write_bytes(path, _clip(genres.index(genre), rng))
    write_text(root / "Data" / "features_30_sec.csv", _table(tracks, genres, rng))


def _tracks(of_tracks: Mapping[str, Mapping[str, str]]) -> list[str]:
    """Return the first track of each genre in each part of the filtered split."""
    first: dict[tuple[str, str], str] = {}
    for track, facts in of_tracks.items():
        first.setdefault((track.partition(".")[0], facts["filtered"]), track)
    return sorted(track for (_, part), track in first.items() if part)


def _clip(number: int, rng: np.random.Generator) -> bytes:
    """Return one second of wav: a tone of the genre's own pitch under noise of its own level."""
    import soundfile

    seconds = np.arange(_SAMPLE_RATE) / _SAMPLE_RATE  # (samples,)
    tone = 0.3 * np.sin(2 * np.pi * 110 * 2 ** (number / 3) * seconds)
    samples = tone + 0.01 * (1 + number) * rng.standard_normal(_SAMPLE_RATE)
    buffer = io.BytesIO()
    soundfile.write(buffer, samples, _SAMPLE_RATE, format="WAV", subtype="PCM_16")
    return buffer.getvalue()


def _table(tracks: Sequence[str], genres: Sequence[str], rng: np.random.Generator) -> str:
    """Return the 60 columns in published order; tracks of one genre have similar rows."""
    names = [n if len(v) == 1 else f"{n}_{moment}"
             for n, v in _TYPICAL.items() for moment in ("mean", "var")[: len(v)]]  # fmt: skip
    typical = np.array([v for values in _TYPICAL.values() for v in values])  # (57,)
    of_genre = dict(zip(genres, rng.uniform(0.7, 1.3, (len(genres), len(typical))), strict=True))
    lines = [",".join(["filename", "length", *names, "label"])]
    for track in tracks:
        genre = track.partition(".")[0]
        row = typical * of_genre[genre] * rng.uniform(0.9, 1.1, len(typical))
        values = [f"{value:.9g}" for value in row]
        lines.append(",".join([f"{track}.wav", str(_SAMPLE_RATE), *values, genre]))
    return "\n".join(lines) + "\n"
