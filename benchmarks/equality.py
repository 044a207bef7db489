"""How equal the features are: to librosa on every clip, and to GTZAN's published tables.

    python -m benchmarks.equality --audio FOLDER

writes ``benchmarks/results/equality.json``. Every file of the folder that can be decoded counts;
of one longer than 30 seconds, the middle 30. librosa's side is the tests' oracle. Errors are
relative to max(|value|, the column's deviation over all clips), for log-mel in its own units, for
``stacked`` in shares of the picture's range. GTZAN's tables are those in the layout of its Kaggle
edition, where the folder has them.
"""

from __future__ import annotations

import os

for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ[_name] = "1"  # before numpy is imported

import argparse
import csv
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from tests.features import oracle, oracle_fma, picture_oracle, test_combined, test_mel_forms

from earmark.audio import kernels
from earmark.audio.load import find_audio, load
from earmark.audio.segments import windows
from earmark.errors import AudioError
from earmark.features import base
from earmark.features.gtzan57 import COLUMNS, Gtzan57
from earmark.store import write_text

RESULTS = Path(__file__).parent / "results" / "equality.json"
SECONDS = 30
Values = NDArray[np.float64]


class Family(NamedTuple):
    """One comparison.

    Attributes:
        title: family and settings.
        front_end: ours.
        theirs: librosa's, of samples.
        columns: names of the values; None for pictures, whose differences count as they are.
    """

    title: str
    front_end: base.FrontEnd
    theirs: Callable[[NDArray[np.float32]], Any]
    columns: tuple[str, ...] | None


def families() -> Iterator[Family]:
    """Yield what is compared."""
    yield Family("gtzan57", base.build({"name": "gtzan57"}), oracle.gtzan57, COLUMNS)
    combined = base.build({"name": "combined"})
    yield Family("combined, the 66 others", combined, test_combined.expected_values,
                 combined.columns[57:])  # fmt: skip
    for variant in ("as_published", "correct"):
        front_end = base.build({"name": "fma518", "variant": variant})
        yield Family(f"fma518, {variant}", front_end,
                     lambda y, v=variant: oracle_fma.fma518(y, 44_100, v), front_end.columns)
    for bands in (96, 128, 256):
        logmel = base.build({"name": "logmel", "n_mels": bands})
        yield Family(f"logmel {bands}", logmel,
                     lambda y, f=logmel: picture_oracle.logmel(y, f), None)  # fmt: skip
    yield Family("logmel as musicnn has it", base.build(test_mel_forms.MUSICNN),
                 test_mel_forms.musicnn, None)  # fmt: skip
    yield Family("logmel as CLAP has it", base.build(test_mel_forms.CLAP), test_mel_forms.clap,
                 None)  # fmt: skip
    stacked = base.build({"name": "stacked"})
    yield Family("stacked", stacked, lambda y: picture_oracle.stacked(y, stacked), None)


def main() -> None:
    """Compare, print and write."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--audio", type=Path, required=True)
    folder = parser.parse_args().audio
    found: dict[str, Any] = {"to librosa": {}, "to GTZAN's tables": tables(folder)}
    paths = find_audio([folder])
    for family in families():
        found["to librosa"][family.title] = compare(family, paths)
        print(json.dumps({family.title: found["to librosa"][family.title]}, indent=1), flush=True)
    print(json.dumps(found["to GTZAN's tables"], indent=1))
    write_text(RESULTS, json.dumps(found, indent=1) + "\n")


def compare(family: Family, paths: list[Path]) -> dict[str, Any]:
    """Return how one family differs from librosa's over all clips, by either kind of kernels."""
    names, theirs = list[str](), list[Values]()
    ours: dict[str, list[Values]] = {"plain": [], "fast": []}
    for path in paths:
        try:
            samples = middle(path, family.front_end.sample_rate)
        except AudioError:
            continue
        names.append(path.name)
        expected = family.theirs(samples)
        if family.columns is not None:
            expected = [expected[column] for column in family.columns]
        theirs.append(np.asarray(expected, dtype=np.float64))
        for kind, made in ours.items():
            with kernels.using(kind):  # type: ignore[arg-type]
                values = family.front_end(samples).astype(np.float64)
            if family.columns is not None:
                at = [family.front_end.columns.index(column) for column in family.columns]
                values = values[at]
            made.append(values)
    return {"clips": len(names), **{kind: told(family, names, made, theirs)
                                    for kind, made in ours.items()}}


