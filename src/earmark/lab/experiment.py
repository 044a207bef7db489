"""Running a recipe: from a dataset on disk to a run folder with a tagger and honest numbers.

The run folder holds ``recipe.toml`` (resolved), ``split.csv``, ``environment.json``,
``log.jsonl``, ``predictions.parquet``, ``tagger.earmark`` and, last of all, ``results.json``: a
folder with results is finished, one without is taken up again. Features made from audio come
from a cache by content, so that taking up costs little. The ledger of test readings lies beside
the run folders, since it is the split that wears out and not the run.

Nothing before the last step sees the test part. The model's own choices are made by
artist-grouped folds inside the parts it learns from, and so is the cross-validated score.
"""

from __future__ import annotations

import json
import platform
import time
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from importlib import metadata
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from earmark import __version__, registry, settings
from earmark.audio.segments import combine
from earmark.datasets.base import Dataset
from earmark.errors import DataError, SettingsError, require
from earmark.judging import metrics, splits
from earmark.judging.intervals import bootstrap
from earmark.judging.ledger import Ledger, read_test
from earmark.judging.splits import Split
from earmark.lab import recipe as recipes
from earmark.lab.batches import Gathered, Log, gather
from earmark.lab.packing import export_all, pack
from earmark.lab.recipe import BranchChoice, Recipe
from earmark.models.base import Model
from earmark.store import atomic_write, write_text
from earmark.tagger import format as tagger_format

RESULTS = "results.json"
TAGGER = "tagger.earmark"
_DRAWS = 2000


@dataclass(frozen=True)
class Run:
    """A finished run.

    Attributes:
        folder: where it lies.
        results: the content of ``results.json``.
        resumed: True when the folder was finished before and nothing was done.
    """

    folder: Path
    results: Mapping[str, Any]
    resumed: bool = False


def run(recipe: Recipe, root: Path, folder: Path, log: Log = lambda _: None) -> Run:
    """Run the recipe on the dataset at ``root`` and leave all that came of it in ``folder``.

    Raises:
        SettingsError: the folder holds a run of another recipe or of other data.
        DataError: the dataset is not as published.
        TaggerError: the model does not survive its export.
    """
    require("sklearn", extra="train", purpose="training")
    dataset: Dataset = registry.load("datasets", recipe.dataset.name)(root)
    split = splits.official(dataset, recipe.split.partition)
    identity = _identity(recipe, dataset, split)
    if finished := _finished(folder, identity):
        return Run(folder, finished, resumed=True)
    _begin(folder, recipe, split, identity)
    experiment = _Experiment(recipe, dataset, split, folder, _logger(folder, log))
    results = {"identity": identity, **experiment.results()}
    write_text(folder / RESULTS, json.dumps(results, indent=1, allow_nan=False))
    return Run(folder, results)


