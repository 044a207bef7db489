import json

import pytest

from earmark.datasets.manifest import Manifest, find_table
from earmark.errors import DataError


@pytest.fixture
def table(tmp_path, clip):
    """Three clips and a function that writes a table beside them and opens it."""
    for name in ("a", "b", "sub/c"):
        clip(tmp_path / f"{name}.wav")

    def write(text, name="manifest.csv", encoding="utf-8"):
        (tmp_path / name).write_bytes(text.encode(encoding))
        return Manifest(tmp_path / name)

    return write


def rows(dataset):
    return {t.path: t.labels for t in dataset.tracks.values()}


EXPECTED = {"a.wav": ("rock",), "b.wav": ("pop",), "sub/c.wav": ("rock",)}


@pytest.mark.parametrize("header", [
    "path,label", "filename,genre", "FILE , Genres", "\ufeffaudio_path,Class", "File Name,tags",
])  # fmt: skip
def test_columns_are_found_by_their_usual_names(table, header):
    dataset = table(f"{header}\r\na.wav,rock\r\n\r\nb.wav,pop\r\nsub/c.wav,rock\r\n")
    assert rows(dataset) == EXPECTED
    assert list(dataset.tracks) == ["a", "b", "sub/c"]
    assert (dataset.vocabulary.labels, dataset.vocabulary.task) == (("pop", "rock"), "single")


@pytest.mark.parametrize(("name", "text", "encoding"), [
    ("t.tsv", "path\tlabel\na.wav\trock\nb.wav\tpop\nsub/c.wav\trock\n", "utf-8"),
    ("t.csv", "path;label\na.wav;rock\nb.wav;pop\nsub/c.wav;rock\n", "utf-8"),
    ("t.csv", "path\tlabel\na.wav\trock\nb.wav\tpop\nsub/c.wav\trock\n", "utf-16"),
    ("t.csv", "extra,label,path\n1,rock,./a.wav\n2,pop,sub/../b.wav\n,rock,sub\\c.wav\n", "utf-8"),
    ("t.jsonl", '{"path":"a.wav","label":"rock"}\n\n{"path":"b.wav","label":["pop"]}\n'
                '{"label":"rock","path":"sub/c.wav","x":NaN}\n', "utf-8"),
])  # fmt: skip
def test_the_tables_that_programs_write(table, name, text, encoding):
    assert rows(table(text, name, encoding)) == EXPECTED


def test_parquet(table, tmp_path):
    pa = pytest.importorskip("pyarrow")
    import pyarrow.parquet as pq

    content = {"path": ["a.wav", "b.wav", "sub/c.wav"], "labels": [["rock"], ["pop", "live"], None]}
    pq.write_table(pa.table(content), tmp_path / "t.parquet")
    assert rows(Manifest(tmp_path / "t.parquet")) == {"a.wav": ("rock",), "b.wav": ("pop", "live")}
    (tmp_path / "t.parquet").write_bytes(b"PAR1 and no more")
    with pytest.raises(DataError, match=r"t\.parquet: cannot be read"):
        Manifest(tmp_path / "t.parquet").read_tracks()


@pytest.mark.parametrize("cell", ["rock;pop", "rock|pop", " rock ; pop ;", '"[""rock"", ""pop""]"',
                                  "rock;pop;rock"])  # fmt: skip
def test_several_labels(table, cell):
    dataset = table(f"path,labels\na.wav,{cell}\nb.wav,pop\n")
    assert rows(dataset) == {"a.wav": ("rock", "pop"), "b.wav": ("pop",)}
    assert dataset.vocabulary.task == "multi"
    assert any("1 of 2 tracks bear several labels" in line for line in dataset.remarks())


def test_labels_with_commas_stay_whole(table):
    assert rows(table('path,label\na.wav,"Folk, World, & Country"\n')) == {
        "a.wav": ("Folk, World, & Country",)}  # fmt: skip


@pytest.mark.parametrize("cell", ["['rock']", "['rock', 'pop']", "[rock]", "('rock',)", "{'rock'}",
                                  "['rock' 'pop']"])  # fmt: skip
