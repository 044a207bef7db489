"""From a recipe's words to a split of tracks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from earmark.datasets.base import Dataset
from earmark.errors import DataError
from earmark.judging import splits
from earmark.judging.advice import sensible
from earmark.judging.splits import Split
from earmark.lab.doctor.outcome import SUSPECTED
from earmark.lab.recipe import SplitChoice


def draw(choice: SplitChoice, dataset: Dataset, rng: np.random.Generator) -> Split:
    """Return the published partition, or parts drawn as the recipe says.

    Raises:
        SettingsError: an unknown partition, or fractions that do not add up.
        DataError: too few groups to draw from.
    """
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
