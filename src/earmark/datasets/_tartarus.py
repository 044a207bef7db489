"""Data splits as the library Tartarus keeps them, a few files a set.

``items_index_<part>_<SET>.tsv`` has an id a line, of the parts train, val and test;
``y_<part>_class_<n>_<SET>.npy`` the 0/1 matrix of their labels, a row an id;
``genre_labels_<SET>.tsv`` a label a line, in the order of the columns.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from earmark.datasets._files import counted, some
from earmark.errors import DataError

_ITEMS = re.compile(r"items_index_(train|val|test)_(\w+)\.tsv")
_PARTS = {"train": "train", "val": "valid", "test": "test"}


class Split(NamedTuple):
    """A data split.

    Attributes:
        parts: id to train, valid or test.
        labels: names of the matrices' columns; empty where they are not listed.
        matrices: of each part that has one: where it lies, and the ids of its rows.
    """

    parts: dict[str, str]
    labels: tuple[str, ...]
    matrices: tuple[tuple[Path, tuple[str, ...]], ...]

    def disagreements(self, given: Mapping[str, frozenset[str]]) -> Iterator[str]:
        """Yield a sentence where matrices say other labels than ``given`` does by id."""
        columns = frozenset(self.labels)
        for path, items in self.matrices if columns else ():
            matrix = _matrix(path)
            wrong = [item for item, row in zip(items, matrix, strict=True)
                     if item in given and given[item] & columns != self._bearing(row)]
            if wrong:
                yield (f"{path.name}: {counted(len(wrong), 'row')} of other labels than the table "
                       f"has, whose labels are taken: {some(wrong)}")

    def _bearing(self, row: NDArray[Any]) -> frozenset[str]:
        return frozenset(self.labels[i] for i in np.flatnonzero(row))


def read_splits(places: Sequence[Path]) -> dict[str, Split]:
    """Return the data splits that lie in folders, by the names of their sets.

    Raises:
        DataError: an id in two parts, or a matrix that does not fit the ids or the labels.
    """
    found: dict[str, Split] = {}
    for place in places:
        for name in sorted({m[2] for path in _files(place) if (m := _ITEMS.fullmatch(path.name))}):
            if name not in found:
                found[name] = _read_split(place, name)
    return found


def genre_labels(places: Sequence[Path], name: str = "MuMu") -> tuple[str, ...]:
    """Return the labels of a set, else of the first set that lists its own; none without any."""
    listed = [path for place in places for path in _files(place)
              if path.name.startswith("genre_labels_") and path.suffix == ".tsv"]  # fmt: skip
    listed.sort(key=lambda path: path.stem != f"genre_labels_{name}")
    return _labels(listed[0]) if listed else ()


def _files(place: Path) -> list[Path]:
    try:
        return sorted(path for path in place.iterdir() if path.suffix in (".tsv", ".npy"))
    except OSError:
        return []


def _read_split(place: Path, name: str) -> Split:
    parts: dict[str, str] = {}
    matrices = []
    listed = place / f"genre_labels_{name}.tsv"
    labels = _labels(listed) if listed.is_file() else ()
    for word, part in _PARTS.items():
        path = place / f"items_index_{word}_{name}.tsv"
        items = _lines(path) if path.is_file() else ()
        for number, item in enumerate(items, 1):
            if parts.setdefault(item, part) != part:
                raise DataError(f"{path}, line {number}: '{item}' is already in the part "
                                f"{parts[item]}; an id belongs to one part.")
        for matrix in sorted(place.glob(f"y_{word}_class_*_{name}.npy")):
            _check(matrix, path, items, labels)
            matrices.append((matrix, items))
    return Split(parts, labels, tuple(matrices))


def _check(matrix: Path, index: Path, items: Sequence[str], labels: Sequence[str]) -> None:
    shape = _matrix(matrix).shape
    if len(shape) != 2 or shape[0] != len(items) or (labels and shape[1] != len(labels)):
        columns = len(labels) or "any number of"
        raise DataError(f"{matrix}: its shape is {shape}; expected {len(items)} rows, as "
                        f"{index.name} has lines, and {columns} columns.")


def _matrix(path: Path) -> NDArray[Any]:
    try:
        matrix: NDArray[Any] = np.load(path, mmap_mode="r", allow_pickle=False)
    except Exception as error:  # numpy's reader of headers raises many kinds on damaged ones
        raise DataError(f"{path}: cannot be read as a matrix: {error}; expected a .npy file of "
                        "numbers, without pickled objects.") from error
    if matrix.dtype.kind not in "biuf":
        raise DataError(f"{path}: holds {matrix.dtype}; expected numbers.")
    return matrix


def _labels(path: Path) -> tuple[str, ...]:
    labels = _lines(path)
    if doubled := [n for i, n in enumerate(labels) if n in labels[:i]]:
        raise DataError(f"{path}: lists '{doubled[0]}' twice; expected each label once.")
    return labels


def _lines(path: Path) -> tuple[str, ...]:
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeError) as error:
        why = getattr(error, "strerror", None) or error
        raise DataError(f"{path}: cannot be read: {why}; expected UTF-8, a name a line.") from error
    return tuple(line.strip() for line in text.splitlines() if line.strip())