def middle(path: Path, sample_rate: int) -> NDArray[np.float32]:
    """Return a clip's samples, of a longer file its middle 30 seconds."""
    samples = load(path, sample_rate=sample_rate).samples
    spare = max(0, len(samples) - SECONDS * sample_rate)
    return samples[spare // 2 : len(samples) - spare + spare // 2]


def told(family: Family, names: list[str], ours: list[Values], theirs: list[Values]
         ) -> dict[str, Any]:  # fmt: skip
    if family.columns is None:
        apart = [float(np.abs(a - b).max()) for a, b in zip(ours, theirs, strict=True)]
        return {"worst difference": float(f"{max(apart):.3g}"),
                "worst clip": names[int(np.argmax(apart))]}  # fmt: skip
    table, made = np.stack(theirs), np.stack(ours)
    errors = np.abs(made - table) / np.maximum(np.abs(table), table.std(axis=0) + 1e-12)
    over = np.argwhere(errors > 1e-3)
    return {
        "values": errors.size, "within 1e-3, %": round(100 * float((errors <= 1e-3).mean()), 4),
        "median": float(f"{np.median(errors):.3g}"), "worst": float(f"{errors.max():.3g}"),
        "over 1e-3": {name: sorted({family.columns[c] for r, c in over if names[r] == name})[:40]
                      for name in sorted({names[r] for r, _ in over})},
    }  # fmt: skip


def tables(folder: Path) -> dict[str, Any]:
    """Return how our values differ from those of GTZAN's published tables."""
    found: dict[str, Any] = {}
    for pattern, seconds, padding in (
        ("**/features_30_sec.csv", None, "reflect"),
        ("**/features_3_sec*.csv", 3.0, "reflect"),
        ("**/features_10_sec.csv", 10.0, "zeros"),
    ):
        for path in folder.glob(pattern):
            for kind in ("plain", "fast"):
                with kernels.using(kind):  # type: ignore[arg-type]
                    found[f"{path.name}, {kind}"] = beside(path, folder, seconds, padding)
    return found


def beside(table: Path, folder: Path, seconds: float | None, padding: str) -> dict[str, Any]:
    with table.open(newline="") as file:
        rows = {r["filename"]: np.array([float(r[c]) for c in COLUMNS])
                for r in csv.DictReader(file)}  # fmt: skip
    front_end = Gtzan57(padding=padding)  # type: ignore[arg-type]
    spread = np.stack(list(rows.values())).std(axis=0)
    errors, waves = list[Values](), list[float]()
    for path in [*folder.glob("**/genres*/*/*.wav"), *folder.glob("**/genres/*/*.au")]:
        try:
            samples = load(path, sample_rate=22_050).samples
        except AudioError:
            continue
        cut = [samples] if seconds is None else [
            w.samples for w in windows([samples], front_end.segments(seconds), 22_050)]
        for number, segment in enumerate(cut):
            name = path.stem + (".wav" if seconds is None else f".{number}.wav")
            if name not in rows:
                continue
            apart = np.abs(front_end(segment) - rows[name])
            error = apart / np.maximum(np.abs(rows[name]), spread)
            for part in ("harmony", "perceptr"):
                at = COLUMNS.index(f"{part}_mean")
                waves.append(float(apart[at] / np.sqrt(rows[name][at + 1])))
                error[at] = 0
            errors.append(error)
    worst = np.stack(errors).max(axis=0)
    return {"segments": len(errors), "worst": float(f"{worst.max():.3g}"),
            "worst column": COLUMNS[int(worst.argmax())],
            "worst mean of a separated waveform, of its deviation": float(f"{max(waves):.3g}")}


if __name__ == "__main__":
    main()
