"""The wire format of protocol buffers, read field by field, without their library.

Enough to look into a file before anything runs it, or to read a small index; see
https://protobuf.dev/programming-guides/encoding/.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5


class Field(NamedTuple):
    """One field of a message.

    Attributes:
        number: as in the message's definition.
        value: a number (of fixed-width fields none: they come as their bytes), or the bytes of a
            string, message or packed list.
    """

    number: int
    value: int | memoryview


def fields(message: memoryview) -> Iterator[Field]:
    """Yield the fields of a message, in order.

    Raises:
        ValueError, IndexError: the bytes are no message.
    """
    at = 0
    while at < len(message):
        key, at = varint(message, at)
        number, wire = key >> 3, key & 7
        if wire == _VARINT:
            value, at = varint(message, at)
            yield Field(number, value)
            continue
        if wire == _BYTES:
            size, at = varint(message, at)
        elif wire in (_FIXED64, _FIXED32):
            size = 8 if wire == _FIXED64 else 4
        else:
            raise ValueError(f"wire type {wire} at byte {at}")
        if at + size > len(message):
            raise ValueError("it ends in the middle of a field")
        yield Field(number, message[at : at + size])
        at += size


def text(message: list[Field], number: int) -> str:
    """Return the last text of that number in a message, or ``""``."""
    values = [f.value for f in message if f.number == number and isinstance(f.value, memoryview)]
    return bytes(values[-1]).decode() if values else ""


def varint(message: memoryview, at: int) -> tuple[int, int]:
    """Return the number that begins at a byte, and the place after it.

    Raises:
        ValueError, IndexError: it has no end.
    """
    value = shift = 0
    while True:
        byte = message[at]
        value |= (byte & 0x7F) << shift
        at += 1
        if byte < 0x80:
            return value, at
        shift += 7
        if shift > 63:
            raise ValueError(f"a number at byte {at} has no end")
