"""Where tracks, audio and front ends meet: the feature rows a branch learns from.

Rows come from the dataset's ready-made table or are made from its audio. A table is used only
when it states the front end the recipe asks for, and when audio of some of its tracks is at hand
a few rows are computed again and compared: tables of other conventions bear the same column names.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from earmark import settings
from earmark.audio._refusals import refuse_unreadable
from earmark.audio.load import stream
from earmark.audio.segments import is_silent, windows
from earmark.datasets.base import Dataset, FeatureTable
from earmark.errors import AudioError, DataError, EarmarkError
from earmark.features import base as features
from earmark.features.base import FeatureSet, FrontEnd
from earmark.features.table import read_table
from earmark.lab.recipe import BranchChoice
from earmark.store import ArrayCache, cache_folder, content_key

Log = Callable[[str], None]
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


def gather(dataset: Dataset, ids: Sequence[str], branch: BranchChoice, log: Log) -> Gathered:
    """Return the rows of the tracks for one branch.

    Raises:
        DataError: no matching table and no audio, or a table that the audio contradicts.
    """
    front_end = features.build(branch.front_end)
    table = _matching_table(dataset, front_end, branch)
    if table is not None:
        return _from_table(dataset, ids, front_end, table)
    return _from_audio(dataset, ids, front_end, branch, log)


def extract(
    path: Path, front_end: FrontEnd, seconds: float | None, notes: list[str] | None = None
) -> tuple[NDArray[np.float32], NDArray[np.float64]]:
    """Return feature rows and segment starts in seconds of one audio file.

    Args:
        seconds: segment length, cut as the family's published tables are; None for the whole.

    Raises:
        AudioError: the file cannot be read.
    """
    blocks = stream(path, sample_rate=front_end.sample_rate, notes=notes)
    rows, starts = [], []
    cut = front_end.segments(seconds)
    try:
        for window in windows(
            blocks, cut, front_end.sample_rate, any_length=front_end.any_length
        ):
            if window.repeated and notes is not None:
                notes.append(f"shorter than one segment of {seconds:g} s: repeated to fill it")
            if is_silent(window.samples) and notes is not None:
                notes.append(f"silent from {window.start_seconds:g} s on")
            rows.append(front_end(window.samples))
            starts.append(window.start_seconds)
    except AudioError as error:
        if str(path) in str(error):
            raise
        raise AudioError(f"{path}: {error}") from error
    return np.stack(rows), np.asarray(starts, dtype=np.float64)


def cached_extract(
    path: Path,
    front_end: FrontEnd,
    seconds: float | None,
    cache: ArrayCache,
    notes: list[str] | None = None,
) -> tuple[NDArray[np.float32], NDArray[np.float64]]:
    """Return ``extract``'s rows and starts, from the cache when the same sound was heard so.

    A sound of which there is something to say is not kept, so that it is said every time. A cache
    that cannot be written is a note and no error.
    """
    refuse_unreadable(path)
    notes = [] if notes is None else notes
    try:
        content = content_key(path)
    except OSError as error:
        raise AudioError(f"{path}: cannot be read: {error.strerror or error}.") from error
    cut = settings.to_mapping(front_end.segments(seconds))
    key = settings.fingerprint([content, front_end.fingerprint, cut])
    held = cache.get(key)
    if held is None:
        said: list[str] = []
        rows, starts = extract(path, front_end, seconds, said)
        held = np.column_stack([starts, rows.astype(np.float64)])
        notes.extend(f"{path}: {note}" for note in said)
        if not said:
            try:
                cache.put(key, held)
            except EarmarkError as error:
                notes.append(f"features are not kept: {error}")
    return held[:, 1:].astype(np.float32), held[:, 0]


def feature_cache() -> ArrayCache:
    """Return the cache of extracted features."""
    return ArrayCache(cache_folder() / "features")


def _matching_table(
    dataset: Dataset, front_end: FrontEnd, branch: BranchChoice
) -> FeatureTable | None:
    if branch.source == "audio":
        return None
    wanted = features.describe(front_end)
    tables = [t for t in dataset.feature_tables() if t.seconds == branch.training_seconds]
    for table in tables:
        if front_end.made_by(features.describe(features.build(table.front_end))):
            return table
    if branch.source == "table":
        known = ", ".join(f"{t.path.name} ({t.front_end})" for t in dataset.feature_tables())
        raise DataError(f"{dataset.root}: no ready-made table was made by {wanted} on segments of "
                        f"{branch.training_seconds or 'whole tracks'}; at hand: {known or 'none'}.")
    return None


def _from_table(
    dataset: Dataset, ids: Sequence[str], front_end: FrontEnd, table: FeatureTable
) -> Gathered:
    read = read_table(table.path, front_end.columns, aliases=front_end.column_aliases())
    segments = [dataset.segment_of(name) for name in read.names]
    hop = front_end.segments(table.seconds).hop(front_end.sample_rate) / front_end.sample_rate
    source = {"table": table.path.name, "front_end": features.describe(front_end)}
    whole = FeatureSet(
        read.rows.astype(np.float32),
        np.asarray([track for track, _ in segments], dtype=np.str_),
        np.asarray([number * hop for _, number in segments], dtype=np.float64),
        front_end.columns,
        source,
    )
    note = _compare_with_audio(dataset, whole, front_end, table)
    chosen = whole.of(list(ids))
    missing = sorted(set(ids) - set(chosen.track_ids.tolist()))
    failed = tuple(f"{track}: no row in {table.path.name}" for track in missing)
    _refuse_none(chosen, dataset)
    return Gathered(chosen, failed, (note,) if note else ())


def _compare_with_audio(
    dataset: Dataset, whole: FeatureSet, front_end: FrontEnd, table: FeatureTable
) -> str:
    """Compute a few of the table's tracks again, where their audio is at hand."""
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
    dataset: Dataset, ids: Sequence[str], front_end: FrontEnd, branch: BranchChoice, log: Log
) -> Gathered:
    cache = feature_cache()
    rows, tracks, starts, failed = [], [], [], []
    notes: list[str] = []
    for number, track_id in enumerate(ids, 1):
        path = dataset.tracks[track_id].path
        if path is None:
            failed.append(f"{track_id}: no audio in {dataset.root}")
            continue
        log(f"features {number}/{len(ids)}: {track_id}")
        try:
            found, begins = cached_extract(
                dataset.root / path, front_end, branch.training_seconds, cache, notes
            )
        except AudioError as error:
            failed.append(f"{track_id}: {error}")
            continue
        rows.append(found)
        starts.append(begins)
        tracks.extend([track_id] * len(found))
    if not rows:
        raise DataError(f"{dataset.root}: no audio of the {len(ids)} tracks could be read, and no "
                        f"ready-made table fits; first: {failed[0] if failed else 'no tracks'}")
    source = {"audio": dataset.name, "front_end": features.describe(front_end)}
    made = FeatureSet(np.concatenate(rows), np.asarray(tracks, dtype=np.str_),
                      np.concatenate(starts), front_end.columns, source)
    return Gathered(made, tuple(failed), tuple(dict.fromkeys(notes)))


def _refuse_none(chosen: FeatureSet, dataset: Dataset) -> None:
    if not len(chosen.rows):
        raise DataError(f"{dataset.root}: none of the split's tracks has a row in the table.")
