"""FMA in its sizes and label sets, its tables by name, and what is wrong with a copy said once."""

from __future__ import annotations

import csv
import json
import os
import re
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from earmark.datasets import _fma_kept
from earmark.datasets.base import Fault
from earmark.datasets.fma import Fma
from earmark.datasets.opening import open_dataset, recognised
from earmark.errors import DataError
from earmark.features import base as features
from earmark.judging import splits
from earmark.lab.batches import gather
from earmark.lab.recipe import BranchChoice

GENRES = "genre_id,#tracks,parent,title,top_level\n"
TREE = GENRES + "12,3,0,Rock,12\n25,1,12,Punk,12\n109,1,25,Hardcore,12\n21,2,0,Hip-Hop,21\n"
COLUMNS = ("set subset", "set split", "artist id", "artist name", "album id", "track title",
           "track duration", "track genre_top", "track genres")  # fmt: skip
FOOD = {"set subset": "small", "set split": "training", "artist id": "1", "artist name": "AWOL",
        "album id": "4", "track title": "Food", "track duration": "168",
        "track genre_top": "Hip-Hop", "track genres": "[21]"}  # fmt: skip


def table(rows: dict[int | str, dict[str, str]], columns: tuple[str, ...] = COLUMNS) -> str:
    lines = [["", *(c.split()[0] for c in columns)], ["", *(c.split()[1] for c in columns)],
             ["track_id", *[""] * len(columns)],
             *([str(i), *((FOOD | row).get(c, "") for c in columns)] for i, row in rows.items())]
    quoted = [[f'"{v}"' if "," in v or "\n" in v else v for v in line] for line in lines]
    return "".join(",".join(line) + "\n" for line in quoted)


def copy(root: Path, tracks: str | bytes, genres: str = TREE) -> Path:
    folder = root / "fma_metadata"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "tracks.csv").write_bytes(tracks.encode() if isinstance(tracks, str) else tracks)
    (folder / "genres.csv").write_text(genres, encoding="utf-8")
    return root


def touch(root: Path, *names: str) -> Path:
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).touch()
    return root


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("fma")
    Fma.sample(root)
    return root


def published(root: Path) -> dict[str, dict[str, str]]:
    """The sample's tracks.csv, read by other means: id to column to value."""
    with (root / "fma_metadata/tracks.csv").open(encoding="utf-8", newline="") as file:
        above, below, _, *rows = csv.reader(file)
    names = [f"{a} {b}" for a, b in zip(above, below, strict=True)]
    return {row[0]: dict(zip(names, row, strict=True)) for row in rows}


