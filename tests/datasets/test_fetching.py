"""Fetching, against a server in this process: whole, resumed, refused."""

import hashlib
import json
import random
import socket
import sys
import zipfile

import pytest
from tests.server import Site, serving

from earmark.datasets import _disk, _transfer
from earmark.datasets.base import Source
from earmark.datasets.fetching import address, choose, fetch, sizes, unpack_all
from earmark.errors import DataError, MissingExtraError, SettingsError
from earmark.store import lock

pytest.importorskip("pooch")
requests = pytest.importorskip("requests")
SONG = random.Random(57).randbytes(900_000)
TABLE = b"id,genre\n1,rock\n"


@pytest.fixture(autouse=True)
def _at_once(monkeypatch):
    monkeypatch.setattr(_transfer, "WAIT_SECONDS", 0.0)
    monkeypatch.delenv("EARMARK_MIRROR", raising=False)
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1,localhost")


@pytest.fixture
def site():
    with serving(Site({"song.zip": SONG, "table.csv": TABLE})) as site:
        yield site


def checksum(content, method="sha256"):
    return f"{method}:{hashlib.new(method, content).hexdigest()}"


def source(site, file="song.zip", content=SONG, method="sha256", **facts):
    known = checksum(content, method) if method else None
    return Source(f"{site.url}/{file}", file, known, **facts)


@pytest.mark.parametrize("method", ["md5", "sha1", "sha256"])
def test_a_file_comes_whole_and_is_not_fetched_twice(method, site, tmp_path):
    wanted = source(site, method=method, bytes=len(SONG))
    first, = fetch([wanted], tmp_path / "new" / "root")
    assert first.path.read_bytes() == SONG
    assert (first.new, first.published, first.checksum) == (True, True, checksum(SONG, method))
    second, = fetch([wanted], tmp_path / "new" / "root")
    assert not second.new
    assert site.asked == [("song.zip", None)]
    assert {p.name for p in first.path.parent.iterdir()} == {"song.zip", ".download.lock"}


def test_progress_rises_to_the_size(site, tmp_path):
    seen = []
    fetch([source(site)], tmp_path, progress=lambda *args: seen.append(args))
    assert seen[0] == ("song.zip", 0, len(SONG))
    assert seen[-1] == ("song.zip", len(SONG), len(SONG))
    assert [done for _, done, _ in seen] == sorted(done for _, done, _ in seen)


def test_files_lie_where_the_dataset_says(site, tmp_path):
    wanted = Source(f"{site.url}/table.csv", "data/splits/a.csv", checksum(TABLE))
    assert fetch([wanted], tmp_path)[0].path == tmp_path / "data" / "splits" / "a.csv"
    assert (tmp_path / "data/splits/a.csv").read_bytes() == TABLE


@pytest.mark.parametrize("validator", ["etag", "modified", "weak", None])
def test_a_broken_connection_is_resumed(validator, site, tmp_path):
    site.validator = validator
    site.cut_after = [300_000, 1, 200_000]
    got, = fetch([source(site)], tmp_path)
    assert got.path.read_bytes() == SONG
    starts = [0 if asked is None else int(asked[6:-1]) for _, asked in site.asked]
    assert starts == [0, 300_000, 300_001, 500_001]


def test_without_checksum_and_validator_it_is_begun_anew(site, tmp_path):
    site.validator = None
    site.cut_after = [300_000]
    got, = fetch([source(site, method=None)], tmp_path)
    assert got.path.read_bytes() == SONG
    assert [asked for _, asked in site.asked] == [None, None]


def test_a_server_without_ranges_sends_all_again(site, tmp_path):
    site.ranges, site.cut_after = False, [300_000]
    got, = fetch([source(site)], tmp_path)
    assert got.path.read_bytes() == SONG
    assert site.asked == [("song.zip", None), ("song.zip", "bytes=300000-")]


