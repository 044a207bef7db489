"""A tiny made-up copy of MuMu: its tables, a data split, metadata and titles; no audio."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from earmark.store import write_bytes, write_text

# the genres of two albums each; the last pair bears names that hold a comma
_GENRES = (
    ("Pop", "Rock", "Alternative Rock"), ("Jazz", "Bebop"), ("Pop", "R&B", "Soul"),
    ("Metal", "Rock", "Death Metal"), ("World Music", "Reggae", "Dub"),
    ("Classical", "Theatrical, Incidental & Program Music"),
)  # fmt: skip
_COLUMNS = ("amazon_id", "album_mbid", "MSD_track_id", "recording_mbid", "artist_mbid", "genres")
_LISTED = tuple(sorted({g for genres in _GENRES for g in genres if "," not in g}))


def write(root: Path, folder: str) -> None:
    """Write it all below ``root``, tables and metadata in ``folder``."""
    albums = [(f"B{number:09}", _GENRES[number // 2]) for number in range(12)]
    rows = [(album, f"album-{album}", f"TR{number:02}{track}AA128F000000", f"rec-{number}-{track}",
             f"artist-{number % 7}", ",".join(genres))
            for number, (album, genres) in enumerate(albums) for track in range(2)]  # fmt: skip
    _write_table(root / folder / "MuMu_dataset_multi-label.csv", rows)
    _write_table(root / folder / "MuMu_dataset_single-label.csv",
                 [(*row[:5], row[5].partition(",")[0]) for row in rows[2:10]])
    metadata = [{"amazon_id": album, "artist": f"Band {n % 7}", "title": f"Album {n}",
                 "related": {"also_bought": []}}
                for n, (album, _) in enumerate(albums)]  # fmt: skip
    write_text(root / folder / "amazon_metadata_MuMu.json", json.dumps(metadata, indent=1))
    titles = [f"{row[2]}<SEP>SO{n:016}<SEP>Band {n // 2 % 7}<SEP>Song {n}"
              for n, row in enumerate(rows)]  # fmt: skip
    write_text(root / "unique_tracks.txt", "\n".join(titles) + "\n")
    _write_split(root / "splits", [(row[2], row[5].split(",")) for row in rows])


def _write_table(path: Path, rows: Sequence[tuple[str, ...]]) -> None:
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator="\n").writerows([_COLUMNS, *rows])
    write_text(path, text.getvalue())


def _write_split(folder: Path, items: list[tuple[str, list[str]]]) -> None:
    write_text(folder / "genre_labels_MuMu.tsv", "\n".join(_LISTED) + "\n")
    for part, chosen in (("train", items[::2]), ("val", items[1::4]), ("test", items[3::4])):
        write_text(folder / f"items_index_{part}_MuMu.tsv", "\n".join(i for i, _ in chosen))
        matrix = np.array([[label in genres for label in _LISTED] for _, genres in chosen], "f4")
        buffer = io.BytesIO()
        np.save(buffer, matrix, allow_pickle=False)
        name = f"y_{part}_class_{len(_LISTED)}_MuMu.npy"
        write_bytes(folder / name, buffer.getvalue())
