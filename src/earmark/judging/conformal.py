"""Learning label sets that hold the truth as often as promised, and measuring whether they do.

Split conformal prediction: a label is in the set from a threshold t up, and t is the highest that
loses little enough on n tracks kept for it. A track's loss is 1 where its set lacks a label
(``all``), or the share of its labels that is lacking (``share``); with one track more, of loss 1,
counted in, the mean is to be at most the error. Then the mean loss of a further track like these
is, too (Angelopoulos et al. 2024; for ``all`` this is the usual rank ceil((n + 1) (1 - error)),
Vovk et al. 2005). A track without labels lacks none.

Learnt from calibrated out-of-fold scores or a valid part; a test part is not asked for anywhere.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from earmark.errors import DataError, SettingsError
from earmark.judging import metrics
from earmark.judging.curves import Floats, Truth
from earmark.judging.labelsets import LabelSets, Promise
from earmark.labels.dealing import numbered

Method = Literal["global", "label"]


def fit_label_sets(
    scores: ArrayLike, truth: ArrayLike, error: float, promise: Promise = "all",
    method: Method = "global", *, weights: ArrayLike | None = None,
) -> LabelSets:
    """Return label sets learnt from calibrated scores and 0/1 truth [shape=(tracks, labels)].

    Args:
        error: promised, between 0 and 1.
        promise: see ``LabelSets``.
        method: ``global``: one threshold, the smallest sets; ``label``: of each label the
            threshold that loses the same share of the tracks that bear it, learnt from every
            second track, the share from the others. Sets are larger, but rare labels are not
            those that are lost.
        weights: of tracks, above 0, where those to come are of another make (``shift``). The
            track counted in weighs as much as the heaviest, since its weight is not known.

    Raises:
        DataError: what ``metrics.checked`` refuses, or weights that are not one above 0 a track.
        SettingsError: an error out of range, another promise or method.
    """
    x, y = metrics.checked(scores, truth)
    if not 0 < error < 1 or promise not in ("all", "share") or method not in ("global", "label"):
        raise SettingsError(f"label sets with error {error}, promise '{promise}', by '{method}'; "
                            "expected an error between 0 and 1, 'all' or 'share', by 'global' or "
                            "'label'.")
    w = np.ones(len(x)) if weights is None else np.asarray(weights, dtype=np.float64)
    if w.shape != (len(x),) or not (np.isfinite(w) & (w > 0)).all():
        raise DataError(f"weights of shape {w.shape} for {len(x)} tracks; expected one above 0 a "
                        "track.")
    single = x.astype(np.float32).astype(np.float64)  # as label sets compare
    find = _one_for_all if method == "global" else _one_a_label
    return LabelSets(error, promise, tuple(find(single, y, w, error, promise).tolist()), len(x))


def _one_for_all(x: Floats, y: Truth, w: Floats, error: float, promise: Promise) -> Floats:
    return np.full(x.shape[1], highest_within(x, y, w, error, promise))


def highest_within(x: Floats, y: Truth, w: Floats, error: float, promise: Promise) -> float:
    """Return the highest value among those of true labels from which up enough of them are; or 0.

    Args:
        x: values of labels in [0, 1] [shape=(tracks, labels)]. w: weights of the tracks.
    """
    rows, columns = np.nonzero(y)
    values, lost = x[rows, columns], (w / np.maximum(y.sum(axis=1), 1))[rows]
    if promise == "all":
        rows = np.flatnonzero(y.any(axis=1))
        values, lost = np.where(y == 1, x, np.inf).min(axis=1)[rows], w[rows]
    order = np.argsort(values, kind="stable")
    values, lost = values[order], lost[order].cumsum()
    below = np.searchsorted(values, values)  # how many are lower
    losses = np.where(below > 0, lost[below - 1], 0.0) if len(values) else lost
    # Rounding in the last place must not cost a rank: 0.1 * 10 tracks are one track.
    within = losses + w.max() <= error * (w.sum() + w.max()) * (1 + 1e-12)
    return float(values[within].max()) if within.any() else 0.0


def _one_a_label(x: Floats, y: Truth, w: Floats, error: float, promise: Promise) -> Floats:
    """Return thresholds that lose the same share of each label's tracks."""
    if len(x) < 2:
        return np.zeros(x.shape[1])
    held = np.arange(len(x)) % 2 == 1
    every = np.sort(x[~held][y[~held] == 1])
    ladders = [np.sort(x[~held, k][y[~held, k] == 1]) for k in range(x.shape[1])]
    ladders = [own if len(own) else every for own in ladders]
    if not len(every):
        return np.zeros(x.shape[1])
    shares = np.column_stack([np.searchsorted(own, x[held, k], side="right") / len(own)
                              for k, own in enumerate(ladders)])
    share = highest_within(shares, y[held], w[held], error, promise)
    if share == 0:
        return np.zeros(x.shape[1])
    return np.array([own[int(np.ceil(share * len(own) - 1e-9)) - 1] for own in ladders])


