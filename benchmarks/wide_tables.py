"""How long FMA's largest tables take to load, and in how much memory.

    python -m benchmarks.wide_tables [--folder FOLDER]

The published tables cannot be had here, so both are made up at their size and with their header:
``features.csv`` of 106 574 rows and 518 columns (967 MB) and ``tracks.csv`` of as many rows and 52
columns (260 MB, most of it biographies), in a temporary folder that is removed. Each is read
through the public door (``Fma518.read``; ``Fma(...).tracks``) three times, each in a process of its
own: with nothing kept, then twice from what was kept; and once by the csv module alone, which a
base install has. The lesser of the two kept times is written. Seconds are of the reading alone,
the imports being named beside them, and the cores' time, which tells what
other programs took away; memory is the process's high-water mark. Takes 1.5 GB of disk
and writes ``benchmarks/results/wide_tables.json``.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import platform
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from earmark.datasets import _fma_sample
from earmark.features.fma518 import COLUMNS
from earmark.store import write_text

RESULTS = Path(__file__).parent / "results" / "wide_tables.json"
TRACKS = 106_574
LAST_ID = 155_320
SUBSETS = {"small": 8000, "medium": 17_000, "large": 81_574}
_PIECES, _VARIETY = 7, 400  # a row is put together of seven pieces, each one of 400
_BIOGRAPHY = '<p>Plays "alone", or with friends,\nin the café, and so on.</p>\n'
# What a process runs: argument 1 is the folder, 2 is 'without' to hide pyarrow.
_PROCESS = """
import json, sys, time
from pathlib import Path
if sys.argv[2] == "without":
    sys.modules["pyarrow"] = None
start = time.perf_counter()
{imports}
imported, busy = time.perf_counter(), time.process_time()
count = {reads}
read, cores = time.perf_counter(), time.process_time() - busy
status = Path("/proc/self/status").read_text().splitlines()
peak = next(int(line.split()[1]) for line in status if line.startswith("VmHWM")) // 1024
print(json.dumps({{"seconds": round(read - imported, 2), "cpu_seconds": round(cores, 2),
                  "peak_mb": peak, "rows": count,
                  "import_seconds": round(imported - start, 2)}}))
"""
_READS = {
    "features.csv": (
        "from earmark.datasets.fma import Fma\nfrom earmark.features.fma518 import Fma518\n"
        "root = Path(sys.argv[1])",
        "len(Fma518().read(root / 'fma_metadata/features.csv', Fma(root).segment_of).rows)",
    ),
    "tracks.csv": (
        "from earmark.datasets.fma import Fma\nroot = Path(sys.argv[1])",
        "len(Fma(root, subset='large', labels='all').tracks)",
    ),
}


def main() -> None:
    """Make the tables up, read them, print and write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", type=Path, help="where there is room for 1.5 GB")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=given.folder) as folder:
        root = Path(folder)
        metadata = root / "fma_metadata"
        metadata.mkdir()
        rng = np.random.default_rng(518)
        ids = np.sort(rng.choice(np.arange(2, LAST_ID + 1), TRACKS, replace=False)).tolist()
        write_features(metadata / "features.csv", ids, rng)
        write_tracks(metadata / "tracks.csv", ids, rng)
        write_text(metadata / "genres.csv", _fma_sample.genres_table([]))
        found = {name: {"megabytes": round((metadata / name).stat().st_size / 1e6),
                        **measured(root, name)} for name in _READS}
    result = {"cores": os.cpu_count(), "python": platform.python_version(),
              "load_before": round(os.getloadavg()[0], 1), "tables": found}
    write_text(RESULTS, json.dumps(result, indent=1) + "\n")
    print(json.dumps(result, indent=1))


def measured(root: Path, name: str) -> dict[str, dict[str, float]]:
    """Return what each way of reading a table takes."""
    with tempfile.TemporaryDirectory(dir=root) as cache:
        first = _run(root, name, cache)
        kept = min((_run(root, name, cache) for _ in range(2)), key=lambda run: run["seconds"])
    with tempfile.TemporaryDirectory(dir=root) as cache:
        without = _run(root, name, cache, "without")
    assert first["rows"] == kept["rows"] == without["rows"]
    return {"first": first, "kept": kept, "without pyarrow": without}


def _run(root: Path, name: str, cache: str, pyarrow: str = "with") -> dict[str, float]:
    imports, reads = _READS[name]
    code = _PROCESS.format(imports=imports, reads=reads)
    done = subprocess.run(
        [sys.executable, "-c", code, str(root), pyarrow], capture_output=True, text=True,
        check=True, env={**os.environ, "EARMARK_CACHE": cache},
    )
    print(f"{name}: {done.stdout.strip()}", file=sys.stderr)
    found: dict[str, float] = json.loads(done.stdout)
    return found


def write_features(path: Path, ids: list[int], rng: np.random.Generator) -> None:
    """Write ``features.csv``: no two rows are alike, and numbers have ten digits as published."""
    levels = [column.rsplit("_", 2) for column in COLUMNS]
    bank = [[_numbers(len(COLUMNS) // _PIECES, rng) for _ in range(_VARIETY)]
            for _ in range(_PIECES)]  # fmt: skip
    with path.open("w", encoding="utf-8") as file:
        for level, name in enumerate(("feature", "statistics", "number")):
            file.write(",".join([name, *(column[level] for column in levels)]) + "\n")
        file.write("track_id" + "," * len(COLUMNS) + "\n")
        for track in ids:
            chosen = zip(bank, rng.integers(0, _VARIETY, _PIECES), strict=True)
            file.write(",".join([str(track), *(pieces[k] for pieces, k in chosen)]) + "\n")


def _numbers(count: int, rng: np.random.Generator) -> str:
    values = rng.standard_normal(count) * 10 ** rng.uniform(-3, 3)
    return ",".join(f"{value:.10e}" for value in values)


def write_tracks(path: Path, ids: list[int], rng: np.random.Generator) -> None:
    """Write ``tracks.csv``, with the published numbers of tracks in each subset."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerows(_fma_sample.tracks_table(_tracks(ids, rng), _biographies(rng)))


def _tracks(ids: list[int], rng: np.random.Generator) -> Iterator[_fma_sample.SampleTrack]:
    roots = np.array(_fma_sample.SMALL)
    genres = np.array([genre for genre in _fma_sample.GENRES if genre != 178])
    subsets = [subset for subset, count in SUBSETS.items() for _ in range(count)]
    for number, (track, subset) in enumerate(zip(ids, subsets, strict=True)):
        several = rng.choice(genres, rng.integers(1, 4), replace=False)
        of = several if subset == "large" else rng.choice(roots, 1)
        split = _fma_sample.SPLITS[rng.choice(3, p=(0.8, 0.1, 0.1))]
        yield _fma_sample.SampleTrack(track, subset, split, tuple(of.tolist()), number // 7)


def _biographies(rng: np.random.Generator) -> Iterator[str]:
    while True:
        yield _BIOGRAPHY * int(rng.integers(0, 68))


if __name__ == "__main__":
    main()