def test_lists_as_python_prints_them_are_refused_with_advice(table, cell):
    with pytest.raises(DataError, match=r"line 3: the labels are .*as Python prints it; write"):
        table(f'path,label\nb.wav,pop\na.wav,"{cell}"\n').read_tracks()


def test_labels_that_differ_by_case_are_one(table):
    dataset = table("path,label\na.wav,Hip-Hop\nb.wav,hip hop\nsub/c.wav,rock\n")
    assert dataset.vocabulary.labels == ("Hip-Hop", "rock")
    assert rows(dataset)["b.wav"] == ("Hip-Hop",)
    assert any("differ only by case" in line for line in dataset.remarks())


@pytest.mark.parametrize("nothing", ["", "NaN", "nan", "None", " ", "<NA>"])
def test_rows_without_a_label_are_left_out_and_named(table, nothing):
    dataset = table(f"path,label,artist\na.wav,rock,{nothing}\nb.wav,{nothing},X\n")
    assert rows(dataset) == {"a.wav": ("rock",)}
    assert dataset.tracks["a"].artist is None
    assert any("1 row without a label left out: b.wav" in line for line in dataset.remarks())


def test_what_the_table_says_of_artists_goes_first_and_names_fill_in(table, clip, tmp_path):
    clip(tmp_path / "abba - SOS.wav")
    dataset = table("id,path,label,artist,album,song\nx,a.wav,rock,ABBA,Arrival,s1\n"
                    "y,b.wav,rock,Various Artists,,\nz,abba - SOS.wav,rock,,,\n"
                    "w,sub/c.wav,rock,,,\n")  # fmt: skip
    tracks = dataset.tracks
    assert [t.artist for t in tracks.values()] == [None, "ABBA", None, "ABBA"]  # w, x, y, z
    assert (tracks["x"].album, tracks["x"].song) == ("Arrival", "s1")
    assert tracks["w"].artist is None  # 'sub' is a folder like any other
    assert dataset.remarks()[-1] == ("artists: 1 known, for 2 of 4 tracks (1 from table, 1 from "
                                     "names, 2 unknown)")  # fmt: skip


def test_parts_are_the_partition_given(table):
    dataset = table("path,label,Split\na.wav,rock,Training\nb.wav,pop,val\nsub/c.wav,pop,\n"
                    "gone.wav,pop,TEST\n")  # fmt: skip
    assert dataset.partitions() == {"given": {"a": "train", "b": "valid", "gone": "test"}}
    assert list(dataset.tracks) == ["a", "b", "sub/c"]
    assert table("path,label\na.wav,rock\n").partitions() == {}


def test_absent_audio_is_left_out_and_named(table):
    dataset = table("path,label\na.wav,rock\n" + "".join(f"no{i}.wav,pop\n" for i in range(5)))
    assert rows(dataset) == {"a.wav": ("rock",)}
    assert dataset.vocabulary.labels == ("rock",)
    said = [line for line in dataset.remarks() if "not there" in line]
    assert said == ["5 files named in manifest.csv left out, not there: no0.wav, no1.wav, no2.wav "
                    "and 2 more"]  # fmt: skip


