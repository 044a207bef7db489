"""The page of a run: what a browser would see of it, its numbers, and what it must not contain."""

import re

import pytest
from tests.judging.report.page_parser import Page

from earmark.judging import report
from earmark.judging.report.markdown import markdown

EVERY = ("scores", "folds", "confusion", "labels", "calibration", "learning", "unknown",
         "mistakes", "leaks", "settings", "ledger")


@pytest.fixture
def page_of():
    def page(run):
        html, _ = report.write(run.folder)
        return Page(html.read_text(encoding="utf-8"))

    return page


def test_every_section_is_there_in_order(make_run, page_of):
    assert tuple(page_of(make_run()).sections) == EVERY


def test_nothing_comes_from_outside_and_nothing_runs(make_run, page_of):
    run = make_run()
    page = page_of(run)
    assert not {"script", "link", "img", "iframe", "object", "embed"} & set(page.tags)
    for name, value in page.attributes:
        assert not name.startswith("on")
        assert name not in ("src", "href", "xlink:href", "action")
        assert "url(" not in (value or "")
    html = (run.folder / "report.html").read_text(encoding="utf-8")
    assert not re.search(r"https?://|@import|url\(", html)


def test_every_chart_says_what_it_shows(make_run, page_of):
    page = page_of(make_run())
    assert len(page.svgs) == 7  # scores, folds, labels twice, reliability, learning, unknown
    ids = []
    for attributes, inside in page.svgs:
        named = {its["id"]: tag for tag, its in inside if tag in ("title", "desc")}
        assert sorted(named.values()) == ["desc", "title"]
        assert attributes["aria-labelledby"].split() == list(named)
        assert attributes["role"] == "img"
        ids += named
    assert len(ids) == len(set(ids))


def test_hostile_names_are_text(make_run, page_of):
    run = make_run()
    page = page_of(run)
    for name in (*run.labels, "a < b & c", "broken <i>.wav", "artist <b>X</b>0", "made & up",
                 "2 <&>"):
        assert name in page.text
    run.change(lambda r: r["protocol"].update(split="x\x1b[31m\u202e\ud800\n</style>"))
    assert "x\ufffd[31m\ufffd\ufffd </style>" in page_of(run).text


def test_the_surest_mistake_comes_first_with_its_hostile_id(make_run, page_of):
    run = make_run()
    rows = page_of(run).sections["mistakes"].split(run.hostile_track)
    assert len(rows) == 2
    assert "60 cross-validated tracks" in rows[0]
    cells = [cell for cell in rows[1].splitlines() if cell]
    assert "".join(cells).startswith(f"{run.labels[0]}{run.labels[1]}1.0000.000")


def test_the_numbers_are_those_of_the_results(make_run, page_of):
    run = make_run()
    page, results = page_of(run), run.results
    scores = page.sections["scores"]
    for part in (*results["parts"].values(), results["cross_validated"]):
        for value in (part["accuracy"], part["f1_macro"], part["baseline_accuracy"]):
            assert f"{value:.3f}" in scores
        for unit in ("track", "artist"):
            its = part[f"accuracy_interval_by_{unit}"]
            assert f"[{its['low']:.3f}, {its['high']:.3f}]" in scores
    for part in (results["parts"]["test"], results["cross_validated"]):
        for label in part["per_label"].values():
            for name in ("precision", "recall", "f1"):
                assert f"{label[name]:.3f}" in page.sections["labels"]
    for number in ("0.157", "1.432", "0.046", "1.234"):
        assert number in page.sections["calibration"]
    for number in ("0.401", "[0.339, 0.464]", "0.554", "12 more tracks of tech$no_", "+0.021"):
        assert number in page.sections["learning"]
    for number in ("0.765", "[0.701, 0.823]", "0.358", "90.1%", "43.2%", "31%"):
        assert number in page.sections["unknown"]
    assert "0.251" in scores
    assert "23 known" in page.sections["leaks"]
    assert "and 3 more" in page.sections["leaks"]


def test_confusion_counts_and_shares(make_run, page_of):
    run = make_run()

    def four(part):
        part["confusion"] = [[3, 1, 0, 0], [0, 7, 0, 0], [0, 0, 0, 0], [2, 2, 2, 2]]

    run.change(lambda r: [four(r["cross_validated"]), r["parts"].pop("test")])
    text = page_of(run).sections["confusion"]
    assert "3 75%1 25%00" in text  # 3 tracks, 75%; 1 track, 25%; none; none
    assert "07 100%00" in text
    assert "0000" in text  # a label that no track bears divides by nothing


def test_labels_in_most_need_come_first(make_run):
    run = make_run()

    def edit(results):
        table = results["cross_validated"]["per_label"]
        for label, f1 in zip(run.labels, (0.9, None, 0.1, 0.5), strict=True):
            table[label]["f1"] = f1

    run.change(edit)
    names = [label.name for label in report.read(run.folder).validated.by_need]
    assert names == [run.labels[i] for i in (2, 3, 0, 1)]


