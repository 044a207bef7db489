"""Multi-label taggers and several taggers at once: text, JSON, CSV, timeline, failures."""

import csv
import dataclasses
import io
import json
import os
from pathlib import Path

import pytest
from tests.cli.conftest import one_line
from tests.tagger.conftest import hearing

from earmark.judging.decisions import Decisions
from earmark.tagger import format as tagger_format

LABELS = ("techno", "man", "male voice", "synth", "beat", "slow")
SCORES = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6)
GROUPS = {"man": "vocals", "male voice": "vocals", "synth": "instrument", "beat": "other",
          "slow": "tempo"}


@pytest.fixture(scope="module")
def many():
    """A multi-label tagger that hears the same in everything."""
    return hearing(SCORES, LABELS, name="many", groups=GROUPS,
                   decisions=Decisions((0.9, 0.15, 0.9, 0.9, 0.25, 0.9)))


@pytest.fixture
def home(many, tmp_path):
    """An environment in which the tagger is installed, as musicnn."""
    named = dataclasses.replace(many.manifest, name="musicnn")
    tagger_format.write(dataclasses.replace(many, manifest=named),
                        tmp_path / "data/taggers/musicnn.earmark")
    return {"EARMARK_DATA": str(tmp_path / "data")}


@pytest.fixture
def many_file(many, tmp_path):
    tagger_format.write(many, tmp_path / "many.earmark")
    return "many.earmark"


def with_thresholds(many, path, *thresholds):
    manifest = dataclasses.replace(many.manifest, decisions=Decisions(thresholds))
    tagger_format.write(dataclasses.replace(many, manifest=manifest), path)


def test_one_multi_label_tagger_is_shown_in_groups(earmark, clip, many_file):
    clip("a.wav")
    done = earmark("tag", "a.wav", "--tagger", many_file)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == [
        "a.wav  0:03",
        "  genre:      (techno 0.10)",
        "  instrument: (synthesizer 0.40)",
        "  vocals:     male vocals 0.30",  # "man" is decided on, "male voice" scores more
        "  tempo:      (slow 0.60)",
        "  other:      beat 0.50",
    ]
    assert done.stderr.splitlines() == ["many: knows nothing"]


def test_json_of_one_multi_label_tagger_has_its_own_labels_by_group(earmark, clip, many_file):
    done = earmark("tag", clip("a.wav"), "--tagger", many_file, "--json")
    answer = json.loads(done.stdout)
    (tags,) = answer["files"]
    assert answer["tagger"].startswith("many@")
    assert set(tags["tags"]) == {"man", "beat"}
    assert tags["scores"] == dict(zip(LABELS, SCORES, strict=True))
    assert list(tags["groups"]) == ["genre", "instrument", "vocals", "tempo", "other"]
    assert tags["groups"]["vocals"] == [{"label": "male voice", "score": 0.3},
                                        {"label": "man", "score": 0.2}]


def test_where_nothing_is_said_the_nearest_is(earmark, clip, many, tmp_path):
    with_thresholds(many, tmp_path / "shy.earmark", *[1.0] * 6)
    clip("a.wav")
    shown = earmark("tag", "a.wav", "--tagger", "shy.earmark").stdout.splitlines()[1:]
    assert [line.split(":")[0].strip() for line in shown] == [
        "genre", "instrument", "vocals", "tempo"]  # of other things only what is decided on
    assert shown[2] == "  vocals:     (male vocals 0.30)"


def test_next_to_nothing_is_no_tag(capsys):
    from earmark.cli._answers import TextPrinter
    from earmark.lab.workers import Outcome
    from earmark.labels.tags import Tags

    scores = dict.fromkeys(LABELS, 0.01) | {"synth": 0.04, "slow": 0.03, "male voice": 0.02}
    tags = Tags("a\nb.wav", 61.0, scores, (), groups=GROUPS)
    TextPrinter(3, ["many"]).show(Outcome(Path(tags.file), (tags,)))
    assert capsys.readouterr().out.splitlines() == [
        "a\\nb.wav  1:01", "  no tag (nearest: synthesizer 0.04  slow 0.03  male vocals 0.02)"]


def test_the_usual_taggers_are_gtzan10_net_and_musicnn_where_it_is_added(earmark, clip, home):
    clip("a.wav")
    alone = earmark("tag", "a.wav", "--tagger", "gtzan10-net")
    both = earmark("tag", "a.wav", env=home)
    assert both.returncode == 0, both.stderr
    lines = both.stdout.splitlines()
    assert [line.split(":")[0] for line in lines] == [
        "a.wav  0", "  gtzan10-net", "  musicnn", "    genre", "    instrument", "    vocals",
        "    tempo", "    other", "  note", "  note"]  # shorter than 10 s, and than 30 s
    first, answer, *notes = alone.stdout.splitlines()
    assert lines[:2] == [first, f"  gtzan10-net: {answer.strip()}  "]
    assert lines[-2:] == [note.replace("note: ", "note: gtzan10-net: ") for note in notes]
    assert [line.split(":")[0] for line in both.stderr.splitlines()] == ["gtzan10-net", "musicnn"]


