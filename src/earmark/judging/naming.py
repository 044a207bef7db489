"""Learning when to name the genre above the labels; ``parents`` applies it.

A parent is named where none of its labels is answered and its chance reaches a threshold from
which, among such tracks, it was right as often as wanted. Learnt from out-of-fold scores or a
valid part, and measured on tracks the threshold was not learnt from; no test part is asked for.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import ArrayLike, NDArray

from earmark.errors import SettingsError
from earmark.judging import metrics
from earmark.judging.curves import Floats
from earmark.judging.inner import inner_folds
from earmark.judging.parents import Parent, chance
from earmark.judging.thresholds import lowest_precise
from earmark.labels import crosswalk
from earmark.labels.crosswalk import Meaning
from earmark.labels.taxonomy import Taxonomy, folded
from earmark.labels.vocabulary import Task, Vocabulary

_MOST_OF_ALL = 0.8  # a parent of more of the genres than that tells next to nothing


def parents_of(vocabulary: Vocabulary, dataset: str = "") -> dict[str, tuple[int, ...]]:
    """Return the genres above labels of a vocabulary, with the columns of those labels.

    Those above two genres at least (one of which may be the parent itself), of one to four fifths
    of all. A parent that is a label bears the label's name, another that of the taxonomy. Of two
    above the very same labels the lower is meant.

    Args:
        dataset: name of the reader, which tells what its labels mean.

    >>> parents_of(Vocabulary(("bebop", "swing", "techno", "polka"), "multi"))
    {'jazz': (0, 1)}
    """
    taxonomy = Taxonomy.read()
    known = crosswalk.set_of(dataset, vocabulary.labels)
    walk = crosswalk.plain(taxonomy) if known is None else crosswalk.read(known, taxonomy)
    genres = {k: walk.meaning(label) for k, label in enumerate(vocabulary.labels)
              if walk.meaning(label).group == "genre"}
    above: dict[str, list[int]] = {}
    for k, meaning in genres.items():
        for name in _upward(meaning, taxonomy):
            above.setdefault(name, []).append(k)
    found: dict[tuple[int, ...], str] = {}
    for name in sorted(above, key=lambda name: _height(name, taxonomy)):
        columns = tuple(above[name])
        if 2 <= len(columns) <= _MOST_OF_ALL * len(genres):
            found.setdefault(columns, _named(name, vocabulary, genres))
    return {name: columns for columns, name in sorted(found.items())}


def _named(name: str, vocabulary: Vocabulary, genres: Mapping[int, Meaning]) -> str:
    """Return the label that means this genre, where there is one only or one is called so."""
    same = [vocabulary.labels[k] for k, meaning in genres.items() if meaning.ours == name]
    called_so = [label for label in same if folded(label) == folded(name)]
    return next(iter(called_so), same[0] if len(same) == 1 else name)


def _upward(meaning: Meaning, taxonomy: Taxonomy) -> list[str]:
    """Return the genre that is meant and all above it, each once."""
    found = dict.fromkeys([meaning.ours, *meaning.parents])
    for parent in meaning.parents:
        found |= dict.fromkeys(taxonomy.ancestors(parent))
    return [name for name in found if name == meaning.ours or taxonomy.group_of(name) == "genre"]


def _height(name: str, taxonomy: Taxonomy) -> tuple[int, str]:
    """Return what sorts the lower first: those with more genres above them."""
    known = taxonomy.canonical(name) is not None
    return (-len(taxonomy.ancestors(name)) if known else 0, name)


def fit_parents(
    scores: ArrayLike, truth: ArrayLike, answered: ArrayLike,
    above: Mapping[str, tuple[int, ...]], task: Task, precision: float, fold: ArrayLike,
) -> tuple[Parent, ...]:
    """Return the parents that can be named as precisely as wanted, with their thresholds.

    The threshold is the lowest from which the lower bound of the precision (Wilson, one-sided
    95 %) is the one wanted. ``Parent.precision`` is cross-fitted, each fold named by what the
    others taught; parents that fall short there, or are never named, are left out.

    Args:
        scores: calibrated [shape=(tracks, labels)]. truth: 0/1, likewise.
        answered: 0/1 answers of labels, likewise (``decisions.answers``).
        above: see ``parents_of``.
        fold: number of each track's fold.

    Raises:
        DataError: what ``metrics.checked`` refuses, or not one fold a track. SettingsError: a
            precision not between 0 and 1.
    """
    x, y = metrics.checked(scores, truth)
    _, given = metrics.checked(scores, answered)
    of = inner_folds(fold, len(x))
    if not 0 < precision < 1:
        raise SettingsError(f"the precision wanted is {precision}; expected between 0 and 1.")
    found = []
    for name, columns in above.items():
        open_still = given[:, list(columns)].max(axis=1) == 0
        chances = chance(x, columns, task)[open_still]
        right = y[open_still][:, list(columns)].any(axis=1)
        reached = _crossed(chances, right, of[open_still], precision)
        threshold = lowest_precise(chances, right, precision)
        if reached is not None and reached >= precision and threshold is not None:
            found.append(Parent(name, columns, threshold, reached))
    return tuple(found)


def _crossed(
    chances: Floats, right: NDArray[np.bool_], fold: NDArray[np.generic], precision: float
) -> float | None:
    """Return the share of right names on tracks not learnt from; None where none is named."""
    named = np.zeros(len(chances), dtype=np.bool_)
    for held in np.unique(fold):
        learn = fold != held
        threshold = lowest_precise(chances[learn], right[learn], precision)
        if threshold is not None:
            named[~learn] = chances[~learn].astype(np.float32) >= np.float32(threshold)
    return float(right[named].mean()) if named.any() else None
