"""What the user sees of calibration and unknown."""

import csv
import dataclasses
import io
import json
import re
import tomllib
import typing
from pathlib import Path

import pytest

from earmark.cli._decisions import decision_lines
from earmark.judging.calibration import Stairs
from earmark.judging.decisions import Calibration, Decisions, Unknown
from earmark.judging.how import HowDecided
from earmark.judging.labelsets import LabelSets
from earmark.judging.parents import Parent
from earmark.labels.vocabulary import Vocabulary
from earmark.settings import from_mapping, to_mapping
from earmark.tagger import format as tagger_format
from earmark.tagger.checks import with_check
from earmark.tagger.tagger import find


@pytest.fixture
def doubting(tmp_path):
    """gtzan10 with a rule that finds everything unknown."""
    held = tagger_format.read(find("gtzan10"))
    decisions = Decisions((), Calibration(temperature=1.25), Unknown(1.0, 0.9, 0.12))
    manifest = dataclasses.replace(held.manifest, decisions=decisions)
    tagger_format.write(with_check(manifest, held.models), tmp_path / "doubting.earmark")
    return "doubting.earmark"


def test_unknown_is_said_in_words_with_what_is_nearest(earmark, clip, doubting):
    done = earmark("tag", clip("a.wav", 3.0), "--tagger", doubting, "--top", 2)
    assert done.returncode == 0, done.stderr
    line = done.stdout.splitlines()[1]
    best = json.loads(earmark("tag", "a.wav", "--tagger", doubting, "--json").stdout)
    scores = sorted(best["files"][0]["scores"].items(), key=lambda item: -item[1])[:2]
    nearest = "  ".join(f"{label} {score:.2f}" for label, score in scores)
    assert line == f"  unknown (nearest: {nearest})"
    assert best["files"][0]["unknown"] is True
    assert best["files"][0]["tags"] == []


def test_csv_says_yes_or_no(earmark, clip, doubting):
    clip("a.wav", 3.0)
    for tagger, said in ((doubting, "yes"), ("gtzan10", "no")):
        done = earmark("tag", "a.wav", "--tagger", tagger, "--csv")
        (row,) = csv.DictReader(io.StringIO(done.stdout))
        assert row["unknown"] == said
        assert (row["tags"] == "") is (said == "yes")


def test_show_tells_the_rules_in_words(earmark, doubting):
    shown = earmark("tagger", "show", doubting).stdout
    assert "calibration: temperature 1.25, which makes scores less sure than the model's own" \
        in shown
    assert ("unknown: said when no label's score reaches 1.00; so measured, 90% of tracks of its "
            "own genres keep a label and 12% of tracks of genres it did not learn are found "
            "unknown") in shown
    assert earmark("tagger", "check", doubting).returncode == 0


GUIDE = (Path(__file__).parents[2] / "docs/decisions.md").read_text(encoding="utf-8")


def test_the_guide_has_every_word_of_a_recipe_and_its_default():
    rows = dict(re.findall(r"^\| `(\w+)` \| `(.+?)` \|", GUIDE, re.MULTILINE))
    assert {key: tomllib.loads(f"x = {value}")["x"] for key, value in rows.items()} \
        == to_mapping(HowDecided())
    for field in dataclasses.fields(HowDecided):
        hint = typing.get_type_hints(HowDecided)[field.name]
        for word in typing.get_args(hint):
            assert f'`"{word}"`' in GUIDE, (field.name, word)


def test_the_guides_recipe_is_read():
    (example,) = re.findall(r"```toml\n(.*?)```", GUIDE, re.DOTALL)
    told = tomllib.loads(example)
    how = from_mapping(HowDecided, told["decisions"])
    assert told["decide"] is True
    assert (how.promise, how.error, how.unknown) == ("share", 0.05, 10)


ONE = Vocabulary(("rock", "jazz"))
MANY = Vocabulary(("thrash metal", "death metal", "slow"), "multi", {"slow": "tempo"})


@pytest.mark.parametrize(("decisions", "vocabulary", "lines"), [
    (Decisions(), ONE, ["calibration: none; a score of 0.8 need not be right 8 times in 10",
                        "unknown: never said; the best label is given"]),
    (Decisions((), Calibration(temperature=0.5), Unknown(0.25)), ONE, [
        "calibration: temperature 0.5, which makes scores more sure than the model's own",
        "unknown: said when no label's score reaches 0.25"]),
    (Decisions((0.25, 0.5, 0.5), Calibration(slopes=(1.0,) * 3, offsets=(0.0, 0.0, 0.1))), MANY, [
        "calibration: each label's scores are drawn to its measured chances (Platt)",
        "tags: labels from their threshold up (0.25 to 0.50)"]),
    (Decisions((0.3,) * 3, Calibration(slopes=(0.5,) * 3, offsets=(0.0,) * 3), most=2), MANY, [
        "calibration: a temperature a label makes its scores less sure, or more",
        "tags: labels from their threshold up (0.30), the 2 best at most"]),
    (Decisions((0.0,) * 3, Calibration(stairs=(Stairs((0.5,), (0.5,)),) * 3),
               Unknown(0.4, 0.9, 0.25, (0, 1)), most=1,
               label_sets=LabelSets(0.1, "all", (0.1,) * 3, 1766, 0.8962, 1.04),
               parents=(Parent("metal", (0, 1), 0.7, 0.84), Parent("loud", (0, 1), 0.9))), MANY, [
        "calibration: each label's scores are drawn to its measured chances (isotonic)",
        "tags: the best label",
        "unknown: said of the genre when none of 2 labels' scores reaches 0.40; so measured, 90% "
        "of tracks of its own genres keep a label and 25% of tracks of genres it did not learn "
        "are found unknown",
        "label sets: for 90% of tracks none of their labels is missing; so measured, 89.6% on "
        "tracks that its models had not heard, "
        "1.0 of 3 labels a set; a promise for music like the 1766 tracks it was "
        "learnt from, and for no other",
        "parents, named where none of their kinds is sure: metal (from 0.70, right for 84% of "
        "tracks), loud (from 0.90)"]),
    (Decisions((0.0,) * 3, most=2, label_sets=LabelSets(0.05, "share", (0.1,) * 3)), MANY, [
        "calibration: none; a score of 0.8 need not be right 8 times in 10",
        "tags: the 2 best labels",
        "label sets: 95% of a track's labels are among them, in the mean; a promise for music "
        "like those learnt from, and for no other"]),
])
def test_show_words_every_form(decisions, vocabulary, lines):
    assert decisions.misfit(vocabulary.task, len(vocabulary)) == ""
    assert decision_lines(decisions, vocabulary) == lines
