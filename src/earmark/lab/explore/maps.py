"""Tracks as points of a plane: the first two principal components, and UMAP where it is installed.

UMAP (McInnes, Healy and Melville, 2018) keeps neighbours near and lets distances go: how far apart
two of its islands lie says nothing. How well each map keeps neighbours is measured and told.
"""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
from numpy.typing import NDArray

from earmark.errors import MissingExtraError, require
from earmark.lab.explore.clustering import some_of
from earmark.lab.explore.scatter import by_label, over_all
from earmark.lab.explore.section import Explored, Figure, Section
from earmark.lab.explore.shown import Shown, shown
from earmark.lab.explore.space import Components, Doubles

MOST_TRACKS = 3000
"""Tracks that maps are made of and drawn."""
NEIGHBOURS = 15
"""That UMAP looks at, and that are compared."""
_MOST_PANELS = 12
_EPOCHS = 200  # umap-learn's own choice for many tracks; for few it takes 500


def section(found: Explored, scaled: Components, points: Doubles) -> Section:
    """Return the maps of the tracks, coloured by genre.

    Args:
        scaled: components of the standardised columns.
        points: the tracks in the space in which neighbours are looked for.
    """
    if len(np.unique(points, axis=0)) < 2:
        return Section("features-maps", _TITLE, {"tracks": len(points)}, (), (
            "All tracks are alike in their features, so there is no map.",))
    some = some_of(len(points), MOST_TRACKS, found.rng)
    drawn = shown(found.truth[some], found.vocabulary)
    maps, notes = _maps(scaled.scores[some], points[some], found.rng)
    numbers: dict[str, Any] = {
        "tracks": len(some), "labels": [found.vocabulary.labels[c] for c in drawn.columns],
        "neighbours_of_same_label": {"features": _same(points[some], drawn), **{
            kind: _same(places, drawn) for kind, places in maps.items()}},
        "same_label_by_chance": _by_chance(drawn),
        "means": {kind: _means(found, places, drawn, some) for kind, places in maps.items()},
    }
    figures = [_overview(found, kind, places, drawn, some, scaled, numbers)
               for kind, places in maps.items()]
    figures += _panels(found, maps, some)
    return Section("features-maps", _TITLE, numbers, tuple(figures),
                   (*_notes(found, drawn, len(some)), *notes))


_TITLE = "Maps of the tracks"
_NAMES = {"pca": "Principal components", "umap": "UMAP"}


def umap(points: Doubles, rng: np.random.Generator) -> Doubles:
    """Return UMAP's places [shape=(tracks, 2)]; there must be more tracks than ``NEIGHBOURS``.

    Raises:
        MissingExtraError: umap-learn is not installed.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of its own dependencies, when it is imported
        made = require("umap", extra="explore", purpose="a UMAP map")
        fitted = made.UMAP(n_neighbors=NEIGHBOURS, n_epochs=_EPOCHS,
                           random_state=int(rng.integers(2**31)), n_jobs=1)
        places: Doubles = np.asarray(fitted.fit_transform(points), dtype=np.float64)
    return places


def _maps(
    scores: Doubles, points: Doubles, rng: np.random.Generator
) -> tuple[dict[str, Doubles], list[str]]:
    plane = np.zeros((len(scores), 2))
    plane[:, : min(2, scores.shape[1])] = scores[:, :2]
    found, notes = {"pca": plane}, []
    if len(points) <= 2 * NEIGHBOURS:
        notes.append(f"No UMAP: {len(points)} tracks are too few for it.")
        return found, notes
    try:
        places = umap(points, rng)
    except MissingExtraError as error:
        notes.append(f"No UMAP map: {error}")
        return found, notes
    if np.isfinite(places).all():
        found["umap"] = places
    else:
        notes.append("No UMAP map: it found no place for some tracks (many of them are equal).")
    return found, notes


def _same(places: Doubles, drawn: Shown) -> float | None:
    """Return the share of each labelled track's nearest labelled ones that have its label."""
    from sklearn.neighbors import NearestNeighbors

    labelled = np.flatnonzero(drawn.of_track >= 0)
    count = min(NEIGHBOURS, len(labelled) - 1)
    if count < 1:
        return None
    near = NearestNeighbors(n_neighbors=count).fit(places[labelled]).kneighbors(
        return_distance=False)
    label = drawn.of_track[labelled]
    return round(float((label[near] == label[:, None]).mean()), 4)


