"""Made tracks with features and labels, for the sections of the features."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from earmark.lab.explore.section import Explored
from earmark.labels.vocabulary import Vocabulary


def explored(
    rows: NDArray[np.floating] | Sequence[Sequence[float]], label_sets: Sequence[Sequence[str]], *,
    groups: dict[str, str] | None = None, artists: Sequence[str] | None = None, seed: int = 0,
    labels: Sequence[str] | None = None, columns: Sequence[str] | None = None,
) -> Explored:
    """Return tracks with these features and labels; each by an artist of its own where unsaid."""
    x = np.asarray(rows, dtype=np.float32)
    names = tuple(labels or sorted({label for its in label_sets for label in its}))
    vocabulary = Vocabulary(names, task="multi", groups=groups or {})
    return Explored(
        x, tuple(columns or (f"f{i}" for i in range(x.shape[1]))),
        vocabulary.matrix(label_sets), vocabulary,
        np.array(artists or [str(i) for i in range(len(x))]), np.random.default_rng(seed), "made",
    )


def islands(per: int = 20, columns: int = 6, seed: int = 0) -> Explored:
    """Return three genres far apart, ``per`` tracks each."""
    rng = np.random.default_rng(seed)
    centres = 20 * np.eye(3, columns)
    rows = np.concatenate([c + rng.normal(size=(per, columns)) for c in centres])
    return explored(rows, [[g] for g in ("folk", "jazz", "rock") for _ in range(per)], seed=seed)
