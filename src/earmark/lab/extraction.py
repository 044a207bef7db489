"""Audio files in, feature rows out: decoded once, cut in several ways, kept in the cache.

An entry of the cache is known by what is heard (``audio.identity``), the front end's fingerprint
and the way of cutting; writing tags into a file or moving it makes nothing anew. What there is to
say of the sound itself (silent, too short) is kept beside its rows and said again. Rows of a file
that could not be decoded to its end are not kept: the fault may lie in the disk, the net or the
decoder of the day.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from earmark import settings
from earmark.audio._refusals import refuse_unreadable
from earmark.audio.hearing import Hearing
from earmark.audio.identity import identity
from earmark.audio.load import stream
from earmark.audio.segments import Cutter, Window, is_silent
from earmark.errors import AudioError, EarmarkError
from earmark.features.base import FrontEnd
from earmark.store import ArrayCache, cache_folder

Samples = NDArray[np.float32]
Lengths = Sequence[float | None]
"""Segment lengths in seconds, cut as the family's published tables are; None for the whole."""


class Rows(NamedTuple):
    """Features of one track, cut in one way.

    Attributes:
        values: one row or picture a segment [shape=(segments, ...)].
        starts: of the segments, in seconds [shape=(segments,)].
        notes: what is to be said of the sound.
    """

    values: NDArray[np.float32]
    starts: NDArray[np.float64]
    notes: tuple[str, ...] = ()


def feature_cache() -> ArrayCache:
    """Return the cache of extracted features."""
    return ArrayCache(cache_folder() / "features")


def extract(
    path: Path, front_end: FrontEnd, seconds: float | None, notes: list[str] | None = None
) -> tuple[NDArray[np.float32], NDArray[np.float64]]:
    """Return feature rows and segment starts in seconds of one audio file; see ``extract_all``."""
    (rows,) = extract_all(path, front_end, [seconds], notes)
    if notes is not None:
        notes.extend(rows.notes)
    return rows.values, rows.starts


def extract_all(
    path: Path, front_end: FrontEnd, lengths: Lengths, doubts: list[str] | None = None
) -> list[Rows]:
    """Return the feature rows of one audio file for each segment length, decoding it once.

    Args:
        doubts: gets a sentence when the file is truncated or breaks off.

    Raises:
        AudioError: the file cannot be read; names it.
    """
    said: list[str] = []

    def start() -> Iterator[Samples]:
        return stream(path, sample_rate=front_end.sample_rate, notes=said)

    try:
        made = _heard(start, front_end, lengths)
    except AudioError as error:
        raise _naming(path, error) from error
    except MemoryError as error:
        raise AudioError(f"{path}: needs more memory than there is; choose a segment length, or "
                         "fewer files at once.") from error
    if doubts is not None:
        doubts.extend(dict.fromkeys(said))  # each pass says the same
    for rows in made:
        if not np.isfinite(rows.values).all():
            raise AudioError(f"{path}: {front_end.name} gives values that are no finite numbers; "
                             "report it with the file.")
    return made


def cached_extract(
    path: Path,
    front_end: FrontEnd,
    lengths: Lengths,
    cache: ArrayCache,
    notes: list[str] | None = None,
) -> list[Rows]:
    """Return ``extract_all``'s rows, from the cache where the same sound was heard so.

    A cache that cannot be written is a note and no error.

    Args:
        notes: gets what there is to say, with the file's name.

    Raises:
        AudioError: the file cannot be read; names it.
    """
    notes = [] if notes is None else notes
    state, sound = _sound(path)
    found = {seconds: _held(cache, _key(sound, front_end, seconds)) for seconds in lengths}
    missing = [seconds for seconds, rows in found.items() if rows is None]
    if missing:
        doubts: list[str] = []
        made = dict(zip(missing, extract_all(path, front_end, missing, doubts), strict=True))
        notes.extend(f"{path}: {doubt}" for doubt in doubts)
        # A file that someone wrote meanwhile is not what the hash was of.
        if not doubts and _state(path) == state:
            _keep(cache, sound, front_end, made, notes)
        found |= made
    whole = [rows for rows in found.values() if rows is not None]
    notes.extend(dict.fromkeys(f"{path}: {note}" for rows in whole for note in rows.notes))
    return [rows for seconds in lengths if (rows := found[seconds]) is not None]


