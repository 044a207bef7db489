"""Judging "unknown" among several labels: can tracks of genres never heard be told from others?

The genres are held out whole, one at a time, and their tracks (those that bear no other genre)
are scored by models that have heard none of them. Some of the known tracks are lost to the rule,
as many as wanted; what it is worth is how many strange ones it catches, and the AUROC. The
threshold is learnt from the known tracks alone; no test part has any part in it.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import Any, NamedTuple

import numpy as np

from earmark.errors import DataError
from earmark.judging import fitting, metrics
from earmark.judging.curves import Floats
from earmark.judging.decisions import Unknown
from earmark.judging.intervals import Sample, percentiles, shared_draws

_DRAWS = 500


class HeldOut(NamedTuple):
    """What came of holding one genre out whole.

    Attributes:
        genre: its name.
        known: best calibrated score among the other genres, of each track that bears some of
            them and not this one, by models that heard neither the track nor the genre.
        strange: likewise of the tracks whose only genre it is.
        known_groups, strange_groups: of the tracks (artists).
    """

    genre: str
    known: Floats
    strange: Floats
    known_groups: Sequence[Hashable]
    strange_groups: Sequence[Hashable]


def fit_unknown(
    scores: Floats, columns: Sequence[int], judged: Sequence[HeldOut], keep: float,
    rng: np.random.Generator,
) -> tuple[Unknown, dict[str, Any]]:
    """Return the rule for "unknown" and how it would have done on genres held out whole.

    Args:
        scores: calibrated, of tracks that bear a genre [shape=(tracks, labels)].
        columns: of the genres, rising.
        judged: each genre's tracks in turn; each is judged by the threshold that keeps ``keep``
            of its own known tracks.
        keep: share of known tracks that shall keep their genres.

    Returns:
        The rule and plain values: ``auroc`` (mean over genres) with its ``interval`` over groups
        where it can be had, ``separates`` (it lies above 0.5), ``threshold``, ``keep``,
        ``kept_known``, ``caught_strange``, ``by_genre`` (share caught), ``genres``.

    Raises:
        DataError: no genre held out has both known and strange tracks, or no tracks to learn
            from. SettingsError: ``keep`` not between 0 and 1.
    """
    usable = [each for each in judged if len(each.known) and len(each.strange)]
    if not usable:
        raise DataError("no genre held out is the only genre of a track; nothing tells whether "
                        "strange tracks could be told.")
    genres = {each.genre: _judged(each, keep, rng) for each in usable}
    auroc, kept, caught = (float(np.mean([found[name] for found in genres.values()]))
                           for name in ("auroc", "kept", "caught"))
    threshold = fitting.kept_threshold(np.asarray(scores)[:, list(columns)], keep)
    interval = _interval(usable, rng)
    return Unknown(threshold, kept, caught, tuple(int(c) for c in columns)), {
        "auroc": auroc, "interval": interval,
        "separates": interval is not None and interval["low"] > 0.5,
        "threshold": threshold, "keep": keep, "kept_known": kept, "caught_strange": caught,
        "by_genre": {name: found["caught"] for name, found in genres.items()},
        "genres": genres,
    }


def _sample(held: HeldOut) -> Sample:
    """Return best scores and whether the tracks are known, as one column each."""
    best = np.concatenate([held.known, held.strange])[:, None]
    known = (np.arange(len(best)) < len(held.known)).astype(np.int8)[:, None]
    return Sample(best, known, [*held.known_groups, *held.strange_groups])


def _judged(held: HeldOut, keep: float, rng: np.random.Generator) -> dict[str, Any]:
    # Half of the known teach the threshold, the others tell what it keeps.
    teach = rng.permutation(len(held.known)) < (len(held.known) + 1) // 2
    threshold = np.float32(fitting.kept_threshold(held.known[teach][:, None], keep))
    rest = held.known[~teach] if (~teach).any() else held.known
    best, known, _ = _sample(held)
    return {
        "tracks": len(held.strange),
        "auroc": metrics.roc_auc_macro(best, known),
        "kept": float((rest.astype(np.float32) >= threshold).mean()),
        "caught": float((held.strange.astype(np.float32) < threshold).mean()),
    }


def _interval(
    judged: Sequence[HeldOut], rng: np.random.Generator
) -> dict[str, float] | None:
    """Return the interval of the mean AUROC over groups; None where they are too few."""
    samples = [_sample(held) for held in judged]
    try:
        drawn = shared_draws(metrics.roc_auc_macro, [samples], rng=rng, draws=_DRAWS)
        found = percentiles(drawn[0])
    except DataError:  # no fault of the data
        return None
    return {name: float(value) for name, value in found._asdict().items()}
