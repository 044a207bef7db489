"""Comparing runs: like with like, paired on the same tracks."""

import json

import numpy as np
import pytest
from tests.judging.report.page_parser import Page

from earmark.errors import DataError
from earmark.judging.report import comparison, side_by_side
from earmark.judging.report.differences import affordable


@pytest.fixture
def four(make_run):
    """Two models, each under a leaky and an honest split."""
    return [
        make_run("svm", seed=1, skill=2.0).folder,
        make_run("knn", seed=2, skill=0.5, model="classical:knn").folder,
        make_run("svm-random", seed=1, skill=4.0, leaky=True, split="random").folder,
        make_run("knn-random", seed=2, skill=3.0, leaky=True, split="random",
                 model="classical:knn").folder,
    ]


def test_unlike_protocols_are_never_ranked_together(four):
    found = comparison.compare(four)
    assert [[r.name for r in g.runs] for g in found.groups] == [
        ["svm", "knn"], ["svm-random", "knn-random"]]
    assert [g.runs[0].leaky for g in found.groups] == [False, True]
    assert found.mixed == ()
    page = Page(side_by_side.page(found))
    assert "mixed" not in page.sections
    for section in page.sections.values():
        assert not ("svm-random" in section and "Ranked" in section and "split honest" in section)


@pytest.mark.parametrize("change", [
    {"split": "other"}, {"dataset": "e" * 16}, {"leaky": True},
])
def test_each_part_of_the_protocol_divides(make_run, change):
    folders = [make_run("a").folder, make_run("b", **change).folder]
    assert len(comparison.compare(folders).groups) == 2


@pytest.mark.parametrize(("change", "why"), [
    ({"unit": "segment"}, "what is counted (track and segment)"),
    ({"averaging": "over labels"}, "how it is averaged (none and over labels)"),
    ({"metric": "f1_macro"}, "the metric (accuracy and f1_macro)"),
    ({"variant": "subset=small"}, "options of made & up (as by default and subset=small)"),
    ({"contaminated": "net heard it"}, "contamination"),
])
def test_each_part_that_a_run_records_divides_and_is_named(make_run, change, why):
    a, b = make_run("a"), make_run("b")
    b.change(lambda r: r["protocol"].update(change))
    found = comparison.compare([a.folder, b.folder])
    assert len(found.groups) == 2
    assert why in found.unlike[0]
    assert found.unlike[0].startswith("Not ranked together: 'made & up, split honest'")
    assert comparison.plain(found)["unlike"] == list(found.unlike)
    assert "Not ranked together" in side_by_side.markdown(found)
    assert found.unlike[0] in Page(side_by_side.page(found)).text


def test_a_seed_divides_nothing(make_run):
    a, b = make_run("a", seed=1), make_run("b", seed=1)
    b.change(lambda r: r["protocol"].update(seed=2))
    found = comparison.compare([a.folder, b.folder])
    assert (len(found.groups), found.unlike) == (1, ())


def test_published_scores_of_the_protocol_stand_beside_ours_and_of_no_other(make_run):
    runs = [make_run("a"), make_run("b", split="random", leaky=True)]
    for run in runs:
        run.change(lambda r: r["protocol"].update(dataset="gtzan"))
    runs[0].change(lambda r: r["protocol"].update(split="filtered"))
    found = comparison.compare([run.folder for run in runs])
    text, values = side_by_side.markdown(found), comparison.plain(found)
    assert [bool(g["published"]) for g in values["groups"]] == [True, False]
    assert text.count("Published under the same protocol") == 1
    assert "SVM, radial kernel, C = 10" in text
    page = Page(side_by_side.page(found))
    assert "MERT-330M, paper" in page.sections["protocol-1"]
    assert "Published" not in page.sections["protocol-2"]


