"""Running all sections on a dataset, and writing what they show.

A test part that was explored is no longer unseen. Where the dataset has a published split, its
test tracks are therefore counted, label by label, and all that looks closer is of train and valid.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from earmark import __version__
from earmark.datasets.base import Dataset
from earmark.datasets.opening import variant
from earmark.errors import DataError, EarmarkError, SettingsError, suggestion
from earmark.features import base as features
from earmark.features.base import FeatureSet
from earmark.judging import splits
from earmark.judging.dealing import deal_groups
from earmark.judging.splits import Split
from earmark.lab.backbones import front_end_for
from earmark.lab.batches import Gathered, Wanted, gather
from earmark.lab.doctor.parts import divisions
from earmark.lab.explore import labels
from earmark.lab.explore.features import sections as feature_sections
from earmark.lab.explore.section import Explored, Section
from earmark.lab.explore.tally import Tally, unheld
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
        DataError: no labels, no rows for the features asked for, or a row that is not finite.
        SettingsError: an unknown partition or feature family, or one that makes pictures.
        MissingExtraError: something that a section needs is not installed.
    """
    settings = settings or Settings()
    split = chosen_split(dataset, settings.partition)
    log("labels")
    found = labels.sections(dataset, split)
    explored, said = explored_features(dataset, split, settings, log)
    if explored is not None:
        log(f"features of {len(explored.rows)} tracks")
        found = [*found, *feature_sections(explored)]
    family = explored.family if explored else ""
    return Exploration(dataset.name, variant(dataset), len(dataset.tracks), settings,
                       split.name if split else "", family, tuple(found),
                       (*_about_split(dataset, split), *said))


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
    if partition == WHOLE or not (at_hand := divisions(dataset)):
        return None
    open_ones = {n: s for n, s in at_hand.items() if s.counts["train"] + s.counts["valid"]}
    if not (partition or open_ones) or partition in at_hand.keys() - open_ones.keys():
        raise DataError(f"{dataset.root}: all tracks at hand are test tracks of "
                        f"'{partition or next(iter(at_hand))}'; expected some of train. To look at "
                        f"them all the same: --partition {WHOLE}")
    if not partition:
        return next(iter(open_ones.values()))
    if partition not in at_hand:
        raise SettingsError(f"'{dataset.name}' has no published split '{partition}'."
                            f"{suggestion(partition, [*at_hand, WHOLE])}")
    return at_hand[partition]


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


def explored_features(
    dataset: Dataset, split: Split | None, settings: Settings, log: Log
) -> tuple[Explored | None, list[str]]:
    """Return features and labels of a sample of the tracks, and what is to be said of it.

    None where the dataset has no table and no features were asked for.

    Raises: as ``explore``.
    """
    rng = np.random.default_rng(settings.seed)
    tally = Tally.of(dataset, unheld(dataset, split))
    if settings.features:
        ids = _sampled(tally, settings.rows, rng)
        gathered = gather(dataset, ids, _asked_for(settings.features), log)
    elif tables := dataset.feature_tables():
        # All rows at first: a table may know few of the tracks.
        wanted = Wanted(tables[0].front_end, tables[0].seconds, "table")
        log(f"reading {tables[0].path.name}")
        gathered = gather(dataset, list(tally.ids), wanted, log)
        have = set(np.unique(gathered.features.track_ids).tolist())
        ids = _sampled(Tally.of(dataset, [i for i in tally.ids if i in have]), settings.rows, rng)
    else:
        return None, ["No features were looked at: the dataset has no table of them. "
                      "--features gtzan57 makes them from its audio."]
    kept, rows = _means(gathered.features, ids)
    its = Tally.of(dataset, kept)
    groups = np.asarray(splits.group_names(dataset, kept, "artist"), dtype=np.str_)
    family = _in_words(gathered)
    explored = Explored(rows, tuple(gathered.features.columns), its.truth, dataset.vocabulary,
                        groups, rng, family)
    return explored, _about_rows(gathered, len(kept), len(tally.ids), family)


