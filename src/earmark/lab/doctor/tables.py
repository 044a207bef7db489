"""The feature tables that come with a dataset: their columns, rows, and the tracks they are of."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from earmark.datasets.base import Dataset, FeatureTable
from earmark.errors import DataError
from earmark.features import base as features
from earmark.features.base import FeatureSet
from earmark.lab.batches import place_of
from earmark.lab.doctor.columns import check_columns, check_rows
from earmark.lab.doctor.findings import Finding
from earmark.settings import fingerprint

_SHOWN = 3


def lint_tables(dataset: Dataset) -> list[Finding]:
    """Return what is wrong with the dataset's ready-made tables.

    A table that its reader refuses is a finding, with the reader's words. Tracks whose rows are
    equal in one table and differ in another are no duplicates: the first table is wrong. Tables
    of pictures are left alone.
    """
    found: list[Finding] = []
    copies: dict[str, list[Finding]] = {}
    ids: dict[str, set[str]] = {}
    own = (table for table in dataset.feature_tables() if not (table.derived or table.pictures))
    for tables in alike(own):
        name = ", ".join(table.path.name for table in tables)
        try:
            made = FeatureSet.joined([_read(dataset, table) for table in tables])
        except DataError as error:
            found.append(Finding("broken table", name, str(error), subject="file"))
        else:
            copies[name], ids[name] = _copies(dataset, made, name), set(made.track_ids.tolist())
            found += _lint(dataset, made, name)
    return [*found, *_weighed(copies, ids)]


def alike(tables: Iterable[FeatureTable]) -> list[list[FeatureTable]]:
    """Return the tables in groups that were made alike: each may hold a part of the tracks."""
    groups: dict[str, list[FeatureTable]] = {}
    for table in tables:
        made = fingerprint([dict(table.front_end), table.seconds])
        groups.setdefault(made, []).append(table)
    return list(groups.values())


def _weighed(
    copies: Mapping[str, Sequence[Finding]], ids: Mapping[str, set[str]]
) -> Iterator[Finding]:
    """Yield pairs of equal rows, those that another table contradicts as what they then are."""
    pairs = {name: {(f.name, str(f.other)) for f in found} for name, found in copies.items()}
    for name, found in copies.items():
        for copy in found:
            pair = copy.name, str(copy.other)
            against = [other for other, known in ids.items()
                       if other != name and known.issuperset(pair) and pair not in pairs[other]]
            if not against or copy.kind == "like rows":
                yield copy
                continue
            yield replace(copy, kind="repeated rows",
                          detail=f"{copy.detail}, but not in {against[0]}")


def _read(dataset: Dataset, table: FeatureTable) -> FeatureSet:
    front_end = features.build(table.front_end)
    return front_end.read(table.path, place_of(dataset, front_end, table))


def _copies(dataset: Dataset, made: FeatureSet, name: str) -> list[Finding]:
    tracks = dataset.tracks
    return list(check_rows(_flat(made), made.track_ids.tolist(),
                           lambda i: tracks[i].labels if i in tracks else (), name))


def _lint(dataset: Dataset, made: FeatureSet, name: str) -> Iterator[Finding]:
    rows = _flat(made)
    if rows.shape[1] == len(made.columns):
        yield from check_columns(rows, made.columns, name)
    yield from _unmatched(dataset, set(made.track_ids.tolist()), name)


def _flat(made: FeatureSet) -> NDArray[np.float32]:
    return made.rows.reshape(len(made.rows), -1)


def _unmatched(dataset: Dataset, rows: set[str], name: str) -> Iterator[Finding]:
    strange, bare = sorted(rows - dataset.tracks.keys()), sorted(dataset.tracks.keys() - rows)
    if strange:
        yield Finding("row without track", name, f"{len(strange)} of {len(rows)} names are of no "
                      f"track: {_some(strange)}", subject="file")
    if bare:
        yield Finding("track without row", name, f"{len(bare)} of {len(dataset.tracks)} tracks "
                      f"have no row: {_some(bare)}", subject="file")


def _some(names: Sequence[str]) -> str:
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return ", ".join(names[:_SHOWN]) + more
