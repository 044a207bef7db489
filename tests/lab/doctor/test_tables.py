"""The tables of a dataset: GTZAN's give the known pairs and no others, and a wrong row."""

from __future__ import annotations

import csv
import shutil
from pathlib import Path

import pytest

from earmark.datasets.gtzan import Gtzan
from earmark.lab.doctor.tables import lint_tables

# references.md: what is equal, and what is nearer than 0.5, in the published 30-second table
EXACT = """disco 98 99, hiphop 39 45, hiphop 76 78, metal 34 94, metal 40 61, metal 41 62,
metal 42 63, metal 43 64, metal 44 65, metal 45 66, pop 54 60, pop 67 71, reggae 81 82"""
NEAR = "jazz 33 51, pop 15 22, pop 45 46, pop 47 80, pop 87 90"


def pairs(told: str) -> set[tuple[str, str]]:
    words = [pair.split() for pair in told.split(",")]
    return {(f"{genre}.{int(b):05}", f"{genre}.{int(a):05}") for genre, a, b in words}


def test_the_published_table_alone_gives_the_known_pairs(realdata: Path, tmp_path: Path) -> None:
    shutil.copy(realdata / "gtzan/Data/features_30_sec.csv", tmp_path)
    found = lint_tables(Gtzan(tmp_path))
    kinds = {kind: {(f.name, f.other) for f in found if f.kind == kind}
             for kind in {f.kind for f in found}}  # fmt: skip
    assert kinds == {"exact duplicate": pairs(EXACT), "like rows": pairs(NEAR),
                     "cross-label duplicate": {("rock.00016", "metal.00058")}}
    assert len(pairs(EXACT)) + 1 == 14


def test_the_ten_second_table_repeats_a_track_under_the_unreadable_ones_name(
    realdata: Path,
) -> None:
    (found,) = [f for f in lint_tables(Gtzan(realdata / "gtzan")) if f.kind == "repeated rows"]
    assert (found.name, found.other) == ("jazz.00054", "jazz.00053")
    assert found.detail == "3 of 3 rows equal in features_10_sec.csv, but not in " \
                           "features_30_sec.csv"
    assert not found.excludes  # the recording is not at fault


@pytest.fixture
def sample(tmp_path: Path) -> Gtzan:
    Gtzan.sample(tmp_path)
    return Gtzan(tmp_path)


def edited(gtzan: Gtzan, change: str) -> Gtzan:
    path = gtzan.root / "Data/features_30_sec.csv"
    with path.open(newline="", encoding="utf-8") as file:
        header, *rows = list(csv.reader(file))
    at = {name: i for i, name in enumerate(header)}
    if change == "copy":
        for row in rows:
            row[at["zero_crossing_rate_mean"]] = row[at["rolloff_mean"]]
    elif change == "hole":
        rows[0][at["tempo"]] = "nan"
    elif change == "short":
        del rows[0]
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([header, *rows])
    return Gtzan(gtzan.root)


def test_a_table_as_it_should_be_is_left_alone(sample: Gtzan) -> None:
    assert lint_tables(sample) == []


def test_zero_crossings_that_are_the_roll_off(sample: Gtzan) -> None:
    (found,) = lint_tables(edited(sample, "copy"))
    assert found.kind == "copied column"
    assert {found.name, found.other} == {"zero_crossing_rate_mean", "rolloff_mean"}


def test_a_value_that_is_no_number_breaks_the_table(sample: Gtzan) -> None:
    (found,) = lint_tables(edited(sample, "hole"))
    assert (found.kind, found.name, found.severity) == ("broken table", "features_30_sec.csv",
                                                        "grave")
    assert "'tempo'" in found.detail


def test_tracks_without_a_row(sample: Gtzan) -> None:
    (found,) = lint_tables(edited(sample, "short"))
    assert (found.kind, found.subject) == ("track without row", "file")
    assert found.detail.startswith("1 of 30 tracks have no row: blues.")
