"""How much audio a queue of files is likely to hold, told from their sizes and a few of them.

Opening thousands of files to ask for their length takes longer than is gained by knowing it. The
rates are the upper end of the usual ones; a handful of the files, asked for their length, say how
far off they are.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Sequence
from pathlib import Path

from earmark.audio.load import probe
from earmark.errors import AudioError

_ASKED = 5
_COMPRESSED = 40_000  # 320 kbit/s
_LOSSLESS = 110_000  # flac of 44.1 kHz stereo
_PLAIN = 176_400  # 16 bit, 44.1 kHz stereo
_BYTES_A_SECOND = {
    **dict.fromkeys((".wav", ".wave", ".w64", ".rf64", ".bwf", ".aif", ".aiff", ".caf"), _PLAIN),
    **dict.fromkeys((".au", ".snd"), _PLAIN),
    **dict.fromkeys((".flac", ".ape", ".wv"), _LOSSLESS),
}


def size(path: Path) -> int:
    """Return a file's size in bytes, 0 where it cannot be told."""
    with contextlib.suppress(OSError, ValueError):  # ValueError: a zero byte in the name
        return path.stat().st_size
    return 0


def likely_seconds(paths: Iterable[Path]) -> float:
    """Return a guess of how long the files last together."""
    return sum(guesses(list(paths)))


def guesses(paths: Sequence[Path]) -> list[float]:
    """Return a guess of how long each file lasts, in seconds."""
    by_size = [size(p) / _BYTES_A_SECOND.get(p.suffix.lower(), _COMPRESSED) for p in paths]
    longer = _longer_than_guessed(paths, by_size)
    return [seconds * longer for seconds in by_size]


def _longer_than_guessed(paths: Sequence[Path], by_size: Sequence[float]) -> float:
    """Return how many times longer than their guesses a few of the files are; 1 for one file,
    which is not worth it, and where none tells its length."""
    if len(paths) < 2:
        return 1.0
    told = guessed = 0.0
    for number in {i * len(paths) // _ASKED for i in range(_ASKED)}:
        with contextlib.suppress(AudioError, OSError):
            if (seconds := probe(paths[number]).seconds) and by_size[number]:
                told, guessed = told + seconds, guessed + by_size[number]
    return told / guessed if guessed else 1.0
