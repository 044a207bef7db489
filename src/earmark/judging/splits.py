"""Which tracks a model may learn from and which it is judged on.

Tracks are divided, never segments: nothing here takes segments and returns parts. Whoever needs
the rows of a part asks the feature set for those of the part's track ids. Where artists or albums
are known, whole groups are dealt out, because a model that has heard the singer scores better
than it will in service.
"""

from __future__ import annotations

import csv
import io
import math
from collections import Counter
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from earmark.datasets._cpickle_lists import is_pickle
from earmark.datasets.base import Dataset
from earmark.errors import DataError, SettingsError, suggestion
from earmark.judging.groups import By, group_names
from earmark.judging.leaks import Leak, leaks
from earmark.judging.missing import Missing, missing_labels
from earmark.labels.dealing import deal_groups, numbered
from earmark.settings import fingerprint
from earmark.store import write_text

__all__ = [
    "PARTS", "By", "Leak", "Missing", "Split", "check_fractions", "folds", "group_folds",
    "group_names", "grouped", "leaks", "missing_labels", "official", "random", "redrawn",
]  # fmt: skip

PARTS = ("train", "valid", "test")
_HEADER = ["track_id", "part"]


@dataclass(frozen=True)
class Split:
    """Track ids dealt out to train, valid and test.

    Attributes:
        name: of the protocol, shown with every result.
        parts: track id to ``train``, ``valid`` or ``test``; tracks left out are absent.
    """

    name: str
    parts: Mapping[str, str]

    def __post_init__(self) -> None:
        for track, part in self.parts.items():
            _check_part(part, f"the part of track '{track}'")
            if not track.strip() or any(c in track for c in "\r\n\0"):
                raise DataError(f"the track id {track!r} is empty or holds a line break.")
        # A plain dict, not a proxy: a split is pickled on its way to worker processes.
        object.__setattr__(self, "parts", dict(sorted(self.parts.items())))

    def ids(self, part: str) -> tuple[str, ...]:
        """Return the sorted track ids of a part; none when the part is empty.

        Raises:
            SettingsError: no part is called so.
        """
        _check_part(part, "the part asked for")
        return tuple(track for track, its in self.parts.items() if its == part)

    @property
    def counts(self) -> dict[str, int]:
        """Tracks in each of train, valid and test."""
        counted = Counter(self.parts.values())
        return {part: counted[part] for part in PARTS}

    @cached_property
    def fingerprint(self) -> str:
        """16 hex digits that change when a track changes its part; the name does not count."""
        return fingerprint(self.parts)

    def leaks(self, dataset: Dataset) -> list[Leak]:
        """Return all that is known to stand on two sides; see the function of this name."""
        return leaks(self, dataset)

    def save(self, path: Path) -> None:
        """Write ``track_id,part`` rows as CSV, atomically."""
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(_HEADER)
        writer.writerows(self.parts.items())
        write_text(path, text.getvalue())

    @classmethod
    def read(cls, path: Path, name: str | None = None) -> Split:
        """Read what ``save`` wrote; the name is the file's unless given.

        Raises:
            DataError: not such a table, or a track id twice; names the line.
            SettingsError: a part that is none of train, valid and test.
        """
        parts: dict[str, str] = {}
        for line, (track, part) in _read_rows(path):
            if track in parts:
                raise DataError(f"{path}, line {line}: track '{track}' is listed a second time.")
            _check_part(part, f"{path}, line {line}: the part of track '{track}'")
            parts[track] = part
        return cls(name or path.stem, parts)


def official(dataset: Dataset, name: str) -> Split:
    """Return a published partition of the dataset.

    Tracks that this copy of the dataset lacks are left out, and the split's name then says how
    many of the published tracks it holds, since its scores are not quite those of the protocol.

    Raises:
        SettingsError: no partition is called so.
        DataError: a whole part of it is not at hand.
    """
    known = dataset.partitions()
    if name not in known:
        raise SettingsError(f"'{dataset.name}' has no published split '{name}'."
                            f"{suggestion(name, known)}")
    published = known[name]
    parts = {track: part for track, part in published.items() if track in dataset.tracks}
    if gone := sorted(set(published.values()) - set(parts.values())):
        raise DataError(f"no track of the {gone[0]} part of '{name}' is in {dataset.root}; "
                        "expected the whole dataset.")
    short = len(parts) < len(published)
    return Split(f"{name} ({len(parts)} of {len(published)} tracks)" if short else name, parts)


def random(dataset: Dataset, fractions: Mapping[str, float], rng: np.random.Generator) -> Split:
    """Divide single tracks by chance, keeping the shares of the labels.

    An artist may end up in two parts: see ``leaks``, and prefer ``grouped``.

    Args:
        fractions: part to its share of the tracks, in (0, 1], together 1.

    Raises:
        SettingsError: fractions that are none. DataError: too few tracks.
    """
    return grouped(dataset, "track", fractions, rng)


