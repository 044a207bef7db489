"""Label shift: decisions learnt where labels are as frequent as here, used where they are not.

Where only the frequencies of labels change, and tracks that bear them sound as before, it can be
mended without a single label of the new tracks: their frequencies are estimated from their scores
(``rates``), scores are corrected by the change of odds, and label sets are learnt anew with tracks
weighted by how much more frequent their labels are there (Podkopaev and Ramdas 2021).

Nothing here learns from the new tracks' labels; ``report`` takes them to measure with, once all
is decided, and marks what needs them as an oracle.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from earmark.judging import metrics
from earmark.judging.calibration import log_odds, sigmoid
from earmark.judging.conformal import coverage, fit_label_sets
from earmark.judging.curves import Floats, Truth
from earmark.judging.decisions import Decisions, answers
from earmark.judging.labelsets import LabelSets
from earmark.judging.rates import checked_rates, estimated_rates, joint_rates
from earmark.judging.thresholds import figures
from earmark.labels.vocabulary import Vocabulary

_LEAST_RATE = 1e-4  # and the most is 1 less this: odds of a corrected score stay finite
_MOST_WEIGHT = 20.0


def corrected(scores: ArrayLike, from_rates: ArrayLike, to_rates: ArrayLike) -> Floats:
    """Return calibrated scores [shape=(..., labels)] with each label's odds changed as its rate's.

    Rates count as no nearer to 0 and 1 than 1e-4; where both are the same, scores stay.

    Raises:
        DataError: not one rate in [0, 1] a label.

    >>> corrected([[0.5, 0.2]], [0.2, 0.5], [0.5, 0.5]).round(6).tolist()
    [[0.8, 0.2]]
    """
    x = np.asarray(scores, dtype=np.float64)
    return sigmoid(log_odds(x) + _change(from_rates, to_rates, x.shape[-1]))


def rate_weights(truth: ArrayLike, from_rates: ArrayLike, to_rates: ArrayLike) -> Floats:
    """Return how much more frequent each track's labels are there than here [shape=(tracks,)].

    The product over labels of the change of its rate, as if labels were independent; of mean 1,
    and no weight beyond 20 times the median: one track is not to stand for all.

    Args:
        truth: 0/1 of the tracks learnt from [shape=(tracks, labels)].

    Raises:
        DataError: not one rate in [0, 1] a label.
    """
    y = np.asarray(truth, dtype=np.float64)
    logs = y @ _change(from_rates, to_rates, y.shape[1])  # the rest is the same for all tracks
    weights = np.exp((logs - np.median(logs)).clip(-np.log(_MOST_WEIGHT), np.log(_MOST_WEIGHT)))
    return np.asarray(weights / weights.mean())


def effective_tracks(weights: ArrayLike) -> float:
    """Return how many equally weighted tracks tell as much (Kish).

    >>> effective_tracks([1, 1, 2, 0])
    2.6666666666666665
    """
    w = np.asarray(weights, dtype=np.float64)
    return float(w.sum() ** 2 / (w**2).sum())


def _change(from_rates: ArrayLike, to_rates: ArrayLike, labels: int) -> Floats:
    """Return ln of the quotient of the odds [shape=(labels,)]."""
    here, there = (checked_rates(rates, labels).clip(_LEAST_RATE, 1 - _LEAST_RATE)
                   for rates in (from_rates, to_rates))
    return log_odds(there) - log_odds(here)


def report(
    learnt: tuple[ArrayLike, ArrayLike], scores: ArrayLike, truth: ArrayLike,
    vocabulary: Vocabulary, decisions: Decisions,
) -> dict[str, Any]:
    """Return how decisions do on tracks of other label rates, as they are and corrected.

    Args:
        learnt: calibrated scores, cross-fitted, and 0/1 truth that the decisions were learnt
            from [shape=(tracks, labels)].
        scores, truth: calibrated scores and 0/1 of the tracks to measure on.
        decisions: calibrated ones; label sets are learnt anew from ``learnt`` where they have any.

    Returns:
        Plain values. ``rates``: mean over labels of how far the rates are apart, and each
        estimate from the true ones. ``corrections``: ``as_learnt`` (none), ``by_label`` (rates
        from each label's scores), ``jointly`` (rates from all together), ``oracle`` (true rates,
        which need the labels: what correcting for rates could do at best): each ``ece``,
        ``log_loss``, ``f1_micro``, ``f1_macro``, and, with label sets, ``coverage``, ``size`` and
        ``effective_tracks``.

    Raises:
        DataError: what ``metrics.checked`` refuses, or too few tracks.
    """
    (x, y), (z, t) = metrics.checked(*learnt), metrics.checked(scores, truth)
    here, there = y.mean(axis=0), t.mean(axis=0)
    ways = {"as_learnt": here, "by_label": estimated_rates(z, here),
            "jointly": joint_rates(x, y, z), "oracle": there}
    off = {f"{name}_off": float(abs(rates - there).mean()) for name, rates in ways.items()
           if name != "oracle"}
    means = {"here": float(here.mean()), "there": float(there.mean()),
             "labels_a_track_here": float(y.sum(axis=1).mean()),
             "labels_a_track_there": float(t.sum(axis=1).mean())}
    corrections: dict[str, Any] = {}
    for name, rates in ways.items():
        changed = z if name == "as_learnt" else corrected(z, here, rates)
        corrections[name] = {**measured(changed, t, vocabulary, decisions),
                       **_sets(x, y, z, t, rate_weights(y, here, rates), decisions.label_sets)}
    return {"rates": {**means, **off}, "corrections": corrections}


def measured(
    scores: Floats, truth: Truth, vocabulary: Vocabulary, decisions: Decisions
) -> dict[str, float | None]:
    """Return ECE, log loss and F1 of calibrated scores, "unknown" left aside."""
    answered = answers(scores, vocabulary, replace(decisions, unknown=None))
    return {"ece": float(metrics.calibration_errors(scores, truth).mean()),
            "log_loss": metrics.binary_log_loss(scores, truth), **figures(answered, truth)}


def _sets(
    x: Floats, y: Truth, z: Floats, t: Truth, weights: Floats, like: LabelSets | None
) -> dict[str, float]:
    if like is None:
        return {}
    rule = fit_label_sets(x, y, like.error, like.promise, weights=weights)
    sets = rule(z)
    return {"coverage": coverage(sets, t, like.promise), "size": float(sets.sum(axis=1).mean()),
            "effective_tracks": effective_tracks(weights)}
