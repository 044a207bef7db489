"""TFRecord files and the ``SequenceExample`` messages in them, read without TensorFlow.

A file is records one after another: their length (8 bytes), the length's checksum, the bytes,
their checksum; both are masked CRC-32C. See https://www.tensorflow.org/tutorials/load_data/tfrecord
and, for the messages, ``tensorflow/core/example/example.proto`` and ``feature.proto``.

Files are streamed: a few megabytes are held, whatever a record says of its length.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import BinaryIO, NamedTuple

from earmark.errors import DataError
from earmark.graphs.crc32c import masked_crc32c, masked_crc32cs
from earmark.graphs.wire import Field, fields, text, varint
from earmark.store import write_bytes

_HEAD = struct.Struct("<QI")
_CHECKSUM = struct.Struct("<I")
_LONGEST = 1 << 24
_HELD = 1 << 22  # bytes of records whose checksums are made together
_GZIP = b"\x1f\x8b"
_BYTES, _FLOATS, _INTS = 1, 2, 3  # kinds of a feature's list
_KEY, _VALUE = 1, 2
_CONTEXT, _LISTS = 1, 2
_LENGTH_FIRST = 2  # the wire type of messages and bytes

Value = bytes | float | int


class SequenceExample(NamedTuple):
    """One message.

    Attributes:
        context: values that concern the whole, by name.
        lists: values at one time after another, by name: those of each time.
    """

    context: dict[str, tuple[Value, ...]]
    lists: dict[str, tuple[tuple[Value, ...], ...]]


def records(path: Path) -> Iterator[bytes]:
    """Yield the records of a file, their checksums checked.

    Raises:
        DataError: the file cannot be read, is compressed, is cut short, holds a record of more
            than 16 MiB, or one that fails its checksum; names the record, counted from 1.
    """
    try:
        with path.open("rb") as file:
            number = 1
            for group in _groups(_framed(path, file)):
                found = masked_crc32cs([body for body, _ in group]).tolist()
                for (body, stated), checksum in zip(group, found, strict=True):
                    if checksum != stated:
                        raise _damaged(path, number, "its bytes fail their checksum")
                    yield body
                    number += 1
    except OSError as error:
        raise DataError(f"{path}: cannot be read: {error.strerror or error}.") from error


def sequence_examples(path: Path, *, lists: bool = True) -> Iterator[SequenceExample]:
    """Yield the messages of a file.

    Args:
        lists: read them too; without them is faster.

    Raises:
        DataError: as for ``records``; or a record is no ``SequenceExample``.
    """
    for number, record in enumerate(records(path), 1):
        try:
            yield _example(record, lists)
        except (ValueError, IndexError, struct.error) as error:
            raise DataError(f"{path}, record {number}: is no SequenceExample ({error}); expected "
                            "features one time after another.") from error


def write_records(path: Path, contents: Iterable[bytes]) -> None:
    """Write records as a TFRecord file."""
    whole = bytearray()
    for content in contents:
        head = len(content).to_bytes(8, "little")
        whole += head + _CHECKSUM.pack(masked_crc32c(head))
        whole += content + _CHECKSUM.pack(masked_crc32c(content))
    write_bytes(path, bytes(whole))


def encoded(message: SequenceExample) -> bytes:
    """Return a message as it stands in a record: bytes, floats and whole numbers as such."""
    context = b"".join(_part(1, _part(_KEY, name.encode()) + _part(_VALUE, _feature(values)))
                       for name, values in message.context.items())  # fmt: skip
    lists = b"".join(
        _part(1, _part(_KEY, name.encode())
              + _part(_VALUE, b"".join(_part(1, _feature(values)) for values in several)))
        for name, several in message.lists.items())  # fmt: skip
    return _part(_CONTEXT, context) + _part(_LISTS, lists)


def _feature(values: tuple[Value, ...]) -> bytes:
    if not values:
        return b""
    if isinstance(values[0], bytes):
        return _part(_BYTES, b"".join(_part(1, v) for v in values if isinstance(v, bytes)))
    if isinstance(values[0], float):
        return _part(_FLOATS, _part(1, struct.pack(f"<{len(values)}f", *values)))
    return _part(_INTS, _part(1, b"".join(_coded(v) for v in values if isinstance(v, int))))


def _part(number: int, content: bytes) -> bytes:
    return _coded(number << 3 | _LENGTH_FIRST) + _coded(len(content)) + content


def _coded(value: int) -> bytes:
    """Return a whole number in as many bytes as it takes, seven bits each."""
    value &= (1 << 64) - 1
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*out, value])


def _framed(path: Path, file: BinaryIO) -> Iterator[tuple[bytes, int]]:
    """Yield the bytes of each record and the checksum stated for them."""
    number = 0
    while head := file.read(_HEAD.size):
        number += 1
        if number == 1 and head.startswith(_GZIP):
            raise DataError(f"{path}: is compressed; expected plain TFRecords: unpack it first.")
        if len(head) < _HEAD.size:
            raise _damaged(path, number, "the file ends within its length")
        size, stated = _HEAD.unpack(head)
        if masked_crc32c(head[:8]) != stated:
            raise _damaged(path, number, "its length fails its checksum")
        if size > _LONGEST:
            raise _damaged(path, number, f"is to have {size} bytes, more than 16 MiB")
        body = file.read(size + _CHECKSUM.size)
        if len(body) < size + _CHECKSUM.size:
            raise _damaged(path, number, f"the file ends within its {size} bytes")
        yield body[:size], *_CHECKSUM.unpack(body[size:])


def _groups(framed: Iterator[tuple[bytes, int]]) -> Iterator[list[tuple[bytes, int]]]:
    """Yield runs of records that are small together, were all as long as the longest."""
    group: list[tuple[bytes, int]] = []
    longest = 1
    for body, stated in framed:
        longest = max(longest, len(body))
        if group and (len(group) + 1) * longest > _HELD:
            yield group
            group, longest = [], max(1, len(body))
        group.append((body, stated))
    if group:
        yield group


def _damaged(path: Path, number: int, what: str) -> DataError:
    return DataError(f"{path}, record {number}: {what}; expected a whole TFRecord file: get it "
                     "again.")


def _example(record: bytes, with_lists: bool) -> SequenceExample:
    context: dict[str, tuple[Value, ...]] = {}
    lists: dict[str, tuple[tuple[Value, ...], ...]] = {}
    for field in fields(memoryview(record)):
        if field.number == _CONTEXT:
            for name, feature in _entries(field):
                context[name] = _values(feature)
        elif field.number == _LISTS and with_lists:
            for name, several in _entries(field):
                lists[name] = tuple(_values(_message(f)) for f in fields(several) if f.number == 1)
    return SequenceExample(context, lists)


def _entries(field: Field) -> Iterator[tuple[str, memoryview]]:
    """Yield the entries of a map of messages."""
    for entry in fields(_message(field)):
        if entry.number == 1:
            found = list(fields(_message(entry)))
            values = [f.value for f in found if f.number == _VALUE]
            yield text(found, _KEY), memoryview(b"") if not values else _bytes(values[-1])


def _values(feature: memoryview) -> tuple[Value, ...]:
    found: list[Value] = []
    for kind in fields(feature):
        for item in fields(_message(kind)):
            if item.number != 1:
                continue
            if kind.number == _BYTES:
                found.append(bytes(_message(item)))
            elif kind.number == _FLOATS:  # packed or one by one: the same bytes
                found.extend(x for (x,) in struct.iter_unpack("<f", _message(item)))
            elif kind.number == _INTS:
                found.extend(_integers(item.value))
    return tuple(found)


def _integers(value: int | memoryview) -> Iterator[int]:
    if isinstance(value, int):
        yield _signed(value)
        return
    at = 0
    while at < len(value):
        number, at = varint(value, at)
        yield _signed(number)


def _signed(value: int) -> int:
    value &= (1 << 64) - 1
    return value - (1 << 64) if value >> 63 else value


def _message(field: Field) -> memoryview:
    return _bytes(field.value)


def _bytes(value: int | memoryview) -> memoryview:
    if isinstance(value, int):
        raise ValueError("a number where a message was expected")
    return value
