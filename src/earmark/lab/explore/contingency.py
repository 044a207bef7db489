"""Which labels stand in which cluster."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from earmark.judging.report.svg import WIDTH, chart, line, shorten, text
from earmark.lab.explore.matrix import cells
from earmark.lab.explore.section import Explored, Figure
from earmark.lab.explore.shown import shown
from earmark.lab.explore.space import Doubles

MOST_LABELS = 30
_LEFT, _TOP, _ROW = 128.0, 22.0, 18.0
_ROOM = 24.0  # pixels a cell needs to bear its number
_FEW, _TELLING = 3, 5  # labels named a cluster, and the tracks a label needs there


def table(truth: NDArray[np.int8], assigned: NDArray[np.intp]) -> NDArray[np.int64]:
    """Return how many tracks of each label are in each cluster [shape=(labels, clusters)].

    A track with several labels counts for each of them.
    """
    member = np.zeros((len(assigned), int(assigned.max(initial=-1)) + 1), dtype=np.int64)
    member[np.arange(len(assigned)), assigned] = 1
    found: NDArray[np.int64] = truth.T.astype(np.int64) @ member
    return found


def told_clusters(found: Explored, assigned: NDArray[np.intp]) -> list[dict[str, Any]]:
    """Return each cluster's size and the labels that stand there far more often than elsewhere."""
    counts = table(found.truth, assigned)
    sizes = np.bincount(assigned)
    rate = found.truth.mean(axis=0)
    told = []
    for cluster, size in enumerate(sizes.tolist()):
        share = counts[:, cluster] / max(size, 1)
        lift = np.divide(share, rate, out=np.zeros(len(rate)), where=rate > 0)
        lift[counts[:, cluster] < _TELLING] = 0
        best = [i for i in np.argsort(-lift, kind="stable")[:_FEW].tolist() if lift[i] > 1]
        told.append({"cluster": cluster + 1, "tracks": size, "labels": [
            {"label": found.vocabulary.labels[i], "tracks": int(counts[i, cluster]),
             "share": round(float(share[i]), 4), "times": round(float(lift[i]), 3)}
            for i in best]})
    return told


def which_labels(name: str, found: Explored, assigned: NDArray[np.intp]) -> Figure | None:
    """Return for each label the share of its tracks in each cluster; None where none is shown."""
    columns = list(shown(found.truth, found.vocabulary, MOST_LABELS).columns)
    if not columns:
        return None
    counts = table(found.truth, assigned)[columns]
    shares = counts / counts.sum(axis=1, keepdims=True)
    order = _diagonal(shares)
    names = [found.vocabulary.labels[columns[i]] for i in order]
    return Figure("Which labels stand in which cluster", _picture(f"{name}-labels", shares[order],
                  names), _caption(found, assigned, shares, columns))


def _diagonal(shares: Doubles) -> NDArray[np.intp]:
    """Return the labels by the cluster that most of their tracks are in, the fullest first."""
    return np.lexsort((-shares.max(axis=1), shares.argmax(axis=1)))


def _picture(name: str, shares: Doubles, names: list[str]) -> str:
    labels, clusters = shares.shape
    width, height = WIDTH - _LEFT - 2, _ROW * labels
    across = width / clusters
    parts = [cells(shares, _LEFT, _TOP, width, height)]
    for i, label in enumerate(names):
        y = _TOP + _ROW * (i + 0.5) + 4
        parts.append(text(shorten(label, 17), _LEFT - 6, y, "label", "end"))
        if across >= _ROOM:
            parts += [text(f"{share:.0%}"[:-1], _LEFT + across * (k + 0.5), y,
                           "tick ink", "middle")
                      for k, share in enumerate(shares[i].tolist()) if share >= 0.005]
    step = 1 if across >= 14 else 5
    parts += [text(str(k), _LEFT + across * (k - 0.5), _TOP - 8, "tick", "middle")
              for k in range(1, clusters + 1) if k % step == 0 or k == 1]
    parts += [line(_LEFT + across * k, _TOP, _LEFT + across * k, _TOP + height, "grid")
              for k in range(clusters + 1)]
    told = "; ".join(f"{label}: mostly cluster {int(row.argmax()) + 1} ({row.max():.0%})"
                     for label, row in zip(names, shares, strict=True))
    return chart(name, "Share of each label's tracks in each cluster, in percent", told,
                 _TOP + height + 4, *parts)


def _caption(
    found: Explored, assigned: NDArray[np.intp], shares: Doubles, columns: list[int]
) -> str:
    together, spread = int(shares.max(axis=1).argmax()), int(shares.max(axis=1).argmin())
    names = [found.vocabulary.labels[c] for c in columns]
    said = (f"Percent of a label's tracks in each of {shares.shape[1]} k-means clusters. Most "
            f"together: {names[together]}, {shares[together].max():.0%} in cluster "
            f"{int(shares[together].argmax()) + 1}.")
    if spread != together:
        said += (f" Most spread: {names[spread]}, no more than {shares[spread].max():.0%} "
                 "anywhere.")
    if len(columns) < len(found.vocabulary):
        said += f" The {len(columns)} commonest genres are drawn."
    return said
