"""What a multi-label recipe decides from its own tracks, and how good that is, before any test.

From raw track scores of models that have heard neither the tracks nor their artists (out-of-fold
ones, or a valid part's) calibration, thresholds, label sets, parents and "unknown" are learnt, in
this order, all from the same tracks. What is told of each is cross-fitted: each fold by what the
others taught. One thing is not nested, since it would take each fit as many times again: chances
from which a fold's thresholds are learnt were calibrated with that fold among others, which moves
micro F1 by some hundredths of what it is. Where a part was held out of all that ("held_out"), the
decisions themselves are measured on it, and there nothing was learnt from anything.

A test part has no way in here.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from earmark.errors import DataError
from earmark.judging import conformal, metrics, naming, reliability
from earmark.judging.calibrating import cross_calibrated, fit_calibration
from earmark.judging.calibration import Calibration
from earmark.judging.curves import Floats, Truth
from earmark.judging.decisions import Decisions, answers, calibrate
from earmark.judging.how import HowDecided
from earmark.judging.metrics.chances import ERROR_BINS
from earmark.judging.strange import HeldOut, fit_unknown
from earmark.judging.thresholds import figures, fit_thresholds
from earmark.lab.strangers import genre_columns
from earmark.labels.vocabulary import Vocabulary

_DRAWS = 50
_KEEP = 0.9
Choices = dict[str, HowDecided]
Sample = tuple[Floats, Truth, Sequence[Hashable]]


def judge_many(
    scores: Floats, truth: Truth, fold: NDArray[Any], groups: Sequence[Hashable],
    vocabulary: Vocabulary, how: HowDecided, rng: np.random.Generator, *, dataset: str = "",
    held_out: Sample | None = None, strange: Sequence[HeldOut] | None = None,
    keep: float = _KEEP, log: Callable[[str], None] = lambda _: None,
) -> tuple[Decisions, dict[str, Any]]:
    """Return the decisions learnt from all of the tracks, and how good they are.

    Args:
        scores: of tracks, raw [shape=(tracks, labels)]. truth: 0/1, likewise.
        fold: number of each track's fold, whole groups in one [shape=(tracks,)].
        groups: an artist a track.
        dataset: name of the reader, by which labels are understood.
        held_out: raw scores, truth and groups of tracks that neither the models nor anything
            here has learnt from.
        strange: genres held out whole (``strangers.hold_out_genres``); None: no "unknown".
        keep: share of known tracks that "unknown" shall leave their genres.

    Returns:
        Decisions, and plain values for results.json: ``calibration``, ``thresholds``,
        ``label_sets``, ``unknown``, ``parents`` (None for what is not wanted), ``held_out`` where
        given, ``notes``.

    Raises:
        DataError: what ``metrics.checked`` refuses, a vocabulary of another size or for single
            labels, fewer than two folds, or not one group a track.
    """
    x, y = metrics.checked(scores, truth)
    if vocabulary.task != "multi" or x.shape[1] != len(vocabulary) or len(groups) != len(x):
        raise DataError(f"scores of shape {x.shape} and {len(groups)} groups for "
                        f"{len(vocabulary)} labels of {vocabulary.task}-label work; expected one "
                        "score a label of multi-label work, and one group a track.")
    judge = _Judge(x, y, np.asarray(fold), tuple(groups), vocabulary, how, rng)
    log("calibration: learning and cross-fitting")
    results: dict[str, Any] = {"calibration": judge.calibrate()}
    log("thresholds: each choice, cross-fitted")
    results["thresholds"] = judge.cut()
    log("label sets, parents, unknown")
    results["label_sets"] = judge.promise()
    results["parents"] = judge.name_parents(dataset)
    results["unknown"] = judge.know_strangers(strange or (), keep)
    if held_out is not None:
        results["held_out"] = judge.measure(*held_out)
    results["notes"] = judge.notes
    return judge.decisions, results


def crossed(
    scores: Floats, truth: Truth, fold: NDArray[Any], vocabulary: Vocabulary, how: HowDecided
) -> tuple[Floats, Truth]:
    """Return calibrated scores and 0/1 answers, those of each fold by what the others taught.

    Arguments and errors as in ``judge_many``.
    """
    x, y = metrics.checked(scores, truth)
    chances = x if how.calibration == "none" else cross_calibrated(x, y, fold, vocabulary,
                                                                   how.calibration)
    return chances, _crossed_answers(chances, y, fold, vocabulary, how)


def _crossed_answers(
    chances: Floats, truth: Truth, fold: NDArray[Any], vocabulary: Vocabulary, how: HowDecided
) -> Truth:
    given = np.zeros_like(truth)
    for held in np.unique(fold):
        learn = fold != held
        thresholds, most = fit_thresholds(chances[learn], truth[learn], how, fold=fold[learn])
        given[~learn] = answers(chances[~learn], vocabulary, Decisions(thresholds, most=most))
    return given


class _Judge:
    """Learns the decisions step by step; each step adds its own to ``decisions``."""

    def __init__(
        self, scores: Floats, truth: Truth, fold: NDArray[Any], groups: tuple[Hashable, ...],
        vocabulary: Vocabulary, how: HowDecided, rng: np.random.Generator,
    ) -> None:
        self.scores, self.truth, self.fold, self.groups = scores, truth, fold, groups
        self.vocabulary, self.how, self.rng = vocabulary, how, rng
        self.decisions = Decisions.usual(vocabulary)
        self.crossed = scores
        self.notes: list[str] = []

    def calibrate(self) -> dict[str, Any]:
        """Learn the calibration; return its errors before and after, cross-fitted."""
        learnt = None
        if self.how.calibration != "none":
            self.crossed = cross_calibrated(self.scores, self.truth, self.fold, self.vocabulary,
                                            self.how.calibration)
            learnt = fit_calibration(self.scores, self.truth, "multi", self.how.calibration,
                                     fold=self.fold)
        elif len(np.unique(self.fold)) < 2:
            raise DataError("all tracks are in one fold; expected two at least.")
        self.decisions = replace(self.decisions, calibration=learnt)
        self.calibrated = calibrate(self.scores, self.decisions, self.vocabulary)
        return {
            "how": self.how.calibration, "form": form_of(learnt), "bins": ERROR_BINS,
            "unit": "track: segment scores combined and branches averaged before calibration",
            "learnt_from": self.how.part, "folds": len(np.unique(self.fold)),
            "tracks": len(self.truth),
            "before": self._errors(self.scores, self.truth),
            "after": self._errors(self.crossed, self.truth),
        }

    def _errors(self, scores: Floats, truth: Truth) -> dict[str, Any]:
        return errors_of_labels(scores, truth, self.vocabulary, self.rng)

    def cut(self) -> dict[str, Any]:
        """Learn the thresholds; return how each choice of them does, cross-fitted."""
        choices = {"chosen": self.how, **_choices(self.how)}
        found = {name: self._crossed_figures(choice) for name, choice in choices.items()
                 if name == "chosen" or choice != self.how}
        thresholds, most = fit_thresholds(self.calibrated, self.truth, self.how, fold=self.fold)
        self.decisions = replace(self.decisions, thresholds=thresholds, most=most)
        return {
            "how": self.how.thresholds, "aim": self.how.aim, "grid": self.how.grid,
            "precision_wanted": self.how.precision if self.how.aim == "precision" else None,
            "least": min(thresholds), "middle": float(np.median(thresholds)),
            "greatest": max(thresholds), "most": most,
            "cross_fitted": found.pop("chosen"), "others": found,
        }

    def _crossed_figures(self, how: HowDecided) -> dict[str, float | None]:
        """Return how answers do when each fold's thresholds are learnt on the others."""
        return figures(_crossed_answers(self.crossed, self.truth, self.fold, self.vocabulary, how),
                       self.truth)

    def promise(self) -> dict[str, Any] | None:
        """Learn the label sets; return their coverage over random halves."""
        if not self.how.error:
            return None
        how = self.how
        found = conformal.resampled_coverage(self.crossed, self.truth, how.error, how.promise,
                                             self.rng, groups=self.groups)
        sets = conformal.fit_label_sets(self.crossed, self.truth, how.error, how.promise)
        sets = replace(sets, coverage=found["mean"], size=found["size"])
        self.decisions = replace(self.decisions, label_sets=sets)
        if not found["holds"]:
            self.notes.append(f"label sets cover {found['mean']:.3f} over random halves, less "
                              f"than the {1 - how.error:g} promised")
        return {**found, "error": how.error, "threshold": sets.thresholds[0]}

    def name_parents(self, dataset: str) -> dict[str, Any] | None:
        """Learn which parents to name, and from what chance."""
        if not self.how.parents:
            return None
        above = naming.parents_of(self.vocabulary, dataset)
        given = answers(self.crossed, self.vocabulary, self.decisions)
        found = naming.fit_parents(self.crossed, self.truth, given, above, "multi",
                                   self.how.precision, self.fold)
        self.decisions = replace(self.decisions, parents=found)
        return {"wanted": self.how.precision, "above": len(above),
                "named": {p.name: {"threshold": p.threshold, "precision": p.precision,
                                   "labels": len(p.columns)} for p in found}}

    def know_strangers(self, strange: Sequence[HeldOut], keep: float) -> dict[str, Any] | None:
        """Learn when no genre fits, from the tracks that bear one."""
        columns = genre_columns(self.vocabulary)
        bears_one = self.truth[:, columns].any(axis=1)
        if not strange or not bears_one.any():
            return None
        try:
            rule, found = fit_unknown(self.crossed[bears_one], columns, strange, keep, self.rng)
        except DataError as error:  # too few tracks of one genre is no fault of the data
            self.notes.append(f"no rule for unknown was learnt: {error}")
            return None
        if found["separates"]:
            self.decisions = replace(self.decisions, unknown=rule)
        else:
            self.notes.append("tracks of a genre held out whole may score as high as others "
                              f"(AUROC {found['auroc']:.2f}): no rule for unknown is kept")
        return found

    def measure(self, scores: Floats, truth: Truth, groups: Sequence[Hashable]) -> dict[str, Any]:
        """Return how the decisions do on tracks that nothing was learnt from."""
        x, y = metrics.checked(scores, truth)
        chances = calibrate(x, self.decisions, self.vocabulary)
        given = answers(chances, self.vocabulary, replace(self.decisions, unknown=None))
        others = {name: self._figures(chances, y, rule)
                  for name, rule in _choices(self.how).items() if rule != self.how}
        found: dict[str, Any] = {
            "tracks": len(x), "groups": len(set(groups)),
            "calibration": {"before": self._errors(x, y), "after": self._errors(chances, y)},
            "thresholds": {"chosen": figures(given, y), **others},
        }
        if (sets := self.decisions.label_sets) is not None:
            held = sets(chances)
            found["label_sets"] = {
                "promised": 1 - sets.error, "size": float(held.sum(axis=1).mean()),
                "coverage": conformal.coverage(held, y, sets.promise),
                "resampled": self._resampled(chances, y, groups),
            }
        return found

    def _resampled(
        self, chances: Floats, truth: Truth, groups: Sequence[Hashable]
    ) -> dict[str, Any] | None:
        """Return how sets learnt from a half of these tracks, and the final model, do on the
        other half."""
        if len(set(groups)) < 2:
            return None
        return conformal.resampled_coverage(chances, truth, self.how.error, self.how.promise,
                                            self.rng, groups=groups)

    def _figures(self, chances: Floats, truth: Truth, how: HowDecided) -> dict[str, float | None]:
        thresholds, most = fit_thresholds(self.calibrated, self.truth, how, fold=self.fold)
        given = answers(chances, self.vocabulary, Decisions(thresholds, most=most))
        return figures(given, truth)


