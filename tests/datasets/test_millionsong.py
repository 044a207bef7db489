"""The Million Song Dataset: lists joined with metadata, and what is wrong in either named."""

from __future__ import annotations

import re
import shutil
import sqlite3
from contextlib import closing

import numpy as np
import pytest

from earmark.datasets._millionsong_sample import track_id
from earmark.datasets.millionsong import MillionSong
from earmark.datasets.opening import recognised
from earmark.errors import DataError
from earmark.features import base as features
from earmark.judging.splits import Split

LIST, DATABASE = "msd_tagtraum_cd2c.cls", "track_metadata.db"
A, B, C = (track_id(number) for number in range(3))


@pytest.fixture(scope="module")
def sample(tmp_path_factory):
    root = tmp_path_factory.mktemp("millionsong") / "sample"
    MillionSong.sample(root)
    return root


@pytest.fixture
def copy(sample, tmp_path):
    return shutil.copytree(sample, tmp_path / "copy")


def listed(root, content, name=LIST):
    root.mkdir(exist_ok=True)
    path = root / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def refused(read, message):
    with pytest.raises(DataError, match="^" + re.escape(message)) as caught:
        read()
    assert "\n" not in str(caught.value)


def database(root, rows, table="TABLE songs (track_id, title, song_id, release, artist_id, "
                                "duration)"):  # fmt: skip
    path = root / DATABASE
    path.unlink(missing_ok=True)
    with closing(sqlite3.connect(path)) as opened, opened:
        opened.execute(f"CREATE {table}")
        opened.executemany("INSERT INTO songs VALUES (?, ?, ?, ?, ?, ?)", rows)
    return path


def summary(root, tracks, artists=None, **changes):
    """Write the tables of ``msd_summary_file.h5``, a column more than is read in each."""
    h5py = pytest.importorskip("h5py", reason="h5py is not installed")
    count = len(tracks)
    measured = {"track_id": np.array(tracks, "S32"), "duration": np.arange(count) + 60.5,
                "end_of_fade_in": np.zeros(count), "key": np.arange(count, dtype="i4"),
                "key_confidence": np.ones(count), "loudness": np.full(count, -7.5),
                "mode": np.ones(count, "i4"), "mode_confidence": np.ones(count),
                "start_of_fade_out": np.ones(count), "tempo": np.full(count, 120.25),
                "time_signature": np.full(count, 4, "i4"),
                "time_signature_confidence": np.ones(count), "energy": np.zeros(count)}
    who = {"title": np.array([f"Title {n} é".encode() for n in range(count)], "S1024"),
           "song_id": np.array([f"SO{n}" for n in range(count)], "S32"),
           "release": np.array(["Album"] * count, "S1024"), "genre": np.array([b""] * count),
           "artist_id": np.array(artists or ["AR1"] * count, "S32")}
    path = root / "msd_summary_file.h5"
    root.mkdir(exist_ok=True)
    with h5py.File(path, "w") as file:
        for name, columns in (("analysis", measured), ("metadata", who)):
            columns = {k: changes.get(k, v) for k, v in columns.items()}
            rows = np.zeros(count, [(k, v.dtype) for k, v in columns.items()])
            for column, values in columns.items():
                rows[column] = values
            file.create_dataset(f"{name}/songs", data=rows, chunks=True, compression="gzip")
    return path