def test_mixed_tables_are_made_on_request_and_labelled(four):
    found = comparison.compare(four, mixed=True)
    page, text = side_by_side.page(found), side_by_side.markdown(found)
    section = Page(page).sections["mixed"]
    assert "unlike protocols" in section
    assert side_by_side.UNLIKE in section
    assert section.count("leaky") == section.count("honest") - 2 == 2  # split "honest" twice, too
    assert side_by_side.UNLIKE in text
    values = comparison.plain(found)["mixed"]
    assert values["comparable"] is False
    assert {r["run"]: r["leaky"] for r in values["runs"]}["svm-random"] is True


def test_runs_are_ranked_by_the_cross_validated_score(make_run):
    a, b = make_run("a"), make_run("b")
    a.change(lambda r: (r["cross_validated"].update(accuracy=0.4),
                        r["parts"]["test"].update(accuracy=0.9)))
    b.change(lambda r: (r["cross_validated"].update(accuracy=0.5),
                        r["parts"]["test"].update(accuracy=0.1)))
    (group,) = comparison.compare([a.folder, b.folder]).groups
    assert (group.ranked_by, [r.name for r in group.runs]) == ("cross-validated", ["b", "a"])
    a.change(lambda r: r["cross_validated"].update(folds=10))  # another kind of cross-validation
    (group,) = comparison.compare([a.folder, b.folder]).groups
    assert (group.ranked_by, [r.name for r in group.runs]) == ("test", ["a", "b"])
    a.change(lambda r: r["parts"].pop("test"))
    (group,) = comparison.compare([a.folder, b.folder]).groups
    assert group.ranked_by == ""
    assert "Not ranked" in side_by_side.markdown(comparison.compare([a.folder, b.folder]))


def test_paired_differences_are_those_of_the_predictions(make_run):
    a, b = make_run("a", seed=1, skill=5.0), make_run("b", seed=2, skill=0.0)
    (group,) = comparison.compare([a.folder, b.folder]).groups
    assert [(d.a, d.b, d.part, d.tracks) for d in group.differences] == [
        ("a", "b", "cross-validated", 60), ("a", "b", "test", 24)]
    for difference in group.differences:
        right = []
        for run in (a, b):
            truth, scores, _ = run.found[difference.part]
            hits = scores.argmax(axis=1) == truth.argmax(axis=1)
            right.append(np.append(hits[1:], False))  # the first track is made wrong in the file
        assert difference.value == pytest.approx(right[0].mean() - right[1].mean())
        assert difference.by_track.low > 0
        assert difference.by_artist.low > 0
        assert difference.verdict == "a is better"


def test_a_run_does_not_differ_from_its_twin(make_run):
    folders = [make_run("a").folder, make_run("b").folder]
    (group,) = comparison.compare(folders).groups
    for difference in group.differences:
        assert (difference.value, difference.by_artist.low, difference.by_artist.high) == (0, 0, 0)
        assert difference.verdict == "cannot be told apart"


def test_without_artists_differences_are_by_track_and_say_so(make_run):
    folders = [make_run(name, artists=False).folder for name in ("a", "b")]
    (group,) = comparison.compare(folders).groups
    assert {d.by_artist for d in group.differences} == {None}
    assert "artists not recorded" in side_by_side.markdown(comparison.compare(folders))


def test_the_gap_is_that_of_the_same_model(four):
    gaps = comparison.compare(four).gaps
    runs = {f.name: json.loads((f / "results.json").read_text()) for f in four}
    assert len(gaps) == 2
    for gap, name in zip(gaps, ("svm", "knn"), strict=True):
        assert f"classical:{name}" in gap.model
        assert gap.leaky.value == runs[f"{name}-random"]["parts"]["test"]["accuracy"]
        assert gap.honest.value == runs[name]["parts"]["test"]["accuracy"]
        assert gap.leaky.doubtful
        assert gap.leaky.name.startswith("leaky: split random")
    page = Page(side_by_side.page(comparison.compare(four)))
    assert f"{gaps[0].leaky.value - gaps[0].honest.value:+.3f}" in page.sections["gap"]


