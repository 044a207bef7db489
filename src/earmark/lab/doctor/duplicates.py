"""Finding what is wrong with a collection: so far, the recordings that are in it twice.

Audio is compared by sound: exact duplicates have the same decoded samples, whatever the file is
called and whatever its tags say; near duplicates have like fingerprints (``audio.fingerprint``).
Where only a table of features is at hand, rows are compared: it finds fewer near duplicates, and
may take two pieces that merely sound alike for one.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from earmark.audio.fingerprint import Index, similarity
from earmark.datasets.base import Dataset
from earmark.errors import DataError
from earmark.lab.doctor.ears import Ears, Sound, Unheard, ears_cache
from earmark.store import ArrayCache

# Of copies through 64 kbit/s mp3, 6 dB up (clipped) or down, 2 s later, and all of it at once, 2 of
# 1728 lie below; of passages of one piece, takes, and tunes over one backing 2 of 1042 lie above.
# Of copies with noise at -20 dB or at 24 kbit/s 3 % are missed, and 11 % of those that are also 2 s
# later. On other seeds and cuts: benchmarks/near_duplicates.py.
NEAR_SIMILARITY = 0.92
# Of standardised rows: GTZAN's 30-second table has its 5 known near pairs below and none above.
NEAR_DISTANCE = 0.5

_ROUNDING = 1e-6
_BLOCK_ROWS = 512

Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class DuplicatePair:
    """Two tracks that are one recording, in order of their ids.

    Attributes:
        kind: ``exact``: the same samples, or rows; ``near``: a changed copy.
        similarity: in [0, 1]; 1 for exact ones.
    """

    a: str
    b: str
    kind: Literal["exact", "near"]
    similarity: float


def find_duplicates(
    tracks: Dataset | Iterable[Path | str],
    *,
    near_similarity: float = NEAR_SIMILARITY,
    cache: ArrayCache | None = None,
    progress: Progress | None = None,
    failed: list[str] | None = None,
) -> list[DuplicatePair]:
    """Return the pairs of recordings that are the same, with every pair of a larger group.

    A file is decoded once; the next time its content is known by its hash. Silent recordings are
    left out: they hold nothing that could be the same. So are, for near duplicates, those with
    less than 1.5 s of sound.

    Args:
        tracks: a dataset, whose tracks go by their ids, or files, which go by their paths.
        near_similarity: from which on a pair is a near duplicate (see ``similarity``).
        cache: of fingerprints; None for the user's.
        progress: called with the number of recordings done and of all.
        failed: gets a line for each recording that could not be read; the others go on.

    Returns:
        The pairs in order of their names.
    """
    ears = Ears(cache or ears_cache())
    paths = paths_of(tracks)
    heard: dict[str, Sound] = {}
    for number, (name, path) in enumerate(paths.items(), 1):
        sound = ears(path)
        if isinstance(sound, Sound):
            heard[name] = sound
        elif failed is not None:
            failed.append(_line(name, sound))
        if progress:
            progress(number, len(paths))
    return pairs_among(heard, near_similarity)


def pairs_among(
    heard: Mapping[str, Sound], near_similarity: float = NEAR_SIMILARITY
) -> list[DuplicatePair]:
    """Return the pairs that are the same among what was heard, in order of their names."""
    sounding = {name: sound for name, sound in sorted(heard.items()) if sound.digest}
    pairs = [*_exact(sounding), *_near(sounding, near_similarity)]
    return sorted(pairs, key=lambda pair: (pair.a, pair.b))


def paths_of(tracks: Dataset | Iterable[Path | str]) -> dict[str, Path]:
    """Return the files by their tracks' ids, or by their paths; tracks without audio are left
    out."""
    if isinstance(tracks, Dataset):
        return {t.id: tracks.root / t.path for t in tracks.tracks.values() if t.path is not None}
    return {str(path): Path(path) for path in tracks}


def find_duplicate_rows(
    rows: NDArray[np.floating], ids: Sequence[str], *, near_distance: float = NEAR_DISTANCE
) -> list[DuplicatePair]:
    """Return the pairs of tracks whose feature rows are equal or nearly so.

    Args:
        rows: features [shape=(tracks, columns)]; standardised here, by column.
        ids: one a row.
        near_distance: Euclidean, between standardised rows; the similarity of a pair is
            1 / (1 + distance).

    Raises:
        DataError: shapes that do not match, ids that are there twice, values not finite.
    """
    values = np.asarray(rows, dtype=np.float64)
    if values.ndim != 2 or len(values) != len(ids):
        raise DataError(f"rows of shape {values.shape} for {len(ids)} ids; expected "
                        "(tracks, columns) with one id a row.")
    if len(set(ids)) < len(ids):
        twice = next(name for name in ids if list(ids).count(name) > 1)
        raise DataError(f"the id '{twice}' is there twice; expected one row a track.")
    if not np.isfinite(values).all():
        row, column = np.argwhere(~np.isfinite(values))[0]
        raise DataError(f"column {column} of '{ids[row]}' is {values[row, column]}; expected "
                        "numbers.")
    spread = values.std(axis=0)
    standard = (values - values.mean(axis=0)) / np.where(spread > 0, spread, 1)
    pairs = []
    for i, j, distance in _close(standard, near_distance):
        a, b = sorted((ids[i], ids[j]))
        exact = distance <= _ROUNDING
        pairs.append(DuplicatePair(a, b, "exact" if exact else "near",
                                   1.0 if exact else 1 / (1 + distance)))  # fmt: skip
    return sorted(pairs, key=lambda pair: (pair.a, pair.b))


def _close(rows: NDArray[np.float64], limit: float) -> Iterator[tuple[int, int, float]]:
    """Yield row numbers and distance of all pairs nearer than the limit, block by block."""
    squares = np.square(rows).sum(axis=1)
    for first in range(0, len(rows), _BLOCK_ROWS):
        block = slice(first, first + _BLOCK_ROWS)
        # This way round rounding is of the order of the squares, so the few that pass are
        # measured again below.
        rough = squares[block, None] + squares - 2 * rows[block] @ rows.T
        for i, j in np.argwhere(rough < limit**2 + _ROUNDING * (1 + squares[block, None])):
            distance = float(np.linalg.norm(rows[first + i] - rows[j]))
            if first + i < j and distance < limit:
                yield first + int(i), int(j), distance


def _line(name: str, sound: Unheard) -> str:
    return sound.reason if sound.reason.startswith(name) else f"{name}: {sound.reason}"


def _exact(heard: Mapping[str, Sound]) -> Iterator[DuplicatePair]:
    groups: dict[str, list[str]] = defaultdict(list)
    for name, sound in heard.items():
        groups[sound.digest].append(name)
    for names in groups.values():
        yield from (DuplicatePair(a, b, "exact", 1.0) for a, b in combinations(names, 2))


def _near(heard: Mapping[str, Sound], near_similarity: float) -> Iterator[DuplicatePair]:
    index = Index()
    for name, sound in heard.items():
        index.add(name, sound.print)
    for a, b in index.candidates():
        if heard[a].digest != heard[b].digest:
            alike = similarity(heard[a].print, heard[b].print)
            if alike >= near_similarity:
                yield DuplicatePair(a, b, "near", alike)