class TestSample:
    def test_tracks_and_what_is_known_of_them(self, sample):
        read = MillionSong(sample)
        assert len(read.tracks) == 48
        assert read.vocabulary.labels == ("Metal", "Punk", "Rock")
        assert read.vocabulary.task == "single"
        track = read.tracks[track_id(6)]
        assert track.labels == ("Punk",)
        assert (track.artist, track.title, track.seconds) == ("ARAAAAA00000000001", "Title 6", 186)
        assert track.album == "Album 1 (ARAAAAA00000000001)"
        assert track.song is None
        assert read.tracks[A].song == read.tracks[B].song == "SOAAAAA00000000000"
        assert read.remarks() == ["no sound is published"]

    def test_the_faults_that_concern_its_tracks(self, sample):
        faults = [(f.track, f.kind, f.other) for f in MillionSong(sample).faults()]
        assert faults == [(B, "near duplicate", A), (track_id(5), "title of another song", None)]

    def test_a_second_genre_is_left_out_or_makes_it_multi_label(self, sample):
        first = MillionSong(sample, labels="tagtraum_cd2")
        assert first.tracks[A].labels == ("Metal",)
        assert "10 tracks with a second genre, of a minority, which is left out" in first.remarks()
        both = MillionSong(sample, labels="tagtraum_cd2", votes="both")
        assert both.tracks[A].labels == ("Metal", "Punk")
        assert both.vocabulary.task == "multi"
        assert both.fingerprint != first.fingerprint

    def test_genres_hold_blanks_but_do_not_end_in_them(self, sample):
        assert MillionSong(sample, labels="magd").vocabulary.labels == ("Jazz", "Pop_Rock", "Stage")
        assert "New Age" in MillionSong(sample, labels="tagtraum_cd1").vocabulary.labels

    @pytest.mark.parametrize(("labels", "name"), [
        ("tagtraum_cd2c", "stratified_train66"),
        ("topmagd", "stratifiedPercentageSplit_0.66-v1.0"), ("magd", None), ("tagtraum_cd2", None),
    ])  # fmt: skip
    def test_parts_are_those_made_for_the_list(self, sample, labels, name):
        found = MillionSong(sample, labels=labels).partitions()
        assert list(found) == ([name] if name else [])
        if name:
            parts = list(found[name].values())
            assert (parts.count("train"), parts.count("test")) == (32, 16)

    def test_artists_can_be_kept_apart(self, sample):
        read = MillionSong(sample)
        split = Split("by hand", read.partitions()["stratified_train66"])
        assert split.leaks(read) == []


class TestLists:
    def test_a_folder_that_cannot_be_looked_into_is_not_taken_for_it(self, tmp_path):
        nowhere = tmp_path / ("x" * 300)  # longer than any system's names
        assert not MillionSong.recognises(nowhere)
        refused(MillionSong(nowhere).read_tracks, f"{nowhere}: cannot be read: ")
        assert recognised(tmp_path) == "folder"

    def test_without_metadata_artists_are_unknown(self, tmp_path):
        listed(tmp_path / "a", f"# made\n{A}\tRock\r\n\n{B}\tNew Age\n")
        read = MillionSong(tmp_path / "a")
        assert [t.labels for t in read.tracks.values()] == [("Rock",), ("New Age",)]
        assert read.tracks[A].artist is None
        assert read.remarks()[1].startswith("no metadata is at hand: artists are unknown")

    def test_of_a_spreadsheet_and_in_a_folder(self, tmp_path):
        listed(tmp_path / "genres", f"\ufeff{B}\tPunk\r\n{A}\tRock\t\r\n{C}\tRock\tRock")
        read = MillionSong(tmp_path)
        assert {t.id: t.labels for t in read.tracks.values()} == {
            A: ("Rock",), B: ("Punk",), C: ("Rock",)}
        assert list(read.tracks) == [A, B, C]

    @pytest.mark.parametrize(("content", "message"), [
        (f"{A}\tRock\n{A}\tPop\n", f", line 2: '{A}' is there twice"),
        (f"{A}\tRock\n{B}\n", ", line 2: has 1 fields; expected a track, its genre"),
        (f"{A}\t\n", ", line 1: has 2 fields"),
        (f"{A} Rock\n", ", line 1: has 1 fields"),
        (f"{A}\ta\tb\tc\n", ", line 1: has 4 fields"),
        ("TRAAAAA\tRock\n", ", line 1: 'TRAAAAA' is no track of the Million"),
        (f"{A}\tPop_Rock\n{B}\tPop_Rock\n{C}\tPop_R", ": its last line has no end, and no other"),
        ("# nothing\n", ": holds no tracks"),
        ("", ": holds no tracks"),
        (f"{A}\tRock\n{B}\tN\xf6\n".encode("latin-1"), ": is not UTF-8 text after line"),
        (f"{A}\tRock\n".encode("utf-16"), ": is not UTF-8 text after line"),
        (b"\x80\x04\x95", ": is not UTF-8 text after line 0"),
    ])  # fmt: skip
    def test_what_is_wrong_is_named(self, tmp_path, content, message):
        path = listed(tmp_path / "a", content)
        refused(MillionSong(tmp_path / "a").read_tracks, f"{path}{message}")

    def test_the_lists_at_hand_are_named(self, copy):
        (copy / "msd-MASD-styleAssignment.cls").unlink()
        expected = (f"{copy}: holds no msd-MASD-styleAssignment.cls, the genres asked for; get it, "
                    "or choose another list by the option 'labels'. At hand: labels=tagtraum_cd1, ")
        refused(MillionSong(copy, labels="masd").read_tracks, expected)

    @pytest.mark.parametrize(("content", "message"), [
        (f"{A}\tTRAIN\n{A}\tTEST\n", f", line 2: '{A}' is there twice"),
        (f"{A}\tRock\n", f", line 1: is '{A} Rock'; expected a track and TRAIN or TEST"),
        (f"{A}\n", f", line 1: is '{A}'"),
    ])  # fmt: skip
    def test_what_is_wrong_in_parts_is_named(self, copy, content, message):
        path = listed(copy, content, "msd_tagtraum_cd2c_train90.cls")
        refused(MillionSong(copy).partitions, f"{path}{message}")

    def test_groups_of_duplicates(self, copy):
        listed(copy, f"# by hand\n%a\n{A}\n{B}<SEP>x\n{C}\n%b\n{track_id(99)}\n{C}\n",
               "msd_duplicates.txt")
        faults = MillionSong(copy).faults()
        assert [(f.track, f.other) for f in faults if f.other] == [(B, A), (C, A)]

    def test_what_is_wrong_in_faults_is_named(self, copy):
        path = listed(copy, "%a\nsomething\n", "msd_duplicates.txt")
        refused(MillionSong(copy).faults, f"{path}, line 2: 'something' is no track")
        path.unlink()
        path = listed(copy, "something\n", "sid_mismatches.txt")
        refused(MillionSong(copy).faults, f"{path}, line 1: is 'something'; expected 'ERROR:")


