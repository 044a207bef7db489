"""MuMu: its tables, splits, names and labels, sound and damaged."""

from __future__ import annotations

import csv
import io
import json
import pickle
from pathlib import Path

import numpy as np
import pytest

from earmark.datasets._mumu_rows import read_table
from earmark.datasets._streamed import read_objects
from earmark.datasets.matching import read_candidates
from earmark.datasets.mumu import MuMu
from earmark.errors import DataError
from earmark.labels import crosswalk

COLUMNS = ("amazon_id", "album_mbid", "MSD_track_id", "recording_mbid", "artist_mbid", "genres")
TABLE = "MuMu_dataset/MuMu_dataset_multi-label.csv"


def _write(root: Path, rows: list[tuple[str, ...]], columns: tuple[str, ...] = COLUMNS) -> Path:
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator="\n").writerows([columns, *rows])
    path = root / TABLE
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text.getvalue(), encoding="utf-8")
    return path


def _row(track: str, genres: str, album: str = "B1", artist: str = "a1") -> tuple[str, ...]:
    return (album, f"m{album}", track, f"r{track}", artist, genres)


@pytest.fixture
def sample(tmp_path: Path) -> Path:
    MuMu.sample(tmp_path)
    return tmp_path


def test_a_track_bears_the_genres_of_its_album_and_its_keys(tmp_path: Path) -> None:
    _write(tmp_path, [_row("TR2", "Pop,Rap & Hip-Hop"), _row("TR1", "Bebop,Jazz", "B2", "a2")])
    tracks = MuMu(tmp_path).tracks
    assert list(tracks) == ["TR1", "TR2"]
    found = tracks["TR1"]
    assert (found.labels, found.artist, found.album, found.path) == (("Bebop", "Jazz"), "a2", "B2",
                                                                     None)  # fmt: skip
    assert tracks["TR2"].labels == ("Pop", "Rap & Hip-Hop")


def test_the_three_sets_of_labels(tmp_path: Path) -> None:
    _write(tmp_path, [_row("TR1", "Pop,Rockabilly,Memphis Soul"), _row("TR2", "Salsa,Mali", "B2"),
                      _row("TR3", "Mali", "B3")])  # fmt: skip
    assert {i: t.labels for i, t in MuMu(tmp_path, labels="all").tracks.items()} == {
        "TR1": ("Memphis Soul", "Pop", "Rockabilly"), "TR2": ("Mali", "Salsa"), "TR3": ("Mali",)}
    of_250, of_15 = MuMu(tmp_path), MuMu(tmp_path, labels="15")
    assert {i: t.labels for i, t in of_250.tracks.items()} == {"TR1": ("Pop", "Rockabilly"),
                                                               "TR2": ("Salsa",)}  # fmt: skip
    assert {i: t.labels for i, t in of_15.tracks.items()} == {"TR1": ("Pop", "Rock", "Country")}
    assert len(of_250.vocabulary) == 250
    assert len(of_15.vocabulary) == 15
    assert of_250.vocabulary.group("Christmas") == "other"
    said = " ".join(of_15.remarks())
    assert "2 tracks without one of the labels '15' left out" in said
    assert "2 genres that are not among the 15" in said
    assert "Mali, Memphis Soul" in said


def test_the_map_to_fifteen_names_each_of_the_250_once_and_keeps_the_fifteen() -> None:
    walk, known = crosswalk.read("mumu15"), crosswalk.read("mumu250")
    given = walk.sheet.given["mumu250"]
    assert sorted(given) == sorted(known.sheet.labels)
    assert len(given) == 250
    assert {name for to in given.values() for name in to} == set(walk.sheet.labels)
    assert {label: given[label] for label in walk.sheet.labels} == \
        {label: [label] for label in walk.sheet.labels}  # fmt: skip
    # Anew by hand, from what the words say.
    assert given["Country Rock"] == ["Country", "Rock"]
    assert given["Gangsta & Hardcore"] == ["Rap & Hip-Hop"]
    assert given["Hardcore"] == ["Punk"]
    assert given["Sweden"] == given["Christmas"] == given["Gospel"] == []