def coverage(sets: ArrayLike, truth: ArrayLike, promise: Promise = "all") -> float:
    """Return how far 0/1 sets [shape=(tracks, labels)] keep a promise, from 0 to 1.

    Tracks without labels lack none.

    >>> coverage([[1, 0], [1, 1]], [[1, 1], [0, 1]]), coverage([[1, 0]], [[1, 1]], "share")
    (0.5, 0.5)
    """
    found, y = metrics.checked(sets, truth)
    lacking = ((found == 0) & (y == 1)).sum(axis=1)
    if promise == "all":
        return float((lacking == 0).mean())
    return float(1 - (lacking / np.maximum(y.sum(axis=1), 1)).mean())


def resampled_coverage(
    scores: ArrayLike, truth: ArrayLike, error: float, promise: Promise,
    rng: np.random.Generator, times: int = 20, *, method: Method = "global",
    groups: Sequence[Hashable] | NDArray[Any] | None = None,
) -> dict[str, Any]:
    """Return how label sets learnt from one half of the tracks do on the other, over random halves.

    Halves are drawn anew each time, whole groups (artists) at a time. Arguments and errors as in
    ``fit_label_sets``; besides, a DataError where there are fewer than two groups.

    Returns:
        Plain values. ``promised``; ``mean`` and ``deviation`` of the ``coverages``;
        ``standard_error`` of their mean; ``holds``: whether the mean is at least what was
        promised, or less by no more than two standard errors; ``size``: mean number of labels in
        a set. ``expected`` (promise ``all``): mean and deviation of the coverage that n tracks
        without groups must give, whatever their scores: Beta(n + 1 - l, l) with
        l = floor((n + 1) error), measured on as many others.
    """
    x, y = metrics.checked(scores, truth)
    member = np.arange(len(x)) if groups is None else numbered(groups)
    if times < 1:
        raise SettingsError(f"{times} resamplings; expected at least 1.")
    if len(member) != len(x) or len(np.unique(member)) < 2:
        raise DataError(f"{len(member)} groups for {len(x)} tracks; expected one each, and two "
                        "at least.")
    found = [_halved(x, y, _half(member, rng), error, promise, method) for _ in range(times)]
    covered, sizes = np.array(found).T
    spread = float(covered.std(ddof=1)) if times > 1 else 0.0
    result = {
        "promised": 1 - error, "promise": promise, "times": times, "tracks": len(x),
        "mean": float(covered.mean()), "deviation": spread,
        "standard_error": spread / float(np.sqrt(times)),
        "least": float(covered.min()), "most": float(covered.max()),
        "size": float(sizes.mean()), "labels_borne": float(y.sum(axis=1).mean()),
        "coverages": covered.tolist(),
    }
    result["holds"] = bool(result["mean"] >= 1 - error - 2 * result["standard_error"] - 1e-9)
    if promise == "all":
        result["expected"] = _expected(len(x) // 2, len(x) - len(x) // 2, error)
    return result


def _half(member: NDArray[np.intp], rng: np.random.Generator) -> NDArray[np.bool_]:
    """Return whether each track is learnt from; half of the groups are."""
    units = int(member.max()) + 1
    chosen = np.zeros(units, dtype=np.bool_)
    chosen[rng.permutation(units)[: units // 2]] = True
    return np.asarray(chosen[member])


def _halved(
    x: Floats, y: Truth, learn: NDArray[np.bool_], error: float, promise: Promise, method: Method
) -> tuple[float, float]:
    sets = fit_label_sets(x[learn], y[learn], error, promise, method)(x[~learn])
    return coverage(sets, y[~learn], promise), float(sets.sum(axis=1).mean())


def _expected(learnt: int, measured: int, error: float) -> dict[str, float]:
    rank = int(np.floor((learnt + 1) * error + 1e-9))
    mean = 1 - rank / (learnt + 1)
    return {"mean": mean,
            "deviation": float(np.sqrt(mean * (1 - mean) * (1 / (learnt + 2) + 1 / measured)))}
