import hashlib
import io
import json
import zipfile

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.tagger.conftest import manifest

from earmark.errors import TaggerError
from earmark.tagger import format as tagger_format
from earmark.tagger.tagger import Tagger


def seal(members, compression=zipfile.ZIP_STORED):
    """Zip members and sign them as a tagger is signed."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", compression) as archive:
        for name, content in members:
            archive.writestr(name, content)
        archive.comment = b"0" * 64
    body = buffer.getvalue()[:-64]
    return body + hashlib.sha256(body).hexdigest().encode()


def members(contents):
    with zipfile.ZipFile(io.BytesIO(tagger_format.pack(contents))) as archive:
        return {entry.filename: archive.read(entry) for entry in archive.infolist()}


def changed(contents, **changes):
    """Members with the manifest's values changed."""
    parts = members(contents)
    values = {**json.loads(parts["tagger.json"]), **changes}
    return {**parts, "tagger.json": json.dumps(values).encode()}


def test_what_is_written_is_read(contents, small):
    again = tagger_format.read(small)
    assert again.manifest == contents.manifest
    assert dict(again.models) == dict(contents.models)
    assert np.array_equal(again.check.scores, contents.check.scores)
    assert again.digest == hashlib.sha256(small.read_bytes()).hexdigest()


def test_equal_content_gives_equal_bytes(contents):
    assert tagger_format.pack(contents) == tagger_format.pack(contents)


def test_any_zip_program_can_open_it(small):
    with zipfile.ZipFile(small) as archive:
        assert archive.testzip() is None
        assert archive.namelist() == ["tagger.json", "branch0.onnx", "check.npz"]
        assert {e.compress_type for e in archive.infolist()} == {zipfile.ZIP_STORED}


@given(st.data())
@settings(deadline=None, max_examples=60)
def test_a_changed_byte_is_found(contents, tmp_path_factory, data):
    content = bytearray(tagger_format.pack(contents))
    at = data.draw(st.integers(0, len(content) - 1))
    content[at] ^= data.draw(st.integers(1, 255))
    path = tmp_path_factory.getbasetemp() / "changed.earmark"
    path.write_bytes(content)
    with pytest.raises(TaggerError, match=r"not a tagger|checksum does not match"):
        tagger_format.read(path)


@pytest.mark.parametrize("keep", [0, 1, 64, 1000, -1])
def test_a_cut_off_file_is_found(small, keep):
    small.write_bytes(small.read_bytes()[:keep])
    with pytest.raises(TaggerError, match=r"not a tagger|checksum does not match"):
        tagger_format.read(small)


def test_a_newer_format_says_to_upgrade(contents, small):
    newer = changed(contents, format=tagger_format.FORMAT + 1, something_new=1)
    small.write_bytes(seal(newer.items()))
    with pytest.raises(TaggerError, match=r"format 4.*reads up to 3.*--upgrade"):
        tagger_format.read(small)


@pytest.mark.parametrize(("changes", "message"), [
    ({"labels": ["calm"], "groups": {}}, "scores of shape"),
    ({"labels": ["calm", "Calm", "odd"]}, "differ only by case"),
    ({"branches": []}, "at least one branch"),
    ({"task": "singel"}, "Did you mean 'single'"),
    ({"labls": []}, "unknown setting 'labls'"),
    ({"format": "1"}, "expected a whole number"),
])
def test_a_manifest_that_makes_no_sense_is_refused(contents, small, changes, message):
    small.write_bytes(seal(changed(contents, **changes).items()))
    with pytest.raises(TaggerError, match=message):
        tagger_format.read(small)


def test_members_that_do_not_belong_are_named(contents, small):
    small.write_bytes(seal([*members(contents).items(), ("evil.py", b"print()")]))
    with pytest.raises(TaggerError, match=r"evil\.py"):
        tagger_format.read(small)


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_two_members_of_one_name_are_refused(contents, small):
    parts = list(members(contents).items())
    small.write_bytes(seal([*parts, parts[0]]))
    with pytest.raises(TaggerError, match="two members bear one name"):
        tagger_format.read(small)


def test_a_compressed_bomb_is_not_unpacked(contents, small):
    parts = {**members(contents), "branch0.onnx": b"\0" * 50_000_000}
    small.write_bytes(seal(parts.items(), zipfile.ZIP_DEFLATED))
    with pytest.raises(TaggerError, match="compressed"):
        tagger_format.read(small)


def test_a_compressed_check_is_not_unpacked(contents, small):
    buffer = io.BytesIO()
    np.savez_compressed(buffer, samples=np.zeros(30_000_000, np.int16), sample_rate=1, scores=0)
    parts = {**members(contents), "check.npz": buffer.getvalue()}
    small.write_bytes(seal(parts.items()))
    with pytest.raises(TaggerError, match=r"check\.npz.*compressed"):
        tagger_format.read(small)


def test_a_pickle_in_the_check_is_not_opened(contents, small):
    buffer = io.BytesIO()
    np.savez(buffer, samples=np.array([{"a": 1}], dtype=object), sample_rate=1, scores=0)
    parts = {**members(contents), "check.npz": buffer.getvalue()}
    small.write_bytes(seal(parts.items()))
    with pytest.raises(TaggerError, match=r"check\.npz cannot be read"):
        tagger_format.read(small)


@pytest.mark.parametrize(("content", "message"), [
    (None, "is a folder"),
    (b"", "not a tagger"),
    (b"hello", "not a tagger"),
])
def test_other_things_are_refused(tmp_path, content, message):
    path = tmp_path / "x.earmark"
    path.mkdir() if content is None else path.write_bytes(content)
    with pytest.raises(TaggerError, match=message):
        Tagger.load(path)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(TaggerError, match=r"gone\.earmark cannot be read: No such file"):
        Tagger.load(tmp_path / "gone.earmark")


def test_an_unknown_name_offers_the_nearest():
    with pytest.raises(TaggerError, match="Did you mean 'gtzan10'"):
        Tagger.load("gtzan01")


def test_a_branch_has_a_plain_file_name_and_a_weight():
    branch = manifest().branches[0]
    for changes, message in (({"model": "../x.onnx"}, "plain name"), ({"weight": 0.0}, "weight")):
        with pytest.raises(ValueError, match=message):
            type(branch)(**{**vars(branch), **changes})
