"""What a user waits for: cold starts, the 57 features beside plain librosa, whole songs.

``make bench`` runs it and writes ``benchmarks/results/tagging.json``. The music is composed by
Earmark, so nothing need be downloaded; ``--songs FOLDER`` adds your own. Times differ between
machines: quote ratios, which are taken in one run, interleaved, on one thread.
"""

from __future__ import annotations

import os

for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[_name] = "1"  # before numpy is imported

import argparse
import json
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import soundfile

from earmark.audio import dsp
from earmark.audio.load import find_audio, load
from earmark.audio.synth import compose
from earmark.features.gtzan57 import Gtzan57
from earmark.store import write_text
from earmark.tagger.tagger import Tagger

RESULTS = Path(__file__).parent / "results" / "tagging.json"
ROUNDS = 5
TAGGERS = ("gtzan10-net", "gtzan10")


def main() -> None:
    """Measure, print and write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--songs", type=Path, help="a folder of real songs to tag as well")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        clip = _clip(Path(folder))
        found = {
            "machine": f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores, "
                       f"Python {platform.python_version()}",
            "cold_start_seconds": _cold_starts(clip),
            "features_of_30_s_cpu_ms": _features(clip),
        }
        if arguments.songs:
            found["songs"] = {name: _songs(arguments.songs, name) for name in TAGGERS}
    write_text(RESULTS, json.dumps(found, indent=1) + "\n")
    print(json.dumps(found, indent=1))


def _clip(folder: Path) -> Path:
    piece = compose("rock", rng=np.random.default_rng(0), seconds=30, sample_rate=44_100)
    path = folder / "clip.mp3"
    soundfile.write(path, np.stack([piece.samples] * 2, axis=1), 44_100, format="MP3")
    return path


def _cold_starts(clip: Path) -> dict[str, float]:
    """Wall time of a new process, the median of five."""
    commands = {
        "earmark --help": ["--help"],
        **{f"earmark tag, one 30-second mp3, {name}": ["tag", str(clip), "--tagger", name]
           for name in TAGGERS},
    }
    return {
        title: round(statistics.median(_wall(command) for _ in range(ROUNDS)), 3)
        for title, command in commands.items()
    }


def _wall(arguments: list[str]) -> float:
    start = time.perf_counter()
    subprocess.run([sys.executable, "-m", "earmark", *arguments], check=True, capture_output=True)
    return time.perf_counter() - start


def _features(clip: Path) -> dict[str, Any]:
    """CPU time of the 57 features, ours and plain librosa's, and of the STFT alone."""
    from tests.features import oracle

    samples = load(clip, sample_rate=22_050).samples
    front_end = Gtzan57()
    works: dict[str, Callable[[], object]] = {
        "earmark, base install": lambda: front_end(samples),
        "plain librosa": lambda: oracle.gtzan57(samples),
        "decode and resample": lambda: load(clip, sample_rate=22_050),
        "STFT alone": lambda: dsp.stft(samples),
    }
    for work in works.values():
        work()  # warm: caches, compilation
    times: dict[str, list[float]] = {title: [] for title in works}
    for _ in range(ROUNDS):
        for title, work in works.items():
            start = time.process_time()
            work()
            times[title].append(1000 * (time.process_time() - start))
    medians = {title: round(statistics.median(t), 1) for title, t in times.items()}
    ratio = medians["plain librosa"] / medians["earmark, base install"]
    return {**medians, "librosa over earmark": round(ratio, 1)}


def _songs(folder: Path, name: str) -> dict[str, float]:
    tagger = Tagger.load(name)
    paths = find_audio([folder])
    start, seconds = time.process_time(), 0.0
    for path in paths:
        seconds += tagger.tag(path).seconds
    cpu = time.process_time() - start
    return {
        "files": len(paths),
        "seconds of music": round(seconds, 1),
        "times real time per core": round(seconds / cpu, 1),
    }


if __name__ == "__main__":
    main()
