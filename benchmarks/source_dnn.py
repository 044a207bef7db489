"""Source S1's DNN on stand-ins: FMA's features are not at hand, and what S1 published is an F1 over
the characters of printed lists, which nothing here can be laid beside.

``python -m benchmarks.source_dnn --audioset FOLDER`` (of the train part alone: the eval part is not
opened) learns 52 genres of AudioSet from 33 principal components of each clip's mean embedding,
with the published settings; whole sources of sound (videos) are held out, a fifth. Then the same
with the components not scaled, as S1 left them, and made as much larger as S1's were.
``benchmarks/results/source_dnn.json``.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.source_networks import _curve
from earmark.datasets.opening import open_dataset
from earmark.judging import metrics, splits
from earmark.lab.batches import Wanted, gather
from earmark.lab.learner import Learner
from earmark.models.dense import S1Dnn
from earmark.store import write_text

RESULTS = Path(__file__).parent / "results" / "source_dnn.json"
COMPONENTS, LEAST = 33, 20  # clips that a genre needs to be learnt
# Of FMA's 518 features those in Hz have variances in the millions: so has the first component.
FIRST_SPREAD = 2000.0
WAYS = {"standardised": ("standard", None), "as they are": ("none", None),
        "as large as features in Hz": ("none", FIRST_SPREAD)}


def main() -> None:
    """Learn in each way."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--audioset", type=Path, required=True)
    rows, labels, groups = _read(parser.parse_args().audioset)
    (learn, held), *_ = splits.group_folds(groups, labels, 5, np.random.default_rng(57))
    learnt, kept = _components(rows[learn], rows[held])
    rates = labels[learn].mean(axis=0)
    found: dict[str, Any] = {
        "data": "AudioSet, balanced train part, clips with a genre, mean embeddings",
        "clips": {"learnt from": len(learn), "held out": len(held)},
        "genres": labels.shape[1], "components": COMPONENTS,
        "knowing only how common each genre is": {
            "loss": round(_loss(np.tile(rates, (len(held), 1)), labels[held]), 4),
            **_judged(np.tile(rates, (len(held), 1)), labels[held])},
    }  # fmt: skip
    for way, (scaling, spread) in WAYS.items():
        factor = 1.0 if spread is None else spread / learnt[:, 0].std()
        model = S1Dnn(task="multi", scaling=scaling)  # type: ignore[arg-type]
        model.fit(learnt * factor, labels[learn], valid=(kept * factor, labels[held]),
                  rng=np.random.default_rng(57))
        scores = model.scores(kept * factor)
        found[way] = {"spread of the first component": float((learnt * factor)[:, 0].std()),
                      **_judged(scores, labels[held]), "curve": _curve(model.history_)}
        print(way, found[way], flush=True)
        write_text(RESULTS, json.dumps(found, indent=1) + "\n")


def _read(root: Path) -> tuple[NDArray[np.float32], NDArray[np.int8], NDArray[np.str_]]:
    """Return mean embeddings, genres that enough clips bear, and the videos."""
    dataset = open_dataset("audioset", root, {"labels": "genre"})
    part = dataset.partitions()["official"]
    ids = sorted(i for i in dataset.tracks if part[i] == "train")
    gathered = gather(dataset, ids, Wanted(
        {"name": "table", "kind": "vggish", "pooling": "mean"}, source="table"), print)
    learner = Learner(dataset, (), (gathered,))
    features = gathered.features
    names = features.track_ids.tolist()
    labels = learner.truth(names)
    labels = labels[:, labels.sum(axis=0) >= LEAST]
    bears = np.flatnonzero(labels.any(axis=1))
    groups = learner.groups(names)[bears]
    return np.asarray(features.rows)[bears].astype(np.float32), labels[bears], groups


def _components(
    learn: NDArray[np.float32], held: NDArray[np.float32]
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return the first principal components of both, found on the first alone."""
    centre = learn.mean(axis=0)
    axes = np.linalg.svd(learn - centre, full_matrices=False)[2][:COMPONENTS].T
    return (learn - centre) @ axes, (held - centre) @ axes


def _loss(scores: NDArray[Any], truth: NDArray[np.int8]) -> float:
    held = np.clip(scores, 1e-7, 1 - 1e-7)
    return float(-np.where(truth == 1, np.log(held), np.log1p(-held)).mean())


def _judged(scores: NDArray[Any], truth: NDArray[np.int8]) -> dict[str, float]:
    return {"roc_auc_macro": round(float(metrics.roc_auc_macro(scores, truth)), 4),
            "pr_auc_macro": round(float(metrics.pr_auc_macro(scores, truth)), 4)}


if __name__ == "__main__":
    main()