class TestDatabase:
    def test_missing_values_and_tracks(self, tmp_path):
        listed(tmp_path / "a", f"{A}\tRock\n{B}\tRock\n{C}\tRock\n")
        database(tmp_path / "a", [(A, "", None, "Album", "", -1), (B, b"x", 3, "", "AR1", "long"),
                                  (track_id(9), "", "", "", "", 3), (None,) * 6])
        read = MillionSong(tmp_path / "a")
        for name in (A, B, C):
            track = read.tracks[name]
            assert (track.title, track.album, track.song, track.seconds) == (None,) * 4
        assert [t.artist for t in read.tracks.values()] == [None, "AR1", None]
        assert read.remarks()[1:] == [
            f"1 track of {LIST} not in {DATABASE}: artists unknown",
            f"2 tracks of {DATABASE} without a genre in {LIST}, left out",
        ]

    def test_it_is_left_as_it_was(self, copy):
        before = (copy / DATABASE).read_bytes()
        (copy / DATABASE).chmod(0o444)
        assert MillionSong(copy).tracks[A].artist
        assert (copy / DATABASE).read_bytes() == before
        assert not list(copy.glob(f"{DATABASE}-*"))

    @pytest.mark.parametrize("content", [b"", b"SQLite format 3\0" + bytes(99), b"text" * 99])
    def test_other_files(self, copy, content):
        (copy / DATABASE).write_bytes(content)
        with pytest.raises(DataError, match=r"track_metadata.db: (cannot be read|has no table)"):
            MillionSong(copy).read_tracks()

    def test_a_database_cut_short_or_damaged(self, copy):
        whole = (copy / DATABASE).read_bytes()
        (copy / DATABASE).write_bytes(whole[: len(whole) // 2])
        refused(MillionSong(copy).read_tracks, f"{copy / DATABASE}: cannot be read as a database")
        (copy / DATABASE).write_bytes(whole[:4096] + b"\xff" * 4096 + whole[8192:])
        refused(MillionSong(copy).read_tracks, f"{copy / DATABASE}: cannot be read as a database")

    def test_another_table(self, copy):
        path = copy / DATABASE
        path.unlink()
        with closing(sqlite3.connect(path)) as opened, opened:
            opened.execute("CREATE TABLE songs (track_id, title)")
        refused(MillionSong(copy).read_tracks, f"{path}: its table 'songs' has no column 'song_id'")

    def test_a_track_twice(self, copy):
        path = database(copy, [(A, "", "", "", "", 1)] * 2)
        refused(MillionSong(copy).read_tracks, f"{path}: the track '{A}' is there twice")

    def test_text_that_is_not_utf8(self, copy):
        path = database(copy, [(A, "", "", "", "", 1)])
        with closing(sqlite3.connect(path)) as opened, opened:
            opened.execute("UPDATE songs SET title = CAST(x'ff' AS TEXT)")
        refused(MillionSong(copy).read_tracks, f"{path}: cannot be read as a database of songs")

    def test_no_programme_in_it_is_run(self, copy):
        path = copy / DATABASE
        columns = "title, song_id, release, artist_id, duration"
        for made in (
            f"CREATE VIEW songs AS WITH RECURSIVE n(track_id) AS (SELECT 1 UNION ALL SELECT "
            f"track_id + 1 FROM n) SELECT track_id, {columns} FROM n, (SELECT 1 AS title, 1 AS "
            "song_id, 1 AS release, 1 AS artist_id, 1 AS duration)",
            f"CREATE TABLE songs (track_id AS (hex(x)), x, {columns})",
            f"CREATE VIRTUAL TABLE songs USING fts4(track_id, {columns})",
        ):  # fmt: skip
            path.unlink()
            with closing(sqlite3.connect(path)) as opened, opened:
                opened.execute(made)
                if made.startswith("CREATE TABLE"):
                    opened.execute("INSERT INTO songs (x) VALUES (1)")
            with pytest.raises(DataError, match=r"has no table|has no column 'track_id'"):
                MillionSong(copy).read_tracks()


class TestSummary:
    def test_metadata_and_numbers_of_it(self, tmp_path):
        root = tmp_path / "a"
        summary(root, [C, A, track_id(7)], ["AR1", "", "AR3"])
        listed(root, f"{A}\tRock\n{B}\tPunk\n{C}\tPunk\n")
        read = MillionSong(root)
        assert read.tracks[C].artist == "AR1"
        assert read.tracks[C].album == "Album (AR1)"
        assert (read.tracks[A].artist, read.tracks[A].title) == (None, "Title 1 é")
        assert (read.tracks[A].album, read.tracks[A].seconds) == (None, 61.5)
        assert read.remarks()[1:] == [
            f"1 track of {LIST} not in msd_summary_file.h5: artists unknown",
            f"1 track of msd_summary_file.h5 without a genre in {LIST}, left out",
        ]
        (table,) = read.feature_tables()
        family = features.build(table.front_end)
        made = family.read(table.path, lambda name: (name, 0.0))
        assert made.track_ids.tolist() == [C, A, track_id(7)]
        assert made.rows.shape == (3, 11) == (3, len(family.columns))
        assert made.rows[1].tolist() == [61.5, 0, 1, 1, -7.5, 1, 1, 1, 120.25, 4, 1]
        assert table.seconds is None
        assert family.made_by(features.describe(family))

    def test_numbers_beside_a_database(self, copy):
        summary(copy, [A])
        read = MillionSong(copy)
        assert read.tracks[A].title == "Title 0"
        assert len(read.feature_tables()) == 1

    def test_tracks_that_lack_a_number_are_left_out_and_named(self, tmp_path):
        path = summary(tmp_path / "a", [A, B, C], tempo=np.array([1, np.nan, 1e300]))
        made = features.build({"name": "table", "kind": "msd"}).read(path, lambda name: (name, 0.0))
        assert made.track_ids.tolist() == [A]
        assert made.source["left_out"] == [B, C]

    @pytest.mark.parametrize(("tracks", "changes", "message"), [
        ([A, A], {}, f": the track '{A}' is there twice"),
        ([A], {"title": np.array([b"\xff"])}, ": 'title': holds what is no text"),
        ([A], {"title": np.array([3])}, ": 'title': holds what is no text"),
    ])  # fmt: skip
    def test_what_is_wrong_is_named(self, tmp_path, tracks, changes, message):
        path = summary(tmp_path / "a", tracks, **changes)
        listed(tmp_path / "a", f"{A}\tRock\n")
        refused(MillionSong(tmp_path / "a").read_tracks, f"{path}{message}")

    @pytest.mark.parametrize(("tracks", "changes", "message"), [
        ([A, A], {}, f": the track '{A}' is there 2 times"), ([A, ""], {}, ": a track has no id"),
        ([], {}, ": holds no tracks"),
        ([A], {"tempo": np.array([b"x"])}, ": 'tempo' holds |S1; expected numbers."),
    ])  # fmt: skip
    def test_what_is_wrong_in_its_numbers_is_named(self, tmp_path, tracks, changes, message):
        if not tracks:
            pytest.importorskip("h5py")
        path = summary(tmp_path / "a", tracks, **changes)
        family = features.build({"name": "table", "kind": "msd"})
        refused(lambda: family.read(path, lambda name: (name, 0.0)), f"{path}{message}")
