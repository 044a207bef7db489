"""CRC-32C (Castagnoli), of megabytes in a tenth of a second with numpy alone.

A checksum is a remainder of polynomials: that of two halves is the left one's, moved on by the
right one's length, plus the right one's. So neighbours are joined, then neighbours of those, all
pairs at once, until one is left; moving on by a power of two bytes is four look-ups.

Source: Castagnoli, Bräuer & Herrmann, "Optimization of cyclic redundancy-check codes with 24 and
32 parity bits", IEEE Transactions on Communications, 1993; RFC 3720, appendix B.4.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

import numpy as np
from numpy.typing import NDArray

_POLYNOMIAL = 0x82F63B78  # its bits in reverse
_ALL = 0xFFFFFFFF
_MASK = 0xA282EAD8
_PLACES = (0, 8, 16, 24)  # first bits of a state's bytes
_WORD = 2  # power of two of the bytes in a word
_SHORT = 16  # bytes for which starting numpy takes longer than the sum

Words = NDArray[np.uint32]


def crc32c(content: bytes | memoryview) -> int:
    """Return the CRC-32C of some bytes.

    >>> hex(crc32c(b"123456789"))
    '0xe3069283'
    """
    if len(content) <= _SHORT:
        return _byte_by_byte(content)
    return int(_crc32cs([content])[0])


def masked_crc32c(content: bytes | memoryview) -> int:
    """Return the CRC-32C as LevelDB and TensorFlow write it: turned and shifted, since a checksum
    of what holds its own checksum is no checksum.
    """
    found = crc32c(content)
    return (((found >> 15) | (found << 17)) + _MASK) & _ALL


def masked_crc32cs(contents: Sequence[bytes | memoryview]) -> Words:
    """Return ``masked_crc32c`` of each; of many short ones much faster than one by one.

    All are held as long as the longest: give together what is of like length.
    """
    if any(len(content) <= _SHORT for content in contents):
        return np.array([masked_crc32c(content) for content in contents], np.uint32)
    found = _crc32cs(contents)
    turned: Words = (found >> np.uint32(15)) | (found << np.uint32(17))
    return turned + np.uint32(_MASK)


def _crc32cs(contents: Sequence[bytes | memoryview]) -> Words:
    """Return the CRC-32C of each; none is shorter than a word."""
    width = -(-max(map(len, contents), default=0) // 4) * 4
    padded = np.zeros((len(contents), width), np.uint8)
    for row, content in zip(padded, contents, strict=True):
        start = width - len(content)  # zeros in front count nothing
        row[start:] = np.frombuffer(content, np.uint8)
        row[start : start + 4] ^= 0xFF  # the same as to begin with the state of all ones
    words = np.ascontiguousarray(padded.view("<u4").T)  # (words, contents)
    return _moved_by_power(_joined(words)[0], _WORD) ^ np.uint32(_ALL)


def _byte_by_byte(content: bytes | memoryview) -> int:
    state, table = _ALL, _short_table()
    for byte in content:
        state = table[(state ^ byte) & 0xFF] ^ (state >> 8)
    return state ^ _ALL


@cache
def _short_table() -> list[int]:
    table: list[int] = _tables(0)[0].tolist()
    return table


def _joined(words: Words) -> Words:
    """Return the remainder of words one after another, not yet moved past the end.

    Args:
        words: [shape=(words, ...)]; the result is [shape=(1, ...)].
    """
    power = _WORD
    nothing = np.zeros((1, *words.shape[1:]), np.uint32)
    while len(words) > 1:
        if len(words) % 2:
            words = np.concatenate([nothing, words])
        words = _moved_by_power(words[::2], power) ^ words[1::2]
        power += 1
    return words if len(words) else nothing


def _moved_by_power(states: Words, power: int) -> Words:
    """Return the states after 2 ** power zero bytes."""
    pieces = np.ascontiguousarray(states, "<u4").view(np.uint8).reshape(-1, 4)
    tables = _tables(power)
    moved: Words = tables[0][pieces[:, 0]]
    for table, piece in zip(tables[1:], pieces.T[1:], strict=True):
        moved ^= table[piece]
    return moved.reshape(states.shape)


@cache
def _tables(power: int) -> Words:
    """What each byte of a state becomes after 2 ** power zero bytes [shape=(4, 256)]."""
    if power:
        return _moved_by_power(_tables(power - 1).ravel(), power - 1).reshape(4, 256)
    states: Words = np.arange(256, dtype=np.uint32) << np.asarray(_PLACES, np.uint32)[:, None]
    for _ in range(8):
        states = (states >> np.uint32(1)) ^ (states & np.uint32(1)) * np.uint32(_POLYNOMIAL)
    return states
