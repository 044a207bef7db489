"""FMA's wide tables: read by name, with or without pyarrow, kept under every byte of the file."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from earmark.errors import DataError
from earmark.features._tables import kept
from earmark.features._tables.wide import WideRows, is_wide, read_wide
from earmark.features.base import describe
from earmark.features.fma518 import COLUMNS, Fma518

SMALL = ("mfcc_max_01", "mfcc_max_02", "zcr_std_01")
ROWS = {"2": ("1.5", "-2.25", "3e2"), "10": ("0", "7.1806699038e+00", "-0.5")}


@pytest.fixture(params=["pyarrow", "csv"], autouse=True)
def _reader(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Both readers give the same and refuse the same."""
    if request.param == "csv":
        monkeypatch.setitem(sys.modules, "pyarrow", None)


def header(columns: Sequence[str]) -> list[list[str]]:
    levels = [column.rsplit("_", 2) for column in columns]
    return [[name, *(level[k] for level in levels)]
            for k, name in enumerate(("feature", "statistics", "number"))]  # fmt: skip


def text(columns: Sequence[str] = SMALL, rows: dict[str, Sequence[str]] | None = None) -> str:
    rows = ROWS if rows is None else rows
    lines = [*header(columns), ["track_id", *[""] * len(columns)],
             *([name, *values] for name, values in rows.items())]  # fmt: skip
    return "".join(",".join(line) + "\n" for line in lines)


def write(folder: Path, content: str | bytes) -> Path:
    path = folder / "features.csv"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


@pytest.mark.parametrize("content", [
    text(),
    "\ufeff" + text(),
    text().replace("\n", "\r\n"),
    text().replace("\n", "\n\n"),
    text().replace(",01", ",1").replace(",02", ",2"),
    text().replace("1.5", " 1.5 ").replace("10,", " 10,"),
    text().replace("3e2", '"3e2"'),
    text((*SMALL, "note_of_01"), {n: (*v, "Sigur Rós") for n, v in ROWS.items()}),
    text(SMALL[::-1], {n: v[::-1] for n, v in ROWS.items()}),
])  # fmt: skip
def test_columns_are_found_by_name(tmp_path: Path, content: str) -> None:
    path = write(tmp_path, content)
    assert is_wide(path)
    read, left_out = read_wide(path, SMALL)
    assert read.names == ("2", "10")
    assert read.columns == SMALL
    assert read.rows.dtype == np.float32
    np.testing.assert_array_equal(
        read.rows, np.array([[1.5, -2.25, 300], [0, 7.1806699038, -0.5]], np.float32)
    )
    assert left_out == ()


@pytest.mark.parametrize("content", ["", "filename,a\nx.wav,1\n", "track_id,a\n2,1\n", b"\xff\xfe"])
def test_other_tables_are_not_taken_for_wide_ones(tmp_path: Path, content: str | bytes) -> None:
    assert not is_wide(write(tmp_path, content))
    assert not is_wide(tmp_path)
    assert not is_wide(tmp_path / "absent.csv")


def test_rows_that_lack_a_value_are_left_out_and_named(tmp_path: Path) -> None:
    rows = {"2": ROWS["2"], "3": ("1", "", "x"), "5": ("", "", ""), "10": ROWS["10"]}
    read, left_out = read_wide(write(tmp_path, text(rows=rows)), SMALL)
    assert read.names == ("2", "10")
    assert len(read.rows) == 2
    assert left_out == ("3", "5")


@pytest.mark.parametrize(("content", "message"), [
    (text().replace("-0.5", "nan"), ", line 6: 'zcr_std_01' of '10' is 'nan'; expected a finite"),
    (text().replace("-0.5", "inf"), ", line 6: 'zcr_std_01' of '10' is 'inf'; expected a finite"),
    (text().replace("-2.25", "none"), ", line 5: 'mfcc_max_02' of '2' is 'none'"),
    (text().replace("3e2", "3_0"), ", line 5: 'zcr_std_01' of '2' is '3_0'"),
    (text().replace("3e2", "1e39"), ": 'zcr_std_01' of '2' is 1e+39; expected a number below"),
    (text().replace("10,", "2,"), ", line 6: '2' is already on line 5"),
    (text().replace("10,", ","), ", line 6: the row has no name"),
    (text()[:-6] + "\n", ", line 6: 3 values; expected 4, one a column. Is the file cut short?"),
    (text()[:-2], ": the last line does not end; is the file cut short?"),
    (text()[:-1], ": the last line does not end; is the file cut short?"),
    (text() + "3,1\n", ", line 7: 2 values; expected 4"),
    (text(rows={}), ": holds no rows"),
    (text(rows={"2": ("", "1", "1")}), ": holds no rows"),
    (text().replace("zcr", "zrc"), ", line 1: 1 of 4 columns missing: 'zcr_std_01' (is 'zrc_std_01'"
     " meant?)."),
    (text((*SMALL, SMALL[0]), {"2": ("1",) * 4}), ", line 1: column 'mfcc_max_01' is there 2"),
    (text().replace("track_id", "id"), ": begins like FMA's features.csv"),
    (text().replace("number", "count"), ": begins like FMA's features.csv"),
    (text().replace("track_id,", "track_id,5"), ": begins like FMA's features.csv"),
    ("\n".join(text().split("\n")[:3]) + "\n", ": begins like FMA's features.csv"),
    (text().replace("max,", ""), ": begins like FMA's features.csv"),
])  # fmt: skip
def test_what_is_wrong_is_named(tmp_path: Path, content: str, message: str) -> None:
    path = write(tmp_path, content)
    with pytest.raises(DataError, match="^" + re.escape(f"{path}{message}")) as caught:
        read_wide(path, SMALL)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("encoding", ["latin-1", "utf-16"])
