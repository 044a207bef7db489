"""Unpacking: what goes in comes out, and what could do harm does not get in."""

import gzip
import io
import os
import stat
import struct
import tarfile
import zipfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from earmark.datasets import _disk, _members, archives
from earmark.datasets._joined import open_joined
from earmark.datasets._members import Unsafe, safe_name
from earmark.datasets.archives import unpack
from earmark.errors import DataError

CONTENT = {"genres/blues/blues.00000.au": b"\x00sound\xff" * 999, "genres/README": b"read me\n",
           "list.csv": b""}  # fmt: skip
CLIMBING = ["../evil", "d/" * 2000 + "x", "a/../../evil", "/evil", "C:/evil", "c:evil",
            "a\\..\\..\\evil", "a\x1bb", "a\nb"]  # fmt: skip


def zipped(path, members=CONTENT, **options):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, **options) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return path


def tarred(path, members=CONTENT, mode="w:gz"):
    with tarfile.open(path, mode) as archive:
        for name, content in members.items():
            add(archive, name, content)
    return path


def add(archive, name, content=b"", kind=tarfile.REGTYPE, target=""):
    info = tarfile.TarInfo(name)
    info.size, info.type, info.linkname = len(content), kind, target
    archive.addfile(info, io.BytesIO(content))


def linking_zip(path, links, members=CONTENT):
    """A zip with symbolic links, as GitHub makes them."""
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
        for name, target in links.items():
            info = zipfile.ZipInfo(name)
            info.create_system, info.external_attr = 3, (stat.S_IFLNK | 0o777) << 16
            archive.writestr(info, target)
    return path


def found(folder):
    """Return what lies in a folder, hidden things and archives included: name to content."""
    return {p.relative_to(folder).as_posix(): p.read_bytes()
            for p in sorted(folder.rglob("*")) if p.is_file()}  # fmt: skip


@pytest.fixture
def place(tmp_path):
    """An empty folder to unpack into, in a folder whose other contents are watched."""
    folder = tmp_path / "watched" / "place"
    folder.mkdir(parents=True)
    (folder.parent / "evil").write_bytes(b"as it was")
    yield folder
    assert found(folder.parent).pop("evil") == b"as it was"
    assert {p.name for p in folder.parent.iterdir()} == {"evil", "place"}


@pytest.fixture(params=["zip", "tar"])
def kind(request):
    return request.param


def made(kind, path, members=CONTENT):
    return zipped(path, members) if kind == "zip" else tarred(path, members)


def test_what_went_in_comes_out_and_nothing_else(kind, tmp_path, place):
    done = unpack([made(kind, tmp_path / "a")], place, kind)
    assert found(place) == CONTENT
    assert done == archives.Unpacked(3, 0, (), ())


@pytest.mark.parametrize("mode", ["w", "w:gz", "w:bz2", "w:xz"])
def test_tar_of_every_compression(mode, tmp_path, place):
    unpack([tarred(tmp_path / "a", mode=mode)], place, "tar")
    assert found(place) == CONTENT


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_zip_of_every_compression_and_damage_in_it(method, tmp_path, place):
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w", method) as archive:  # FMA's are compressed with bzip2
        for name, content in CONTENT.items():
            archive.writestr(name, content)
    unpack([path], place, "zip")
    assert found(place) == CONTENT
    content = bytearray(path.read_bytes())
    content[60:70] = bytes(10)  # within the first member
    path.write_bytes(bytes(content))
    (place / "genres" / "blues" / "blues.00000.au").unlink()
    with pytest.raises(DataError, match="damaged or cut short"):
        unpack([path], place, "zip")


def test_empty_folders_come_along(tmp_path, place):
    with tarfile.open(tmp_path / "a.tar", "w") as archive:
        add(archive, "./", kind=tarfile.DIRTYPE)
        add(archive, "./full/empty", kind=tarfile.DIRTYPE)
    unpack([tmp_path / "a.tar"], place, "tar")
    assert (place / "full" / "empty").is_dir()


