"""Writes TFRecord files and SequenceExample messages for tests, independent of the reader.

Checksums are made bit by bit; messages are put together from the definition of the wire format.
"""

import struct

from tests.tagger.importers.bundle_writer import masked, varint


def record(content, *, size=None, size_crc=None, crc=None):
    head = struct.pack("<Q", len(content) if size is None else size)
    return (head + struct.pack("<I", masked(head) if size_crc is None else size_crc)
            + content + struct.pack("<I", masked(content) if crc is None else crc))


def field(number, content):
    return varint(number << 3 | 2) + varint(len(content)) + content


def texts(*values):
    return field(1, b"".join(field(1, value) for value in values))


def floats(*values):
    return field(2, field(1, b"".join(struct.pack("<f", value) for value in values)))


def integers(*values):
    return field(3, field(1, b"".join(varint(value % 2**64) for value in values)))


def example(context, lists):
    one = b"".join(field(1, field(1, name.encode()) + field(2, feature))
                   for name, feature in context.items())
    several = b"".join(
        field(1, field(1, name.encode()) + field(2, b"".join(field(1, f) for f in features)))
        for name, features in lists.items())
    return field(1, one) + field(2, several)


def clip(video, labels=(), seconds=(bytes(128),), start=30.0, end=40.0):
    """A record as in AudioSet's features."""
    context = {"video_id": texts(video.encode()), "labels": integers(*labels),
               "start_time_seconds": floats(start), "end_time_seconds": floats(end)}
    return example(context, {"audio_embedding": [texts(second) for second in seconds]})
