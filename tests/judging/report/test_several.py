"""The page of a multi-label run: what is looked at, by hand, and what a reader sees of it."""

import numpy as np
import pytest
from tests.judging.report.conftest import DECISIONS, HOSTILE_TRACK, SEVERAL, write_several
from tests.judging.report.page_parser import Page

from earmark.errors import DataError
from earmark.judging import report
from earmark.judging.report import several
from earmark.labels.vocabulary import Vocabulary

EVERY = ("scores", "metrics", "labels", "thresholds", "colabels", "calibration", "of-label_sets",
         "surprises", "leaks", "settings", "ledger")
TWO = Vocabulary(("rock", "metal"), "multi")
# Rows: track 0 to 3. With thresholds of 0.5 and no calibration rock is answered thrice, twice
# rightly, of three; metal never, of one.
SCORES = np.array([[0.9, 0.1], [0.8, 0.2], [0.7, 0.3], [0.25, 0.4]], dtype=np.float32)
TRUTH = np.array([[1, 0], [1, 0], [0, 0], [1, 1]], dtype=np.int8)


def examined(run):
    return several.examine(report.read(run.folder))


@pytest.fixture
def page_of():
    def page(run):
        html, _ = report.write(run.folder)
        return Page(html.read_text(encoding="utf-8"))

    return page


@pytest.fixture
def by_hand(make_several):
    plain = {"thresholds": [0.5, 0.5]}
    return make_several(vocabulary=TWO, given=(SCORES, TRUTH), decisions=plain)


def test_every_section_is_there_in_order(make_several, page_of):
    page = page_of(make_several())
    assert tuple(page.sections) == EVERY
    ids = [its["id"] for _, inside in page.svgs for _, its in inside if "id" in its]
    assert len(ids) == len(set(ids))


def test_answers_are_those_of_the_recorded_decisions(make_several):
    run = make_several()
    found = examined(run)
    scores, truth = run.found["cross-validated"]
    order = np.argsort([HOSTILE_TRACK, *(f"c{i:03d}" for i in range(1, 90))], kind="stable")
    odds = np.log(scores / (1 - scores)).astype(np.float64)
    chances = 1 / (1 + np.exp(-(odds + DECISIONS["calibration"]["offsets"])))[order]
    assert found.part == "cross-validated"
    np.testing.assert_allclose(found.scores, chances, atol=1e-6)
    assert (found.answered == (chances >= DECISIONS["thresholds"])).all()
    assert (found.truth == truth[order]).all()
    assert set(found.reliability) == {"before", "after"}


def test_without_decisions_answers_are_from_one_half_up(make_several, page_of):
    run = make_several(decisions=None)
    found = examined(run)
    assert (found.answered == (found.tracks.scores >= 0.5)).all()
    assert set(found.reliability) == {"before"}
    assert "No thresholds are recorded: 0.5 is used." in page_of(run).sections["thresholds"]
    only = make_several("calibrated", decisions={"calibration": DECISIONS["calibration"]})
    assert set(examined(only).decisions.thresholds) == {0.5}


def test_panels_by_hand(by_hand):
    run = report.read(by_hand.folder)
    found = several.examine(run)
    micro, macro, rock, metal = several.panels_of(run, found)
    assert (micro.f1, macro.f1) == (pytest.approx(4 / 7), pytest.approx((2 / 3 + 0) / 2))
    assert [p.chosen for p in (micro, macro, rock, metal)] == [0.5] * 4
    assert [p.why for p in (rock, metal)] == ["commonest"] * 2
    assert (rock.f1, metal.f1) == (pytest.approx(2 / 3), 0)
    assert rock.curve.recall[[0, 50, 85, 95]].tolist() == pytest.approx([1, 2 / 3, 1 / 3, 0])


def test_thresholds_that_differ_are_no_threshold_of_all_labels(make_several):
    run = report.read(make_several().folder)
    panels = several.panels_of(run, several.examine(run))
    assert [p.chosen for p in panels[:2]] == [None, None]
    assert {p.name: p.chosen for p in panels[2:]} == dict(
        zip(SEVERAL.labels, DECISIONS["thresholds"], strict=True))


def test_surprises_by_hand_stand_on_the_page(by_hand, page_of):
    text = page_of(by_hand).sections["surprises"]
    false, missed = text.split("Borne and not answered")
    assert "The surest 1 of 1." in false
    # Of the tracks that bear rock, those of .9, .8 and .25, one in three scores below .7.
    assert "c002rock0.70033%none" in "".join(false.split())
    assert "Those 1 of 2" in missed
    # Track 3 misses rock at .25 of .75 and metal at .4 of .25: rock is the surprise.
    assert "c003rock0.250075.0%×3.0rock,metal" in "".join(missed.split())


