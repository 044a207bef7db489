"""From a recipe's words to a split of tracks, and what such a split lacks."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from earmark.datasets.base import Dataset
from earmark.errors import DataError
from earmark.judging import splits
from earmark.judging.advice import listed, sensible
from earmark.judging.groups import By, group_names
from earmark.judging.holding import held_out, less_copies
from earmark.judging.splits import Split
from earmark.lab.doctor.outcome import SUSPECTED
from earmark.lab.recipe import SplitChoice


def draw(choice: SplitChoice, dataset: Dataset, rng: np.random.Generator) -> Split:
    """Return the split that the recipe says: ``dealt``, then ``learnable``.

    Raises:
        SettingsError: an unknown partition, fractions that do not add up, or a valid part to be
            held out where there is one.
        DataError: too few groups to draw from.
    """
    return learnable(choice, dealt(choice, dataset, rng), dataset, rng)


def learnable(
    choice: SplitChoice, whole: Split, dataset: Dataset, rng: np.random.Generator
) -> Split:
    """Return a split less the copies of test tracks and with a valid part held out, as the recipe
    says; errors as ``draw``. Its test part is that of the whole, and read with it."""
    split = less_copies(whole, dataset) if choice.drop_copies else whole
    return held_out(split, dataset, choice.valid, choice.valid_by, rng) if choice.valid else split


def dealt(choice: SplitChoice, dataset: Dataset, rng: np.random.Generator) -> Split:
    """Return the published partition, or parts drawn as the recipe says; errors as ``draw``."""
    if choice.partition is not None and choice.by is None:
        return splits.official(dataset, choice.partition)
    if choice.by == "auto":
        return sensible(dataset, choice.fractions, rng)
    by = choice.by or "track"
    if choice.partition is not None:
        return splits.redrawn(splits.official(dataset, choice.partition), dataset, by, rng)
    return splits.grouped(dataset, by, choice.fractions, rng)


def without(split: Split, reasons: Mapping[str, str]) -> Split:
    """Return a split less the tracks that an exclude list names; its name says how many.

    What is on the list for a likely mislabel stays in a test part: one that a model has picked
    over flatters models like it.

    Raises:
        DataError: a whole part would go.
    """
    kept = {track: part for track, part in split.parts.items()
            if track not in reasons or (part == "test" and reasons[track].startswith(SUSPECTED))}
    if gone := sorted(set(split.parts.values()) - set(kept.values())):
        raise DataError(f"the exclude list leaves no track in the {gone[0]} part of "
                        f"'{split.name}'; expected some.")
    count = len(split.parts) - len(kept)
    return Split(f"{split.name} less {count} excluded", kept) if count else split


def leaks_of_folds(dataset: Dataset, ids: Sequence[str], by: str) -> bool:
    """Tell whether folds that keep the groups ``by`` whole divide an artist known to have
    several tracks."""
    if by == "artist":
        return False
    artists = [a for i in ids if (a := dataset.tracks[i].artist)]
    return len(set(artists)) < len(artists)


def missing_lines(
    split: Split, dataset: Dataset, learnt: Sequence[str] = ("train",), by: By = "artist"
) -> list[str]:
    """Return one line for each part that lacks labels, and one for labels that folds cannot judge.

    Args:
        learnt: the parts that are learnt from, inside which folds are made.
        by: the groups that folds keep whole.
    """
    return [*_lacking(split, dataset), *_of_one_group(split, dataset, learnt, by)]


def _lacking(split: Split, dataset: Dataset) -> Iterator[str]:
    found = defaultdict(list)
    for missing in splits.missing_labels(split, dataset):
        found[missing.part].append(f"{missing.label} ({_counted(missing.tracks, 'track')} in "
                                   f"{_counted(missing.groups, 'group')})")
    means = {"train": "so that it cannot be learnt", "valid": "so that nothing can be tuned for it",
             "test": "so that it is not judged"}  # fmt: skip
    for part, labels in found.items():
        yield f"no track of {listed(labels)} is in the {part} part, {means[part]}"


def _of_one_group(
    split: Split, dataset: Dataset, learnt: Sequence[str], by: By
) -> Iterator[str]:
    """Yield labels of one group: the fold that holds it out has nothing to learn them from."""
    ids = [i for part in learnt for i in split.ids(part) if i in dataset.tracks]
    groups: defaultdict[str, set[str]] = defaultdict(set)
    for track, group in zip(ids, group_names(dataset, ids, by), strict=True):
        for label in dataset.tracks[track].labels:
            groups[label].add(group)
    if alone := sorted(label for label, its in groups.items() if len(its) == 1):
        yield (f"all tracks of {listed(alone)} that are learnt from are of one group ({by}, song "
               "or track): folds have nothing to learn it from where they judge it")


def _counted(number: int, thing: str) -> str:
    return f"{number} {thing}{'' if number == 1 else 's'}"