class _Experiment:
    """The steps of one run, top to bottom."""

    def __init__(
        self, recipe: Recipe, dataset: Dataset, split: Split, folder: Path, log: Log
    ) -> None:
        self.recipe, self.dataset, self.split, self.folder = recipe, dataset, split, folder
        self.log = log
        self.rng = np.random.default_rng(recipe.seed)
        self.learnt = [i for part in recipe.split.learn_from for i in split.ids(part)]

    def results(self) -> dict[str, Any]:
        gathered = [self._gather(branch) for branch in self.recipe.branches]
        validated = self._cross_validate(gathered)
        self.log("fitting on " + " + ".join(self.recipe.split.learn_from))
        models = [
            self._fit(branch, g, self.learnt)
            for branch, g in zip(self.recipe.branches, gathered, strict=True)
        ]
        # Before the test part is touched: a model that cannot be exported must not cost a reading.
        exported = export_all(models, [g.features.rows for g in gathered])
        judged = {part: self._judge(models, gathered, part) for part in ("train", "valid")
                  if self.split.ids(part)}
        reading, test, scores = self._read_test(models, gathered)
        scored = {**{p: s for p, (_, s) in judged.items()}, "test": scores}
        self._write_predictions(scored)
        results = {
            "protocol": self._protocol(),
            "cross_validated": validated,
            "parts": {**{p: m for p, (m, _) in judged.items()}, "test": test},
            "majority_baseline": self._baseline(),
            "leaks": [leak_text(leak) for leak in splits.leaks(self.split, self.dataset)],
            "models": [settings_of(model) for model in models],
            "failed": sorted({line for g in gathered for line in g.failed}),
            "notes": [note for g in gathered for note in g.notes],
            "ledger": self._ledger_lines(reading.time),
        }
        contents = pack(self.recipe, self.dataset, self.split, exported, results)
        tagger_format.write(contents, self.folder / TAGGER)
        return results

    def _gather(self, branch: BranchChoice) -> Gathered:
        self.log(f"features: {branch.front_end['name']}")
        return gather(self.dataset, sorted(self.split.parts), branch, self.log)

    def _truth(self, ids: list[str]) -> NDArray[np.int8]:
        labels = [self.dataset.tracks[i].labels for i in ids]
        return self.dataset.vocabulary.matrix(labels)

    def _groups(self, ids: list[str]) -> NDArray[np.str_]:
        return np.asarray(splits.group_names(self.dataset, ids, "artist"), dtype=np.str_)

    def _fit(self, branch: BranchChoice, gathered: Gathered, ids: list[str]) -> Model:
        chosen = gathered.features.of(ids)
        row_ids = chosen.track_ids.tolist()
        values = dict(branch.model)
        family = registry.load("models", str(values.pop("name", "")))
        values["task"] = self.dataset.vocabulary.task
        model: Model = settings.from_mapping(family, values, where="model")
        return model.fit(chosen.rows, self._truth(row_ids), groups=self._groups(row_ids),
                         rng=self.rng)

    def _track_scores(
        self, models: list[Model], gathered: list[Gathered], ids: list[str]
    ) -> tuple[list[str], NDArray[np.float32]]:
        """Return the tracks that have rows in every branch, and their scores."""
        have = [i for i in ids if all(i in set(g.features.track_ids.tolist()) for g in gathered)]
        weights = [branch.weight for branch in self.recipe.branches]
        per_branch = [_combined(m, g, have) for m, g in zip(models, gathered, strict=True)]
        return have, np.average(np.stack(per_branch), axis=0, weights=weights).astype(np.float32)

    def _cross_validate(self, gathered: list[Gathered]) -> dict[str, Any] | None:
        if not self.recipe.folds:
            return None
        ids = sorted(self.learnt)
        groups, truth = self._groups(ids), self._truth(ids)
        scores: dict[str, NDArray[np.float32]] = {}
        found = splits.group_folds(groups, truth, self.recipe.folds, self.rng)
        for number, (learn, held) in enumerate(found, 1):
            self.log(f"cross-validation, fold {number} of {len(found)}")
            models = [
                self._fit(branch, g, [ids[i] for i in learn])
                for branch, g in zip(self.recipe.branches, gathered, strict=True)
            ]
            have, given = self._track_scores(models, gathered, [ids[i] for i in held])
            scores |= dict(zip(have, given, strict=True))
        have = sorted(scores)
        return {
            "folds": len(found),
            "grouped_by": "artist",
            "inside": list(self.recipe.split.learn_from),
            **self._measure(np.stack([scores[i] for i in have]), have),
        }

    def _measure(self, scores: NDArray[np.float32], ids: list[str]) -> dict[str, Any]:
        truth, vocabulary = self._truth(ids), self.dataset.vocabulary
        summary = dict(metrics.summary(scores, truth, vocabulary))
        measure = partial(bootstrap, metrics.accuracy, scores, truth, rng=self.rng, draws=_DRAWS)
        summary["unit"] = "track"
        if vocabulary.task == "single":
            summary["accuracy_interval_by_track"] = _plain(measure())
            summary["accuracy_interval_by_artist"] = _plain(measure(groups=self._groups(ids)))
        return summary

    def _judge(
        self, models: list[Model], gathered: list[Gathered], part: str
    ) -> tuple[dict[str, Any], tuple[list[str], NDArray[np.float32]]]:
        have, scores = self._track_scores(models, gathered, list(self.split.ids(part)))
        learnt = part in self.recipe.split.learn_from
        return {"learnt_from": learnt, **self._measure(scores, have)}, (have, scores)

    def _read_test(self, models: list[Model], gathered: list[Gathered]) -> Any:
        self.log("reading the test part")

        def judge(ids: tuple[str, ...]) -> tuple[dict[str, Any], Any]:
            have, scores = self._track_scores(models, gathered, list(ids))
            return {"learnt_from": False, **self._measure(scores, have)}, (have, scores)

        return read_test(self._ledger, self.split, self.dataset, run=self.folder.name,
                         recipe=self.recipe.fingerprint, judge=judge)

    @property
    def _ledger(self) -> Ledger:
        return Ledger(self.folder.parent / "ledger.jsonl")

    def _ledger_lines(self, this_reading: str) -> dict[str, Any]:
        before = self._ledger.readings(self.dataset.fingerprint, self.split.fingerprint)
        return {
            "readings_of_this_test_part": len(before),
            "this_reading": this_reading,
            "runs": [f"{r.time} {r.run}" for r in before],
        }

    def _baseline(self) -> dict[str, float]:
        """What always answering the commonest label of the learnt parts would score on test."""
        learnt, test = self._truth(self.learnt), self._truth(list(self.split.ids("test")))
        return {"accuracy": float(test[:, learnt.sum(axis=0).argmax()].mean())}

    def _protocol(self) -> dict[str, Any]:
        return {
            "dataset": self.dataset.name,
            "split": self.split.name,
            "tracks": self.split.counts,
            "unit": "track: mean of the scores of its segments",
            "averaging": "accuracy over tracks; f1 macro over labels",
            "seed": self.recipe.seed,
            "leaky": False,
        }

    def _write_predictions(
        self, scored: Mapping[str, tuple[list[str], NDArray[np.float32]]]
    ) -> None:
        import pyarrow
        import pyarrow.parquet

        labels = self.dataset.vocabulary.labels
        parts = [part for part, (ids, _) in scored.items() for _ in ids]
        ids = [i for have, _ in scored.values() for i in have]
        scores = np.concatenate([s for _, s in scored.values()])
        columns: dict[str, Any] = {
            "track": ids,
            "part": parts,
            "labels": [list(self.dataset.tracks[i].labels) for i in ids],
            **{f"score: {label}": scores[:, k] for k, label in enumerate(labels)},
        }
        with atomic_write(self.folder / "predictions.parquet") as file:
            pyarrow.parquet.write_table(pyarrow.table(columns), file)