def test_the_metrics_stand_beside_their_baselines(make_several, page_of):
    run = make_several()
    page = page_of(run)
    text = "".join(page.sections["metrics"].split())
    value = run.results["parts"]["test"]["pr_auc_macro"]
    assert f"PRAUC(macro){value:.3f}[0.111,0.222]–" in text
    assert "labelrankingprecision(LRAP)0.654–[0.111,0.222]0.346(prevalence)" in text
    assert "F1(micro)0.543––0.432(constant)" in text
    assert "coverageerror,inlabels(lessisbetter)undefined" in text
    for said in ("made & up", "split s", "unit track", "seed 5", "areas over labels",
                 "Micro F1 beats that of always answering the same labels: +0.136, "
                 "95% interval [+0.111, +0.222] by track.",
                 "Intervals are 95% ones from 321 draws",
                 "The constant baseline always answers <i>rock</i>."):
        assert said in page.sections["metrics"]


def test_labels_stand_in_their_groups_with_their_thresholds(make_several, page_of):
    run = make_several()
    text = page_of(run).sections["labels"]
    assert "(1 − PR AUC) × the share of tracks" in text
    for title in ("genre: 3 labels", "instrument: 1 label", "mood: 1 label", "other: 1 label"):
        assert title in text
    its = run.results["parts"]["test"]["per_label"]["flute"]
    need = 1000 * its["support"] / 60 * (1 - its["pr_auc"])
    row = (f"flute{need:.1f}{its['support']}{its['support'] / 60:.1%}{its['pr_auc']:.3f}"
           f"{its['roc_auc']:.3f}{its['precision']:.3f}{its['recall']:.3f}{its['f1']:.3f}0.300")
    assert row in "".join(text.split())
    assert "none bears it".replace(" ", "") + "–00.0%––" in "".join(text.split())


def test_hostile_names_are_text_on_the_page_and_in_markdown(make_several, page_of):
    run = make_several()
    page = page_of(run)
    for name in (*run.labels, HOSTILE_TRACK, "one <note>"):
        assert name in page.text
    assert not {"script", "img", "i >"} & set(page.tags)
    text = (run.folder / "report.md").read_text(encoding="utf-8")
    assert "<i>" not in text
    assert "<img" not in text
    assert "metal \\| core" in text


def test_the_markdown_has_the_sections_of_the_page(make_several):
    text = report.write(make_several().folder)[1].read_text(encoding="utf-8")
    for title in ("Every metric: cross-validated", "Every metric: test", "Label by label: test",
                  "Thresholds", "What is answered beside what", "Calibration",
                  "Sets of labels with a promised error rate", "Answers that surprise"):
        assert f"\n## {title}" in text
    assert "0.0876" in text
    assert "0.891" in text
    assert "| LRAP" not in text.replace("(LRAP)", "")


def test_leaky_stands_in_every_section_with_numbers(make_several, page_of):
    page = page_of(make_several(leaky=True))
    for section in ("scores", "metrics", "labels", "thresholds", "colabels", "calibration",
                    "of-label_sets", "surprises"):
        assert "leaky" in page.sections[section], section


def test_runs_without_predictions_have_what_results_tell(make_several, page_of):
    run = make_several()
    (run.folder / "predictions.parquet").unlink()
    page = page_of(run)
    assert tuple(page.sections) == tuple(s for s in EVERY
                                         if s not in ("thresholds", "colabels", "surprises"))
    run.change(lambda r: [r.pop("calibration"), r.pop("label_sets")])
    assert "calibration" not in page_of(run).sections


def test_reliability_that_the_run_measured_comes_before_our_own(make_several, page_of):
    run = make_several()
    assert "All labels together, 90 cross-validated" in page_of(run).sections["calibration"]
    bins = [{"confidence": 0.25, "accuracy": 0.5, "count": 9}]
    run.change(lambda r: r["calibration"]["after"].update(bins=bins))
    page = page_of(run)
    assert "As the run measured it. Open" in page.sections["calibration"]
    assert "sure 0.25 right 0.50 (9 tracks)" in page.sections["calibration"]


def test_errors_of_labels_are_numbers_or_stand_among_others(make_several, page_of):
    run = make_several()
    errors = {"flute": {"ece": 0.0768, "ece_of_perfect": 0.0111}, "techno": 0.0654, "x": None,
              "sad & slow": {"ece": None}}
    run.change(lambda r: r["calibration"]["after"].update(by_label=errors, ece_of_perfect=0.0321))
    found = report.read(run.folder).calibration["after"]
    assert dict(found.by_label) == {"flute": 0.0768, "techno": 0.0654}
    text = "".join(page_of(run).sections["calibration"].split())
    assert "after0.04320.0321" in text
    assert "flute0.08760.0768" in text


