"""A logistic probe on what a published network makes of music, beside the 57 features.

    python -m benchmarks.probe --gtzan FOLDER [--musicnn NAME|PATH] [--msd NAME|PATH]

On the clips of GTZAN whose audio is at hand and on music composed by Earmark; folds keep artists
whole, and are the same for all features. Labels of one artist are left out: they cannot be judged.
Differences to the 57 features have paired bootstrap intervals over artists, all seeds of an artist
being drawn together. The backbones learnt from collections that may hold GTZAN's recordings, so
their scores there are ``contaminated``. Writes ``benchmarks/results/probe.json`` and, of how
accuracy grows with the tracks of each label, ``probe.svg``.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.probe_plot import draw
from earmark.audio.segments import Segments
from earmark.datasets.base import Dataset
from earmark.datasets.gtzan import Gtzan
from earmark.datasets.synthetic import (
    CollectionSettings,
    PlantedFaults,
    Synthetic,
    compose_collection,
)
from earmark.judging import metrics, splits
from earmark.judging.intervals import bootstrap, paired_difference
from earmark.lab import backbones, recipe, validation
from earmark.lab.batches import gather
from earmark.lab.learner import Learner
from earmark.lab.recipe import BranchChoice
from earmark.lab.workers import allow_all_cores
from earmark.store import write_text

RESULTS = Path(__file__).parent / "results" / "probe.json"
SEEDS, FOLDS, DRAWS = 5, 3, 4000
CUTS = {"10 s": 10.0, "whole": None}
COUNTS = (1, 2, 3, 5, 8, 10)  # tracks of each label
COMPOSED = CollectionSettings(artists_per_style=5, tracks_per_artist=4, seconds=15.0,
                              faults=PlantedFaults(0, 0, 0, 0, 0, 0))  # fmt: skip
_REFERENCE = "gtzan57, 10 s"

Front = Mapping[str, Mapping[str, Any]]


def main() -> None:
    """Measure, print and write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--gtzan", type=Path, required=True)
    parser.add_argument("--musicnn", default="musicnn")
    parser.add_argument("--msd", default="musicnn-msd")
    given = parser.parse_args()
    allow_all_cores()
    front = {
        "gtzan57": recipe.read("personal").branches[0].front_end,
        "musicnn": backbones.front_end_for(f"embedding:{given.musicnn}"),
        "musicnn pooled": backbones.front_end_for(f"embedding:{given.musicnn}:pooled"),
        "musicnn-msd": backbones.front_end_for(f"embedding:{given.msd}"),
    }
    found: dict[str, Any] = {"sets": {"gtzan": judge(Gtzan(given.gtzan), front)}}
    with tempfile.TemporaryDirectory() as folder:
        compose_collection(Path(folder), COMPOSED, seed=1)
        composed = Synthetic(folder)
        found["sets"]["composed"] = judge(composed, front)
        found["curve"] = {name: by_ten(composed, front[name]) for name in ("gtzan57", "musicnn")}
    write_text(RESULTS, json.dumps(found, indent=1) + "\n")
    write_text(RESULTS.with_suffix(".svg"), draw(found["curve"]))
    for name, its in found["sets"].items():
        print(f"{name}: {its['about']}")
        for row in its["probes"]:
            print(f"  {row['features']:22} {row['accuracy']:.3f} {row['interval']} "
                  f"difference {row['difference']}  {row['mark']}")


def judge(dataset: Dataset, front: Front) -> dict[str, Any]:
    """Return the accuracy of each probe on a dataset, and what it was measured on."""
    learners = {f"{name}, {cut}": learner_of(dataset, judgeable(dataset), front[name], seconds)
                for name in front for cut, seconds in CUTS.items()}
    one = learners[_REFERENCE]
    ids = sorted(one.known)  # GTZAN's jazz.00054 cannot be decoded
    truth, groups = one.truth(ids), one.groups(ids)
    scores = {name: np.concatenate([out_of_fold(one, ids, seed) for seed in range(SEEDS)])
              for name, one in learners.items()}
    stacked, repeated = np.tile(truth, (SEEDS, 1)), np.tile(groups, SEEDS)
    measure = partial(interval, truth=stacked, groups=repeated)
    rows = [
        {"features": name, "mark": _mark(dataset, front[name.partition(", ")[0]]),
         "accuracy": round(metrics.accuracy(its, stacked), 4),
         "interval": measure(its, None),
         "difference": None if name == _REFERENCE else measure(its, scores[_REFERENCE])}
        for name, its in scores.items()
    ]
    return {"about": _about(dataset, ids, groups), "probes": rows}


def judgeable(dataset: Dataset) -> list[str]:
    """Return the tracks with audio whose labels two artists bear, sorted."""
    heard = [track for track in dataset.tracks.values() if track.path]
    names = splits.group_names(dataset, [track.id for track in heard], "artist")
    makers: defaultdict[str, set[str]] = defaultdict(set)
    for track, artist in zip(heard, names, strict=True):
        makers[track.labels[0]].add(artist)
    return [track.id for track in heard if len(makers[track.labels[0]]) > 1]