def test_a_comma_within_a_name_parts_nothing(tmp_path: Path) -> None:
    _write(tmp_path, [_row("TR1", "Classical,Theatrical, Incidental & Program Music,Symphonies"),
                      _row("TR2", "Pop, Rock", "B2")])  # fmt: skip
    found = MuMu(tmp_path, labels="all").tracks
    assert found["TR1"].labels == ("Classical", "Symphonies",
                                   "Theatrical, Incidental & Program Music")  # fmt: skip
    assert found["TR2"].labels == ("Pop", "Rock")


def test_a_track_on_several_albums_counts_once_with_the_genres_of_all(tmp_path: Path) -> None:
    rows = [_row("TR1", "Pop", "B2"), _row("TR1", "Rock", "B1"), _row("TR2", "Jazz", "B3")]
    for order in (rows, rows[::-1]):
        _write(tmp_path, order)
        dataset = MuMu(tmp_path)
        assert (dataset.tracks["TR1"].labels, dataset.tracks["TR1"].album) == (("Pop", "Rock"),
                                                                               "B1")  # fmt: skip
        assert any("1 track on several rows" in said for said in dataset.remarks())


def test_tracks_of_one_recording_are_one_song_and_nobody_is_no_artist(tmp_path: Path) -> None:
    rows = [("B1", "m", "TR1", "rec", "a", "Pop"), ("B2", "m", "TR2", "rec", "a", "Pop"),
            ("B3", "m", "TR3", "other", "89ad4ac3-39f7-470e-963a-56509c546377", "Pop"),
            ("B4", "m", "TR4", "", "", "Pop")]  # fmt: skip
    _write(tmp_path, rows)
    tracks = MuMu(tmp_path).tracks
    assert [t.song for t in tracks.values()] == ["rec", "rec", None, None]
    assert [t.artist for t in tracks.values()] == ["a", "a", None, None]


def test_columns_are_read_by_name_in_any_order_and_others_left_alone(tmp_path: Path) -> None:
    _write(tmp_path, [("Pop", "x", "TR1", "B1")], ("genres", "year", "msd_track_id", "AMAZON_ID"))
    track = MuMu(tmp_path).tracks["TR1"]
    assert (track.labels, track.album, track.artist) == (("Pop",), "B1", None)


@pytest.mark.parametrize("save", [
    lambda text: b"\xef\xbb\xbf" + text.encode(), lambda text: text.replace("\n", "\r\n").encode(),
    lambda text: text.encode("utf-16"),
])  # fmt: skip
def test_however_it_was_saved(sample: Path, save) -> None:
    expected = MuMu(sample).fingerprint
    text = (sample / TABLE).read_text(encoding="utf-8")
    (sample / TABLE).write_bytes(save(text))
    assert MuMu(sample).fingerprint == expected


@pytest.mark.parametrize(("content", "match"), [
    (b"", "is empty"),
    (b"amazon_id,MSD_track_id,genres\n", "a header and no rows"),
    (b"amazon_id,MSD_track,genres\nB,T,Pop\n", "no column 'MSD_track_id'.*Did you mean"),
    (b"amazon_id,MSD_track_id,genres\nB,T,Pop\nB,T2\n", "line 3.*2 fields"),
    (b"amazon_id,MSD_track_id,genres\nB,,Pop\n", "line 2: MSD_track_id is ''"),
    (b"amazon_id,MSD_track_id,genres\n,T,Pop\n", "line 2: amazon_id is ''"),
    (b"amazon_id,MSD_track_id,genres\nB,T,\"['Pop', 'Rock']\"\n", "line 2.*as Python prints it"),
    (b"amazon_id,MSD_track_id,genres\nB,T,Pop\xe9\n", "UTF-8"),
    (b"amazon_id,MSD_track_id,genres\nB,T,\n", "none of its 1 track"),
    (b"amazon_id,amazon_id,MSD_track_id,genres\nB,B,T,Pop\n", "twice"),
])  # fmt: skip
def test_a_damaged_table_is_one_line(tmp_path: Path, content: bytes, match: str) -> None:
    (tmp_path / TABLE).parent.mkdir()
    (tmp_path / TABLE).write_bytes(content)
    with pytest.raises(DataError, match=match) as caught:
        MuMu(tmp_path).read_tracks()
    assert "\n" not in str(caught.value)
    assert "MuMu_dataset_multi-label.csv" in str(caught.value)


