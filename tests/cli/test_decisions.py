"""What the user sees of calibration and unknown."""

import csv
import dataclasses
import io
import json

import pytest

from earmark.judging.decisions import Calibration, Decisions, Unknown
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


def test_show_words_every_form():
    from earmark.cli.tagger import _decision_lines
    from earmark.settings import to_mapping

    assert _decision_lines(to_mapping(Decisions())) == [
        "calibration: none; a score of 0.8 need not be right 8 times in 10",
        "unknown: never said; the best label is given"]
    sharper = to_mapping(Decisions((), Calibration(temperature=0.5), Unknown(0.25)))
    assert _decision_lines(sharper) == [
        "calibration: temperature 0.5, which makes scores more sure than the model's own",
        "unknown: said when no label's score reaches 0.25"]
    platt = to_mapping(Decisions((0.25, 0.5), Calibration(slopes=(1.0, 2.0), offsets=(0.0, 0.0))))
    assert _decision_lines(platt) == [
        "calibration: each label's scores are drawn to its measured chances (Platt)",
        "tags: labels from their threshold up (0.25 to 0.50)"]
