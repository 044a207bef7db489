"""What a recipe learns about itself before any test part is touched: calibration and "unknown".

Out-of-fold scores come from ``outoffold.Rounds``: one round with all labels for the calibration,
and one a label, held out whole, for "unknown". That costs (labels + 1) x folds fits.

They are scores of whole tracks: where models learn from segments, the callback combines a
track's segment scores (and averages the branches) as the tagger will, and only then is anything
calibrated. A calibration thus holds for tracks of as many segments as those it was learnt from;
longer ones average to less extreme scores and are, if anything, surer than they say.

Nothing is judged by what it was learnt from: calibrated scores are cross-fitted, each fold by
the calibration (and the threshold) of the other folds. The decisions returned are then learnt
from all folds.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from earmark import settings
from earmark.errors import DataError
from earmark.judging import fitting, metrics, reliability
from earmark.judging.curves import Floats, Truth
from earmark.judging.decisions import Decisions, Unknown, calibrate, is_unknown, top_label
from earmark.judging.intervals import Interval, bootstrap
from earmark.lab.outoffold import Fit, Round, Rounds
from earmark.labels.vocabulary import Vocabulary

_LEAST_LABELS_TO_HOLD_ONE_OUT = 3


@dataclass(frozen=True)
class SelfJudged:
    """What came of judging oneself.

    Attributes:
        decisions: learnt from all folds. Their rule for "unknown" costs ``1 - keep`` of the known
            tracks whatever it is worth: ``results["unknown"]["separates"]`` tells whether
            held-out genres could be told from known ones at all.
        results: plain values for results.json: ``calibration``, ``unknown``, ``notes``.
        ids: of the tracks. scores: their uncalibrated out-of-fold scores [shape=(tracks, labels)].
        fold: number of each track's fold.
    """

    decisions: Decisions
    results: dict[str, Any]
    ids: tuple[str, ...]
    scores: Floats
    fold: NDArray[np.intp]


def judge_self(
    ids: Sequence[str], truth: Truth, groups: Sequence[Hashable], vocabulary: Vocabulary,
    fit: Fit, *, rng: np.random.Generator, folds: int = 5, keep: float = 0.9,
    hold_out_labels: bool = True, log: Callable[[str], None] = lambda _: None,
) -> SelfJudged:
    """Judge calibration and "unknown" by artist-grouped folds and learn the decisions.

    Args:
        ids: tracks of train and valid that have rows in every branch; never test.
        truth: 0/1 [shape=(tracks, labels)].
        groups: an artist a track (``splits.group_names``).
        fit: see ``outoffold.Fit``; ``learner.fitter`` makes one of a recipe's branches.
        folds: at most; fewer when there are fewer artists.
        keep: share of known tracks that shall keep a label.
        hold_out_labels: False saves labels x folds fits and learns no "unknown".

    Raises:
        DataError: fewer than two artists, or scores of another shape than asked for.
    """
    y = np.asarray(truth, np.int8)
    rounds = Rounds.deal(ids, y, groups, vocabulary, fit, folds=folds, rng=rng, log=log)
    judge = _Judge(tuple(ids), y, tuple(groups), vocabulary, rounds, rng)
    return judge.judged(keep, hold_out_labels)


class _Judge:
    def __init__(
        self, ids: tuple[str, ...], truth: Truth, groups: tuple[Hashable, ...],
        vocabulary: Vocabulary, rounds: Rounds, rng: np.random.Generator,
    ) -> None:
        self.ids, self.truth, self.groups, self.vocabulary = ids, truth, groups, vocabulary
        self.rounds, self.rng = rounds, rng
        self.fold = rounds.fold
        self.notes: list[str] = []

    def judged(self, keep: float, hold_out_labels: bool) -> SelfJudged:
        full = self.rounds.score("all labels")
        # A track whose label its fold could not learn is no example of how sure scores should be.
        rows = full.judgeable(self.truth)
        if lost := len(self.ids) - len(rows):
            self.notes.append(f"{lost} tracks bear a label of one artist only and are left out "
                              "of calibration")
        scores, truth, fold = full.scores[rows], self.truth[rows], self.fold[rows]
        if len(np.unique(fold)) < 2:
            raise DataError("no label is borne by tracks of two artists, so that nothing can be "
                            "judged; add tracks of other artists.")
        crossed = fitting.cross_calibrated(scores, truth, fold, self.vocabulary)
        results: dict[str, Any] = {
            "calibration": {
                "unit": "track: segment scores combined and branches averaged before calibration",
                "folds": int(self.fold.max()) + 1,
                "grouped_by": "artist; song where no artist is known", "tracks": len(rows),
                "before": self._measured(scores, truth, rows),
                "after": self._measured(crossed, truth, rows),
            },
        }
        calibration = fitting.fit_calibration(scores, truth, "single")
        results["calibration"]["learnt"] = settings.to_mapping(calibration)
        decisions = Decisions((), calibration)
        if hold_out_labels:
            rule, results["unknown"] = self._unknown(crossed, rows, keep)
            decisions = Decisions((), calibration, rule)
        return SelfJudged(decisions, {**results, "notes": self.notes}, self.ids,
                          full.scores, self.fold)

    def _measured(self, scores: Floats, truth: Truth, rows: NDArray[np.intp]) -> dict[str, Any]:
        groups = [self.groups[i] for i in rows]
        best, right = reliability.top_scores(scores, truth)
        return {**self._column(best, right, groups), "log_loss": metrics.log_loss(scores, truth)}

    def _column(
        self, scores: Floats, truth: Truth, groups: list[Hashable]
    ) -> dict[str, Any]:
        interval = reliability.error_interval(scores, truth, groups=groups, rng=self.rng)
        return {
            "ece": reliability.calibration_error(scores, truth),
            "ece_interval_by_artist": _plain(interval),
            "ece_of_perfect": reliability.chance_error(scores, rng=self.rng),
            "ece_equal_width": reliability.calibration_error(scores, truth, by="width"),
            "bins": [{"low": b.low, "high": b.high, "count": b.rows, "confidence": b.score,
                      "accuracy": b.right} for b in reliability.reliability(scores, truth)],
        }

    def _unknown(
        self, full: Floats, rows: NDArray[np.intp], keep: float
    ) -> tuple[Unknown | None, dict[str, Any] | None]:
        try:
            return self._rule(full, rows, keep)
        except DataError as error:  # too few labels or artists is no fault of the data
            self.notes.append(f"no rule for unknown was learnt: {error}")
            return None, None

    def _rule(
        self, full: Floats, rows: NDArray[np.intp], keep: float
    ) -> tuple[Unknown, dict[str, Any]]:
        """Return the rule and how it would have done on each genre held out whole."""
        labels = self.vocabulary.labels
        if len(labels) < _LEAST_LABELS_TO_HOLD_ONE_OUT:
            raise DataError(f"{len(labels)} labels are too few to hold one out.")
        best = np.full(self.truth.shape, np.nan)  # (tracks, label held out)
        said = np.full(self.truth.shape, np.nan)  # 1 where found unknown
        by_genre = {}
        for k, label in enumerate(labels):
            done = self.rounds.score(f"without {label}", without=k)
            best[:, k], said[:, k] = self._held_out(done, k, keep)
            by_genre[label] = self._genre(done, k, best[:, k], said[:, k])
        known = self.truth == 0
        whole = np.isfinite(best).all(axis=1)
        if not whole.any():
            raise DataError("too few artists a label to hold one out.")
        kept, caught = 1 - np.nanmean(said[known]), np.nanmean(said[~known])
        groups = [self.groups[i] for i in np.flatnonzero(whole)]
        interval = bootstrap(metrics.roc_auc_macro, best[whole], known[whole], groups=groups,
                             rng=self.rng)
        rule = Unknown(fitting.kept_threshold(full, keep), float(kept), float(caught))
        lost = is_unknown(full, Decisions(unknown=rule))
        hits = (top_label(full) * self.truth[rows]).sum(axis=1)
        results = {
            "auroc": metrics.roc_auc_macro(best[whole], known[whole]),
            "interval": _plain(interval),
            "separates": interval.low > 0.5,
            "threshold": rule.threshold,
            "keep": keep,
            "kept_known": rule.kept_known,
            "caught_strange": rule.caught_strange,
            # What else the rule is good for: those it turns away would mostly have been wrong.
            "accuracy_of_turned_away": float(hits[lost].mean()) if lost.any() else None,
            "accuracy_of_kept": float(hits[~lost].mean()),
            "by_genre": {name: found["caught"] for name, found in by_genre.items()
                         if found["caught"] is not None},
            "genres": by_genre,
        }
        if not results["separates"]:
            self.notes.append("tracks of a genre held out whole may score as high as others "
                              f"(AUROC {results['auroc']:.2f}, {interval.low:.2f} to "
                              f"{interval.high:.2f}): unknown tells of doubt, not of new genres")
        return rule, results

    def _held_out(self, done: Round, k: int, keep: float) -> tuple[Floats, Floats]:
        """Return best calibrated scores and whether unknown, each fold by what the others taught.

        NaN for tracks whose own label (unless it is ``k``) was not learnt.
        """
        others = [c for c in range(self.truth.shape[1]) if c != k]
        vocabulary = Vocabulary(tuple(self.vocabulary.labels[c] for c in others))
        scores, truth = done.scores[:, others], self.truth[:, others]
        usable = (done.learnt[:, others] | (truth == 0)).all(axis=1)
        usable &= done.learnt.any(axis=1)
        known = usable & (self.truth[:, k] == 0)
        best, said = np.full(len(truth), np.nan), np.full(len(truth), np.nan)
        for number in np.unique(self.fold[usable]):
            learn, held = known & (self.fold != number), usable & (self.fold == number)
            if not learn.any():
                continue
            rule = Decisions(calibration=fitting.fit_calibration(scores[learn], truth[learn],
                                                                 "single"))
            taught = calibrate(scores[learn], rule, vocabulary)
            judged = calibrate(scores[held], rule, vocabulary)
            threshold = Unknown(fitting.kept_threshold(taught, keep))
            best[held] = judged.max(axis=1)
            said[held] = is_unknown(judged, Decisions(unknown=threshold))
        return best, said

    def _genre(self, done: Round, k: int, best: Floats, said: Floats) -> dict[str, Any]:
        strange = self.truth[:, k] == 1
        have = np.isfinite(best)
        told_apart = (strange & have).any() and (~strange & have).any()
        taken_for = np.bincount(done.scores[strange].argmax(axis=1),
                                minlength=self.truth.shape[1])
        return {
            "tracks": int(strange.sum()),
            "auroc": metrics.roc_auc_macro(best[have, None], ~strange[have, None])
            if told_apart else None,
            "caught": float(np.nanmean(said[strange])) if told_apart else None,
            "taken_for": self.vocabulary.labels[int(taken_for.argmax())] if told_apart else None,
        }


def _plain(interval: Interval) -> dict[str, float]:
    return {name: float(value) for name, value in interval._asdict().items()}