def cached_rows(
    path: Path, front_end: FrontEnd, lengths: Lengths, cache: ArrayCache
) -> list[Rows] | None:
    """Return the rows when the cache holds all of them, else None; nothing is decoded.

    Raises:
        AudioError: the file cannot be read; names it.
    """
    _, sound = _sound(path)
    found = [_held(cache, _key(sound, front_end, seconds)) for seconds in lengths]
    whole = [rows for rows in found if rows is not None]
    return whole if len(whole) == len(found) else None


class _Cut:
    """One way of cutting, and the rows that it gave so far."""

    def __init__(self, front_end: FrontEnd, seconds: float | None) -> None:
        self.front_end, self.seconds = front_end, seconds
        self.cutter = Cutter(front_end.segments(seconds), front_end.sample_rate,
                             any_length=front_end.any_length)
        self._values: list[NDArray[np.float32]] = []
        self._starts: list[float] = []
        self._notes: list[str] = []

    def take(self, windows: Iterator[Window]) -> None:
        for window in windows:
            if window.repeated:
                self._notes.append(f"shorter than one segment of {self.seconds:g} s: repeated to "
                                   "fill it")
            if is_silent(window.samples):
                self._notes.append(f"silent from {window.start_seconds:g} s on")
            self._values.append(self.front_end(window.samples))
            self._starts.append(window.start_seconds)

    def rows(self) -> Rows:
        return Rows(np.stack(self._values), np.asarray(self._starts, np.float64),
                    tuple(self._notes))


def _heard(
    start: Callable[[], Iterator[Samples]], front_end: FrontEnd, lengths: Lengths
) -> list[Rows]:
    """Listen once for all lengths; a whole track may take further passes of its own."""
    cuts = [_Cut(front_end, seconds) for seconds in lengths if seconds is not None]

    def each(block: Samples) -> None:
        for cut in cuts:
            cut.take(cut.cutter.add(block))

    # Whoever wants no whole track makes one pass, of which nothing need be remembered.
    whole = None in lengths
    hearing = Hearing(start, each=each) if whole else Hearing(start, each=each, held_samples=0)
    values = front_end.whole(hearing) if whole else None
    hearing.finish()
    for cut in cuts:
        cut.take(cut.cutter.end())
    made = iter([cut.rows() for cut in cuts])
    return [next(made) if values is None or seconds is not None else
            Rows(values[None], np.zeros(1), ("silent from 0 s on",) if hearing.silent else ())
            for seconds in lengths]


def _sound(path: Path) -> tuple[tuple[int, ...], str]:
    """Return a file's state on the disk and what is heard in it."""
    refuse_unreadable(path)
    state = _state(path)
    try:
        return state, identity(path)
    except OSError as error:
        raise AudioError(f"{path}: cannot be read: {error.strerror or error}.") from error


def _state(path: Path) -> tuple[int, ...]:
    with contextlib.suppress(OSError):
        status = os.stat(path)  # noqa: PTH116 (as elsewhere where a path may be anything)
        return status.st_ino, status.st_size, status.st_mtime_ns
    return ()


def _key(sound: str, front_end: FrontEnd, seconds: float | None) -> str:
    cut = settings.to_mapping(front_end.segments(seconds))
    return settings.fingerprint([sound, front_end.fingerprint, cut])


def _held(cache: ArrayCache, key: str) -> Rows | None:
    held = cache.get(key)
    if held is None or set(held) != set(Rows._fields):
        return None
    return Rows(held["values"], held["starts"], tuple(held["notes"].tolist()))


def _keep(
    cache: ArrayCache, sound: str, front_end: FrontEnd, made: dict[float | None, Rows],
    notes: list[str],
) -> None:  # fmt: skip
    for seconds, rows in made.items():
        arrays: dict[str, NDArray[Any]] = {
            "values": rows.values, "starts": rows.starts,
            "notes": np.asarray(rows.notes, dtype=np.str_),
        }  # fmt: skip
        try:
            cache.put(_key(sound, front_end, seconds), arrays)
        except EarmarkError as error:
            # The same for every file, so that it need be said once.
            reason = getattr(error.__cause__, "strerror", None) or error
            notes.append(f"features are not kept: {cache.root} cannot be written: {reason}")
            return


def _naming(path: Path, error: AudioError) -> AudioError:
    return error if str(path) in str(error) else AudioError(f"{path}: {error}")