def test_progress_ends_at_the_bytes_of_all(kind, tmp_path, place):
    seen = []
    unpack([made(kind, tmp_path / "a.x")], place, kind, lambda *args: seen.append(args))
    total = sum(map(len, CONTENT.values()))
    assert seen[0][2] == (total if kind == "zip" else None)
    assert seen[-1] == ("a.x", total, total)
    assert [done for _, done, _ in seen] == sorted(done for _, done, _ in seen)


@pytest.mark.parametrize("name", CLIMBING)
def test_names_that_climb_out_are_refused(kind, name, tmp_path, place):
    archive = made(kind, tmp_path / "a", {"good": b"1", name: b"harm"})
    with pytest.raises(DataError, match=r"a: is not unpacked: a name (leads|is a path|has|lies)"):
        unpack([archive], place, kind)
    assert found(place) == {}


def test_a_name_with_a_nul_is_refused_not_cut(tmp_path, place):
    archive = zipped(tmp_path / "a.zip", {"good.txtX.exe": b"1"})
    archive.write_bytes(archive.read_bytes().replace(b"txtX", b"txt\0"))
    with pytest.raises(DataError, match="control characters"):
        unpack([archive], place, "zip")
    assert found(place) == {}


@pytest.mark.parametrize("kind_of_link", [tarfile.SYMTYPE, tarfile.LNKTYPE])
@pytest.mark.parametrize("target", ["../../evil", "/etc/passwd", "..\\evil", "C:\\evil"])
def test_links_out_of_a_tar_are_refused(kind_of_link, target, tmp_path, place):
    with tarfile.open(tmp_path / "a.tar", "w") as archive:
        add(archive, "a/link", kind=kind_of_link, target=target)
        add(archive, "a/link/x", b"harm")
    with pytest.raises(DataError, match="link points out of the folder"):
        unpack([tmp_path / "a.tar"], place, "tar")
    assert found(place) == {}


@pytest.mark.parametrize("target", ["../../evil", "/etc/passwd"])
def test_links_out_of_a_zip_are_refused(target, tmp_path, place):
    archive = linking_zip(tmp_path / "a.zip", {"a/link": target})
    with pytest.raises(DataError, match="link points out of the folder"):
        unpack([archive], place, "zip")
    assert found(place) == {}


def test_writing_through_a_link_is_refused(tmp_path, place):
    with tarfile.open(tmp_path / "a.tar", "w") as archive:
        add(archive, "inside", kind=tarfile.DIRTYPE)
        add(archive, "link", kind=tarfile.SYMTYPE, target="inside")
        add(archive, "link/x", b"1")
    with pytest.raises(DataError, match="both a file and a folder: 'link'"):
        unpack([tmp_path / "a.tar"], place, "tar")


def test_links_within_become_copies_and_others_are_named(tmp_path, place):
    links = {"data/same.csv": "../list.txt", "twice": "data/same.csv", "folder": "data",
             "loop": "loop", "gone": "nowhere"}  # fmt: skip
    archive = linking_zip(tmp_path / "a.zip", links, {"list.txt": b"1,2\n"})
    done = unpack([archive], place, "zip")
    assert found(place) == dict.fromkeys(("data/same.csv", "list.txt", "twice"), b"1,2\n")
    assert not any(p.is_symlink() for p in place.rglob("*"))
    assert done.left_out == ("folder", "loop", "gone")
    assert unpack([archive], place, "zip") == archives.Unpacked(0, 3, (), done.left_out)


def test_hard_links_of_a_tar_start_at_its_top(tmp_path, place):
    with tarfile.open(tmp_path / "a.tar", "w") as archive:
        add(archive, "a/first", b"same")
        add(archive, "a/second", kind=tarfile.LNKTYPE, target="a/first")
    assert unpack([tmp_path / "a.tar"], place, "tar").written == 2
    assert found(place) == {"a/first": b"same", "a/second": b"same"}


