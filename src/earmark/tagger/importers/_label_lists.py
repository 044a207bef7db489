"""Labels of a model that somebody brings: a text file, JSON, or words on the command line.

Essentia publishes a JSON file beside each of its models, which knows more than labels: what that
says of licence, authors and training data goes on the tagger's card.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from earmark.errors import DataError

_MOST_CHARACTERS = 4_000_000
_MOST_LABELS = 20_000


@dataclass(frozen=True)
class LabelList:
    """Labels in the order of a model's scores, and what else was said beside them.

    Attributes:
        title, licence, citation, seen: of the model; empty where nothing is said.
        input, scores, embedding: names in the graph, likewise.
        sample_rate: of the audio that the model takes, in Hz; None where nothing is said.
    """

    labels: tuple[str, ...]
    title: str = ""
    licence: str = ""
    citation: str = ""
    seen: str = ""
    input: str = ""
    scores: str = ""
    embedding: str = ""
    sample_rate: int | None = None


def read_labels(given: str) -> LabelList:
    """Return the labels in a file, or those between the commas of a text.

    Args:
        given: path of a text file with a label a line, or of a JSON file that is a list or has
            one under ``classes`` or ``labels``; or labels with commas between them.

    Raises:
        DataError: no such file, one that holds no labels, or fewer than one label.
    """
    path = Path(given)
    if _is_file(path):
        text = _text(path)
        found = _json(text, path) if path.suffix.lower() == ".json" else LabelList(_lines(text))
    elif "," not in given or path.suffix.lower() in (".txt", ".json", ".csv"):
        raise DataError(f"the labels are given as '{given}', which is no file; expected a text "
                        "file with a label a line, a JSON file, or labels with commas between.")
    else:
        found = LabelList(tuple(part.strip() for part in given.split(",")))
    _refuse_odd(found.labels, given)
    return found


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except (OSError, ValueError):  # a long list of labels is no name of a file
        return False


def _text(path: Path) -> str:
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(f"{path} cannot be read as text: {error}.") from error
    if len(text) > _MOST_CHARACTERS:
        raise DataError(f"{path} has {len(text)} characters, more than any list of labels.")
    return text


def _lines(text: str) -> tuple[str, ...]:
    return tuple(line.strip() for line in text.splitlines() if line.strip())


def _json(text: str, path: Path) -> LabelList:
    try:
        values = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise DataError(f"{path} cannot be read as JSON: {error}.") from error
    if isinstance(values, list):
        return LabelList(_texts(values, path))
    if not isinstance(values, dict) or not (named := {"classes", "labels"} & set(values)):
        raise DataError(f"{path} holds no labels; expected a list, or an object with a list under "
                        "'classes'.")
    return _described(values, _texts(values[min(named)], path))


def _texts(values: Any, path: Path) -> tuple[str, ...]:
    if not isinstance(values, list) or not all(isinstance(value, str) for value in values):
        raise DataError(f"{path}: its labels are not a list of texts.")
    return tuple(value.strip() for value in values)


def _described(values: Mapping[str, Any], labels: tuple[str, ...]) -> LabelList:
    """Read what essentia's metadata say; what is of another form is left out."""
    dataset, inference, graph = (_table(values, name) for name in ("dataset", "inference",
                                                                   "schema"))  # fmt: skip
    rate = inference.get("sample_rate")
    return LabelList(
        labels,
        title=_said(values, "name"),
        licence=_said(values, "license") or _said(values, "licence"),
        citation=_said(values, "citation"),
        seen=_said(dataset, "name"),
        input=_named(graph.get("inputs"), ""),
        scores=_named(graph.get("outputs"), "predictions"),
        embedding=_named(graph.get("outputs"), "embeddings"),
        sample_rate=rate if isinstance(rate, int) else None,
    )


def _table(values: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    found = values.get(name)
    return found if isinstance(found, dict) else {}


def _said(values: Mapping[str, Any], name: str) -> str:
    found = values.get(name)
    return " ".join(found.split()) if isinstance(found, str) else ""


def _named(entries: Any, purpose: str) -> str:
    """Return the name of the first entry, or of the one with a purpose."""
    for entry in entries if isinstance(entries, list) else []:
        if isinstance(entry, dict) and purpose in ("", entry.get("output_purpose")):
            return _said(entry, "name")
    return ""


def _refuse_odd(labels: tuple[str, ...], given: str) -> None:
    if not labels or len(labels) > _MOST_LABELS:
        raise DataError(f"{given} holds {len(labels)} labels; expected 1 to {_MOST_LABELS}.")
    for number, label in enumerate(labels, 1):
        if not label or not label.isprintable():
            raise DataError(f"{given}: label {number} is {label!r}; expected printable text.")
