"""AudioSet's labels: their names, what kind of thing each is, and what is a kind of what.

Two lists are read: Google's ``class_labels_indices.csv`` with all 527, and ``labels.csv`` beside
the music subset, which says which column of its arrays is which of the 527. AudioSet numbers its
labels along its ontology, so that instruments, genres, roles and moods are runs of numbers, but
for what stands elsewhere first: choirs and chants among voices, cowbells among cattle.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from earmark.errors import DataError
from earmark.labels import crosswalk
from earmark.labels.vocabulary import Vocabulary

COUNT = 527
_MUSIC = (137, "/m/04rlf")  # the number and id of "Music"
_KINDS = {
    "instrument": (28, 92, *range(138, 216)),
    "genre": (30, 31, *range(216, 266)),
    "role": tuple(range(267, 276)),
    "mood": tuple(range(276, 283)),
    "music": (_MUSIC[0], 266),  # music as such, and songs
}
_KIND_OF = {number: kind for kind, numbers in _KINDS.items() for number in numbers}
MUSIC = _MUSIC[0]
MUSIC_NUMBERS = frozenset(_KIND_OF)
_GROUPS = {"instrument": "instrument", "genre": "genre", "mood": "mood"}
_INDICES, _SUBSET = ("index", "mid", "display_name"), ("column", "audioset_index", "label")


class Sound(NamedTuple):
    """One label.

    Attributes:
        name: as displayed.
        number: in AudioSet's 527, from 0.
        kind: ``genre``, ``instrument``, ``mood``, ``role`` or ``music``; empty for other sounds.
        mid: its id in the ontology; empty where the list does not say.
    """

    name: str
    number: int
    kind: str
    mid: str = ""


def read_indices(path: Path) -> tuple[Sound, ...]:
    """Read ``class_labels_indices.csv``: all labels, in the order of their numbers.

    Raises:
        DataError: it cannot be read, or does not have the 527 labels in order.
    """
    found: list[Sound] = []
    for line, (number, mid, name) in _rows(path, _INDICES):
        _refuse_order(path, line, number, len(found))
        found.append(Sound(name, len(found), _KIND_OF.get(len(found), ""), mid))
    if len(found) != COUNT:
        raise DataError(f"{path}: has {len(found)} labels; expected {COUNT}. Is the file cut "
                        "short?")
    at, expected = _MUSIC
    if found[at].mid != expected:
        raise DataError(f"{path}: has '{found[at].name}' ({found[at].mid}) as number {at}; "
                        f"expected 'Music' ({expected}): this is another list of labels.")
    return tuple(found)


def read_subset(path: Path) -> tuple[Sound, ...]:
    """Read ``labels.csv``: the labels of the music subset, in the order of its columns.

    Raises:
        DataError: it cannot be read, its columns are not in order, or a number is not one of
            AudioSet's or there twice.
    """
    found: list[Sound] = []
    numbers: set[int] = set()
    for line, (column, given, name) in _rows(path, _SUBSET):
        _refuse_order(path, line, column, len(found))
        if not given.isdecimal() or int(given) >= COUNT or int(given) in numbers:
            raise DataError(f"{path}, line {line}: the number of '{name}' is '{given}'; expected "
                            f"0 to {COUNT - 1}, each once.")
        numbers.add(int(given))
        found.append(Sound(name, int(given), _KIND_OF.get(int(given), "")))
    if not found:
        raise DataError(f"{path}: holds no labels below its header.")
    return tuple(found)


def vocabulary_of(sounds: Iterable[Sound]) -> Vocabulary:
    """Return the labels with Earmark's groups.

    AudioSet's own kind decides where it has one: what it calls a genre is judged as one. Other
    sounds, such as singing, are grouped by what their names mean.
    """
    sounds = tuple(sounds)
    walk = crosswalk.read("audioset527")
    groups = {s.name: _GROUPS.get(s.kind, "other") if s.kind else walk.meaning(s.name).group
              for s in sounds}
    return Vocabulary(tuple(s.name for s in sounds), task="multi", groups=groups)


def parents_of(sounds: Iterable[Sound], ontology: Path) -> dict[str, tuple[str, ...]]:
    """Return each label's parents among the labels: the nearest above it in the ontology.

    What is between, such as ``Music genre``, which no clip bears, is passed over.

    Raises:
        DataError: the ontology cannot be read, or does not know a label.
    """
    nodes = _nodes(ontology)
    names = {sound.name for sound in sounds}
    by_name = {node["name"]: mid for mid, node in nodes.items()}
    if unknown := sorted(names - by_name.keys()):
        raise DataError(f"{ontology}: does not know '{unknown[0]}'; expected AudioSet's ontology.")
    above: dict[str, list[str]] = {}
    for mid, node in nodes.items():
        for child in node["child_ids"]:
            above.setdefault(child, []).append(mid)
    mids = {by_name[name]: name for name in names}
    return {name: tuple(_nearest(by_name[name], above, mids)) for name in sorted(names)}


def _nearest(
    mid: str, above: Mapping[str, list[str]], mids: Mapping[str, str]
) -> Iterator[str]:
    seen, level = {mid}, list(above.get(mid, ()))
    while level:
        higher: list[str] = []
        for parent in level:
            if parent in seen:  # reached already, or an ontology that goes in a circle
                continue
            seen.add(parent)
            if parent in mids:
                yield mids[parent]
            else:
                higher.extend(above.get(parent, ()))
        level = higher


def _nodes(path: Path) -> dict[str, dict[str, Any]]:
    try:
        found = json.loads(path.read_text(encoding="utf-8-sig"))
        nodes = {str(node["id"]): node for node in found}
        sound = all(isinstance(node["name"], str) and isinstance(node["child_ids"], list)
                    and all(isinstance(child, str) for child in node["child_ids"])
                    for node in nodes.values())  # fmt: skip
    except OSError as error:
        raise DataError(f"{path}: cannot be read: {error.strerror or error}.") from error
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        raise DataError(f"{path}: is not AudioSet's ontology ({error}); expected a JSON list of "
                        "objects with id, name and child_ids.") from error
    if not sound:
        raise DataError(f"{path}: is not AudioSet's ontology; expected texts as names and ids.")
    return nodes


def _rows(path: Path, columns: tuple[str, ...]) -> Iterator[tuple[int, list[str]]]:
    """Yield line number and the wanted values of each row of a CSV file."""
    line = 0
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file, strict=True)
            missing = [name for name in columns if name not in (reader.fieldnames or ())]
            if missing:
                raise DataError(f"{path}: has no column '{missing[0]}'; expected "
                                f"{', '.join(columns)}, separated by commas.")
            for row in reader:
                line = reader.line_num
                values = [(row[name] or "").strip() for name in columns]
                if not all(values):
                    raise DataError(f"{path}, line {line}: a value is missing; expected "
                                    f"{', '.join(columns)}. Is the file cut short?")
                yield line, values
    except OSError as error:
        raise DataError(f"{path}: cannot be read: {error.strerror or error}.") from error
    except (UnicodeDecodeError, csv.Error) as error:
        raise DataError(f"{path}: cannot be read as a table after line {line} ({error}); expected "
                        "comma-separated UTF-8.") from error


def _refuse_order(path: Path, line: int, given: str, expected: int) -> None:
    if given != str(expected):
        raise DataError(f"{path}, line {line}: is numbered '{given}'; expected {expected}, labels "
                        "in order.")
