"""Tables that no reader would take: what keeps them from being learnt from is said."""

from __future__ import annotations

import contextlib
import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from earmark.datasets.manifest import Manifest
from earmark.errors import DataError
from earmark.lab.doctor.bare import BareTable
from earmark.lab.doctor.labels import lint


def table(tmp_path: Path, content: str | bytes, name: str = "t.csv") -> BareTable:
    path = tmp_path / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return BareTable(path)


def kinds(made: BareTable) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for f in [*made.lint(), *lint(made.labelled)]:
        found.setdefault(f.kind, []).append(f.name)
    return found


AUGMENTED = """track_id,chroma_cens_kurtosis_01,zcr_mean_01,genre_list
2,7.18,0.085,['Hip-Hop']
3,1.88,0.084,['Hip-Hop']
20,0.52,0.053,"['Experimental Pop', 'Singer-Songwriter']"
26,3.69,0.077,"['Experimental Pop', ""Singer's""]"
"""


def test_lists_printed_into_cells_are_found_and_then_read(tmp_path: Path) -> None:
    # The symptom of a published table of FMA, whose labels were learnt letter by letter.
    made = table(tmp_path, AUGMENTED)
    with pytest.raises(DataError):
        Manifest(made.root).read_tracks()
    (fault,) = [f for f in made.lint() if f.kind == "printed list"]
    assert (fault.name, fault.subject, fault.severity) == ("genre_list", "column", "grave")
    assert fault.detail.startswith("4 of 4 cells are lists printed as text")
    assert made.labelled.labels == ("Experimental Pop", "Hip-Hop", "Singer's",
                                    "Singer-Songwriter")
    assert made.labelled.sets["20"] == ("Experimental Pop", "Singer-Songwriter")
    assert made.features.columns == ("chroma_cens_kurtosis_01", "zcr_mean_01")


def test_labels_joined_with_spaces(tmp_path: Path) -> None:
    # The symptom of a published MagnaTagATune experiment: 176 tags fell into 145 words.
    rng = np.random.default_rng(3)
    tags = ["no vocals", "guitar", "slow", "new age", "hip hop", "fast", "not rock", "piano"]
    rows = [f"{i},{' '.join(rng.choice(tags, 3, replace=False))}" for i in range(200)]
    found = [*(made := table(tmp_path, "clip_id,tags\n" + "\n".join(rows))).lint(),
             *lint(made.labelled)]
    words = {f.name: f.detail for f in found if f.kind == "words of labels"}
    assert set(words) == {"tags", "t.csv"}
    assert "labels of several words cannot be told" in words["tags"]
    assert "label 'no'" in words["t.csv"]


def test_titles_of_several_words_are_not_joined_lists(tmp_path: Path) -> None:
    rows = [f"{i},{'hip hop' if i % 2 else 'drum and bass'}" for i in range(40)]
    made = table(tmp_path, "clip_id,genre\n" + "\n".join(rows))
    assert "words of labels" not in kinds(made)
    assert made.labelled.labels == ("drum and bass", "hip hop")


@pytest.mark.parametrize("cell", ["rock;pop", "rock|pop", '"rock, pop"', '"[""rock"", ""pop""]"'])
def test_cells_of_several_labels(tmp_path: Path, cell: str) -> None:
    made = table(tmp_path, f"id,labels\n1,{cell}\n2,{cell}\n")
    assert made.labelled.sets == {"1": ("rock", "pop"), "2": ("rock", "pop")}
    assert "printed list" not in kinds(made)


def test_a_column_a_label(tmp_path: Path) -> None:
    rows = "\n".join(f"{i}\t{i % 2}\t0\t{int(i > 3)}\ta/{i}.mp3" for i in range(12))
    made = table(tmp_path, f"clip_id\tno voice\tchant\trock\tmp3_path\n{rows}", "a.tsv")
    assert made.labelled.sets["5"] == ("no voice", "rock")
    assert kinds(made)["on no track"] == ["chant"]


def test_labels_that_are_not_said_are_unknown(tmp_path: Path) -> None:
    rows = "\n".join(f"{i},{i % 2},{'' if i < 4 else 1},{int(i > 3)}" for i in range(12))
    made = table(tmp_path, f"clip_id,a,b,c\n{rows}")
    (found,) = [f for f in made.lint() if f.kind == "unknown label"]
    assert (found.name, found.detail[:36]) == ("b", "nothing is said of 4 of 12 tracks; h"[:36])


