"""The graph of labels that stand together more often than chance: edges, communities, picture.

Edges are few on purpose, the strongest of each label, or the picture would show nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from earmark.datasets._files import counted
from earmark.judging.report.svg import chart, element, shorten, text
from earmark.lab.explore import layout
from earmark.lab.explore.drawing import HUES, legend, mark, text_width
from earmark.lab.explore.section import Figure
from earmark.lab.explore.tally import Tally, listed
from earmark.labels.vocabulary import group_order

_LEAST_TRACKS = 3
_SURE = 3.0  # standard deviations of chance by which a pair must exceed what is expected
_EACH = 3  # edges that a label may choose
_NAME = 24
_SMALL, _LARGE = 3.0, 14.0  # a node's radius


@dataclass(frozen=True)
class Graph:
    """Labels and what ties them.

    Attributes:
        nodes: columns of the labels that have an edge.
        weights: of the edges, in (0, 1], 0 for none: normalised pointwise mutual information
            [shape=(nodes, nodes)].
        communities: of each node, numbered from 0, the largest first [shape=(nodes,)].
        alone: columns of the labels without an edge.
    """

    nodes: NDArray[np.intp]
    weights: NDArray[np.float64]
    communities: NDArray[np.intp]
    alone: NDArray[np.intp]


def support(tally: Tally) -> int:
    """Return on how many tracks a pair must stand for its lift to mean anything."""
    return max(_LEAST_TRACKS, round(len(tally.ids) / 2000))


def graph(tally: Tally, members: NDArray[np.intp]) -> Graph:
    """Return the graph of these labels.

    An edge is a pair on enough tracks, clearly oftener together than by chance, that is among the
    three strongest of one of its labels. Strength is pointwise mutual information over its
    largest possible value, log lift / -log share, since lift alone favours the rarest labels.
    """
    strength = _strength(tally, members)
    chosen = np.zeros_like(strength, dtype=bool)
    for row, its in enumerate(strength):
        best = np.argsort(-its, kind="stable")[:_EACH]
        chosen[row, best[its[best] > 0]] = True
    weights = np.where(chosen | chosen.T, strength, 0.0)
    tied = weights.any(axis=1)
    kept = weights[np.ix_(tied, tied)]
    return Graph(members[tied], kept, communities(kept), members[~tied])


def _strength(tally: Tally, members: NDArray[np.intp]) -> NDArray[np.float64]:
    total = len(tally.ids)
    both = tally.together[np.ix_(members, members)].astype(np.float64)
    expected = np.outer(tally.counts[members], tally.counts[members]) / total
    sure = (both >= support(tally)) & (both > expected + _SURE * np.sqrt(expected))
    np.fill_diagonal(sure, False)
    with np.errstate(divide="ignore", invalid="ignore"):
        found = np.log(both / expected) / -np.log(both / total)
    return np.where(sure, np.clip(np.nan_to_num(found, posinf=1.0), 0, 1), 0.0)


def communities(weights: NDArray[np.float64]) -> NDArray[np.intp]:
    """Return communities by greedy modularity, the largest numbered 0 [shape=(nodes,)].

    Newman's modularity: the weight within communities less what would be there by chance. Of all
    pairs of communities the one whose union gains most is joined until none gains.
    """
    total = weights.sum()
    member = np.arange(len(weights))
    if not total:
        return member
    # Gain of joining two communities: 2 (their common weight - what chance gives them).
    degree = weights.sum(axis=1) / total
    gain = weights / total - np.outer(degree, degree)
    np.fill_diagonal(gain, -np.inf)
    while gain.size and gain.max() > 1e-12:
        a, b = sorted(np.unravel_index(int(gain.argmax()), gain.shape))
        gain[a] += gain[b]
        gain[:, a] += gain[:, b]
        gain[a, a] = -np.inf
        gain[b], gain[:, b] = -np.inf, -np.inf
        member[member == b] = a
    kinds, sizes = np.unique(member, return_counts=True)
    rank = {int(kinds[i]): n for n, i in enumerate(np.argsort(-sizes, kind="stable"))}
    return np.asarray([rank[int(m)] for m in member], dtype=np.intp)


def plain(tally: Tally, found: Graph) -> dict[str, Any]:
    """Return the graph for JSON."""
    labels = tally.vocabulary.labels
    edges = [(a, b) for a, b in np.argwhere(np.triu(found.weights) > 0).tolist()]
    return {
        "least_tracks_of_an_edge": support(tally),
        "nodes": [{"label": labels[k], "tracks": int(tally.counts[k]), "community": int(c)}
                  for k, c in zip(found.nodes, found.communities, strict=True)],
        "edges": [{"labels": [labels[found.nodes[a]], labels[found.nodes[b]]],
                   "normalised_pmi": round(float(found.weights[a, b]), 6)} for a, b in edges],
        "without_an_edge": [labels[k] for k in found.alone],
    }  # fmt: skip


def figures(tally: Tally, found: Graph) -> list[Figure]:
    """Return the picture of the graph; none where nothing is tied."""
    if not len(found.nodes):
        return []
    edges = np.argwhere(np.triu(found.weights) > 0)
    strongest = edges[np.argmax(found.weights[edges[:, 0], edges[:, 1]])]
    a, b = (tally.names[found.nodes[n]] for n in strongest)
    said = f"{counted(len(edges), 'tie')} of {counted(len(found.nodes), 'label')}, the strongest " \
           f"{a} and {b}. A tie is a pair clearly more often together than by chance, thicker " \
           "where stronger; size goes by tracks, colour by which labels keep company " \
           f"({int(found.communities.max()) + 1} circles)."
    if len(found.alone):
        said += f" Tied to none: {listed((tally.names[k] for k in found.alone), 12)}."
    return [Figure("Labels that keep company", _drawn(tally, found, said), said)]


def _drawn(tally: Tally, found: Graph, told: str) -> str:
    names = [shorten(tally.names[k], _NAME) for k in found.nodes]
    count = tally.counts[found.nodes]
    # One label on nearly all tracks may not make dots of all others.
    share = np.minimum(count / np.quantile(count, 0.95), 1.0)
    radius = _SMALL + (_LARGE - _SMALL) * np.sqrt(share)
    half = np.asarray([[max(r, text_width(n) / 2) + 4, r + 12]
                       for r, n in zip(radius, names, strict=True)])
    places = layout.spread(layout.springs(found.weights), half)
    places = places - (places - half).min(axis=0)
    width, height = (float(v) for v in (places + half).max(axis=0))
    shapes, keys = _kinds(tally, found)
    drawn, below = legend(keys, height + 6, width)
    nodes = [_node(shape, int(its), name, (float(x), float(y)), float(r)) for
             shape, its, name, (x, y), r in zip(shapes, found.communities, names, places, radius,
                                                strict=True)]
    return chart("pairs-graph", "Labels that keep company", told, height + 6 + below,
                 *_edges(found, places), *nodes, drawn, width=max(width, 200.0))


def _node(
    shape: int, community: int, name: str, place: tuple[float, float], radius: float
) -> str:
    x, y = place
    # The name stands below; both together are centred on the place.
    return mark(shape, x, y - 7, radius, _hue(community)) + text(
        name, x, y + radius + 8, "label halo", "middle")


def _hue(community: int) -> str:
    return f"node hue-{community % HUES}"


def _edges(found: Graph, places: NDArray[np.float64]) -> list[str]:
    return [element("line", x1=places[a, 0], y1=places[a, 1] - 7, x2=places[b, 0],
                    y2=places[b, 1] - 7, class_="edge", stroke_width=1 + 5 * weight,
                    stroke_opacity=0.12 + 0.5 * weight)
            for a, b in np.argwhere(np.triu(found.weights) > 0).tolist()
            for weight in [float(found.weights[a, b])]]


def _kinds(tally: Tally, found: Graph) -> tuple[list[int], list[tuple[int, str, str]]]:
    """Return each node's shape, by its group, and the legend of shapes and colours."""
    groups = [tally.vocabulary.group(tally.vocabulary.labels[k]) for k in found.nodes]
    present = sorted(set(groups), key=group_order)
    keys = [(i, "soft", group) for i, group in enumerate(present)] if len(present) > 1 else []
    shown = range(min(int(found.communities.max()) + 1, HUES))
    keys += [(0, f"hue-{c}", f"around {_first(tally, found, c)}") for c in shown]
    return [present.index(group) for group in groups], keys


def _first(tally: Tally, found: Graph, community: int) -> str:
    members: Sequence[int] = found.nodes[found.communities == community].tolist()
    first = max(members, key=lambda k: (tally.counts[k], tally.vocabulary.labels[k]))
    return shorten(tally.names[first], _NAME)
