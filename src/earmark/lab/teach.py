"""Learning a person's own labels from folders or a table of files, in one go.

A personal collection is small, so nothing is held out for a test: the score comes from folds that
keep each artist on one side (each song, where the artist is not known), the tagger learns from
all of it, and what is said of it is what the folds say.
"""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

from earmark import registry
from earmark.audio.segments import Segments
from earmark.datasets.base import Dataset
from earmark.datasets.made import Made
from earmark.datasets.manifest import Manifest, find_table
from earmark.errors import DataError, SettingsError
from earmark.features import base as features
from earmark.judging import splits
from earmark.judging.advice import too_small
from earmark.judging.splits import Split
from earmark.lab.backbones import slug
from earmark.lab.recipe import (
    DatasetChoice,
    Recipe,
    SplitChoice,
    TaggerChoice,
    read,
)

Labels = Literal["folders", "filetags"]
TABLES = frozenset({".csv", ".tsv", ".jsonl", ".parquet"})
_MOST_FOLDS = 5
_FEW_TO_FORETELL = 10
_FEWEST_LABELS = 2
_MOST_LACKS = 12  # that are told one by one
_LEAST_GAIN = 0.005  # less is printed as nothing


def is_collection(given: str) -> bool:
    """Tell whether a word on the command line names a folder or table of one's own music."""
    # os.path says False of names that no system takes; pathlib raises.
    if os.path.isdir(given):  # noqa: PTH112
        return True
    return Path(given).suffix.lower() in TABLES and os.path.isfile(given)  # noqa: PTH113


def collection(
    path: Path, labels: Labels = "folders", taxonomies: Sequence[Path] = ()
) -> Dataset:
    """Return the reader for a folder a label, a table of files, or a dataset that Earmark made.

    Args:
        labels: where a folder's labels are from: its own folders, or the genres in files' tags.
        taxonomies: TOML files that say which genres in tags are one.

    Raises:
        SettingsError: a table's labels are to be from tags, or taxonomies without tags.
    """
    dataset: Dataset
    if taxonomies and labels != "filetags":
        raise SettingsError("'--taxonomy' says which genres in files' tags are one; it needs "
                            "'--labels filetags'.")
    if labels == "filetags" and not path.is_dir():
        raise SettingsError(f"{path} is a table, which has labels of its own; '--labels filetags' "
                            "needs a folder.")
    if labels == "filetags":
        files = os.pathsep.join(map(str, taxonomies))
        dataset = registry.load("datasets", "filetags")(path, taxonomy=files)
    elif Made.recognises(path):
        dataset = Made(path)
    elif path.is_dir() and find_table(path) is None:
        dataset = registry.load("datasets", "folder")(path)
    else:
        dataset = registry.load("datasets", "manifest")(path)
    return dataset


def remarks(dataset: Dataset) -> list[str]:
    """Return what to know of a collection before trusting a score on it, a sentence each."""
    whole = Split("by artist", dict.fromkeys(dataset.tracks, "train"))
    lacks = too_small(dataset, whole)
    more = [f"and {len(lacks) - _MOST_LACKS} more like these"] if len(lacks) > _MOST_LACKS else []
    return [*dataset.remarks(), *_told_of_parts(dataset), *lacks[:_MOST_LACKS], *more]


def recipe_for(dataset: Dataset, name: str, like: str = "personal") -> Recipe:
    """Return the recipe for a collection: that of ``like`` with its data, folds and card.

    Raises:
        DataError: one label, or too few tracks or artists to learn and judge anything.
    """
    tracks = list(dataset.tracks.values())
    labels = sorted({label for track in tracks for label in track.labels})
    if len(labels) < 2:
        raise DataError(f"{dataset.root}: {_count(len(tracks), 'track')} of one label "
                        f"('{labels[0]}'); a tagger tells labels apart: add a folder of another.")
    if odd := [label for label in labels if not label.isprintable()]:
        raise DataError(f"{dataset.root}: the label {odd[0]!r} holds characters that cannot be "
                        "printed; rename it.")
    split, learnt = _parts(dataset)
    groups = set(splits.group_names(dataset, learnt, "artist"))
    if len(groups) < 2:
        raise DataError(f"{dataset.root}: all {len(tracks)} tracks are of one artist; what is "
                        "learnt from one artist cannot be judged on another: add a second.")
    _refuse_lonely(dataset, labels, learnt)
    recipe = _on_its_features(read(like), dataset)
    try:
        return dataclasses.replace(
            recipe,
            name=name,
            dataset=DatasetChoice(dataset.name),
            split=split,
            folds=min(_MOST_FOLDS, len(groups)),
            tagger=_card(dataset, name, labels),
        )
    except ValueError as error:
        raise SettingsError(f"--name: {error}") from error


def _parts(dataset: Dataset) -> tuple[SplitChoice, list[str]]:
    """Return how the tracks are divided, and those learnt from: all, or as a table states.

    Parts that a table states are used where each label can be learnt from what is train or valid.
    """
    if name := _stated(dataset):
        parts = splits.official(dataset, name)
        learn_from = tuple(part for part in ("train", "valid") if parts.counts[part])
        learnt = sorted(i for part in learn_from for i in parts.ids(part))
        return SplitChoice(partition=name, learn_from=learn_from), learnt  # type: ignore[arg-type]
    return SplitChoice(by="track", fractions={"train": 1.0}), sorted(dataset.tracks)


