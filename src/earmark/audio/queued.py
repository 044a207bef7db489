"""How much audio a queue of files is likely to hold, told from their sizes alone.

Opening thousands of files to ask for their length takes longer than is gained by knowing it. The
rates are the upper end of the usual ones, so that a guess is too short rather than too long.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterable
from pathlib import Path

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
    """Return a cautious guess of how long the files last together."""
    return sum(size(p) / _BYTES_A_SECOND.get(p.suffix.lower(), _COMPRESSED) for p in paths)
