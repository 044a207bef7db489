"""What every model is: fitted on 0/1 label matrices, giving scores in [0, 1], turned into ONNX.

scikit-learn's classifiers take a class vector for single-label work and return lists of columns
for some multi-label work; the turns there and back are made here, once.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from earmark.errors import DataError
from earmark.labels.vocabulary import Task

Scores = NDArray[np.float32]
_KINDS = {1: "rows of numbers", 2: "pictures of bands over time (logmel, specgram)",
          3: "pictures with channels (image, stacked)"}
Doubles = NDArray[np.float64]


@dataclass
class Model(ABC):
    """A model of one kind. Subclasses are dataclasses whose fields are settings.

    Constructors only remember; ``fit`` learns, and what it learns ends in ``_``.

    Attributes:
        task: ``single``: scores of a row sum to 1; ``multi``: each label for itself.
        search: what ``earmark tune`` tries unless told otherwise: setting to range, written as for
            its ``--vary``: ``0.01..10:log``, ``relu;tanh``.
    """

    name: ClassVar[str]
    tasks: ClassVar[tuple[Task, ...]] = ("single", "multi")  # what it can be made for
    many_threads: ClassVar[bool] = False  # whether fitting is faster with all cores than with one
    search: ClassVar[Mapping[str, str]] = {}
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

    @property
    def heard(self) -> tuple[str, ...]:
        """What its weights have learnt from before any fit, as lines of cards have it."""
        return ()

    def axes(self) -> tuple[int, ...]:
        """Return how many axes a row may have: 1 for rows of numbers, 2 for pictures of bands over
        time, 3 for pictures with channels."""
        return (1,)

    def files(self) -> dict[str, str]:
        """Return the files that settings name, by the setting: what it learns hangs on them."""
        return {}

    def told(self) -> dict[str, Any]:
        """Return what training has to tell, for the results; nothing where there is no more than
        the numbers learnt."""
        return {}

    def keep(self, path: Path) -> bool:
        """Write what looking into the model needs beyond its graph; return whether there is any.
        """
        return False


def kinds_of_rows(axes: Iterable[int]) -> str:
    """Return in words what rows of so many axes are.

    >>> kinds_of_rows((1,))
    'rows of numbers'
    """
    return " or ".join(_KINDS.get(k, f"rows of {k} axes") for k in axes)


def check_fit(rows: ArrayLike, labels: ArrayLike, task: Task) -> tuple[
    NDArray[np.float32], NDArray[np.int8]
]:
    """Return rows and labels as arrays after checking that a model can learn from them.

    Raises:
        DataError: says which row, column or label is wrong.
    """
    x, y = as_numbers(rows), _as_matrix(labels)
    if x.ndim > 2:
        raise DataError(f"the features are pictures of {' x '.join(map(str, x.shape[1:]))}; this "
                        "model takes rows of numbers: choose a family of rows, such as gtzan57.")
    if x.ndim != 2 or y.ndim != 2 or len(x) != len(y):
        raise DataError(f"rows of shape {x.shape} and labels of shape {y.shape}; expected "
                        "(rows, features) and (rows, labels) with as many rows.")
    if not x.shape[1] or not y.shape[1]:
        raise DataError(f"rows of {x.shape[1]} features and {y.shape[1]} labels; expected at least "
                        "one of each.")
    if not np.isfinite(x).all():
        row, column = np.argwhere(~np.isfinite(x))[0]
        raise DataError(f"feature {column} of row {row} is {x[row, column]}; expected numbers.")
    return x, check_labels(y, len(x), task)


def check_labels(labels: ArrayLike, rows: int, task: Task) -> NDArray[np.int8]:
    """Return a 0/1 matrix after checking that as many rows can be learnt from with it.

    Raises:
        DataError: says which row, column or label is wrong.
    """
    y = _as_matrix(labels)
    if y.ndim != 2 or len(y) != rows or not y.shape[1]:
        raise DataError(f"{rows} rows and labels of shape {y.shape}; expected (rows, labels) with "
                        "as many rows and at least one label.")
    if not np.isin(y, (0, 1)).all():
        raise DataError("the label matrix holds values other than 0 and 1.")
    if task == "single" and (y.sum(axis=1) != 1).any():
        raise DataError("a row bears no label or several; single-label models need exactly one.")
    if task == "single" and y.shape[1] < 2:
        raise DataError("there is one label only; telling labels apart needs at least two.")
    if (empty := np.flatnonzero(y.sum(axis=0) == 0)).size:
        raise DataError(f"label {empty[0]} has no row to learn from; drop it or add tracks.")
    return y.astype(np.int8)


def as_numbers(rows: ArrayLike) -> NDArray[np.float32]:
    """Return rows as an array.

    Raises:
        DataError: they are texts, or of unequal lengths.
    """
    try:
        with np.errstate(over="ignore"):  # what single precision cannot hold is named as infinite
            return np.asarray(rows, dtype=np.float32)
    except (TypeError, ValueError) as error:
        raise DataError(f"the feature rows are no numbers ({error}); expected a matrix of them, "
                        "a row for each segment.") from error


def _as_matrix(labels: ArrayLike) -> NDArray[Any]:
    try:
        y = np.asarray(labels)
    except ValueError as error:  # lists of unequal lengths
        raise DataError("the labels are lists of unequal lengths; expected a 0/1 matrix "
                        "(rows, labels), as Vocabulary.matrix makes it.") from error
    if y.dtype.kind in "biuf":
        return y
    text = next((str(v) for v in y.flat if isinstance(v, str | bytes)), "")
    printed = text.lstrip().startswith(("[", "(", "{"))
    raise DataError(
        (f"the labels are text such as {text[:40]!r}" if text else f"the labels are {y.dtype}")
        + (": a printed list, whose letters would pass for labels" if printed else "")
        + "; expected a 0/1 matrix (rows, labels): read the lists and use Vocabulary.matrix."
    )


def class_vector(labels: NDArray[np.int8]) -> NDArray[np.int64]:
    """Turn a 0/1 matrix with one 1 a row into the column numbers [shape=(rows,)]."""
    columns: NDArray[np.int64] = labels.argmax(axis=1).astype(np.int64)
    return columns


@dataclass(frozen=True)
class Fitted:
    """scikit-learn classifiers that were fitted to a 0/1 matrix and answer with one.

    Attributes:
        estimators: one for all labels, or one a label; in place of a label's estimator its
            constant score, 0.0 or 1.0, where no or every row bore it.
        labels: how many labels the matrix had.
    """

    estimators: tuple[Any, ...]
    labels: int
    task: Task
    native: bool

    def scores(self, rows: NDArray[np.float32]) -> NDArray[np.float64]:
        """Return probabilities [shape=(rows, labels)]; 0 for a label that had no row."""
        scores = np.zeros((len(rows), self.labels))
        if not len(rows):  # which scikit-learn refuses
            return scores
        if self.task == "single":
            estimator = self.estimators[0]
            scores[:, estimator.classes_] = estimator.predict_proba(rows)
        elif self.native:
            estimator = self.estimators[0]
            _fill(scores, estimator.predict_proba(rows), getattr(estimator, "classes_", None))
        else:
            for label, estimator in enumerate(self.estimators):
                constant = isinstance(estimator, float)
                scores[:, label] = estimator if constant else estimator.predict_proba(rows)[:, 1]
        return scores


@dataclass(frozen=True)
class _Always:
    """Stands for a classifier that saw one class only, which most refuse to learn."""

    classes_: NDArray[np.int64]

    def predict_proba(self, rows: NDArray[np.float32]) -> NDArray[np.float64]:
        return np.ones((len(rows), 1))


def fit_matrix(
    make: Callable[[], Any],
    rows: NDArray[np.float32],
    labels: NDArray[np.int8],
    task: Task,
    *,
    native: bool = False,
) -> Fitted:
    """Fit classifiers to a 0/1 matrix in which labels may be missing, as they may in a fold.

    Args:
        make: returns a new scikit-learn classifier.
        native: the classifier takes several labels a row itself; else each gets one of its own.
    """
    count = labels.shape[1]
    if task == "single":
        if len(only := np.flatnonzero(labels.any(axis=0))) == 1:  # few rows, in an inner fold
            return Fitted((_Always(only),), count, task, native)
        return Fitted((_fitted(make, rows, class_vector(labels)),), count, task, native)
    if native:
        return Fitted((_fitted(make, rows, labels.astype(np.int64)),), count, task, native)
    estimators = tuple(
        float(column[0]) if (column == column[0]).all() else _fitted(make, rows, column)
        for column in labels.T.astype(np.int64)
    )
    return Fitted(estimators, count, task, native)


def _fitted(make: Callable[[], Any], rows: NDArray[np.float32], labels: NDArray[Any]) -> Any:
    # A product of finite matrices now and then raises the processor's flag for invalid values: in
    # lanes that the kernel fills up and throws away. numpy would warn of it.
    with np.errstate(invalid="ignore"):
        return make().fit(rows, labels)


def _fill(scores: NDArray[np.float64], given: Any, classes: Any) -> None:
    """Fill in what a classifier of several labels gave: a matrix, or a list of columns.

    A list holds [shape=(rows, classes seen)] for each label, where only 0 or only 1 may have been
    seen.
    """
    if not isinstance(given, list):
        scores[:] = given.reshape(scores.shape)
        return
    for label, (columns, seen) in enumerate(zip(given, classes, strict=True)):
        if 1 in seen:
            scores[:, label] = columns[:, list(seen).index(1)]
