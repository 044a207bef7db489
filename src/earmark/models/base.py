"""What every model is: fitted on 0/1 label matrices, giving scores in [0, 1], turned into ONNX.

scikit-learn's classifiers take a class vector for single-label work and return lists of columns
for some multi-label work; the turns there and back are made here, once.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from earmark.errors import DataError
from earmark.labels.vocabulary import Task

Scores = NDArray[np.float32]


@dataclass
class Model(ABC):
    """A model of one kind. Subclasses are dataclasses whose fields are settings.

    Constructors only remember; ``fit`` learns, and what it learns ends in ``_``.

    Attributes:
        task: ``single``: scores of a row sum to 1; ``multi``: each label for itself.
    """

    name: ClassVar[str]
    task: Task = "single"

    @abstractmethod
    def fit(
        self,
        rows: NDArray[np.float32],
        labels: NDArray[np.int8],
        *,
        valid: tuple[NDArray[np.float32], NDArray[np.int8]] | None = None,
        groups: NDArray[Any] | None = None,
        rng: np.random.Generator,
    ) -> Model:
        """Learn from rows [shape=(rows, features)] and a 0/1 matrix [shape=(rows, labels)].

        Args:
            valid: rows and labels for early stopping, where a model stops early.
            groups: one a row; rows of one group (artist) never stand on both sides of any
                choice the model makes for itself.
            rng: the only source of chance.

        Raises:
            DataError: shapes that do not match, values that are not finite, a label without
                any row.
        """

    @abstractmethod
    def scores(self, rows: NDArray[np.float32]) -> Scores:
        """Return scores in [0, 1] [shape=(rows, labels)]."""

    @abstractmethod
    def to_onnx(self) -> bytes:
        """Return the fitted model as one ONNX graph: input ``rows``, output ``scores``."""


def check_fit(rows: ArrayLike, labels: ArrayLike, task: Task) -> tuple[
    NDArray[np.float32], NDArray[np.int8]
]:
    """Return rows and labels as arrays after checking that a model can learn from them.

    Raises:
        DataError: says which row, column or label is wrong.
    """
    x, y = np.asarray(rows, dtype=np.float32), np.asarray(labels)
    if x.ndim != 2 or y.ndim != 2 or len(x) != len(y):
        raise DataError(f"rows of shape {x.shape} and labels of shape {y.shape}; expected "
                        "(rows, features) and (rows, labels) with as many rows.")
    if not np.isin(y, (0, 1)).all():
        raise DataError("the label matrix holds values other than 0 and 1.")
    if not np.isfinite(x).all():
        row, column = np.argwhere(~np.isfinite(x))[0]
        raise DataError(f"feature {column} of row {row} is {x[row, column]}; expected numbers.")
    if task == "single" and (y.sum(axis=1) != 1).any():
        raise DataError("a row bears no label or several; single-label models need exactly one.")
    if (empty := np.flatnonzero(y.sum(axis=0) == 0)).size:
        raise DataError(f"label {empty[0]} has no row to learn from; drop it or add tracks.")
    return x, y.astype(np.int8)


def class_vector(labels: NDArray[np.int8]) -> NDArray[np.int64]:
    """Turn a 0/1 matrix with one 1 a row into the column numbers [shape=(rows,)]."""
    columns: NDArray[np.int64] = labels.argmax(axis=1).astype(np.int64)
    return columns
