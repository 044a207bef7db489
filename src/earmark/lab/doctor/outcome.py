"""What a check leaves for training: a list of tracks to leave out, and a table of the others."""

from __future__ import annotations

import csv
import io
import json
import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path

from earmark.datasets.base import Dataset, Track
from earmark.errors import DataError, SettingsError, suggestion
from earmark.lab.doctor.findings import Finding, excluded
from earmark.store import write_text

_MANIFEST = ("path", "labels", "artist", "album", "song", "title", "id", "split")
SUSPECTED = "likely mislabel"
"""How the reason begins of a track that a model holds for mislabelled."""


def left_out(
    dataset: Dataset, findings: Iterable[Finding], *, drop_mislabels: bool = False,
    partition: str | None = None, say: Callable[[str], None] = lambda _: None,
) -> dict[str, str]:
    """Return the tracks to leave out, by id, each with its reason.

    Args:
        drop_mislabels: likely mislabels as well, but only those in the train part of the
            partition: a test part that a model has picked over flatters models like it. None
            where half of the train part is suspected, since that is the models' fault.
        say: is told so.

    Raises:
        SettingsError: likely mislabels are to go, and no partition says which tracks are train.
    """
    found = list(findings)
    reasons = excluded(found)
    if drop_mislabels:
        for suspect in _to_drop(dataset, found, train_part(dataset, partition), say):
            reasons.setdefault(suspect.name, f"{SUSPECTED}: {suspect.detail}")
    return dict(sorted(reasons.items()))


def _to_drop(
    dataset: Dataset, found: Sequence[Finding], parts: Mapping[str, str],
    say: Callable[[str], None],
) -> list[Finding]:
    suspects = [f for f in found if f.kind == SUSPECTED and parts.get(f.name) == "train"]
    train = sum(part == "train" for track, part in parts.items() if track in dataset.tracks)
    if 2 * len(suspects) > train:
        say(f"likely mislabels are not left out: {len(suspects)} of {train} tracks of the train "
            "part are suspected, so the models know too little to be believed")
        return []
    return suspects


def train_part(dataset: Dataset, partition: str | None) -> Mapping[str, str]:
    """Return the parts that say which tracks are train.

    Raises:
        SettingsError: none do, or no partition is called so.
    """
    if not (parts := parts_of(dataset, partition)):
        known = dataset.partitions()
        raise SettingsError("likely mislabels are left out of a train part only, and " + (
            f"'{dataset.name}' has no partition that says which tracks are." if not known else
            f"'{dataset.name}' has several partitions: name one of {', '.join(known)} with "
            "--partition."))
    return parts


def parts_of(dataset: Dataset, partition: str | None) -> Mapping[str, str]:
    """Return the parts of a partition by name, or of the only one; empty for none of several.

    Raises:
        SettingsError: no partition is called so.
    """
    known = dataset.partitions()
    if partition is None:
        return next(iter(known.values())) if len(known) == 1 else {}
    if partition not in known:
        raise SettingsError(f"'{dataset.name}' has no published split '{partition}'."
                            f"{suggestion(partition, known)}")
    return known[partition]


def write_excluded(path: Path, reasons: Mapping[str, str]) -> None:
    """Write ``track,reason`` rows as CSV, atomically."""
    _write(path, ("track", "reason"), reasons.items())


def read_excluded(path: Path) -> dict[str, str]:
    """Read what ``write_excluded`` wrote: track to reason.

    Raises:
        DataError: it is no such list; names the line.
    """
    found: dict[str, str] = {}
    try:
        rows = csv.reader(io.StringIO(path.read_text(encoding="utf-8-sig"), newline=""))
        if (header := next(rows, [])) != ["track", "reason"]:
            raise DataError(f"{path} begins with '{','.join(header)}'; expected the columns "
                            "track,reason, as earmark data check --exclude writes them.")
        for row in filter(None, rows):
            if len(row) != 2:
                raise DataError(f"{path}, line {rows.line_num}: {len(row)} fields; expected "
                                "track,reason.")
            found[row[0]] = row[1]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise DataError(f"{path}: cannot be read as an exclude list: {error}.") from error
    return found


def write_manifest(
    path: Path, dataset: Dataset, reasons: Mapping[str, str], partition: str | None = None
) -> int:
    """Write a table of the tracks that are sound, for ``earmark train``; return how many.

    Paths are relative to the table's folder where the audio lies in it, else absolute.

    Raises:
        DataError: no track is left that has audio and a label.
    """
    parts = parts_of(dataset, partition)
    kept = [track for track in dataset.tracks.values()
            if track.path is not None and track.labels and track.id not in reasons]
    if not kept:
        raise DataError(f"{dataset.root}: no track is left that has audio and a label; a manifest "
                        "of none cannot be learnt from.")
    _write(path, _MANIFEST, [_row(path, dataset, track, parts) for track in kept])
    return len(kept)


def _row(path: Path, dataset: Dataset, track: Track, parts: Mapping[str, str]) -> Sequence[str]:
    return (_place(path, dataset.root / str(track.path)), _labels(track.labels), track.artist or "",
            track.album or "", track.song or "", track.title or "", track.id,
            parts.get(track.id, ""))  # fmt: skip


def _place(manifest: Path, audio: Path) -> str:
    folder, file = (Path(os.path.abspath(p)) for p in (manifest.parent, audio))  # noqa: PTH100
    return (file.relative_to(folder) if file.is_relative_to(folder) else file).as_posix()


def _labels(labels: Sequence[str]) -> str:
    """Return labels as the manifest's reader parts them; a JSON list where a mark is in a name."""
    if any(mark in label for label in labels for mark in ";|[("):
        return json.dumps(list(labels), ensure_ascii=False)
    return ";".join(labels)


def _write(path: Path, header: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(rows)
    write_text(path, text.getvalue())