def test_real_lists_are_labels(tmp_path: Path) -> None:
    lines = [json.dumps({"id": str(i), "genres": ["rock", "pop"][: 1 + i % 2]}) for i in range(4)]
    made = table(tmp_path, "\n".join(lines), "t.jsonl")
    assert made.labelled.sets["1"] == ("rock", "pop")
    assert "printed list" not in kinds(made)


def test_the_published_feature_table_as_a_bare_table(realdata: Path) -> None:
    found = kinds(BareTable(realdata / "gtzan/Data/features_30_sec.csv"))
    assert len(found["exact duplicate"]) == 13
    assert found["cross-label duplicate"] == ["rock.00016.wav"]
    assert len(found["like rows"]) == 5


def test_the_partial_tags_of_magnatagatune(realdata: Path) -> None:
    made = BareTable(realdata / "mtat/top50_partial.csv")
    assert len(made.labelled.labels) == 50
    pairs = {(f.name, f.other) for f in lint(made.labelled) if f.kind == "synonyms"}
    assert {("woman", "female"), ("no voice", "no vocals"), ("beats", "beat")} <= pairs
    assert len([f for f in made.lint() if f.kind == "unknown label"]) == 50


def test_parts_and_artists_are_read_where_a_column_has_them(tmp_path: Path) -> None:
    made = table(tmp_path, "id,genre,artist,split\n1,rock,x,training\n2,rock,y,test\n")
    assert made.partitions() == {"given": {"1": "train", "2": "test"}}
    assert [t.artist for t in made.tracks.values()] == ["x", "y"]


def test_ids_that_are_there_twice(tmp_path: Path) -> None:
    made = table(tmp_path, "id,genre\n7,rock\n7,pop\n8,rock\n")
    (found,) = [f for f in made.lint() if f.kind == "listed twice"]
    assert found.detail == "1 ids are in several rows, such as '7' (2 times)"
    assert list(made.tracks) == ["7", "7 (2)", "8"]


@pytest.mark.parametrize(("content", "name", "says"), [
    ("", "t.csv", "is empty"), ("id,genre\n", "t.csv", "no rows"),
    ("id,genre,genre\n1,a,b\n", "t.csv", "'genre' twice"),
    ("id,genre\n1,a\n2\n", "t.csv", "cannot be read"), ("name\nx\ny\n", "t.csv", "neither labels"),
    (b"id,genre\n1,caf\xe9\n", "t.csv", "'genre' is not in UTF-8"), ("PAR1", "t.parquet", "cannot"),
    ('{"id": 1', "t.jsonl", "cannot be read"),
])  # fmt: skip
def test_what_is_no_table_is_one_line(
    tmp_path: Path, content: str | bytes, name: str, says: str
) -> None:
    with pytest.raises(DataError, match=says) as caught:
        _ = table(tmp_path, content, name).labelled
    assert str(tmp_path) in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_marks_and_line_ends_of_spreadsheets(tmp_path: Path, encoding: str) -> None:
    made = table(tmp_path, "id;genre\r\n1;Forró\r\n2;rock\r\n".encode(encoding))
    assert made.labelled.labels == ("Forró", "rock")


def test_a_list_nested_beyond_reason_is_left_as_text(tmp_path: Path) -> None:
    deep = "[" * 5000 + "'a'" + "]" * 5000
    made = table(tmp_path, f"id,genre\n1,\"{deep}\"\n2,rock\n")
    assert len(made.labelled.sets["1"]) == 1


def test_its_sample_has_the_fault(tmp_path: Path) -> None:
    BareTable.sample(tmp_path / "table.csv")
    assert "printed list" in kinds(BareTable(tmp_path / "table.csv"))


@given(st.binary(max_size=200))
def test_whatever_the_bytes_it_is_read_or_refused(
    tmp_path_factory: pytest.TempPathFactory, content: bytes
) -> None:
    made = table(tmp_path_factory.mktemp("t"), b"id,genre\n" + content)
    with contextlib.suppress(DataError):
        assert len(made.labelled.sets) == made.sheet.rows
        made.lint()
