import contextlib
import struct

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.tagger.importers import bundle_writer as writer

from earmark.errors import TaggerError
from earmark.tagger.importers.tensorflow_bundle import Bundle

TENSORS = {
    "conv2d/bias": np.arange(5, dtype=np.float32),
    "conv2d/kernel": np.arange(24, dtype=np.float32).reshape(2, 3, 4) / 7,
    "conv2d/kernel/Adam": np.zeros((2, 3, 4), np.float32),
    "empty": np.zeros((0, 4), np.float32),
    "global_step": np.asarray(12, np.int64),
    "half": np.asarray([0.5, -2], np.float16),
    "yes": np.asarray([True, False]),
}
INDEX, DATA = writer.bundle(TENSORS)


def with_entry(value):
    return writer.table([(b"", writer.header()), (b"t", value)])


def read(index, *shards):
    return Bundle(index, shards or (DATA,), "it")


def test_what_was_written_is_read():
    bundle = read(INDEX)
    assert bundle.names == tuple(TENSORS)
    for name, expected in TENSORS.items():
        found = bundle.read(name)
        assert (found.dtype, found.shape) == (expected.dtype, expected.shape)
        assert np.array_equal(found, expected)


def test_many_tensors_lie_in_several_blocks():
    tensors = {f"layer_{k}/weights": np.full(3, k, np.float32) for k in range(200)}
    index, data = writer.bundle(tensors)
    bundle = read(index, data)
    assert len(bundle.names) == 200
    assert all(np.array_equal(bundle.read(name), tensors[name]) for name in tensors)


def test_tensors_may_lie_in_several_files():
    first, second = struct.pack("<f", 1), struct.pack("<f", 2)
    pairs = [(b"", writer.header(shards=2))] + [
        (name, writer.entry(1, (), 0, 4, writer.masked(content), shard=shard))
        for shard, (name, content) in enumerate([(b"a", first), (b"b", second)])
    ]
    bundle = read(writer.table(pairs), first, second)
    assert (float(bundle.read("a")), float(bundle.read("b"))) == (1, 2)


def test_an_unknown_name_gets_its_neighbour():
    with pytest.raises(TaggerError, match=r"no tensor 'conv2d/kernal'. Did you mean 'conv2d/ker"):
        read(INDEX).read("conv2d/kernal")


@settings(max_examples=300)
@given(st.data())
def test_a_changed_byte_is_an_error_or_changes_nothing(data):
    index, content = bytearray(INDEX), bytearray(DATA)
    changed = data.draw(st.sampled_from((index, content)))
    changed[data.draw(st.integers(0, len(changed) - 1))] ^= data.draw(st.integers(1, 255))
    with contextlib.suppress(TaggerError):
        bundle = read(bytes(index), bytes(content))
        found = {name: bundle.read(name) for name in bundle.names}
        assert set(found) == set(TENSORS)
        assert all(np.array_equal(found[name], TENSORS[name]) for name in TENSORS)


@given(st.integers(0, len(INDEX) - 1))
def test_an_index_that_is_cut_off_is_refused(keep):
    with pytest.raises(TaggerError, match="cannot be read as a TensorFlow checkpoint"):
        read(INDEX[:keep])


@given(st.binary(max_size=400))
def test_bytes_that_end_as_an_index_does_are_no_index(content):
    with pytest.raises(TaggerError, match="cannot be read as a TensorFlow checkpoint"):
        read(content + struct.pack("<Q", writer.MAGIC))


@given(st.binary(max_size=60))
def test_any_bytes_as_an_entry_raise_nothing_else(value):
    with contextlib.suppress(TaggerError):
        read(with_entry(value)).read("t")


def test_a_data_file_that_is_cut_off_is_named_by_its_tensor():
    with pytest.raises(TaggerError, match=r"tensor 'yes' .* ends at byte 226 .* that has 225"):
        read(INDEX, DATA[:-1]).read("yes")


