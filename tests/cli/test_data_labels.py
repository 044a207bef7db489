"""``earmark data labels``: what labels mean, where they lead, what is left over."""

from __future__ import annotations

import csv
import io
import json
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest

from earmark.cli.main import main
from earmark.datasets.mumu import MuMu
from earmark.labels import crosswalk
from earmark.labels.bridge import translate


class Outcome(NamedTuple):
    exit_code: int
    stdout: str
    stderr: str


def run(*arguments: str | Path) -> Outcome:
    """Run the command in this process: a process of its own for each would take seconds."""
    out, err = io.StringIO(), io.StringIO()
    with redirect_stdout(out), redirect_stderr(err), pytest.raises(SystemExit) as ended:
        main(["data", "labels", *map(str, arguments)])
    return Outcome(int(ended.value.code or 0), out.getvalue(), err.getvalue())


def facts(*arguments: str | Path) -> dict:
    result = run(*arguments, "--json")
    assert result.exit_code == 0, result.stderr
    return json.loads(result.stdout)


def test_a_known_set_by_its_name() -> None:
    result = run("mtt50")
    assert result.exit_code == 0
    lines = [line.split() for line in result.stdout.splitlines()]
    assert ["synth", "synthesizer", "instrument", "keyboard,", "electronics"] in lines
    assert "nothing is left over" in result.stdout


def test_what_is_left_over_is_named() -> None:
    found = facts("mumu250")["sets"][0]
    assert len(found["labels"]) == 250
    assert found["left_over"] == ["Bass", "Instrumental", "North America", "Northern",
                                  "Special Interest", "Traditional", "Tributes"]  # fmt: skip
    assert "7 of 250 labels mean none of ours: Bass, " in run("mumu250").stdout


def test_where_the_labels_of_one_set_lead_in_another() -> None:
    found = facts("gtzan10", "--to", "fma")["sets"][0]
    assert {row["label"]: (row["to"], row["how"]) for row in found["labels"]} == {
        "blues": (["Blues"], "equal"), "classical": (["Classical"], "equal"),
        "country": (["Country"], "equal"), "disco": (["Soul-RnB"], "ancestor"),
        "hiphop": (["Hip-Hop"], "equal"), "jazz": (["Jazz"], "equal"),
        "metal": (["Rock"], "ancestor"), "pop": (["Pop"], "equal"),
        "reggae": (["International"], "ancestor"), "rock": (["Rock"], "equal"),
    }  # fmt: skip
    assert found["nowhere"] == []
    assert found["unreached"] == ["Old-Time / Historic", "Easy Listening", "Electronic", "Folk",
                                  "Spoken", "Experimental", "Instrumental"]  # fmt: skip
    said = run("gtzan10", "--to", "fma").stdout
    assert "10 of 10 labels lead to fma (7 equal, 3 ancestor)" in said
    assert "7 of 16 labels of fma are reached by none: Old-Time / Historic, " in said


def test_a_dataset_with_its_tracks(tmp_path: Path) -> None:
    MuMu.sample(tmp_path)
    found = facts(tmp_path, "--to", "gtzan10")["sets"][0]
    rows = {row["label"]: row for row in found["labels"]}
    assert rows["Pop"]["tracks"] == 8
    assert (rows["Bebop"]["to"], rows["Soul"]["to"]) == (["jazz"], [])
    assert found["tracks_kept"] == 24
    said = run(tmp_path, "--to", "classical, jazz").stdout
    assert "8 tracks keep a label" in said
    assert facts("gtzan10", "--to", tmp_path)["to"] == list(MuMu(tmp_path).vocabulary.labels)
    only = facts(tmp_path, "--option", "labels=15")["sets"][0]
    assert len(only["labels"]) == 15


def test_several_sets_at_once() -> None:
    assert [each["about"].partition(":")[0] for each in facts("id3", "topmagd")["sets"]] == [
        "id3", "topmagd"]  # fmt: skip


def test_ones_own_taxonomy(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text("[genre]\ndisco = { parents = ['jazz'] }\n")
    without = facts("gtzan10", "--to", "jazz, folk")["sets"][0]
    found = facts("gtzan10", "--to", "jazz, folk", "--taxonomy", path)["sets"][0]
    assert set(without["nowhere"]) - set(found["nowhere"]) == {"disco"}
    path.write_text("[genre]\n\ngqom = { parents = ['hous'] }\n")
    result = run("mumu250", "--taxonomy", path)
    assert result.exit_code == 1
    assert f"{path}, line 3: 'hous'" in result.stderr
    assert "Did you mean 'house'" in result.stderr


@pytest.mark.parametrize(("arguments", "match"), [
    (["mumu25O"], "Did you mean 'mumu250'"), (["gtzan10", "--to", "nothing-here"], "neither"),
    (["discogs400"], "has no list of its labels"), (["gtzan10", "--to", "discogs400"], "no list"),
    (["no/such/folder"], "neither a folder nor a known label set"),
])  # fmt: skip
def test_a_name_that_is_not_known_is_one_line(arguments: list[str], match: str) -> None:
    result = run(*arguments)
    assert result.exit_code == 1
    assert match in result.stderr
    assert len(result.stderr.strip().splitlines()) == 1
    assert result.stdout == ""


def test_a_taxonomy_that_is_not_there_and_no_argument_are_usage_errors() -> None:
    assert run("gtzan10", "--taxonomy", "nowhere.toml").exit_code == 2
    assert run().exit_code == 2


@pytest.mark.realdata
def test_every_label_of_the_real_lists_leads_where_its_own_set_says(realdata: Path) -> None:
    tags = {line.split("\t")[5] for path in (realdata / "jamendo").glob("autotagging_genre-*.tsv")
            for line in path.read_text(encoding="utf-8").splitlines()[1:]}  # fmt: skip
    led = translate(sorted(tags), "jamendo", "mumu15")
    assert led["genre---jazz"].to == ("Jazz",)
    assert sum(bool(passage.to) for passage in led.values()) > len(tags) / 2
    with (realdata / "audioset/labels.csv").open(encoding="utf-8") as file:
        labels = [row["label"] for row in csv.DictReader(file)]
    walk = crosswalk.read("audioset527")
    assert [label for label in labels if not walk.meaning(label).known] == []
    assert np.mean([walk.meaning(label).group == "genre" for label in labels]) > 0.3
