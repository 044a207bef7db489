"""``predictions.parquet``: the score of every label for every judged track."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from earmark.errors import DataError, require
from earmark.judging.report.plain import clean

_SCORE = "score: "


@dataclass(frozen=True)
class Predictions:
    """Scores of tracks.

    Attributes:
        tracks: their ids.
        parts: train, valid, test or cross-validated, one a row.
        borne: the true labels, a tuple a row.
        artists: one a row, None where unknown; None altogether when not recorded.
        labels: the columns of ``scores``.
        scores: in [0, 1] [shape=(rows, labels)].
    """

    tracks: tuple[str, ...]
    parts: tuple[str, ...]
    borne: tuple[tuple[str, ...], ...]
    artists: tuple[str | None, ...] | None
    labels: tuple[str, ...]
    scores: NDArray[np.float64]

    def of(self, part: str) -> Predictions:
        """Return the rows of one part, sorted by track id."""
        rows = sorted((i for i, p in enumerate(self.parts) if p == part),
                      key=lambda i: self.tracks[i])
        return self.take(rows)

    def take(self, rows: list[int]) -> Predictions:
        """Return these rows, in this order."""
        artists = None if self.artists is None else tuple(self.artists[i] for i in rows)
        return Predictions(
            tuple(self.tracks[i] for i in rows), tuple(self.parts[i] for i in rows),
            tuple(self.borne[i] for i in rows), artists, self.labels, self.scores[rows],
        )

    @property
    def truth(self) -> NDArray[np.int8]:
        """0/1 [shape=(rows, labels)]."""
        truth = np.zeros(self.scores.shape, dtype=np.int8)
        for row, its in enumerate(self.borne):
            truth[row, [self.labels.index(label) for label in its]] = 1
        return truth

    @property
    def groups(self) -> list[Hashable] | None:
        """An artist a row; a track without one is a group of its own. None: no artist is known."""
        if not any(self.artists or ()):
            return None
        return [("artist", a) if a else ("track", t)
                for a, t in zip(self.artists or (), self.tracks, strict=True)]


@dataclass(frozen=True)
class Mistake:
    """A track whose answer is wrong.

    Attributes:
        track: its id.
        borne: the true labels.
        answer: the label wrongly given.
        score: of the answer.
        true_score: of the true label.
    """

    track: str
    borne: tuple[str, ...]
    answer: str
    score: float
    true_score: float


def read_predictions(path: Path) -> Predictions | None:
    """Read the table, or None when there is none.

    Raises:
        DataError: it is damaged or not such a table.
        MissingExtraError: pyarrow is not installed.
    """
    if not path.is_file():
        return None
    require("pyarrow", extra="train", purpose="reading predictions")
    import pyarrow
    import pyarrow.parquet

    try:
        # In memory: an open file could not be replaced on Windows.
        table = pyarrow.parquet.read_table(pyarrow.BufferReader(path.read_bytes()))
        columns: dict[str, Any] = {
            name: column.to_numpy() if name.startswith(_SCORE) else column.to_pylist()
            for name, column in zip(table.column_names, table.columns, strict=True)
        }
    except (OSError, pyarrow.ArrowException, ValueError) as error:
        raise DataError(f"{path} is damaged ({error}); run the recipe again in another folder.") \
            from error
    return _predictions(path, columns)


def worst_mistakes(predictions: Predictions, *, most: int) -> list[Mistake]:
    """Return the single-label mistakes the model was surest of, worst first, one a track.

    The top label is not the true one; sorted by how far it leads over the true label.
    """
    scores, truth = predictions.scores, predictions.truth
    wrong, true = scores.argmax(axis=1), truth.argmax(axis=1)
    size = np.where(wrong != true, scores.max(axis=1) - _pick(scores, true), -1)
    size[truth.sum(axis=1) != 1] = -1
    order = sorted(np.flatnonzero(size >= 0), key=lambda i: (-size[i], predictions.tracks[i]))
    return [
        Mistake(
            predictions.tracks[i], predictions.borne[i], predictions.labels[wrong[i]],
            float(scores[i, wrong[i]]), float(scores[i, true[i]]),
        )
        for i in order[:most]
    ]


def _pick(scores: NDArray[np.float64], columns: NDArray[np.intp]) -> NDArray[np.float64]:
    picked: NDArray[np.float64] = scores[np.arange(len(scores)), columns]
    return picked


def _predictions(path: Path, columns: dict[str, Any]) -> Predictions:
    names = [name for name in columns if name.startswith(_SCORE)]
    for need in ("track", "part", "labels"):
        if need not in columns or not names:
            raise DataError(f"{path} lacks the column '{need if names else _SCORE}'; expected "
                            "track, part, labels and a 'score: ' column a label.")
    labels = tuple(clean(name.removeprefix(_SCORE)) for name in names)
    try:
        table = np.array([columns[name] for name in names], dtype=np.float64).T
        borne = tuple(tuple(clean(label) for label in row) for row in columns["labels"])
        tracks, parts = (tuple(clean(v) for v in columns[k]) for k in ("track", "part"))
        artists = tuple(a and clean(a) for a in columns["artist"]) if "artist" in columns else None
    except (TypeError, ValueError, AttributeError) as error:
        raise DataError(f"{path} is damaged: a column is not of the kind expected "
                        f"({error}).") from error
    if not np.isfinite(table).all():
        raise DataError(f"{path} is damaged: a score is not a finite number.")
    if strange := {label for row in borne for label in row} - set(labels):
        raise DataError(f"{path}: the label '{min(strange)}' has no score column.")
    return Predictions(tracks, parts, borne, artists, labels, table.reshape(-1, len(labels)))