def leak_text(leak: splits.Leak) -> str:
    """Return one line on something two parts have in common."""
    shared = f" {leak.shared}" if leak.shared else ""
    return f"{leak.kind}{shared}: {leak.a} in {leak.parts[0]}, {leak.b} in {leak.parts[1]}"


def settings_of(model: Model) -> dict[str, Any]:
    """Return a model's name, settings and the plain numbers it learnt."""
    learnt = {name: value for name, value in vars(model).items()
              if name.endswith("_") and isinstance(value, int | float)}
    return {"name": model.name, **settings.to_mapping(model), **learnt}


def _combined(model: Model, gathered: Gathered, ids: list[str]) -> NDArray[np.float32]:
    chosen = gathered.features.of(ids)
    scores = model.scores(chosen.rows)
    return np.stack([combine(scores[chosen.track_ids == i]) for i in ids])


def _identity(recipe: Recipe, dataset: Dataset, split: Split) -> dict[str, str]:
    return {
        "run_format": "1",
        "recipe": recipe.fingerprint,
        "dataset": dataset.fingerprint,
        "split": split.fingerprint,
        "earmark": __version__,
    }


def _finished(folder: Path, identity: Mapping[str, str]) -> dict[str, Any] | None:
    """Return the results of a finished run, None for a new or unfinished one."""
    try:
        begun = json.loads((folder / "identity.json").read_text(encoding="utf-8"))
    except FileNotFoundError:
        if folder.exists() and any(folder.iterdir()):
            raise SettingsError(f"{folder} is not empty and holds no run; give another folder "
                                "with --out.") from None
        return None
    except ValueError as error:
        raise DataError(f"{folder / 'identity.json'} is damaged: {error}; remove the folder to "
                        "run again.") from error
    if begun != identity:
        other = ", ".join(k for k in identity if begun.get(k) != identity[k])
        raise SettingsError(f"{folder} holds a run with another {other}; give another folder "
                            "with --out, or remove it to run again.")
    try:
        results: dict[str, Any] = json.loads((folder / RESULTS).read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    except ValueError as error:
        raise DataError(f"{folder / RESULTS} is damaged: {error}; remove it to run again.") \
            from error
    return results if (folder / TAGGER).is_file() else None


def _begin(folder: Path, recipe: Recipe, split: Split, identity: Mapping[str, str]) -> None:
    write_text(folder / "identity.json", json.dumps(identity, indent=1))
    recipes.write(recipe, folder / "recipe.toml")
    split.save(folder / "split.csv")
    write_text(folder / "environment.json", json.dumps(environment(), indent=1))


def environment() -> dict[str, str]:
    """Return the versions of what a result may depend on."""
    packages = ("numpy", "bottleneck", "soundfile", "soxr", "onnxruntime", "scikit-learn",
                "skl2onnx", "onnx")
    versions = {name: metadata.version(name) for name in packages}
    return {
        "earmark": __version__,
        "python": platform.python_version(),
        "machine": f"{platform.system()} {platform.machine()}",
        **versions,
    }


def _logger(folder: Path, log: Log) -> Log:
    def both(message: str) -> None:
        line = json.dumps({"time": round(time.time(), 3), "message": message})
        with (folder / "log.jsonl").open("a", encoding="utf-8") as file:
            file.write(line + "\n")
        log(message)

    return both


def _plain(interval: Any) -> dict[str, float]:
    return {"low": float(interval.low), "high": float(interval.high),
            "level": float(interval.level)}