def interrupted(site, tmp_path, wanted):
    """Leave a part of a file behind, as a run that gave up does."""
    site.cut_after = [100_000] + [0] * 9
    with pytest.raises(DataError, match=r"100 kB are kept in song\.zip\.part: run the same"):
        fetch([wanted], tmp_path)
    site.cut_after = []
    site.asked.clear()


def test_the_next_run_goes_on_where_one_gave_up(site, tmp_path):
    wanted = source(site, method=None)
    interrupted(site, tmp_path, wanted)
    got, = fetch([wanted], tmp_path)
    assert got.path.read_bytes() == SONG
    assert site.asked == [("song.zip", "bytes=100000-")]


@pytest.mark.parametrize("validator", ["etag", "modified"])
@pytest.mark.parametrize("heeds", [True, False])
@pytest.mark.parametrize("method", [None, "md5"])
def test_a_file_that_changed_meanwhile_is_begun_anew(method, heeds, validator, site, tmp_path):
    site.validator, site.heeds_if_range = validator, heeds
    changed = SONG[::-1]
    wanted = source(site, content=changed, method=method)
    interrupted(site, tmp_path, wanted)
    site.files["song.zip"] = changed
    got, = fetch([wanted], tmp_path)
    assert got.path.read_bytes() == changed


def test_a_file_that_grew_meanwhile_is_begun_anew(site, tmp_path):
    site.validator = None
    grown = b"more" + SONG
    wanted = source(site, content=grown)
    interrupted(site, tmp_path, wanted)
    site.files["song.zip"] = grown
    assert fetch([wanted], tmp_path)[0].path.read_bytes() == grown


def test_a_part_from_another_address_is_not_gone_on_with(site, tmp_path):
    interrupted(site, tmp_path, source(site))
    site.files["mirror/song.zip"] = SONG
    fetch([source(site)], tmp_path, mirror=f"{site.url}/mirror")
    assert site.asked == [("mirror/song.zip", None)]


def test_a_part_that_is_whole_already_is_taken(site, tmp_path):
    wanted = source(site)
    interrupted(site, tmp_path, wanted)
    (tmp_path / "song.zip.part").write_bytes(SONG)
    got, = fetch([wanted], tmp_path)
    assert got.path.read_bytes() == SONG


def test_a_part_longer_than_the_file_is_thrown_away(site, tmp_path):
    wanted = source(site)
    interrupted(site, tmp_path, wanted)
    (tmp_path / "song.zip.part").write_bytes(SONG + b"more")
    assert fetch([wanted], tmp_path)[0].path.read_bytes() == SONG


def test_damaged_notes_on_a_part_are_no_hindrance(site, tmp_path):
    wanted = source(site)
    interrupted(site, tmp_path, wanted)
    (tmp_path / "song.zip.part.json").write_text("[1]")
    assert fetch([wanted], tmp_path)[0].path.read_bytes() == SONG


def test_a_wrong_checksum_leaves_nothing_behind(site, tmp_path):
    wanted = source(site, content=b"another", method="md5")
    with pytest.raises(DataError, match=r"has not the checksum md5:[0-9a-f]{32} and is thrown"):
        fetch([wanted], tmp_path)
    assert {p.name for p in tmp_path.iterdir()} == {".download.lock"}


def test_a_file_that_is_there_but_wrong_is_put_aside(site, tmp_path):
    (tmp_path / "song.zip").write_bytes(b"half of it")
    assert fetch([source(site)], tmp_path)[0].new
    assert (tmp_path / "song.zip.bad").read_bytes() == b"half of it"
    assert (tmp_path / "song.zip").read_bytes() == SONG


