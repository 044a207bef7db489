"""Which format decisions need, and decisions that no tagger may bear."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.tagger.conftest import LABELS, manifest
from tests.tagger.test_format import changed, members, seal

from earmark.errors import TaggerError
from earmark.judging.calibration import Calibration, Stairs
from earmark.judging.decisions import Decisions, Unknown
from earmark.judging.labelsets import LabelSets
from earmark.judging.parents import Parent
from earmark.settings import from_mapping
from earmark.tagger import format as tagger_format
from earmark.tagger import rules
from earmark.tagger.checks import with_check

HALF = (0.5,) * 3
PLATT = Calibration(slopes=(1.0, 2.0, 3.0), offsets=(0.0,) * 3)
STAIRS = Calibration(stairs=(Stairs((0.2, 0.6), (0.1, 0.5)),) * 3)
SETS = LabelSets(0.1, "all", (0.2,) * 3)
METAL = Parent("metal", (0, 1), 0.7)


@pytest.mark.parametrize(("decisions", "task", "number"), [
    (Decisions(), "single", 2),
    (Decisions((), Calibration(temperature=2.0), Unknown(0.5)), "single", 2),
    (Decisions(HALF, PLATT), "multi", 2),
    (Decisions(HALF, STAIRS), "multi", 3),
    (Decisions(HALF, most=2), "multi", 3),
    (Decisions(HALF, unknown=Unknown(0.5)), "multi", 3),  # format 2 knows it of one label alone
    (Decisions(HALF, unknown=Unknown(0.5, columns=(0, 2))), "multi", 3),
    (Decisions(unknown=Unknown(0.5, columns=(0, 2))), "single", 3),
    (Decisions(label_sets=SETS), "single", 3),
    (Decisions(parents=(METAL,)), "single", 3),
])
def test_the_oldest_format_that_can_say_it_is_written(contents, decisions, task, number):
    made = with_check(manifest(decisions=decisions, task=task), contents.models)
    values = json.loads(members(made)["tagger.json"])
    assert values["format"] == number == rules.format_of(decisions, task)
    assert from_mapping(Decisions, values["decisions"]) == decisions


def test_format_2_is_written_as_it_was(contents):
    # Format 2 read strictly: one key that it does not know, and an older Earmark refuses the file.
    decisions = Decisions((), Calibration(temperature=2.0), Unknown(0.5, 0.9))
    made = with_check(manifest(decisions=decisions), contents.models)
    assert list(json.loads(members(made)["tagger.json"])["decisions"].items()) == [
        ("thresholds", []), ("calibration", {"temperature": 2.0, "slopes": [], "offsets": []}),
        ("unknown", {"threshold": 0.5, "kept_known": 0.9})]


def test_a_tagger_of_an_old_format_is_written_again_as_what_it_needs(contents, small):
    small.write_bytes(seal(changed(contents, format=1).items()))
    old = tagger_format.read(small)
    assert old.manifest.format == 1
    assert old.manifest == contents.manifest
    assert tagger_format.pack(old) == tagger_format.pack(contents)


def test_format_3_is_refused_by_number_where_only_2_is_known(contents, small, monkeypatch):
    made = with_check(manifest(decisions=Decisions(parents=(METAL,))), contents.models)
    tagger_format.write(made, small)
    assert tagger_format.read(small).manifest.format == 3
    monkeypatch.setattr(tagger_format, "FORMAT", 2)
    with pytest.raises(TaggerError, match=r"format 3; this Earmark reads up to 2: pip install"):
        tagger_format.read(small)


shares = st.floats(0, 1)
few = st.tuples(shares, shares, shares)
columns = st.sets(st.integers(0, 2)).map(lambda found: tuple(sorted(found)))
parent = st.builds(Parent, st.sampled_from(["metal", "noise", "café"]),
                   columns.filter(lambda c: len(c) > 1), shares, st.none() | shares)
stairs = st.lists(st.tuples(shares, shares), min_size=1, max_size=5).map(
    lambda knots: Stairs(tuple(sorted({x for x, _ in knots})),
                         tuple(sorted(y for _, y in knots))[:len({x for x, _ in knots})]))
any_decisions = st.builds(
    Decisions, few,
    st.none() | st.just(PLATT) | st.tuples(stairs, stairs, stairs).map(
        lambda rises: Calibration(stairs=rises)),
    st.none() | st.builds(Unknown, shares, st.none() | shares, columns=columns),
    st.integers(0, 4),
    st.none() | st.builds(LabelSets, st.floats(0.01, 0.99), st.sampled_from(["all", "share"]), few,
                          st.integers(0, 9), st.none() | shares, st.none() | st.floats(0, 3)),
    st.lists(parent, max_size=3, unique_by=lambda p: p.name).map(tuple))


@given(any_decisions)
@settings(max_examples=40)
def test_all_decisions_travel_unchanged(contents, tmp_path_factory, decisions):
    path = tmp_path_factory.getbasetemp() / "any.earmark"
    told = manifest(decisions=decisions, task="multi")
    tagger_format.write(tagger_format.Contents(told, contents.models, contents.check), path)
    assert tagger_format.read(path).manifest == told


def one(**changes):
    return {"name": "metal", "columns": [0, 1], "threshold": 0.5} | changes


def sets(**changes):
    return {"error": 0.1, "promise": "all", "thresholds": [0.5] * 3} | changes


def knots(n):
    return {"stairs": [{"scores": [k / n for k in range(n)], "chances": [0.5] * n}] * 3}


@pytest.mark.parametrize(("bad", "message"), [
    ({"calibration": knots(1001)}, "stairs of 1001 knots; expected at most 1000 a label"),
    ({"calibration": {"stairs": knots(1_000_000)["stairs"][:1]}},
     r"tagger\.json has \d+ bytes; expected at most 8388608"),
    ({"calibration": {"stairs": knots(3)["stairs"][:2]}}, "stairs of 2 for 3 labels"),
    ({"calibration": {"stairs": [{"scores": [0.2, 0.1], "chances": [0, 1]}] * 3}}, "scores rising"),
    ({"calibration": {"stairs": [{"scores": [], "chances": []}] * 3}}, "at least one score"),
    ({"calibration": {"stairs": [{"scores": [float("nan")], "chances": [0]}] * 3}}, "finite"),
    ({"calibration": knots(2) | {"temperature": 1.0}}, "a calibration is a 'temperature', 'slopes"),
    ({"parents": [one(name=f"p{k}") for k in range(501)]}, "501 parents; expected at most 500"),
    ({"parents": [one()] * 1_000_000}, r"tagger\.json has \d+ bytes"),
    ({"parents": [one(), one()]}, "two parents bear one name"),
    ({"parents": [one(name=" ")]}, "a parent is called ' '; expected a name that can be printed"),
    ({"parents": [one(name="me\x1b[31mtal")]}, r"called 'me\\x1b\[31mtal'"),
    ({"parents": [one(name="odd")]}, "the parent 'odd' is a label and not among those"),
    ({"parents": [one(columns=[0, 3])]}, "label number 3; there are 3"),
    ({"parents": [one(columns=[-1, 1])]}, r"above the columns \[-1, 1\]"),
    ({"parents": [one(columns=[1])]}, "expected two or more"),
    ({"parents": [one(columns=[1] * 100_000)]}, "expected two or more, rising"),
    ({"parents": [one(threshold=float("nan"))]}, "'threshold' is nan; expected a finite number"),
    ({"parents": [one(precision=7)]}, "the precision of 'metal' is 7.0"),
    ({"parents": one()}, "is one table; expected a list of tables"),
    ({"parents": [one(parents=[one()])]}, "unknown setting 'parents'"),
    ({"label_sets": sets(thresholds=[0.5])}, "1 thresholds of label sets for 3 labels"),
    ({"label_sets": {"error": 0.1, "promise": "all"}}, "missing setting 'thresholds'"),
    ({"label_sets": sets(thresholds=[0.5, 0.5, float("inf")])}, "is inf; expected a finite number"),
    ({"label_sets": sets(error=1)}, "'error' of label sets is 1.0"),
    ({"label_sets": sets(promise="most")}, "Known: all, share|Did you mean"),
    ({"label_sets": sets(coverage=1.5)}, "label sets of coverage 1.5"),
    ({"label_sets": sets(size=-1)}, "size -1.0"),
    ({"label_sets": sets(tracks=-1)}, "from -1 tracks"),
    ({"unknown": {"threshold": 0.5, "columns": [2, 1]}}, "rising from 0"),
    ({"unknown": {"threshold": 0.5, "columns": [0, 9]}}, "label number 9; there are 3"),
    ({"thresholds": []}, "3 labels but 0 thresholds"),
    ({"thresholds": [0.5, float("nan"), 0.5]}, "is nan; expected a finite number"),
    ({"most": -1}, "'most' is -1"),
    ({"most": 1.5}, "expected a whole number"),
    ({"mots": 1}, "unknown setting 'mots'. Did you mean 'most'"),
])
def test_decisions_that_make_no_sense_are_one_line(contents, small, bad, message):
    plain = {"thresholds": [0.5] * 3, **bad}
    small.write_bytes(seal(changed(contents, format=3, task="multi", decisions=plain).items()))
    with pytest.raises(TaggerError, match=message) as caught:
        tagger_format.read(small)
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 3000


def test_a_manifest_nested_without_end_is_one_line(contents, small):
    deep = b'{"format": 3, "decisions": ' + b'{"parents": [' * 200_000
    small.write_bytes(seal({**members(contents), "tagger.json": deep}.items()))
    with pytest.raises(TaggerError, match=r"tagger\.json cannot be understood: \w+Error"):
        tagger_format.read(small)


def test_what_would_not_be_read_is_not_written(contents, tmp_path):
    made = tagger_format.Contents(
        manifest(groups={}, labels=LABELS, card=tagger_format.Card(
            "t", "MIT", "l", notice="x" * 9_000_000)), contents.models, contents.check)
    with pytest.raises(TaggerError, match=r"tagger small: its tagger\.json has 9\d{6} bytes"):
        tagger_format.write(made, tmp_path / "x.earmark")
    assert list(tmp_path.iterdir()) == []


def test_a_rule_changed_in_the_file_is_noticed(contents, small):
    tagger_format.write(with_check(manifest(decisions=Decisions(label_sets=SETS)),
                                   contents.models), small)
    content = small.read_bytes()
    small.write_bytes(content.replace(b'"error": 0.1', b'"error": 0.2'))
    assert small.read_bytes() != content
    with pytest.raises(TaggerError, match="checksum does not match"):
        tagger_format.read(small)
