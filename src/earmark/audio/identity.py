"""What a file of music is known by, whatever is written into its tags.

The hash of the bytes that are decoded: an mp3 without its ID3v2 tags at the head and its ID3v1 and
APEv2 tags at the tail, a flac without its metadata blocks (the stream's own description is kept).
People write genres into the very files they had listened to, and need not listen again. Whatever
is not exactly as these formats are described is known by all its bytes, and so is every other
format: nothing is ever left out on a guess.

Sources: the ID3v2.3 and 2.4 structure documents, the APEv2 specification, RFC 9639 (FLAC).
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import IO

Spans = Sequence[tuple[int, int]]
"""Beginnings and ends, in bytes, of what is hashed, in order."""

_ID3V1_BYTES = 128
_APE_BYTES = 32  # of the footer, and of the header where there is one
_APE_HAS_HEADER, _APE_IS_HEADER = 1 << 31, 1 << 29
_STREAMINFO_BYTES = 34
_MOST_BLOCKS = 1024  # a flac has a handful
_PIECE_BYTES = 1 << 20


def identity(path: Path) -> str:
    """Return 64 hex digits that are the same for the same encoded sound.

    A file without tags has the SHA-256 of its bytes.

    Raises:
        OSError: it cannot be read.
    """
    with path.open("rb") as file:
        size = file.seek(0, 2)
        spans = _flac(file, size) or _mp3(file, size) or [(0, size)]
        digest = hashlib.sha256()
        for start, end in spans:
            file.seek(start)
            while start < end and (piece := file.read(min(_PIECE_BYTES, end - start))):
                digest.update(piece)
                start += len(piece)
    return digest.hexdigest()


def _at(file: IO[bytes], place: int, count: int) -> bytes:
    file.seek(place)
    return file.read(count)


def _flac(file: IO[bytes], size: int) -> Spans | None:
    if _at(file, 0, 4) != b"fLaC":
        return None
    place = 4
    for number in range(_MOST_BLOCKS):
        head = _at(file, place, 4)
        if len(head) < 4:
            return None
        kind, length = head[0] & 0x7F, int.from_bytes(head[1:])
        # The stream's description comes first, and only there.
        if (kind == 0) != (number == 0) or kind == 127:
            return None
        if number == 0 and length != _STREAMINFO_BYTES:
            return None
        place += 4 + length
        if head[0] & 0x80:
            is_frame = _at(file, place, 2) in (b"\xff\xf8", b"\xff\xf9")
            return [(0, 4), (8, 8 + _STREAMINFO_BYTES), (place, size)] if is_frame else None
    return None


def mpeg_starts_at(file: IO[bytes]) -> int | None:
    """Return where the first frame of MPEG audio begins, behind any ID3v2 tags; None where there
    is none."""
    start: int | None = 0
    while start is not None and _at(file, start, 3) == b"ID3":
        start = _after_id3v2(file, start)
    return start if start is not None and _is_mpeg_frame(_at(file, start, 4)) else None


def _mp3(file: IO[bytes], size: int) -> Spans | None:
    start = mpeg_starts_at(file)
    if start is None:
        return None
    end = _before_ape(file, start, size)  # some programs write it behind the other
    if end - start > _ID3V1_BYTES and _at(file, end - _ID3V1_BYTES, 3) == b"TAG":
        end = _before_ape(file, start, end - _ID3V1_BYTES)
    return [(start, end)]


def _after_id3v2(file: IO[bytes], start: int) -> int | None:
    """Return where the tag ends, None where it is not as described."""
    head = _at(file, start, 10)
    if len(head) < 10 or head[3] not in (2, 3, 4) or any(byte & 0x80 for byte in head[6:]):
        return None
    length = sum(byte << shift for byte, shift in zip(head[6:], (21, 14, 7, 0), strict=True))
    has_footer = head[3] == 4 and head[5] & 0x10
    return start + 10 + length + (10 if has_footer else 0)


def _is_mpeg_frame(head: bytes) -> bool:
    """Tell whether four bytes begin a frame of MPEG audio, layer I to III."""
    if len(head) < 4 or head[0] != 0xFF or head[1] & 0xE0 != 0xE0:
        return False
    version, layer = head[1] >> 3 & 3, head[1] >> 1 & 3
    bit_rate, sample_rate = head[2] >> 4, head[2] >> 2 & 3
    return version != 1 and layer != 0 and bit_rate != 15 and sample_rate != 3


def _before_ape(file: IO[bytes], start: int, end: int) -> int:
    """Return where the APEv2 tag before ``end`` begins; ``end`` where there is none."""
    footer = _at(file, end - _APE_BYTES, _APE_BYTES) if end - start > _APE_BYTES else b""
    if footer[:8] != b"APETAGEX" or int.from_bytes(footer[8:12], "little") != 2000:
        return end
    length, flags = (int.from_bytes(footer[i : i + 4], "little") for i in (12, 20))
    if flags & _APE_IS_HEADER or length < _APE_BYTES:
        return end
    if flags & _APE_HAS_HEADER:
        length += _APE_BYTES
    begin = end - length
    if begin <= start or (flags & _APE_HAS_HEADER and _at(file, begin, 8) != b"APETAGEX"):
        return end
    return begin
