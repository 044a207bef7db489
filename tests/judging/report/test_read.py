"""What is refused: folders that hold no finished run of this format, in one line each."""

import json

import pytest

from earmark.errors import DataError, MissingExtraError
from earmark.judging import report


def refused(folder, *words):
    with pytest.raises(DataError) as caught:
        report.write(folder)
    message = str(caught.value)
    assert "\n" not in message
    for word in words:
        assert word in message
    assert not (folder / "report.html").exists()


def test_no_folder_and_no_run(tmp_path):
    refused(tmp_path / "nowhere", "nowhere", "is no folder", "earmark train")
    refused(tmp_path, "holds no run", "identity.json")


def test_a_half_written_run(make_run):
    run = make_run()
    (run.folder / "results.json").unlink()
    refused(run.folder, "half written", "results.json", "--out")


def test_a_run_of_another_format(make_run):
    run = make_run()
    identity = {**run.results["identity"], "run_format": "2"}
    (run.folder / "identity.json").write_text(json.dumps(identity))
    refused(run.folder, "run format '2'", "reads '1'")


def test_results_of_another_run(make_run):
    run = make_run()
    run.change(lambda r: r["identity"].update(split="other"))
    refused(run.folder, "another split")


@pytest.mark.parametrize("text", [
    "", "{", "[1]", '{"identity": NaN}', "null", "\ufeff{}", "[" * 9999,
])
def test_results_that_are_no_json_object(make_run, text):
    run = make_run()
    (run.folder / "results.json").write_text(text, encoding="utf-8")
    refused(run.folder, "results.json")


@pytest.mark.parametrize(("edit", "words"), [
    (lambda r: r.pop("protocol"), ["lacks 'protocol'"]),
    (lambda r: r["protocol"].pop("leaky"), ["protocol lacks 'leaky'"]),
    (lambda r: r["protocol"].update(leaky="no"), ["protocol.leaky is 'no'", "true or false"]),
    (lambda r: r["parts"]["test"].update(accuracy="high"), ["parts.test.accuracy", "a number"]),
    (lambda r: r["parts"]["test"].update(accuracy=True), ["parts.test.accuracy", "a number"]),
    (lambda r: r["parts"]["test"].update(accuracy=10**400), ["parts.test.accuracy", "a number"]),
    (lambda r: r["parts"]["test"]["confusion"].pop(), ["confusion", "4 x 4"]),
    (lambda r: r["parts"]["test"].update(rows=-1), ["rows is -1", "whole number"]),
    (lambda r: r["parts"]["test"]["accuracy_interval_by_track"].update(low=2), ["low <= high"]),
    (lambda r: r.update(learning_curve=[{"tracks": 1}]), ["learning_curve[0] lacks 'accuracy'"]),
    (lambda r: r.update(calibration=3), ["calibration is 3", "an object"]),
    (lambda r: r.update(leaks={"a": 1}), ["leaks", "a list"]),
])
def test_damaged_results_name_the_place(make_run, edit, words):
    run = make_run()
    run.change(edit)
    refused(run.folder, "results.json", *words)


@pytest.mark.parametrize("name", ["identity.json", "environment.json", "predictions.parquet",
                                  "recipe.toml"])
def test_other_damaged_files_are_named(make_run, name):
    run = make_run()
    content = (run.folder / name).read_bytes()
    (run.folder / name).write_bytes(b"\x00\xff" + content[: len(content) // 2])
    refused(run.folder, name, "damaged")


def test_a_damaged_ledger_is_not_passed_over(make_run):
    run = make_run()
    (run.folder.parent / "ledger.jsonl").write_text('{"time":\n')
    refused(run.folder, "ledger.jsonl", "line 1")


def test_predictions_of_another_shape(make_run):
    import pyarrow
    import pyarrow.parquet

    run = make_run()
    path = run.folder / "predictions.parquet"

    def write(**columns):
        pyarrow.parquet.write_table(pyarrow.table(columns), path)

    write(track=["a"])
    refused(run.folder, "score: ")
    write(**{"track": ["a"], "part": ["test"], "score: x": [0.5]})
    refused(run.folder, "lacks the column 'labels'")
    write(**{"track": ["a"], "part": ["test"], "labels": [["y"]], "score: x": [0.5]})
    refused(run.folder, "'y' has no score column")
    write(**{"track": ["a"], "part": ["test"], "labels": [["x"]], "score: x": [float("nan")]})
    refused(run.folder, "not a finite number")
    write(**{"track": ["a"], "part": ["test"], "labels": [["x"]], "score: x": ["much"]})
    refused(run.folder, "damaged")


def test_a_failing_report_leaves_the_old_one(make_run):
    run = make_run()
    html, text = report.write(run.folder)
    before = html.read_bytes(), text.read_bytes()
    run.change(lambda r: r.pop("parts"))
    with pytest.raises(DataError):
        report.write(run.folder)
    assert (html.read_bytes(), text.read_bytes()) == before
    assert not list(run.folder.glob("*.tmp"))


@pytest.mark.parametrize("missing", ["jinja2", "pyarrow"])
def test_missing_packages_name_the_extra(make_run, monkeypatch, missing):
    import sys

    run = make_run()
    monkeypatch.setitem(sys.modules, missing, None)
    with pytest.raises(MissingExtraError, match=r"pip install '\.\[train\]'"):
        report.write(run.folder)
