"""From a recipe's words to a split of tracks."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from earmark.datasets.base import Dataset
from earmark.judging import splits
from earmark.judging.advice import sensible
from earmark.judging.splits import Split
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


def leaks_of_folds(dataset: Dataset, ids: Sequence[str], by: str) -> bool:
    """Tell whether folds that keep the groups ``by`` whole divide an artist known to have
    several tracks."""
    if by == "artist":
        return False
    artists = [a for i in ids if (a := dataset.tracks[i].artist)]
    return len(set(artists)) < len(artists)