def learner_of(
    dataset: Dataset, ids: Sequence[str], front_end: Mapping[str, Any], seconds: float | None
) -> Learner:
    """Return the logistic probe on features made from the tracks' audio."""
    branch = BranchChoice(front_end, {"name": "classical:logistic"}, Segments(seconds), seconds,
                          source="audio")
    return Learner(dataset, (branch,), (gather(dataset, ids, branch, _log),))


def out_of_fold(learner: Learner, ids: list[str], seed: int) -> Any:
    """Return the scores of all tracks by models that did not hear their artists."""
    found = validation.out_of_fold(learner, ids, FOLDS, "artist", np.random.default_rng(seed),
                                   lambda _: None)
    _log(f"seed {seed}: {learner.dataset.name}, {len(learner.gathered[0].features.columns)} values")
    if found.ids != ids:
        raise SystemExit("some features could not be made of tracks of which others could")
    return found.scores


def interval(scores: Any, others: Any, *, truth: Any, groups: Any) -> list[float]:
    """Return [low, high] over artists of an accuracy, or of its difference to that of others."""
    arguments = {"groups": groups, "rng": np.random.default_rng(0), "draws": DRAWS}
    found = bootstrap(metrics.accuracy, scores, truth, **arguments) if others is None else \
        paired_difference(metrics.accuracy, scores, others, truth, **arguments)
    return [round(found.low, 4), round(found.high, 4)]


def by_ten(dataset: Dataset, front_end: Mapping[str, Any]) -> list[dict[str, float]]:
    """Return accuracy on unheard artists by the number of tracks of each label learnt from.

    The tracks are drawn label by label, artist by artist in turn, as whoever collects ten
    examples takes them from several records.
    """
    ids = judgeable(dataset)
    learner = learner_of(dataset, ids, front_end, 10.0)
    points = []
    for count in COUNTS:
        found = [value for seed in range(SEEDS) for value in _few(learner, ids, count, seed)]
        points.append({"tracks_of_each_label": count, "accuracy": round(float(np.mean(found)), 4),
                       "low": round(float(np.quantile(found, 0.1)), 4),
                       "high": round(float(np.quantile(found, 0.9)), 4)})
        _log(f"{count} of each: {points[-1]['accuracy']:.3f}")
    return points


def _few(learner: Learner, ids: Sequence[str], count: int, seed: int) -> list[float]:
    rng = np.random.default_rng([seed, count])
    found = []
    for learn, held in splits.group_folds(learner.groups(ids), learner.truth(ids), 5, rng):
        some = _drawn(learner, [ids[i] for i in learn], count, rng)
        branch = replace(learner.branches[0], model={
            # Of a track or two a label the strength of the penalty cannot be chosen.
            "name": "classical:logistic", "inverse_penalty": 1.0})
        scores = replace(learner, branches=(branch,)).fit(some, rng).scores([ids[i] for i in held])
        found.append(metrics.accuracy(scores.scores, learner.truth(scores.ids)))
    return found


def _drawn(
    learner: Learner, ids: Sequence[str], count: int, rng: np.random.Generator
) -> list[str]:
    chosen, truth, groups = [], learner.truth(ids), learner.groups(ids)
    for column in range(truth.shape[1]):
        mine = rng.permutation(np.flatnonzero(truth[:, column]))
        turn: defaultdict[str, int] = defaultdict(int)
        order = []
        for i in mine:
            turn[groups[i]] += 1
            order.append((turn[groups[i]], len(order), i))
        chosen += [ids[i] for _, _, i in sorted(order)[:count]]
    return chosen


def _mark(dataset: Dataset, front_end: Mapping[str, Any]) -> str:
    on = replace(recipe.read("personal"), branches=(
        BranchChoice(front_end, {"name": "classical:logistic"}),))
    why = backbones.hearsay(on, dataset).contaminated
    return f"contaminated: {why}" if why else ""


def _about(dataset: Dataset, ids: Sequence[str], groups: Any) -> dict[str, Any]:
    labels: defaultdict[str, set[str]] = defaultdict(set)
    for i, artist in zip(ids, groups.tolist(), strict=True):
        labels[dataset.tracks[i].labels[0]].add(artist)
    settings = asdict(COMPOSED) if dataset.name == "synthetic" else {}
    return {
        "dataset": dataset.name, "fingerprint": dataset.fingerprint, "tracks": len(ids),
        "artists": {label: len(found) for label, found in sorted(labels.items())},
        "protocol": f"accuracy by track, {SEEDS} x {FOLDS} artist-grouped folds; intervals of 95 % "
                    f"over artists, {DRAWS} draws",
        **({"settings": settings} if settings else
           {"note": "a tiny sample: what audio was at hand, most of each label by one artist"}),
    }


def _log(text: str) -> None:
    if not text.startswith("features"):
        print(text, file=sys.stderr)


if __name__ == "__main__":
    main()