@pytest.mark.parametrize(("value", "expected"), [
    (writer.entry(1, (1 << 40,), 0, 1 << 42, 0), r"ends at byte 4398046511104"),
    (writer.entry(1, (1 << 40, 1 << 40), 0, 4, 0), r"4 bytes for float32 of shape"),
    (writer.entry(1, (1,), 1 << 61, 4, 0), r"of a data file that has"),
    (writer.entry(1, (1,), 0, 4, 0), r"checksum does not match"),
    (writer.entry(7, (1,), 0, 4, 0), r"TensorFlow's type 7; expected plain numbers"),
    (writer.entry(1, (1,), 0, 4, 0, more=writer.message(7, b"")), r"kept in slices"),
    (writer.entry(1, (1,) * 70, 0, 4, writer.masked(DATA[:4])), r"maximum supported dimension"),
])  # fmt: skip
def test_a_tensor_that_lies_is_refused(value, expected):
    with pytest.raises(TaggerError, match=rf"it: tensor 't' cannot be read: .*{expected}"):
        read(with_entry(value)).read("t")


@pytest.mark.parametrize(("index", "expected"), [
    (b"", "0 bytes, fewer than a footer"),
    (INDEX[:-1] + b"\0", "does not end as one does"),
    (writer.table([(b"", writer.header())], kind=1), r"compressed \(kind 1\)"),
    (writer.table([(b"", writer.header(endianness=1))]), "big-endian"),
    (writer.table([(b"", writer.header(shards=3))]), "3 data files, of which 1 were given"),
    (writer.table([(b"a", writer.header())]), "no header"),
    (writer.table([(b"", writer.header()), (b"b", b""), (b"a", b"")]), "names are not in order"),
    (writer.table([(b"", writer.header()), (b"\xff", b"")]), "in the middle of a record"),
    (with_entry(writer.entry(1, (1,), 0, 4, 0, shard=1)), "data file 1 of 1"),
    (with_entry(writer.entry(1, (2**64 - 1,), 0, 4, 0)), "negative"),
    (with_entry(writer.number(1, 1) + writer.message(2, writer.number(3, 1))), "has no shape"),
    (with_entry(writer.message(5, b"four")), "of another form"),
    (with_entry(writer.number(6, 4)), "a checksum is of another form"),
    (writer.table([(b"", writer.header()), (b"x" * 1025, b"")]), "goes beyond its block"),
])  # fmt: skip
def test_an_index_that_lies_is_refused(index, expected):
    with pytest.raises(TaggerError, match=rf"^it cannot be read .*{expected}"):
        read(index)


def test_blocks_may_not_be_read_twice():
    block = writer.records([(b"", writer.header())])
    place = writer.varint(0) + writer.varint(len(block))
    index = writer.ended(writer.sealed(block), [(b"a", place), (b"b", place)])
    with pytest.raises(TaggerError, match="not one after another"):
        read(index)


@pytest.mark.parametrize(("offset", "size"), [(1 << 62, 4), (0, 1 << 62), (0, 1 << 20)])
def test_a_block_beyond_the_end_is_refused(offset, size):
    index = writer.ended(b"", [(b"a", writer.varint(offset) + writer.varint(size))])
    with pytest.raises(TaggerError, match=rf"block at byte {offset} of the index goes beyond"):
        read(index)


def test_names_that_grow_without_end_are_refused():
    # Four bytes a record, a name of up to 1024 bytes each.
    pairs = [(b"", writer.header())] + [(b"a" + b"%06d" % k, b"") for k in range(20_001)]
    with pytest.raises(TaggerError, match="more than 20000 tensors"):
        read(writer.table(pairs, per_block=30_000))


def test_records_beyond_their_block_are_refused():
    for record in (b"\x05\x00\x00", b"\x00\x09\x00", b"\x00\x00\x09", b"\x80"):
        block = record + struct.pack("<II", 0, 1)
        place = writer.varint(0) + writer.varint(len(block))
        index = writer.ended(writer.sealed(block), [(b"a", place)])
        with pytest.raises(TaggerError, match="cannot be read as a TensorFlow checkpoint"):
            read(index)


def test_a_list_of_restarts_longer_than_its_block_is_refused():
    block = struct.pack("<I", 2**32 - 1)
    index = writer.ended(writer.sealed(block), [(b"a", writer.varint(0) + writer.varint(4))])
    with pytest.raises(TaggerError, match="shorter than its list of restarts"):
        read(index)