@pytest.mark.parametrize("kind_of_member", [tarfile.FIFOTYPE, tarfile.CHRTYPE, tarfile.BLKTYPE])
def test_devices_and_pipes_are_refused(kind_of_member, tmp_path, place):
    with tarfile.open(tmp_path / "a.tar", "w") as archive:
        add(archive, "odd", kind=kind_of_member)
    with pytest.raises(DataError, match="a device or pipe: 'odd'"):
        unpack([tmp_path / "a.tar"], place, "tar")
    info = zipfile.ZipInfo("odd")
    info.external_attr = stat.S_IFIFO << 16
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr(info, b"")
    with pytest.raises(DataError, match="a device or pipe: 'odd'"):
        unpack([tmp_path / "a.zip"], place, "zip")


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_members_that_are_there_twice_are_refused(tmp_path, place):
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("a", b"1")
        archive.writestr("a", b"2")
    with pytest.raises(DataError, match="there twice: 'a'"):
        unpack([tmp_path / "a.zip"], place, "zip")
    with tarfile.open(tmp_path / "a.tar", "w") as archive:
        add(archive, "a", b"1")
        add(archive, "./a", b"2")
    with pytest.raises(DataError, match="there twice: 'a'"):
        unpack([tmp_path / "a.tar"], place, "tar")


@pytest.mark.parametrize("names", [["a", "a/b"], ["a/b", "a"]])
def test_a_name_cannot_be_file_and_folder(kind, names, tmp_path, place):
    archive = made(kind, tmp_path / "x", dict.fromkeys(names, b"1"))
    with pytest.raises(DataError, match="both a file and a folder: 'a'"):
        unpack([archive], place, kind)


@pytest.mark.parametrize(("names", "refused"), [
    (["Rock/a", "rock/b"], True), (["a", "A"], True), (["e\u0301", "\u00e9"], True),
    (["rock/a", "rock/b"], False),
])  # fmt: skip
def test_names_that_differ_by_case_where_it_is_no_difference(
    kind, names, refused, tmp_path, place, monkeypatch
):
    archive = made(kind, tmp_path / "x", dict.fromkeys(names, b"1"))
    monkeypatch.setattr(archives, "_ignores_case", lambda folder: True)
    if refused:
        with pytest.raises(DataError, match="one name on this disk"):
            unpack([archive], place, kind)
    else:
        unpack([archive], place, kind)
        assert set(found(place)) == set(names)


def test_the_disk_is_asked_whether_it_ignores_case(tmp_path):
    (tmp_path / "known").touch()
    assert archives._ignores_case(tmp_path) == (tmp_path / "KNOWN").exists()
    assert found(tmp_path) == {"known": b""}


def test_what_grows_beyond_belief_is_refused(kind, tmp_path, place, monkeypatch):
    monkeypatch.setattr(_members, "_HARMLESS_BYTES", 1_000_000)
    archive = made(kind, tmp_path / "x", {"a": bytes(900_000), "b": bytes(900_000)})
    with pytest.raises(DataError, match="grow to more than 200 times its size"):
        unpack([archive], place, kind)
    assert found(place) == {}


def test_a_tar_without_end_is_refused_before_it_is_written(tmp_path, place):
    info = tarfile.TarInfo("endless")
    info.size = 1 << 50
    (tmp_path / "a.tar.gz").write_bytes(gzip.compress(info.tobuf() + bytes(99_999)))
    with pytest.raises(DataError, match="grow to more than"):
        unpack([tmp_path / "a.tar.gz"], place, "tar")