def test_the_single_label_table_is_another(sample: Path) -> None:
    single = MuMu(sample, table="single")
    assert len(single.tracks) == 8 < len(MuMu(sample).tracks)
    assert {len(t.labels) for t in single.tracks.values()} == {1}
    (sample / TABLE).unlink()
    with pytest.raises(DataError, match="multi-label"):
        MuMu(sample).read_tracks()
    assert MuMu.recognises(sample)


def test_the_data_split_is_of_tracks_whole_and_agrees(sample: Path) -> None:
    dataset = MuMu(sample)
    parts = dataset.partitions()["MuMu"]
    assert [list(parts.values()).count(part) for part in ("train", "valid", "test")] == [12, 6, 6]
    assert parts.keys() == dataset.tracks.keys()
    assert not any("rows of other labels" in said for said in dataset.remarks())


def test_a_split_of_albums_is_one_of_their_tracks(sample: Path) -> None:
    for path in (sample / "splits").iterdir():
        path.unlink()
    (sample / "splits/items_index_train_MuMu.tsv").write_text("B000000000\r\nB000000001")
    (sample / "splits/items_index_test_MuMu.tsv").write_text("B000000003\nB999999999\n")
    parts = MuMu(sample).partitions()["MuMu"]
    assert parts == {"TR000AA128F000000": "train", "TR001AA128F000000": "train",
                     "TR010AA128F000000": "train", "TR011AA128F000000": "train",
                     "TR030AA128F000000": "test", "TR031AA128F000000": "test",
                     "B999999999": "test"}  # fmt: skip


def test_labels_of_a_split_that_differ_are_said(sample: Path) -> None:
    path = next((sample / "splits").glob("y_val_*.npy"))
    matrix = np.load(path)
    matrix[2] = 1 - matrix[2]
    np.save(path, matrix)
    assert any("1 row of other labels than the table" in said for said in MuMu(sample).remarks())


def _unpickled(*_: object) -> None:
    raise AssertionError("a pickle was loaded")


class _Trap:
    def __reduce__(self) -> tuple[object, ...]:
        return (_unpickled, ("boom",))


def test_a_pickle_offered_as_a_matrix_is_refused_unread(sample: Path) -> None:
    path = next((sample / "splits").glob("y_val_*.npy"))
    whole = path.read_bytes()
    unclosed = whole.replace(b"'fortran_order': False, ", b"'fortran_order': False{ ")
    assert unclosed != whole
    for content in (pickle.dumps(_Trap()), b"\x93NUMPY", b"", unclosed):
        path.write_bytes(content)
        with pytest.raises(DataError, match=r"y_val.*without pickled objects"):
            MuMu(sample).partitions()
    trap = np.empty((6, 12), dtype=object)
    trap[:] = _Trap()
    np.save(path, trap, allow_pickle=True)
    with pytest.raises(DataError, match="y_val"):
        MuMu(sample).partitions()


@pytest.mark.parametrize(("file", "content", "match"), [
    ("items_index_val_MuMu.tsv", "TR000AA128F000000\n", "already in the part train"),
    ("items_index_val_MuMu.tsv", "TR\n", r"expected 1 rows.*y_val|y_val.*expected 1 rows"),
    ("genre_labels_MuMu.tsv", "Pop\nRock\nPop\n", "lists 'Pop' twice"),
    ("genre_labels_MuMu.tsv", "Pop\nRock\n", "2 columns"),
])  # fmt: skip
def test_a_split_that_does_not_fit_is_one_line(
    sample: Path, file: str, content: str, match: str
) -> None:
    (sample / "splits" / file).write_text(content)
    with pytest.raises(DataError, match=match):
        MuMu(sample).partitions()


