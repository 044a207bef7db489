"""A table that no dataset reader would take, made into tracks so that it can be looked at.

Its columns are known by their names, as far as those tell. A list that was printed into a cell is
a finding, and is then read, so that the labels in it can be looked at as well; a list whose labels
were joined with spaces is one too, and falls into words, as it would for its next reader.
"""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import Path

import numpy as np

from earmark.datasets.base import Dataset, Track
from earmark.errors import DataError
from earmark.features.base import FeatureSet
from earmark.lab.doctor.columns import check_columns, check_rows
from earmark.lab.doctor.findings import Finding
from earmark.lab.doctor.labels import Labelled, is_printed
from earmark.lab.doctor.sheet import Cell, Sheet, read_sheet
from earmark.labels.vocabulary import Vocabulary, fold

_IDS = ("id", "trackid", "clipid", "filename", "file", "path", "filepath", "name", "track")
_ARTISTS = ("artist", "artistid", "artistname", "performer")
_ALBUMS = ("album", "albumid", "albumname", "release")
_PARTS = ("split", "part", "partition", "set", "subset")
_PART_NAMES = {"train": "train", "training": "train", "valid": "valid", "validation": "valid",
               "val": "valid", "test": "test", "testing": "test", "eval": "test"}  # fmt: skip
_LABELS = re.compile("(.*(genre|label|tag|style)s?(list|all|top|names?)?|class|category|target)")
_NO_FEATURES = frozenset({"", "index", "unnamed0", "length", "duration", "seconds", "start", "year",
                          "frames", "samplerate"})  # fmt: skip
_LEAST_FLAGS = 3
_GLANCE = 50  # rows that tell most columns of measurements apart from flags
_LONGEST_LIST = 20_000
_NOTHING = frozenset({"", "nan", "none", "null", "n/a", "[]"})


