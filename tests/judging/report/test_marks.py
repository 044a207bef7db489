"""What must stand beside a score: that it is contaminated, and which labels to check."""

import pytest

from earmark.judging import report
from earmark.judging.report import comparison, facts, side_by_side
from earmark.judging.report.markdown import markdown
from earmark.judging.report.page import page
from earmark.judging.report.read import read

WHY = "<b>net</b> learnt from Tunes, which may hold the same recordings as gtzan"
MISTAGS = [{"track": f"<i>t{k}", "says": "tech$no_", "own_score": 0.0123, "sounds_like": "jazz",
            "score": 0.9456} for k in range(20)]


@pytest.fixture
def marked(make_run):
    run = make_run("marked")
    run.change(lambda values: values["protocol"].update(contaminated=WHY))
    run.change(lambda values: values.update(likely_mistags=MISTAGS))
    return read(run.folder)


def test_every_score_is_marked_contaminated(marked):
    assert facts.headline(marked).startswith("Contaminated accuracy")
    assert facts.headline(marked).endswith("contaminated; test part read 3 times.")
    assert "tracks that its backbone may have heard" in facts.meaning(marked)
    assert all("contaminated" in row.remark for row in facts.score_rows(marked))
    assert all(bar.doubtful for bar in facts.score_bars(marked))


def test_the_reason_stands_on_the_page_and_in_markdown(marked):
    assert "<strong>contaminated</strong> – &lt;b&gt;net&lt;/b&gt; learnt from" in page(marked)
    assert "> **contaminated**: &lt;b&gt;net&lt;/b&gt; learnt from" in markdown(marked)


def test_runs_without_the_mark_do_not_bear_the_word(make_run):
    run = read(make_run().folder)
    assert run.contaminated == ""
    text = page(run).replace("leaky or contaminated.", "") + markdown(run)
    assert "ontaminated" not in text
    assert "mistag" not in text.lower()


def test_comparisons_mark_it_too(marked, make_run):
    other = make_run("other", seed=2)
    found = comparison.compare([marked.folder, other.folder])
    assert "classical:svm (contaminated)" in side_by_side.markdown(found)
    assert "classical:svm (contaminated)" in side_by_side.page(found)
    assert len(found.groups) == 2
    assert "contamination" in found.unlike[0]


def test_likely_mistags_are_listed_and_said_to_be_kept(marked):
    html, text = page(marked), markdown(marked)
    assert "20 tracks whose own label gets a low score" in html
    assert "Nothing was left out for it" in text
    assert html.count("&lt;i&gt;t") == text.count("&lt;i&gt;t") == 15
    assert "0.946" in html
    assert "0.012" in text


def test_a_damaged_list_of_mistags_is_named(make_run):
    run = make_run()
    run.change(lambda values: values.update(likely_mistags=[{"track": "a"}]))
    with pytest.raises(Exception, match="says"):
        report.write(run.folder)
