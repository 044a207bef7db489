"""What a report tells of a tagger's graphs."""

import pytest

from earmark.errors import DataError
from earmark.judging import report
from earmark.judging.report.exported import cells, read_exported
from earmark.judging.report.markdown import markdown
from earmark.judging.report.plain import Node

PLAIN = {"branch": "branch0.onnx", "model": "cnn:<b>", "bytes": 12345, "parity": 2.5e-07,
         "faster": 3.14}
SMALL = {"bytes": 4321, "faster": 1.5, "lost": 0.002, "taken": True, "metric": "accuracy",
         "judged_on": "unheard"}


def told(*branches):
    return cells(read_exported(Node(list(branches), "results.json: export")))


def test_a_graph_is_a_line():
    assert told(PLAIN) == [["branch0.onnx", "cnn:<b>", "12,345", "2.5e-07", "3.1 times",
                            "not tried"]]


def test_no_difference_is_nought():
    assert told({**PLAIN, "parity": 0.0})[0][3] == "0"


@pytest.mark.parametrize(("change", "said"), [
    ({}, "taken: 1.50 times as fast as in 32, 4,321 bytes, accuracy 0.002 less on unheard tracks"),
    ({"lost": -0.01, "taken": False}, "left: 1.50 times as fast as in 32, 4,321 bytes, accuracy "
                                      "0.010 more on unheard tracks"),
    ({"lost": None}, "taken: 1.50 times as fast as in 32, 4,321 bytes, accuracy is not defined on "
                     "unheard tracks"),
])  # fmt: skip
def test_eight_bits_are_told(change, said):
    assert told({**PLAIN, "int8": {**SMALL, **change}})[0][-1] == said


def test_a_refusal_is_told():
    assert told({**PLAIN, "int8": {"taken": False, "refused": "no layers"}})[0][-1] == "no layers"


def test_runs_from_before_tell_nothing():
    assert read_exported(None) == ()


def test_what_is_damaged_is_named():
    with pytest.raises(DataError, match=r"export.*lacks 'parity'"):
        told({k: v for k, v in PLAIN.items() if k != "parity"})


def test_page_and_markdown_show_it(make_run):
    run = make_run()
    run.change(lambda results: results.update(export=[{**PLAIN, "int8": SMALL}]))
    page = report.write(run.folder)[0].read_text(encoding="utf-8")
    assert 'id="graphs"' in page
    assert "cnn:&lt;b&gt;" in page
    assert "<b>" not in page.split('id="graphs"')[1].split("</section>")[0]
    text = markdown(report.read(run.folder))
    assert "## Graphs" in text
    assert "1.50 times as fast as in 32" in text
