"""Running a recipe: from a dataset on disk to a run folder with a tagger and honest numbers.

Nothing before ``_read_test`` sees the test part. The models' own choices are made by
artist-grouped folds inside the parts they learn from, and so are the cross-validated score, the
learning curve, calibration and "unknown". The ledger of test readings lies beside the run
folders, since it is the split that wears out and not the run.
"""

from __future__ import annotations

import contextlib
import dataclasses
import json
import shutil
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from earmark import settings
from earmark.datasets.base import Dataset
from earmark.datasets.opening import open_dataset
from earmark.errors import DataError, require
from earmark.features import base as features
from earmark.judging import report, splits
from earmark.judging.decisions import Decisions
from earmark.judging.ledger import Ledger, read_test
from earmark.judging.measuring import measure
from earmark.judging.protocol import protocol_of
from earmark.judging.splits import Split
from earmark.lab import backbones, runfolder
from earmark.lab.afterwards import decisions_on_test
from earmark.lab.batches import Log, gather
from earmark.lab.beforehand import Decided, Looking, Material
from earmark.lab.building import refuse_slips, stops_early
from earmark.lab.learner import Fitted, Learner, TrackScores
from earmark.lab.packing import pack
from earmark.lab.partition import dealt, learnable, missing_lines, without
from earmark.lab.recipe import ExportChoice, Recipe
from earmark.lab.shapes import refuse_other_shape
from earmark.lab.shipping import Exported, export_all
from earmark.lab.weighing import weighed
from earmark.models.base import Model
from earmark.models.watch import Watch, rank, watched
from earmark.store import write_text
from earmark.tagger import format as tagger_format


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


def run(
    recipe: Recipe, root: Path, folder: Path, log: Log = lambda _: None,
    exclude: Mapping[str, str] | None = None, *, tensorboard: bool = False,
) -> Run:
    """Run the recipe on the dataset at ``root`` and leave all that came of it in ``folder``.

    Args:
        exclude: tracks to leave out of the split, by id, each with its reason.
        tensorboard: write the learning curves of networks for TensorBoard, too.

    Raises:
        SettingsError: the folder holds a run of another recipe or of other data.
        DataError: the dataset is not as published.
        TaggerError: the model does not survive its export.
    """
    require("sklearn", extra="train", purpose="training")
    recipe = backbones.completed(recipe)
    dataset = open_dataset(recipe.dataset.name, root, recipe.dataset.options)
    rng = np.random.default_rng(recipe.seed)
    whole = dealt(recipe.split, dataset, rng)
    split = without(learnable(recipe.split, whole, dataset, rng), exclude or {})
    for branch in recipe.branches:  # a slip in a model's settings is found before anything is done
        refuse_slips(branch, dataset.vocabulary.task)
    folder = folder.resolve()  # the ledger lies beside it, also when it is given as "."
    with _at_work_in(folder) as work:  # before hours of features: can it be written at all?
        learner = _learner(recipe, dataset, split, log)
        identity = runfolder.identify(recipe, dataset, split, learner)
        if done := runfolder.finished(folder, identity):
            return Run(folder, done, resumed=True)
        runfolder.begin(work, recipe, split, identity)
        told = runfolder.logger(work, log)
        experiment = _Experiment(recipe, learner, split, work, told, whole)
        states = folder / runfolder.STATES
        boards = work / "tensorboard" if tensorboard else None
        with watched(Watch(states, work == folder, told, boards)):
            results = {"identity": identity, **experiment.results()}
        write_text(work / runfolder.RESULTS, json.dumps(results, indent=1, allow_nan=False))
        report.write(work)
        if work == folder:
            shutil.rmtree(states, ignore_errors=True)
    return Run(folder, results)


@contextlib.contextmanager
def _at_work_in(folder: Path) -> Iterator[Path]:
    """Hold the folder and yield it. Of several processes that train together the others do all
    that the first does, since each step of a network is one of all, but in folders that are thrown
    away: one process writes, and enters the reading of the test part."""
    if rank() == 0:
        with runfolder.held(folder):
            yield folder
        return
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as away:
        yield Path(away).resolve() / folder.name


def _learner(recipe: Recipe, dataset: Dataset, split: Split, log: Log) -> Learner:
    gathered = []
    for branch in recipe.branches:
        log(f"features: {branch.front_end.get('name')}")
        gathered.append(gather(dataset, sorted(split.parts), branch, log))
        refuse_other_shape(branch, gathered[-1].features.rows.shape[1:])
    return Learner(dataset, recipe.branches, tuple(gathered))