class TestSample:
    @pytest.mark.parametrize(("subset", "labels", "tracks", "vocabulary"), [
        ("small", "top", 24, 8), ("medium", "top", 33, 11), ("large", "top", 33, 11),
        ("large", "roots", 39, 12), ("large", "genres", 39, 15), ("large", "all", 39, 16),
        ("full", "all", 39, 16), ("small", "genres", 24, 11),
    ])  # fmt: skip
    def test_sizes(
        self, sample: Path, subset: str, labels: str, tracks: int, vocabulary: int
    ) -> None:
        dataset = open_dataset("fma", sample, {"subset": subset, "labels": labels})
        assert len(dataset.tracks) == tracks
        assert len(dataset.vocabulary) == vocabulary
        assert dataset.vocabulary.task == ("single" if labels == "top" else "multi")
        assert list(dataset.vocabulary.labels) == sorted(dataset.vocabulary.labels)

    def test_all_genres_are_those_that_the_table_works_out(self, sample: Path) -> None:
        with (sample / "fma_metadata/genres.csv").open(encoding="utf-8") as file:
            titles = {row["genre_id"]: row["title"] for row in csv.DictReader(file)}
        tracks = Fma(sample, subset="large", labels="all").tracks
        listed = published(sample)
        compared = 0
        for name, row in listed.items():
            given = json.loads(row["track genres_all"])
            track = tracks.get(name.zfill(6))
            assert (track is not None) == bool(given)
            if track is not None:
                assert set(track.labels) == {titles[str(genre)] for genre in given}
                compared += 1
        assert compared == 39

    def test_label_sets_agree_with_one_another(self, sample: Path) -> None:
        top, roots, genres, every = (Fma(sample, subset="large", labels=kind).tracks
                                     for kind in ("top", "roots", "genres", "all"))
        tree = Fma(sample).genre_tree
        assert roots.keys() == genres.keys() == every.keys() > top.keys()
        for name, track in every.items():
            assert set(genres[name].labels) <= set(track.labels)
            assert set(roots[name].labels) == {g for g in track.labels if not tree[g]}
            assert {above for g in track.labels for above in tree[g]} <= set(track.labels)
        assert {name: top[name].labels for name in top} == {
            name: track.labels for name, track in roots.items() if len(track.labels) == 1}

    def test_the_split_is_the_published_one_and_keeps_artists_apart(self, sample: Path) -> None:
        dataset = Fma(sample, subset="large", labels="all")
        parts = dataset.partitions()["official"]
        words = {"training": "train", "validation": "valid", "test": "test"}
        assert parts == {i.zfill(6): words[row["set split"]] for i, row in
                         published(sample).items() if row["track genres"] != "[]"}
        assert Counter(parts.values()) == {"train": 13, "valid": 13, "test": 13}
        split = splits.official(dataset, "official")
        assert split.name == "official"
        assert not [leak for leak in splits.leaks(split, dataset) if leak.kind == "artist"]

    def test_facts_of_a_track(self, sample: Path) -> None:
        first = Fma(sample).tracks["000002"]
        assert first.path == "fma_small/000/000002.mp3"
        assert (first.labels, first.title) == (("International",), "No. 2, and others")
        assert (first.artist, first.album) == ("Nobody 100", None)
        assert first.seconds == 20  # a track shorter than a clip is whole
        second = Fma(sample).tracks["098565"]
        assert (second.album, second.seconds) == ("album 1101", 30)
        assert Fma(sample, subset="full").tracks["098565"].seconds == 168
        assert Fma(sample, subset="full").tracks["098565"].path is None

    def test_artists_of_one_name_are_told_apart_by_id(self, sample: Path) -> None:
        names = Counter(track.artist for track in Fma(sample).tracks.values())
        assert names["Nobody (101)"] == names["Nobody (105)"] == 1
        assert "Nobody" not in names

    def test_what_is_left_out_is_said(self, sample: Path) -> None:
        assert Fma(sample).remarks() == [
            "24 tracks of the subset 'small' listed; 8000 were published"]  # fmt: skip
        assert Fma(sample, subset="large").remarks() == [
            "40 tracks of the subset 'large' listed; 106574 were published",
            "6 tracks left out: without a genre_top, since their genres have several roots "
            "(labels=roots, genres or all takes them)",
            "1 track left out: without any genre",
            "9 tracks without audio in fma_large or fma_medium or fma_small",
        ]  # fmt: skip
        assert Fma(sample, subset="full", labels="all").remarks()[1:] == [
            "1 track left out: without any genre", "39 tracks without audio in fma_full"]

    def test_clips_cut_in_the_wrong_place(self, sample: Path) -> None:
        (fault,) = Fma(sample).faults()
        assert (fault.track, fault.kind, fault.other) == ("098565", "truncated", None)
        assert "issues/8" in fault.source
        assert "65.31 s in truth" in fault.source
        assert Fma(sample, subset="full").faults()[0].kind == "wrong duration"

    def test_the_tree(self, sample: Path) -> None:
        tree = Fma(sample).genre_tree
        assert tree["Sound Effects"] == ("Novelty",)
        assert tree["Novelty"] == ("Experimental",)
        assert tree["Experimental"] == ()
        assert len(tree) == 21

    def test_tables_are_read_by_the_families_that_made_them(self, sample: Path) -> None:
        dataset = Fma(sample)
        of_librosa, of_echonest = dataset.feature_tables()
        assert of_librosa.path.name == "features.csv"
        assert not of_librosa.comparable
        rows = features.build(of_librosa.front_end).read(of_librosa.path, dataset.segment_of)
        assert rows.rows.shape == (40, 518)
        assert set(rows.track_ids.tolist()) == {i.zfill(6) for i in published(sample)}
        rows = features.build(of_echonest.front_end).read(of_echonest.path, dataset.segment_of)
        assert rows.rows.shape == (20, 8)
        assert rows.track_ids[0] == "000002"

    @pytest.mark.parametrize("front_end", [{"name": "fma518"}, {"name": "table"}])
    def test_tables_train_though_clips_are_at_hand(
        self, sample: Path, front_end: dict[str, str]
    ) -> None:
        # They were made of whole tracks, so that clips would contradict them.
        branch = BranchChoice(front_end=front_end, source="table",
                              model={"name": "classical:logistic"})
        gathered = gather(Fma(sample), ["000002", "098565"], branch, lambda line: None)
        assert gathered.features.track_ids.tolist()[0] == "000002"
        assert len(gathered.features.rows) + len(gathered.failed) == 2


