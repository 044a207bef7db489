"""What shows only with many files or long ones: all cores, the start of a process, memory."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import soundfile

from earmark.audio.load import load
from earmark.audio.synth import STYLES, compose

FILES = 1200
ROUNDS = 2
_FAMILIES = {
    "gtzan57, 10-second segments": ["--set", "gtzan57", "--segment-seconds", "10"],
    "gtzan57, whole": ["--set", "gtzan57"],
    "combined, whole": ["--set", "combined"],
    "fma518, whole": ["--set", "fma518"],
    "logmel, 10-second segments": ["--set", "logmel", "--segment-seconds", "10"],
}

# The process's own high-water mark: Linux's ru_maxrss counts the parent's from before the fork.
_MEASURED = """
import json, os, resource, sys
from pathlib import Path
from earmark.cli.main import main
try:
    main(["features", "extract", *json.loads(sys.argv[1])])
finally:
    status = Path("/proc/self/status")
    if status.exists():
        most = next(l for l in status.read_text().splitlines() if l.startswith("VmHWM")).split()[1]
    else:
        most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        most = most // 1024 if sys.platform == "darwin" else most
    os.write(2, f"\\n{most}".encode())
"""


def starts() -> dict[str, float]:
    """Return what the fast kernels take to start in a process, compiled already or not."""
    code = (
        "import time\nfrom earmark.audio import kernels\n"
        "from earmark.features.gtzan57 import Gtzan57\n"
        "t = time.process_time()\nwhy = kernels.start('fast')\nassert why is None, why\n"
        "kernels.active().warm()\nprint(time.process_time() - t)\n"
    )
    with tempfile.TemporaryDirectory() as cache:
        environment = {**os.environ, "EARMARK_CACHE": cache}
        taken = [
            float(subprocess.run([sys.executable, "-c", code], env=environment, check=True,
                                 capture_output=True, text=True).stdout)
            for _ in range(1 + ROUNDS)
        ]  # fmt: skip
    later = statistics.median(taken[1:])
    return {"to be compiled": round(taken[0], 2), "compiled": round(later, 2)}


def cores(clips: list[Path], folder: Path) -> dict[str, float]:
    """Return wall time of ``earmark features extract`` on many files with one job and with one a
    core, each with an empty cache, alternating."""
    many = folder / "many"
    many.mkdir()
    for i in range(FILES):
        audio = load(clips[i % len(clips)])
        soundfile.write(many / f"{i}.wav", audio.samples[16 * i :], audio.sample_rate)
    jobs = {"1 job": 1, f"{os.cpu_count()} jobs": os.cpu_count() or 1}
    taken: dict[str, list[float]] = {name: [] for name in jobs}
    for _ in range(ROUNDS):
        for name, count in jobs.items():
            start = time.perf_counter()
            _extract([str(many), "--set", "gtzan57", "--jobs", str(count)], folder)
            taken[name].append(time.perf_counter() - start)
    medians = {f"{name}, s": round(statistics.median(t), 2) for name, t in taken.items()}
    one, all_of_them = (statistics.median(t) for t in taken.values())
    return {"files of 30 s": FILES, **medians, "ratio": round(one / all_of_them, 2)}


def hour(folder: Path) -> dict[str, float]:
    """Return the most memory each family took for an hour of mp3."""
    path = folder / "hour.mp3"
    with soundfile.SoundFile(path, "w", 44_100, 2, format="MP3") as file:
        for i in range(60):
            style = list(STYLES)[i % len(STYLES)]
            piece = compose(style, rng=np.random.default_rng(i), seconds=60, sample_rate=44_100)
            file.write(np.stack([piece.samples] * 2, axis=1))
    found = {"nothing but --help": _extract(["--help"], folder)}
    for title, options in _FAMILIES.items():
        out = ["--format", "npy", "--out", str(folder / "rows")] if "logmel" in title else []
        found[title] = _extract([str(path), *options, *out, "--jobs", "1"], folder)
    return found


def _extract(arguments: list[str], folder: Path) -> float:
    """Run ``earmark features extract`` and return the megabytes it took at most."""
    with tempfile.TemporaryDirectory(dir=folder) as cache:
        compiled = os.environ.get("EARMARK_CACHE")  # what `earmark warm` has put there is kept
        environment = {**os.environ, "EARMARK_CACHE": cache}
        _lend_compiled(Path(cache), compiled)
        done = subprocess.run([sys.executable, "-c", _MEASURED, json.dumps(arguments)],
                              check=False, env=environment, capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(done.stderr)
    return round(int(done.stderr.rsplit("\n", 1)[-1]) / 1024, 1)


def _lend_compiled(cache: Path, given: str | None) -> None:
    """Let a run with an empty cache of features find the compiled kernels."""
    from earmark.store import cache_folder

    theirs = (Path(given) if given else cache_folder()) / "numba"
    if theirs.is_dir():
        (cache / "numba").symlink_to(theirs, target_is_directory=True)
