"""Which filters of musicnn's front end are computed, and which of them together.

The five layers look at the same sound. Filters of one band only are the shorter ones of another
length with zeros around; where the longer have room in their last block, the shorter fill it up.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from earmark.tagger.importers import _still
from earmark.tagger.importers._layers import BLOCK, Affine, Array, Checkpoint, Layer, Span

# Name, the number of its normalisation, (time, bands, from, to); each time length halves the one
# before where the filters have one band.
_LAYERS = (
    ("conv2d", 1, (7, 38, 1, 204)),
    ("conv2d_1", 2, (7, 67, 1, 204)),
    ("conv2d_2", 3, (128, 1, 1, 51)),
    ("conv2d_3", 4, (64, 1, 1, 51)),
    ("conv2d_4", 5, (32, 1, 1, 51)),
)
FEATURES = sum(shape[3] for _, _, shape in _LAYERS)
_FEWEST = 2 * BLOCK  # fewer do not keep the processor busy


class Group(NamedTuple):
    """Filters that are computed together.

    Attributes:
        layer: its kernels are padded alike in time.
        features: which of the front end's features they are [shape=(outputs,)].
    """

    layer: Layer
    features: NDArray[np.int64]


class FrontEnd(NamedTuple):
    """What is computed of the front end.

    Attributes:
        groups: in the order in which they are computed, each filled with zeros to a whole block.
        constants: of the features that hardly move, elsewhere 0 [shape=(561,)].
        moving: which features are computed [shape=(561,)].
    """

    groups: list[Group]
    constants: Array
    moving: NDArray[np.bool_]

    @property
    def places(self) -> NDArray[np.int64]:
        """Which feature each computed channel is, -1 for those that fill a block."""
        return np.concatenate([
            np.pad(features, (0, -len(features) % BLOCK), constant_values=-1)
            for _, features in self.groups
        ])


def front_end(checkpoint: Checkpoint, normal: Affine, reach: Array) -> FrontEnd:
    """Return what has to be computed.

    Args:
        normal: the normalisation of the sound.
        reach: how far each score can move when a feature does by 1 [shape=(561, labels)].
    """
    layers = [checkpoint.layer(name, number, shape) for name, number, shape in _LAYERS]
    sound = _still.sound(normal)
    spans = [layer.span(sound) for layer in layers]
    span = Span(*(np.concatenate(ends) for ends in zip(*spans, strict=True)))
    moving = _still.moving(span.half, reach)
    groups, start = [], 0
    for layer in layers:
        kept = np.flatnonzero(moving[start : start + len(layer.bias)])
        groups.append(Group(layer.outputs(kept), start + kept))
        start += len(layer.bias)
    groups = [*groups[:2], *_filled(groups[2:])]
    return FrontEnd([Group(group.layer.padded(), group.features) for group in groups
                     if len(group.features)], np.where(moving, 0, span.middle), moving)  # fmt: skip


def _filled(groups: Sequence[Group]) -> list[Group]:
    """Filters of one band, from the longest on; each length takes in what fits of the next."""
    filled = []
    rest = list(groups)
    while rest:
        group = rest.pop(0)
        for k, other in enumerate(rest):
            group, rest[k] = _taking_in(group, other)
        filled.append(group)
    return filled


def _taking_in(group: Group, other: Group) -> tuple[Group, Group]:
    """Both groups after all of the other, or what its last block holds, has found room."""
    count, others = len(group.features), len(other.features)
    room = max(count + -count % BLOCK, _FEWEST) - count if count else 0
    moved = next((n for n in (others, others % BLOCK) if n <= room), 0)
    stay, go = np.split(np.arange(others), [others - moved])
    around = (len(group.layer.kernel) - len(other.layer.kernel)) // 2
    leaving = other.layer.outputs(go)
    longer = np.pad(leaving.kernel, [(around, around), (0, 0), (0, 0), (0, 0)])
    joined = zip(
        (group.layer.kernel, group.layer.bias, group.layer.slope, group.layer.offset),
        (longer, leaving.bias, leaving.slope, leaving.offset), strict=True,
    )  # fmt: skip
    layer = Layer(*(np.concatenate(pair, axis=-1) for pair in joined))
    return (Group(layer, np.concatenate([group.features, other.features[go]])),
            Group(other.layer.outputs(stay), other.features[stay]))
