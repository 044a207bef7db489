"""Which labels and tracks a picture of tracks can show, and which tracks have one genre.

A track with several labels has no one colour and stands in no one class of a partition. What is
done about it is decided here, once.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from earmark.labels.vocabulary import Vocabulary

MOST_COLOURS = 10


@dataclass(frozen=True)
class Shown:
    """Labels that are drawn, and each track's.

    Attributes:
        columns: numbers of the labels, the commonest first.
        of_track: for each track the place in ``columns`` of the rarest of these labels that it
            bears, -1 where it bears none [shape=(tracks,)].
    """

    columns: tuple[int, ...]
    of_track: NDArray[np.intp]


def genres(vocabulary: Vocabulary) -> NDArray[np.intp]:
    """Return the columns of the genres; all columns where no label is one."""
    found = [i for i, label in enumerate(vocabulary.labels) if vocabulary.group(label) == "genre"]
    return np.array(found or range(len(vocabulary)), dtype=np.intp)


def shown(truth: NDArray[np.int8], vocabulary: Vocabulary, most: int = MOST_COLOURS) -> Shown:
    """Return the commonest genres, one a track at most.

    A label on no track, or on every one, is not shown (the latter tells nothing apart) unless it
    is the only one.
    """
    columns = genres(vocabulary)
    counts = truth[:, columns].sum(axis=0, dtype=np.int64)
    telling = (counts > 0) & (counts < len(truth))
    kept = np.flatnonzero(telling if telling.any() else counts > 0)
    kept = kept[np.argsort(-counts[kept], kind="stable")][:most]
    chosen = columns[kept]
    of_track = np.full(len(truth), -1, dtype=np.intp)
    for place, column in enumerate(chosen.tolist()):  # rarer ones come later and win
        of_track[truth[:, column] > 0] = place
    return Shown(tuple(chosen.tolist()), of_track)


def one_genre(
    truth: NDArray[np.int8], vocabulary: Vocabulary
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Return the tracks with exactly one genre, and the column of each one's genre.

    On them the genres are a partition, which clusters can be compared with; the others have a set
    of genres, and neither a set as a class of its own nor one of the set would be the truth.
    """
    columns = genres(vocabulary)
    tracks = np.flatnonzero(truth[:, columns].sum(axis=1) == 1)
    return tracks, columns[truth[np.ix_(tracks, columns)].argmax(axis=1)]
