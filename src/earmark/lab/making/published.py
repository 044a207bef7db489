"""Writing a dataset that was made or merged: tracks, features, card and log (``datasets.made``).

Files are written into a folder of their own beside the wanted one, which then takes its name: a
run that is cut short leaves no half of a dataset.
"""

from __future__ import annotations

import contextlib
import csv
import io
import itertools
import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from earmark.datasets.base import Track
from earmark.datasets.made import COLUMNS, PATHS, SEPARATOR, TRACKS, About, Origin, write_about
from earmark.errors import DataError, EarmarkError
from earmark.features.base import FeatureSet
from earmark.judging import splits
from earmark.lab.making.listed import Listed
from earmark.lab.tables import CsvTable, ParquetTable
from earmark.labels.vocabulary import Vocabulary
from earmark.store import whole_folder, write_text

FRACTIONS = ({"train": 0.7, "valid": 0.1, "test": 0.2}, {"train": 0.75, "test": 0.25})
"""Of the parts; the second where there are too few artists for the first."""
_FEW_LACKING = 0.1  # of the labels may be missing from a part
_TEXTS = ("track_id", "labels", "artist", "dataset")


@dataclass(frozen=True)
class Published:
    """What is written.

    Attributes:
        about: of ``made.toml``.
        tracks: with the labels of ``about``.
        origins: of each track.
        features: rows of the tracks; None for a dataset without.
        log: events in order, plain values.
        told: sentences for the card.
    """

    about: About
    tracks: tuple[Track, ...]
    origins: Mapping[str, Origin]
    features: FeatureSet | None
    log: tuple[Mapping[str, Any], ...] = ()
    told: tuple[str, ...] = ()

    @property
    def vocabulary(self) -> Vocabulary:
        """Of ``about``."""
        return Vocabulary(tuple(self.about.groups), self.about.task, self.about.groups)


def refuse_taken(folder: Path) -> None:
    """Refuse a place that something lies in or that cannot be written, before hours of work.

    Raises:
        EarmarkError: it is a file or a folder that is not empty, or cannot be made.
    """
    try:
        taken = folder.exists() and (not folder.is_dir() or any(folder.iterdir()))
        if not folder.exists():  # can it be made?
            folder.mkdir(parents=True)
            folder.rmdir()
    except OSError as error:
        raise EarmarkError(f"{folder} cannot be written: {error.strerror or error}") from error
    if taken:
        raise EarmarkError(f"{folder} is there already; name a new folder with --out, or remove "
                           "it.")


def write(published: Published, folder: Path) -> dict[str, str]:
    """Write all files of the dataset into ``folder``, which must not hold anything.

    Returns:
        Track id to part.

    Raises:
        EarmarkError: it cannot be written. DataError: a label that holds the separator.
    """
    _refuse_separators(published)
    refuse_taken(folder)
    parts = deal(published)
    with whole_folder(folder) as building:
        _write_all(published, parts, building)
    return parts


def deal(published: Published) -> dict[str, str]:
    """Return track id to part, whole artists at a time; nothing where there are too few."""
    listed = Listed(Path(), published.tracks, published.vocabulary)
    found: list[tuple[int, dict[str, str]]] = []
    for fractions in FRACTIONS:
        rng = np.random.default_rng(published.about.seed)
        with contextlib.suppress(DataError):
            parts = dict(splits.grouped(listed, "artist", fractions, rng).parts)
            found.append((_lacking(published, parts), parts))
            if found[-1][0] <= _FEW_LACKING * len(published.about.groups):
                return parts
    return min(found, key=lambda each: each[0])[1] if found else {}


def _lacking(published: Published, parts: Mapping[str, str]) -> int:
    """Return how many labels some part has no track of."""
    borne = {(label, parts[track.id]) for track in published.tracks for label in track.labels}
    return sum(any((label, part) not in borne for part in set(parts.values()))
               for label in published.about.groups)


def _write_all(published: Published, parts: Mapping[str, str], folder: Path) -> None:
    write_about(published.about, folder)
    write_text(folder / TRACKS, _tracks_table(published, parts))
    if paths := [(t.id, t.path) for t in published.tracks if t.path]:
        write_text(folder / PATHS, _table(("id", "path"), sorted(paths)))
    if published.features is not None:
        _write_features(published, published.features, folder)
    write_text(folder / "log.jsonl",
               "".join(json.dumps(dict(event)) + "\n" for event in published.log))
    write_text(folder / "CARD.md", card(published, parts))


