"""AudioSet's VGGish embeddings as Google publishes them: TFRecord files, a record a clip.

A record's ``audio_embedding`` holds 128 bytes for each second, its ``video_id`` says of which
clip. The thousands of small files of a part lie in one folder.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from earmark.errors import DataError
from earmark.features._tables.vggish import SIZE, Embeddings, numbers
from earmark.graphs.tfrecord import SequenceExample, sequence_examples

SUFFIX = ".tfrecord"
_SECONDS, _CLIP = "audio_embedding", "video_id"


def read_vggish_records(path: Path) -> Embeddings:
    """Read all clips of a file, or of all files in a folder, sorted by name.

    A clip of no seconds gives no rows.

    Raises:
        DataError: no such file or folder, or nothing in it; a file is damaged; a record lacks its
            id, or its seconds are not of 128 bytes; a clip is there twice.
    """
    seconds: dict[str, bytes] = {}
    for file in _files(path):
        for number, message in enumerate(sequence_examples(file), 1):
            where = f"{file}, record {number}"
            clip = _clip(message, where)
            if clip in seconds:
                raise DataError(f"{where}: clip '{clip}' is already there; expected each once.")
            seconds[clip] = _seconds(message, where)
    if not seconds:
        raise DataError(f"{path}: holds no clips; expected at least one.")
    counts = [len(content) // SIZE for content in seconds.values()]
    whole = np.frombuffer(b"".join(seconds.values()), np.uint8).reshape(-1, SIZE)
    starts = np.concatenate([np.arange(count, dtype=np.float64) for count in counts])
    return Embeddings(numbers(whole), np.repeat(np.array(list(seconds)), counts), starts)


def _files(path: Path) -> list[Path]:
    if not path.is_dir():
        return [path]
    files = sorted(f for f in path.glob(f"*{SUFFIX}") if not f.name.startswith("._"))
    if not files:
        raise DataError(f"{path}: holds no {SUFFIX} files; expected a part of AudioSet's features.")
    return files


def _clip(message: SequenceExample, where: str) -> str:
    given = message.context.get(_CLIP, ())
    if len(given) != 1 or not isinstance(given[0], bytes) or not given[0].isascii() or not given[0]:
        raise DataError(f"{where}: '{_CLIP}' is {given!r}; expected one id.")
    return given[0].decode()


def _seconds(message: SequenceExample, where: str) -> bytes:
    found = []
    for second, values in enumerate(message.lists.get(_SECONDS, ())):
        if len(values) != 1 or not isinstance(values[0], bytes) or len(values[0]) != SIZE:
            raise DataError(f"{where}: second {second} of '{_SECONDS}' is not {SIZE} bytes.")
        found.append(values[0])
    return b"".join(found)
