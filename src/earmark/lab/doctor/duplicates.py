"""Finding what is wrong with a collection: so far, the recordings that are in it twice.

Audio is compared by sound: exact duplicates have the same decoded samples, whatever the file is
called and whatever its tags say; near duplicates have like fingerprints (``audio.fingerprint``).
Where only a table of features is at hand, rows are compared: it finds fewer near duplicates, and
may take two pieces that merely sound alike for one.
"""

from __future__ import annotations

import contextlib
import hashlib
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from earmark.audio.fingerprint import VERSION, Fingerprint, Index, fingerprint, similarity
from earmark.audio.identity import identity
from earmark.audio.load import load
from earmark.datasets.base import Dataset
from earmark.errors import AudioError, DataError, EarmarkError
from earmark.store import ArrayCache, cache_folder

# Copies through 64 kbit/s mp3, 6 dB up or down, or 2 s later reach 0.76 and more (240 composed
# pairs). Other passages of one piece stay below 0.72 even where it repeats whole sections (960
# pairs). The price: copies with noise at -20 dB or at 24 kbit/s lie from 0.5 to 0.95 and some are
# missed; with 0.46 all were found, and a quarter of those passages with them.
NEAR_SIMILARITY = 0.74
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
    paths = _paths(tracks)
    cache = cache or ArrayCache(cache_folder() / "fingerprints")
    heard: dict[str, tuple[str, Fingerprint]] = {}
    for number, (name, path) in enumerate(paths.items(), 1):
        try:
            digest, words = _listen(path, cache)
        except AudioError as error:
            if failed is not None:
                failed.append(str(error) if str(error).startswith(name) else f"{name}: {error}")
        else:
            if digest:
                heard[name] = digest, Fingerprint(words)
        if progress:
            progress(number, len(paths))
    pairs = [*_exact({name: digest for name, (digest, _) in heard.items()}),
             *_near(heard, near_similarity)]  # fmt: skip
    return sorted(pairs, key=lambda pair: (pair.a, pair.b))


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


def _paths(tracks: Dataset | Iterable[Path | str]) -> dict[str, Path]:
    if isinstance(tracks, Dataset):
        return {t.id: tracks.root / t.path for t in tracks.tracks.values() if t.path is not None}
    return {str(path): Path(path) for path in tracks}


def _listen(path: Path, cache: ArrayCache) -> tuple[str, NDArray[np.uint32]]:
    """Return hash of the samples, empty for silence, and words of the fingerprint.

    The hash is kept as eight words.
    """
    key = _key(path)
    held = cache.get(key)
    if held is None:
        audio = load(path)
        words = fingerprint(audio.samples, audio.sample_rate).words
        held = {"hash": _hashed(audio.samples, audio.sample_rate), "words": words}
        with contextlib.suppress(EarmarkError):  # it is heard again the next time
            cache.put(key, held)
    digest = held["hash"].tobytes().hex() if held["hash"].any() else ""
    return digest, held["words"]


def _key(path: Path) -> str:
    try:
        content = identity(path)
    except OSError as error:
        raise AudioError(f"{path}: cannot be read: {error.strerror or error}.") from error
    return hashlib.sha256(f"fingerprint {VERSION} {content}".encode()).hexdigest()


def _hashed(samples: NDArray[np.float32], sample_rate: int) -> NDArray[np.uint32]:
    """Return the SHA-256 of samples and rate as eight words; zeros for silence."""
    if not samples.any():
        return np.zeros(8, np.uint32)
    digest = hashlib.sha256(f"{sample_rate} ".encode() + samples.tobytes()).digest()
    return np.frombuffer(digest, dtype="<u4").astype(np.uint32)


def _exact(digests: Mapping[str, str]) -> Iterator[DuplicatePair]:
    groups: dict[str, list[str]] = defaultdict(list)
    for name in sorted(digests):
        groups[digests[name]].append(name)
    for names in groups.values():
        yield from (DuplicatePair(a, b, "exact", 1.0) for a, b in combinations(names, 2))


def _near(
    heard: Mapping[str, tuple[str, Fingerprint]], near_similarity: float
) -> Iterator[DuplicatePair]:
    index = Index()
    for name in sorted(heard):
        index.add(name, heard[name][1])
    for a, b in index.candidates():
        (digest_a, print_a), (digest_b, print_b) = heard[a], heard[b]
        if digest_a != digest_b and (alike := similarity(print_a, print_b)) >= near_similarity:
            yield DuplicatePair(a, b, "near", alike)
