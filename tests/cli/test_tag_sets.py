"""Label sets, parents and unknown genres, as text, JSON and CSV, from a tagger of every rule."""

import csv
import io
import json
from pathlib import Path

import pytest
from tests.cli.conftest import one_line
from tests.tagger.conftest import hearing

from earmark.cli._answers import TextPrinter
from earmark.judging.decisions import Decisions, Unknown
from earmark.judging.labelsets import LabelSets
from earmark.judging.parents import Parent
from earmark.lab.workers import Outcome
from earmark.labels.tags import LabelSet, Tags
from earmark.tagger import format as tagger_format

LABELS = ("thrash metal", "death metal", "jazz", "man", "male voice", "slow")
SCORES = (0.45, 0.52, 0.1, 0.3, 0.2, 0.8)
GROUPS = {"man": "vocals", "male voice": "vocals", "slow": "tempo"}
METAL = Parent("metal", (0, 1), 0.7, 0.84)  # its chance is 1 - .55 x .48 = .736
RULES = Decisions((0.6,) * 6, None, Unknown(0.6, columns=(0, 1, 2)),
                  label_sets=LabelSets(0.1, "all", (0.2,) * 6, 100, 0.9, 4.5), parents=(METAL,))


@pytest.fixture(scope="module")
def told(tmp_path_factory):
    """Return a function that writes a tagger with these decisions and returns its file."""
    folder = tmp_path_factory.mktemp("taggers")

    def write(decisions, name="many"):
        made = hearing(SCORES, LABELS, name=name, groups=GROUPS, decisions=decisions)
        tagger_format.write(made, folder / f"{name}.earmark")
        return folder / f"{name}.earmark"

    return write


def test_a_genre_above_is_named_and_the_set_on_request(earmark, clip, told):
    clip("a.wav")
    lines = ["a.wav  0:03",
             "  genre:  metal 0.74 (none of its kinds is sure)",
             "  vocals: (male vocals 0.30)",
             "  tempo:  slow 0.80"]
    plain = earmark("tag", "a.wav", "--tagger", told(RULES))
    assert plain.stdout.splitlines() == lines
    done = earmark("tag", "a.wav", "--tagger", told(RULES), "--sets")
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == [
        *lines, "  90% sure that nothing is missing from these 4 of 5 labels: slow; death metal; "
                "thrash; male vocals"]
    assert done.stderr.splitlines() == [
        "many: knows nothing",
        "many: label sets: for 90% of tracks none of their labels is missing; so measured, 90% on "
        "tracks that its models had not heard, "
        "4.5 of 6 labels a set; a promise for music like the 100 tracks it was "
        "learnt from, and for no other"]


def test_json_and_csv_always_have_them(earmark, clip, told):
    clip("a.wav")
    (tags,) = json.loads(earmark("tag", "a.wav", "--tagger", told(RULES), "--json").stdout)["files"]
    assert tags["unknown"] is True
    assert tags["unknown_groups"] == ["genre"]
    assert tags["tags"] == ["slow"]
    assert tags["parents"] == [{"name": "metal", "chance": pytest.approx(0.736, abs=1e-4)}]
    assert tags["label_set"] == {
        "labels": ["slow", "death metal", "thrash metal", "man", "male voice"], "error": 0.1,
        "promise": "all"}
    done = earmark("tag", "a.wav", "--tagger", told(RULES), "--csv")
    (row,) = csv.DictReader(io.StringIO(done.stdout))
    assert row["tags"] == "slow"
    assert row["unknown"] == "yes"
    assert row["parents"] == "metal"
    assert row["label set"] == "slow; death metal; thrash metal; man; male voice"
    assert row["score: slow"] == "0.8000"


def test_a_genre_that_is_unknown_is_said_beside_other_tags(earmark, clip, told):
    alone = Decisions(RULES.thresholds, None, RULES.unknown)
    done = earmark("tag", clip("a.wav"), "--tagger", told(alone, "strange"))
    assert done.stdout.splitlines()[1:] == [
        "  genre:  unknown (nearest: death metal 0.52  thrash 0.45  jazz 0.10)",
        "  vocals: (male vocals 0.30)", "  tempo:  slow 0.80"]


