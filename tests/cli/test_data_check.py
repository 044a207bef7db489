"""``earmark data check`` as a user runs it: what it prints, writes and exits with."""

import csv
import json

import pytest
from tests.cli.conftest import one_line

from earmark.datasets.folder import Folder
from earmark.datasets.gtzan import Gtzan
from earmark.datasets.manifest import Manifest


def table(path, *rows):
    path.write_text("\n".join(rows) + "\n", encoding="utf-8")
    return path


@pytest.fixture
def printed(tmp_path):
    return table(tmp_path / "features_augmented.csv", "track_id,genre_list",
                 *[f"{i},\"['Rock', 'Pop']\"" for i in range(12)], "90,['Jazz']")


def test_grave_faults_are_printed_first_and_exit_with_4(earmark, printed):
    ran = earmark("data", "check", printed)
    assert ran.returncode == 4
    lines = ran.stdout.splitlines()
    assert lines[0] == ("features_augmented.csv: 13 tracks. 1 grave fault; 1 warning and 1 note.")
    assert lines[1].startswith("  grave    printed list: 1  (Read the lists as lists")
    assert "genre_list: 13 of 13 cells are lists printed as text" in lines[2]
    assert "rare label" in ran.stdout
    assert "cannot be learnt from as it is" in ran.stdout


def test_nothing_grave_exits_with_0(earmark, tmp_path):
    path = table(tmp_path / "t.csv", "id,genre", *[f"{i},{'rock' if i % 2 else 'jazz'}"
                                                  for i in range(30)])
    ran = earmark("data", "check", path)
    assert ran.returncode == 0
    assert "Nothing grave" in ran.stdout


def test_json_has_everything_and_is_alone_on_stdout(earmark, printed):
    ran = earmark("data", "check", printed, "--json")
    assert ran.returncode == 4
    told = json.loads(ran.stdout)
    assert told["counts"] == {"printed list": 1, "rare label": 1, "prevalence": 1}
    assert told["findings"][0]["name"] == "genre_list"
    assert told["excluded"] == {}


def test_the_page_the_lists_and_the_manifest_are_written(earmark, tmp_path):
    Gtzan.sample(tmp_path / "g")
    ran = earmark("data", "check", tmp_path / "g", "--no-audio", "--page", "p.html",
                  "--exclude", "x.csv", "--manifest", "m.csv")
    assert ran.returncode in (0, 4), ran.stderr
    assert (tmp_path / "p.html").read_text(encoding="utf-8").startswith("<!DOCTYPE html>")
    assert (tmp_path / "x.csv").read_text() == "track,reason\n"
    with (tmp_path / "m.csv").open(newline="") as file:
        assert {row["id"] for row in csv.DictReader(file)} == set(Gtzan(tmp_path / "g").tracks)
    assert len(Manifest(tmp_path / "m.csv").tracks) == 30
    assert "manifest: m.csv, 30 tracks" in ran.stderr


def test_the_partition_of_the_manifest_can_be_named(earmark, tmp_path):
    Gtzan.sample(tmp_path / "g")
    ran = earmark("data", "check", tmp_path / "g", "--no-audio", "--manifest", "m.csv",
                  "--partition", "filtered")
    assert ran.returncode in (0, 4), ran.stderr
    parts = Manifest(tmp_path / "m.csv").partitions()["given"]
    assert parts == {t: p for t, p in Gtzan(tmp_path / "g").partitions()["filtered"].items()
                     if t in parts}
    assert set(parts.values()) == {"train", "valid", "test"}


@pytest.mark.parametrize(("arguments", "says"), [
    (("nowhere",), "nowhere: no such folder or table"),
    (("g", "--no-audio", "--partition", "filtred"), "Did you mean 'filtered'?"),
    (("g", "--no-audio", "--option", "zzz=1"), "no option 'zzz'"),
    (("g", "--no-audio", "--dataset", "gtzn"), "Did you mean 'gtzan'?"),
    (("n.csv",), "neither labels nor numbers"),
    (("m", "--drop-mislabels", "--no-audio"), "has no partition that says which tracks are"),
    (("g", "--drop-mislabels", "--no-audio"), "name one of filtered, artist-fold-1"),
])  # fmt: skip
def test_slips_are_one_line(earmark, tmp_path, arguments, says):
    Gtzan.sample(tmp_path / "g")
    Folder.sample(tmp_path / "m")
    table(tmp_path / "n.csv", "nothing", "of", "the sort")
    ran = earmark("data", "check", *arguments)
    assert ran.returncode == 1
    assert says in one_line(ran)
    assert ran.stdout == ""


def test_a_table_of_no_audio_gives_no_manifest(earmark, printed, tmp_path):
    ran = earmark("data", "check", printed, "--manifest", "m.csv")
    assert ran.returncode == 1
    assert "no track is left that has audio" in one_line(ran)
    assert not (tmp_path / "m.csv").exists()


def test_a_file_on_two_rows_is_grave(earmark, tmp_path):
    Folder.sample(tmp_path / "m")
    songs = [p.relative_to(tmp_path).as_posix() for p in (tmp_path / "m").rglob("*.wav")]
    table(tmp_path / "t.csv", "path,label", *(f"{song},rock" for song in songs),
          f"{songs[0]},folk")
    ran = earmark("data", "check", "t.csv", "--no-audio")
    assert ran.returncode == 4
    assert f"the path '{songs[0]}' is already on line 2" in ran.stdout