def test_the_known_clips_by_kind(tmp_path: Path) -> None:
    ids = (1486, 5574, 65753, 80391, 98558, 98559, 98560, 98565, 98566, 98567, 98568, 98569, 98571,
           99134, 105247, 108924, 108925, 126981, 127336, 133297, 143992)  # fmt: skip
    root = copy(tmp_path, table({i: {} for i in (2, *ids)}))
    faults = Fma(root).faults()
    assert [int(fault.track) for fault in faults] == list(ids)
    assert Counter(fault.kind for fault in faults) == {
        "unreadable": 15, "truncated": 5, "wrong duration": 1}  # fmt: skip
    assert all(isinstance(fault, Fault) for fault in faults)
    kinds = {fault.track: fault.kind for fault in faults}
    # The six of the small subset: three cannot be read, three are seconds long.
    assert [kinds[i] for i in ("099134", "108925", "133297")] == ["unreadable"] * 3
    assert [kinds[i] for i in ("098565", "098567", "098569")] == ["truncated"] * 3


def test_archives_are_of_the_published_sizes() -> None:
    sizes = {source.part: source.bytes for source in Fma.sources if source.bytes}
    assert round(sizes["metadata"] / 2**20) == 342
    assert round(sizes["small"] / 2**30, 1) == 7.2
    assert round(sizes["large"] / 2**30) == 93
    assert [source.file for source in Fma.sources] == [
        f"fma_{part}.zip" for part in ("metadata", "small", "medium", "large", "full")]