def test_without_a_published_checksum_the_first_one_is_kept(site, tmp_path):
    wanted = source(site, "table.csv", method=None)
    first, = fetch([wanted], tmp_path)
    assert (first.published, first.checksum) == (False, checksum(TABLE))
    records = json.loads((tmp_path / "download.json").read_text())
    assert records == {"files": {"table.csv": {
        "url": wanted.url, "bytes": len(TABLE), "sha256": checksum(TABLE)[7:]}}}  # fmt: skip
    assert not fetch([wanted], tmp_path)[0].new
    (tmp_path / "table.csv").write_bytes(b"changed here")
    assert fetch([wanted], tmp_path)[0].new
    assert (tmp_path / "table.csv").read_bytes() == TABLE
    site.files["table.csv"] = b"changed there"
    (tmp_path / "table.csv").unlink()
    with pytest.raises(DataError, match="has not the checksum sha256:"):
        fetch([wanted], tmp_path)


def test_a_file_brought_by_hand_is_taken_as_it_is_and_remembered(site, tmp_path):
    (tmp_path / "table.csv").write_bytes(TABLE)
    got, = fetch([source(site, "table.csv", method=None)], tmp_path)
    assert (got.new, got.checksum) == (False, checksum(TABLE))
    assert site.asked == []


@pytest.mark.parametrize("text", ["", "{", "[]", '{"files": 7}', '{"files": {"a": 1}}', "\xff"])
def test_damaged_records_are_one_line(text, site, tmp_path):
    (tmp_path / "download.json").write_bytes(text.encode("latin-1"))
    with pytest.raises(DataError, match=r"download\.json: is not a record of downloads"):
        fetch([source(site)], tmp_path)


def test_another_size_than_published_is_found_before_it_is_fetched(site, tmp_path):
    with pytest.raises(DataError, match="900000 bytes on the server where 900001 are published"):
        fetch([source(site, method=None, bytes=900_001)], tmp_path)
    assert not (tmp_path / "song.zip.part").exists()
    assert fetch([source(site, bytes=900_001)], tmp_path)[0].new  # the checksum decides
    assert not fetch([source(site, bytes=900_001)], tmp_path)[0].new


def test_a_file_brought_by_hand_of_another_size_is_put_aside(site, tmp_path):
    (tmp_path / "table.csv").write_bytes(TABLE[:-1])
    wanted = source(site, "table.csv", method=None, bytes=len(TABLE))
    assert fetch([wanted], tmp_path)[0].new
    assert (tmp_path / "table.csv.bad").read_bytes() == TABLE[:-1]


def test_a_full_disk_is_foreseen(site, tmp_path, monkeypatch):
    usage = type("Usage", (), {"free": (64 << 20) + len(SONG) - 1})
    monkeypatch.setattr(_disk.shutil, "disk_usage", lambda folder: usage)
    for wanted in (source(site, bytes=len(SONG)), source(site)):
        with pytest.raises(DataError, match="needs 900 kB and 68 MB are free"):
            fetch([wanted], tmp_path)
    usage.free += 1
    assert fetch([source(site, bytes=len(SONG))], tmp_path)[0].new


@pytest.mark.parametrize(("status", "said"), [
    (401, "asks for an account"), (403, "refuses it"), (404, "has no such file"),
    (410, "no longer"), (418, "status 418"),
])  # fmt: skip
def test_refusals_are_one_line_and_not_tried_again(status, said, site, tmp_path):
    site.statuses = [status, 200]
    with pytest.raises(DataError, match=said):
        fetch([source(site)], tmp_path)
    assert len(site.asked) == 1


def test_a_busy_server_is_asked_again(site, tmp_path):
    site.statuses = [503, 429, 500]
    assert fetch([source(site)], tmp_path)[0].path.read_bytes() == SONG
    site.statuses = [503] * 9
    with pytest.raises(DataError, match="answers 503"):
        fetch([source(site, "table.csv", TABLE)], tmp_path)
    assert len(site.asked) == 4 + _transfer.ATTEMPTS


