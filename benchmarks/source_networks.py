"""The source projects' networks, trained as published, and beside that by whole artists.

``python -m benchmarks.source_networks --data GTZAN`` trains each network with its published
settings on what is at hand of GTZAN, all tracks that the table has: rows dealt as the source dealt
them (songs, or parts of songs, by chance: leaky), and the same shares dealt by artist, copies kept
together. Nothing is chosen: the held-out loss of each epoch is written down and not acted on.
``--only NAME`` trains some, ``--seeds N`` as many draws. All is written to
``benchmarks/results/source_networks.json`` after each draw, with what was there of others;
``--table`` prints that file as Markdown.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import mean
from typing import Any

import numpy as np

from earmark.datasets.opening import open_dataset
from earmark.judging import metrics
from earmark.lab.audit.segments import Cut, cut
from earmark.lab.batches import gather
from earmark.lab.learner import Learner
from earmark.lab.recipe import BranchChoice
from earmark.labels.dealing import deal_groups, numbered
from earmark.models import watch
from earmark.store import write_text

RESULTS = Path(__file__).parent / "results" / "source_networks.json"
KEPT_EPOCHS = 60  # of a curve in the file, at equal distances

TABLE_30 = {"name": "gtzan57", "padding": "reflect"}
TABLE_10 = {"name": "gtzan57", "padding": "zeros", "separation": False}
S4_COLUMNS = {**TABLE_10, "without": ["mfcc2_mean", "rolloff_mean"]}
PICTURES = {"name": "specgram", "levels": "range", "height": 128, "width": 496}


@dataclass(frozen=True)
class Source:
    """A network, what it learns from here, and how its source dealt that out.

    Attributes:
        seconds: of the table's segments; None for whole tracks.
        dealt: by the source, what stays whole: ``segment`` or ``track``.
        shares: to learn from, to be watched, to be judged on.
        published: what the source reached, and on what.
        settings: of the network where they are not as published, and why.
    """

    network: str
    front_end: Mapping[str, Any]
    seconds: float | None
    dealt: str
    shares: tuple[float, float, float]
    published: str
    seeds: int = 3
    settings: Mapping[str, Any] = field(default_factory=dict)
    why: str = ""
    key: str = ""

    @property
    def name(self) -> str:
        return self.key or self.network


_S0 = (0.67 * 0.8, 0.67 * 0.2, 0.33)  # Keras held a fifth of what was to be learnt from out


def _s0(network: str, published: str, **more: Any) -> Source:
    return Source(network, TABLE_10, 10.0, "segment", _S0,
                  f"micro-F1 {published} (MuMu, 15 labels, 3-s rows dealt by chance)", **more)


_COLOURED = {"colours": "viridis"}
_ITS_COLOURS = "the published pictures' colours, given back to what was read from them"

SOURCES = (
    _s0("dense:s0_ann", ".86"), _s0("dense:s0_ann_bn", ".89"), _s0("cnn:s0", ".71"),
    _s0("crnn:s0", ".69"),
    Source("dense:s2_ann", TABLE_30, None, "track", (0.7, 0.15, 0.15),
           "train .99, valid .72, test .72 (GTZAN, its split unknown)"),
    Source("dense:s4_mlp", S4_COLUMNS, 10.0, "track", (0.9, 0.0, 0.1),
           "median of ten folds by song .736 (GTZAN, 3-s rows)"),
    Source("cnn:s2", PICTURES, None, "track", (0.7, 0.15, 0.15),
           "train .82, valid .63, test .62 (GTZAN's pictures in colour)", 1, _COLOURED,
           _ITS_COLOURS),
    Source("cnn:s4", PICTURES, None, "track", (0.8, 0.0, 0.2),
           "train .994, valid .623; valid loss least (1.29) after epoch 3, 1.61 at the end "
           "(GTZAN's pictures in colour)", 1, _COLOURED, _ITS_COLOURS),
    Source("cnn:s4", PICTURES, None, "track", (0.8, 0.0, 0.2), "as cnn:s4", 1,
           {**_COLOURED, "size": (72, 108)}, f"{_ITS_COLOURS}; a quarter of the height and width",
           key="cnn:s4 small"),
)


def main() -> None:
    """Train all, or those asked for; or print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path)
    parser.add_argument("--only", action="append", default=[])
    parser.add_argument("--seeds", type=int)
    parser.add_argument("--epochs", type=int, help="fewer than published, which is then said")
    parser.add_argument("--by", choices=["source", "artist"], action="append", default=[])
    parser.add_argument("--table", action="store_true")
    given = parser.parse_args()
    if given.table or given.data is None:
        print("\n".join(table(json.loads(RESULTS.read_text()))))
        return
    for source in SOURCES:
        if given.only and source.name not in given.only:
            continue
        view = _view(source, given.data)
        for seed in range(given.seeds or source.seeds):
            for by in given.by or ("source", "artist"):
                _keep(source, by, _draw(source, view, by, seed, given.epochs), view)


def _model(source: Source, epochs: int | None) -> dict[str, Any]:
    training = {} if epochs is None else {"training": _published(source.network, epochs)}
    return {"name": source.network, **source.settings, **training}


def _published(network: str, epochs: int) -> dict[str, Any]:
    from earmark import registry, settings

    whole = settings.to_mapping(registry.load("models", network)().training)
    return {**whole, "epochs": epochs}


def _view(source: Source, root: Path) -> Cut:
    """Return the rows, each a track of its own: the sources count rows."""
    dataset = open_dataset("gtzan", root, {})
    branch = BranchChoice(source.front_end, _model(source, None), source="table",
                          training_seconds=source.seconds)
    learner = Learner(dataset, (branch,), (gather(dataset, sorted(dataset.tracks), branch, print),))
    view = cut(learner)
    assert view is not None  # one branch is cut as itself
    return view


