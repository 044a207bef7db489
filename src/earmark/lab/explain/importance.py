"""Permutation importance: what a metric loses when features are shuffled among held-out tracks.

For each artist-grouped fold the recipe is fitted on the other folds; the held-out tracks are then
scored with a group of features exchanged among them, whole tracks at a time. Nothing is fitted anew
and the test part is not read. Columns that say the same share their importance: shuffled alone none
of them is missed, so families of them are shuffled together, too.

Source: Breiman, "Random forests", 2001; Fisher, Rudin & Dominici, "All models are wrong, but many
are useful", 2019.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from earmark import __version__
from earmark.errors import DataError, SettingsError
from earmark.features.base import FeatureSet, build
from earmark.judging import metrics, splits
from earmark.judging.curves import Floats
from earmark.judging.intervals import Interval, several
from earmark.lab import choose, weighing
from earmark.lab.backbones import complete
from earmark.lab.batches import Gathered, Log, gather
from earmark.lab.explain.columns import grouped
from earmark.lab.learner import Fitted, Learner
from earmark.lab.recipe import BranchChoice, Recipe
from earmark.store import write_text

PAGE, NUMBERS = "importance.html", "importance.json"
Scores = NDArray[np.float32]
_DRAWS, _FEWEST_DRAWS, _MOST_WORK = 1000, 200, 400_000_000


@dataclass(frozen=True)
class Row:
    """A group of features.

    Attributes:
        drop: of the metric without it, the mean over shuffles.
        interval: of the drop, by a bootstrap over artists.
        columns: of the tables, in all branches that have them.
    """

    name: str
    drop: float
    interval: Interval
    columns: tuple[str, ...]


@dataclass(frozen=True)
class Importance:
    """What features matter to a recipe.

    Attributes:
        value: of the metric, out of fold, with all features.
        families: what matters most first. groups: likewise.
    """

    recipe: str
    dataset: str
    tracks: int
    metric: str
    value: float
    folds: int
    repeats: int
    seed: int
    families: tuple[Row, ...]
    groups: tuple[Row, ...]
    notes: tuple[str, ...]

    def plain(self) -> dict[str, Any]:
        """Return plain values for JSON."""
        return {"earmark": __version__, **dataclasses.asdict(self),
                "notes": list(self.notes),
                **{key: [{"name": r.name, "drop": r.drop, "low": r.interval.low,
                          "high": r.interval.high, "level": r.interval.level,
                          "columns": list(r.columns)} for r in getattr(self, key)]
                   for key in ("families", "groups")}}  # fmt: skip


def importance(
    recipe: Recipe, root: Path, *, folds: int = 5, repeats: int = 5, seed: int = 0,
    log: Log = lambda _: None,
) -> Importance:
    """Return what the features of a recipe matter to it, on the tracks that it learns from.

    Raises:
        SettingsError: it learns from pictures, or does not fit the dataset.
        DataError: no tracks, or a track without features.
    """
    bench = choose.bench([recipe], root, log)
    for branch in recipe.branches:  # before minutes of features, where a family says it
        if build(complete(branch.front_end)).axes not in (None, 1):
            raise _no_columns(recipe, branch)
    gathered = tuple(gather(bench.dataset, bench.ids, branch, log) for branch in recipe.branches)
    _refuse_pictures(recipe, gathered)
    learner = Learner(bench.dataset, recipe.branches, gathered)
    ids = [i for i in bench.ids if i in learner.known]
    columns = list(dict.fromkeys(c for g in gathered for c in g.features.columns))
    families, groups = grouped(columns)
    wanted = {("family", name): its for name, its in families.items()}
    wanted |= {("group", name): its for name, its in groups.items()}
    base, shuffled = _scores(recipe, learner, bench, ids, wanted, folds, repeats, seed, log)
    rows = _rows(learner, ids, wanted, base, shuffled, seed)
    metric = _metric(learner)
    return Importance(
        recipe.name, bench.dataset.name, len(ids), metric.name,
        metric(base, learner.truth(ids)), folds, repeats, seed,
        families=_best_first(rows, "family"), groups=_best_first(rows, "group"),
        notes=_notes(bench, ids),
    )  # fmt: skip


def _best_first(rows: Mapping[tuple[str, str], Row], kind: str) -> tuple[Row, ...]:
    return tuple(sorted((row for (its, _), row in rows.items() if its == kind),
                        key=lambda row: -row.drop))


def _refuse_pictures(recipe: Recipe, gathered: Sequence[Gathered]) -> None:
    for branch, found in zip(recipe.branches, gathered, strict=True):
        if found.features.rows.ndim != 2:
            raise _no_columns(recipe, branch)


def _no_columns(recipe: Recipe, branch: BranchChoice) -> SettingsError:
    return SettingsError(f"{recipe.name} learns from '{branch.front_end['name']}', whose rows are "
                         "no columns of a table, which alone can be shuffled. Explain a file by "
                         "the run's tagger instead: earmark explain FILE --run RUN")


def _metric(learner: Learner) -> Any:
    several_labels = learner.dataset.vocabulary.task == "multi"
    return metrics.pr_auc_macro if several_labels else metrics.accuracy


def _scores(
    recipe: Recipe, learner: Learner, bench: choose.Bench, ids: list[str],
    wanted: Mapping[tuple[str, str], list[str]], folds: int, repeats: int, seed: int, log: Log,
) -> tuple[Scores, dict[tuple[str, str], list[Scores]]]:
    """Return out-of-fold scores of the tracks [shape=(tracks, labels)], with all features and with
    each group shuffled, ``repeats`` times."""
    place = {track: k for k, track in enumerate(ids)}
    base = np.zeros((len(ids), len(learner.dataset.vocabulary)), np.float32)
    shuffled = {name: [np.zeros_like(base) for _ in range(repeats)] for name in wanted}
    rng = np.random.default_rng(seed)
    for number, (learn, held) in enumerate(bench.folds(ids, folds, seed), 1):
        log(f"importance: fold {number} of {folds}, {len(wanted)} sets of features shuffled "
            f"{repeats} times")
        weighed = weighing.weighed(recipe, learner, learn, np.random.default_rng(seed), log).learner
        fitted = weighed.fit(learn, np.random.default_rng(seed))
        at = [place[track] for track in held]
        base[at] = fitted.scores(held).scores
        rows = [g.features.of(held) for g in learner.gathered]
        for repeat in range(repeats):
            donors = dict(zip(held, [held[k] for k in rng.permutation(len(held))], strict=True))
            given = [sources(its.track_ids, donors) for its in rows]
            for name, columns in wanted.items():
                mixed = _with_rows(fitted, [exchanged(its, source, columns)
                                            for its, source in zip(rows, given, strict=True)])
                shuffled[name][repeat][at] = mixed.scores(held).scores
    return base, shuffled


def _with_rows(fitted: Fitted, rows: Sequence[FeatureSet]) -> Fitted:
    """Return the models with other rows to score."""
    learner = fitted.learner
    gathered = tuple(g._replace(features=its)
                     for g, its in zip(learner.gathered, rows, strict=True))
    return dataclasses.replace(fitted, learner=dataclasses.replace(learner, gathered=gathered))


def sources(track_ids: NDArray[np.str_], donors: Mapping[str, str]) -> NDArray[np.intp]:
    """Return for each row the row it is given values of: of its track's donor, the k-th segment's
    for the k-th, round and round where the donor has fewer [shape=(rows,)].

    Args:
        donors: track to the track whose values it gets.
    """
    order = np.argsort(track_ids, kind="stable")
    names, begins = np.unique(track_ids[order], return_index=True)
    its = dict(zip(names.tolist(), np.split(order, begins[1:]), strict=True))
    found = np.arange(len(track_ids))
    for track, rows in its.items():
        found[rows] = np.resize(its[donors[track]], len(rows))
    return found


def exchanged(
    rows: FeatureSet, source: NDArray[np.intp], columns: Sequence[str]
) -> FeatureSet:
    """Return rows with some columns taken from other rows."""
    named = set(columns)
    picked = [k for k, column in enumerate(rows.columns) if column in named]
    mixed = np.array(rows.rows)
    mixed[:, picked] = rows.rows[source][:, picked]
    return dataclasses.replace(rows, rows=mixed)


def _rows(
    learner: Learner, ids: list[str], wanted: Mapping[tuple[str, str], list[str]], base: Scores,
    shuffled: Mapping[tuple[str, str], list[Scores]], seed: int,
) -> dict[tuple[str, str], Row]:
    truth, metric = learner.truth(ids), _metric(learner)
    x, y = metrics.checked(base, truth)
    others = {name: [metrics.checked(s, truth)[0] for s in its] for name, its in shuffled.items()}

    def figures(weights: Floats) -> dict[str, Floats]:
        whole = metric.weighted(x, y, weights)
        return {"/".join(name): np.asarray(whole - np.mean(
            [metric.weighted(s, y, weights) for s in its], axis=0)) for name, its in others.items()}

    work = truth.size * sum(len(its) for its in others.values())
    draws = max(_FEWEST_DRAWS, min(_DRAWS, _MOST_WORK // work))
    groups = splits.group_names(learner.dataset, ids, "artist")
    intervals = several(figures, len(ids), groups=groups, rng=np.random.default_rng(seed),
                        draws=draws)
    drops = {name: float(value[0]) for name, value in figures(np.ones((1, len(ids)))).items()}
    if set(drops) - set(intervals):
        raise DataError(f"{len(ids)} tracks of too few artists or labels to draw from; add tracks.")
    return {name: Row(name[1], drops["/".join(name)], intervals["/".join(name)], tuple(its))
            for name, its in wanted.items()}


def _notes(bench: choose.Bench, ids: Sequence[str]) -> tuple[str, ...]:
    gone = len(bench.ids) - len(ids)
    left_out = (f"{gone} tracks without features were left out",) if gone else ()
    return ("columns that say the same share their importance: a group can matter little by itself "
            "and much within its family", *left_out)


def headline(found: Importance) -> str:
    """Return the importance in a sentence."""
    most = found.families[0] if len(found.families) > 1 else found.groups[0]
    return (f"{found.recipe} on {found.dataset}: {found.metric} {found.value:.3f} out of fold on "
            f"{found.tracks} tracks, test not read; without '{most.name}' it loses {most.drop:.3f}")


def save(found: Importance, folder: Path) -> Mapping[str, Any]:
    """Write ``importance.json`` and ``importance.html`` into a folder; return the first's values.

    Raises:
        EarmarkError: the folder cannot be written. MissingExtraError: Jinja2 is not installed.
    """
    from earmark.lab.explain.importance_page import page

    values, html = found.plain(), page(found)
    write_text(folder / NUMBERS, json.dumps(values, indent=1, allow_nan=False))
    write_text(folder / PAGE, html.encode("utf-8", "replace").decode())
    return values
