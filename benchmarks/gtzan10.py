"""How ``gtzan10`` was chosen: candidates side by side on artist-grouped folds, and nested.

``python -m benchmarks.gtzan10 --data PATH`` (a folder with GTZAN's 30- and 10-second tables) reads
the filtered split's train and valid parts and never its test part, and writes
``benchmarks/results/gtzan10.json``. All candidates are averages of models on one way of listening,
so that tagging hears a song once.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import sys
from itertools import combinations
from pathlib import Path
from typing import Any

from earmark.audio.segments import Segments
from earmark.cli.evaluate import table
from earmark.lab import choose
from earmark.lab import recipe as recipes
from earmark.lab.recipe import BranchChoice, Recipe
from earmark.store import write_text

RESULTS = Path(__file__).parent / "results" / "gtzan10.json"
MODELS = ("logistic", "lda", "svm", "mlp", "boosting", "extra_trees", "forest", "knn",
          "gaussian_nb", "decision_tree")
# length of the segments in seconds (None: whole clips of 30 s), separation
LISTENING = {"30 s": (None, True), "30 s without separation": (None, False), "10 s": (10.0, True),
             "10 s without separation": (10.0, False)}
AVERAGED = ("logistic", "lda", "svm", "mlp", "boosting", "extra_trees")


def main() -> None:
    """Judge all candidates, print the table and write it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--repeats", type=int, default=3)
    root, repeats = (arguments := parser.parse_args()).data, arguments.repeats
    reference = recipes.read("gtzan57-logistic")
    singles = [_candidate(reference, (model,), listening)
               for listening in LISTENING for model in MODELS]
    averages = [_candidate(reference, models, "10 s without separation")
                for size in (2, 3) for models in combinations(AVERAGED, size)]
    bench = choose.bench([reference, *singles], root, lambda text: print(text, file=sys.stderr))
    judged = choose.judge(bench, [reference, *singles, *averages], folds=5, repeats=repeats)
    whole = choose.nested(bench, [reference, *averages], folds=5)
    for line in table(judged, whole):
        print(line)
    found: dict[str, Any] = {
        "protocol": f"accuracy by track, {repeats} x 5 artist-grouped folds of the filtered "
                    f"split's train + valid, {len(bench.ids)} tracks, seed 0; test part not read",
        "candidates": [dataclasses.asdict(j) for j in judged],
        "choice among the averages, nested": whole,
    }
    write_text(RESULTS, json.dumps(found, indent=1) + "\n")


def _candidate(reference: Recipe, models: tuple[str, ...], listening: str) -> Recipe:
    seconds, separation = LISTENING[listening]
    branches = tuple(
        BranchChoice(
            front_end={"name": "gtzan57", "separation": separation,
                       "padding": "zeros" if seconds else "reflect"},
            model={"name": f"classical:{model}"},
            segments=Segments(seconds or 30.0),
            training_seconds=seconds,
            source="table",
        )
        for model in models
    )
    return dataclasses.replace(reference, name=f"{'+'.join(models)} on {listening}",
                               branches=branches)


if __name__ == "__main__":
    main()
