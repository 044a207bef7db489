"""Forests of several labels a row on a table of FMA's shape, in time and memory.

    python -m benchmarks.multilabel_forest --genres fma_metadata/genres.csv

The pipelines are those of a student project on FMA (vinay-pv): 50 000 of its 106 574 rows of 518
columns, unscaled, 40 000 to learn from; forests of ten trees on (a) the columns that the pruning
rule ``twice`` leaves at 0.7, at most 7 deep, and (b) the components that bear 0.999 of the
variance, as deep as they grow. Each is run with a forest for every label and with one for all. The
project learnt letters of printed lists; here the labels are FMA's genres in use, by the titles and
counts of its ``genres.csv``.

FMA's table cannot be had here, so one is made up that is as hard: columns of very different sizes,
skewed, some hundred of them told by others, some thirty components of its variance, one to a dozen
genres a row that hang on what is behind the columns, and on chance, so that trees grow deep. So
the scores say nothing of FMA; seconds and memory are what is measured, and the cores' time, since
other programs may be running. Every run is a process of its own; memory is its high-water mark.
Metrics are scikit-learn's, coverage error on scores. Writes
``benchmarks/results/multilabel_forest.json``.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import platform
import resource
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from earmark import registry, settings
from earmark.features.fma518 import COLUMNS
from earmark.store import write_text

RESULTS = Path(__file__).parent / "results" / "multilabel_forest.json"
ROWS, LEARNT = 50_000, 40_000
_FACTORS = 40  # what is behind the columns, and the genres
_PRUNED = {"pruning": "twice", "pruning_threshold": 0.7, "max_depth": 7}
_COMPONENTS: dict[str, Any] = {"pca": 0.999}
WAYS = {
    "pruned, a forest a label": {**_PRUNED, "several": "one_vs_rest"},
    "components, a forest a label": {**_COMPONENTS, "several": "one_vs_rest"},
    "pruned, one forest": {**_PRUNED, "several": "native"},
    "components, one forest": {**_COMPONENTS, "several": "native"},
}
_SIZES = {"spectral_centroid": 900.0, "spectral_bandwidth": 600.0, "spectral_rolloff": 1900.0,
          "mfcc": 70.0, "spectral_contrast": 8.0, "rmse": 3.0, "tonnetz": 0.1,
          "zcr": 0.1}  # fmt: skip
# How near a statistic is to the mean of its series, and how skewed it is; kurtosis and skew have
# no unit, so their size is their own.
_NEARNESS = {"mean": 0.97, "median": 0.95, "std": 0.7, "max": 0.83, "min": 0.77, "skew": 0.3,
             "kurtosis": 0.2}  # fmt: skip
_SKEWED = {"std": 0.5, "max": 0.5, "kurtosis": 1.2}
_UNITLESS = {"skew": 1.0, "kurtosis": 4.0}


def main() -> None:
    """Run each way in a process, print and write."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--genres", type=Path, required=True, help="FMA's genres.csv")
    parser.add_argument("--way", choices=WAYS, help="run this one here")
    given = parser.parse_args()
    if given.way:
        print(json.dumps(measured(given.genres, WAYS[given.way])))
        return
    found = {}
    for way in WAYS:
        done = subprocess.run(
            [sys.executable, "-m", "benchmarks.multilabel_forest", "--genres", str(given.genres),
             "--way", way], capture_output=True, text=True, check=True,
        )  # fmt: skip
        found[way] = json.loads(done.stdout)
        print(way, found[way], file=sys.stderr)
    result = {"cores": os.cpu_count(), "python": platform.python_version(),
              "load_after": round(os.getloadavg()[0], 1), "rows": ROWS, "learnt_from": LEARNT,
              "columns": len(COLUMNS), "ways": found}
    write_text(RESULTS, json.dumps(result, indent=1) + "\n")
    print(json.dumps(result, indent=1))


def measured(genres: Path, values: dict[str, Any]) -> dict[str, Any]:
    """Return what fitting and scoring take, and how well the rows not learnt from are told."""
    rows, labels = table(rates(genres), np.random.default_rng(518))
    forest = settings.from_mapping(registry.load("models", "classical:forest"),
                                   {"task": "multi", "n_estimators": 10, **values})
    start, busy = time.perf_counter(), time.process_time()
    borne = labels[:LEARNT].any(axis=0)  # the rarest have a track or two in all of FMA
    forest.fit(rows[:LEARNT], labels[:LEARNT, borne], rng=np.random.default_rng(42))
    fitted, cores = time.perf_counter(), time.process_time() - busy
    scores = np.zeros((ROWS - LEARNT, labels.shape[1]), np.float32)
    scores[:, borne] = forest.scores(rows[LEARNT:])
    scored = time.perf_counter()
    return {
        "fit_seconds": round(fitted - start, 1), "fit_cpu_seconds": round(cores, 1),
        "score_seconds": round(scored - fitted, 1),
        "peak_mb": _peak_mb(), "columns_used": forest.preparation_.width,
        "labels": labels.shape[1], "labels_learnt": int(borne.sum()),
        "labels_a_row": round(float(labels.sum(axis=1).mean()), 2),
        **_judged(scores, labels[LEARNT:]),
    }  # fmt: skip


