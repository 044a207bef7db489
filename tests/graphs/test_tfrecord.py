import contextlib
import re
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.graphs import records_writer as w
from tests.tagger.importers.bundle_writer import varint

from earmark.errors import DataError
from earmark.graphs.tfrecord import (
    SequenceExample,
    encoded,
    records,
    sequence_examples,
    write_records,
)


def write(folder, content):
    path = folder / "a.tfrecord"
    path.write_bytes(content)
    return path


def refused(path, message, read=records):
    with pytest.raises(DataError, match="^" + re.escape(f"{path}{message}")) as caught:
        list(read(path))
    assert "\n" not in str(caught.value)


@given(st.lists(st.binary(max_size=3000), max_size=8))
def test_records_come_back(tmp_path_factory, contents):
    folder = tmp_path_factory.mktemp("records")
    path = write(folder, b"".join(w.record(content) for content in contents))
    assert list(records(path)) == contents
    write_records(folder / "ours", contents)
    assert (folder / "ours").read_bytes() == path.read_bytes()


def test_many_records_of_unlike_length(tmp_path, rng):
    contents = [rng.bytes(size) for size in (5, 2_000_000, 5, 2_100_000, 7, 100_000, 3)]
    write_records(tmp_path / "a", contents)
    assert list(records(tmp_path / "a")) == contents


GOOD = w.record(b"first") + w.record(b"second")


@pytest.mark.parametrize(("content", "message"), [
    (GOOD[:-1], ", record 2: the file ends within its 6 bytes"),
    (GOOD[: len(w.record(b"first")) + 11], ", record 2: the file ends within its length"),
    (GOOD + b"\0", ", record 3: the file ends within its length"),
    (w.record(b"first", crc=1), ", record 1: its bytes fail their checksum"),
    (w.record(b"first") + w.record(b"second", crc=1), ", record 2: its bytes fail"),
    (GOOD.replace(b"second", b"secomd"), ", record 2: its bytes fail their checksum"),
    (w.record(b"first", size_crc=1), ", record 1: its length fails its checksum"),
    (w.record(b"first", size=2**63), ", record 1: is to have 9223372036854775808 bytes"),
    (w.record(b"first", size=2**24 + 1), ", record 1: is to have 16777217 bytes"),
    (w.record(b"first", size=2**24), ", record 1: the file ends within its 16777216 bytes"),
    (b"\x1f\x8b\x08" + GOOD, ": is compressed"),
    (b"%PDF-1.7 " * 9, ", record 1: its length fails its checksum"),
])  # fmt: skip
def test_what_is_wrong_is_named(tmp_path, content, message):
    refused(write(tmp_path, content), message)


def test_a_file_that_is_absent_or_a_folder(tmp_path):
    refused(tmp_path / "absent", ": cannot be read: ")
    refused(tmp_path, ": cannot be read: ")


def test_a_file_is_streamed(tmp_path):
    long = w.record(b"x" * 3_000_000)
    path = write(tmp_path, long + long + long[:-1])
    assert next(records(path)) == b"x" * 3_000_000


def test_a_message_by_hand(tmp_path):
    message = w.example(
        {"id": w.texts(b"abc"), "at": w.floats(1.5, -2.0), "n": w.integers(0, 300, -1),
         "none": b""},
        {"seconds": [w.texts(b"\x00\xff"), w.texts(b"\x01"), b""]})
    (read,) = sequence_examples(write(tmp_path, w.record(message)))
    assert read.context == {"id": (b"abc",), "at": (1.5, -2.0), "n": (0, 300, -1), "none": ()}
    assert read.lists == {"seconds": ((b"\x00\xff",), (b"\x01",), ())}


def test_numbers_that_are_not_packed(tmp_path):
    floats = w.field(2, b"".join(varint(1 << 3 | 5) + struct.pack("<f", x) for x in (1.5, 2.5)))
    integers = w.field(3, b"".join(varint(1 << 3) + varint(n) for n in (7, 2**64 - 2)))
    message = w.example({"x": floats, "n": integers}, {})
    (read,) = sequence_examples(write(tmp_path, w.record(message)))
    assert read.context == {"x": (1.5, 2.5), "n": (7, -2)}


@pytest.mark.parametrize("content", [
    b"\x0a", b"\x0a\x05abc", b"\x08\x01", b"\x0f", w.field(1, b"\x08\x01"),
    w.example({"x": w.field(2, w.field(1, b"abc"))}, {}), b"\x80" * 20,
    w.field(1, w.field(1, w.field(1, b"\xff\xfe") + w.field(2, b""))),
])  # fmt: skip
def test_records_that_are_no_message(tmp_path, content):
    refused(write(tmp_path, w.record(b"") + w.record(content)), ", record 2: is no Sequence",
            sequence_examples)


@given(st.binary(max_size=200))
def test_any_bytes_are_a_message_or_one_line(tmp_path_factory, content):
    path = write(tmp_path_factory.mktemp("records"), w.record(content))
    with contextlib.suppress(DataError):
        assert len(list(sequence_examples(path))) == 1


VALUES = st.one_of(
    st.lists(st.binary(max_size=9), min_size=1).map(tuple),
    st.lists(st.floats(width=32, allow_nan=False), min_size=1).map(tuple),
    st.lists(st.integers(-(2**63), 2**63 - 1), min_size=1).map(tuple), st.just(()),
)


@given(st.dictionaries(st.text(max_size=5), VALUES, max_size=4),
       st.dictionaries(st.text(max_size=5), st.lists(VALUES, max_size=3).map(tuple), max_size=3))
def test_messages_come_back(tmp_path_factory, context, lists):
    message = SequenceExample(context, lists)
    path = tmp_path_factory.mktemp("records") / "a.tfrecord"
    write_records(path, [encoded(message)])
    assert list(sequence_examples(path)) == [message]


def test_a_message_is_written_as_by_hand():
    message = SequenceExample({"id": (b"abc",), "at": (1.5,), "n": (300, -1)}, {"s": ((b"x",),)})
    assert encoded(message) == w.example(
        {"id": w.texts(b"abc"), "at": w.floats(1.5), "n": w.integers(300, -1)},
        {"s": [w.texts(b"x")]})