def _by_chance(drawn: Shown) -> float | None:
    counts = np.bincount(drawn.of_track[drawn.of_track >= 0])
    total = int(counts.sum())
    if total < 2:
        return None
    return round(float((counts * (counts - 1)).sum() / (total * (total - 1))), 4)


def _means(
    found: Explored, places: Doubles, drawn: Shown, some: NDArray[np.intp]
) -> dict[str, list[float]]:
    bears = found.truth[some] > 0
    return {found.vocabulary.labels[c]: [round(float(v), 4) for v in places[bears[:, c]].mean(0)]
            for c in drawn.columns}


def _overview(
    found: Explored, kind: str, places: Doubles, drawn: Shown, some: NDArray[np.intp],
    scaled: Components, numbers: dict[str, Any],
) -> Figure:
    names = [found.vocabulary.labels[c] for c in drawn.columns]
    bears = [found.truth[some, c] > 0 for c in drawn.columns]
    title = f"{_NAMES[kind]} of the tracks"
    svg = over_all(f"features-map-{kind}", title, places, drawn.of_track, names, bears, found.rng)
    same, chance = numbers["neighbours_of_same_label"], numbers["same_label_by_chance"]
    said = (f"The first two components hold {scaled.shares[:2].sum():.0%} of the variance."
            if kind == "pca" else "Neighbours are kept near; distances between islands mean "
            "nothing.")
    if same[kind] is not None and chance is not None:
        said += (f" Of a track's {NEIGHBOURS} nearest on this map {same[kind]:.0%} have its colour;"
                 f" {same['features']:.0%} by all features, {chance:.0%} by chance.")
    return Figure(title, svg, said + " Rings: half of a label's tracks, if they lay normally.")


def _panels(
    found: Explored, maps: dict[str, Doubles], some: NDArray[np.intp]
) -> list[Figure]:
    """Return the last map once more, each label on its own."""
    drawn = shown(found.truth[some], found.vocabulary, _MOST_PANELS)
    if len(drawn.columns) < 2:
        return []
    kind, places = list(maps.items())[-1]
    panels = {found.vocabulary.labels[c]: found.truth[some, c] > 0 for c in drawn.columns}
    title = f"Each label by itself ({_NAMES[kind]})"
    spread = {label: _spread(places, bears) for label, bears in panels.items()}
    densest, widest = min(spread, key=lambda k: spread[k]), max(spread, key=lambda k: spread[k])
    said = (f"The tracks of each label over all tracks in grey. Densest: {densest}; most spread: "
            f"{widest}.")
    return [Figure(title, by_label("features-map-labels", title, places, panels), said)]


def _spread(places: Doubles, bears: NDArray[np.bool_]) -> float:
    """Return the root mean square distance of a label's tracks to their mean."""
    inside = places[bears]
    return float(np.sqrt(((inside - inside.mean(axis=0)) ** 2).sum(axis=1).mean()))


def _notes(found: Explored, drawn: Shown, tracks: int) -> list[str]:
    notes = []
    if tracks < len(found.rows):
        notes.append(f"Maps are of {tracks} of {len(found.rows)} tracks, drawn at random.")
    if (found.truth.sum(axis=1) > 1).any():
        notes.append("A track with several labels has the colour of the rarest of those drawn; "
                     "rings and small maps count it for each.")
    if rest := int((drawn.of_track < 0).sum()):
        notes.append(f"{rest} tracks bear none of the {len(drawn.columns)} labels drawn: grey.")
    return notes