class _Experiment:
    """The steps of one run, top to bottom."""

    def __init__(
        self, recipe: Recipe, learner: Learner, split: Split, folder: Path, log: Log,
        whole: Split,
    ) -> None:
        self.recipe, self.learner, self.split, self.folder = recipe, learner, split, folder
        # As dealt, with what was excluded: readings of a part less some, or beside another valid
        # part, are readings of it.
        self.whole = whole
        self.dataset = learner.dataset
        self.log = log
        self.rng = np.random.default_rng(recipe.seed)
        # Of its own, so that what is learnt does not depend on how often something is measured.
        self.drawing = np.random.default_rng([recipe.seed, 1])
        self.hearsay = backbones.hearsay(recipe, learner.dataset)
        self._decisions = Decisions.usual(self.dataset.vocabulary)
        self._learnt_on: Material | None = None
        self._told_by_test: dict[str, Any] = {}
        self.learnt = [i for part in recipe.split.learn_from for i in split.ids(part)]

    def results(self) -> dict[str, Any]:
        self.learner, weights = weighed(self.recipe, self.learner, self.learnt, self.rng, self.log)
        learner = self.learner
        looking = Looking(self.recipe, learner, self.split, self.rng, self.log,
                          self._measure_decided)
        found = looking.before_fitting()
        self.log("fitting on " + " + ".join(self.recipe.split.learn_from))
        fitted = self._fit_all_labels(self.learnt)
        # Before the test part is touched: a model that cannot be exported must not cost a reading.
        exported = self._export(fitted, self.learnt)
        for k, model in enumerate(fitted.models):
            model.keep(self.folder / f"branch{k}.network")
        columns = fitted.columns.tolist()
        looking.after_fitting(found, fitted)
        self._decisions, self._learnt_on = found.decisions, found.learnt_on
        parts, scored, ledger = self._judge_parts(fitted)
        if found.oof is not None:
            found.results["likely_mistags"] = looking.mistags(found.oof)
            scored = {**scored, "cross-validated": TrackScores(found.oof.ids, found.oof.scores)}
        runfolder.write_predictions(self.folder, self.dataset, scored)
        results = {
            "protocol": self._protocol(),
            **weights, **found.results,
            "parts": parts,
            "majority_baseline": self._baseline(learner),
            **self._told_decisions(), **self._told_by_test,
            "leaks": [leak_text(leak) for leak in self.split.leaks(self.dataset)],
            "models": [settings_of(model) for model in fitted.models],
            "training": [told for model in fitted.models if (told := model.told())],
            "export": exported.told,
            "failed": sorted({line for g in learner.gathered for line in g.failed}),
            "notes": [*dict.fromkeys(note for g in learner.gathered for note in g.notes),
                      *found.notes, *self._missing(), *filter(None, [self.hearsay.may_have_heard])],
            "ledger": ledger,
        }
        if deaf := self._deaf():
            note = f"no tagger is made: features of {deaf} come ready-made, not from sound"
            return results | {"tagger": None, "notes": [*results["notes"], note]}
        shipped = self._ship(exported, columns, results)
        return results | {"tagger": runfolder.TAGGER, "export": shipped.told}

    def _missing(self) -> list[str]:
        """Say which labels stand in too few groups to be learnt, tuned or judged everywhere."""
        split = self.recipe.split
        return missing_lines(self.split, self.dataset, split.learn_from, self.recipe.folds_by)

    def _told_decisions(self) -> dict[str, Any]:
        """Return what a report of scores that are not calibrated yet needs, where labels are
        several."""
        several = self.dataset.vocabulary.task == "multi"
        return {"decisions": settings.to_mapping(self._decisions)} if several else {}

    def _deaf(self) -> str:
        """Return the name of a front end that takes no sound; a tagger of it could hear nothing."""
        ends = (features.build(backbones.complete(b.front_end)) for b in self.recipe.branches)
        return next((end.name for end in ends if not end.takes_audio), "")

    def _ship(
        self, exported: Exported, columns: list[int], results: Mapping[str, Any]
    ) -> Exported:
        if self.recipe.ship == "all":
            self.log("fitting the tagger on all tracks of the split")
            fitted = self._fit_all_labels(everything := sorted(self.split.parts))
            exported, columns = self._export(fitted, everything), fitted.columns.tolist()
        contents = pack(self.recipe, self.dataset, self.split, exported.graphs, results,
                        self._decisions, columns,
                        [branch.weight for branch in self.learner.branches], exported.told)
        tagger_format.write(contents, self.folder / runfolder.TAGGER)
        return exported

    def _fit_all_labels(self, ids: list[str]) -> Fitted:
        stop_by = [i for i in self.split.ids("valid") if i not in set(ids)]
        fitted = self.learner.fit(ids, self.rng, valid=stop_by)
        labels, several = self.dataset.vocabulary.labels, self.dataset.vocabulary.task == "multi"
        # Of many tags a few may be too rare to be learnt: they are told, and never named.
        if len(fitted.columns) < len(labels) and not several:
            missing = [name for k, name in enumerate(labels) if k not in fitted.columns]
            failed = sum(len(g.failed) for g in self.learner.gathered)
            raise DataError(f"no track to learn from bears {', '.join(missing)}, after {failed} "
                            "tracks without features were left out; a tagger needs tracks of "
                            "every label.")
        return fitted

    def _measure(self, found: TrackScores) -> dict[str, Any]:
        """Return how scores do, decided on as learnt."""
        return self._measure_decided(Decided.by(self._decisions, found, self.dataset.vocabulary))

    def _measure_decided(self, found: Decided) -> dict[str, Any]:
        learner, known = self.learner, self.learner.known
        return {"unit": "track", **measure(
            found.chances, learner.truth(found.ids), self.dataset.vocabulary, rng=self.drawing,
            decisions=found.decisions, dataset=self.dataset.name, answered=found.answered,
            ranked=found.scores,
            learnt_truth=learner.truth([i for i in self.learnt if i in known]),
            groups=learner.groups(found.ids) if self._artists_known else None,
        )}  # fmt: skip

    @property
    def _artists_known(self) -> bool:
        return any(self.dataset.tracks[i].artist for i in self.split.parts)

    def _judge_parts(
        self, fitted: Fitted
    ) -> tuple[dict[str, Any], dict[str, TrackScores], dict[str, Any]]:
        parts: dict[str, Any] = {}
        scored: dict[str, TrackScores] = {}
        stopped_by = {"valid"} if any(map(stops_early, fitted.models)) else set()
        learnt = self._learnt_parts | stopped_by
        for part in ("train", "valid"):
            if ids := self.split.ids(part):
                scored[part] = fitted.scores(ids)
                parts[part] = {"learnt_from": part in learnt,
                               **self._measure(scored[part])}
        this_reading = ""
        if self.split.ids("test"):
            reading, parts["test"], scored["test"] = self._read_test(fitted)
            this_reading = reading.time
        return parts, scored, self._ledger_lines(this_reading)

    @property
    def _learnt_parts(self) -> set[str]:
        """The parts that models, or decisions, are learnt from."""
        recipe = self.recipe
        decided = recipe.decisions.part if self._learnt_on is not None else ""
        return {*recipe.split.learn_from, *(["valid"] if decided == "valid" else [])}

    def _read_test(self, fitted: Fitted) -> Any:
        self.log("reading the test part")

        def judge(_: tuple[str, ...]) -> tuple[dict[str, Any], TrackScores]:
            found = fitted.scores(self.split.ids("test"))
            self._told_by_test = self._on_test(found)
            return {"learnt_from": False, **self._measure(found)}, found

        return read_test(self._ledger, self.whole, self.dataset, run=self.folder.name,
                         recipe=self.recipe.fingerprint, judge=judge)

    def _on_test(self, found: TrackScores) -> dict[str, Any]:
        """Return how decisions for several labels did, where any were learnt."""
        if self._learnt_on is None:
            return {}
        return decisions_on_test(
            self._learnt_on, found.scores, self.learner.truth(found.ids),
            self.dataset.vocabulary, self._decisions, self.recipe.decisions, self.drawing)

    @property
    def _ledger(self) -> Ledger:
        return Ledger(self.folder.parent / "ledger.jsonl")

    def _ledger_lines(self, this_reading: str) -> dict[str, Any]:
        before = self._ledger.readings(self.dataset.fingerprint, self.whole.fingerprint)
        return {
            "readings_of_this_test_part": len(before),
            "this_reading": this_reading,
            "runs": [f"{r.time} {r.run}" for r in before],
        }

    def _baseline(self, learner: Learner) -> dict[str, float] | None:
        """What always answering the commonest label of the learnt parts would score; None where
        tracks bear several."""
        if self.dataset.vocabulary.task == "multi":
            return None
        # Of the tracks that are judged: those that could not be heard count for no model either.
        heard = [i for i in self.learnt if i in learner.known]
        judged = [i for i in self.split.ids("test") if i in learner.known] or heard
        commonest = learner.truth(heard).sum(axis=0).argmax()
        return {"accuracy": float(learner.truth(judged)[:, commonest].mean())}

    def _protocol(self) -> dict[str, Any]:
        protocol = protocol_of(
            self.dataset, self.split, leaky=bool(self.split.leaks(self.dataset)),
            contaminated=bool(self.hearsay.contaminated),
        )
        return {
            **dataclasses.asdict(protocol),
            "tracks": self.split.counts,
            "unit": "track: mean of the scores of its segments",
            "seed": self.recipe.seed,
            "contaminated": self.hearsay.contaminated,
            "may_have_heard": self.hearsay.may_have_heard,
        }

    def _export(self, fitted: Fitted, ids: Sequence[str]) -> Exported:
        """Return the models as graphs; eight bits are judged on valid tracks, never on test."""
        unheard = [i for i in self.split.ids("valid") if i not in set(ids)]
        choice = self.recipe.export or ExportChoice()
        return export_all(fitted, choice, self.learnt, unheard, self.log)


def leak_text(leak: splits.Leak) -> str:
    """Return one line on something two parts have in common."""
    shared = f" {leak.shared}" if leak.shared else ""
    return f"{leak.kind}{shared}: {leak.a} in {leak.parts[0]}, {leak.b} in {leak.parts[1]}"


def settings_of(model: Model) -> dict[str, Any]:
    """Return a model's name, settings and the plain numbers it learnt."""
    learnt = {name: value for name, value in vars(model).items()
              if name.endswith("_") and isinstance(value, int | float)}
    return {"name": model.name, **settings.to_mapping(model), **learnt}
