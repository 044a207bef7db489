"""A recipe: what is learnt from what, how it is judged, and with which seed, as TOML.

A recipe does not say where the data lies; with the same data it gives the same run anywhere.
"""

from __future__ import annotations

import importlib.resources
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from earmark import settings
from earmark.audio.augment import Waves
from earmark.audio.segments import Segments
from earmark.errors import SettingsError, suggestion
from earmark.judging.how import HowDecided

Part = Literal["train", "valid"]


@dataclass(frozen=True)
class DatasetChoice:
    """Which dataset.

    Attributes:
        name: as registered.
        options: of its reader, such as ``subset``; None for all as by default.
    """

    name: str
    options: Mapping[str, Any] | None = None


@dataclass(frozen=True)
class SplitChoice:
    """Which tracks are for what.

    Attributes:
        partition: a published one of the dataset, by name.
        by: draw the parts instead, keeping these groups whole; ``auto`` for artists where enough
            are known and tracks where not. With a partition, its tracks are dealt anew into parts
            of its sizes: as much to learn from under another protocol.
        fractions: part to share of the tracks, where there is no partition.
        learn_from: the parts the judged model is fitted on; never ``test``.
        valid: share of the train part to hold out as valid, for splits that have none; 0 for none.
        valid_by: the groups that this keeps whole, beside songs and copies; tracks of unknown
            artist (album) go by themselves.
        drop_copies: leave out tracks of train and valid that are known copies of test tracks.
    """

    partition: str | None = None
    by: Literal["track", "song", "artist", "album", "auto"] | None = None
    fractions: Mapping[str, float] = field(default_factory=lambda: {"train": 0.8, "test": 0.2})
    learn_from: tuple[Part, ...] = ("train",)
    valid: float = 0.0
    valid_by: Literal["track", "song", "artist", "album"] = "artist"
    drop_copies: bool = False

    def __post_init__(self) -> None:
        if self.partition is None and self.by is None:
            raise ValueError("a split needs a 'partition' of the dataset, or 'by' to draw one.")
        if not self.learn_from or len(set(self.learn_from)) != len(self.learn_from):
            raise ValueError("'learn_from' needs at least one part, each named once.")
        if not 0 <= self.valid < 1:
            raise ValueError(f"'valid' is {self.valid}; expected a share of the train part, from 0 "
                             "to below 1.")


@dataclass(frozen=True)
class BranchChoice:
    """One front end and the model on top.

    Attributes:
        front_end: a feature family's name and settings.
        model: a model's name and settings.
        segments: how a track is cut when it is tagged.
        training_seconds: length of the segments learnt from, cut as the family's published
            tables are; absent for whole tracks.
        source: features from the dataset's ready-made table, from audio, or from the table when
            there is one.
        weight: share in the average over branches.
        listen: ``anew`` for networks that hear a random excerpt of ``training_seconds`` of each
            track every epoch, decoded when a batch asks for it; None for the rows gathered.
        waves: how such excerpts are changed at random.
    """

    front_end: Mapping[str, Any]
    model: Mapping[str, Any]
    segments: Segments = field(default_factory=Segments)
    training_seconds: float | None = None
    source: Literal["auto", "table", "audio"] = "auto"
    weight: float = 1.0
    listen: Literal["anew"] | None = None
    waves: Waves | None = None

    def __post_init__(self) -> None:
        if self.waves is not None and self.listen != "anew":
            raise ValueError("'waves' change sound, which is heard once here; set listen = "
                             "\"anew\".")
        if self.listen == "anew" and self.source == "table":
            raise ValueError("listen = \"anew\" hears sound, and source = \"table\" takes none; "
                             "leave one of them out.")


@dataclass(frozen=True)
class TaggerChoice:
    """What the tagger is called and says of itself; see ``tagger.format.Card``.

    Attributes:
        name: what it is called. title: one line on what it is. licence: of the tagger file.
        limits: one line on what it cannot know; shown whenever it tags.
    """

    name: str
    title: str
    licence: str
    limits: str


