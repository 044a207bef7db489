"""How common labels are: counts by group, the long tail, and labels a track."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from earmark.datasets._files import counted
from earmark.datasets.base import Dataset
from earmark.judging.report.svg import WIDTH, Scale, chart, element, line, path, text
from earmark.judging.splits import Split
from earmark.lab.doctor.labels import FEW_TRACKS
from earmark.lab.explore import families, pairs, parts
from earmark.lab.explore.drawing import Bar, bars, group_hue
from earmark.lab.explore.section import Figure, Section
from earmark.lab.explore.tally import Tally, listed, unheld
from earmark.labels.vocabulary import group_order

_MOST_BARS = 40  # a group
_MOST_COUNTED = 16


def sections(dataset: Dataset, split: Split | None) -> list[Section]:
    """Return what there is to see of a dataset's labels.

    Counts are of all tracks. What looks closer is of train and valid only, where a split is given:
    a test part that was explored is no longer unseen.

    Raises:
        DataError: no track bears a label.
    """
    whole, closer = Tally.of(dataset), Tally.of(dataset, unheld(dataset, split))
    found = [counts(whole)]
    if split is not None:
        found.append(parts.compared(whole, split))
    return [*found, pairs.section(closer), families.section(closer, dataset.name)]


def counts(tally: Tally) -> Section:
    """Return how many tracks bear each label, by group."""
    figures = [*_tail(tally), *_histogram(tally), *_by_group(tally)]
    bare = int((tally.truth.sum(axis=1) == 0).sum())
    unused = [tally.names[k] for k in np.flatnonzero(tally.counts == 0)]
    notes = [f"Without a label: {counted(bare, 'track')}."] if bare else []
    if unused:
        notes.append(f"On no track: {listed(unused)}.")
    return Section("labels", "How common the labels are", _numbers(tally), tuple(figures),
                   tuple(notes))


def half(tally: Tally) -> int:
    """Return how many of the commonest labels make up half of all that tracks bear."""
    borne = np.cumsum(np.sort(tally.counts)[::-1])
    return int(np.searchsorted(borne, borne[-1] / 2)) + 1


def _numbers(tally: Tally) -> dict[str, Any]:
    each = tally.truth.sum(axis=1, dtype=np.int64)
    share = tally.counts / tally.counts.sum()
    present = share[share > 0]
    labels, vocabulary = tally.vocabulary.labels, tally.vocabulary
    return {
        "tracks": len(tally.ids), "task": vocabulary.task,
        "tracks_without_labels": int((each == 0).sum()),
        "labels_a_track": {"mean": round(float(each.mean()), 6), "most": int(each.max()),
                           "median": float(np.median(each)),
                           "tracks": {str(n): int(c) for n, c in enumerate(np.bincount(each))}},
        "long_tail": {
            "labels_that_make_half": half(tally),
            "labels_on_few_tracks": int((tally.counts < FEW_TRACKS).sum()), "few": FEW_TRACKS,
            "labels_if_all_were_equally_common":  # exp of the entropy
                round(float(np.exp(-(present * np.log(present)).sum())), 6),
        },
        "labels": [{"label": labels[k], "group": vocabulary.group(labels[k]),
                    "tracks": int(tally.counts[k]),
                    "share": round(float(tally.counts[k] / len(tally.ids)), 6)}
                   for k in tally.commonest.tolist()],
    }  # fmt: skip


def _by_group(tally: Tally) -> list[Figure]:
    groups: dict[str, list[int]] = {}
    for k in tally.commonest.tolist():
        groups.setdefault(tally.vocabulary.group(tally.vocabulary.labels[k]), []).append(k)
    return [_of_group(tally, group, groups[group]) for group in sorted(groups, key=group_order)]


def _of_group(tally: Tally, group: str, members: list[int]) -> Figure:
    shown = members[:_MOST_BARS]
    names = [tally.names[k] for k in shown]
    rows = [Bar(name, float(tally.counts[k]), str(tally.counts[k]))
            for name, k in zip(names, shown, strict=True)]
    title = f"{group}: {counted(len(members), 'label')}"
    first, last = tally.counts[members[0]], tally.counts[members[-1]]
    said = f"{names[0]} is on {first / len(tally.ids):.1%} of the tracks"
    if len(members) > 1 and first == last:
        said = f"Each of them is on {counted(int(first), 'track')}"
    elif len(members) > 1:
        said += f"; from the commonest to the rarest label it is {first} tracks to {last}"
    if len(members) > len(shown):
        said += f". Drawn: the {len(shown)} commonest of {len(members)}"
    return Figure(title, bars(f"labels-{_slug(group)}", f"Tracks of each label: {title}", rows,
                              hue=group_hue(group)), f"{said}.")  # fmt: skip


def _tail(tally: Tally) -> list[Figure]:
    ordered, middle = np.sort(tally.counts)[::-1], half(tally)
    if ordered[0] == ordered[-1]:
        return []
    few = int((tally.counts < FEW_TRACKS).sum())
    said = f"The {counted(middle, 'commonest label')} of {len(ordered)} make up half of all " \
           "that tracks bear (shaded)"
    said += f"; {counted(few, 'label')} stand below {FEW_TRACKS} tracks (dashed)." if few else \
        f"; none is on fewer than {ordered[-1]} tracks."
    return [Figure("The long tail", _tail_chart(ordered, middle, said), said)]


def _tail_chart(ordered: NDArray[np.int64], middle: int, told: str) -> str:
    """Return tracks, on a logarithmic scale, over the rank of the label."""
    left, bottom, right = 48.0, 220.0, WIDTH - 12
    x = Scale(0.5, len(ordered) + 0.5, left, right)
    height = np.log10(np.maximum(ordered, 1))
    low, high = math.floor(height[-1]), max(math.ceil(height[0]), math.floor(height[-1]) + 1)
    y = Scale(low, high, bottom, 12)
    points = [(x(i + 1), y(float(h))) for i, h in enumerate(height)]
    ticks = [line(left, y(d), right, y(d), "grid") + text(f"{10**d}", left - 6, y(d) + 4, "tick",
                                                          "end") for d in range(low, high + 1)]
    ranks = sorted({1, middle, len(ordered)})
    spaced = [r for i, r in enumerate(ranks) if not i or x(r) - x(ranks[i - 1]) > 26]
    few = y(math.log10(FEW_TRACKS))
    return chart(
        "labels-tail", "Tracks of each label by rank", told, 258,
        element("rect", x=left, y=12.0, width=x(middle + 0.5) - left, height=bottom - 12,
                class_="ground"), *ticks,
        line(left, few, right, few, "ideal") if ordered[-1] < FEW_TRACKS else "",
        path(points, "curve"),
        *(element("circle", cx=px, cy=py, r=2.5, class_="hue-0") for px, py in points),
        *(text(str(r), x(r), bottom + 15, "tick", "middle") for r in spaced),
        text("rank of the label; upward: its tracks, by powers of ten", (left + right) / 2,
             bottom + 33, "tick", "middle"),
    )  # fmt: skip


def _histogram(tally: Tally) -> list[Figure]:
    if (tally.truth.sum(axis=1) == 1).all():
        return []
    found = np.bincount(tally.truth.sum(axis=1, dtype=np.int64))
    shown = found[:_MOST_COUNTED].astype(np.int64)
    names = [counted(n, "label") for n in range(len(shown))]
    if len(found) > _MOST_COUNTED:
        shown[-1] += found[_MOST_COUNTED:].sum()
        names[-1] += " or more"
    rows = [Bar(name, float(n), str(n)) for name, n in zip(names, shown, strict=True)]
    each = tally.truth.sum(axis=1, dtype=np.int64)
    said = f"A track bears {each.mean():.2f} labels on average, {each.max()} at most; " \
           f"{(each == 1).mean():.1%} bear one, " \
           + (f"{found[0] / len(each):.1%} none." if found[0] else "every track bears some.")
    return [Figure("Labels a track", bars(
        "labels-each", "Tracks by how many labels they bear", rows), said)]


def _slug(name: str) -> str:
    return "".join(c if c.isalnum() else "-" for c in name)
