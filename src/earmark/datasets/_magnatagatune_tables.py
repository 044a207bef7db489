"""The tables that MagnaTagATune's tags are found in, and what each of them knows.

``annotations_final.csv``                 all 188 tags of 25 863 clips, as published
``index_mtt.tsv`` and ``*_gt_mtt.tsv``    the fifty commonest as lists of 0 and 1 (musicnn)
``top50_partial.csv``                     the fifty, empty where not known, and the clean split

Each gives the same: clips with the tags they bear, and the tags that are known of all of them. A
tag that is not known is not absent: such tags are left out of the vocabulary, and clips of which
nothing is known are left out.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import compress
from pathlib import Path
from typing import NamedTuple

from earmark.datasets._magnatagatune_labels import TAGS, TOP50
from earmark.datasets._magnatagatune_names import ClipName, parse
from earmark.datasets._published import columns_of, read_lines
from earmark.errors import DataError

ANNOTATIONS = "annotations_final.csv"
CLIP_INFO = "clip_info_final.csv"
PARTIAL = "top50_partial.csv"
INDEX = "index_mtt.tsv"
TRUTHS = ("train_gt_mtt.tsv", "val_gt_mtt.tsv", "test_gt_mtt.tsv")
_VALUES = frozenset("01")


class Clip(NamedTuple):
    """A clip of a table.

    Attributes:
        id: as published, a number.
        path: as published, below the folder that holds 0 to f.
        name: what the path says.
        tags: which it bears, in the order of ``TAGS``; None where nothing is known.
        clean: its part in the published clean split, where the table says; else empty.
    """

    id: str
    path: str
    name: ClipName
    tags: tuple[str, ...] | None
    clean: str = ""


class Table(NamedTuple):
    """What was read: the file, its clips, and the tags known of all clips with tags."""

    path: Path
    clips: list[Clip]
    known: frozenset[str]


def read_table(root: Path) -> Table | None:
    """Read the table with the most tags at hand; None without one.

    Raises:
        DataError: it is damaged, or a clip stands twice; names the line.
    """
    if (root / ANNOTATIONS).is_file():
        return _annotations(root / ANNOTATIONS)
    if (root / INDEX).is_file() and any((root / name).is_file() for name in TRUTHS):
        return _musicnn(root)
    return _partial(root / PARTIAL) if (root / PARTIAL).is_file() else None


def titles(path: Path) -> dict[str, str]:
    """Read ``clip_info_final.csv``: clip id to title as written; empty titles are left out.

    Raises:
        DataError: it is damaged; names the line.
    """
    lines = read_lines(path)
    header = next(lines, (1, [""]))[1]
    at = columns_of(path, header, ["clip_id", "title"])
    found: dict[str, str] = {}
    for line, row in lines:
        _check_width(path, line, row, header)
        if row[at["clip_id"]] in found:
            raise DataError(f"{path}, line {line}: clip {row[at['clip_id']]} stands here a second "
                            "time; expected each once.")
        found[row[at["clip_id"]]] = row[at["title"]].strip()
    return {clip: title for clip, title in found.items() if title}


def _annotations(path: Path) -> Table:
    lines = read_lines(path)
    header = next(lines, (1, [""]))[1]
    at = columns_of(path, header, ["clip_id", "mp3_path", *TAGS])
    places = [at[tag] for tag in TAGS]
    clips = _Clips(path)
    for line, row in lines:
        _check_width(path, line, row, header)
        values = [row[place] for place in places]
        if not _VALUES.issuperset(values):
            tag = next(tag for tag, v in zip(TAGS, values, strict=True) if v not in _VALUES)
            raise DataError(f"{path}, line {line}: '{tag}' is '{row[at[tag]]}'; expected 0 or 1.")
        borne = tuple(compress(TAGS, map("1".__eq__, values)))
        clips.add(line, row[at["clip_id"]], row[at["mp3_path"]], borne)
    return clips.table(frozenset(TAGS))


def _partial(path: Path) -> Table:
    lines = read_lines(path, ",")
    header = next(lines, (1, [""]))[1]
    at = columns_of(path, header, ["clip_id", "mp3_path", "split", *TOP50])
    clips, known = _Clips(path), set(TOP50)
    for line, row in lines:
        _check_width(path, line, row, header)
        values = {tag: row[at[tag]] for tag in TOP50}
        if wrong := next((tag for tag, v in values.items() if v not in {"0", "1", ""}), None):
            raise DataError(f"{path}, line {line}: '{wrong}' is '{values[wrong]}'; expected 0, 1 "
                            "or nothing.")
        said = {tag for tag, value in values.items() if value}
        known &= said or known
        borne = tuple(tag for tag in TOP50 if values[tag] == "1") if said else None
        clips.add(line, row[at["clip_id"]], row[at["mp3_path"]], borne, row[at["split"]])
    return clips.table(frozenset(known))


def _musicnn(root: Path) -> Table:
    truths = [root / name for name in TRUTHS if (root / name).is_file()]
    tags: dict[str, tuple[str, ...]] = {}
    for path in truths:
        for line, row in read_lines(path, quoted=False):
            if row[0] in tags:
                raise DataError(f"{path}, line {line}: clip {row[0]} stands here a second time; "
                                "expected each once.")
            tags[row[0]] = _listed(path, line, row)
    clips = _Clips(root / INDEX)
    for line, row in read_lines(root / INDEX, quoted=False):
        if len(row) != 2:
            raise DataError(f"{root / INDEX}, line {line}: has {len(row)} fields; expected a "
                            "clip's id and its path.")
        clips.add(line, row[0], row[1], tags.pop(row[0], None))
    if tags:
        raise DataError(f"{root / INDEX}: does not name clip {next(iter(tags))}, which has tags; "
                        "expected every clip.")
    return clips.table(frozenset(TOP50))


def _listed(path: Path, line: int, row: Sequence[str]) -> tuple[str, ...]:
    """Return the tags of a list such as ``[0.0, 1.0, ...]``, one number a tag of the fifty."""
    text = row[1].strip() if len(row) == 2 else ""
    values = [value.strip() for value in text[1:-1].split(",")]
    wrong = set(values) - {"0", "1", "0.0", "1.0"}
    if text[:1] != "[" or text[-1:] != "]" or wrong or len(values) != len(TOP50):
        raise DataError(f"{path}, line {line}: holds no list of {len(TOP50)} times 0 or 1. Is it "
                        "cut short?")
    return tuple(compress(TOP50, (value[0] == "1" for value in values)))


class _Clips:
    """Gathers clips, each once."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._clips: list[Clip] = []
        self._lines: dict[str, int] = {}  # of ids and of paths; a path has a slash

    def add(
        self, line: int, clip: str, path: str, tags: tuple[str, ...] | None, clean: str = ""
    ) -> None:
        if not (clip.isascii() and clip.isdecimal()):
            raise DataError(f"{self._path}, line {line}: the clip's id is '{clip}'; expected a "
                            "number.")
        if (name := parse(path)) is None:
            raise DataError(f"{self._path}, line {line}: the path is '{path}'; expected one such "
                            "as 'f/artist-album-01-title-0-29.mp3'.")
        if clean not in {"train", "valid", "test", "none", ""}:
            raise DataError(f"{self._path}, line {line}: the split is '{clean}'; expected train, "
                            "valid, test or none.")
        for key in (clip, path):
            if (other := self._lines.setdefault(key, line)) != line:
                raise DataError(f"{self._path}, line {line}: '{key}' stands on line {other}, too; "
                                "expected each clip once.")
        self._clips.append(Clip(clip, path, name, tags, clean))

    def table(self, known: frozenset[str]) -> Table:
        if not self._clips:
            raise DataError(f"{self._path}: holds no clips below its header.")
        return Table(self._path, sorted(self._clips), known)


def _check_width(path: Path, line: int, row: list[str], header: list[str]) -> None:
    if len(row) != len(header):
        raise DataError(f"{path}, line {line}: has {len(row)} fields where the header has "
                        f"{len(header)}. Is it cut short?")