def test_no_server_is_one_line(tmp_path):
    with socket.socket() as taken:  # bound and not listening: nobody answers
        taken.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{taken.getsockname()[1]}/a"
        with pytest.raises(DataError, match=r"cannot be reached .*refused.*check the network"):
            fetch([Source(url, "a")], tmp_path)


def test_an_unknown_server_is_one_line(tmp_path):
    with pytest.raises(DataError, match="cannot be reached"):
        fetch([Source("http://no-such-host.invalid/a", "a")], tmp_path)


def test_a_server_that_is_not_encrypted_where_it_should_be_is_one_line(site, tmp_path):
    url = site.url.replace("http:", "https:")
    with pytest.raises(DataError, match=r"no safe connection can be made .*SSL"):
        fetch([Source(f"{url}/song.zip", "song.zip")], tmp_path)


def test_a_server_that_falls_silent_is_one_line(tmp_path, monkeypatch):
    monkeypatch.setattr(_transfer, "_PATIENCE_SECONDS", (0.2, 0.2))
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}/a"
        with pytest.raises(DataError, match="does not answer in time"):
            fetch([Source(url, "a")], tmp_path)


@pytest.mark.parametrize("target", ["file:///etc/passwd", "ftp://127.0.0.1/a", "gopher://x/"])
def test_being_led_to_other_than_http_is_refused(target, site, tmp_path):
    site.moved["song.zip"] = target
    with pytest.raises(DataError, match="neither http nor https"):
        fetch([source(site)], tmp_path)


def test_being_led_on_is_followed_but_not_for_ever(site, tmp_path):
    site.moved["old.csv"] = "/table.csv"
    got, = fetch([Source(f"{site.url}/old.csv", "table.csv", checksum(TABLE))], tmp_path)
    assert got.path.read_bytes() == TABLE
    site.moved["song.zip"] = "/song.zip"
    with pytest.raises(DataError, match="without end"):
        fetch([source(site)], tmp_path)


def test_being_led_from_https_to_http_is_refused(site, tmp_path, monkeypatch):
    # As if the address had been https: this server has no certificate.
    transfer = _transfer.Transfer(f"{site.url}/song.zip", tmp_path / "song.zip", None, False)
    monkeypatch.setattr(transfer, "url", "https://example.org/song.zip")
    with requests.get(f"{site.url}/song.zip", timeout=9) as answer, pytest.raises(
        DataError, match=r"leads on to http://127.* which is not encrypted"
    ):
        transfer._check_address(answer)


def test_a_page_in_place_of_the_file_is_refused(site, tmp_path):
    site.headers = {"Content-Type": "text/html; charset=utf-8"}
    with pytest.raises(DataError, match="sends a page in place of the file"):
        fetch([source(site, method=None)], tmp_path)


def test_bytes_are_kept_as_they_lie_on_the_server(site, tmp_path):
    site.headers = {"Content-Encoding": "gzip"}  # as some servers call a .tar.gz
    assert fetch([source(site)], tmp_path)[0].path.read_bytes() == SONG


@pytest.mark.parametrize("url", ["file:///etc/passwd", "ftp://x/a", "/etc/passwd", "http:///a"])
def test_other_addresses_than_http_are_refused(url, tmp_path):
    with pytest.raises(DataError, match="no http or https address"):
        fetch([Source(url, "a")], tmp_path)
    with pytest.raises(DataError, match="no http or https address"):
        fetch([Source("https://example.org/a", "a")], tmp_path, mirror=url)


def test_a_mirror_is_named_by_argument_or_environment(site, tmp_path, monkeypatch):
    site.files["mirror/data/a%20b.csv"] = TABLE
    wanted = Source("https://example.invalid/x?id=7", "data/a b.csv", checksum(TABLE))
    assert fetch([wanted], tmp_path / "1", mirror=f"{site.url}/mirror/")[0].new
    monkeypatch.setenv("EARMARK_MIRROR", f"{site.url}/mirror")
    assert fetch([wanted], tmp_path / "2")[0].new
    assert address(wanted) == f"{site.url}/mirror/data/a%20b.csv"
    assert address(wanted, "https://other") == "https://other/data/a%20b.csv"