def _draw(source: Source, view: Cut, by: str, seed: int, epochs: int | None) -> dict[str, Any]:
    """Deal, train, judge."""
    import dataclasses

    branch = dataclasses.replace(view.learner.branches[0], model=_model(source, epochs))
    learner = dataclasses.replace(view.learner, branches=(branch,))
    ids = sorted(learner.known)
    member = {"segment": np.arange(len(ids)), "track": numbered([view.track[i] for i in ids]),
              "artist": numbered(learner.groups(ids).tolist())}
    dealt = source.dealt if by == "source" else "artist"
    rng = np.random.default_rng([57, seed])
    part = deal_groups(member[dealt], learner.truth(ids), np.array(source.shares), rng)
    learn, valid, test = ([i for i, p in zip(ids, part, strict=True) if p == k] for k in range(3))
    begun = time.perf_counter()
    with watch.watched(watch.Watch(tell=lambda line: print(line, flush=True))):
        fitted = learner.fit(learn, rng, valid=valid or test)
    scored = {"learnt from": learn, "valid": valid, "test": test}
    told = fitted.models[0].told()
    return {
        "seed": seed, "dealt by": dealt, "leaky": dealt != "artist",
        "rows": {name: len(its) for name, its in scored.items()},
        **{name: _judged(fitted, its) for name, its in scored.items() if its},
        "parameters": told["parameters"], "epochs": len(told["history"]),
        "seconds": round(time.perf_counter() - begun, 1), "curve": _curve(told["history"]),
    }


def _judged(fitted: Any, ids: Sequence[str]) -> dict[str, float]:
    found = fitted.scores(ids)
    truth = fitted.learner.truth(found.ids)
    summary = metrics.summary(found.scores, truth, fitted.learner.dataset.vocabulary)
    return {"accuracy": round(metrics.accuracy(found.scores, truth), 4),
            "f1_macro": round(float(summary["f1_macro"]), 4)}


def _curve(history: Sequence[Mapping[str, Any]]) -> dict[str, list[float]]:
    """Return some epochs' losses, the last among them."""
    least = min(range(len(history)), key=lambda k: history[k]["valid_loss"])
    some = np.unique(np.r_[np.linspace(0, len(history) - 1, KEPT_EPOCHS).round(), least])
    lines = [history[int(k)] for k in some]
    return {
        "epoch": [line["epoch"] for line in lines],
        "loss learnt from": [round(line["train_loss"], 4) for line in lines],
        "loss held out": [round(line["valid_loss"], 4) for line in lines],
        "least held-out loss at epoch": history[least]["epoch"],
    }  # fmt: skip


def _keep(source: Source, by: str, draw: Mapping[str, Any], view: Cut) -> None:
    """Put a draw into the file, in the place of one of the same seed."""
    found = json.loads(RESULTS.read_text()) if RESULTS.exists() else {}
    entry = found.setdefault(source.name, {"draws": {}})
    entry |= {
        "network": source.network, "published": source.published,
        "settings": dict(source.settings), "why": source.why, "front_end": dict(source.front_end),
        "tracks": f"all {len(view.segments)} tracks of GTZAN that have features here, the published"
                  " test list's among them, dealt anew; nothing is chosen by them",
    }
    draws = [d for d in entry["draws"].get(by, []) if d["seed"] != draw["seed"]]
    entry["draws"][by] = sorted([*draws, draw], key=lambda d: d["seed"])
    write_text(RESULTS, json.dumps(found, indent=1) + "\n")
    print(source.name, by, {k: v for k, v in draw.items() if k != "curve"}, flush=True)


def table(found: Mapping[str, Any]) -> list[str]:
    """Return what was found as lines of Markdown."""
    lines = ["| network | published | as published, leaky: learnt from, valid, test | by artist: "
             "valid, test | loss learnt from, first to last epoch | held out: least (epoch), last "
             "| epochs | draws |", "|---|---|---|---|---|---|---|---|"]
    for name in (source.name for source in SOURCES if source.name in found):
        its = found[name]
        leaky, honest = (its["draws"].get(by, []) for by in ("source", "artist"))
        curves = [d["curve"] for d in leaky or honest]
        lines.append(" | ".join([
            f"| `{name}`", its["published"],
            _means(leaky, ("learnt from", "valid", "test")), _means(honest, ("valid", "test")),
            f"{mean(c['loss learnt from'][0] for c in curves):.2f} to "
            f"{mean(c['loss learnt from'][-1] for c in curves):.2g}",
            f"{mean(min(c['loss held out']) for c in curves):.2f} "
            f"({', '.join(str(c['least held-out loss at epoch']) for c in curves)}), "
            f"{mean(c['loss held out'][-1] for c in curves):.2f}",
            "/".join(sorted({str(d["epochs"]) for d in [*leaky, *honest]})),
            f"{len(leaky)} + {len(honest)} |",
        ]))
    return lines


def _means(draws: Sequence[Mapping[str, Any]], parts: Sequence[str]) -> str:
    """Return the mean accuracy of each part over the draws, with the range of the last's."""
    if not draws:
        return "not measured"
    told = [f"{mean(d[part]['accuracy'] for d in draws):.3f}" for part in parts
            if part in draws[0]]
    its = [d[parts[-1]]["accuracy"] for d in draws]
    spread = f" [{min(its):.3f}, {max(its):.3f}]" if len(its) > 1 else ""
    return ", ".join(told) + spread


if __name__ == "__main__":
    main()