class BareTable(Dataset):
    """A table of labels, features or both, for the doctor alone: no recipe can name it.

    Attributes:
        refusal: why a reader of datasets would not take it; empty where none was asked.
        broken: whether it could be learnt from, were it not for that.
    """

    name = "table"
    title = "A table"
    licence = "that of your own files"
    citation = "your own table"
    url = "https://www.rfc-editor.org/rfc/rfc4180"
    layout = "table.csv    (.tsv, .jsonl, .parquet) a row a track: labels, numbers or both\n"
    where = "Your own table."

    def __init__(self, root: Path | str, refusal: str = "", broken: bool = False) -> None:
        super().__init__(root)
        self.refusal, self.broken = refusal, broken

    @cached_property
    def sheet(self) -> Sheet:
        """The table's columns.

        Raises:
            DataError: it is no table, or holds neither labels nor numbers.
        """
        sheet = read_sheet(self.root)
        if not any((self._label_columns(sheet), _flags(sheet), _features(sheet))):
            raise DataError(f"{self.root}: holds neither labels nor numbers; expected a column "
                            f"such as label, genre or tags. Its columns are "
                            f"{', '.join(sheet.columns[:10])}.")
        return sheet

    @property
    def vocabulary(self) -> Vocabulary:
        """The labels, those that differ only by case or punctuation taken together."""
        spelt: dict[str, str] = {}
        for label in self.labelled.labels:
            spelt.setdefault(fold(label), label)
        aliases = {label: spelt[fold(label)] for label in self.labelled.labels
                   if spelt[fold(label)] != label}  # fmt: skip
        return Vocabulary(tuple(spelt.values()), self.labelled.task, aliases=aliases)

    @cached_property
    def labelled(self) -> Labelled:
        """The tracks and their labels, every spelling its own."""
        names = dict.fromkeys(label for labels in self._label_sets for label in labels)
        names |= dict.fromkeys(_flags(self.sheet))
        one_each = all(len(labels) == 1 for labels in self._label_sets)
        return Labelled(self.root.name, dict(zip(self._ids, self._label_sets, strict=True)),
                        tuple(sorted(names)), "single" if one_each else "multi",
                        {t.id: t.artist for t in self.tracks.values() if t.artist})

    def read_tracks(self) -> list[Track]:
        """Return a track a row, sorted by id; of none of them the audio is looked for."""
        artists, albums = (_texts(self.sheet, names) for names in (_ARTISTS, _ALBUMS))
        rows = zip(self._ids, self._label_sets, artists, albums, strict=True)
        return sorted((Track(name, labels, None, artist or None, album or None)
                       for name, labels, artist, album in rows), key=lambda track: track.id)

    def partitions(self) -> Mapping[str, Mapping[str, str]]:
        """Return ``given``, where a column says in which part each row is."""
        stated = [_PART_NAMES.get(text.casefold()) for text in _texts(self.sheet, _PARTS)]
        parts = {name: part for name, part in zip(self._ids, stated, strict=True) if part}
        return {"given": parts} if parts else {}

    def remarks(self) -> list[str]:
        """Return what a reader of datasets said of it."""
        if self.broken or not self.refusal:
            return []
        return [f"cannot be learnt from as it is: {self.refusal}"]

    @classmethod
    def sample(cls, root: Path) -> None:
        """Write a table of four rows, with its lists printed as text."""
        root.write_text("track_id,genre_list\n1,\"['Rock', 'Pop']\"\n2,['Jazz']\n3,['Folk']\n"
                        "4,['Folk']\n", encoding="utf-8")

    def lint(self) -> list[Finding]:
        """Return what is wrong with the cells, the columns of numbers and the rows."""
        made, sets, table = self.features, self.labelled.sets, self.root.name
        return [*self._refused(), *self._cells_wrong(), *self._twice(), *self._unknown(),
                *check_columns(made.rows, made.columns, table),
                *check_rows(made.rows, self._ids, lambda name: sets[name], table)]  # fmt: skip

    @cached_property
    def features(self) -> FeatureSet:
        """The columns of numbers that may be features, a row a track."""
        columns = _features(self.sheet)
        rows = np.zeros((self.sheet.rows, len(columns)), np.float32)
        with np.errstate(over="ignore"):  # too large: infinite, and found as such
            for at, name in enumerate(columns):
                rows[:, at] = self.sheet.numbers[name]
        return FeatureSet(rows, np.asarray(self._ids, np.str_), np.zeros(len(rows)),
                          tuple(columns), {"table": self.root.name})

    @cached_property
    def _ids(self) -> list[str]:
        """An id a row; a name that is there again gets its number."""
        names = _id_cells(self.sheet)
        seen: Counter[str] = Counter()
        made = []
        for row, name in enumerate(names, 1):
            name = name or f"row {row}"
            seen[name] += 1
            made.append(name if seen[name] == 1 else f"{name} ({seen[name]})")
        return made

    @cached_property
    def _label_sets(self) -> list[tuple[str, ...]]:
        sets: list[dict[str, None]] = [{} for _ in range(self.sheet.rows)]
        for column in self._label_columns(self.sheet):
            for row, labels in zip(sets, _split(self.sheet.texts[column]), strict=True):
                row |= dict.fromkeys(labels)
        for name in _flags(self.sheet):
            for at in np.flatnonzero(self.sheet.numbers[name] == 1).tolist():
                sets[at][name] = None
        return [tuple(labels) for labels in sets]

    @staticmethod
    def _label_columns(sheet: Sheet) -> list[str]:
        """Return the columns of labels: named so, or full of printed lists."""
        return [name for name, cells in sheet.texts.items()
                if _says_labels(name) or 2 * _printed(cells) > sheet.rows]

    def _cells_wrong(self) -> Iterator[Finding]:
        for column in self._label_columns(self.sheet):
            cells = self.sheet.texts[column]
            if count := _printed(cells):
                first = next(str(c) for c in cells if _is_printed(c))
                yield Finding("printed list", column, f"{count} of {len(cells)} cells are lists "
                              f"printed as text, such as {first[:60]!r}", subject="column")
            elif _space_joined(cells):
                first = max((str(c) for c in cells[:100]), key=len)
                yield Finding("words of labels", column, f"its cells hold several labels parted by "
                              f"spaces, such as {first[:60]!r}: labels of several words cannot be "
                              "told from several labels", subject="column")

    def _refused(self) -> Iterator[Finding]:
        if self.broken:
            yield Finding("broken table", self.root.name, f"cannot be learnt from: {self.refusal}",
                          subject="file")

    def _twice(self) -> Iterator[Finding]:
        counted = Counter(_id_cells(self.sheet))
        again = [name for name, count in counted.items() if name and count > 1]
        if again:
            yield Finding("listed twice", self.root.name, f"{len(again)} ids are in several rows, "
                          f"such as '{again[0]}' ({counted[again[0]]} times)", subject="file")

    def _unknown(self) -> Iterator[Finding]:
        for name in _flags(self.sheet):
            if missing := int(np.isnan(self.sheet.numbers[name]).sum()):
                yield Finding("unknown label", name, f"nothing is said of {missing} of "
                              f"{self.sheet.rows} tracks; here it is taken for absent",
                              subject="label")


def _says_labels(column: str) -> bool:
    return bool(_LABELS.fullmatch(fold(column)))