class TestAudio:
    @pytest.fixture
    def root(self, tmp_path: Path) -> Path:
        return copy(tmp_path, table({2: {}, 5: {"set subset": "medium"}, 1005: {}}))

    @pytest.mark.parametrize("name", [
        "fma_small/000/000002.mp3", "fma_medium/000/000002.mp3", "fma_large/000/000002.mp3",
        "fma_small/fma_small/000/000002.mp3", "fma_small/000002.mp3", "fma_small/000/000002.wav",
        "fma_small/000/000002.MP3", "audio/fma_small/000/000002.flac", "fma_small/7/000002.ogg",
    ])  # fmt: skip
    def test_found(self, root: Path, name: str) -> None:
        dataset = Fma(touch(root, name))
        assert dataset.tracks["000002"].path == name
        assert dataset.tracks["001005"].path is None
        assert dataset.remarks()[1:] == ["1 track without audio in fma_small or fma_medium or "
                                         "fma_large"]

    @pytest.mark.parametrize("name", [
        "fma_full/000/000002.mp3", "fma_small/000/._000002.mp3", "fma_small/000/2.mp3",
        "fma_small/.000/000002.mp3", "fma_small/000/000002.txt", "000/000002.mp3",
        "fma_small/000/x/000002.mp3",
    ])  # fmt: skip
    def test_left_alone(self, root: Path, name: str) -> None:
        assert Fma(touch(root, name)).tracks["000002"].path is None

    def test_whole_tracks_are_those_of_full_alone(self, root: Path) -> None:
        touch(root, "fma_full/000/000002.mp3", "fma_small/000/000005.mp3")
        paths = [track.path for track in Fma(root, subset="full").tracks.values()]
        assert paths == ["fma_full/000/000002.mp3", None, None]

    def test_of_several_the_subsets_own_and_the_published_kind(self, root: Path) -> None:
        touch(root, "fma_large/000/000002.mp3", "fma_small/000/000002.wav",
              "fma_small/000/000002.mp3", "fma_medium/000/000002.mp3")  # fmt: skip
        assert Fma(root).tracks["000002"].path == "fma_small/000/000002.mp3"
        assert Fma(root, subset="medium").tracks["000002"].path == "fma_medium/000/000002.mp3"

    def test_files_that_are_not_listed_are_counted(self, root: Path) -> None:
        touch(root, *(f"fma_small/00{k}/00{k}00{j}.mp3" for k in (0, 1) for j in (2, 5, 7)))
        dataset = Fma(root)
        assert list(dataset.tracks) == ["000002", "001005"]
        assert dataset.remarks()[1:] == ["3 files of audio that tracks.csv does not list: left "
                                         "alone"]

    def test_folders_do_not_name_genres(self, tmp_path: Path) -> None:
        root = touch(tmp_path, "fma_small/000/000002.mp3")
        with pytest.raises(DataError, match=r"holds no tracks.csv.*fma_metadata.zip"):
            Fma(root).read_tracks()


@pytest.mark.parametrize("inside", ["fma_metadata", ".", "fma", "data/fma_metadata"])
def test_metadata_is_found(tmp_path: Path, inside: str) -> None:
    copied = copy(tmp_path / "made", table({2: {}})) / "fma_metadata"
    root = tmp_path / "root"
    (root / inside).parent.mkdir(parents=True, exist_ok=True)
    copied.rename(root / inside)
    assert list(Fma(root).tracks) == ["000002"]
    assert recognised(root) == "fma"


@pytest.mark.parametrize(("name", "track"), [
    ("2", "000002"), ("000002", "000002"), ("000002.mp3", "000002"), ("155320", "155320"),
    ("fma_large/155/155320.mp3", "155320"),
])  # fmt: skip
def test_names_of_rows(name: str, track: str) -> None:
    assert Fma("nowhere").segment_of(name) == (track, 0)


@pytest.mark.parametrize("name", ["", "track", "-2", "2.5x", "1234567", "٢"])
def test_other_names_of_rows(name: str) -> None:
    with pytest.raises(DataError, match="does not name a track of FMA"):
        Fma("nowhere").segment_of(name)