@dataclass(frozen=True)
class ExportChoice:
    """How fitted models become graphs.

    Attributes:
        int8: ``try`` a graph of whole numbers in eight bits for each branch and take it where it
            is measured faster and loses at most .005 of accuracy (with several labels: of macro
            PR-AUC) by track; ``off``: 32 bits.
    """

    int8: Literal["off", "try"] = "off"


@dataclass(frozen=True)
class Recipe:
    """All that a run depends on, but for the data.

    Attributes:
        name: of the recipe; run folders are called by it.
        dataset, split, branches, tagger: see those tables.
        seed: of the run's one random generator.
        folds: of the cross-validation inside the learnt parts; 0 for none.
        folds_by: the groups that folds keep whole; anything but ``artist`` leaks where artists
            have several tracks.
        ship: fit the tagger on the learnt parts, or, once judged, on all tracks of the split.
        curve: measure the learning curve and what more tracks of each label would bring.
        decide: learn calibration, thresholds and when to say "unknown" from held-out artists and
            labels.
        decisions: how.
        weights: ``learnt``: the branches' weights are learnt, once, from scores that each gives to
            artists left out of the learnt parts, in place of their ``weight``. A regression on
            top of branches (stacking) is not offered: a tagger's branches are averaged; one of
            models on the same rows is ``ensemble:stacking``.
        export: how the tagger's graphs are made; None for as by default.
    """

    name: str
    dataset: DatasetChoice
    split: SplitChoice
    branches: tuple[BranchChoice, ...]
    tagger: TaggerChoice
    seed: int = 0
    folds: int = 5
    folds_by: Literal["track", "song", "artist", "album"] = "artist"
    ship: Literal["learnt", "all"] = "learnt"
    curve: bool = False
    decide: bool = False
    decisions: HowDecided = field(default_factory=HowDecided)
    # None, as all that came later, so that older recipes keep their fingerprints.
    weights: Literal["learnt"] | None = None
    export: ExportChoice | None = None

    def __post_init__(self) -> None:
        for name in (self.name, self.tagger.name):
            if not re.fullmatch(r"[\w][\w .+-]{0,99}", name):
                raise ValueError(f"'name' is {name!r}; expected letters, digits, blanks and .+-_ "
                                 "only: files are called by it.")
        if not self.branches:
            raise ValueError("a recipe needs at least one [[branches]] table.")
        if self.seed < 0:
            raise ValueError(f"'seed' is {self.seed}; expected 0 or more.")
        if self.folds != 0 and not 2 <= self.folds <= 50:
            raise ValueError(f"'folds' is {self.folds}; expected 0, or 2 to 50.")

    @property
    def fingerprint(self) -> str:
        """16 hex digits that change with anything in the recipe."""
        return settings.fingerprint(self)


def names() -> list[str]:
    """Return the names of the recipes that come with Earmark.

    >>> "gtzan57-logistic" in names()
    True
    """
    folder = importlib.resources.files("earmark.lab") / "recipes"
    return sorted(f.name.removesuffix(".toml") for f in folder.iterdir() if f.name[-5:] == ".toml")


def read(name: str) -> Recipe:
    """Return a recipe by the name of one that comes with Earmark, or from a TOML file.

    Raises:
        SettingsError: no such recipe, or a setting that is misspelt; the nearest is offered.
    """
    path = Path(name)
    if name in names():
        path = Path(str(importlib.resources.files("earmark.lab") / "recipes" / f"{name}.toml"))
    elif not os.path.isfile(path):  # noqa: PTH113 - False for names no system accepts
        if name.endswith(".toml"):
            raise SettingsError(f"{name}: no such file; give a recipe's path, or one of the names "
                                f"that come with Earmark, such as {names()[0]}.")
        raise SettingsError(f"no recipe is called '{name}'.{suggestion(name, names())} A recipe of "
                            "your own is given by the path of its .toml file.")
    return settings.from_mapping(Recipe, settings.read_toml(path), where=str(path))


def write(recipe: Recipe, path: Path) -> None:
    """Write the recipe, all defaults spelt out, as TOML."""
    from earmark.errors import require
    from earmark.store import write_text

    tomli_w = require("tomli_w", extra="train", purpose="writing a recipe")
    write_text(path, tomli_w.dumps(settings.to_mapping(recipe)))
