"""Features and labels of a sample of a dataset's tracks, a row a track."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from earmark.datasets.base import Dataset
from earmark.errors import DataError, SettingsError
from earmark.features import base as features
from earmark.features.base import FeatureSet
from earmark.judging import splits
from earmark.lab.backbones import front_end_for
from earmark.lab.batches import Gathered, Wanted, gather
from earmark.lab.explore.section import Explored
from earmark.lab.explore.tally import Tally
from earmark.labels.dealing import deal_groups

Log = Callable[[str], None]


def gathered(
    dataset: Dataset, ids: Sequence[str], asked: str, most: int, seed: int, log: Log
) -> tuple[Explored | None, list[str]]:
    """Return features and labels of at most so many of the tracks, and what is to be said of it.

    None where the dataset has no table and no features are asked for.

    Args:
        ids: of the tracks that may be looked at.
        asked: a family's name, ``embedding:NAME[:OUTPUT]`` or a front end as JSON; empty for the
            dataset's first table.

    Raises:
        DataError: no rows for the features asked for, or a row that is not finite.
        SettingsError: an unknown family, or one that makes pictures.
    """
    rng, tally = np.random.default_rng(seed), Tally.of(dataset, ids)
    if asked:
        ids = sampled(tally, most, rng)
        found = gather(dataset, ids, wanted(asked), log)
    elif tables := [table for table in dataset.feature_tables() if not table.pictures]:
        # All rows at first: a table may know few of the tracks.
        log(f"reading {tables[0].path.name}")
        found = gather(dataset, tally.ids,
                       Wanted(tables[0].front_end, tables[0].seconds, "table"), log)
        have = set(np.unique(found.features.track_ids).tolist())
        ids = sampled(Tally.of(dataset, [i for i in tally.ids if i in have]), most, rng)
    else:
        heard = any(dataset.tracks[i].path is not None for i in tally.ids)
        return None, ["No features were looked at: the dataset has no table of them" + (
            ". --features gtzan57 makes them from its audio." if heard else " and no audio.")]
    kept, rows = means(found.features, ids)
    its = Tally.of(dataset, kept)
    groups = np.asarray(splits.group_names(dataset, kept, "artist"), dtype=np.str_)
    family = _in_words(found)
    explored = Explored(rows, found.features.columns, its.truth, dataset.vocabulary,
                        groups, rng, family)
    return explored, _about_rows(found, len(kept), len(tally.ids), family)


def wanted(given: str) -> Wanted:
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


def sampled(tally: Tally, most: int, rng: np.random.Generator) -> list[str]:
    """Return at most so many tracks, with the labels' shares kept as far as can be."""
    if len(tally.ids) <= most:
        return list(tally.ids)
    share = most / len(tally.ids)
    dealt = deal_groups(np.arange(len(tally.ids)), tally.truth, np.asarray([share, 1 - share]), rng)
    chosen = np.flatnonzero(dealt == 0)
    if len(chosen) > most:
        chosen = np.sort(rng.choice(chosen, most, replace=False))
    return [tally.ids[i] for i in chosen]


def means(made: FeatureSet, ids: Sequence[str]) -> tuple[list[str], NDArray[np.float32]]:
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


def _in_words(found: Gathered) -> str:
    source = found.features.source
    front_end = source["front_end"]
    kind = f" ({front_end['kind']})" if "kind" in front_end else ""
    where = "from the dataset's table" if "table" in source else "made from audio"
    return f"{front_end['name']}{kind}, {where}"


def _about_rows(found: Gathered, count: int, of: int, family: str) -> list[str]:
    several = len(found.features.rows) > len(np.unique(found.features.track_ids))
    mean = ", the mean over a track's segments" if several else ""
    said = [f"Features: {family}{mean}; of " + (
        f"{count} of {of} tracks, drawn so that labels keep their shares." if count < of
        else f"all {of} tracks.")]
    if found.failed:
        said.append(f"{len(found.failed)} tracks have no features: {found.failed[0]}"
                    + (" and so on." if len(found.failed) > 1 else "."))
    return [*said, *found.notes]
