"""AudioSet's VGGish embeddings: 128 bytes for each second of a clip, in one npz file.

Arrays: ``embeddings`` [shape=(clips, seconds, 128)] uint8, of which only the first ``frames``
[shape=(clips,)] seconds of each clip are real, and ``clip`` [shape=(clips,)], an id each. Others,
such as labels and where in its video a clip starts, are left alone.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from earmark.errors import DataError
from earmark.features._tables.named import refuse_ids
from earmark.store import read_npz

SIZE = 128
COLUMNS = tuple(f"vggish{k}" for k in range(1, SIZE + 1))
_NAMES = ("embeddings", "frames", "clip")
_LOWEST, _HIGHEST = -2.0, 2.0  # the postprocessor clips to these before it makes bytes


class Embeddings(NamedTuple):
    """One row a second.

    Attributes:
        rows: in [-2, 2] [shape=(seconds, 128)].
        clips: whose second it is [shape=(seconds,)].
        starts: where the second begins in its clip, in seconds [shape=(seconds,)].
    """

    rows: NDArray[np.float32]
    clips: NDArray[np.str_]
    starts: NDArray[np.float64]


def read_vggish(path: Path) -> Embeddings:
    """Read the real seconds of all clips, turned from bytes to numbers.

    Raises:
        DataError: the file cannot be read as npz or holds Python objects; an array is missing or
            of another shape or type; ``frames`` is not between 1 and the seconds there are; a
            clip is there twice or has no id; there are none.

    Source: Hershey et al., "CNN architectures for large-scale audio classification", 2017; the
    bytes are those of its published postprocessor, 8 bits over [-2, 2].
    """
    arrays = read_npz(path, _NAMES)
    embeddings, frames, clips = (arrays[name] for name in _NAMES)
    _refuse_shapes(path, embeddings, frames, clips)
    _refuse_clips(path, frames, clips, embeddings.shape[1])
    real = np.arange(embeddings.shape[1]) < frames[:, None]  # (clips, seconds)
    which, second = np.nonzero(real)
    named = clips.astype(np.str_)[which]
    return Embeddings(numbers(embeddings[real]), named, second.astype(np.float64))


def numbers(levels: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Return the numbers in [-2, 2] that the bytes stand for."""
    rows = levels.astype(np.float32)
    rows *= np.float32((_HIGHEST - _LOWEST) / 255)
    rows += np.float32(_LOWEST)
    return rows


def pooled(made: Embeddings, pooling: str) -> Embeddings:
    """Return a row a clip: the ``mean`` over its seconds, or mean and standard deviation
    (``moments``); ``none`` changes nothing. A clip's seconds stand together.
    """
    if pooling == "none":
        return made
    begins = np.flatnonzero(np.concatenate([[True], made.clips[1:] != made.clips[:-1]]))
    count = np.diff([*begins, len(made.clips)])[:, None]
    rows = made.rows.astype(np.float64)
    mean = np.add.reduceat(rows, begins, axis=0) / count
    columns = [mean]
    if pooling == "moments":
        apart = (rows - np.repeat(mean, count[:, 0], axis=0)) ** 2
        columns.append(np.sqrt(np.add.reduceat(apart, begins, axis=0) / count))
    return Embeddings(np.hstack(columns).astype(np.float32), made.clips[begins],
                      np.zeros(len(begins)))


def in_sequence(made: Embeddings) -> Embeddings:
    """Return a picture a clip [shape=(128, seconds)], of as many seconds as the longest has;
    shorter ones begin anew. A clip's seconds stand together."""
    begins = np.flatnonzero(np.concatenate([[True], made.clips[1:] != made.clips[:-1]]))
    count = np.diff([*begins, len(made.clips)])
    places = begins[:, None] + np.arange(count.max()) % count[:, None]  # (clips, seconds)
    rows = np.ascontiguousarray(made.rows[places].transpose(0, 2, 1))
    return Embeddings(rows, made.clips[begins], np.zeros(len(begins)))


def _refuse_shapes(
    path: Path, embeddings: NDArray[Any], frames: NDArray[Any], clips: NDArray[Any]
) -> None:
    if embeddings.dtype != np.uint8 or embeddings.ndim != 3 or embeddings.shape[2] != SIZE:
        raise DataError(f"{path}: 'embeddings' are {embeddings.dtype} of shape "
                        f"{embeddings.shape}; expected uint8, (clips, seconds, {SIZE}).")
    if not len(embeddings):
        raise DataError(f"{path}: holds no clips; expected at least one.")
    for name, array, kinds, expected in (("frames", frames, "iu", "whole numbers"),
                                         ("clip", clips, "U", "text")):
        if array.dtype.kind not in kinds or array.shape != (len(embeddings),):
            raise DataError(f"{path}: '{name}' is {array.dtype} of shape {array.shape}; expected "
                            f"{expected}, one a clip, ({len(embeddings)},).")


def _refuse_clips(
    path: Path, frames: NDArray[Any], clips: NDArray[Any], seconds: int
) -> None:
    wrong = (frames < 1) | (frames > seconds)
    if wrong.any():
        at = int(np.argmax(wrong))
        raise DataError(f"{path}: clip '{clips[at]}' has {frames[at]} frames; expected 1 to "
                        f"{seconds}.")
    refuse_ids(path, clips, "clip")