def _stated(dataset: Dataset) -> str:
    """Return the partition that a table states, where it can be used; empty otherwise."""
    found = dataset.partitions() if isinstance(dataset, Made | Manifest) else {}
    for name, parts in found.items():
        here = {track: part for track, part in parts.items() if track in dataset.tracks}
        learnt = [track for track, part in here.items() if part in ("train", "valid")]
        labels = {label for track in dataset.tracks.values() for label in track.labels}
        if "test" in here.values() and set(parts.values()) == set(here.values()) and all(
            _several(dataset, label, learnt) for label in labels
        ):
            return name
    return ""


def _several(dataset: Dataset, label: str, ids: Sequence[str]) -> bool:
    """Whether a label is borne by tracks of two artists or songs at least."""
    bearing = [i for i in ids if label in dataset.tracks[i].labels]
    return len(set(splits.group_names(dataset, bearing, "artist"))) > 1


def _told_of_parts(dataset: Dataset) -> list[str]:
    if not isinstance(dataset, Made | Manifest) or not dataset.partitions():
        return []
    if name := _stated(dataset):
        counts = splits.official(dataset, name).counts
        said = ", ".join(f"{count} {part}" for part, count in counts.items() if count)
        return [f"the parts that the table states are used: {said}"]
    return ["the parts that the table states are not used, since not every label has tracks of two "
            "artists to learn from in them: nothing is held out for a test"]


def _on_its_features(recipe: Recipe, dataset: Dataset) -> Recipe:
    """Return the recipe on the features that a made dataset brings, where they are of sound."""
    if not isinstance(dataset, Made) or not dataset.feature_tables():
        return recipe
    about = dataset.about
    if not features.build(about.front_end).takes_audio:
        return recipe
    branch = dataclasses.replace(
        recipe.branches[0], front_end=about.front_end, training_seconds=about.segment_seconds,
        segments=Segments(seconds=about.segment_seconds), source="table")
    return dataclasses.replace(recipe, branches=(branch,))


def run_folder(dataset: Dataset, name: str, features: str | None = None) -> Path:
    """Return where the run lies: another folder once tracks, labels or features have changed."""
    called = f"-{slug(features)}" if features else ""
    return Path("runs") / f"{name}{called}-{dataset.fingerprint[:8]}"


def _refuse_lonely(dataset: Dataset, labels: Sequence[str], learnt: Sequence[str]) -> None:
    """Refuse a label that cannot be learnt and judged on different artists or songs.

    Of tags there is always a rare one: the run tells those that cannot be judged.
    """
    if dataset.vocabulary.task == "multi":
        if sum(_several(dataset, label, learnt) for label in labels) < _FEWEST_LABELS:
            raise DataError(f"{dataset.root}: of {len(labels)} labels fewer than "
                            f"{_FEWEST_LABELS} are borne by tracks of two artists; what is learnt "
                            "from one artist cannot be judged on another: add tracks of others.")
        return
    for label in labels:
        ids = [track for track in learnt if label in dataset.tracks[track].labels]
        if len(set(splits.group_names(dataset, ids, "artist"))) < 2:
            hint = (" If the folders are artists, --labels filetags takes the genres in the files' "
                    "tags." if dataset.name == "folder" else "")
            raise DataError(f"{label}: {_count(len(ids), 'track')} of one artist; a label is "
                            "judged on artists it was not learnt from: add tracks of another, or "
                            f"leave it out.{hint}")


def _card(dataset: Dataset, name: str, labels: Sequence[str]) -> TaggerChoice:
    count = _count(len(dataset.tracks), "track")
    return TaggerChoice(
        name=name,
        title=f"{len(labels)} labels learnt from {_named(dataset)} ({count})",
        licence="yours",
        limits=f"knows {', '.join(labels[:12])}{' ...' if len(labels) > 12 else ''} and nothing "
               "else",
    )


def _named(dataset: Dataset) -> str:
    """Return what a collection is called: its table, or its folder."""
    if isinstance(dataset, Manifest) and dataset.table is not None:
        return dataset.table.name
    return dataset.root.name or "a folder"


def advice_line(results: Mapping[str, Any]) -> str | None:
    """Return what to collect next, or None when nothing is expected to help."""
    advised = [a for a in results.get("label_advice", ()) if a["gain"] > 0]
    if not advised:
        return None
    best = advised[0]
    validated = results.get("cross_validated") or {}
    gain = min(best["gain"], 1 - float(validated.get("f1_macro", 0)))
    if gain < _LEAST_GAIN:
        return None
    line = f"{best['tracks']} more {best['label']} tracks would help most"
    if best["have"] < _FEW_TO_FORETELL:  # the gain is read off too steep a curve
        return line
    return f"{line}: about {100 * gain:+.0f} points of macro F1"


def _count(number: int, word: str) -> str:
    return f"{number} {word}{'' if number == 1 else 's'}"


