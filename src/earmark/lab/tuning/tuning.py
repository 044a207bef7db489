"""A search from a recipe to a better one, and what it is worth.

The best of many looks better than it is: its score won the search. It is therefore judged again,
beside the recipe as given, on folds that no trial saw, and that is the figure to quote. The tracks
are still those that chose it; what a search is worth on others only a test part can tell.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from earmark import __version__, settings
from earmark.datasets.opening import open_dataset
from earmark.errors import SettingsError, require
from earmark.lab import backbones, choose, runfolder
from earmark.lab import recipe as recipes
from earmark.lab.batches import Log
from earmark.lab.choose import Bench
from earmark.lab.recipe import Recipe
from earmark.lab.tuning import keeping, told
from earmark.lab.tuning.hands import work
from earmark.lab.tuning.page import page
from earmark.lab.tuning.ranges import Range
from earmark.lab.tuning.scoring import Folds
from earmark.lab.tuning.space import Space, space
from earmark.lab.tuning.trials import Trials
from earmark.store import write_text

VALUES, PAGE, BEST = "tune.json", "tune.html", "best.toml"


@dataclass(frozen=True)
class Settings:
    """How to search.

    Attributes:
        trials: how many settings are tried, those of an earlier call and the recipe's own among
            them.
        folds: by artist, of each repeat.
        repeats: of the folds, for each trial.
        confirm: repeats with fresh folds, for the best setting and the recipe's own.
        seed: of proposals, folds and fits.
        jobs: trials fitted at once, each in a process of its own.
        prune: whether a trial that lags behind the others is stopped.
    """

    trials: int = 50
    folds: int = 5
    repeats: int = 1
    confirm: int = 2
    seed: int = 0
    jobs: int = 1
    prune: bool = True

    def __post_init__(self) -> None:
        for name, least in (("trials", 1), ("folds", 2), ("repeats", 1), ("confirm", 1),
                            ("seed", 0), ("jobs", 1)):
            if (value := getattr(self, name)) < least:
                raise SettingsError(f"'{name}' is {value}; expected {least} or more.")


def tune(
    recipe: Recipe, root: Path, ranges: Mapping[str, Range], folder: Path,
    its: Settings, log: Log = lambda _: None,
) -> Mapping[str, Any]:
    """Try settings of the recipe; leave ``best.toml``, ``tune.json`` and a page in ``folder``.

    Trials that the folder holds already are not made again.

    Args:
        ranges: by the settings' dotted places; none for those that the models state.

    Returns:
        The content of ``tune.json``.

    Raises:
        SettingsError: a range that cannot be tried, or a folder that holds something else.
        DataError: the dataset is not as published, or the search's file is damaged.
        MissingExtraError: Optuna is not installed.
    """
    keeping.optuna()
    require("sklearn", extra="train", purpose="training")
    recipe = backbones.completed(recipe)
    dataset = open_dataset(recipe.dataset.name, root, recipe.dataset.options)
    made = space(recipe, dataset.vocabulary.task, ranges)
    folder = folder.resolve()
    with runfolder.held(folder):
        bench = choose.bench([recipe], root, log)
        log(f"features of {len(bench.ids)} tracks")
        identity = _identity(made, bench, its)
        folds = Folds(its.folds, its.repeats, its.seed)
        with keeping.opened(folder, identity, prune=its.prune) as study:
            trials = Trials(study, made, its.trials, folds.steps, its.seed, its.jobs > 1, log)
            try:
                work(trials, bench, folds, its.jobs)
            finally:
                trials.lose_all()
            values = _outcome(folder, trials, bench, identity, its)
    return values


def _identity(made: Space, bench: Bench, its: Settings) -> dict[str, str]:
    """Return what makes a search this one: all that the score of a trial depends on."""
    return {
        "recipe": made.recipe.fingerprint,
        "space": settings.fingerprint(made.plain),
        "dataset": bench.dataset.fingerprint,
        "tracks": settings.fingerprint(bench.ids),
        "features": runfolder.digest(bench.gathered(made.recipe)),
        "folds": f"{its.repeats} x {its.folds}",
        "seed": str(its.seed),
        "pruning": "median" if its.prune else "none",
        "earmark": __version__,
        **runfolder.starts(made.recipe, bench.dataset.vocabulary.task),
    }


def _outcome(
    folder: Path, trials: Trials, bench: Bench, identity: Mapping[str, str], its: Settings
) -> Mapping[str, Any]:
    """Judge the best once more and write all that came of the search, unless that was done."""
    asked = {**identity, "trials": len(trials.told()), "confirm": its.confirm}
    if done := _finished(folder, asked):
        return done
    found = trials.told()
    number = told.best_of(found)
    best = trials.space.recipe
    if not found[number]["given"]:
        best = dataclasses.replace(trials.space.recipe_with(found[number]["values"]),
                                   name=_named(best.name))
    pair = [trials.space.recipe] if best is trials.space.recipe else [trials.space.recipe, best]
    judged = choose.judge(bench, pair, folds=its.folds, repeats=its.repeats, seed=its.seed)
    trials.log("the best and the recipe as given, on fresh folds")
    fresh = choose.judge(bench, pair, folds=its.folds, repeats=its.confirm,
                         seed=its.seed + its.repeats)
    values = told.values(trials, bench, number, judged, fresh)
    values = {"asked": asked, "settings": {"folds": its.folds, "repeats": its.repeats,
                                           "confirm": its.confirm, "seed": its.seed,
                                           "pruning": its.prune}, **values}
    html = page(values)  # before anything is written: what is in the folder belongs together
    recipes.write(best, folder / BEST)
    write_text(folder / PAGE, html.encode("utf-8", "replace").decode())
    write_text(folder / VALUES, json.dumps(values, indent=1, allow_nan=False))
    return values


def _finished(folder: Path, asked: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """Return what was written before, if it is of this search with as many trials."""
    try:
        values = json.loads((folder / VALUES).read_text(encoding="utf-8"))
    except (OSError, ValueError):  # what can be made anew is
        return None
    whole = all((folder / name).is_file() for name in (PAGE, BEST))
    return values if isinstance(values, dict) and values.get("asked") == asked and whole else None


def _named(name: str) -> str:
    return f"{name[:94]}-tuned"
