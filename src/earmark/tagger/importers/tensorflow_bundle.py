"""Tensors of a TensorFlow checkpoint (V2: ``.index`` and ``.data-00000-of-00001``), read without
TensorFlow.

The index is a sorted table of LevelDB's form: a footer that points at an index block, which points
at data blocks of keys and values, each with a checksum. The keys are the tensors' names and the
values say where in the data files they lie. Nothing in it is code. A size that the file gives is
compared with what is there before anything is made of it, and the checksum of every tensor is
verified when it is read.

Sources: https://github.com/google/leveldb/blob/main/doc/table_format.md and, of TensorFlow,
core/protobuf/tensor_bundle.proto, core/framework/tensor_shape.proto and types.proto.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from earmark.errors import TaggerError, suggestion
from earmark.graphs.crc32c import masked_crc32c
from earmark.graphs.wire import fields, varint

_MAGIC = 0xDB4775248B80FB57
_FOOTER, _TRAILER = 48, 5
_LONGEST_NAME, _MOST_TENSORS = 1024, 20_000  # names share beginnings: short files, many bytes
_DTYPES = {1: "<f4", 2: "<f8", 3: "<i4", 4: "<u1", 5: "<i2", 6: "<i1", 9: "<i8", 10: "|b1",
           17: "<u2", 19: "<f2", 22: "<u4", 23: "<u8"}  # fmt: skip
_BROKEN = (ValueError, IndexError, struct.error, UnicodeDecodeError)


@dataclass(frozen=True)
class Entry:
    """Where a tensor lies.

    Attributes:
        dtype: TensorFlow's number of the type.
        shape: its sizes.
        shard: number of the data file.
        offset: first byte in it.
        size: in bytes.
        checksum: masked CRC-32C of these bytes.
        sliced: True for one that lies in several pieces under other names.
    """

    dtype: int
    shape: tuple[int, ...]
    shard: int
    offset: int
    size: int
    checksum: int
    sliced: bool = False


class Bundle:
    """The tensors of one checkpoint by name."""

    def __init__(
        self, index: bytes, shards: Sequence[bytes], where: str = "the checkpoint"
    ) -> None:
        """Read the index.

        Args:
            index: content of the ``.index`` file.
            shards: content of the ``.data-...`` files, in order.
            where: names the checkpoint in errors.

        Raises:
            TaggerError: the index is damaged, or of a form that is not read here.
        """
        self.where = where
        self._shards = shards
        try:
            self.entries = dict(_entries(memoryview(index), len(shards)))
        except _BROKEN as error:
            raise TaggerError(f"{where} cannot be read as a TensorFlow checkpoint: "
                              f"{_said(error)}.") from error

    @property
    def names(self) -> tuple[str, ...]:
        """The tensors' names, sorted as bytes."""
        return tuple(self.entries)

    def read(self, name: str) -> NDArray[np.generic]:
        """Return a tensor.

        Raises:
            TaggerError: there is none of that name, it is of a kind that is not read here, it lies
                outside its file, or its checksum does not match.
        """
        if (entry := self.entries.get(name)) is None:
            raise TaggerError(f"{self.where} holds no tensor '{name}'."
                              f"{suggestion(name, self.names)}")
        try:
            return self._array(entry)
        except _BROKEN as error:
            raise TaggerError(f"{self.where}: tensor '{name}' cannot be read: "
                              f"{_said(error)}.") from error

    def _array(self, entry: Entry) -> NDArray[np.generic]:
        if entry.sliced:
            raise ValueError("it is kept in slices; save the checkpoint from one device")
        if (given := _DTYPES.get(entry.dtype)) is None:
            raise ValueError(f"it is of TensorFlow's type {entry.dtype}; expected plain numbers")
        dtype, shard = np.dtype(given), self._shards[entry.shard]
        if entry.size != math.prod(entry.shape) * dtype.itemsize:
            raise ValueError(f"{entry.size} bytes for {dtype.name} of shape {entry.shape}")
        if entry.offset + entry.size > len(shard):
            raise ValueError(f"it ends at byte {entry.offset + entry.size} of a data file that has "
                             f"{len(shard)}; fetch the file again")
        content = memoryview(shard)[entry.offset : entry.offset + entry.size]
        if masked_crc32c(content) != entry.checksum:
            raise ValueError("its checksum does not match; fetch the file again")
        return np.frombuffer(content, dtype).reshape(entry.shape).copy()


def _said(error: Exception) -> str:
    if isinstance(error, ValueError) and not isinstance(error, UnicodeDecodeError):
        return str(error)
    return "it ends in the middle of a record"


