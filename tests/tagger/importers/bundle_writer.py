"""Writes TensorFlow checkpoints as small as the tests need, sound ones and hostile ones.

Independent of the reader: checksums are made bit by bit.
"""

import struct

import numpy as np

DTYPES = {"float32": 1, "float64": 2, "int32": 3, "uint8": 4, "int64": 9, "bool": 10, "float16": 19}
MAGIC = 0xDB4775248B80FB57

_BYTES = []
for _byte in range(256):
    for _ in range(8):
        _byte = (_byte >> 1) ^ (0x82F63B78 if _byte & 1 else 0)
    _BYTES.append(_byte)


def crc(content):
    state = 0xFFFFFFFF
    for byte in bytes(content):
        state = _BYTES[(state ^ byte) & 255] ^ (state >> 8)
    return state ^ 0xFFFFFFFF


def masked(content):
    found = crc(content)
    return ((found >> 15 | found << 17) + 0xA282EAD8) & 0xFFFFFFFF


def varint(value):
    out = bytearray()
    while value >= 128:
        out.append(value & 127 | 128)
        value >>= 7
    return bytes(out + bytes([value]))


def number(field, value):
    return varint(field << 3) + varint(value)


def message(field, content):
    return varint(field << 3 | 2) + varint(len(content)) + content


def header(shards=1, endianness=0):
    return number(1, shards) + number(2, endianness) + message(3, number(1, 1))


def entry(dtype, shape, offset, size, checksum, *, shard=0, more=b""):
    sizes = b"".join(message(2, number(1, n)) for n in shape)
    return (number(1, dtype) + message(2, sizes) + number(3, shard) + number(4, offset)
            + number(5, size) + varint(6 << 3 | 5) + struct.pack("<I", checksum) + more)


def records(pairs, every=16):
    """A block's content: each key without what it shares with the one before it."""
    out, restarts, before = b"", [], b""
    for k, (key, value) in enumerate(pairs):
        shared = 0
        if k % every:
            while shared < min(len(key), len(before)) and key[shared] == before[shared]:
                shared += 1
        else:
            restarts.append(len(out))
        sizes = (shared, len(key) - shared, len(value))
        out += b"".join(map(varint, sizes)) + key[shared:] + value
        before = key
    restarts = restarts or [0]
    return out + b"".join(struct.pack("<I", at) for at in [*restarts, len(restarts)])


def sealed(block, kind=0):
    return block + bytes([kind]) + struct.pack("<I", masked(block + bytes([kind])))


def table(pairs, *, kind=0, per_block=40):
    """An index of these keys and values."""
    out, places = b"", []
    for begin in range(0, len(pairs), per_block):
        some = pairs[begin : begin + per_block]
        block = records(some)
        places.append((some[-1][0], varint(len(out)) + varint(len(block))))
        out += sealed(block, kind)
    return ended(out, places)


def ended(out, places):
    """The blocks so far with the blocks that end a table; places are keys and handles."""
    empty, index = records([]), records(places, every=1)
    footer = varint(len(out)) + varint(len(empty))
    out += sealed(empty)
    footer += varint(len(out)) + varint(len(index))
    return out + sealed(index) + footer.ljust(40, b"\0") + struct.pack("<Q", MAGIC)


def bundle(tensors):
    """The index and the data file of a checkpoint."""
    pairs, data = [(b"", header())], b""
    for name in sorted(tensors, key=str.encode):
        array = np.asarray(tensors[name])
        content = array.tobytes()
        pairs.append((name.encode(), entry(DTYPES[array.dtype.name], array.shape, len(data),
                                           len(content), masked(content))))
        data += content
    return table(pairs), data
