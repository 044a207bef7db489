"""The demo's journey: compose a collection, find its copies, learn from it honestly and not.

Three models learn a made-up collection under two protocols that differ in one thing: whether an
artist may stand on both sides of the split. The music is composed; that the leaky score is higher
is not.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from earmark.datasets.synthetic import CollectionSettings, Synthetic, compose_collection
from earmark.judging.report import comparison, side_by_side
from earmark.lab import experiment, runfolder
from earmark.lab.batches import Log
from earmark.lab.doctor import DuplicatePair, find_duplicates
from earmark.lab.recipe import DatasetChoice, Recipe, SplitChoice, TaggerChoice, read
from earmark.store import write_text

MODELS = ("logistic", "svm", "forest")
_SEED = 1
_HONEST, _LEAKY = "by artist", "by track"
_SETTINGS = CollectionSettings(artists_per_style=4, tracks_per_artist=3, seconds=20.0)


@dataclass(frozen=True)
class Comparison:
    """One model under both protocols; accuracy by track of the test part.

    Attributes:
        leaky: artists may stand on both sides. honest: they may not.
    """

    model: str
    leaky: float
    honest: float


def compose(folder: Path, workers: int, progress: Any = None) -> Synthetic:
    """Compose the collection, or complete it, and return its reader."""
    compose_collection(folder, _SETTINGS, seed=_SEED, progress=progress, workers=workers)
    return Synthetic(folder)


def copies(dataset: Synthetic) -> tuple[list[DuplicatePair], int]:
    """Return the duplicates found by ear, and how many were planted."""
    failed: list[str] = []  # a planted fault, too: one file is cut off
    found = find_duplicates(dataset, failed=failed)
    planted = sum(f.kind.endswith("duplicate") for f in dataset.faults())
    return found, planted


def learn(dataset: Synthetic, folder: Path, log: Log) -> list[Comparison]:
    """Run all models under both protocols and write ``compare.html``; the runs stay."""
    found = []
    for model in MODELS:
        scores = {}
        for protocol in (_LEAKY, _HONEST):
            log(f"{model}, split {protocol}")
            recipe = _recipe(model, protocol)
            run = experiment.run(recipe, dataset.root, folder / recipe.name)
            scores[protocol] = float(run.results["parts"]["test"]["accuracy"])
        found.append(Comparison(model, scores[_LEAKY], scores[_HONEST]))
    runs = [folder / _recipe(m, p).name for m in MODELS for p in (_LEAKY, _HONEST)]
    write_text(folder / "compare.html", side_by_side.page(comparison.compare(runs)))
    return found


def tagger_of(folder: Path, found: Sequence[Comparison]) -> Path:
    """Return the tagger of the model that is best on unheard artists."""
    best = max(found, key=lambda c: c.honest)
    return folder / _recipe(best.model, _HONEST).name / runfolder.TAGGER


def _recipe(model: str, protocol: str) -> Recipe:
    base = read("personal")
    branch = dataclasses.replace(base.branches[0], model={"name": f"classical:{model}"})
    return dataclasses.replace(
        base,
        name=f"{model}-{protocol}".replace(" ", "-"),
        branches=(branch,),
        dataset=DatasetChoice("synthetic"),
        split=SplitChoice(
            partition="artist",
            by="track" if protocol == _LEAKY else None,
            learn_from=("train", "valid"),
        ),
        seed=_SEED, folds=0, curve=False, decide=False, ship="learnt",
        tagger=TaggerChoice(
            name="demo",
            title=f"Ten composed styles, by {model}",
            licence="MIT",
            limits="learnt from music that Earmark composed; it knows no real music",
        ),
    )
