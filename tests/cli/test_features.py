import csv
import io
import json

import numpy as np
import pytest
import soundfile
from tests.cli.conftest import one_line

from earmark.features import base
from earmark.features.gtzan57 import COLUMNS, Gtzan57


def test_csv_has_the_front_ends_values(earmark, clip):
    path = clip("a.wav", 4.0)
    done = earmark("features", "extract", "a.wav", "--set", "gtzan57")
    assert done.returncode == 0, done.stderr
    (row,) = csv.DictReader(io.StringIO(done.stdout))
    samples, _ = soundfile.read(path, dtype="float32")
    values = Gtzan57()(samples)
    assert list(row) == ["filename", "start_seconds", *COLUMNS]
    np.testing.assert_allclose([float(row[c]) for c in COLUMNS], values, rtol=1e-6)


def test_segments_are_cut_as_published(earmark, clip):
    clip("a.wav", 10.0)
    done = earmark("features", "extract", "a.wav", "--segment-seconds", 3, "--format", "json")
    rows = json.loads(done.stdout)
    assert [row["start_seconds"] for row in rows] == [0.0, 3.0, 6.0]


def test_settings_reach_the_family(earmark, clip):
    clip("a.wav")
    reflect, zeros = (
        earmark("features", "extract", "a.wav", "--setting", f"padding={p}").stdout
        for p in ("reflect", "zeros")
    )
    assert reflect != zeros


def test_parquet(earmark, clip, tmp_path):
    import pyarrow.parquet

    clip("a.wav")
    done = earmark("features", "extract", "a.wav", "--format", "parquet", "--out", "t.parquet")
    assert done.returncode == 0, done.stderr
    table = pyarrow.parquet.read_table(tmp_path / "t.parquet")
    assert table.column_names == ["filename", "start_seconds", *COLUMNS]
    assert table.num_rows == 1


def test_the_second_time_comes_from_the_cache_and_is_the_same(earmark, clip, tmp_path):
    clip("a.wav")
    env = {"EARMARK_CACHE": str(tmp_path / "cache")}
    first = earmark("features", "extract", "a.wav", env=env).stdout
    (entry,) = (tmp_path / "cache").rglob("*.bin")
    held = entry.stat().st_mtime_ns
    assert earmark("features", "extract", "a.wav", env=env).stdout == first
    assert entry.stat().st_mtime_ns == held
    content = bytearray(entry.read_bytes())
    content[-1] ^= 1
    entry.write_bytes(content)
    assert earmark("features", "extract", "a.wav", env=env).stdout == first


@pytest.mark.parametrize(("args", "code", "message"), [
    (["--set", "gtzan75"], 1, "Did you mean 'gtzan57'"),
    (["--setting", "paddign=zeros"], 1, "Did you mean 'padding'"),
    (["--setting", "padding"], 2, "expected NAME=VALUE"),
    (["--segment-seconds", "0"], 1, "between 0.05 and 3600"),
    (["--segment-seconds", "nan"], 1, "between 0.05 and 3600"),
    (["--format", "parquet"], 2, "needs --out"),
])
def test_wrong_options_are_named(earmark, clip, args, code, message):
    clip("a.wav")
    done = earmark("features", "extract", "a.wav", *args)
    assert done.returncode == code
    assert message in done.stderr
    assert "Traceback" not in done.stderr


def test_a_folder_that_cannot_be_written_is_named(earmark, clip, tmp_path):
    clip("a.wav")
    (tmp_path / "file").write_text("in the way")
    done = earmark("features", "extract", "a.wav", "--out", "file/t.csv")
    assert done.returncode == 1
    assert "cannot be written" in one_line(done)


def test_families_are_listed_with_settings_that_can_be_given(earmark):
    done = earmark("features", "list", "--json")
    families = json.loads(done.stdout)
    assert {"gtzan57", "fma518", "logmel", "stacked", "image", "combined", "table",
            "fbank", "waveform"} <= set(families)
    assert families["gtzan57"]["values"] == 57
    assert families["fma518"]["settings"]["variant"] == "as_published"
    assert families["logmel"]["settings"]["window_length"] == "none"  # None by default
    assert not families["table"]["takes_audio"]
    for name, family in families.items():
        if family["takes_audio"]:
            assert base.build({"name": name, **family["settings"]}) == base.build({"name": name})
    shown = earmark("features", "list").stdout
    assert "settings: sample_rate=22050" in shown
    assert all(name in shown for name in families)
