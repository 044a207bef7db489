"""Source project S4's kNN, forest and MLP, ten folds by song, on the GTZAN tables at hand.

``python -m benchmarks.s4 --data PATH [--three-seconds FILE]``: accuracy by segment, the median of
the folds, as S4 has it, and beside it what the same models reach when artists, too, are kept on
one side. S4's own medians are for 3-second segments of all ten genres: .708, .730, .736. Writes
``benchmarks/results/s4.json``.
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
from earmark.lab import recipe as recipes
from earmark.lab import validation
from earmark.lab.batches import gather
from earmark.lab.learner import Learner
from earmark.lab.recipe import Recipe
from earmark.store import write_text

RESULTS = Path(__file__).parent / "results" / "s4.json"
PUBLISHED = {"s4-knn": 0.708, "s4-forest": 0.730, "s4-mlp": 0.736}


def main() -> None:
    """Run all recipes on the 10-second table, and on a 3-second one where it is given."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--three-seconds", type=Path, help="a 3-second table, maybe of few genres")
    arguments = parser.parse_args()
    found = [_judge(recipes.read(name), arguments.data, 10.0) for name in PUBLISHED]
    if arguments.three_seconds:
        with tempfile.TemporaryDirectory() as folder:
            shutil.copy(arguments.three_seconds, Path(folder) / "features_3_sec.csv")
            found += [_judge(recipes.read(name), Path(folder), 3.0) for name in PUBLISHED]
    write_text(RESULTS, json.dumps(found, indent=1) + "\n")
    print(json.dumps(found, indent=1))


def _judge(recipe: Recipe, root: Path, seconds: float) -> dict[str, Any]:
    dataset = Gtzan(root)
    front_end = {**recipe.branches[0].front_end, "padding": "zeros" if seconds == 10 else "reflect"}
    branch = dataclasses.replace(recipe.branches[0], front_end=front_end, training_seconds=seconds)
    made = gather(dataset, sorted(dataset.tracks), branch, lambda _: None)
    learner = Learner(dataset, (branch,), (made,))
    ids = sorted(learner.known)
    result: dict[str, Any] = {
        "recipe": recipe.name, "seconds": seconds, "segments": len(made.features.rows),
        "songs": len(ids), "genres": int(learner.truth(ids).any(axis=0).sum()),
        "S4's median, 3 s, ten genres, leaky": PUBLISHED[recipe.name],
    }
    for by, title in (("track", "by song, leaky"), ("artist", "by artist")):
        oof = validation.out_of_fold(learner, ids, 10, by, np.random.default_rng(recipe.seed),
                                     lambda text: print(recipe.name, text, file=sys.stderr))
        for unit, folds in (("segment", oof.fold_accuracy_by_segment),
                            ("track", oof.fold_accuracy)):
            result[f"median of folds {title}, unit {unit}"] = round(statistics.median(folds), 3)
    return result


if __name__ == "__main__":
    main()
