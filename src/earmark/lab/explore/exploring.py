"""Running all sections on a dataset, and writing what they show.

A test part that was explored is no longer unseen. Where the dataset has a published split, its
test tracks are therefore counted, label by label, and all that looks closer is of train and valid.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from earmark import __version__
from earmark.datasets.base import Dataset
from earmark.datasets.opening import variant
from earmark.errors import DataError, EarmarkError, SettingsError, suggestion
from earmark.judging.splits import Split
from earmark.lab.doctor.parts import divisions
from earmark.lab.explore import labels
from earmark.lab.explore.features import sections as feature_sections
from earmark.lab.explore.gathering import gathered
from earmark.lab.explore.section import Section
from earmark.lab.explore.tally import unheld
from earmark.store import write_text

PAGE, NUMBERS = "explore.html", "explore.json"
WHOLE = "none"
"""The name of a partition that asks for all tracks, test and train."""

Log = Callable[[str], None]


@dataclass(frozen=True)
class Settings:
    """How to explore.

    Attributes:
        features: a family's name, ``embedding:NAME[:OUTPUT]`` or a front end as JSON, to be made
            from audio where no table has them; empty for the dataset's first table, or none.
        rows: the most tracks whose features are looked at.
        seed: of all that is drawn by chance.
        partition: the published split whose test part stays unseen; empty for the first that is
            published, ``none`` to look at all tracks.
    """

    features: str = ""
    rows: int = 5000
    seed: int = 0
    partition: str = ""

    def __post_init__(self) -> None:
        if self.rows < 2:
            raise SettingsError(f"'rows' is {self.rows}; expected 2 tracks or more.")
        if self.seed < 0:
            raise SettingsError(f"'seed' is {self.seed}; expected 0 or more.")


@dataclass(frozen=True)
class Exploration:
    """What there is to see of a dataset.

    Attributes:
        dataset: its name. variant: its options. tracks: how many.
        settings: how it was explored.
        split: the published split whose test part stayed unseen; empty for none.
        family: the features that were looked at, in words; empty for none.
        sections: in the order of the page.
        notes: what was left out, and why.
    """

    dataset: str
    variant: str
    tracks: int
    settings: Settings
    split: str
    family: str
    sections: tuple[Section, ...]
    notes: tuple[str, ...]

    def plain(self) -> dict[str, Any]:
        """Return everything but the pictures, for JSON; captions are said too."""
        return {
            "earmark": __version__, "dataset": self.dataset, "variant": self.variant,
            "tracks": self.tracks, "split": self.split, "features": self.family,
            "rows": self.settings.rows, "seed": self.settings.seed, "notes": list(self.notes),
            "sections": {s.name: {"title": s.title, "notes": list(s.notes),
                                  "captions": [f.caption for f in s.figures], **s.numbers}
                         for s in self.sections},
        }  # fmt: skip


def explore(
    dataset: Dataset, settings: Settings | None = None, *, log: Log = lambda _: None
) -> Exploration:
    """Return all there is to see of a dataset.

    Raises:
        DataError: no labels; or no rows for the features asked for, or a row that is not finite.
        SettingsError: an unknown partition or feature family, or one that makes pictures.
        MissingExtraError: something that a section needs is not installed.
    """
    settings = settings or Settings()
    split = chosen_split(dataset, settings.partition)
    log("labels")
    found = labels.sections(dataset, split)
    family, said = "", [*_about_split(dataset, split)]
    try:
        explored, told = gathered(dataset, unheld(dataset, split), settings.features,
                                  settings.rows, settings.seed, log)
        said += told
        if explored is not None:
            log(f"features of {len(explored.rows)} tracks")
            found, family = [*found, *feature_sections(explored)], explored.family
    except DataError as error:
        if settings.features:
            raise
        # Nobody asked for the table, and the labels are worth a page.
        said.append(f"No features were looked at: {error}")
    return Exploration(dataset.name, variant(dataset), len(dataset.tracks), settings,
                       split.name if split else "", family, tuple(found), tuple(said))


def save(found: Exploration, folder: Path) -> Mapping[str, Any]:
    """Write ``explore.json`` and ``explore.html`` into a folder; return the former's values.

    Raises:
        EarmarkError: the folder cannot be written.
    """
    from earmark.lab.explore.page import page

    values = found.plain()
    html = page(found)  # before anything is written: the two belong together
    write_text(folder / NUMBERS, json.dumps(values, indent=1, allow_nan=False))
    write_text(folder / PAGE, html.encode("utf-8", "replace").decode())
    return values


def refuse_unwritable(folder: Path) -> None:
    """Refuse a folder that cannot be written, before the work is done.

    Raises:
        EarmarkError: it, or the nearest folder above it that exists, is no folder or is closed.
    """
    there = next(path for path in (folder, *folder.absolute().parents) if path.exists())
    if not there.is_dir() or not os.access(there, os.W_OK):
        why = "may not be written" if there.is_dir() else "is a file"
        raise EarmarkError(f"{folder} cannot be written: {there} {why}; expected a folder for "
                           "--out that can be.")


def chosen_split(dataset: Dataset, partition: str) -> Split | None:
    """Return the published split that is asked for, or the first; None for none.

    Raises:
        SettingsError: no partition is called so.
        DataError: all tracks at hand are test tracks.
    """
    at_hand = divisions(dataset)
    if partition == WHOLE or not (partition or at_hand):
        return None
    if partition and partition not in at_hand:
        raise SettingsError(f"'{dataset.name}' has no published split '{partition}'."
                            f"{suggestion(partition, [*at_hand, WHOLE])}")
    for split in [at_hand[partition]] if partition else at_hand.values():
        if split.counts["train"] + split.counts["valid"]:
            return split
    raise DataError(f"{dataset.root}: all tracks at hand are test tracks of "
                    f"'{partition or next(iter(at_hand))}'; expected some of train. To look at "
                    f"them all the same: --partition {WHOLE}")


def _about_split(dataset: Dataset, split: Split | None) -> list[str]:
    if split is None:
        return ["All tracks were looked at: what is chosen by this page cannot be judged on any "
                "of them."] if dataset.partitions() else []
    test = split.counts["test"]
    looked = split.counts["train"] + split.counts["valid"]
    rest = len(dataset.tracks) - looked - test
    left_out = f" {rest} tracks that are in no part were left out." if rest else ""
    return [f"Labels are counted over all tracks. All else is of the {looked} tracks in train and "
            f"valid of the split ‘{split.name}’; its {test} test tracks stay unseen.{left_out}"]
