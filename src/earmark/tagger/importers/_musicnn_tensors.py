"""Which tensors the networks of the musicnn package have, and their shapes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from earmark.errors import TaggerError
from earmark.tagger.importers.tensorflow_bundle import Bundle

Network = Literal["musicnn", "vgg"]
LABELS = 50
_MOST_NAMED = 3

# Convolutions are (time, bands, from, to), dense layers (from, to); a bias goes with each.
_KERNELS: dict[Network, dict[str, tuple[int, ...]]] = {
    "musicnn": {
        "conv2d": (7, 38, 1, 204), "conv2d_1": (7, 67, 1, 204), "conv2d_2": (128, 1, 1, 51),
        "conv2d_3": (64, 1, 1, 51), "conv2d_4": (32, 1, 1, 51), "conv2d_5": (7, 561, 1, 64),
        "conv2d_6": (7, 64, 1, 64), "conv2d_7": (7, 64, 1, 64), "dense": (1506, 200),
        "dense_1": (200, LABELS),
    },
    "vgg": {
        "1CNN": (3, 3, 1, 128), "2CNN": (3, 3, 128, 128), "3CNN": (3, 3, 128, 128),
        "4CNN": (3, 3, 128, 128), "5CNN": (3, 3, 128, 128), "dense": (256, LABELS),
    },
}  # fmt: skip
# Widths of the batch normalisations, in the order of their numbers.
_NORMALISATIONS: dict[Network, tuple[int, ...]] = {
    "musicnn": (1, 204, 204, 51, 51, 51, 64, 64, 64, 1506, 200),
    "vgg": (1, 128, 128, 128, 128, 128),
}
_PARTS = ("beta", "gamma", "moving_mean", "moving_variance")
# What training kept for itself.
_OPTIMISER = ("/Adam", "/Adam_1", "beta1_power", "beta2_power", "global_step")


def shapes(network: Network) -> dict[str, tuple[int, ...]]:
    """Return the shape of each tensor of a network by its name."""
    return dict(_shapes(network))


def _shapes(network: Network) -> Iterator[tuple[str, tuple[int, ...]]]:
    for name, shape in _KERNELS[network].items():
        yield f"{name}/kernel", shape
        yield f"{name}/bias", shape[-1:]
    for number, width in enumerate(_NORMALISATIONS[network]):
        name = f"batch_normalization_{number}" if number else "batch_normalization"
        yield from ((f"{name}/{part}", (width,)) for part in _PARTS)


def take(bundle: Bundle, network: Network) -> Mapping[str, NDArray[np.float32]]:
    """Return a network's tensors from its checkpoint, leaving out what training kept for itself.

    Raises:
        TaggerError: one is missing, too many, of another shape, damaged, or no numbers.
    """
    expected = shapes(network)
    given = {name for name in bundle.names if not name.endswith(_OPTIMISER)}
    for word, odd in (("lacks", expected.keys() - given), ("has besides", given - expected.keys())):
        if odd:
            raise TaggerError(f"{bundle.where} {word} {_named(odd)}; expected the "
                              f"{len(expected)} tensors of the network '{network}'.")
    return {name: _checked(bundle, name, shape) for name, shape in expected.items()}


def _checked(bundle: Bundle, name: str, shape: tuple[int, ...]) -> NDArray[np.float32]:
    found = bundle.read(name)
    if (found.dtype.name, found.shape) != ("float32", shape):
        raise TaggerError(f"{bundle.where}: tensor '{name}' is {found.dtype.name} of shape "
                          f"{found.shape}; expected float32 of shape {shape}.")
    values = found.astype(np.float32, copy=False)
    if not np.isfinite(values).all():
        raise TaggerError(f"{bundle.where}: tensor '{name}' holds values that are no finite "
                          "numbers.")
    if name.endswith("/moving_variance") and values.min() < 0:
        raise TaggerError(f"{bundle.where}: tensor '{name}' holds a variance below 0.")
    return values


def _named(names: set[str]) -> str:
    some = ", ".join(f"'{name}'" for name in sorted(names)[:_MOST_NAMED])
    return some + (f" and {len(names) - _MOST_NAMED} more" if len(names) > _MOST_NAMED else "")
