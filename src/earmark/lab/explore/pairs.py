"""Which labels stand together: each pair counted once, against what chance would give."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from earmark.datasets._files import counted
from earmark.errors import require
from earmark.lab.explore import network
from earmark.lab.explore.drawing import Bar, named_bars
from earmark.lab.explore.heatmap import heatmap
from earmark.lab.explore.section import Figure, Section
from earmark.lab.explore.tally import Tally

MOST_DRAWN = 60
"""Labels in a matrix or a graph, the commonest."""
MOST_PAIRS = 20_000
"""Pairs of labels in the JSON file, the commonest; a hundred labels can have 4950."""

_BARS = 24
_FURTHEST = 4.0  # doublings over chance that are drawn darkest
_NAME = "pairs"
_TITLE = "Which labels stand together"


def section(tally: Tally) -> Section:
    """Return how often labels stand together, or that they cannot."""
    if tally.vocabulary.task == "single":
        return Section(_NAME, _TITLE, {"task": "single", "pairs": []}, (), (
            "Each track of this dataset bears one label, so that no two can stand together.",))
    if not (np.triu(tally.together, 1) > 0).any():
        return Section(_NAME, _TITLE, {"task": "multi", "pairs": []}, (), (
            f"No track of the {len(tally.ids)} looked at bears two labels.",))
    drawn = ordered(tally, tally.commonest[:MOST_DRAWN])
    graph = network.graph(tally, drawn)
    figures = [_commonest(tally), *_closest(tally), *network.figures(tally, graph),
               _counts_map(tally, drawn), _shares_map(tally, drawn), _lift_map(tally, drawn)]
    notes = [f"Of {len(tally.ids)} tracks."]
    if len(tally.vocabulary) > len(drawn):
        notes.append(f"Drawn are the {len(drawn)} commonest of {len(tally.vocabulary)} labels; "
                     "the JSON file has the pairs of all.")
    if (count := len(_pairs(tally))) > MOST_PAIRS:
        notes.append(f"Of {count} pairs that stand together the JSON file has the {MOST_PAIRS} "
                     "commonest.")
    return Section(_NAME, _TITLE, _numbers(tally, graph), tuple(figures), tuple(notes))


def lift(tally: Tally) -> NDArray[np.float64]:
    """Return how many times as often as by chance labels stand together
    [shape=(labels, labels)].

    The count of a pair over the product of its labels' shares: 1 for what is independent, 0 for
    what never meets, NaN where a label is on no track.
    """
    count = tally.counts.astype(np.float64)
    with np.errstate(divide="ignore", invalid="ignore"):
        found: NDArray[np.float64] = tally.together * len(tally.ids) / np.outer(count, count)
    return np.where(np.outer(count, count) > 0, found, np.nan)


def ordered(tally: Tally, members: NDArray[np.intp]) -> NDArray[np.intp]:
    """Return the labels so that those with the same company stand side by side.

    Average linkage on the cosine between the rows of the tracks that bear them, leaves turned so
    that neighbours are near.

    Raises:
        MissingExtraError: scipy is not installed.
    """
    members = np.asarray([k for k in members if tally.counts[k]], dtype=np.intp)
    if len(members) < 3:
        return members
    hierarchy = require("scipy.cluster.hierarchy", extra="train", purpose="ordering labels")
    distance = require("scipy.spatial.distance", extra="train", purpose="ordering labels")
    size = np.sqrt(tally.counts[members].astype(np.float64))
    far = 1 - tally.together[np.ix_(members, members)] / np.outer(size, size)
    far = np.maximum(far, 0)  # labels on the same tracks: less than nothing by rounding
    np.fill_diagonal(far, 0)
    tree = hierarchy.linkage(distance.squareform(far, checks=False), "average",
                             optimal_ordering=True)
    return np.asarray(members[hierarchy.leaves_list(tree)], dtype=np.intp)


def _pairs(tally: Tally) -> list[tuple[int, int]]:
    """Return the pairs of labels that stand together, each once, the commonest first."""
    found = np.argwhere(np.triu(tally.together, 1) > 0)
    often = tally.together[found[:, 0], found[:, 1]]
    # The commoner label of the two is named first.
    return [(int(a), int(b)) if tally.counts[a] >= tally.counts[b] else (int(b), int(a))
            for a, b in found[np.argsort(-often, kind="stable")]]


def _numbers(tally: Tally, graph: network.Graph) -> dict[str, Any]:
    labels, times = tally.vocabulary.labels, lift(tally)
    return {
        "task": tally.vocabulary.task, "tracks": len(tally.ids),
        "pairs": [{"labels": [labels[a], labels[b]], "tracks": int(tally.together[a, b]),
                   "of_first": round(float(tally.together[a, b] / tally.counts[a]), 6),
                   "of_second": round(float(tally.together[a, b] / tally.counts[b]), 6),
                   "lift": round(float(times[a, b]), 6),
                   "pmi_bits": round(float(np.log2(times[a, b])), 6)}
                  for a, b in _pairs(tally)[:MOST_PAIRS]],
        "graph": network.plain(tally, graph),
    }  # fmt: skip


def _commonest(tally: Tally) -> Figure:
    shown, total = _pairs(tally)[:_BARS], len(tally.ids)
    names = tally.names
    rows = [Bar(f"{names[a]} + {names[b]}", float(n := tally.together[a, b]), str(n),
                float(tally.counts[a] * tally.counts[b] / total)) for a, b in shown]
    a, b = shown[0]
    said = f"{names[a]} and {names[b]} stand together most often, on {tally.together[a, b]} of " \
           f"{total} tracks. Each pair is counted once; the upright marks what chance would give " \
           "labels that common."
    title = "The commonest pairs" if len(shown) > 1 else "The only pair"
    return Figure(title, named_bars("pairs-commonest", title, rows), said)


def _closest(tally: Tally) -> list[Figure]:
    """Return the pairs that are furthest above chance, among those on enough tracks."""
    times, least = lift(tally), network.support(tally)
    order = sorted((pair for pair in _pairs(tally) if tally.together[pair] >= least),
                   key=lambda pair: -times[pair])[:_BARS]
    if not order or times[order[0]] <= 1:
        return []
    names = tally.names
    rows = [Bar(f"{names[a]} + {names[b]}", float(times[a, b]), f"{times[a, b]:.1f}")
            for a, b in order]
    a, b = order[0]
    said = f"{names[a]} and {names[b]} stand together {times[a, b]:.1f} times as often as labels " \
           f"that common would by chance ({tally.together[a, b]} tracks). Pairs on at least " \
           f"{least} tracks."
    return [Figure("The closest pairs", named_bars(
        "pairs-closest", "How many times as often as by chance pairs stand together", rows,
        hue="hue-2"), said)]


def _named(tally: Tally, drawn: NDArray[np.intp]) -> list[str]:
    return [tally.names[k] for k in drawn]


def _off_diagonal(matrix: NDArray[Any]) -> NDArray[np.float64]:
    found = matrix.astype(np.float64)
    np.fill_diagonal(found, np.nan)
    return found


def _counts_map(tally: Tally, drawn: NDArray[np.intp]) -> Figure:
    often = _off_diagonal(tally.together[np.ix_(drawn, drawn)])
    most, names = max(int(np.nanmax(often)), 1), _named(tally, drawn)
    keys = {math.sqrt(n / most): counted(n, "track")
            for n in dict.fromkeys([most, max(round(most / 4), 1), 1])}
    never = int(np.isclose(often, 0).sum()) // 2
    said = f"Of {counted(len(drawn) * (len(drawn) - 1) // 2, 'pair')} of these labels {never} " \
           "stand together on no track (blank). Darkness goes by the square root of the count."
    return Figure("Tracks that bear both", heatmap(
        "pairs-counts", "Tracks that bear both of two labels", said, (names, names),
        np.sqrt(often / most), keys), said)  # fmt: skip


def _shares_map(tally: Tally, drawn: NDArray[np.intp]) -> Figure:
    share = _off_diagonal(tally.together[np.ix_(drawn, drawn)] / tally.counts[drawn][:, None])
    names = _named(tally, drawn)
    row, column = np.unravel_index(int(np.nanargmax(share)), share.shape)
    said = f"Of the tracks with the label at the left, the share that also bear the one on top. " \
           f"Strongest: {share[row, column]:.0%} of the tracks with {names[row]} also bear " \
           f"{names[column]}."
    return Figure("Given one, how likely is the other", heatmap(
        "pairs-shares", "Share of a row's tracks that bear the column's label too", said,
        (names, names), share, {1.0: "100%", 0.5: "50%", 0.1: "10%"}), said)


def _lift_map(tally: Tally, drawn: NDArray[np.intp]) -> Figure:
    times, names = _off_diagonal(lift(tally)[np.ix_(drawn, drawn)]), _named(tally, drawn)
    expected = np.outer(tally.counts[drawn], tally.counts[drawn]) / len(tally.ids)
    # Where chance would give hardly any, not to have met says nothing.
    times = np.where((times == 0) & (expected < 3), np.nan, times)
    doublings = np.log2(np.maximum(times, 2**-_FURTHEST))
    keys = {1.0: "16 times chance or more", 0.5: "4 times", 0.25: "2 times", -0.25: "half",
            -0.5: "a quarter", -1.0: "a 16th or never"}
    said = "Blue: more often together than by chance; orange: less often."
    if np.isfinite(times).any():
        known = np.where(tally.together[np.ix_(drawn, drawn)] >= network.support(tally), times,
                         np.nan)
        if np.isfinite(known).any():
            row, column = np.unravel_index(int(np.nanargmax(known)), known.shape)
            said += f" Strongest: {names[row]} and {names[column]}, {known[row, column]:.1f} " \
                    "times as often as by chance."
    return Figure("Against chance", heatmap(
        "pairs-lift", "How much more often than by chance labels stand together", said,
        (names, names), np.clip(doublings / _FURTHEST, -1, 1), keys), said)  # fmt: skip