def test_only_the_parts_asked_for_come(site, tmp_path):
    sources = [source(site, part="audio"), source(site, "table.csv", TABLE, part="metadata")]
    assert [f.path.name for f in fetch(sources, tmp_path, parts=["metadata"])] == ["table.csv"]
    assert choose(sources, None) == sources
    with pytest.raises(SettingsError, match="no part is called 'metdata'"):
        choose(sources, ["metdata"])


def test_sizes_are_as_published_or_as_the_server_says(site):
    sources = [source(site, bytes=7), source(site), Source(f"{site.url}/gone", "gone"),
               source(site)]  # fmt: skip
    assert sizes(sources) == [7, len(SONG), None, len(SONG)]
    assert site.asked == []
    assert sizes([Source("http://no-such-host.invalid/a", "a"), *sources]) == [None, 7, *3 * [None]]


def test_two_runs_into_one_folder_do_not_meet(site, tmp_path):
    with lock(tmp_path / ".download.lock"), pytest.raises(DataError, match="another run"):
        fetch([source(site)], tmp_path)


def test_a_folder_in_the_way_is_named(site, tmp_path):
    (tmp_path / "song.zip").mkdir()
    with pytest.raises(DataError, match="is a folder where a file is to go"):
        fetch([source(site)], tmp_path)


def test_a_file_for_a_folder_is_one_line(site, tmp_path):
    (tmp_path / "root").write_text("")
    with pytest.raises(DataError, match="root: cannot be used: File exists; choose another"):
        fetch([source(site)], tmp_path / "root")


def test_without_pooch_the_extra_is_named(site, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "pooch", None)
    with pytest.raises(MissingExtraError, match=r"pip install '\.\[data\]'"):
        fetch([source(site)], tmp_path)


def test_archives_are_unpacked_beside_themselves_and_cut_ones_joined(site, tmp_path):
    with zipfile.ZipFile(tmp_path / "made", "w") as archive:
        archive.writestr("0/a.mp3", SONG)
    whole = (tmp_path / "made").read_bytes()
    pieces = [whole[:400_000], whole[400_000:800_000], whole[800_000:]]
    sources = [source(site, "table.csv", TABLE, part="metadata")]
    for k, piece in enumerate(pieces, 1):
        site.files[f"mp3.zip.{k:03d}"] = piece
        sources.append(source(site, f"mp3.zip.{k:03d}", piece, unpack="zip"))
    got = fetch(sources, tmp_path / "root")
    done = unpack_all(got)
    assert [outcome.written for outcome in done.values()] == [1]
    assert (tmp_path / "root" / "0" / "a.mp3").read_bytes() == SONG
    assert unpack_all(got)[(tmp_path / "root" / "mp3.zip").as_posix()].kept == 1
    with pytest.raises(DataError, match=r"piece 002 of mp3\.zip is missing"):
        unpack_all([got[1], got[3]])


def test_what_cannot_be_unpacked_is_not_what_is_expected_ever_after(site, tmp_path):
    with zipfile.ZipFile(tmp_path / "made", "w") as archive:
        archive.writestr("a.mp3", SONG)
    good = (tmp_path / "made").read_bytes()
    wanted = source(site, "pack.zip", method=None, unpack="zip")
    site.files["pack.zip"] = good[:-200_000]  # a cut copy on the server, for a while
    with pytest.raises(DataError, match="damaged or cut short"):
        unpack_all(fetch([wanted], tmp_path / "root"))
    (tmp_path / "root" / "pack.zip").unlink()
    site.files["pack.zip"] = good
    assert unpack_all(fetch([wanted], tmp_path / "root"))
    assert (tmp_path / "root" / "a.mp3").read_bytes() == SONG
