"""``earmark report`` and ``earmark compare``, as typed."""

import json

import pytest
from click.testing import CliRunner

from earmark.cli.main import earmark, main


def typed(*args):
    return CliRunner().invoke(earmark, [str(a) for a in args], catch_exceptions=False)


def test_report_prints_what_it_wrote(make_run):
    run = make_run()
    done = typed("report", run.folder)
    assert done.exit_code == 0
    assert done.output.split() == [str(run.folder / "report.html"), str(run.folder / "report.md")]
    assert (run.folder / "report.html").read_text(encoding="utf-8").startswith("<!DOCTYPE html>")


def test_compare_prints_tables_writes_a_page_or_json(make_run, tmp_path):
    folders = [make_run("a").folder, make_run("b", leaky=True, split="random").folder]
    assert "## made &amp; up, split random – leaky" in typed("compare", *folders).output
    page = tmp_path / "sub" / "page.html"
    done = typed("compare", *folders, "--out", page, "--mixed")
    assert done.output.strip() == str(page)
    assert 'id="mixed"' in page.read_text(encoding="utf-8")
    values = json.loads(typed("compare", *folders, "--json").output)
    assert [g["leaky"] for g in values["groups"]] == [False, True]
    assert "mixed" not in values
    run = values["groups"][0]["runs"][0]
    results = json.loads((folders[0] / "results.json").read_text())
    assert run["test"]["value"] == results["parts"]["test"]["accuracy"]
    assert run["test"]["by_artist"] == results["parts"]["test"]["accuracy_interval_by_artist"]


def test_what_lies_beside_the_runs_is_left_out_when_all_are_named(make_run, tmp_path):
    folders = [make_run("a").folder, make_run("b").folder]
    ledger, audit = folders[0].parent / "ledger.jsonl", tmp_path / "audit-a"
    ledger.write_text("")
    audit.mkdir()
    (audit / "audit.json").write_text("{}")
    explored = tmp_path / "explore-a"
    explored.mkdir()
    (explored / "explore.json").write_text("{}")
    done = typed("compare", ledger, audit, explored, *folders)
    assert done.exit_code == 0
    assert f"left out, no runs: {ledger}, {audit}, {explored}" in done.stderr


@pytest.mark.parametrize("args", [["report", "nowhere"], ["compare", "nowhere", "nirgends"]])
def test_errors_are_one_line(args, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit) as caught:
        main(args)
    assert caught.value.code == 1
    error = capsys.readouterr().err
    assert error.startswith("earmark: nowhere is no folder")
    assert error.count("\n") == 1