class TestTracks:
    def read(self, root: Path, content: str | bytes, **options: str) -> Fma:
        dataset = open_dataset("fma", copy(root, content), options)
        assert isinstance(dataset, Fma)
        assert dataset.tracks is not None
        return dataset

    @pytest.mark.parametrize("make", [
        lambda t: "\ufeff" + t,
        lambda t: t.replace("\n", "\r\n"),
        lambda t: t.replace("[21, 109]", "[ 21,109 ]"),
        lambda t: t + "\n",
    ])  # fmt: skip
    def test_other_makes_of_the_table(self, tmp_path: Path, make) -> None:
        plain = table({2: {}, 3: {"track genres": "[21, 109]", "track genre_top": ""}})
        read = self.read(tmp_path / "a", make(plain), labels="all")
        same = self.read(tmp_path / "b", plain, labels="all")
        assert make(plain) != plain
        assert read.tracks == same.tracks
        assert read.tracks["000003"].labels == ("Hip-Hop", "Hardcore", "Punk", "Rock")

    def test_columns_in_any_order_and_others(self, tmp_path: Path) -> None:
        columns = ("artist bio", *COLUMNS[::-1], "track tags")
        row = {"artist bio": "a\n,b", "track tags": "['x', 'y']"}
        read = self.read(tmp_path / "a", table({2: row}, columns))
        assert read.tracks == self.read(tmp_path / "b", table({2: {}})).tracks

    def test_rows_in_any_order(self, tmp_path: Path) -> None:
        assert list(self.read(tmp_path, table({10: {}, 2: {}, 9: {}})).tracks) == [
            "000002", "000009", "000010"]  # fmt: skip

    @pytest.mark.parametrize("missing", ["", "-1"])
    def test_missing_values(self, tmp_path: Path, missing: str) -> None:
        row = {"artist id": missing, "album id": missing, "track duration": missing,
               "artist name": "", "track title": ""}  # fmt: skip
        (track,) = self.read(tmp_path, table({2: row})).tracks.values()
        assert (track.artist, track.album, track.title, track.seconds) == (None,) * 4

    def test_an_artist_by_id_alone_and_by_name_alone(self, tmp_path: Path) -> None:
        rows = {2: {"artist name": ""}, 3: {"artist id": "-1"},
                5: {"artist id": "7", "artist name": ""}, 6: {"artist name": "Awol 2"}}  # fmt: skip
        tracks = self.read(tmp_path, table(rows)).tracks
        # Track 2 is of artist 1, whose name stands in another row; a second name is not another.
        assert [t.artist for t in tracks.values()] == ["Awol 2", "AWOL", "artist 7", "Awol 2"]

    def test_a_biography_of_any_length(self, tmp_path: Path) -> None:
        content = table({2: {"artist bio": "long, " * 50_000}}, ("artist bio", *COLUMNS))
        assert list(self.read(tmp_path, content).tracks) == ["000002"]

    @pytest.mark.parametrize(("content", "message"), [
        (table({2: {}, 3: {}}).replace("\n3,", "\n2,"), ", line 5: the track 2 is already on line "
         "4"),
        (table({2: {}})[:-4] + "\n", ", line 4: the genres are '['; expected a list of whole"),
        (table({2: {}})[:-8] + "\n", ", line 4: 9 values; expected 10, one a column. Is the file"),
        (table({2: {}})[:-3], ": the last line does not end; is the file cut short?"),
        (table({2: {"track title": "a,b"}}).replace('b"', "b"), ": broken after line 3"),
        (table({2: {"track genres": "['Rock']"}}), ", line 4: the genres are"),
        (table({2: {"track genres": "[].__class__"}}), ", line 4: the genres are"),
        (table({2: {"track genres": "__import__('os')"}}), ", line 4: the genres are"),
        (table({2: {"track genres": "(21, 12)"}}), ", line 4: the genres are"),
        (table({2: {"track genres": "[999]"}}), ", line 4: the genre '999' is not in genres.csv"),
        (table({2: {"track genre_top": "Punk"}}), ", line 4: the genre 'Punk' is not in"),
        (table({2: {"set subset": "tiny"}}), ", line 4: the subset is 'tiny' and the split"),
        (table({2: {"set split": "train"}}), ", line 4: the subset is 'small' and the split "
         "'train'"),
        (table({2: {"artist id": "x"}}), ", line 4: 'x' is no whole number"),
        (table({"2.0": {}}), ", line 4: '2.0' is no id"),
        (table({"": {}}), ", line 4: '' is no id"),
        (table({"1234567": {}}), ", line 4: '1234567' is no id"),
        (table({}), ": holds no tracks below its header"),
        (table({2: {}}, COLUMNS[:-1]), ": has no column 'track genres'; expected one. Did you mean "
         "'track genre_top'?"),
        (table({2: {}}, (*COLUMNS, COLUMNS[0])), ": has 2 columns 'set subset'; expected one."),
        (table({2: {}}).replace("track_id", "id"), ": does not begin as FMA's tracks.csv does"),
        ("track_id,genre_top\n2,Rock\n", ": does not begin as FMA's tracks.csv does"),
        ("", ": is empty"),
        (table({2: {"track title": "café"}}).encode("latin-1"), ": not UTF-8 text after line"),
        (table({2: {}}).encode("utf-16"), ": not UTF-8 text after line"),
        (b"\x80\x03}q\x00.\n", ": not UTF-8 text after line"),  # a pickle
    ])  # fmt: skip
    def test_what_is_wrong_is_named(
        self, tmp_path: Path, content: str | bytes, message: str
    ) -> None:
        path = tmp_path / "fma_metadata/tracks.csv"
        with pytest.raises(DataError, match="^" + re.escape(f"{path}{message}")) as caught:
            self.read(tmp_path, content)
        assert "\n" not in str(caught.value)

    def test_rows_of_other_subsets_are_checked_too(self, tmp_path: Path) -> None:
        with pytest.raises(DataError, match="line 5: the track 2 is already on line 4"):
            self.read(tmp_path, table({2: {}, "02": {"set subset": "large"}}))