def test_sets_that_nobody_promises_are_refused_and_one_that_does_suffices(earmark, clip, told):
    clip("a.wav")
    done = earmark("tag", "a.wav", "--sets", "--tagger", "gtzan10")
    assert done.returncode == 1
    assert "gtzan10 promises no label sets; leave --sets out" in one_line(done)
    done = earmark("tag", "a.wav", "--sets", "--tagger", "gtzan10", "--tagger", told(RULES))
    assert done.stdout.count(" sure that ") == 1
    assert "gtzan10: label sets: none are promised" in done.stderr.splitlines()
    table = earmark("tag", "a.wav", "--csv", "--tagger", "gtzan10", "--tagger", told(RULES)).stdout
    (row,) = csv.DictReader(io.StringIO(table))
    assert row["many: parents"] == "metal"
    assert "gtzan10: parents" not in row


def test_show_tells_the_rules(earmark, told):
    shown = earmark("tagger", "show", told(RULES)).stdout
    for line in ("tags: labels from their threshold up (0.60)", "unknown: said of the genre when",
                 "label sets: for 90% of tracks", "metal (from 0.70, right for 84% of tracks)"):
        assert f"  {line}" in shown or f" {line}" in shown
    plain = json.loads(earmark("tagger", "show", told(RULES), "--json").stdout)
    assert plain["format"] == 3
    assert plain["decisions"]["parents"][0]["columns"] == [0, 1]
    assert plain["decisions"]["label_sets"]["coverage"] == 0.9


def printed(capsys, tags, *, sets=True):
    TextPrinter(2, ["one"], sets=sets).show(Outcome(Path(tags.file), (tags,)))
    return capsys.readouterr().out.splitlines()[1:]


THREE = {"death metal": 0.4, "thrash metal": 0.35, "jazz": 0.25}


def test_single_label_answers(capsys):
    held = LabelSet(("death metal", "thrash metal"), 0.05, "all")
    tags = Tags("a.mp3", 9.0, THREE, (), unknown=True, label_set=held, parents=(("metal", 0.75),))
    assert printed(capsys, tags) == [
        "  metal 0.75 (none of its kinds is sure; nearest: death metal 0.40  thrash metal 0.35)",
        "  95% sure that it is among these 2 of 3 labels: death metal; thrash metal"]
    unsure = Tags("a.mp3", 9.0, THREE, (), unknown=True, label_set=held, parents=())
    assert printed(capsys, unsure, sets=False) == [
        "  unknown (nearest: death metal 0.40  thrash metal 0.35)"]


def test_several_parents_beside_a_tag_and_a_share_of_labels(capsys):
    tags = Tags("a.mp3", 9.0, THREE, ("jazz",), groups=dict.fromkeys(THREE, "genre"),
                label_set=LabelSet(("jazz",), 0.2, "share"),
                parents=(("metal", 0.75), ("me\ntal", 0.5)))
    assert printed(capsys, tags) == [
        "  genre: jazz 0.25  metal 0.75  me\\ntal 0.50 (none of their kinds is sure)",
        "  about 80% of what fits is among these 1 of 3 labels: jazz"]


def test_unknown_of_all_labels_of_a_tagger_for_many(capsys):
    scores = {"jazz": 0.2, "slow": 0.1, "beat": 0.02}
    tags = Tags("a.mp3", 9.0, scores, (), unknown=True,
                groups={"jazz": "genre", "slow": "tempo", "beat": "other"})
    assert printed(capsys, tags) == ["  unknown (nearest: jazz 0.20  slow 0.10)"]


def test_a_parent_above_labels_of_no_genre_is_a_genre(capsys):
    tags = Tags("a.mp3", 9.0, {"slow": 0.3, "calm": 0.3}, (), parents=(("quiet", 0.6),),
                groups={"slow": "tempo", "calm": "mood"})
    assert printed(capsys, tags)[0] == "  genre: quiet 0.60 (none of its kinds is sure)"