def test_what_was_learnt_from_is_not_looked_at(make_several):
    run = make_several()
    run.change(lambda r: r.update(cross_validated=None))
    assert examined(run).part == "test"
    run.change(lambda r: r["parts"]["test"].update(learnt_from=True))
    assert examined(run) is None


def test_single_label_runs_are_not_looked_at(make_run):
    assert examined(make_run()) is None


def test_a_test_part_without_positives_is_undefined_and_never_a_number(make_several, page_of):
    scores, truth = np.full((30, 6), 0.2, dtype=np.float32), np.zeros((30, 6), dtype=np.int8)
    run = make_several(given=(scores, truth))
    text = "".join(page_of(run).sections["metrics"].split())
    before = text.split("test,60tracks")[0]
    assert "PRAUC(macro)undefined" in before
    assert "ROCAUC(macro)undefined" in before
    found = examined(run)
    assert (found.pairs, found.surprising.all_missed) == ([], 0)
    assert "borne by no track" in (run.folder / "report.html").read_text(encoding="utf-8")
    assert "nan" not in (run.folder / "report.md").read_text(encoding="utf-8")


@pytest.mark.parametrize(("decisions", "words"), [
    ({"thresholds": [0.5]}, ["1 thresholds for 6 labels"]),
    ({"thresholds": [2.0] * 6}, ["decisions", "between 0 and 1"]),
    ({"threshold": [0.5] * 6}, ["decisions", "unknown setting 'threshold'"]),
    ({"calibration": {"slopes": [1.0], "offsets": [0.0]}}, ["of 1 for 6 labels"]),
    ({"calibration": {"temperature": 1.0}}, ["temperature", "multi-label"]),
])
def test_damaged_decisions_are_named_in_a_line(make_several, decisions, words):
    run = make_several()
    run.change(lambda r: r.update(decisions=decisions))
    with pytest.raises(DataError) as caught:
        report.write(run.folder)
    for word in (*words, "run it again"):
        assert word in str(caught.value)
    assert "\n" not in str(caught.value)
    assert not (run.folder / "report.html").exists()


def test_scores_that_are_logits_are_refused(make_several):
    run = make_several(given=(np.full((9, 6), 3.0, dtype=np.float32) / 3,
                              np.eye(9, 6, dtype=np.int8)))
    drawn = {"cross-validated": (np.full((9, 6), 3.0), np.eye(9, 6, dtype=np.int8))}
    write_several(run.folder, drawn, SEVERAL)
    with pytest.raises(DataError, match="not logits"):
        report.write(run.folder)


def test_a_page_of_many_labels_stays_small(make_several):
    vocabulary = Vocabulary(tuple(f"label number {k}" for k in range(150)), "multi")
    run = make_several(vocabulary=vocabulary, decisions=None, sizes=(10, 1500, 20))
    html, text = report.write(run.folder)
    assert html.stat().st_size < 1_000_000
    assert text.stat().st_size < 200_000
    assert html.read_text(encoding="utf-8").count("<details") >= 2  # long tables are folded away


@pytest.mark.parametrize("truth", [[[1]], [[0]], [[1], [1], [1]], [[0], [1]]])
def test_one_label_few_tracks_all_or_none_of_which_bear_it(make_several, page_of, truth):
    scores = np.linspace(0.25, 0.75, len(truth), dtype=np.float32)[:, None]
    run = make_several(vocabulary=Vocabulary(("only",), "multi"), decisions=None,
                       given=(scores, np.array(truth, dtype=np.int8)), sizes=(2, 2, 2))
    sections = page_of(run).sections
    assert "only" in sections["thresholds"]
    assert "no label is wrongly answered" in sections["colabels"]
    for word in ("nan", "inf%", "Undefined"):
        assert word not in (run.folder / "report.md").read_text(encoding="utf-8")


def test_more_labels_than_tracks(make_several, page_of):
    vocabulary = Vocabulary(tuple(f"l{k}" for k in range(40)), "multi")
    assert tuple(page_of(make_several(vocabulary=vocabulary, decisions=None,
                                      sizes=(3, 5, 4))).sections) == EVERY


def test_results_without_a_table_of_labels(make_several, page_of):
    run = make_several()

    def strip(results):
        for part in (*results["parts"].values(), results["cross_validated"]):
            for key in ("per_label", "by_group", "baselines", "labels_without_curve"):
                part.pop(key, None)

    run.change(strip)
    sections = page_of(run).sections
    assert "0.654" in sections["metrics"]
    assert "labels" not in sections
    assert "all labels, micro" in sections["thresholds"]
    assert "The commonest labels" not in sections["thresholds"]
    assert "Label by label" not in (run.folder / "report.md").read_text(encoding="utf-8")