def test_the_page_is_whole_and_escaped(make_run):
    a, b = make_run("a"), make_run("b", model="<b>m</b>")
    b.change(lambda r: (r["models"][0].update(name="<b>m</b>"),
                        r["protocol"].update(split="<i>s & t")))
    page = Page(side_by_side.page(comparison.compare([a.folder, b.folder])))
    assert "<b>m</b>" in page.text
    assert not {"script", "img", "link", "i"} & set(page.tags)
    assert all({"title", "desc"} <= {t for t, _ in inside} for _, inside in page.svgs)


def test_runs_of_one_name_are_told_apart(make_run):
    a, b = make_run("x/run"), make_run("y/run")
    (group,) = comparison.compare([a.folder, b.folder]).groups
    assert {r.name for r in group.runs} == {str(a.folder), str(b.folder)}


def test_refusals(make_run, tmp_path):
    a = make_run("a").folder
    with pytest.raises(DataError, match="expected two or more"):
        comparison.compare([a])
    with pytest.raises(DataError, match="given twice"):
        comparison.compare([a, a.parent / "." / "a"])
    with pytest.raises(DataError, match="is no folder"):
        comparison.compare([a, tmp_path / "none"])


def test_other_true_labels_for_the_same_tracks_are_refused(make_run):
    import pyarrow.parquet

    a, b = make_run("a"), make_run("b")
    path = b.folder / "predictions.parquet"
    table = pyarrow.parquet.read_table(path)
    labels = table["labels"].to_pylist()
    changed = table.set_column(2, "labels", [labels[1:] + labels[:1]])
    pyarrow.parquet.write_table(changed, path)
    with pytest.raises(DataError, match="other true labels"):
        comparison.compare([a.folder, b.folder])


def test_multi_label_runs_are_ranked_by_the_area_with_what_else_is_known(make_several):
    # Drawn with the same seed, both are of the same tracks.
    a, b = make_several("a", seed=1, skill=4.0), make_several("b", seed=1, skill=0.5)
    found = comparison.compare([b.folder, a.folder])
    (group,) = found.groups
    assert [run.name for run in group.runs] == ["a", "b"]
    assert (group.ranked_by, group.metric) == ("cross-validated", "PR AUC (macro)")
    assert "Ranked by the cross-validated PR AUC (macro)" in side_by_side.ranking(group)
    difference = group.differences[0]
    its = [run.results["cross_validated"]["pr_auc_macro"] for run in (a, b)]
    assert difference.value == pytest.approx(its[0] - its[1], abs=1e-6)
    assert difference.verdict == "a is better"
    text, page = side_by_side.markdown(found), Page(side_by_side.page(found))
    for shown in (text, page.sections["protocol-1"]):
        assert "Other metrics" in shown
        assert "0.654" in shown  # LRAP
        assert f"{a.results['parts']['test']['baseline_pr_auc_macro']:.3f}" in shown
    values = comparison.plain(found)["groups"][0]["runs"][0]["cross_validated"]
    assert values["metrics"]["lrap"] == 0.6543


def test_big_tables_get_fewer_draws():
    assert [affordable(cells) for cells in (1000, 400_000, 8000 * 150)] == [
        2000, 500, 200]


def test_artists_that_nobody_knows_make_no_interval(make_run):
    import pyarrow
    import pyarrow.parquet

    folders = [make_run(name).folder for name in ("a", "b")]
    for folder in folders:
        path = folder / "predictions.parquet"
        table = pyarrow.parquet.read_table(path)
        nobody = pyarrow.array([None] * len(table), pyarrow.string())
        table = table.set_column(table.column_names.index("artist"), "artist", nobody)
        pyarrow.parquet.write_table(table, path)
    (group,) = comparison.compare(folders).groups
    assert {d.by_artist for d in group.differences} == {None}
