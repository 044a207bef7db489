"""The whole examination of a dataset: what is known of it, its labels, parts, tables and sound."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from earmark.datasets.base import Dataset
from earmark.datasets.manifest import Manifest, NoFilesError
from earmark.datasets.opening import open_dataset, recognised, variant
from earmark.errors import DataError
from earmark.lab.doctor import listening
from earmark.lab.doctor.bare import BareTable
from earmark.lab.doctor.catalogue import account, known_faults
from earmark.lab.doctor.findings import Finding
from earmark.lab.doctor.labels import Labelled, lint
from earmark.lab.doctor.mislabels import find_mislabels
from earmark.lab.doctor.parts import Shared, divisions, lint_pairs, lint_parts, shared
from earmark.lab.doctor.sheet import SUFFIXES
from earmark.lab.doctor.tables import lint_tables

Progress = Callable[[int, int], None]
Log = Callable[[str], None]


@dataclass(frozen=True)
class Checkup:
    """What came of a check.

    Attributes:
        dataset: its name. variant: its options. root: where it lies.
        tracks: how many. heard: how many of them were listened to.
        findings: each once, the gravest first.
        prevalence: label and number of tracks, the commonest first.
        parts: partition to the number of tracks at hand of each part.
        shared: what the parts share.
        notes: what was merged or guessed in reading, and what was not looked at.
    """

    dataset: str
    variant: str
    root: Path
    tracks: int
    heard: int
    findings: tuple[Finding, ...]
    prevalence: tuple[tuple[str, int], ...]
    parts: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    shared: tuple[Shared, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def is_grave(self) -> bool:
        """Whether anything found makes scores wrong or training fail."""
        return any(found.severity == "grave" for found in self.findings)

    @cached_property
    def kinds(self) -> dict[str, list[Finding]]:
        """The findings by kind, the gravest first."""
        grouped: dict[str, list[Finding]] = {}
        for found in self.findings:
            grouped.setdefault(found.kind, []).append(found)
        return grouped

    @property
    def severities(self) -> dict[str, int]:
        """How many findings are grave, warnings and notes."""
        counted = Counter(found.severity for found in self.findings)
        return {"grave": counted["grave"], "warning": counted["warning"], "note": counted["note"]}

    def plain(self) -> dict[str, Any]:
        """Return everything as plain values, for JSON."""
        return {
            "dataset": self.dataset, "variant": self.variant, "root": str(self.root),
            "tracks": self.tracks, "heard": self.heard, "grave": self.is_grave,
            "counts": {kind: len(found) for kind, found in self.kinds.items()},
            "findings": [
                {"kind": f.kind, "severity": f.severity, "subject": f.subject, "name": f.name,
                 "other": f.other, "detail": f.detail, "source": f.source} for f in self.findings
            ],
            "prevalence": dict(self.prevalence), "notes": list(self.notes),
        }  # fmt: skip


def openable(root: Path, name: str | None = None, options: dict[str, str] | None = None) -> Dataset:
    """Return the dataset at ``root``; a table that its reader refuses as a bare table.

    Raises:
        DataError: it is no dataset, and no table either.
    """
    dataset = open_dataset(name or recognised(root), root, options or {})
    if name or options or not root.is_file() or root.suffix.lower() not in SUFFIXES:
        return dataset
    named = False  # whether it names files and labels, so that it could be learnt from
    try:
        if isinstance(dataset, Manifest):
            dataset.check_header()  # before all of a large table is read to no end
            named = True
        _ = dataset.tracks
    except DataError as error:
        broken = named and not isinstance(error, NoFilesError)
        dataset = BareTable(root, str(error), broken=broken)
        _ = dataset.sheet
    return dataset


def check(
    dataset: Dataset, *, listen: bool = True, mislabels: bool = False, jobs: int | None = None,
    progress: Progress | None = None, log: Log = lambda _: None,
) -> Checkup:
    """Examine a dataset.

    Args:
        listen: decode every track and compare it with all others.
        mislabels: learn from the dataset to find labels that are likely wrong.
        progress: of listening: recordings done and of all.

    Raises:
        DataError: the dataset cannot be read.
        MissingExtraError: something that a check needs is not installed.
    """
    given = dataset.labelled if isinstance(dataset, BareTable) else Labelled.of(dataset)
    log("labels, parts and tables")
    found = [*known_faults(dataset), *lint(given), *lint_parts(dataset), *lint_tables(dataset)]
    if isinstance(dataset, BareTable):
        found += dataset.lint()
    notes = list(dataset.remarks())
    heard = 0
    if listen and any(track.path is not None for track in dataset.tracks.values()):
        heard, by_ear = _listened(dataset, jobs, progress, log)
        found += by_ear
    else:
        notes.append("not listened to: " + ("no audio is at hand" if listen else "not asked for"))
    found += list(lint_pairs(dataset, found))
    if mislabels:
        found += _mislabelled(dataset, notes, log)
    counted = given.counts
    return Checkup(
        given.name, "" if isinstance(dataset, BareTable) else variant(dataset), dataset.root,
        len(dataset.tracks), heard, account(found, dataset.partitions()),
        tuple(sorted(((label, counted[label]) for label in given.labels),
                     key=lambda pair: (-pair[1], pair[0]))),
        {name: split.counts for name, split in divisions(dataset).items()},
        tuple(shared(dataset)), tuple(notes),
    )  # fmt: skip


def _listened(
    dataset: Dataset, jobs: int | None, progress: Progress | None, log: Log
) -> tuple[int, list[Finding]]:
    found = listening.listen(dataset, jobs=jobs, progress=progress, note=log)
    return found.heard, found.findings


def _mislabelled(dataset: Dataset, notes: list[str], log: Log) -> list[Finding]:
    try:
        return find_mislabels(dataset, log=log)
    except DataError as error:
        notes.append(f"likely mislabels not looked for: {error}")
        return []
