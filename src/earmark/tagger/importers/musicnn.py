"""The musicnn package's networks as taggers: 50 tags of instruments, voices, moods and genres.

Sources: Pons & Serra, "musicnn: pre-trained convolutional neural networks for music audio
tagging", ISMIR late-breaking demo, 2019; Pons et al., "End-to-end learning for music audio tagging
at scale", ISMIR 2018. How the package listens is in its extractor.py: 16 kHz, 96 mel bands rounded
to 16 bits, windows of 187 frames cut from the whole song's frames, what is left dropped.
"""

from __future__ import annotations

import ast
import hashlib
import json
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from earmark import __version__
from earmark.audio.segments import Segments
from earmark.errors import TaggerError, suggestion
from earmark.features import base as features
from earmark.judging.decisions import Decisions
from earmark.labels import crosswalk
from earmark.tagger.checks import with_check
from earmark.tagger.format import FORMAT, Branch, Card, Contents, Manifest, Score
from earmark.tagger.importers._musicnn_graphs import musicnn_graph
from earmark.tagger.importers._musicnn_tensors import LABELS, Network, take
from earmark.tagger.importers._package import Package, download, locate
from earmark.tagger.importers._vgg_graph import vgg_graph
from earmark.tagger.importers.tensorflow_bundle import Bundle

PACKAGE, VERSION = "musicnn", "0.1.0"
_WINDOW_FRAMES = 187
_BATCH = 1  # measured: the network's values then stay in the processor's cache
_CITATION = (
    "Pons & Serra, musicnn: pre-trained convolutional neural networks for music audio tagging, "
    "ISMIR late-breaking demo, 2019; Pons et al., End-to-end learning for music audio tagging at "
    "scale, ISMIR 2018"
)


@dataclass(frozen=True)
class Variant:
    """One published network.

    Attributes:
        tagger: what it is called here.
        network: which architecture.
        labels: name of the list of its labels in the package.
        dataset: what it was trained on.
        threshold: from which score on a label is said. None are published, and none is learnt
            here: with these, ten songs at hand get 3 to 11 labels each.
    """

    tagger: str
    network: Network
    labels: Literal["MTT_LABELS", "MSD_LABELS"]
    dataset: str
    threshold: float


_MTT, _MSD = "MagnaTagATune", "Million Song Dataset"
VARIANTS = {
    "MTT_musicnn": Variant("musicnn", "musicnn", "MTT_LABELS", _MTT, 0.12),
    "MTT_vgg": Variant("musicnn-mtt-vgg", "vgg", "MTT_LABELS", _MTT, 0.15),
    "MSD_musicnn": Variant("musicnn-msd", "musicnn", "MSD_LABELS", _MSD, 0.08),
    "MSD_vgg": Variant("musicnn-msd-vgg", "vgg", "MSD_LABELS", _MSD, 0.08),
}


def import_musicnn(
    source: Path | None = None,
    variant: str = "MTT_musicnn",
    tail: Literal["drop", "keep"] = "drop",
    *,
    name: str = "",
) -> Contents:
    """Return a network of the musicnn package as a tagger.

    Args:
        source: the package's wheel, a zip file or folder of it; None for the one installed here.
        variant: which of its networks.
        tail: what becomes of the rest after the last whole window of 3 s: the package drops it.
        name: of the tagger; "" for its usual one.

    Raises:
        TaggerError: an unknown variant; the package is not there, or is not as published.
        MissingExtraError: onnx is not installed.
    """
    if variant not in VARIANTS:
        raise TaggerError(f"musicnn has no network '{variant}'.{suggestion(variant, VARIANTS)}")
    package, which = locate(PACKAGE, source), VARIANTS[variant]
    index, data = (package.read(f"{PACKAGE}/{variant}/{file}")
                   for file in (".index", ".data-00000-of-00001"))
    labels = _labels(package, which.labels)
    tensors = take(Bundle(index, [data], f"{package.where}: {variant}"), which.network)
    write = vgg_graph if which.network == "vgg" else musicnn_graph
    try:
        manifest = Manifest(
            format=FORMAT, name=name or which.tagger, task="multi", labels=labels,
            groups=crosswalk.of(labels).groups(labels), branches=(_branch(tail),),
            decisions=Decisions((which.threshold,) * LABELS), card=_card(package, variant, data),
        )  # fmt: skip
    except ValueError as error:
        raise TaggerError(f"{package.where}: {error}") from error
    return with_check(manifest, {"branch0.onnx": write(tensors, LABELS)})