def test_a_full_disk_is_foreseen(kind, tmp_path, place, monkeypatch):
    usage = type("Usage", (), {"free": (64 << 20) + 500})
    monkeypatch.setattr(_disk.shutil, "disk_usage", lambda folder: usage)
    archive = made(kind, tmp_path / "x", {"a": bytes(501)})
    with pytest.raises(DataError, match="unpacking x needs 501 B and 67 MB are free"):
        unpack([archive], place, kind)
    unpack([made(kind, tmp_path / "y", {"a": bytes(500)})], place, kind)


def patched(archive, offset, value):
    """Change the central directory's only entry: a little-endian number at an offset."""
    content = bytearray(archive.read_bytes())
    at = content.index(b"PK\x01\x02") + offset
    struct.pack_into("<I" if value > 65_535 else "<H", content, at, value)
    archive.write_bytes(bytes(content))
    return archive


def test_sizes_that_are_lies_are_found(tmp_path, place):
    for declared in (500, 900_000):
        archive = patched(zipped(tmp_path / "a.zip", {"a": bytes(70_000)}), 24, declared)
        with pytest.raises(DataError, match=r"a\.zip: is (damaged|not unpacked)"):
            unpack([archive], place, "zip")
        assert found(place) == {}


def test_a_list_of_members_that_is_not_whole_is_refused(tmp_path, place):
    path = zipped(tmp_path / "a.zip")
    content = bytearray(path.read_bytes())
    start, end = content.index(b"PK\x01\x02"), content.index(b"PK\x05\x06")
    second = content.index(b"PK\x01\x02", start + 4)
    struct.pack_into("<I", content, end + 12, end - second)  # bytes of the list: one member less
    path.write_bytes(bytes(content))
    with pytest.raises(DataError, match="list of its members is not whole"):
        unpack([path], place, "zip")


def test_members_that_overlap_are_refused(tmp_path, place):
    archive = patched(zipped(tmp_path / "a.zip", {"a": os.urandom(70_000)}), 20, 99_999)
    with pytest.raises(DataError, match="overlap"):
        unpack([archive], place, "zip")


def test_encrypted_members_are_refused(tmp_path, place):
    archive = patched(zipped(tmp_path / "a.zip", {"a": b"1"}), 8, 1)
    with pytest.raises(DataError, match="encrypted: 'a'"):
        unpack([archive], place, "zip")


def test_an_unknown_compression_is_refused(tmp_path, place):
    archive = patched(zipped(tmp_path / "a.zip", {"a": b"1"}), 10, 77)
    with pytest.raises(DataError, match="damaged or cut short"):
        unpack([archive], place, "zip")


def test_headers_that_would_fill_the_memory_are_refused(tmp_path, place):
    info = tarfile.TarInfo("long")
    info.type, info.size = tarfile.GNUTYPE_LONGNAME, 1 << 33
    (tmp_path / "a.tar").write_bytes(info.tobuf(tarfile.GNU_FORMAT) + bytes(2048))
    with pytest.raises(DataError, match="longer than any can be"):
        unpack([tmp_path / "a.tar"], place, "tar")


@pytest.mark.parametrize("mode", ["w", "w:gz", "w:xz", "zip"])
@pytest.mark.parametrize("share", [0.0, 0.3, 0.6, 0.75])
def test_truncated_archives_are_refused_whole(mode, share, tmp_path, place):
    members = {f"m/{k}": os.urandom(3000) for k in range(9)}
    path = tmp_path / "a"
    kind = "zip" if mode == "zip" else "tar"
    content = (zipped(path, members) if kind == "zip" else tarred(path, members, mode)).read_bytes()
    path.write_bytes(content[: int(share * len(content))])
    with pytest.raises(DataError, match="damaged or cut short"):
        unpack([path], place, kind)
    assert found(place) == {}


def test_a_plain_tar_cut_between_members_is_refused(tmp_path, place):
    path = tarred(tmp_path / "a.tar", {"a": bytes(512), "b": bytes(512)}, "w")
    path.write_bytes(path.read_bytes()[:1024])
    with pytest.raises(DataError, match="without an end mark"):
        unpack([path], place, "tar")
    assert found(place) == {}