def errors_of_labels(
    scores: Floats, truth: Truth, vocabulary: Vocabulary, rng: np.random.Generator
) -> dict[str, Any]:
    """Return the calibration error of each label, its mean, and that of perfect chances.

    In 15 bins of equal mass, with those of all labels together for a picture, as plain values.
    """
    found = {}
    errors = metrics.calibration_errors(scores, truth)
    for k, label in enumerate(vocabulary.labels):
        found[label] = {
            "ece": float(errors[k]),
            "ece_of_perfect": reliability.chance_error(scores[:, k], rng=rng, bins=ERROR_BINS,
                                                       draws=_DRAWS),
        }
    means = {name: float(np.mean([each[name] for each in found.values()]))
             for name in ("ece", "ece_of_perfect")}
    # Of equal width: most scores are near 0, and bins of equal mass would show nothing else.
    pooled = reliability.reliability(scores.ravel(), truth.ravel(), bins=ERROR_BINS, by="width")
    return {
        **means, "log_loss": metrics.binary_log_loss(scores, truth),
        "bins_pooled": [{"low": b.low, "high": b.high, "count": b.rows, "confidence": b.score,
                         "accuracy": b.right} for b in pooled],
        "by_label": found,
    }


def form_of(calibration: Calibration | None) -> str:
    """Return what a calibration is made of, in words."""
    return "none" if calibration is None else calibration.form


def _choices(how: HowDecided) -> Choices:
    """Return the choices of thresholds to compare, all for the same aim."""
    exact = replace(how, grid="exact")
    return {
        "fixed": replace(exact, thresholds="fixed"),
        "global": replace(exact, thresholds="global"),
        "s3_grid": replace(how, thresholds="global", grid="coarse", aim="f1_micro"),
        "label": replace(exact, thresholds="label"),
        "shrunk": replace(exact, thresholds="shrunk"),
        "top": replace(exact, thresholds="top"),
    }