def _refuse_separators(published: Published) -> None:
    for label in published.about.groups:
        if SEPARATOR in label:
            raise DataError(f"the label '{label}' holds '{SEPARATOR}', which parts labels in the "
                            "table; rename it.")


def _tracks_table(published: Published, parts: Mapping[str, str]) -> str:
    rows = []
    for track in sorted(published.tracks, key=lambda t: t.id):
        origin = published.origins[track.id]
        rows.append([
            track.id, SEPARATOR.join(track.labels), parts.get(track.id, ""),
            track.artist or "", track.album or "", track.song or "", track.title or "",
            "" if track.seconds is None else f"{track.seconds:.3f}", origin.dataset, origin.id,
            SEPARATOR.join(origin.labels),
        ])  # fmt: skip
    return _table(COLUMNS, rows)


def _table(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows(rows)
    return text.getvalue()


def _write_features(published: Published, made: FeatureSet, folder: Path) -> None:
    columns = ["filename", "track_id", "segment", "start_seconds", "labels", "artist", "dataset",
               *made.columns]
    with (ParquetTable(columns, folder / "features.parquet", _TEXTS) as parquet,
          CsvTable(columns, folder / "features.csv") as text):
        for rows in _blocks(published, made):
            parquet.add(rows)
            text.add(rows)


def _blocks(published: Published, made: FeatureSet) -> Iterator[list[list[Any]]]:
    """Yield the rows of each track, segments in order of their starts."""
    order = np.lexsort((made.starts, made.track_ids))
    ids = made.track_ids[order]
    bounds = [0, *(np.flatnonzero(ids[1:] != ids[:-1]) + 1).tolist(), len(ids)]
    tracks = {track.id: track for track in published.tracks}
    for first, last in itertools.pairwise(bounds):
        track = tracks[str(ids[first])]
        yield [
            [f"{track.id}#{number}", track.id, number, float(made.starts[row]),
             SEPARATOR.join(track.labels), track.artist or "",
             published.origins[track.id].dataset, *made.rows[row].astype(np.float64).tolist()]
            for number, row in enumerate(order[first:last])
        ]  # fmt: skip


def card(published: Published, parts: Mapping[str, str]) -> str:
    """Return ``CARD.md``: what the dataset is, for people."""
    about, tracks = published.about, published.tracks
    counted = Counter(label for track in tracks for label in track.labels)
    lines = [f"# {about.title}", "",
             f"{len(tracks)} tracks, {len({t.artist for t in tracks} - {None})} artists, "
             f"{len(about.groups)} labels, {about.task}-label; seed {about.seed}.", ""]
    lines += [f"- {told}" for told in published.told]
    lines += ["", f"Licence: {about.licence}", "", f"Made from: {about.citation}", "",
              "| made from | fingerprint of the copy |", "|---|---|"]
    lines += [f"| {name} | {fingerprint} |" for name, fingerprint in about.made_from.items()]
    lines += ["", "| label | group | tracks | train | valid | test |", "|---|---|---|---|---|---|"]
    for label, group in about.groups.items():
        bearing = [track.id for track in tracks if label in track.labels]
        within = Counter(parts.get(track, "") for track in bearing)
        lines.append(f"| {label} | {group} | {counted[label]} | {within['train']} | "
                     f"{within['valid']} | {within['test']} |")
    said = ("Parts are dealt by artist: no artist has tracks in two. A track without a known "
            "artist goes with its song, or by itself." if parts else
            "No parts were dealt: there are too few artists.")
    lines += ["", said]
    if any(track.path for track in tracks):
        lines += ["", f"`{PATHS}` says where the audio lies on the machine this was made on; leave "
                  "it out of what you publish."]
    return "\n".join([*lines, ""])


def without_rows(published: Published) -> Published:
    """Return it with only the tracks that have features, where it has any."""
    if published.features is None:
        return published
    held = set(published.features.track_ids.tolist())
    return replace(published, tracks=tuple(t for t in published.tracks if t.id in held))