def rates(genres: Path) -> NDArray[np.float64]:
    """Return how often each genre in use stands alone, of FMA's tracks [shape=(genres,)].

    The published counts are of tracks that bear a genre or one below it; a track's own list names
    the lowest. What is below is taken off, down to two fifths of the count.
    """
    with genres.open(encoding="utf-8") as file:
        lines = [line for line in csv.DictReader(file) if int(line["#tracks"])]
    below: Counter[str] = Counter()
    for line in lines:
        below[line["parent"]] += int(line["#tracks"])
    own = [max(int(line["#tracks"]) - below[line["genre_id"]], int(line["#tracks"]) * 2 // 5)
           for line in lines]  # fmt: skip
    return np.array(own) / 106_574


def table(
    shares: NDArray[np.float64], rng: np.random.Generator
) -> tuple[NDArray[np.float32], NDArray[np.int8]]:
    """Return made-up rows [shape=(ROWS, 518)] and genres 0/1 [shape=(ROWS, genres)]."""
    behind = rng.standard_normal((ROWS, _FACTORS)).astype(np.float32)
    rows = np.empty((ROWS, len(COLUMNS)), np.float32)
    series: dict[tuple[str, str], NDArray[np.float32]] = {}
    family: dict[str, NDArray[np.float32]] = {}
    for k, column in enumerate(COLUMNS):
        name, _, number = column.rsplit("_", 2)
        if name not in family:
            family[name] = _mixed(behind, rng)
        if (name, number) not in series:
            series[name, number] = 0.4 * family[name] + 0.9 * _mixed(behind, rng)
        rows[:, k] = _column(series[name, number], column, rng)
    return rows, _genres(behind, shares, rng)


def _mixed(behind: NDArray[np.float32], rng: np.random.Generator) -> NDArray[np.float32]:
    """Return a mixture of a few of the factors, of variance 1."""
    weights = rng.standard_normal(_FACTORS) * (rng.random(_FACTORS) < 0.2)
    weights[rng.integers(_FACTORS)] += 1
    return behind @ (weights / np.linalg.norm(weights)).astype(np.float32)


def _column(
    series: NDArray[np.float32], column: str, rng: np.random.Generator
) -> NDArray[np.float32]:
    name, statistic, number = column.rsplit("_", 2)
    near = _NEARNESS[statistic]
    noise = rng.standard_normal(ROWS, dtype=np.float32)
    values = near * series + np.sqrt(1 - near**2) * noise
    if statistic in _SKEWED:
        values = np.exp(_SKEWED[statistic] * values)
    size = _UNITLESS.get(statistic) or _SIZES.get(name, 0.2) * rng.uniform(0.5, 1.5)
    if name == "mfcc":  # the first ones bear the level and the slope
        size /= int(number)
    return (size * (values + rng.uniform(0, 3))).astype(np.float32)


def _genres(
    behind: NDArray[np.float32], shares: NDArray[np.float64], rng: np.random.Generator
) -> NDArray[np.int8]:
    """Return genres at their shares; each hangs on factors, two of them only together, and chance.

    A row without any gets the one that comes nearest.
    """
    labels = np.zeros((ROWS, len(shares)), np.int8)
    nearest, least = np.zeros(ROWS, int), np.full(ROWS, np.inf)
    for genre, share in enumerate(shares):
        a, b = rng.integers(_FACTORS, size=2)
        logits = _mixed(behind, rng) + 0.6 * behind[:, a] * behind[:, b]
        logits = logits + rng.standard_normal(ROWS, dtype=np.float32)
        level = np.quantile(logits, 1 - share)
        labels[:, genre] = logits > level
        closer = level - logits < least
        nearest[closer], least[closer] = genre, (level - logits)[closer]
    bare = np.flatnonzero(~labels.any(axis=1))
    labels[bare, nearest[bare]] = 1
    return labels


def _judged(scores: NDArray[np.float32], truth: NDArray[np.int8]) -> dict[str, float]:
    from sklearn.metrics import average_precision_score, coverage_error, f1_score, hamming_loss

    told = scores > 0.5
    found = {"micro_f1": f1_score(truth, told, average="micro", zero_division=0),
             "micro_average_precision": average_precision_score(truth, scores, average="micro"),
             "hamming_loss": hamming_loss(truth, told),
             "coverage_error": coverage_error(truth, scores)}  # fmt: skip
    return {name: round(float(value), 4) for name, value in found.items()}


def _peak_mb() -> int:
    status = Path("/proc/self/status")  # ru_maxrss counts a parent's from before the fork
    if status.exists():
        lines = status.read_text().splitlines()
        return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) // 1024
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most // (1024**2 if sys.platform == "darwin" else 1024)


if __name__ == "__main__":
    main()