@given(at=st.integers(0, 10_000), value=st.integers(0, 255))
def test_a_changed_byte_is_one_line_or_no_matter(tmp_path_factory, at, value):
    folder = tmp_path_factory.mktemp("bytes")
    for kind in ("zip", "tar"):
        path = made(kind, folder / kind)
        content = bytearray(path.read_bytes())
        content[at % len(content)] = value
        path.write_bytes(bytes(content))
        try:
            unpack([path], folder / "into" / kind, kind)
        except DataError:
            assert not [p for p in (folder / "into").rglob("*") if p.is_file()
                        and "unpacking" not in str(p)]  # fmt: skip
        else:
            values = found(folder / "into" / kind).values()
            assert sorted(values) == sorted(CONTENT.values())
            for path in (folder / "into" / kind).rglob("*"):
                assert path.resolve().is_relative_to(folder)
        for path in sorted((folder / "into").rglob("*"), reverse=True):
            path.unlink() if path.is_file() else path.rmdir()


def test_names_in_other_encodings(tmp_path, place):
    path = zipped(tmp_path / "a.zip", {"Bj\u00f6rk/x": b"1"})
    # The same bytes, without the flag that says UTF-8.
    content = path.read_bytes()
    for mark, at in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        start = content.index(mark) + at
        content = content[:start] + b"\0\0" + content[start + 2 :]
    path.write_bytes(content)
    unpack([path], place, "zip")
    with tarfile.open(tmp_path / "a.tar", "w", encoding="latin-1",
                      format=tarfile.USTAR_FORMAT) as archive:  # fmt: skip
        add(archive, "Caf\u00e9", b"2")
    unpack([tmp_path / "a.tar"], place, "tar")
    assert found(place) == {"Bj\u00f6rk/x": b"1", "Caf\u00e9": b"2"}


@pytest.mark.parametrize("pieces", [2, 3, 7])
def test_a_cut_zip_is_read_without_joining_it(pieces, tmp_path, place):
    whole = zipped(tmp_path / "mp3.zip").read_bytes()
    (tmp_path / "mp3.zip").unlink()
    step = len(whole) // pieces + 1
    paths = []
    for k in range(pieces):
        paths.append(tmp_path / f"mp3.zip.{k + 1:03d}")
        paths[-1].write_bytes(whole[k * step : (k + 1) * step])
    with open_joined(paths) as file:
        assert file.read() == whole
    assert unpack(paths, place, "zip").written == 3
    assert found(place) == CONTENT
    with pytest.raises(DataError, match=r"piece 001 of mp3\.zip is missing"):
        unpack([*paths[1:], tmp_path / "mp3.zip.999"][: max(2, pieces)] if pieces > 2
               else [paths[1], paths[1]], place, "zip")  # fmt: skip


def test_a_second_run_writes_nothing(kind, tmp_path, place):
    archive = made(kind, tmp_path / "a")
    unpack([archive], place, kind)
    before = {p: p.stat().st_mtime_ns for p in place.rglob("*")}
    assert unpack([archive], place, kind) == archives.Unpacked(0, 3, (), ())
    assert {p: p.stat().st_mtime_ns for p in place.rglob("*")} == before


def test_a_missing_or_cut_file_is_mended_and_other_files_are_left(kind, tmp_path, place):
    archive = made(kind, tmp_path / "a")
    unpack([archive], place, kind)
    (place / "genres" / "README").write_bytes(b"cut")
    (place / "list.csv").unlink()
    (place / "genres" / "own.txt").write_bytes(b"mine")
    done = unpack([archive], place, kind)
    assert (done.written, done.kept, done.aside) == (2, 1, ("genres/README",))
    assert found(place) == {**CONTENT, "genres/own.txt": b"mine", "genres/README.bad": b"cut"}


