"""What the robustness bench says, from its values alone."""

import copy

import pytest
from tests.judging.report.page_parser import Page

from earmark.judging.report import robust


def under(name, agreement, **changes):
    found = {"name": name, "family": "gain", "how": "somehow", "tracks": 40, "unanswered": 0,
             "agreement": agreement, "agreement_interval": [0.5, 0.9], "mean_change": 0.0123,
             "metrics": {"accuracy": {"value": 0.61, "change": -0.05, "interval": [-0.1, 0.01]}},
             "known": {"tracks": 38, "unknown": 0.1, "top_score": 0.7},
             "strangers": {"tracks": 2, "unknown": 0.5, "top_score": 0.4}}
    return {**found, **changes}


@pytest.fixture
def values():
    plain = {"metrics": {"accuracy": 0.66}, "known": {"tracks": 38, "unknown": 0.1,
                                                      "top_score": 0.71},
             "strangers": {"tracks": 2, "unknown": 0.5, "top_score": 0.42}}
    its = {"name": "one", "identity": "one@12ab", "task": "single", "labels": 3, "known": 38,
           "strange": 2, "seen": 5, "seen_known": 5, "metrics": ["accuracy"], "undisturbed": plain,
           "disturbances": [under("gain -20 dB", 0.7), under("mp3", 0.95)]}
    return {"music": "mine", "variant": "", "tracks": 40, "artists": 9, "seconds": 60.0, "seed": 0,
            "remarks": ["3 tracks have no audio here"], "failed": ["a.wav: is empty"],
            "taggers": [its]}


def test_the_lines(values):
    text = "\n".join(robust.lines(values))
    for said in ("mine: 40 tracks by 9 artists, the first 60 s",
                 "one@12ab: keeps 70.0% of the best labels under 'gain -20 dB', the worst",
                 "undisturbed, 38 tracks of labels it knows: accuracy 0.660",
                 "seen: it has learnt from 5 of these tracks",
                 "held-out genres: 2 tracks of labels it does not know: 50.0% are called unknown",
                 "mean top score 0.420, of those it knows 0.710",
                 "note: 3 tracks have no audio here", "skipped: a.wav: is empty"):
        assert said in text
    row = next(line for line in text.splitlines() if line.startswith("| gain"))
    assert [cell.strip() for cell in row.strip("|").split("|")] == [
        "gain -20 dB", "40", "0.700", "[0.500, 0.900]", "0.0123", "0.610", "-0.050",
        "[-0.100, 0.010]", "50.0%"]


def test_what_is_not_there_is_a_dash(values):
    its = values["taggers"][0]
    its |= {"seen": 0, "metrics": []}
    its["undisturbed"] |= {"metrics": {}, "strangers": {"tracks": 0, "unknown": None,
                                                        "top_score": None}}
    its["disturbances"] = [under("silence", None, agreement_interval=None, mean_change=None,
                                 metrics={}, tracks=0)]
    text = "\n".join(robust.lines(values))
    assert "no disturbed track could be heard" in text
    assert "seen:" not in text
    row = next(line for line in text.splitlines() if line.startswith("| silence"))
    assert row.count("–") == 3
    Page(robust.page(values))


def test_a_tagger_without_a_rule_for_unknown(values):
    strangers = values["taggers"][0]["undisturbed"]["strangers"]
    strangers["unknown"] = None
    assert "it has no rule for unknown" in "\n".join(robust.lines(values))


def test_where_all_agree_none_is_worst(values):
    its = copy.deepcopy(values["taggers"][0])
    its["disturbances"] = [under("a", 1.0), under("b", 1.0)]
    assert robust.summary(its) == "every disturbance leaves 100.0% of the best labels."


def test_the_page(values):
    values["music"] = "<b>mine\x1b</b>"
    html = robust.page(values)
    page = Page(html)
    assert "<b>mine" not in html
    assert "\x1b" not in html
    assert "gain -20 dB" in page.sections["tagger-1"]
    assert "skipped: a.wav: is empty" in page.sections["left-out"]
    attributes, _ = page.svgs[0]
    assert attributes["role"] == "img"