def fetch_musicnn(
    variant: str = "MTT_musicnn", tail: Literal["drop", "keep"] = "drop", *, name: str = ""
) -> Contents:
    """Return a tagger as ``import_musicnn`` does, from the registry that pip is set up for.

    Raises:
        TaggerError: pip's reason, or as there.
    """
    with tempfile.TemporaryDirectory(prefix="earmark-") as folder:
        wheel = download(f"{PACKAGE}=={VERSION}", Path(folder))
        return import_musicnn(wheel, variant, tail, name=name)


def _branch(tail: Literal["drop", "keep"]) -> Branch:
    front_end = features.build({
        "name": "logmel", "sample_rate": 16_000, "n_fft": 512, "hop_length": 256, "n_mels": 96,
        "padding": "zeros", "rounding": "float16", "compression": "log10_1e4",
    })  # fmt: skip
    return Branch(
        front_end=features.describe(front_end),
        segments=Segments(frames=_WINDOW_FRAMES, hop_frames=_WINDOW_FRAMES, tail=tail),
        model="branch0.onnx",
        batch=_BATCH,
        embedding="embedding",
    )


def _labels(package: Package, name: str) -> tuple[str, ...]:
    """Read a list of labels from the package's configuration, without running it."""
    path = f"{PACKAGE}/configuration.py"
    try:
        found = _assigned(ast.parse(package.text(path)), name)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise TaggerError(f"{package.where}: {path} cannot be read as Python: {error}.") from error
    if not isinstance(found, list) or not all(isinstance(label, str) for label in found):
        raise TaggerError(f"{package.where}: {path} has no list of labels '{name}'.")
    if len(set(found)) != LABELS or len(found) != LABELS:
        raise TaggerError(f"{package.where}: {path} has {len(set(found))} different labels in "
                          f"'{name}'; expected {LABELS}.")
    return tuple(found)


def _assigned(module: ast.Module, name: str) -> Any:
    for statement in module.body:
        if isinstance(statement, ast.Assign) and name in {
            target.id for target in statement.targets if isinstance(target, ast.Name)
        }:
            return ast.literal_eval(statement.value)
    return None


def _card(package: Package, variant: str, data: bytes) -> Card:
    which = VARIANTS[variant]
    return Card(
        title=f"{PACKAGE}'s network {variant}: {LABELS} tags of {which.dataset}",
        licence="ISC",
        limits=f"a label is given from a score of {which.threshold:g} up, one threshold for all, "
               "tuned on no labelled music; scores are no chances",
        seen=_seen(package, variant),
        results=_results(package, variant),
        made_with={"earmark": __version__},
        source=f"{PACKAGE} {package.version}, {variant}/.data-00000-of-00001, sha256 "
               f"{hashlib.sha256(data).hexdigest()}",
        citation=_CITATION,
        notice=package.licence_text(),
    )  # fmt: skip


def _seen(package: Package, variant: str) -> tuple[str, ...]:
    """Say what the network learnt from, as the package's own configuration of its training does."""
    path = f"{PACKAGE}/{variant}/config.json"
    try:
        config = json.loads(package.text(path))
        files = {part: str(config[key]) for part, key in (("train", "gt_train"),
                                                          ("valid", "gt_val"))}  # fmt: skip
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise TaggerError(f"{package.where}: {path} does not say what the network learnt from: "
                          f"{error!r}.") from error
    if not all(file.isprintable() for file in files.values()):
        raise TaggerError(f"{package.where}: {path} names files with characters that cannot be "
                          "printed.")
    dataset = VARIANTS[variant].dataset
    return tuple(f"{dataset}: {part} part of its authors' split ({file})"
                 for part, file in files.items())


def _results(package: Package, variant: str) -> tuple[Score, ...]:
    """Return the two areas that the package publishes with a network, in its order."""
    path = f"{PACKAGE}/{variant}/experiment.result"
    lines = package.text(path).splitlines() if package.find(path) else []
    found = [line.partition("AUC:")[2] for line in lines if "AUC:" in line]
    try:
        values = [float(value) for value in found]
    except ValueError:
        values = []
    if lines and (len(values) != 2 or not all(0 <= value <= 1 for value in values)):
        raise TaggerError(f"{package.where}: {path} holds {found}; expected two areas under a "
                          "curve, each between 0 and 1.")
    return tuple(
        Score(what="test part", metric=metric, value=round(value, 4), seed=None, unit="not said",
              protocol=f"as published by the package ({variant}/experiment.result), not measured "
                       "by Earmark",
              split="the authors'")
        for metric, value in zip(("roc_auc", "pr_auc"), values, strict=False)
    )  # fmt: skip
