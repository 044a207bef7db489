import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.tagger.importers import bundle_writer

from earmark.graphs.crc32c import crc32c, masked_crc32c, masked_crc32cs


# RFC 3720, appendix B.4, and the usual check.
@pytest.mark.parametrize(("content", "expected"), [
    (b"123456789", 0xE3069283), (bytes(32), 0x8A9136AA), (b"\xff" * 32, 0x62A8AB43),
    (bytes(range(32)), 0x46DD794E), (bytes(reversed(range(32))), 0x113FDB5C), (b"", 0),
])  # fmt: skip
def test_published_values(content, expected):
    assert crc32c(content) == expected


@given(st.binary(max_size=300))
def test_equal_to_the_definition_bit_by_bit(content):
    assert crc32c(content) == bundle_writer.crc(content)
    assert masked_crc32c(memoryview(content)) == bundle_writer.masked(content)


def test_a_long_one_is_equal_too(rng):
    content = rng.bytes(100_003)
    assert crc32c(content) == bundle_writer.crc(content)


@given(st.binary(min_size=1, max_size=200), st.data())
def test_a_changed_bit_changes_it(content, data):
    at = data.draw(st.integers(0, 8 * len(content) - 1))
    changed = np.frombuffer(content, np.uint8).copy()
    changed[at // 8] ^= 1 << at % 8
    assert crc32c(changed.tobytes()) != crc32c(content)


@given(st.lists(st.binary(max_size=80), max_size=6))
def test_many_at_once_are_as_one_by_one(contents):
    assert masked_crc32cs(contents).tolist() == [bundle_writer.masked(c) for c in contents]