def grouped(
    dataset: Dataset, by: By, fractions: Mapping[str, float], rng: np.random.Generator
) -> Split:
    """Divide whole artists, albums or songs, as near to the fractions as that allows.

    A track without an artist (or album) goes with its song, else by itself. Arguments and errors
    as in ``random``; the shares of the parts are met to within the size of a group. A label in as
    many groups as there are parts is in each, where that can be: see ``missing_labels``.
    """
    shares = check_fractions(fractions)
    ids = sorted(dataset.tracks)
    dealt = _deal_tracks(dataset, ids, by, np.array(list(shares.values())), rng)
    if (empty := set(range(len(shares))) - set(dealt.tolist())):
        raise DataError(f"'{dataset.name}' has too few {by}s at hand: nothing is left for "
                        f"{list(shares)[min(empty)]}; give it a larger fraction.")
    names = list(shares)
    split = "random" if by == "track" else f"{by}-grouped"
    if len(names) == 1:
        split = "all tracks"
    return Split(split, {track: names[part] for track, part in zip(ids, dealt, strict=True)})


def redrawn(split: Split, dataset: Dataset, by: By, rng: np.random.Generator) -> Split:
    """Deal a split's own tracks anew into parts of its sizes, keeping the groups ``by`` whole.

    For comparing protocols with equally much to learn from.
    """
    ids = sorted(split.parts)
    parts = [part for part in PARTS if split.counts[part]]
    shares = np.array([split.counts[part] / len(ids) for part in parts])
    dealt = _deal_tracks(dataset, ids, by, shares, rng)
    name = f"{split.name}, redrawn by {by}"
    return Split(name, {track: parts[part] for track, part in zip(ids, dealt, strict=True)})


def folds(dataset: Dataset, k: int, by: By, rng: np.random.Generator) -> list[Split]:
    """Return ``k`` splits into train and test; every track is in exactly one of the tests.

    Raises:
        DataError: fewer groups than folds. SettingsError: ``k`` below 2.
    """
    ids = sorted(dataset.tracks)
    _check_folds(k, len(set(group_names(dataset, ids, by))))
    dealt = _deal_tracks(dataset, ids, by, np.full(k, 1 / k), rng)
    return [
        Split(f"{by}-fold-{fold + 1}-of-{k}",
              {t: "test" if d == fold else "train" for t, d in zip(ids, dealt, strict=True)})
        for fold in range(k)
    ]


def group_folds(
    groups: Sequence[Hashable] | NDArray[Any], labels: ArrayLike, k: int,
    rng: np.random.Generator,
) -> list[tuple[NDArray[np.intp], NDArray[np.intp]]]:
    """Return ``k`` pairs of row numbers (to learn from, held out); no group is on both sides.

    For choices and out-of-fold scores within train and valid; test rows have no business here.
    A label borne by one group only is missing from the rows to learn from in one fold.

    Args:
        groups: one a row, as ``group_names`` gives them.
        labels: 0/1 matrix [shape=(rows, labels)].

    Raises:
        DataError: fewer groups than folds, or not one group a row. SettingsError: ``k`` below 2.
    """
    y = np.asarray(labels)
    if y.ndim != 2 or len(y) != len(groups):
        raise DataError(f"{len(groups)} groups and labels of shape {y.shape}; expected one group "
                        "for each row of (rows, labels).")
    member = numbered(groups)
    _check_folds(k, int(member.max(initial=-1)) + 1)
    dealt = deal_groups(member, y, np.full(k, 1 / k), rng)
    return [(np.flatnonzero(dealt != f), np.flatnonzero(dealt == f)) for f in range(k)]


def _deal_tracks(
    dataset: Dataset, ids: Sequence[str], by: By, shares: NDArray[np.float64],
    rng: np.random.Generator,
) -> NDArray[np.intp]:
    labels = dataset.vocabulary.matrix([dataset.tracks[track].labels for track in ids])
    return deal_groups(numbered(group_names(dataset, ids, by)), labels, shares, rng)


def _read_rows(path: Path) -> list[tuple[int, list[str]]]:
    try:
        content = path.read_bytes()
        if is_pickle(content):
            raise DataError(f"{path} is a pickle, which could run anything and is never opened; "
                            "give a CSV track_id,part.")
        lines = csv.reader(io.StringIO(content.decode("utf-8-sig"), newline=""))
        rows = [(lines.line_num, row) for row in lines if row]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise DataError(f"{path} cannot be read as a split: {error}") from error
    if not rows or rows[0][1] != _HEADER:
        given = ",".join(rows[0][1]) if rows else "nothing"
        raise DataError(f"{path} begins with '{given}'; expected the columns track_id,part.")
    for line, row in rows[1:]:
        if len(row) != len(_HEADER):
            raise DataError(f"{path}, line {line}: {len(row)} fields; expected track_id,part.")
    return rows[1:]


def _check_part(part: str, what: str) -> None:
    if part not in PARTS:
        raise SettingsError(f"{what} is '{part}'.{suggestion(str(part), PARTS)}")


def check_fractions(fractions: Mapping[str, float]) -> dict[str, float]:
    for part, share in fractions.items():
        _check_part(part, "a part in the fractions")
        if not 0 < share <= 1:
            raise SettingsError(f"the fraction of {part} is {share}; expected above 0, up to 1.")
    if not math.isclose(total := sum(fractions.values()), 1, abs_tol=1e-6):
        raise SettingsError(f"the fractions add up to {total:g}; expected 1.")
    return {part: fractions[part] for part in PARTS if part in fractions}


def _check_folds(k: int, groups: int) -> None:
    if k < 2:
        raise SettingsError(f"{k} folds; expected at least 2.")
    if groups < k:
        raise DataError(f"{groups} groups cannot be divided into {k} folds; lower the number.")