@pytest.mark.parametrize(("content", "message"), [
    (TREE.replace("109,1,25", "109,1,7"), ": the parent 7, above genre 109, is not in the table."),
    (TREE.replace("12,3,0", "12,3,25"), ": the parent 12, above genre 12, leads back to itself."),
    (TREE.replace("109,1,25", "25,1,25"), ", line 4: the genre 25 'Hardcore'"),
    (TREE.replace("Hardcore", "Rock"), ", line 4: the genre 109 'Rock'"),
    (TREE.replace("Hardcore", " "), ", line 4: the genre 109 ''"),
    (TREE.replace("109,", "x,"), ", line 4: 'x' is no id"),
    (TREE.replace("parent", "above"), ": has no column 'parent'"),
    (TREE[:-1], ": the last line does not end"),
    (TREE[:-5] + "\n", ", line 5: 4 values; expected 5"),
    ("", ": is empty"),
])  # fmt: skip
def test_what_is_wrong_with_the_tree_is_named(tmp_path: Path, content: str, message: str) -> None:
    root = copy(tmp_path, table({2: {}}), content)
    path = root / "fma_metadata/genres.csv"
    with pytest.raises(DataError, match="^" + re.escape(f"{path}{message}")):
        Fma(root).read_tracks()


def test_no_tree(tmp_path: Path) -> None:
    root = copy(tmp_path, table({2: {}}))
    (root / "fma_metadata/genres.csv").unlink()
    with pytest.raises(DataError, match=r"genres.csv: cannot be read"):
        Fma(root).read_tracks()
    assert not Fma.recognises(root)