def _asked_for(given: str) -> Wanted:
    """Return the front end for ``--features``.

    Raises:
        SettingsError: no such family, no JSON, or a family that makes pictures.
    """
    if not given.lstrip().startswith("{"):
        description = front_end_for(given)
    else:
        try:
            description = json.loads(given)
        except ValueError as error:
            raise SettingsError(f"--features {given}: is no JSON: {error}; expected a family's "
                                'name, or {"name": ..., ...} with its settings.') from None
    front_end = features.build(description, where="--features")
    refuse_pictures(front_end)
    return Wanted(description)


def refuse_pictures(front_end: features.FrontEnd) -> None:
    """Refuse a family whose features are no row of numbers.

    Raises:
        SettingsError: it makes pictures; names families of rows.
    """
    from earmark.lab.extractor import refuse_misfit

    if front_end.takes_audio:
        try:
            refuse_misfit(front_end, "csv")
        except SettingsError:
            raise SettingsError(f"'{front_end.name}' makes pictures, not a row of numbers a track; "
                                "expected a family of rows, such as gtzan57 or fma518.") from None


def _sampled(tally: Tally, most: int, rng: np.random.Generator) -> list[str]:
    """Return at most so many tracks, with the labels' shares kept as far as can be."""
    if len(tally.ids) <= most:
        return list(tally.ids)
    share = most / len(tally.ids)
    dealt = deal_groups(np.arange(len(tally.ids)), tally.truth, np.asarray([share, 1 - share]), rng)
    chosen = np.flatnonzero(dealt == 0)
    if len(chosen) > most:
        chosen = np.sort(rng.choice(chosen, most, replace=False))
    return [tally.ids[i] for i in chosen]


def _means(made: FeatureSet, ids: Sequence[str]) -> tuple[list[str], NDArray[np.float32]]:
    """Return the tracks that have rows, and the mean of each one's [shape=(tracks, columns)].

    Raises:
        DataError: a value that is not finite; names the column and the track.
    """
    its = made.of(ids)
    if its.rows.ndim != 2:
        raise DataError(f"the features are pictures of {its.rows.shape[1:]}; expected a row of "
                        "numbers a track.")
    kept, member = np.unique(its.track_ids, return_inverse=True)
    if bad := np.argwhere(~np.isfinite(its.rows)).tolist():
        row, column = bad[0]
        raise DataError(f"the feature '{its.columns[column]}' of track '{its.track_ids[row]}' is "
                        f"{its.rows[row, column]}, one of {len(bad)} values that are not finite; "
                        "expected numbers: earmark data check names the columns.")
    total = np.zeros((len(kept), its.rows.shape[1]))
    np.add.at(total, member, its.rows)
    means = total / np.bincount(member)[:, None]
    return [str(i) for i in kept], means.astype(np.float32)


def _in_words(gathered: Gathered) -> str:
    source = gathered.features.source
    front_end = source["front_end"]
    kind = f" ({front_end['kind']})" if "kind" in front_end else ""
    where = "from the dataset's table" if "table" in source else "made from audio"
    return f"{front_end['name']}{kind}, {where}"


def _about_rows(gathered: Gathered, count: int, of: int, family: str) -> list[str]:
    several = len(gathered.features.rows) > len(np.unique(gathered.features.track_ids))
    mean = ", the mean over a track's segments" if several else ""
    said = [f"Features: {family}{mean}; of " + (
        f"{count} of {of} tracks, drawn so that labels keep their shares." if count < of
        else f"all {of} tracks.")]
    if gathered.failed:
        said.append(f"{len(gathered.failed)} tracks have no features: {gathered.failed[0]}"
                    + (" and so on." if len(gathered.failed) > 1 else "."))
    return [*said, *gathered.notes]