def _entries(index: memoryview, shards: int) -> Iterator[tuple[str, Entry]]:
    """Yield all tensors of an index."""
    records = _records(index)
    header = next(records, None)
    if header is None or header[0]:
        raise ValueError("it has no header")
    _check_header(header[1], shards)
    for count, (name, value) in enumerate(records):
        if count == _MOST_TENSORS:
            raise ValueError(f"it lists more than {_MOST_TENSORS} tensors")
        yield name.decode(), _entry(value, shards)


def _records(index: memoryview) -> Iterator[tuple[bytes, memoryview]]:
    """Yield the table's keys and values, in the keys' order."""
    if len(index) < _FOOTER:
        raise ValueError(f"its index has {len(index)} bytes, fewer than a footer")
    footer = index[-_FOOTER:]
    if struct.unpack("<Q", footer[-8:]) != (_MAGIC,):
        raise ValueError("its index does not end as one does; it is cut off or another file")
    _, _, at = _handle(footer, 0)  # of a block of filters, which is empty here
    offset, size, _ = _handle(footer, at)
    before, end = b"", 0
    for _, place in _pairs(_block(index, offset, size)):
        offset, size, _ = _handle(place, 0)
        if offset < end:
            raise ValueError("its blocks are not one after another")
        end = offset + size
        for key, value in _pairs(_block(index, offset, size)):
            if key <= before and before:
                raise ValueError("its names are not in order")
            before = key
            yield key, value


def _handle(message: memoryview, at: int) -> tuple[int, int, int]:
    offset, at = varint(message, at)
    size, at = varint(message, at)
    return offset, size, at


def _block(index: memoryview, offset: int, size: int) -> memoryview:
    end = offset + size
    if end + _TRAILER > len(index) - _FOOTER:
        raise ValueError(f"a block at byte {offset} of the index goes beyond its end")
    kind = index[end]
    if struct.unpack("<I", index[end + 1 : end + _TRAILER]) != (
        masked_crc32c(index[offset : end + 1]),
    ):
        raise ValueError(f"the checksum of the index's block at byte {offset} does not match; "
                         "fetch the file again")
    if kind:
        raise ValueError(f"its index is compressed (kind {kind}); only plain ones are read")
    return index[offset:end]


def _pairs(block: memoryview) -> Iterator[tuple[bytes, memoryview]]:
    """Yield a block's keys and values; a key repeats the beginning of the one before it."""
    (restarts,) = struct.unpack("<I", block[-4:])
    end = len(block) - 4 * (restarts + 1)
    if end < 0:
        raise ValueError("a block of the index is shorter than its list of restarts")
    at, key = 0, b""
    while at < end:
        shared, at = varint(block, at)
        own, at = varint(block, at)
        size, at = varint(block, at)
        if shared > len(key) or shared + own > _LONGEST_NAME or at + own + size > end:
            raise ValueError("a record of the index goes beyond its block")
        key = key[:shared] + bytes(block[at : at + own])
        at += own + size
        yield key, block[at - size : at]


def _check_header(value: memoryview, shards: int) -> None:
    known = dict(fields(value))
    if known.get(2, 0) != 0:
        raise ValueError("it was written on a big-endian machine; only little-endian ones are read")
    if known.get(1, 0) != shards:
        raise ValueError(f"it has {known.get(1, 0)} data files, of which {shards} were given")


def _entry(value: memoryview, shards: int) -> Entry:
    found: dict[int, int | memoryview] = {}
    sliced, shape = False, memoryview(b"")
    for field in fields(value):
        sliced = sliced or field.number == 7
        if field.number == 2 and isinstance(field.value, memoryview):
            shape = field.value
        else:
            found[field.number] = field.value
    dtype, shard, offset, size = (_number(found.get(k, 0)) for k in (1, 3, 4, 5))
    if shard >= shards:
        raise ValueError(f"a tensor lies in data file {shard} of {shards}")
    checksum = found.get(6, memoryview(bytes(4)))
    if not isinstance(checksum, memoryview):
        raise ValueError("a checksum is of another form")
    (stored,) = struct.unpack("<I", checksum)
    return Entry(dtype, tuple(_sizes(shape)), shard, offset, size, stored, sliced)


def _sizes(shape: memoryview) -> Iterator[int]:
    for dimension in fields(shape):
        if dimension.number == 3:
            raise ValueError("a tensor has no shape")
        if dimension.number == 2 and isinstance(dimension.value, memoryview):
            sizes = [_number(f.value) for f in fields(dimension.value) if f.number == 1]
            yield sizes[-1] if sizes else 0


def _number(value: int | memoryview) -> int:
    if not isinstance(value, int) or value >= 2**62:  # negative ones are written as larger
        raise ValueError("a number is of another form or negative")
    return value
