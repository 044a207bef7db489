"""Minor labels merged into the nearest major one, by the distance of their mean feature vectors.

A student project on Echonest's features (vinay-pv) merged genres of 300 tracks or fewer so before
it clustered, and with that put Spoken into Old-Time and Easy Listening into Hip-Hop. How steady
each choice is under another drawing of the minor label's tracks is therefore told with it.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from earmark.errors import DataError
from earmark.judging.report.svg import WIDTH, Scale, chart, diamond, element, shorten, text
from earmark.lab.explore.section import Explored, Figure, Section
from earmark.lab.explore.shown import genres
from earmark.lab.explore.space import Doubles

LEAST_SHARE = 300 / 13129
"""Of the tracks: labels on this share or less are minor, as in that project."""
DRAWS = 200
_MOST_DRAWN = 20
_ROW = 42.0
_GOES = "Where each minor genre would go"


@dataclass(frozen=True)
class Merge:
    """A minor label and the major one nearest to it.

    Attributes:
        minor: the label that is merged.
        major: the label it goes into.
        distance: Euclidean, between the means of their tracks.
        tracks: how many bear the minor label.
        second: the next nearest major label; None where there is one only.
        second_distance: to that.
        steady: share of drawings of the minor label's tracks in which ``major`` is the nearest;
            None where it was not tried.
    """

    minor: str
    major: str
    distance: float
    tracks: int
    second: str | None = None
    second_distance: float | None = None
    steady: float | None = None


def minor_into_major(
    rows: NDArray[np.floating], truth: NDArray[np.int8], labels: Sequence[str], least: int, *,
    rng: np.random.Generator | None = None,
) -> list[Merge]:
    """Return where each minor label goes, the commonest first.

    A track with several labels counts for the mean of each. Labels on no track go nowhere. Of
    equally near labels the first is taken.

    Args:
        rows: scaled [shape=(tracks, columns)].
        truth: 0/1 [shape=(tracks, labels)].
        least: labels on this many tracks or fewer are minor.
        rng: given, it is tried how steady each choice is.

    Raises:
        DataError: shapes that do not fit.
    """
    if truth.shape != (len(rows), len(labels)):
        raise DataError(f"truth of shape {truth.shape} for {len(rows)} rows and {len(labels)} "
                        f"labels; expected ({len(rows)}, {len(labels)}).")
    counts = truth.sum(axis=0, dtype=np.int64)
    majors = np.flatnonzero(counts > max(least, 0))
    minors = np.flatnonzero((counts > 0) & (counts <= least))
    if not len(majors):
        return []
    means = np.stack([rows[truth[:, m] > 0].mean(axis=0, dtype=np.float64) for m in majors])
    order = minors[np.argsort(-counts[minors], kind="stable")]
    return [_merge(rows[truth[:, m] > 0], means, labels[m], [labels[j] for j in majors.tolist()],
                   rng)
            for m in order.tolist()]


def _merge(
    bearers: NDArray[np.floating], means: Doubles, minor: str, majors: Sequence[str],
    rng: np.random.Generator | None,
) -> Merge:
    away = _distances(bearers.mean(axis=0, dtype=np.float64)[None], means)[0]
    nearest = np.argsort(away, kind="stable")
    second = int(nearest[1]) if len(nearest) > 1 else None
    return Merge(
        minor, majors[nearest[0]], float(away[nearest[0]]), len(bearers),
        None if second is None else majors[second],
        None if second is None else float(away[second]),
        None if rng is None else _steady(bearers, means, int(nearest[0]), rng),
    )


def _steady(
    bearers: NDArray[np.floating], means: Doubles, major: int, rng: np.random.Generator
) -> float | None:
    """Return how often tracks drawn with replacement go to the same major label; None for one."""
    if len(bearers) < 2:
        return None
    weights = rng.multinomial(len(bearers), np.full(len(bearers), 1 / len(bearers)), size=DRAWS)
    drawn = weights @ bearers.astype(np.float64) / len(bearers)
    return float((_distances(drawn, means).argmin(axis=1) == major).mean())


def _distances(points: Doubles, means: Doubles) -> Doubles:
    """Return Euclidean distances [shape=(points, means)]."""
    found: Doubles = np.stack([np.linalg.norm(points - mean, axis=1) for mean in means], axis=1)
    return found


def section(
    found: Explored, points: Doubles, *, least_share: float = LEAST_SHARE,
    name: str = "features-merging", title: str = "Minor genres beside major ones",
) -> Section:
    """Return which minor genres are nearest to which major ones.

    Args:
        points: the scaled rows.
        least_share: of the tracks: genres on this share or less are minor.
        name: of the section and its chart.
    """
    columns = genres(found.vocabulary)
    labels = [found.vocabulary.labels[c] for c in columns.tolist()]
    least, notes = _minor(found.truth[:, columns], least_share)
    merges = minor_into_major(points, found.truth[:, columns], labels, least, rng=found.rng)
    numbers = {"least": least, "merges": [_told(m) for m in merges]}
    if not merges:
        return Section(name, title, numbers, (), (
            f"No genre is on {least} tracks or fewer beside one on more.", *notes))
    figure = Figure(_GOES, _picture(name, _GOES, merges[:_MOST_DRAWN]), _caption(merges, least))
    return Section(name, title, numbers, (figure,), (_note(merges), *notes))


def _minor(truth: NDArray[np.int8], share: float) -> tuple[int, list[str]]:
    """Return the tracks on which, or on fewer, a genre is minor, and what is to be said of it."""
    least = math.floor(share * len(truth))
    counts = truth.sum(axis=0, dtype=np.int64)
    counts = counts[counts > 0]
    if not len(counts) or counts.min() <= least < counts.max():
        return least, []
    quarter = int(np.quantile(counts, 0.25))
    return quarter, [f"At {share:.1%} of the tracks ({least}) no genre would be minor, or none "
                     "major: the rarest quarter of the genres is taken."]


def _told(its: Merge) -> dict[str, Any]:
    second = None if its.second_distance is None else round(its.second_distance, 5)
    return {"minor": its.minor, "tracks": its.tracks, "major": its.major,
            "distance": round(its.distance, 5), "second": its.second, "second_distance": second,
            "steady": its.steady}


def _picture(name: str, title: str, merges: Sequence[Merge]) -> str:
    most = max([m.second_distance or m.distance for m in merges] + [1e-9])
    x = Scale(0, most, 2, WIDTH - 50)
    rows = [_row(m, x, _ROW * i + 6) for i, m in enumerate(merges)]
    told = "; ".join(f"{m.minor} into {m.major}, distance {m.distance:.3f}" for m in merges)
    return chart(name, title, told, _ROW * len(merges) + 10, *rows)


def _row(its: Merge, x: Scale, top: float) -> str:
    steady = "" if its.steady is None else f"{its.steady:.0%}"
    parts = [
        text(f"{shorten(its.minor, 24)} ({its.tracks}) → {shorten(its.major, 24)}", 2, top + 12,
             "strong"),
        element("rect", x=x(0), y=top + 18, width=max(x(its.distance) - x(0), 1), height=12.0,
                class_="bar"),
        text(steady, WIDTH - 4, top + 28, "value", "end"),
    ]
    if its.second is not None and its.second_distance is not None:
        at = x(its.second_distance)
        parts += [diamond(at, top + 24, 5.0, "mark-open"),
                  text(shorten(its.second, 24), WIDTH - 4, top + 12, "tick", "end")]
    return "".join(parts)


def _caption(merges: Sequence[Merge], least: int) -> str:
    drawn = "" if len(merges) <= _MOST_DRAWN else f" The {_MOST_DRAWN} commonest are drawn."
    return (f"{len(merges)} genres on {least} tracks or fewer, each with the larger genre whose "
            "mean is nearest. Bar: the distance; diamond and the name at the right: the next "
            "nearest. Percent: how often another drawing of the minor genre's tracks would go to "
            "the same." + drawn)


def _note(merges: Sequence[Merge]) -> str:
    tried = [m for m in merges if m.steady is not None]
    doubtful = sum((m.steady or 0) < 0.95 for m in tried)
    return (f"{doubtful} of {len(tried)} of these merges would come out otherwise in more than 5% "
            "of drawings. Near in features is not related in music: look at each before merging.")