def test_other_encodings(tmp_path: Path, encoding: str) -> None:
    path = write(tmp_path, text().replace("10,", "é10,").encode(encoding))
    with pytest.raises(DataError, match=f"^{re.escape(str(path))}.* not UTF-8 text"):
        read_wide(path, SMALL)


@given(numbers=st.lists(st.floats(width=32, allow_nan=False, allow_infinity=False),
                        min_size=3, max_size=12))
def test_numbers_come_back(tmp_path_factory: pytest.TempPathFactory, numbers: list[float]) -> None:
    whole = numbers[: len(numbers) // 3 * 3]
    rows = {str(i): [f"{v:.10e}" for v in whole[i : i + 3]] for i in range(0, len(whole), 3)}
    read, _ = read_wide(write(tmp_path_factory.mktemp("numbers"), text(rows=rows)), SMALL)
    np.testing.assert_allclose(read.rows.reshape(-1), np.array(whole, np.float32), rtol=1e-7,
                               atol=1e-45)


def test_columns_are_the_published_ones() -> None:
    # As the script that made the table lists and then sorts them.
    sizes = {"chroma_stft": 12, "chroma_cqt": 12, "chroma_cens": 12, "tonnetz": 6, "mfcc": 20,
             "rmse": 1, "zcr": 1, "spectral_centroid": 1, "spectral_bandwidth": 1,
             "spectral_contrast": 7, "spectral_rolloff": 1}  # fmt: skip
    statistics = ("mean", "std", "skew", "kurtosis", "median", "min", "max")
    published = sorted((feature, statistic, f"{number:02d}") for feature, size in sizes.items()
                       for statistic in statistics for number in range(1, size + 1))
    assert ["_".join(levels) for levels in published] == list(COLUMNS)
    assert len(COLUMNS) == 518


def test_the_family_reads_it(tmp_path: Path) -> None:
    values = [f"{k}" for k in range(518)]
    path = write(tmp_path, text(COLUMNS, {"2": values, "3": ["", *values[1:]]}))
    made = Fma518().read(path, lambda name: (name.zfill(6), 0.0))
    assert made.track_ids.tolist() == ["000002"]
    assert made.rows.tolist() == [list(range(518))]
    assert made.rows.dtype == np.float32
    assert made.columns == COLUMNS
    assert made.source == {"table": "features.csv", "front_end": describe(Fma518()),
                           "left_out": ["3"]}


def test_the_family_reads_tables_of_its_own_too(tmp_path: Path) -> None:
    path = tmp_path / "own.csv"
    path.write_text(f"filename,{','.join(COLUMNS)}\na.wav,{','.join(['1'] * 518)}\n")
    assert Fma518().read(path, lambda name: (name, 0.0)).rows.tolist() == [[1.0] * 518]


class TestKept:
    """Tables that are kept; without pyarrow none are, and all is the same but slower."""

    @pytest.fixture(autouse=True)
    def _cache(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("EARMARK_CACHE", str(tmp_path / "cache"))
        monkeypatch.setattr(kept, "LEAST_BYTES", 0)

    @pytest.fixture
    def keeps(self) -> bool:
        return sys.modules["pyarrow"] is not None

    def read(self, path: Path, columns: Sequence[str] = SMALL) -> tuple[WideRows, bool]:
        """Return what is read, and whether it was read anew."""
        calls = []

        def reader(path: Path, columns: Sequence[str]) -> WideRows:
            calls.append(path)
            return read_wide(path, columns)

        return kept.read_kept(path, columns, reader), bool(calls)

    @pytest.fixture
    def table(self, tmp_path: Path) -> Path:
        rows = {**ROWS, "3": ("1", "", "")}
        return write(tmp_path, text(rows=rows))

    def test_the_second_time_is_as_the_first(self, table: Path, keeps: bool) -> None:
        first, anew = self.read(table)
        assert anew
        second, anew = self.read(table)
        assert anew is not keeps
        assert second.left_out == first.left_out == ("3",)
        assert second.read.names == first.read.names == ("2", "10")
        assert second.read.columns == SMALL
        np.testing.assert_array_equal(second.read.rows, first.read.rows)
        assert second.read.rows.dtype == np.float32

    def test_many_rows_come_back(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(kept, "_GROUP_ROWS", 7)
        monkeypatch.setattr(kept, "_PIECE_BYTES", 100)
        monkeypatch.setattr(kept, "_BUFFER_BYTES", 33)
        path = write(tmp_path, text(rows={str(i): (str(i), "0.5", "1") for i in range(50)}))
        for _ in range(2):
            read = self.read(path)[0].read
            assert read.rows[:, 0].tolist() == list(range(50))
            assert read.names == tuple(map(str, range(50)))

    @pytest.mark.parametrize("piece", [33, 1 << 25])
    def test_any_changed_byte_is_seen_whatever_the_date(
        self, table: Path, monkeypatch: pytest.MonkeyPatch, piece: int
    ) -> None:
        monkeypatch.setattr(kept, "_PIECE_BYTES", piece)
        self.read(table)
        before = table.stat()
        table.write_bytes(table.read_bytes().replace(b"-2.25", b"-2.75"))
        os.utime(table, ns=(before.st_atime_ns, before.st_mtime_ns))
        assert table.stat().st_size == before.st_size
        assert self.read(table)[0].read.rows[0, 1] == -2.75

    def test_other_columns_are_another_table(self, table: Path) -> None:
        self.read(table)
        assert self.read(table, SMALL[:2])[0].read.rows.tolist() == [
            [1.5, -2.25], [0, float(np.float32(7.1806699038))]]  # fmt: skip
        assert self.read(table, SMALL[:2])[0].left_out == ("3",)

    def test_a_moved_table_is_known(self, table: Path, keeps: bool) -> None:
        self.read(table)
        assert self.read(table.rename(table.with_name("moved.csv")))[1] is not keeps

    @pytest.mark.parametrize("damage", [
        lambda b: b[: len(b) // 2], lambda b: b"", lambda b: b"PAR1" + b"\0" * 60,
        lambda b: b.replace(np.float32(-2.25).tobytes(), np.float32(-9).tobytes()),
        lambda b: b.replace(b"PAR1", b"PAR2"),
    ])  # fmt: skip
    def test_a_damaged_one_is_read_anew(
        self, tmp_path: Path, table: Path, keeps: bool, damage: Callable[[bytes], bytes]
    ) -> None:
        first, _ = self.read(table)
        files = list((tmp_path / "cache").rglob("*.parquet"))
        assert len(files) == keeps
        for file in files:
            content = file.read_bytes()
            file.write_bytes(damage(content))
            assert file.read_bytes() != content
        again, anew = self.read(table)
        assert anew
        np.testing.assert_array_equal(again.read.rows, first.read.rows)
        assert self.read(table)[1] is not keeps

    def test_a_cache_that_cannot_be_written_is_done_without(
        self, tmp_path: Path, table: Path
    ) -> None:
        (tmp_path / "cache").write_text("in the way")
        assert self.read(table)[0].read.names == ("2", "10")
        assert self.read(table)[1]

    def test_a_file_that_changes_meanwhile_is_not_kept(self, tmp_path: Path, table: Path) -> None:
        def reader(path: Path, columns: Sequence[str]) -> WideRows:
            with path.open("a") as file:
                file.write("4,1,1,1\n")
            return read_wide(path, columns)

        assert kept.read_kept(table, SMALL, reader).read.names == ("2", "10", "4")
        assert not list((tmp_path / "cache").rglob("*.parquet"))

    def test_a_refusal_is_not_kept(self, tmp_path: Path) -> None:
        path = write(tmp_path, text()[:-2])
        for _ in range(2):
            with pytest.raises(DataError, match="does not end"):
                self.read(path)
        assert not list((tmp_path / "cache").rglob("*.parquet"))

    def test_small_tables_are_not_kept(
        self, tmp_path: Path, table: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(kept, "LEAST_BYTES", 1 << 24)
        self.read(table)
        assert not (tmp_path / "cache").exists()
