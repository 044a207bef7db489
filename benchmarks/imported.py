"""An imported musicnn beside the package it is from: same songs, same run.

    python -m benchmarks.imported --songs FOLDER --package PYTHON [--wheel WHEEL]

PYTHON is the interpreter of an environment with musicnn, TensorFlow, tf_keras and librosa. The
two take turns, file by file; CPU seconds are those of the process, threads included, so that they
do not depend on how many cores were free. The first file of a process holds its start; the first
of an installation, what Python and numba compile as well. A one-hour file is made of the songs for
the memory. Writes ``benchmarks/results/imported.json``.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

from earmark.store import write_text

RESULTS = Path(__file__).parent / "results" / "imported.json"
VARIANTS = {"MTT_musicnn": "musicnn", "MTT_vgg": "musicnn-mtt-vgg", "MSD_musicnn": "musicnn-msd",
            "MSD_vgg": "musicnn-msd-vgg"}  # fmt: skip
_ROUNDS = 3
_HOUR_SECONDS = 3600


def main() -> None:
    """Measure, print and write; or, with --worker, be the one that is measured."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--songs", type=Path)
    parser.add_argument("--package", help="Python of the package's environment")
    parser.add_argument("--wheel", type=Path, help="import from here instead of downloading")
    parser.add_argument("--worker", action="store_true", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.worker:
        _work()
        return
    with tempfile.TemporaryDirectory() as folder:
        os.environ["EARMARK_DATA"] = folder
        for variant in VARIANTS:
            source = [str(arguments.wheel)] if arguments.wheel else ["--download"]
            subprocess.run([sys.executable, "-m", "earmark", "tagger", "import", "musicnn",
                            *source, "--variant", variant], check=True, capture_output=True)
        songs = sorted(arguments.songs.glob("*.mp3"))
        found = {
            "machine": f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores, "
                       f"Python {platform.python_version()}",
            "warm": {v: _side_by_side(v, songs, arguments.package) for v in VARIANTS},
            "first_file": {song.stem: _first_files(song, arguments.package)
                           for song in (songs[0], songs[-1])},
            "first_file_after_installing": _first_files(songs[0], arguments.package, fresh=True),
            "command": _command(songs[0]),
            "one_hour": _one_hour(songs, Path(folder)),
        }
    write_text(RESULTS, json.dumps(found, indent=1) + "\n")
    print(json.dumps(found, indent=1))


class _Process:
    """One of the two, answering file after file."""

    def __init__(self, command: Sequence[str], **environment: str) -> None:
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                         stderr=subprocess.DEVNULL, text=True,
                                         env={**os.environ, **environment})

    def ask(self, variant: str, file: Path) -> dict[str, Any]:
        """Return what a file cost and the scores."""
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(f"{variant}\t{file}\n")
        self._process.stdin.flush()
        for line in self._process.stdout:
            if "RESULT " in line:
                answer: dict[str, Any] = json.loads(line.partition("RESULT ")[2])
                return answer
        raise SystemExit(f"{self._process.args}: ended without an answer")

    def end(self) -> None:
        """Let it go."""
        self._process.communicate()


def _ours(**environment: str) -> _Process:
    return _Process([sys.executable, "-m", "benchmarks.imported", "--worker"], **environment)


def _theirs(python: str, **environment: str) -> _Process:
    return _Process([python, str(Path(__file__).with_name("musicnn_package.py"))], **environment)


def _side_by_side(variant: str, songs: Sequence[Path], python: str) -> dict[str, Any]:
    """Return, for each song, the median CPU seconds of both and how far their scores differ."""
    pair = _theirs(python), _ours()
    for process in pair:
        process.ask(variant, songs[0])  # what only the first file costs
    rows = {}
    for song in songs:
        asked = [[process.ask(variant, song) for process in pair] for _ in range(_ROUNDS)]
        theirs, ours = (statistics.median(a[k]["cpu"] for a in asked) for k in (0, 1))
        scores = [answer["scores"] for answer in asked[0]]
        rows[song.stem] = {
            "package_cpu_s": round(theirs, 2), "earmark_cpu_s": round(ours, 2),
            "ratio": round(theirs / ours, 1),
            "largest_difference": max(abs(scores[0][k] - scores[1][k]) for k in scores[0]),
        }
    for process in pair:
        process.end()
    return {"songs": rows, "median_ratio": statistics.median(r["ratio"] for r in rows.values())}


def _first_files(song: Path, python: str, *, fresh: bool = False) -> dict[str, Any]:
    """Return what the first file of a process costs, its start included: medians of three.

    Args:
        fresh: nothing is compiled yet, as after an installation.
    """
    found: dict[str, list[dict[str, Any]]] = {"package": [], "earmark": []}
    for _ in range(3):
        for name, start in (("package", partial(_theirs, python)), ("earmark", _ours)):
            with tempfile.TemporaryDirectory() as folder:
                empty = {"PYTHONPYCACHEPREFIX": folder, "NUMBA_CACHE_DIR": folder}
                process = start(**(empty if fresh else {}))
                found[name].append(process.ask("MTT_musicnn", song))
                process.end()
    summary: dict[str, Any] = {
        name: {key: round(statistics.median(a[key] for a in answers), 2)
               for key in ("cpu", "wall", "peak_mb")}
        for name, answers in found.items()
    }
    for key in ("cpu", "wall"):
        summary[f"ratio_{key}"] = round(summary["package"][key] / summary["earmark"][key], 1)
    return summary


def _command(song: Path) -> dict[str, float]:
    """Return the wall seconds of the whole command, cold, median of three."""
    command = [sys.executable, "-m", "earmark", "tag", "--tagger", "musicnn", str(song)]
    times = []
    for _ in range(_ROUNDS):
        begun = time.perf_counter()
        subprocess.run(command, check=True, capture_output=True)
        times.append(time.perf_counter() - begun)
    return {"wall_s": round(statistics.median(times), 2)}


def _one_hour(songs: Sequence[Path], folder: Path) -> dict[str, float]:
    """Return what an hour of music needs, as one mp3 file."""
    path = folder / "hour.mp3"
    _write_hour(songs, path)
    process = _ours()
    answer = process.ask("MTT_musicnn", path)
    process.end()
    return {"peak_mb": round(answer["peak_mb"]), "cpu_s": round(answer["cpu"], 1)}


def _write_hour(songs: Sequence[Path], path: Path) -> None:
    import soundfile

    from earmark.audio.load import stream

    rate, written = 44_100, 0
    with soundfile.SoundFile(path, "w", rate, 1, format="MP3") as file:
        while written < _HOUR_SECONDS * rate:
            for song in songs:
                for block in stream(song, sample_rate=rate):
                    file.write(block)
                    written += len(block)


def _work() -> None:
    begun, begun_cpu = time.perf_counter(), time.process_time()
    from earmark.graphs.session import single_threads
    from earmark.tagger.tagger import Tagger

    loaded: dict[str, Tagger] = {}
    for line in sys.stdin:
        variant, file = line.rstrip("\n").split("\t")
        if variant not in loaded:
            loaded[variant] = Tagger.load(VARIANTS[variant])
        with single_threads():  # as where several files are tagged
            tags = loaded[variant].tag(Path(file))
        answer = {
            "cpu": time.process_time() - begun_cpu,
            "wall": time.perf_counter() - begun,
            "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
            "scores": tags.scores,
        }
        print("RESULT", json.dumps(answer), flush=True)
        begun, begun_cpu = time.perf_counter(), time.process_time()


if __name__ == "__main__":
    main()