def test_json_of_several_has_each_answer_as_by_one(earmark, clip, home):
    clip("a.wav")
    answer = json.loads(earmark("tag", "a.wav", "--json", env=home).stdout)
    assert set(answer) == {"taggers", "files", "failed"}
    (file,) = answer["files"]
    assert set(file) == {"file", "seconds", "notes", "answers"}
    alone = [json.loads(earmark("tag", "a.wav", "--json", "--tagger", name, env=home).stdout)
             for name in ("gtzan10-net", "musicnn")]
    assert answer["taggers"] == [one["tagger"] for one in alone]
    assert file["answers"] == [one["files"][0] for one in alone]
    assert file["notes"] == alone[0]["files"][0]["notes"]


def test_csv_of_several_has_a_row_a_file_and_names_in_front_of_columns(earmark, clip, home):
    clip("in/a.wav")
    clip("in/b.wav")
    several = list(csv.DictReader(io.StringIO(earmark("tag", "in", "--csv", env=home).stdout)))
    assert len(several) == 2
    for name in ("gtzan10-net", "musicnn"):
        done = earmark("tag", "in", "--csv", "--tagger", name, env=home)
        for row, alone in zip(several, csv.DictReader(io.StringIO(done.stdout)), strict=True):
            for column, value in alone.items():
                shared = column in ("file", "seconds")
                assert row[column if shared else f"{name}: {column}"] == value


def test_a_heat_map_a_tagger(earmark, clip, home):
    done = earmark("tag", clip("a.wav", 31.0), "--timeline", "--top", 2, env=home)
    lines = done.stdout.splitlines()
    start = lines.index("  gtzan10-net along time:")
    assert lines[start + 4] == "  musicnn along time:"
    assert [line.split()[0] for line in lines[start + 5:]] == ["slow", "beat", "0:00"]


def test_a_file_that_fails_is_named_once(earmark, clip, home, tmp_path):
    clip("in/a.wav")
    (tmp_path / "in/b.mp3").write_text("not music")
    done = earmark("tag", "in", "--json", env=home)
    assert done.returncode == 3
    assert "b.mp3" in one_line(done)
    answer = json.loads(done.stdout)
    assert len(answer["failed"]) == len(answer["files"]) == 1


def test_the_same_tagger_twice_is_one_and_two_of_a_name_are_told_apart(
    earmark, clip, many, many_file, tmp_path
):
    clip("a.wav")
    once = earmark("tag", "a.wav", "--tagger", many_file, "--tagger", os.fspath(tmp_path / "many"
                   ".earmark"), "--json")
    assert "tagger" in json.loads(once.stdout)
    with_thresholds(many, tmp_path / "other.earmark", *[0.5] * 6)
    two = earmark("tag", "a.wav", "--tagger", many_file, "--tagger", "other.earmark", "--csv")
    (row,) = csv.DictReader(io.StringIO(two.stdout))
    assert sum(column.endswith(": tags") for column in row) == 2
    assert all(column.startswith("many@") for column in row if column.endswith(": tags"))


def test_an_added_tagger_is_listed_shown_by_group_and_removed(earmark, home, tmp_path):
    listed = {row["name"]: row for row in
              json.loads(earmark("tagger", "list", "--json", env=home).stdout)}
    assert listed["musicnn"]["state"] == "added"
    assert listed["musicnn"]["labels"] == list(LABELS)
    shown = earmark("tagger", "show", "musicnn", env=home).stdout
    assert "  labels:\n    genre: techno\n    instrument: synth\n    vocals: man, male voice\n" \
        "    tempo: slow\n    other: beat\n" in shown
    done = earmark("tagger", "remove", "musicnn", env=home)
    assert done.stdout == f"removed: {tmp_path / 'data/taggers/musicnn.earmark'}\n"
    after = earmark("tagger", "list", env=home).stdout
    assert "not installed; 50 tags" in after
    assert "earmark tagger import musicnn --download" in after
    assert "none has been added" in one_line(earmark("tagger", "remove", "musicnn",
                                                     env=home)).lower()
    assert "comes with Earmark and stays" in one_line(earmark("tagger", "remove", "gtzan10-net"))


def test_a_damaged_added_tagger_hides_no_other(earmark, home, tmp_path):
    (tmp_path / "data/taggers/broken.earmark").write_text("no")
    done = earmark("tagger", "list", env=home)
    assert done.returncode == 0
    first = [line.split()[0] for line in done.stdout.splitlines()][:4]
    assert first == ["gtzan10", "gtzan10-net", "broken", "musicnn"]
    assert "is not a tagger" in done.stdout


def test_a_damaged_usual_tagger_keeps_the_other_from_nothing(earmark, clip, home, tmp_path):
    clip("a.wav")
    (tmp_path / "data/taggers/musicnn.earmark").write_text("no")
    done = earmark("tag", "a.wav", env=home)
    alone = earmark("tag", "a.wav", "--tagger", "gtzan10-net")
    assert (done.returncode, done.stdout) == (0, alone.stdout)
    assert "not a tagger" in done.stderr
    assert "'earmark tagger remove musicnn' takes it away" in done.stderr
    named = earmark("tag", "a.wav", "--tagger", "musicnn", env=home)
    assert named.returncode == 1
