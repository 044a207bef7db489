"""What the sections of an exploration are made of, and what those of the features are given."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from earmark.labels.vocabulary import Vocabulary


@dataclass(frozen=True)
class Figure:
    """A picture.

    Attributes:
        title: above it; plain text.
        svg: markup of ``judging.report.svg.chart``: texts escaped, colours by classes of the page's
            style sheet, a chart name that no other figure of the page has.
        caption: a sentence that says what to see, with its numbers; plain text.
    """

    title: str
    svg: str
    caption: str


@dataclass(frozen=True)
class Section:
    """A chapter of the page, and its part of the JSON file.

    Attributes:
        name: the key in the JSON file, and the anchor on the page: letters, digits, ``-``.
        title: the heading.
        numbers: plain values for JSON, all finite; None where a number is undefined.
        notes: sentences on what was left out, cannot be said, or is to be known.
    """

    name: str
    title: str
    numbers: Mapping[str, Any]
    figures: tuple[Figure, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Explored:
    """Tracks with features and labels.

    Attributes:
        rows: finite features, one row a track: the mean over its segments where it has several
            [shape=(tracks, columns)].
        columns: names of the features.
        truth: 0/1 [shape=(tracks, labels)], columns in the vocabulary's order; a track of a
            multi-label dataset may bear no label.
        vocabulary: the labels.
        groups: for each track what is equal for tracks by one artist [shape=(tracks,)]; a track
            whose artist is not known has a group of its own.
        rng: for all that is drawn by chance.
        family: the feature family, in words.
    """

    rows: NDArray[np.float32]
    columns: tuple[str, ...]
    truth: NDArray[np.int8]
    vocabulary: Vocabulary
    groups: NDArray[np.str_]
    rng: np.random.Generator
    family: str