def test_audio_by_its_id_and_what_has_no_partner(sample: Path) -> None:
    folder = sample / "audio/A"
    folder.mkdir(parents=True)
    for stem in ("TR000AA128F000000", "TR011AA128F000000", "holiday"):
        (folder / f"{stem}.mp3").write_bytes(b"\xff\xfb")
    dataset = MuMu(sample)
    assert dataset.tracks["TR000AA128F000000"].path == "audio/A/TR000AA128F000000.mp3"
    said = " ".join(dataset.remarks())
    assert "22 tracks without audio" in said
    assert "1 audio file of no track: holiday" in said


def test_names_are_those_of_the_albums_and_titles(sample: Path) -> None:
    assert MuMu(sample).names()["TR030AA128F000000"] == ("Band 3", "Song 6", "Album 3")
    (sample / "unique_tracks.txt").unlink()
    assert MuMu(sample).names()["TR030AA128F000000"] == ("Band 3", None, "Album 3")
    (sample / "MuMu_dataset/amazon_metadata_MuMu.json").unlink()
    assert MuMu(sample).names()["TR030AA128F000000"] == (None, None, None)
    assert read_candidates(sample) == []


def test_odd_names_are_none(sample: Path) -> None:
    path = sample / "MuMu_dataset/amazon_metadata_MuMu.json"
    path.write_text(json.dumps([{"amazon_id": "B000000000", "artist": "Various Artists",
                                 "title": 5}, {"artist": "x"}, {"amazon_id": None}]))
    (sample / "unique_tracks.txt").unlink()
    assert MuMu(sample).names()["TR000AA128F000000"] == (None, None, None)


def test_a_damaged_list_of_titles_names_its_line(sample: Path) -> None:
    with (sample / "unique_tracks.txt").open("a") as file:
        file.write("TR000AA128F000000<SEP>SO\n")
    with pytest.raises(DataError, match=r"unique_tracks.txt, line 25.*<SEP>"):
        MuMu(sample).names()


@pytest.mark.parametrize("text", [
    '[{"a": 1}, {"a": 2}]', '{"a": 1}\n{"a": 2}\n', '[\n {"a": 1},\n {"a": 2}\n]\n',
    '\ufeff[{"a": 1},{"a": 2}]',
])  # fmt: skip
def test_objects_are_read_one_by_one(tmp_path: Path, monkeypatch, text: str) -> None:
    path = tmp_path / "x.json"
    path.write_text(text, encoding="utf-8")
    for size in (1, 3, 1000):  # pieces that end anywhere
        monkeypatch.setattr("earmark.datasets._streamed._PIECE_CHARACTERS", size)
        assert list(read_objects(path)) == [{"a": 1}, {"a": 2}]


@pytest.mark.parametrize(("text", "match"), [
    ('[{"a": 1}, {"a": 2', "object 2: is no JSON or is cut off"),
    ('[{"a": 1}', "object 2: is no JSON or is cut off"),
    ('[{"a": 1}, 7]', "object 2: is '7'"), ("nothing", "object 1"), ('{"a": 1}]', "object 2"),
    ("[" * 100_000, "object 1"),
])  # fmt: skip
def test_damaged_objects_are_one_line(tmp_path: Path, text: str, match: str) -> None:
    path = tmp_path / "x.json"
    path.write_text(text)
    with pytest.raises(DataError, match=match):
        list(read_objects(path))


def test_an_empty_array_has_no_objects(tmp_path: Path) -> None:
    (tmp_path / "x.json").write_text("[]")
    assert list(read_objects(tmp_path / "x.json")) == []


def test_rows_come_sorted_by_track(sample: Path) -> None:
    rows, remarks = read_table(sample / TABLE)
    assert [row.track for row in rows] == sorted(row.track for row in rows)
    assert len(rows) == 24
    assert remarks == []
