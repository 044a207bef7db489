"""Source project S4's kNN, forest and MLP, ten folds by song, on the GTZAN tables at hand.

``python -m benchmarks.s4 10 --data PATH`` takes the 10-second table in PATH, ``3 --data FILE`` a
3-second table, maybe of few genres. Accuracy by segment, the median of the folds, as S4 has it,
and by track; with ``--by artist`` what the same models reach when artists are kept on one side,
too. S4's own medians are for 3-second segments of all ten genres: .708, .730, .736. Writes
``benchmarks/results/s4-<seconds>-<by>.json``.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import shutil
import statistics
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from earmark.datasets.gtzan import Gtzan
from earmark.judging import splits
from earmark.lab import recipe as recipes
from earmark.lab import validation
from earmark.lab.batches import gather
from earmark.lab.learner import Learner
from earmark.lab.recipe import Recipe
from earmark.store import write_text

RESULTS = Path(__file__).parent / "results"
PUBLISHED = {"s4-knn": 0.708, "s4-forest": 0.730, "s4-mlp": 0.736}


def main() -> None:
    """Run all recipes on one table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("seconds", type=int, choices=[3, 10])
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--by", choices=["track", "artist"], default="track")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        root = given.data
        if given.seconds == 3:
            shutil.copy(given.data, Path(folder) / "features_3_sec.csv")
            root = Path(folder)
        found = [_judge(recipes.read(name), root, given.seconds, given.by) for name in PUBLISHED]
    write_text(RESULTS / f"s4-{given.seconds}-{given.by}.json", json.dumps(found, indent=1) + "\n")
    print(json.dumps(found, indent=1))


def _judge(recipe: Recipe, root: Path, seconds: float, by: splits.By) -> dict[str, Any]:
    dataset = Gtzan(root)
    padding = "zeros" if seconds == 10 else "reflect"
    front_end = {**recipe.branches[0].front_end, "padding": padding}
    branch = dataclasses.replace(recipe.branches[0], front_end=front_end, training_seconds=seconds)
    made = gather(dataset, sorted(dataset.tracks), branch, lambda _: None)
    learner = Learner(dataset, (branch,), (made,))
    ids = sorted(learner.known)
    result: dict[str, Any] = {
        "recipe": recipe.name, "seconds": seconds, "segments": len(made.features.rows),
        "songs": len(ids), "genres": int(learner.truth(ids).any(axis=0).sum()),
        "S4's median, 3 s, ten genres, leaky": PUBLISHED[recipe.name],
    }
    oof = validation.out_of_fold(learner, ids, 10, by, np.random.default_rng(recipe.seed),
                                 lambda text: print(recipe.name, text, file=sys.stderr))
    title = "by song, leaky" if by == "track" else "by artist"
    for unit, folds in (("segment", oof.fold_accuracy_by_segment), ("track", oof.fold_accuracy)):
        result[f"median of folds {title}, unit {unit}"] = round(statistics.median(folds), 3)
    return result


if __name__ == "__main__":
    main()