def test_labels_of_several_groups_are_shown_group_by_group(make_run, page_of):
    run = make_run()

    def edit(results):
        scores = results["cross_validated"]
        for label, group in zip(run.labels, ("mood", "genre", "mood", "genre"), strict=True):
            scores["per_label"][label]["group"] = group
        scores["by_group"] = {
            "mood": {"labels": 2, "support": 9, "f1_macro": 0.123, "roc_auc_macro": None,
                     "pr_auc_macro": 0.25},
            "genre": {"labels": 2, "support": 9, "f1_macro": 0.456, "roc_auc_macro": 0.5,
                      "pr_auc_macro": 0.25},
        }

    run.change(edit)
    found = report.read(run.folder).validated
    assert [g.name for g in found.groups] == ["genre", "mood"]
    assert [label.group for label in found.by_need] == ["genre", "genre", "mood", "mood"]
    text = page_of(run).sections["labels"]
    assert "genre20.4560.5000.250" in "".join(text.split())
    assert "0.123" in markdown(report.read(run.folder))


def test_the_headline_is_the_test_score_by_artist_with_its_readings(make_run, page_of):
    run = make_run()
    test = run.results["parts"]["test"]
    its = test["accuracy_interval_by_artist"]
    text = page_of(run).text
    assert (f"Accuracy {test['accuracy']:.3f}, 95% interval [{its['low']:.3f}, {its['high']:.3f}] "
            "by artist, on 24 tracks of the test part of made & up, split honest; test part read "
            "3 times.") in text
    assert "leaky" not in text.split("Scores")[0]


def test_without_a_test_reading_the_cross_validated_score_stands(make_run, page_of):
    run = make_run()
    run.change(lambda r: r["parts"].pop("test"))
    a = run.results["cross_validated"]["accuracy"]
    assert f"Accuracy {a:.3f}, 95% interval" in page_of(run).text
    run.change(lambda r: r.update(cross_validated=None))
    assert "it has no score" in page_of(run).text  # train and valid were learnt from


def test_leaky_stands_beside_every_score(make_run, page_of):
    page = page_of(make_run(leaky=True))
    assert page.text.index("Leaky accuracy") < page.text.index("leaky – this protocol")
    for section in ("scores", "folds", "confusion", "labels", "learning", "mistakes"):
        assert "leaky" in page.sections[section], section
    assert page.sections["scores"].count("leaky;") >= 3


def test_sections_without_data_are_left_out(make_run, page_of):
    run = make_run(full=False)
    (run.folder / "predictions.parquet").unlink()
    (run.folder / "recipe.toml").unlink()
    (run.folder / "environment.json").unlink()

    def strip(results):
        for key in ("models", "leaks", "failed", "notes", "ledger", "majority_baseline"):
            del results[key]
        for part in (*results["parts"].values(), results["cross_validated"]):
            for key in ("confusion", "per_label", "accuracy_interval_by_track",
                        "accuracy_interval_by_artist", "baseline_accuracy"):
                del part[key]

    run.change(strip)
    assert tuple(page_of(run).sections) == ("scores", "leaks", "settings", "ledger")


def test_multi_label_runs_have_a_page(make_run, page_of):
    run = make_run(task="multi")
    page = page_of(run)
    assert "PR AUC (macro)" in page.text
    assert "confusion" not in page.sections
    assert f"{run.results['parts']['test']['pr_auc_macro']:.3f}" in page.sections["scores"]


def test_the_ledger_beside_the_run_is_shown(make_run, page_of):
    run = make_run()
    line = ('{"time":"2026-02-03T04:05:06+00:00","run":"<i>later</i>","recipe":"r","dataset":"d",'
            '"dataset_fingerprint":"%s","split":"s","split_fingerprint":"split honest",'
            '"part":"test","unit":"track","metrics":{"accuracy":0.4321},"version":"0"}')
    lines = [line % ("d" * 16)] * 5 + [line % "another"]
    (run.folder.parent / "ledger.jsonl").write_text("\n".join(lines) + "\n")
    page = page_of(run)
    assert "read 5 times" in page.sections["ledger"]
    assert page.sections["ledger"].count("<i>later</i>") == 5
    assert "0.432" in page.sections["ledger"]
    assert "read 5 times" in page.sections["scores"]


def test_published_scores_of_the_same_protocol_are_shown(make_run, page_of):
    run = make_run()
    assert "Published under the same protocol" not in page_of(run).text
    run.change(lambda r: r["protocol"].update(dataset="gtzan", split="filtered"))
    page = page_of(run)
    assert "Published under the same protocol" in page.sections["scores"]
    assert "0.486" in page.sections["scores"]
    markdown = (run.folder / "report.md").read_text(encoding="utf-8")
    assert "## Published under the same protocol" in markdown
    run.change(lambda r: r["parts"].pop("test"))  # nothing of ours to set beside them
    assert "Published" not in page_of(run).text
