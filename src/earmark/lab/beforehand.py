"""What a run finds out before its test part is touched: folds, curves, and how to decide.

Everything here comes of the parts a recipe learns from and, for decisions where the recipe says
so, of the valid part; see ``validation``, ``selfjudge`` (one label a track) and ``multijudge``
(several).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from earmark.datasets.base import Dataset
from earmark.errors import DataError, SettingsError
from earmark.judging import splits
from earmark.judging.curves import Floats, Truth
from earmark.judging.decisions import Decisions, calibrate
from earmark.judging.mistags import likely_mistags
from earmark.judging.splits import Split
from earmark.judging.strange import HeldOut
from earmark.lab import multijudge, strangers, validation
from earmark.lab.batches import Log
from earmark.lab.learner import Fitted, Learner, TrackScores, fitter
from earmark.lab.outoffold import Rounds
from earmark.lab.partition import leaks_of_folds
from earmark.lab.recipe import Recipe
from earmark.lab.selfjudge import judge_self
from earmark.labels.vocabulary import Vocabulary


class Decided(NamedTuple):
    """Scores of tracks, and what is decided on them.

    Attributes:
        scores: as the models gave them [shape=(tracks, labels)].
        chances: calibrated, where labels are several; else the same.
        answered: 0/1, where several rules decided; None: ``decisions`` did.
    """

    ids: list[str]
    scores: NDArray[np.floating]
    chances: NDArray[np.floating]
    decisions: Decisions
    answered: NDArray[np.int8] | None = None

    @classmethod
    def by(cls, decisions: Decisions, found: TrackScores, vocabulary: Vocabulary) -> Decided:
        """Return scores with what the decisions make of them."""
        chances: NDArray[np.floating] = found.scores
        if vocabulary.task == "multi":  # what is answered hangs on it
            chances = calibrate(chances, decisions, vocabulary)
        return cls(found.ids, found.scores, chances, decisions)


Measure = Callable[[Decided], dict[str, Any]]
_FOLDS = 5  # where the recipe asks for none


class Material(NamedTuple):
    """Scores that decisions are learnt from or judged by, of tracks the models had not heard.

    Attributes:
        scores: not calibrated [shape=(tracks, labels)]. truth: 0/1, likewise.
        groups: an artist a track.
        fold: number of each track's fold; None where one model scored them all.
    """

    scores: Floats
    truth: Truth
    groups: list[Any]
    fold: NDArray[np.intp] | None = None


@dataclass
class Beforehand:
    """What was found out.

    Attributes:
        decisions: learnt, or the usual ones.
        results: plain values for results.json.
        oof: out-of-fold scores, where there are any.
        learnt_on: what multi-label decisions were learnt from, with its folds.
    """

    decisions: Decisions
    results: dict[str, Any] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    oof: validation.OutOfFold | None = None
    learnt_on: Material | None = None


@dataclass(frozen=True)
class Looking:
    """What it takes to find out.

    Attributes:
        learnt: ids of the tracks learnt from.
        rng: the run's own.
        measure: scores and what is decided on them to metrics.
    """

    recipe: Recipe
    learner: Learner
    split: Split
    rng: np.random.Generator
    log: Log
    measure: Measure

    @property
    def dataset(self) -> Dataset:
        """Whose tracks these are."""
        return self.learner.dataset

    @property
    def several(self) -> bool:
        """Whether a track may bear several labels."""
        return self.dataset.vocabulary.task == "multi"

    @property
    def learnt(self) -> list[str]:
        """Ids of the tracks learnt from."""
        return [i for part in self.recipe.split.learn_from for i in self.split.ids(part)]

    @property
    def _decides_on_several(self) -> bool:
        """Whether decisions on several labels are to be learnt."""
        return self.several and self.recipe.decide

    @property
    def folds(self) -> int:
        """How many folds decisions are learnt by."""
        return self.recipe.folds or _FOLDS

    def before_fitting(self) -> Beforehand:
        """Return what folds, learning curves and, for one label a track, held-out labels tell."""
        found = Beforehand(Decisions.usual(self.dataset.vocabulary), {"cross_validated": None})
        if self._decides_on_several and self.recipe.decisions.part == "valid":
            self._refuse_no_valid()  # before hours of folds
        if self.recipe.folds and not self._decides_on_several:
            found.results["cross_validated"] = self._cross_validate(found)
        if self.recipe.curve and self.several:
            found.notes.append("tracks bear several labels: no learning curve")
        elif self.recipe.curve:
            arguments = (self.learner, self.learnt, self.folds, self.rng, self.log)
            found.results["learning_curve"] = validation.learning_curve(*arguments)
            found.results["label_advice"] = validation.advice(*arguments)
        if self.recipe.decide and not self.several:
            self._decide_on_one(found)
        return found

    def after_fitting(self, found: Beforehand, fitted: Fitted) -> None:
        """Learn the decisions of multi-label work, which the final model may have a say in."""
        if not self._decides_on_several:
            return
        held, how = self._held_out(fitted), self.recipe.decisions
        if how.part == "valid" and held is not None:
            self._learn(found, held, None)
            if how.unknown:
                found.notes.append("no rule for unknown: genres can be held out of folds alone")
            if self.recipe.folds:
                found.results["cross_validated"] = self._cross_validate(found)
            return
        rounds = self._rounds()
        done = rounds.score("all labels")
        rows = done.judgeable(rounds.truth)
        groups = self.learner.groups(rounds.ids)
        if lost := len(rounds.ids) - len(rows):
            found.notes.append(f"{lost} tracks bear a label that only one artist, or one track of "
                               "an unknown one, bears: no fold can learn it and be judged on it; "
                               "they are left out of what decisions are learnt from and of the "
                               "cross-validated figures")
        if len(np.unique(rounds.fold[rows])) < 2:
            found.notes.append("no label is borne by tracks of two artists: no decisions are "
                               "learnt, and each label is named from 0.5 up")
            return
        of = Material(done.scores[rows], rounds.truth[rows], groups[rows].tolist(),
                      rounds.fold[rows])
        strange = None
        if how.unknown:
            try:
                strange = strangers.hold_out_genres(rounds, groups.tolist(), how.unknown,
                                                    how.calibration)
            except DataError as error:  # too few genres is no fault of the data
                found.notes.append(f"no rule for unknown was learnt: {error}")
        self._learn(found, of, held, strange)
        if self.recipe.folds_by != "artist":
            found.results["cross_validated"] = self._cross_validate(found)
        elif self.recipe.folds:
            found.oof = validation.OutOfFold([rounds.ids[int(i)] for i in rows],
                                             of.scores.astype(np.float32), (), ())
            found.results["cross_validated"] = self._crossed(found, found.oof, of)

    def _crossed(
        self, found: Beforehand, oof: validation.OutOfFold, of: Material
    ) -> dict[str, Any]:
        """Return what folds tell, each calibrated and decided on by what the others taught."""
        chances, given = multijudge.crossed(of.scores, of.truth, np.asarray(of.fold),
                                            self.dataset.vocabulary, self.recipe.decisions)
        return {**self._of_folds, "fold_accuracy": [], "fold_accuracy_by_segment": [],
                **self.measure(Decided(oof.ids, oof.scores, chances, found.decisions, given))}

    def _learn(
        self, found: Beforehand, of: Material, held: Material | None,
        strange: Sequence[HeldOut] | None = None,
    ) -> None:
        self.log("learning how to decide")
        found.learnt_on = of = of._replace(fold=self._dealt(of) if of.fold is None else of.fold)
        found.decisions, results = multijudge.judge_many(
            of.scores, of.truth, np.asarray(of.fold), of.groups, self.dataset.vocabulary,
            self.recipe.decisions, self.rng, dataset=self.dataset.name,
            held_out=held[:3] if held else None, strange=strange, log=self.log,
        )
        found.notes += results.pop("notes")
        found.results |= results

    def _dealt(self, of: Material) -> NDArray[np.intp]:
        """Deal the tracks of a valid part to folds, by which decisions judge themselves."""
        fold = np.zeros(len(of.scores), dtype=np.intp)
        pairs = splits.group_folds(of.groups, of.truth, self.folds, self.rng)
        for number, (_, held) in enumerate(pairs):
            fold[held] = number
        return fold

    def _refuse_no_valid(self) -> None:
        if "valid" in self.recipe.split.learn_from:
            why = "the valid part is learnt from; leave 'part' out"
        elif not self.split.ids("valid"):
            why = "the split has no valid part; leave 'part' out, or hold some of train out"
        else:
            return
        raise SettingsError(f"'part' of the decisions is 'valid', but {why}.")

    def mistags(self, oof: validation.OutOfFold) -> list[dict[str, Any]]:
        """Return tracks to listen to; none where they bear several labels or folds leak."""
        vocabulary = self.dataset.vocabulary
        if self.several or leaks_of_folds(self.dataset, self.learnt, self.recipe.folds_by):
            return []
        found = likely_mistags(oof.ids, oof.scores, self.learner.truth(oof.ids), vocabulary.labels)
        return [mistag._asdict() for mistag in found]

    def _cross_validate(self, found: Beforehand) -> dict[str, Any]:
        recipe = self.recipe
        found.oof = oof = validation.out_of_fold(
            self.learner, self.learnt, recipe.folds, recipe.folds_by, self.rng, self.log)
        return {
            **self._of_folds,
            "fold_accuracy": list(oof.fold_accuracy),
            "fold_accuracy_by_segment": list(oof.fold_accuracy_by_segment),
            **self.measure(Decided.by(found.decisions, TrackScores(oof.ids, oof.scores),
                                      self.dataset.vocabulary)),
        }

    @property
    def _of_folds(self) -> dict[str, Any]:
        recipe = self.recipe
        return {"folds": self.folds, "grouped_by": self._grouped_by(),
                "inside": list(recipe.split.learn_from),
                "leaky": leaks_of_folds(self.dataset, self.learnt, recipe.folds_by)}

    def _grouped_by(self) -> str:
        """Say what folds really kept whole: songs, where no artist is known."""
        by = self.recipe.folds_by
        known = any(self.dataset.tracks[i].artist for i in self.split.parts)
        return by if by != "artist" or known else "song, no artist being known"

    def _decide_on_one(self, found: Beforehand) -> None:
        """Learn calibration and "unknown" from held-out artists and labels."""
        rounds = self._ids
        judged = judge_self(
            rounds, self.learner.truth(rounds), self.learner.groups(rounds).tolist(),
            self.dataset.vocabulary, fitter(self.learner, self.rng), rng=self.rng,
            folds=self.folds, log=self.log,
        )
        found.decisions = judged.decisions
        found.results |= judged.results
        found.notes += found.results.pop("notes")

    @property
    def _ids(self) -> list[str]:
        return sorted(self.learner.known.intersection(self.learnt))

    def _rounds(self) -> Rounds:
        ids = self._ids
        return Rounds.deal(ids, self.learner.truth(ids), self.learner.groups(ids).tolist(),
                           self.dataset.vocabulary, fitter(self.learner, self.rng),
                           folds=self.folds, rng=self.rng, log=self.log)

    def _held_out(self, fitted: Fitted) -> Material | None:
        """Return the scores of the valid part where the model has not learnt from it."""
        if "valid" in self.recipe.split.learn_from or not self.split.ids("valid"):
            return None
        scored = fitted.scores(self.split.ids("valid"))
        return Material(scored.scores.astype(np.float64), self.learner.truth(scored.ids),
                        self.learner.groups(scored.ids).tolist())
