"""Where tracks, audio and front ends meet: the feature rows a branch learns from.

Rows come from the dataset's ready-made table or are made from its audio. A table is used only
when it states the front end the recipe asks for, and when audio of some of its tracks is at hand
a few rows are computed again and compared: tables of other conventions bear the same column names.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, NamedTuple, cast

import numpy as np
from numpy.typing import NDArray

from earmark.audio.load import probe
from earmark.datasets._files import some
from earmark.datasets.base import Dataset, FeatureTable
from earmark.errors import AudioError, DataError
from earmark.features import base as features
from earmark.features.base import FeatureSet, FrontEnd, Place
from earmark.lab.backbones import complete
from earmark.lab.extraction import extract, feature_cache
from earmark.lab.extractor import Extractor, best_kind
from earmark.lab.recipe import BranchChoice
from earmark.lab.sounding import Sounding
from earmark.lab.spool import Spool
from earmark.lab.workers import jobs, run

Log = Callable[[str], None]
Floats = NDArray[np.float32]
_COMPARED_TRACKS = 3
_COMPARED_TOLERANCE = 1e-3


class Gathered(NamedTuple):
    """Feature rows and what happened on the way.

    Attributes:
        features: rows of every track that could be had.
        failed: one line a track that could not.
        notes: facts for the results.
    """

    features: FeatureSet
    failed: tuple[str, ...]
    notes: tuple[str, ...]


@dataclass(frozen=True)
class Wanted:
    """What a branch says of its features, for those who want features and learn nothing on them.

    Attributes: as ``BranchChoice``'s.
    """

    front_end: Mapping[str, Any]
    training_seconds: float | None = None
    source: Literal["auto", "table", "audio"] = "auto"


def gather(
    dataset: Dataset, ids: Sequence[str], branch: BranchChoice | Wanted, log: Log
) -> Gathered:
    """Return the rows of the tracks for one branch.

    Raises:
        DataError: no matching table and no audio, or a table that the audio contradicts.
        SettingsError, TaggerError: a backbone that is not at hand.
    """
    front_end = features.build(complete(branch.front_end))
    if tables := _matching_tables(dataset, front_end, branch):
        return _from_table(dataset, ids, front_end, tables)
    return _from_audio(dataset, ids, front_end, branch, log)


def place_of(dataset: Dataset, front_end: FrontEnd, table: FeatureTable) -> Place:
    """Return what tells of which track and where in it a row of the table is."""
    hop = front_end.segments(table.seconds).hop(front_end.sample_rate) / front_end.sample_rate

    def place(name: str) -> tuple[str, float]:
        track, number = dataset.segment_of(name)
        return track, number * hop

    return place


def _matching_tables(
    dataset: Dataset, front_end: FrontEnd, branch: BranchChoice | Wanted
) -> list[FeatureTable]:
    """Return the tables that this front end made: several where they hold parts of the tracks."""
    if branch.source == "audio" or getattr(branch, "listen", None) == "anew":
        return []
    wanted = features.describe(front_end)
    tables = [t for t in dataset.feature_tables() if t.seconds == branch.training_seconds]
    made = [table for table in tables
            if front_end.made_by(features.describe(features.build(table.front_end)))]
    if not made and branch.source == "table":
        known = ", ".join(f"{t.path.name} ({t.front_end}, {_cut(t.seconds)})"
                          for t in dataset.feature_tables())
        raise DataError(f"{dataset.root}: no ready-made table was made by {wanted} on "
                        f"{_cut(branch.training_seconds)}; at hand: {known or 'none'}.")
    return made


def _cut(seconds: float | None) -> str:
    return "whole tracks" if seconds is None else f"segments of {seconds:g} s"


def _from_table(
    dataset: Dataset, ids: Sequence[str], front_end: FrontEnd,
    tables: Sequence[FeatureTable],
) -> Gathered:
    whole = FeatureSet.joined([front_end.read(table.path, place_of(dataset, front_end, table))
                               for table in tables])
    note = _compare_with_audio(dataset, whole, front_end, tables[0])
    borrowed = {track: of for table in tables for track, of in table.borrowed.items()
                if track in ids}  # fmt: skip
    chosen = whole.of([*ids, *borrowed.values()]).lending(borrowed).of(list(ids))
    missing = sorted(set(ids) - set(chosen.track_ids.tolist()))
    failed = tuple(f"{track}: no row in {whole.source['table']}" for track in missing)
    _refuse_none(chosen, dataset)
    lent = f"{some(borrowed)}: without rows of their own in {whole.source['table']}, they have " \
           "those of their exact copies" if borrowed else ""
    return Gathered(chosen, failed, tuple(said for said in (note, lent) if said))


def _compare_with_audio(
    dataset: Dataset, whole: FeatureSet, front_end: FrontEnd, table: FeatureTable
) -> str:
    """Compute a few of the table's tracks again, where their audio is at hand."""
    if not (front_end.takes_audio and table.comparable):
        return ""
    spread = np.maximum(whole.rows.std(axis=0), 1e-9)
    worst, compared = 0.0, 0
    heard = [track for track in dataset.tracks.values() if track.path is not None]
    for track in heard[:: max(1, len(heard) // _COMPARED_TRACKS)]:
        if compared == _COMPARED_TRACKS or track.path is None:
            break
        published = whole.of([track.id]).rows
        try:
            rows, _ = extract(dataset.root / track.path, front_end, table.seconds)
        except AudioError:
            continue  # named when its audio is needed; here its row in the table serves
        if len(rows) != len(published):
            continue
        error = np.abs(rows - published) / np.maximum(np.abs(published), spread)
        worst, compared = max(worst, float(error.max())), compared + 1
    if worst > _COMPARED_TOLERANCE:
        raise DataError(
            f"{table.path}: computed again from audio, its values differ by up to {worst:.2g} of "
            f"their spread; it was not made by {features.describe(front_end)}: use a front end "
            "with the table's settings, or set source = \"audio\"."
        )
    return f"{compared} tracks of {table.path.name} computed again from audio: equal within " \
           f"{worst:.1e} of the columns' spread" if compared else ""


def _from_audio(
    dataset: Dataset, ids: Sequence[str], front_end: FrontEnd, branch: BranchChoice | Wanted,
    log: Log,
) -> Gathered:
    there = {i: dataset.root / path for i in ids if (path := dataset.tracks[i].path) is not None}
    failed = [f"{i}: no audio in {dataset.root}" for i in ids if i not in there]
    heard = hear(there, front_end, branch.training_seconds, log)
    failed += heard.failed
    if not heard.tracks:
        raise DataError(f"{dataset.root}: no audio of the {len(ids)} tracks could be read, and no "
                        f"ready-made table fits; first: {failed[0] if failed else 'no tracks'}")
    source = {"audio": dataset.name, "front_end": features.describe(front_end)}
    held = heard.rows
    if getattr(branch, "listen", None) == "anew":
        held = _sounding(held, heard.tracks, there, front_end, branch)
    made = FeatureSet(held, np.asarray(heard.tracks, dtype=np.str_), heard.starts,
                      front_end.columns, source)
    return Gathered(made, tuple(failed), heard.notes)


class Heard(NamedTuple):
    """Feature rows of audio files.

    Attributes:
        rows: [shape=(rows, ...)]. tracks, starts: of each row.
        failed: one line a file that could not be read. notes: facts on the others.
    """

    rows: Floats
    tracks: list[str]
    starts: NDArray[np.float64]
    failed: list[str]
    notes: tuple[str, ...]


def hear(
    there: Mapping[str, Path], front_end: FrontEnd, seconds: float | None, log: Log
) -> Heard:
    """Return the rows of audio files, by what they are called.

    Args:
        seconds: length of the segments; None for whole files.
    """
    work = Extractor(front_end, (seconds,), feature_cache())
    paths = list(there.values())
    outcomes = run(paths, work, jobs=jobs(), kind=best_kind(paths), known=work.known, note=log)
    spool, tracks, starts, failed = Spool(), [], [np.zeros(0)], []
    said: dict[str, list[str]] = {}
    for number, (track_id, outcome) in enumerate(zip(there, outcomes, strict=True), 1):
        log(f"features {number}/{len(there)}: {track_id}")
        if outcome.value is None:
            failed.append(f"{track_id}: {outcome.error}")
            continue
        (found,) = outcome.value.rows
        for note in outcome.value.notes:
            said.setdefault(note.removeprefix(f"{there[track_id]}: "), []).append(track_id)
        spool.add(found.values, track_id)
        starts.append(found.starts)
        tracks.extend([track_id] * len(found.values))
    rows = spool.rows() if tracks else np.zeros((0, 0), np.float32)
    return Heard(rows, tracks, np.concatenate(starts), failed,
                 tuple(_of_tracks(ids, note) for note, ids in said.items()))


def _sounding(
    rows: Floats, tracks: Sequence[str], there: Mapping[str, Path], front_end: FrontEnd,
    branch: BranchChoice | Wanted,
) -> Floats:
    """Return rows that are made of sound anew whenever they are learnt from."""
    lengths = {i: probe(there[i]).seconds or 0.0 for i in dict.fromkeys(tracks)}
    made = Sounding(rows, [there[i] for i in tracks], front_end, branch.training_seconds,
                    [lengths[i] for i in tracks], getattr(branch, "waves", None))
    return cast(Floats, made)


def _of_tracks(ids: Sequence[str], note: str) -> str:
    """Return a note once, however many tracks it is on."""
    several = f" and {len(ids) - 1} more" if len(ids) > 1 else ""
    return f"{ids[0]}{several}: {note}"


def _refuse_none(chosen: FeatureSet, dataset: Dataset) -> None:
    if not len(chosen.rows):
        raise DataError(f"{dataset.root}: none of the split's tracks has a row in the table.")