def _id_column(sheet: Sheet) -> str | None:
    """Return the column that names the rows: by its own name, else text that never repeats."""
    folded = {fold(name): name for name in reversed(sheet.columns)}
    for name in _IDS:
        if name in folded:
            return folded[name]
    return next((name for name, cells in sheet.texts.items()
                 if not _says_labels(name) and len(set(cells)) == sheet.rows), None)


def _id_cells(sheet: Sheet) -> list[str]:
    column = _id_column(sheet)
    if column is None:
        return [""] * sheet.rows
    if column in sheet.texts:
        return [str(cell) for cell in sheet.texts[column]]
    return [f"{value:.0f}" if value == value else "" for value in sheet.numbers[column].tolist()]


def _texts(sheet: Sheet, names: Sequence[str]) -> list[str]:
    """Return the cells of the first column called so; empty texts where there is none."""
    for column in sheet.columns:
        if fold(column) in names:
            if column in sheet.texts:
                return [str(cell).strip() for cell in sheet.texts[column]]
            return [f"{value:.0f}" if value == value else ""
                    for value in sheet.numbers[column].tolist()]
    return [""] * sheet.rows


def _flags(sheet: Sheet) -> list[str]:
    """Return the columns that say 0, 1 or nothing of each track, where there are several."""
    said = {name: set(np.unique(values).tolist()) for name in _measured(sheet)
            for values in [sheet.numbers[name]]
            if _is_flag(set(values[:_GLANCE].tolist())) or np.isnan(values[:_GLANCE]).all()}
    found = [name for name, values in said.items() if _is_flag(values)]
    both = [name for name in found if {0, 1} <= said[name]]
    return found if len(found) >= _LEAST_FLAGS and len(both) > 1 else []


def _is_flag(values: set[float]) -> bool:
    """Tell whether these are 0, 1 and at most NaN, which equals nothing."""
    numbers = {value for value in values if value == value}
    return bool(numbers) and numbers <= {0, 1}


def _features(sheet: Sheet) -> list[str]:
    flags = set(_flags(sheet))
    return [name for name in _measured(sheet) if name not in flags]


def _measured(sheet: Sheet) -> list[str]:
    """Return the columns of numbers that are no ids, lengths or years."""
    set_apart = {*_NO_FEATURES, *_IDS, *_ARTISTS, *_ALBUMS, "class", "category", "target"}
    return [name for name in sheet.numbers if fold(name) not in set_apart]


def _printed(cells: Sequence[Cell]) -> int:
    return sum(_is_printed(cell) for cell in cells)


def _is_printed(cell: Cell) -> bool:
    return isinstance(cell, str) and cell[:1] in "[({" and is_printed(cell) and not _json(cell)


def _json(cell: str) -> bool:
    """Tell whether a list is JSON, which readers understand."""
    return cell.startswith('["') and cell.endswith('"]')


def _split(cells: Sequence[Cell]) -> list[tuple[str, ...]]:
    """Return the labels of each cell of a column, parted by what parts them in all of it."""
    texts = [cell for cell in cells if isinstance(cell, str) and not cell.startswith("[")]
    mark = next((m for m in ";|," if 20 * sum(m in text for text in texts) > len(texts)), None)
    if mark is None and _space_joined(cells):
        mark = " "
    return [_labels(cell, mark) for cell in cells]


def _labels(cell: Cell, mark: str | None) -> tuple[str, ...]:
    if isinstance(cell, str):
        items = _literal(cell) if cell[:1] in ("[", "(", "{") else None
        if items is None:
            items = cell.split(mark) if mark else [cell]
    else:
        items = list(cell)
    names = (item.strip() for item in items)
    return tuple(dict.fromkeys(n for n in names if n.casefold() not in _NOTHING))


def _literal(cell: str) -> list[str] | None:
    """Return the items of a printed list; None for what is none."""
    if len(cell) > _LONGEST_LIST:
        return None
    try:
        value = ast.literal_eval(cell)
    except (ValueError, SyntaxError, RecursionError, MemoryError):
        return None
    return [str(item) for item in value] if isinstance(value, list | tuple | set) else None


def _space_joined(cells: Sequence[Cell]) -> bool:
    """Tell whether cells are labels joined with spaces: few words, in many more ways together."""
    texts = [cell for cell in cells if isinstance(cell, str) and cell.strip()]
    if not texts or any(mark in text for text in texts for mark in ";|,["):
        return False
    words = Counter(word for text in texts for word in text.split())
    return words.total() >= 2 * len(texts) and len(set(texts)) > 2 * len(words)
