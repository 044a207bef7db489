"""The weights of VGGish by the names of either form in which they are published.

TensorFlow's kernels are (height, width, in, out) and its dense layers (in, out); PyTorch's are
(out, in, height, width) and (out, in). Both flatten in the order time, band, channel, so that the
first dense layer needs no other turn.
"""

from __future__ import annotations

from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from earmark.errors import TaggerError
from earmark.tagger.importers._weights import Arrays

Floats = NDArray[np.float32]

SIZE = 128
CHANNELS = (1, 64, 128, 256, 256, 512, 512)
DENSE = (6 * 4 * 512, 4096, 4096, SIZE)

_TENSORFLOW = ("conv1", "conv2", "conv3/conv3_1", "conv3/conv3_2", "conv4/conv4_1",
               "conv4/conv4_2", "fc1/fc1_1", "fc1/fc1_2", "fc2")  # fmt: skip
_PYTORCH = ("features.0", "features.3", "features.6", "features.8", "features.11", "features.13",
            "embeddings.0", "embeddings.2", "embeddings.4")  # fmt: skip
_PCA: dict[str, tuple[int, ...]] = {"pca_eigen_vectors": (SIZE, SIZE), "pca_means": (SIZE, 1)}


class Layer(NamedTuple):
    """Weights [shape=(out, in, 3, 3)] or [shape=(out, in)], and biases [shape=(out,)]."""

    weights: Floats
    biases: Floats


class Pca(NamedTuple):
    """What turns an embedding into AudioSet's: ``eigenvectors @ (embedding - means)``.

    Attributes:
        eigenvectors: [shape=(128, 128)]. means: [shape=(128,)].
    """

    eigenvectors: Floats
    means: Floats


def layers(arrays: Arrays, where: str) -> list[Layer]:
    """Return the six convolutions and three dense layers, in order.

    Raises:
        TaggerError: a tensor is absent, of another shape, or one that VGGish does not have.
    """
    tensorflow = any(name.startswith("vggish/") for name in arrays)
    names = (tuple((f"vggish/{name}/weights", f"vggish/{name}/biases") for name in _TENSORFLOW)
             if tensorflow else tuple((f"{name}.weight", f"{name}.bias") for name in _PYTORCH))
    wanted: dict[str, tuple[int, ...]] = {}
    for (weights, biases), shape in zip(names, _shapes(), strict=True):
        wanted[weights] = _as_tensorflow(shape) if tensorflow else shape
        wanted[biases] = shape[:1]
    kept = {k: v for k, v in arrays.items() if not k.startswith("pproc.")}
    _refuse_others(kept, wanted, where)
    return [Layer(_turned(_float(arrays[w], w, where), tensorflow), _float(arrays[b], b, where))
            for w, b in names]  # fmt: skip


def pca(arrays: Arrays, where: str) -> Pca:
    """Return the published projection.

    Raises:
        TaggerError: as for ``layers``.
    """
    given = {name: value.reshape(SIZE, 1) if name == "pca_means" and value.size == SIZE else value
             for name, value in arrays.items()}  # fmt: skip
    _refuse_others(given, _PCA, where)
    eigenvectors, means = (_float(given[name], name, where) for name in _PCA)
    return Pca(eigenvectors, means[:, 0])


def _shapes() -> list[tuple[int, ...]]:
    convolutions = [(out, into, 3, 3) for into, out in pairwise(CHANNELS)]
    return [*convolutions, *((out, into) for into, out in pairwise(DENSE))]


def _as_tensorflow(shape: tuple[int, ...]) -> tuple[int, ...]:
    return (*shape[2:], shape[1], shape[0])


def _turned(weights: Floats, tensorflow: bool) -> Floats:
    if not tensorflow:
        return weights
    return np.ascontiguousarray(weights.transpose(3, 2, 0, 1) if weights.ndim == 4 else weights.T)


def _refuse_others(arrays: Arrays, wanted: dict[str, tuple[int, ...]], where: str) -> None:
    if absent := [name for name in wanted if name not in arrays]:
        raise TaggerError(f"{where} lacks {len(absent)} tensors of the published VGGish, "
                          f"'{absent[0]}' among them; it is of another model or form.")
    if extra := sorted(set(arrays) - set(wanted)):
        raise TaggerError(f"{where} holds the tensor '{extra[0]}', which the published VGGish does "
                          "not have; it is of another model.")
    for name, shape in wanted.items():
        if arrays[name].shape != shape:
            raise TaggerError(f"{where}: the tensor '{name}' has shape {arrays[name].shape}; "
                              f"expected {shape}.")


def _float(array: NDArray[np.generic], name: str, where: str) -> Floats:
    if array.dtype.kind != "f" or not np.isfinite(array).all():
        raise TaggerError(f"{where}: the tensor '{name}' holds values that are no finite numbers.")
    return array.astype(np.float32)
