"""A sound is known whatever is written into its tags, and nothing else is taken for it."""

import hashlib

import numpy as np
import pytest
import soundfile
from hypothesis import given
from hypothesis import strategies as st

from earmark.audio.identity import identity

FRAME = b"\xff\xfb\x90\x00"  # MPEG 1 layer III, 128 kbit/s, 44 100 Hz


def known(folder, content):
    path = folder / "x.mp3"
    path.write_bytes(content)
    return identity(path)


def sha256(content):
    return hashlib.sha256(content).hexdigest()


def seven_bits(length):
    return bytes(length >> shift & 0x7F for shift in (21, 14, 7, 0))


def id3v2(content, version=4, footer=False):
    tag = bytes([version, 0, 0x10 if footer else 0]) + seven_bits(len(content))
    return b"ID3" + tag + content + (b"3DI" + tag if footer else b"")


def ape(items, header):
    flags = (1 << 31 if header else 0).to_bytes(4, "little")
    size = (len(items) + 32).to_bytes(4, "little")
    footer = b"APETAGEX" + (2000).to_bytes(4, "little") + size + bytes(4) + flags + bytes(8)
    return (footer if header else b"") + items + footer


def flac(blocks, frames=b"\xff\xf8" + b"sound" * 9):
    """Blocks of (kind, content) after the description of the stream."""
    whole = [(0, bytes(range(34))), *blocks]
    return b"fLaC" + b"".join(
        bytes([kind | (0x80 if i == len(whole) - 1 else 0)]) + len(c).to_bytes(3) + c
        for i, (kind, c) in enumerate(whole)
    ) + frames


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("identity")


@given(st.binary(max_size=300).map(lambda rest: FRAME + bytes(140) + rest), st.binary(max_size=200),
       st.sampled_from([2, 3, 4]), st.booleans(), st.binary(max_size=60), st.booleans())
def test_an_mp3_is_known_without_its_tags(folder, sound, tag, version, footer, items, header):
    sound += b"the end"  # so that no random byte makes a tag of it
    head = id3v2(tag, version, footer and version == 4)
    tails = (b"", b"TAG" + bytes(125), ape(items, header), ape(items, header) + b"TAG" + bytes(125),
             b"TAG" + bytes(125) + ape(items, header))
    for start in (b"", head, head + id3v2(b"another")):
        for tail in tails:
            assert known(folder, start + sound + tail) == sha256(sound)


@given(st.lists(st.tuples(st.integers(1, 6), st.binary(max_size=90)), max_size=5))
def test_a_flac_is_known_without_its_comments_and_covers(folder, blocks):
    assert known(folder, flac(blocks)) == known(folder, flac([]))
    assert known(folder, flac(blocks, b"\xff\xf8other")) != known(folder, flac([]))


def test_the_description_of_a_flac_counts(folder):
    content = bytearray(flac([(4, b"comment")]))
    before = known(folder, content)
    content[20] ^= 1
    assert known(folder, content) != before


@pytest.mark.parametrize("content", [
    b"ID3", id3v2(b"abc"), id3v2(b"abc") + b"no frame",
    b"ID3\x04\x00\x00\x7f\x7f\x7f\x7f" + FRAME + bytes(500),  # longer than the file
    b"ID3\x04\x00\x00\x80\x00\x00\x00" + FRAME + bytes(500),  # eight bits in a byte
    b"ID3\x09\x00\x00\x00\x00\x00\x00" + FRAME + bytes(500),  # an unknown version
    FRAME + bytes(50) + ape(b"", False).replace(bytes([32, 0, 0, 0]), b"\xff" * 4),
    FRAME + bytes(50) + ape(b"", False).replace(bytes([32, 0, 0, 0]), bytes(4)),
    FRAME + bytes(50) + ape(b"123", True).replace(b"APE", b"ape", 1),  # no header after all
    b"\xff\xfb\xf0\x00" + bytes(200) + b"TAG" + bytes(125),  # no such bit rate
    b"RIFF" + bytes(300) + b"TAG" + bytes(125),
    b"fLaC", flac([])[:20], flac([], b"no frame"), flac([(127, b"")]), flac([(0, bytes(34))]),
    flac([(4, b"c")])[:-40].replace(b"\x84\x00\x00\x01", b"\x84\xff\xff\xff"),
    b"fLaC" + b"\x04\x00\x00\x00" * 50, flac([(1, b"")] * 2000), b"",
])  # fmt: skip
def test_what_is_not_as_described_is_known_by_all_its_bytes(folder, content):
    assert known(folder, content) == sha256(content)


fragments = st.lists(st.one_of(
    st.binary(max_size=40), st.sampled_from([
        FRAME, b"ID3\x04\x00\x00\x00\x00\x00\x05", b"fLaC\x00\x00\x00\x22" + bytes(34),
        b"\x84\x00\x00\x02", b"\xff\xf8", ape(b"xy", True), ape(b"", False), b"TAG" + bytes(125)]),
), max_size=8).map(b"".join)


@given(fragments)
def test_any_bytes_have_an_identity_and_other_sound_another(folder, content):
    found = known(folder, content)
    assert len(found) == 64
    # A byte put in the middle of what is decoded changes it.
    sound = FRAME + content
    assert known(folder, id3v2(b"") + sound) == known(folder, sound)
    assert known(folder, FRAME + b"\x00" + content) != known(folder, sound)


@pytest.mark.parametrize("ending", ["mp3", "flac"])
def test_tags_written_by_another_program(tmp_path, rng, ending):
    mutagen = pytest.importorskip("mutagen")
    from mutagen.apev2 import APEv2
    from mutagen.id3 import APIC, ID3, TCON

    path = tmp_path / f"a.{ending}"
    soundfile.write(path, 0.1 * rng.standard_normal(44_100), 44_100)
    before, sound = identity(path), soundfile.read(path)[0]
    if ending == "mp3":
        tags = ID3()
        tags.add(TCON(encoding=3, text="Dub"))
        tags.add(APIC(encoding=3, mime="image/png", type=3, data=bytes(100_000)))
        tags.save(path, v1=2)
        others = APEv2()
        others["Genre"] = "Dub"
        others.save(path)
    else:
        tags = mutagen.File(path)
        tags["genre"] = "Dub"
        tags.save()
    assert sound.size
    np.testing.assert_array_equal(soundfile.read(path)[0], sound)
    assert identity(path) == before
    assert hashlib.sha256(path.read_bytes()).hexdigest() != before
