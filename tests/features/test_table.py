"""Tables are read by name, and what is wrong in one is named with its line."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from earmark.errors import DataError
from earmark.features.gtzan57 import COLUMNS, Gtzan57
from earmark.features.table import read_table

GOOD = "filename,tempo,rms_mean,label\na.wav,120.5,-1e-3,rock\nb.wav,90,0.25,pop\n"
TWO = ("rms_mean", "tempo")


def write(folder: Path, content: str | bytes) -> Path:
    path = folder / "features.csv"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def test_columns_come_in_the_order_asked_for(tmp_path: Path) -> None:
    table = read_table(write(tmp_path, GOOD), TWO)
    assert (table.names, table.columns) == (("a.wav", "b.wav"), TWO)
    np.testing.assert_array_equal(table.rows, [[-1e-3, 120.5], [0.25, 90]])
    assert table.rows.dtype == np.float64


@pytest.mark.parametrize(
    "content",
    [
        "\ufeff" + GOOD,
        GOOD.replace("\n", "\r\n"),
        GOOD.rstrip("\n"),
        GOOD + "\n\n",
        GOOD.replace(",", " , "),
        GOOD.replace("a.wav", '"a.wav"').replace("120.5", '"120.5"'),
        "label,rms_mean,filename,x,tempo\nrock,-1e-3,a.wav,?,120.5\npop,0.25,b.wav,,90\n",
        "filename,rms_mean,,,tempo\na.wav,-1e-3,,,120.5\nb.wav,.25,,,9e1\n",
    ],
)
def test_other_makes_of_the_same_table(tmp_path: Path, content: str) -> None:
    table = read_table(write(tmp_path, content), TWO)
    assert table.names == ("a.wav", "b.wav")
    np.testing.assert_array_equal(table.rows, [[-1e-3, 120.5], [0.25, 90]])


def test_aliases_and_another_name_column(tmp_path: Path) -> None:
    path = write(tmp_path, "track,percussive_mean\nx,1\n")
    table = read_table(path, ["perceptr_mean"], name_column="track",
                       aliases={"percussive_mean": "perceptr_mean"})  # fmt: skip
    assert (table.names, table.columns, table.rows.tolist()) == (("x",), ("perceptr_mean",), [[1]])


def test_two_spellings_of_one_column_are_refused(tmp_path: Path) -> None:
    path = write(tmp_path, "filename,bpm,tempo\nx,1,2\n")
    expected = r"line 1: column 'tempo' is there 2 times \('bpm' and 'tempo'\); expected once"
    with pytest.raises(DataError, match=expected):
        read_table(path, ["tempo"], aliases={"bpm": "tempo"})
    assert read_table(path, ["tempo"]).rows.tolist() == [[2]]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("filename,Tempo,label\na,1,x\n", ", line 1: 2 of 3 columns missing: 'rms_mean', 'tempo' "
                                          "(is 'Tempo' meant?)."),
        ("tempo,rms_mean\n1,2\n", ", line 1: 1 of 3 columns missing: 'filename'."),
        (GOOD.replace("label", "tempo"), ", line 1: column 'tempo' is there 2 times"),
        (GOOD.replace(",", ";"), ", line 1: the columns seem to be separated by ';'"),
        (GOOD.replace("120.5", "fast"), ", line 2: 'tempo' of 'a.wav' is 'fast'; expected a "
                                        "finite number."),
        (GOOD.replace("90", ""), ", line 3: 'tempo' of 'b.wav' is ''; expected"),
        (GOOD.replace("90", "NaN"), ", line 3: 'tempo' of 'b.wav' is 'NaN'; expected"),
        (GOOD.replace("90", "-inf"), ", line 3: 'tempo' of 'b.wav' is '-inf'; expected"),
        (GOOD.replace("90", "1e999"), ", line 3: 'tempo' of 'b.wav' is '1e999'; expected"),
        (GOOD.replace("90", "9_0"), ", line 3: 'tempo' of 'b.wav' is '9_0'; expected"),
        (GOOD.replace("b.wav", "a.wav"), ", line 3: 'a.wav' is already on line 2; expected each"),
        (GOOD.replace("b.wav", " "), ", line 3: the row has no name"),
        (GOOD[:-9], ", line 3: 3 values; expected 4, one a column. Is the file cut short?"),
        (GOOD + "c.wav,1,2,3,4\n", ", line 4: 5 values; expected 4"),
        (GOOD + 'c.wav,1,2,"rock\n', ": broken after line 3: unexpected end of data."),
        ("filename,tempo,rms_mean\n", ": holds no rows below its header"),
        ("", ": is empty; expected a header line"),
        ("\n\n", ": is empty; expected a header line"),
        (GOOD.replace("pop", "p\xf6p").encode("latin-1"), ": not UTF-8 text after line "),
        (GOOD.encode("utf-16"), ": not UTF-8 text after line 1"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_named(tmp_path: Path, content: str | bytes, message: str) -> None:
    path = write(tmp_path, content)
    with pytest.raises(DataError, match="^" + re.escape(f"{path}{message}")) as caught:
        read_table(path, TWO)
    assert "\n" not in str(caught.value)


def test_of_many_missing_columns_five_are_named(tmp_path: Path) -> None:
    path = write(tmp_path, "filename,percussive_mean\na,1\n")
    expected = r"57 of 58 columns missing: ('\w+', ){4}'\w+' and 52 more\.$"
    with pytest.raises(DataError, match=expected):
        read_table(path, COLUMNS)


def test_a_file_that_is_absent_or_a_folder(tmp_path: Path) -> None:
    for path in (tmp_path / "absent.csv", tmp_path):
        with pytest.raises(DataError, match="^" + re.escape(f"{path}: cannot be read: ")):
            read_table(path, TWO)


finite = st.floats(allow_nan=False, allow_infinity=False)


@given(st.lists(st.tuples(finite, finite), min_size=1, max_size=20), st.permutations(range(3)))
def test_numbers_come_back_exactly_whatever_the_order(
    tmp_path_factory: pytest.TempPathFactory,
    values: list[tuple[float, float]],
    order: list[int],
) -> None:
    rows = [(f"{i}.wav", repr(a), repr(b)) for i, (a, b) in enumerate(values)]
    lines = [("filename", *TWO), *rows]
    text = "\n".join(",".join(line[i] for i in order) for line in lines)
    table = read_table(write(tmp_path_factory.mktemp("table"), text), TWO)
    assert [tuple(row) for row in table.rows] == values


@pytest.mark.realdata
@pytest.mark.parametrize(
    ("name", "count", "last"),
    [
        ("Data/features_30_sec.csv", 1000, "rock.00099.wav"),
        ("features_10_sec.csv", 2991, "rock.00099.2.wav"),
        ("features_3_sec.classical-jazz-rock.csv", 2996, "rock.00099.9.wav"),
    ],
)
def test_published_tables(realdata: Path, name: str, count: int, last: str) -> None:
    table = read_table(realdata / "gtzan" / name, COLUMNS, aliases=Gtzan57.column_aliases())
    assert table.rows.shape == (count, 57)
    assert table.names[-1] == last
    assert np.isfinite(table.rows).all()


@pytest.mark.realdata
def test_a_published_row(realdata: Path) -> None:
    table = read_table(realdata / "gtzan/Data/features_30_sec.csv", ["tempo", "rms_mean"])
    assert table.names[0] == "blues.00000.wav"
    assert table.rows[0].tolist() == [123.046875, 0.1302279233932495]
