"""All architectures in one table: weights, size, time a clip, memory, and score.

``python -m benchmarks.networks`` measures what each costs on a 30-second clip, cut as it listens,
with one thread: in PyTorch, in ONNX Runtime and in ONNX Runtime with eight bits; weights as they
begin, which change no time. Every one has a process of its own, so that its memory is its own.
``--data FOLDER`` (GTZAN with tables and spectrogram pictures) trains each as small as two cores can
in minutes, from scratch, on the filtered split's train part and judges it on its valid part: the
test part is not read. ``--only NAME`` measures some. All is written to
``benchmarks/results/networks.json``, with what was there of others; ``--table`` prints that file as
Markdown.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np

from earmark import registry, settings
from earmark.store import write_text

RESULTS = Path(__file__).parent / "results" / "networks.json"
LABELS, ROUNDS, CALIBRATED = 10, 5, 24
TABLE, PICTURE, TALL = "gtzan57, 10 s", "specgram 64 x 124, 30 s", "specgram 128 x 496, 30 s"


@dataclass(frozen=True)
class Measured:
    """An architecture, what it hears of a clip, and how it is trained for its score.

    Attributes:
        shape: of one row. rows: of a 30-second clip.
        heard: what that is.
        settings: of the network, where they are not its defaults.
        learns: features that it is trained on for the score; empty for none.
        training: for the score. scored: more settings for the score.
    """

    name: str
    shape: tuple[int, ...]
    rows: int
    heard: str
    settings: dict[str, Any] = field(default_factory=dict)
    learns: str = ""
    training: dict[str, Any] = field(default_factory=dict)
    scored: dict[str, Any] = field(default_factory=dict)


_MEL = "log-mel 128, 8 x 3.69 s"
_PHOTO = "picture 3 x 224 x 224"
_SCRATCH = {"learning_rate": 0.002, "weight_decay": 0.05, "label_smoothing": 0.1, "clip": 5.0}

# The pictures' rows are 86 Hz apart, so that filters as sharp as published fall between them.
_HEARD_IN_PICTURES = {"sample_rate": 22_050, "top_hz": 127 * 22_050 / 256, "q": 0.2, "crop": 128}


def _published(name: str, **more: Any) -> Measured:
    """A dense network of a table, trained as published."""
    return Measured(name, (57,), 3, "57 features, 3 x 10 s", learns=TABLE, **more)


def _photo(name: str, epochs: int, resize: int = 112, **training: Any) -> Measured:
    """A network made for photographs; it learns from smaller ones, which two cores can bear."""
    return Measured(name, (3, 224, 224), 1, _PHOTO, learns=PICTURE, scored={"resize": resize},
                    training={**_SCRATCH, "epochs": epochs, "batch_size": 32, **training})


def _spectral(name: str, epochs: int = 30, **more: Any) -> Measured:
    return Measured(name, (64, 124), 1, PICTURE, learns=PICTURE,
                    training={**_SCRATCH, "epochs": epochs, "learning_rate": 0.004}, **more)


def _short(name: str, **more: Any) -> Measured:
    """A network of short chunks of mel spectra; it learns from chunks of tall pictures."""
    return Measured(name, (128, 231), 8, _MEL, learns=TALL,
                    training={**_SCRATCH, "epochs": 10}, scored={"crop": 128}, **more)


NETWORKS = (
    _published("dense:s0_ann"), _published("dense:s0_ann_bn"), _published("dense:s2_ann"),
    _published("dense:s4_mlp"), _published("cnn:s0"), _published("crnn:s0"),
    Measured("dense:s1_dnn", (33,), 1, "33 components of 518 features, 30 s"),
    _published("dense:mlp", training={"epochs": 40}),
    _published("dense:residual", training={"epochs": 40}),
    Measured("cnn:s2", (3, 224, 224), 1, _PHOTO, learns=PICTURE, training={"epochs": 15},
             scored={"colours": "viridis"}),
    Measured("cnn:s4", (3, 288, 432), 1, "picture 3 x 288 x 432", learns=PICTURE,
             scored={"size": [72, 108], "colours": "viridis"}),
    _spectral("cnn:vgg"), _spectral("cnn:sequence"), _spectral("crnn:tagger"),
    _spectral("cnn:statistics"), _spectral("dense:statistics", 40),
    _short("cnn:short_chunk"), _short("cnn:short_chunk", settings={"channels": 32}),
    _short("cnn:short_chunk_res"),
    Measured("cnn:musicnn", (96, 187), 10, "log-mel 96, 10 x 3 s", learns=PICTURE,
             training={**_SCRATCH, "epochs": 10}),
    Measured("cnn:harmonic", (257, 313), 6, "spectrogram 257, 6 x 5 s", learns=TALL,
             training={**_SCRATCH, "epochs": 10}, scored=_HEARD_IN_PICTURES),
    _photo("transfer:mobilenet_v2", 15), _photo("transfer:efficientnet_b0", 15),
    _photo("transfer:efficientnet_b2", 8, 64), _photo("transfer:efficientnet_b4", 8, 64),
    _photo("transfer:resnet50", 8, 64), _photo("transfer:inception_v3", 8, 80),
    _photo("transfer:vgg16", 8, 64),
    _photo("transfer:vgg19", 8, 64, learning_rate=0.0005),  # at .002 it does not begin to learn
)


def main() -> None:
    """Measure, print the table and write it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path)
    parser.add_argument("--only", action="append", default=[])
    parser.add_argument("--table", action="store_true")
    parser.add_argument("--child", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.table:
        print("\n".join(table(json.loads(RESULTS.read_text()))))
        return
    if given.child:
        print(json.dumps(_cost(NETWORKS[int(given.child)])))
        return
    for number, network in enumerate(NETWORKS):
        if given.only and network.name not in given.only:
            continue
        if given.data is None:
            _keep(network, _in_a_process(number))
        elif network.learns:
            _keep(network, {"score": _score(network, given.data)})


def _key(network: Measured) -> str:
    return f"{network.name} {json.dumps(network.settings)}" if network.settings else network.name


def _keep(network: Measured, measured: dict[str, Any]) -> None:
    """Put what was measured into the file as it is by now."""
    key = _key(network)
    found = json.loads(RESULTS.read_text()) if RESULTS.exists() else {}
    line = found.setdefault(key, {"name": network.name, "settings": network.settings,
                                  "heard": network.heard})
    line |= measured
    print(json.dumps({key: line}), flush=True)
    write_text(RESULTS, json.dumps(found, indent=1) + "\n")


def table(found: dict[str, Any]) -> list[str]:
    """Return what was found as lines of Markdown."""
    lines = ["| network | hears | weights | MB, in eight bits | PyTorch ms | ONNX ms | eight bits "
             "ms | peak MB | accuracy (ROC-AUC) | in eight bits | epochs |", "|---" * 11 + "|"]
    for network in NETWORKS:
        its = found[_key(network)]
        more = "".join(f", {v} {k}" for k, v in network.settings.items())
        ms, count = its["milliseconds"], its["parameters"]
        score = its.get("score")
        lines.append("| " + " | ".join([
            f"`{network.name}`{more}", its["heard"],
            f"{count / 1e6:.1f} M" if count >= 1e6 else f"{count / 1e3:.0f} k",
            f"{_digits(its['megabytes'])}, {_digits(its['int8_megabytes'])}", _digits(ms["torch"]),
            f"{_digits(ms['onnx'])} ({its['onnx_over_torch']:.1f})", _digits(ms["int8"]),
            f"{its['peak_megabytes']:.0f}",
            f"{score['accuracy']:.2f} ({score['roc_auc_macro']:.2f})" if score else "",
            _changed(score.get("int8", {})) if score else "",
            str(score["epochs"]) if score else "",
        ]) + " |")
    return lines


def _changed(int8: dict[str, Any]) -> str:
    """Return by how much eight bits changed the accuracy, and whether a run would take them."""
    if int8.get("lost") is None:
        return ""
    return f"{0 - int8['lost']:+.3f}{', taken' if int8['taken'] else ''}"


def _digits(value: float | None) -> str:
    if value is None:
        return ""
    return f"{value:.2f}" if value < 1 else f"{value:.1f}" if value < 10 else f"{value:.0f}"


def _in_a_process(number: int) -> dict[str, Any]:
    """Measure in a process of its own, the last line of whose output is the result."""
    done = subprocess.run([sys.executable, "-m", "benchmarks.networks", "--child", str(number)],
                          capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"{NETWORKS[number].name}: {done.stderr[-2000:]}")
    found: dict[str, Any] = json.loads(done.stdout.strip().splitlines()[-1])
    return found


def _made(network: Measured) -> Any:
    """Return the network as it begins, in its shell."""
    import torch

    from earmark.models._deep import learning

    model = settings.from_mapping(registry.load("models", network.name), network.settings)
    model.shape_, model.labels_ = network.shape, LABELS
    torch.manual_seed(0)
    model.shell_ = learning.built(model).eval()
    return model


def _cost(network: Measured) -> dict[str, Any]:
    import torch

    from earmark.errors import TaggerError
    from earmark.graphs.session import Session, single_threads
    from earmark.tagger import quantising

    torch.set_num_threads(1)
    model = _made(network)
    rng = np.random.default_rng(0)
    rows = rng.standard_normal((CALIBRATED, *network.shape)).astype(np.float32)
    clip = rows[: network.rows]
    content = model.to_onnx()
    small, refused = None, ""
    try:
        small = quantising.quantised(content, rows, network.name)
    except TaggerError as error:
        refused = str(error)
    scorer = model.module().eval()
    tensor = torch.from_numpy(clip)

    def in_torch() -> None:
        with torch.inference_mode():
            scorer.scores(tensor)

    with single_threads():
        ways: dict[str, Any] = {"torch": in_torch, "onnx": _running(Session(content, "it"), clip)}
        if small is not None:
            ways["int8"] = _running(Session(small, "it in eight bits"), clip)
        times: dict[str, list[float]] = {way: [] for way in ways}
        for k in range(ROUNDS + 1):  # in turn, the first not counted
            for way, run in ways.items():
                begun = time.process_time()
                run()
                if k:
                    times[way].append(1000 * (time.process_time() - begun))
        parity = float(np.abs(Session(content, "it").run(clip)[0] - model.scores(clip)).max())
    return {
        "parameters": sum(p.numel() for p in scorer.inner.parameters()),
        "megabytes": len(content) / 1e6,
        "int8_megabytes": None if small is None else len(small) / 1e6, "int8_refused": refused,
        "milliseconds": {way: median(its) for way, its in times.items()}, "parity": parity,
        "onnx_over_torch": median(times["torch"]) / median(times["onnx"]),
        "peak_megabytes": _peak(content, clip),
    }  # fmt: skip


def _running(session: Any, clip: np.ndarray) -> Any:
    return lambda: session.run(clip)


def _peak(content: bytes, clip: np.ndarray) -> float:
    """Return how much a process that has nothing but the graph holds at most, in MB."""
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        graph, rows = Path(folder) / "g.onnx", Path(folder) / "r.npy"
        graph.write_bytes(content)
        np.save(rows, clip)
        code = ("import sys, numpy\n"
                "from earmark.graphs.session import Session, single_threads\n"
                "with single_threads():\n"
                "    s = Session(open(sys.argv[1], 'rb').read(), 'it')\n"
                "    s.run(numpy.load(sys.argv[2]))\n"
                # Not ru_maxrss, which a new process takes over from the one that made it.
                "print(int(open('/proc/self/status').read().split('VmHWM:')[1].split()[0]) / 1024)")
        done = subprocess.run([sys.executable, "-c", code, str(graph), str(rows)],
                              capture_output=True, text=True, check=True)
    return float(done.stdout)


def _score(network: Measured, root: Path) -> dict[str, Any]:
    """Train from scratch on the train part, judge on the valid part, by track."""
    from earmark.datasets.opening import open_dataset
    from earmark.judging import metrics
    from earmark.lab.batches import gather
    from earmark.lab.learner import Learner
    from earmark.lab.recipe import BranchChoice, ExportChoice
    from earmark.lab.shipping import export_all

    dataset = open_dataset("gtzan", root, {})
    part = dataset.partitions()["filtered"]
    ids = {p: sorted(i for i, its in part.items() if its == p) for p in ("train", "valid")}
    model = {"name": network.name, **network.settings, **network.scored}
    if network.training:
        model["training"] = network.training
    front = {TABLE: {"name": "gtzan57", "padding": "zeros", "separation": False},
             PICTURE: {"name": "specgram", "levels": _levels(network)},
             TALL: {"name": "specgram", "height": 128, "width": 496}}[network.learns]
    branch = BranchChoice(front, model, source="table",
                          training_seconds=10.0 if network.learns == TABLE else None)
    gathered = gather(dataset, [*ids["train"], *ids["valid"]], branch, print)
    fitted = Learner(dataset, (branch,), (gathered,)).fit(ids["train"], np.random.default_rng(57))
    found = fitted.scores(ids["valid"])
    truth = fitted.learner.truth(found.ids)
    history = fitted.models[0].told()["history"]
    exported = export_all(fitted, ExportChoice(int8="try"), ids["train"], ids["valid"])
    return {
        "protocol": "GTZAN, filtered split, learnt from train, judged on valid, by track, seed 57",
        "features": network.learns, "accuracy": float(metrics.accuracy(found.scores, truth)),
        "roc_auc_macro": float(metrics.roc_auc_macro(found.scores, truth)),
        "epochs": len(history), "first_loss": history[0]["train_loss"],
        "last_loss": history[-1]["train_loss"],
        # As a run would: eight bits are taken where faster and within .005 on the valid part.
        "parity": exported.told[0]["parity"], "int8": exported.told[0]["int8"],
    }


def _levels(network: Measured) -> str:
    """Networks made for pictures take them in [0, 1]."""
    return "range" if network.name.startswith(("transfer", "cnn:s2", "cnn:s4")) else "standard"


if __name__ == "__main__":
    main()
