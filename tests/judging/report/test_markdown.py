"""Markdown: the same table as the page, and texts that cannot become markup."""

import re

from hypothesis import given
from hypothesis import strategies as st

from earmark.judging import report
from earmark.judging.report.markdown_text import escaped, table


def cells(line):
    return [cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]]


def test_the_score_table_is_that_of_the_page(make_run):
    run = make_run()
    html, path = (p.read_text(encoding="utf-8") for p in report.write(run.folder))
    section = html[html.index('id="scores"'):html.index("<figure>")]
    rows = [[re.sub("<[^>]+>", "", cell) for cell in re.findall(r"<t[hd][^>]*>.*?</t[hd]>", row)]
            for row in re.findall(r"<tr.*?</tr>", section, re.DOTALL)]
    lines = path.split("## Scores\n\n")[1].split("\n\n")[0].splitlines()
    assert [cells(line) for line in lines if "---" not in line] == rows
    assert len(rows) == 5


def test_hostile_texts_stay_texts(make_run):
    run = make_run()
    text = report.write(run.folder)[1].read_text(encoding="utf-8")
    outside = text.split("~~~")[0]
    assert "<script>" not in outside
    assert "<img" not in outside
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in outside
    assert 'R&amp;B "soul" \\| \'x\'' in outside


def test_leaky_and_the_readings_are_said(make_run):
    text = report.write(make_run(leaky=True).folder)[1].read_text(encoding="utf-8")
    assert "**leaky**" in text
    assert text.count("leaky; ") >= 4
    assert "test part read 3 times" in text


def test_a_recipe_cannot_end_its_fence(make_run):
    run = make_run()
    (run.folder / "recipe.toml").write_text('name = """\n~~~\n# out\n"""\n')
    text = report.write(run.folder)[1].read_text(encoding="utf-8")
    assert "\n~~~~~~toml\n" in text
    assert text.count("\n~~~~~~\n") == 1


@given(st.lists(st.lists(st.text(max_size=12), min_size=3, max_size=3), max_size=4))
def test_tables_of_any_texts_keep_their_shape(rows):
    lines = table(["a", "b", "c"], rows, "-n-")
    assert len(lines) == len(rows) + 2
    for line in lines:
        assert len(re.findall(r"(?<!\\)(?:\\\\)*\|", line)) == 4
        assert "\n" not in line


def test_links_and_emphasis_are_undone_and_intervals_left_alone():
    assert escaped("[x](javascript:y) *b* a_b _c_") == r"[x\](javascript:y) \*b\* a_b \_c\_"
    assert escaped("[0.1, 0.2]") == "[0.1, 0.2]"