def test_a_changed_file_of_the_same_size_is_found(kind, tmp_path, place):
    archive = made(kind, tmp_path / "a")
    unpack([archive], place, kind)
    (place / "genres" / "README").write_bytes(b"reed me\n")
    assert unpack([archive], place, kind).aside == ("genres/README",)
    assert found(place)["genres/README"] == b"read me\n"


def test_an_interrupted_run_goes_on_and_strangers_are_left_behind(
    kind, tmp_path, place, monkeypatch
):
    archive = made(kind, tmp_path / "a")
    real, calls = archives._Job._write, []

    def once(job, member):
        calls.append(member.name)
        if len(calls) == 2:
            raise KeyboardInterrupt
        real(job, member)

    monkeypatch.setattr(archives._Job, "_write", once)
    with pytest.raises(KeyboardInterrupt):
        unpack([archive], place, kind)
    assert not [p for p in place.iterdir() if p.name != ".a.unpacking"]
    (place / ".a.unpacking" / "stranger").write_bytes(b"of another edition")
    assert unpack([archive], place, kind).written == 3
    assert calls == [*list(CONTENT)[:2], *list(CONTENT)[1:]]
    assert found(place) == CONTENT


def test_a_folder_in_the_way_is_named(kind, tmp_path, place):
    (place / "list.csv").mkdir()
    with pytest.raises(DataError, match=r"list\.csv: is in the way"):
        unpack([made(kind, tmp_path / "a")], place, kind)
    assert {p.name for p in place.iterdir()} == {"list.csv", ".a.unpacking"}
    (place / "list.csv").rmdir()
    assert unpack([tmp_path / "a"], place, kind).written == 3
    (place / "list.csv").unlink()
    assert found(place) == {k: v for k, v in CONTENT.items() if k != "list.csv"}


def test_a_file_in_the_way_is_named(kind, tmp_path, place):
    (place / "genres").mkdir()
    (place / "genres" / "blues").write_bytes(b"a file")
    with pytest.raises(DataError, match=r"genres.blues: is in the way"):
        unpack([made(kind, tmp_path / "a")], place, kind)


def test_what_is_no_archive_is_one_line(kind, tmp_path, place):
    for content in (b"", b"<html>not found</html>", bytes(10_000)):
        (tmp_path / "a").write_bytes(content)
        if kind == "tar" and content == bytes(10_000):
            continue  # zeros are an empty tar
        with pytest.raises(DataError, match="damaged or cut short"):
            unpack([tmp_path / "a"], place, kind)
    with pytest.raises(DataError, match="No such file"):
        unpack([tmp_path / "gone"], place, kind)


@pytest.mark.parametrize("name", ["10:30", "con", "NUL.txt", "ends.", "x/ends ", "que?"])
def test_names_that_windows_cannot_have(name):
    assert safe_name(name, windows=False) == name
    with pytest.raises(Unsafe, match="not possible on Windows"):
        safe_name(name, windows=True)


@given(st.text())
def test_a_safe_name_stays_inside(name):
    try:
        safe = safe_name(name)
    except Unsafe:
        return
    path = Path("/base") / safe
    assert os.path.normpath(path) == str(path)
    assert path.is_relative_to("/base")


def test_the_checksum_at_the_end_of_a_compressed_tar_is_read(tmp_path, place):
    content = bytearray(tarred(tmp_path / "a.tgz").read_bytes())
    content[-8] ^= 1  # of the CRC-32 in gzip's last eight bytes
    (tmp_path / "a.tgz").write_bytes(bytes(content))
    with pytest.raises(DataError, match="CRC"):
        unpack([tmp_path / "a.tgz"], place, "tar")
    assert found(place) == {}


def test_a_tar_that_goes_on_after_its_end_is_refused(tmp_path, place):
    path = tarred(tmp_path / "a.tar", mode="w")
    path.write_bytes(path.read_bytes() + b"more")
    with pytest.raises(DataError, match="follows after its end"):
        unpack([path], place, "tar")
