"""VGGish: AudioSet's published network, which names nothing and turns 0.96 s into 128 numbers.

With the published projection its embedding is in AudioSet's own form, whitened and within [-2, 2],
so that what was learnt on AudioSet's rows runs on sound; AudioSet stores each value in a byte,
rounded down, so that its rows lie up to one step of 4 / 255 below these. The embedding is taken
before any activation, as the project has it since 2020.

Sources: Hershey et al., "CNN architectures for large-scale audio classification", ICASSP 2017;
https://github.com/tensorflow/models/tree/master/research/audioset/vggish.
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from earmark import __version__
from earmark.errors import TaggerError
from earmark.features import base as features
from earmark.features.cutting import pieces
from earmark.graphs.session import Session
from earmark.graphs.writer import Graph
from earmark.judging.decisions import Decisions
from earmark.tagger.checks import with_check
from earmark.tagger.format import FORMAT, Branch, Card, Contents, Manifest
from earmark.tagger.importers._fronts import PRESETS
from earmark.tagger.importers._vggish_tensors import SIZE, Layer, Pca, layers, pca
from earmark.tagger.importers._weights import read_weights, sha256

_FRONT = PRESETS["vggish"]
_SHAPE = (96, 64)  # frames, bands
_POOLED_AFTER = (0, 1, 3, 5)  # convolutions
_BATCH = 8
_LIMIT = 2.0
_CITATION = ("Hershey et al., CNN architectures for large-scale audio classification, ICASSP 2017; "
             "Gemmeke et al., Audio Set: an ontology and human-labeled dataset for audio events, "
             "ICASSP 2017")


class Figures(NamedTuple):
    """What the project's own test expects of 3 s of a sine of 1 kHz, within a tenth.

    Attributes:
        mean, deviation: over all values.
    """

    mean: float
    deviation: float


# vggish_smoke_test.py, as measured in July 2023 with NumPy 1.21 and 1.24: raw, and as bytes.
RAW, BYTES = Figures(0.000657, 0.343), Figures(126.0, 89.3)
PUBLISHED = {"10086976": RAW, "970ea276": BYTES}
"""First digits of the SHA-256 of files as PyTorch's users know them: ``vggish-10086976.pth``,
``vggish_pca_params-970ea276.pth``."""
_WITHIN = 0.1


def import_vggish(file: Path, pca_file: Path | None = None, *, name: str = "vggish") -> Contents:
    """Return VGGish as a backbone.

    Args:
        file: its weights: ``vggish-10086976.pth`` or another ``.pth``, ``.npz`` or
            ``.safetensors`` with tensors of the same names, or of TensorFlow's.
        pca_file: the published projection; None to leave the embedding as it is.

    Raises:
        TaggerError: a file is not as published, or gives other values than its authors got.
        MissingExtraError: onnx, or for ``.pth`` PyTorch, is not installed.
    """
    _refuse_checkpoint(file)
    hashes = [sha256(path) for path in (file, pca_file) if path is not None]
    found = layers(read_weights(file), str(file))
    projection = pca(read_weights(pca_file), str(pca_file)) if pca_file is not None else None
    content = graph(found, projection)
    _refuse_other_values(content, hashes)
    branch = Branch(features.describe(features.build(_FRONT.front_end)), _FRONT.segments,
                    "branch0.onnx", batch=_BATCH, embedding="embedding")
    manifest = Manifest(
        format=FORMAT, name=name or "vggish", task="multi", labels=(), groups={},
        branches=(branch,), decisions=Decisions(), card=_card(file, pca_file, hashes),
    )  # fmt: skip
    return with_check(manifest, {branch.model: content})


def graph(found: list[Layer], projection: Pca | None) -> bytes:
    """Return the network from rows [shape=(n, 96, 64)].

    Outputs: ``embedding`` [shape=(n, 128)], projected and within [-2, 2] where a projection is
    given; and ``raw`` [shape=(n, 128)], before that.
    """
    net = Graph(_SHAPE, extra="import")
    sound = net.add("Unsqueeze", net.rows, net.constant([1], np.int64))
    for number, layer in enumerate(found[:6]):
        sound = net.add("Relu", net.add("Conv", sound, *_weights(net, layer), pads=(1, 1, 1, 1)))
        if number in _POOLED_AFTER:
            sound = net.add("MaxPool", sound, kernel_shape=(2, 2), strides=(2, 2))
    # Time, band, channel: the order in which TensorFlow flattens.
    raw = net.add("Flatten", net.add("Transpose", sound, perm=(0, 2, 3, 1)))
    for number, layer in enumerate(found[6:]):
        raw = net.add("Gemm", raw, *_weights(net, layer), transB=1)
        raw = raw if number == 2 else net.add("Relu", raw)
    embedding = raw if projection is None else _projected(net, raw, projection)
    return net.content("", 0, embedding=(embedding, SIZE), raw=(raw, SIZE))


def _projected(net: Graph, raw: str, projection: Pca) -> str:
    centred = net.add("Sub", raw, net.constant(projection.means, np.float32))
    turned = net.add("MatMul", centred, net.constant(projection.eigenvectors.T, np.float32))
    low, high = (net.constant(limit, np.float32) for limit in (-_LIMIT, _LIMIT))
    return net.add("Clip", turned, low, high)


def _weights(net: Graph, layer: Layer) -> tuple[str, str]:
    return net.constant(layer.weights, np.float32), net.constant(layer.biases, np.float32)


def _refuse_checkpoint(file: Path) -> None:
    if file.suffix in (".ckpt", ".index", ".meta") or ".data-" in file.name:
        raise TaggerError(f"{file} is a TensorFlow checkpoint of the first version, which is not "
                          "read here; bring vggish-10086976.pth, or the checkpoint's tensors by "
                          "name as .npz (numpy.savez).")


def _refuse_other_values(content: bytes, hashes: list[str]) -> None:
    """Compare the published files' embedding of the project's test sound with what it expects."""
    known = [PUBLISHED.get(found[:8]) for found in hashes]
    if not known or known[0] is None:
        return
    raw, embedding = Session(content, "VGGish").run(check_rows(), ("raw", "embedding"))
    _refuse_figures(raw, known[0], "embedding")
    if len(known) > 1 and known[1] is not None:
        _refuse_figures(np.floor((embedding + _LIMIT) * (255 / (2 * _LIMIT))), known[1], "bytes")


def _refuse_figures(values: NDArray[np.float32], expected: Figures, what: str) -> None:
    mean, deviation = float(values.mean()), float(values.std())
    # The raw mean is next to nothing beside the spread: a tenth of that is what is looked for.
    near = abs(mean - expected.mean) <= _WITHIN * max(abs(expected.mean), expected.deviation)
    if not (near and abs(deviation - expected.deviation) <= _WITHIN * expected.deviation):
        raise TaggerError(f"VGGish's {what} of its authors' test sound have mean {mean:.4g} and "
                          f"deviation {deviation:.4g} here; published are {expected.mean:g} and "
                          f"{expected.deviation:g}: report it.")


def check_rows() -> NDArray[np.float32]:
    """Return what the network is given of the project's test sound [shape=(3, 96, 64)]."""
    front_end = features.build(_FRONT.front_end)
    times = np.arange(3 * front_end.sample_rate) / front_end.sample_rate
    samples = np.sin(2 * np.pi * 1000 * times).astype(np.float32)
    found = [piece.values for piece in pieces(front_end, [samples], _FRONT.segments)]
    return np.stack([values for values in found if values is not None])


def _card(file: Path, pca_file: Path | None, hashes: list[str]) -> Card:
    form = "as AudioSet publishes it" if pca_file else "raw, before AudioSet's projection"
    paths = [path for path in (file, pca_file) if path is not None]
    return Card(
        title=f"VGGish, a backbone: {SIZE} numbers for each 0.96 s, {form}",
        licence="Apache-2.0 (its authors' code and weights); other forms as their publishers say",
        limits="names nothing by itself; labels are learnt on it",
        seen=("a preliminary YouTube-8M: millions of videos, AudioSet's probably among them",),
        made_with={"earmark": __version__},
        source="; ".join(f"{path.name}, sha256 {digest}"
                         for path, digest in zip(paths, hashes, strict=True)),
        citation=_CITATION,
    )  # fmt: skip