@pytest.mark.parametrize(("text", "message"), [
    ("", "is empty; expected a header"),
    ("path,label\n", "has a header and no rows"),
    ("name,label\na.wav,rock\n", "has no column 'path' .*its columns are name, label"),
    ("path,artist\na.wav,X\n", "has no column 'labels' .*its columns are path, artist"),
    ("a.wav,rock\nb.wav,pop\n", "has no column 'path'"),
    ("path,path,label\na.wav,b,rock\n", "has the column 'path' twice"),
    ("path,label\na.wav,rock,more\n", "line 2: has 3 fields where the header has 2; put fields"),
    ("path,label,artist\na.wav,rock\n", "line 2: has 2 fields where the header has 3"),
    ("path,label\na.wav,rock\nb.wav,pop\n./a.wav,pop\n",
     "line 4: the path 'a.wav' is already on line 2; put all labels"),
    ("path,label,id\na.wav,rock,1\nb.wav,pop,1\n", "line 3: the id '1' is already on line 2"),
    ("path,label,id\na.wav,rock,b\nb.wav,pop,\n", "line 3: the id 'b' is already on line 2"),
    ("path,label\n,rock\n", "line 2: the path is empty"),
    ("path,label,split\na.wav,rock,trian\n", "line 2: the part is 'trian'.*Did you mean 'train'"),
    ("path,label,split\na.wav,rock,1\n", "line 2: the part is '1'; expected train, valid or test"),
    ("path,label\nno.wav,rock\n", "none of its 1 files is there, the first would be .*no.wav"),
    ("path,label\na.wav,\n", "none of its 1 rows has a label"),
    ('path,label\n"a\nb.wav",rock\n', "holds a line break"),
    ("path,label\na.wav,pop\x1b[31m\n", "characters that cannot be printed"),
    ("path,label\na.wav,rtl\u202eabc\n", "characters that cannot be printed"),
    ('path,label\n"a.wav,rock\n', "cannot be read as a table"),
])  # fmt: skip
def test_bad_tables_are_refused_in_one_line(table, text, message):
    with pytest.raises(DataError, match=message) as caught:
        table(text).read_tracks()
    assert "manifest.csv" in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(("text", "message"), [
    ("{", "line 1: is not JSON"), ("3\n", "line 1: is '3'; expected an object"), ("\n", "is empty"),
])  # fmt: skip
def test_bad_json_lines(table, text, message):
    with pytest.raises(DataError, match=message):
        table(text, "t.jsonl").read_tracks()


def test_bytes_that_are_no_text(tmp_path):
    (tmp_path / "t.csv").write_bytes(b"path,label\n\xff\xfe\x00,rock\n")
    with pytest.raises(DataError, match="expected UTF-8 text"):
        Manifest(tmp_path / "t.csv").read_tracks()


def test_root_is_the_tables_folder_and_a_folder_has_its_manifest_found(table, tmp_path):
    text = "path,label\na.wav,rock\n"
    assert table(text).root == tmp_path
    assert Manifest(tmp_path).tracks == table(text).tracks
    assert find_table(tmp_path) == tmp_path / "manifest.csv"
    assert find_table(tmp_path / "sub") is None
    with pytest.raises(DataError, match=r"other\.csv: no such file"):
        Manifest(tmp_path / "other.csv").read_tracks()


def test_files_elsewhere_are_reached_by_absolute_paths_or_dots(tmp_path, clip):
    far = clip(tmp_path / "music" / "far.wav")
    near = clip(tmp_path / "lists" / "near.wav")
    lines = [{"path": str(far), "label": "rock"}, {"path": str(near), "label": "pop"}]
    (tmp_path / "lists" / "manifest.jsonl").write_text("\n".join(map(json.dumps, lines)))
    dataset = Manifest(tmp_path / "lists")
    assert {t.path for t in dataset.tracks.values()} == {"near.wav", far.as_posix()}
    assert all((dataset.root / t.path).is_file() for t in dataset.tracks.values())
    (tmp_path / "lists" / "dots.csv").write_text("path,label\n../music/far.wav,rock\n")
    assert list(Manifest(tmp_path / "lists" / "dots.csv").tracks) == ["../music/far"]


def test_columns_that_say_the_same_are_named(table):
    dataset = table("path,label,genre\na.wav,rock,pop\n")
    assert rows(dataset) == {"a.wav": ("rock",)}
    assert any("columns not used, since others say the same: genre" in r for r in dataset.remarks())


def test_a_header_that_lacks_a_column_is_refused_without_the_rows(tmp_path):
    table = tmp_path / "t.csv"
    table.write_bytes(b"\xef\xbb\xbftrack;genre\r\n" + b"\xff\xff not text \n" * 9)
    with pytest.raises(DataError, match=r"has no column 'path' .* its columns are track, genre"):
        Manifest(table).check_header()
    table.write_text("path,genre\nunclosed \"quote\n")
    Manifest(table).check_header()