class TestKept:
    @pytest.fixture(autouse=True)
    def _cache(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("EARMARK_CACHE", str(tmp_path / "cache"))
        monkeypatch.setattr(_fma_kept, "LEAST_BYTES", 0)

    def test_tracks_are_the_same_the_second_time(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        root = copy(tmp_path, table({2: {}, 3: {"track genres": "[21, 25]", "album id": ""}}))
        first = Fma(root, labels="all").tracks
        monkeypatch.setattr(_fma_kept, "read_listed", lambda path: pytest.fail("read again"))
        assert Fma(root, labels="all").tracks == first

    def test_a_changed_table_is_read_anew_whatever_its_date(self, tmp_path: Path) -> None:
        root = copy(tmp_path, table({2: {}}))
        path = root / "fma_metadata/tracks.csv"
        assert Fma(root).tracks["000002"].title == "Food"
        before = path.stat()
        path.write_text(table({2: {"track title": "Mood"}}), encoding="utf-8")
        os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
        assert path.stat().st_size == before.st_size
        assert Fma(root).tracks["000002"].title == "Mood"

    def test_damage_is_read_anew(self, tmp_path: Path) -> None:
        root = copy(tmp_path, table({2: {}}))
        first = Fma(root).tracks
        (file,) = (tmp_path / "cache").rglob("*.bin")
        file.write_bytes(file.read_bytes().replace(b"Food", b"Mood"))
        assert Fma(root).tracks == first

    def test_a_cache_that_cannot_be_written_is_done_without(self, tmp_path: Path) -> None:
        (tmp_path / "cache").write_text("in the way")
        assert list(Fma(copy(tmp_path, table({2: {}}))).tracks) == ["000002"]


@pytest.mark.realdata
class TestReal:
    """The published tree, and three published clips beside a made-up ``tracks.csv``."""

    @pytest.fixture
    def root(self, realdata: Path, tmp_path: Path) -> Path:
        if not (realdata / "fma/fma_metadata/genres.csv").is_file():
            pytest.skip("no FMA in the real data")
        tree = (realdata / "fma/fma_metadata/genres.csv").read_text(encoding="utf-8")
        root = copy(tmp_path, table({2: {}, 3: {"set subset": "medium"}, 5: {}}), tree)
        (root / "fma_small").symlink_to(realdata / "fma/fma_small")
        return root

    def test_the_tree(self, root: Path) -> None:
        tree = Fma(root).genre_tree
        assert len(tree) == 163
        assert sum(not parents for parents in tree.values()) == 16
        assert tree["Sound Effects"] == ("Novelty",)

    def test_the_walk_ends_where_the_table_says(self, root: Path) -> None:
        genres = Fma(root)._genres
        with (root / "fma_metadata/genres.csv").open(encoding="utf-8") as file:
            rows = list(csv.DictReader(file))
        assert {genre: line[-1] for genre in genres.titles
                if (line := genres.lineage(genre))} == {
            int(row["genre_id"]): int(row["top_level"]) for row in rows}  # fmt: skip
        assert sum(row["#tracks"] != "0" for row in rows) == 161

    def test_clips(self, root: Path) -> None:
        dataset = Fma(root, subset="medium")
        paths = {i: track.path for i, track in dataset.tracks.items()}
        assert paths == {i: f"fma_small/000/{i}.mp3" for i in ("000002", "000003", "000005")}
        assert all(path and (root / path).stat().st_size > 100_000 for path in paths.values())

    def test_top_genres_of_the_small_set_are_eight_roots(self, realdata: Path, root: Path) -> None:
        file = realdata / "fma/fma_small_tracks_genre_top.csv"
        with file.open(encoding="utf-8-sig") as lines:
            listed = list(csv.DictReader(lines))
        ids = {title: i for i, title in Fma(root)._genres.titles.items()}
        rows = {row["track_id"]: {"track genre_top": row["genre_top"],
                                  "track genres": f"[{ids[row['genre_top']]}]"} for row in listed}
        tree = (root / "fma_metadata/genres.csv").read_text(encoding="utf-8")
        dataset = Fma(copy(root, table(rows), tree))
        assert len(dataset.tracks) == 8000
        assert len(dataset.vocabulary) == 8
        matrix = dataset.vocabulary.matrix([t.labels for t in dataset.tracks.values()])
        np.testing.assert_array_equal(matrix.sum(axis=0), 1000)
        assert not [line for line in dataset.remarks() if "published" in line]


@pytest.mark.parametrize("at", ["fma_small/000", "000"])
def test_numbered_audio_without_tables_is_not_taken_for_folders_of_labels(tmp_path, at):
    (tmp_path / at).mkdir(parents=True)
    (tmp_path / at / "000002.mp3").write_bytes(b"x")
    assert recognised(tmp_path) == "fma"
    with pytest.raises(DataError, match=r"tracks\.csv"):
        Fma(tmp_path).read_tracks()


def test_folders_called_by_numbers_with_other_music_are_not_fma(tmp_path):
    (tmp_path / "000").mkdir()
    (tmp_path / "000" / "song.mp3").write_bytes(b"x")
    assert recognised(tmp_path) == "folder"
