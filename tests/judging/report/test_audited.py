"""What an audit says, from its values alone."""

import copy

import pytest
from tests.judging.report.page_parser import Page

from earmark.judging.report import audited


def line(name, value, half=0.05, *, leaky=False, gap=None, published=None, tracks=600):
    return {
        "name": name, "how": "somehow", "published": published, "cut_from": None, "draws": 5,
        "leaky": leaky, "heard": 0.004 if leaky else 0.0, "copied": 0.0,
        "learnt": {"tracks": tracks, "segments": 1800}, "references": [],
        "judged": {"tracks": 290.0, "segments": 870.0},
        "scores": {unit: {"accuracy": {"value": value - less, "each": [value - less],
                                       "interval": [value - less - half, value - less + half]}}
                   for unit, less in (("track", 0.0), ("segment", 0.03))},
        "gap": None if gap is None else {"value": gap[0], "interval": gap[1]},
    }


def values(*lines, own=None, known=True, **others):
    found = {"recipe": "r", "dataset": "gtzan", "variant": "", "metric": "accuracy",
             "models": ["m"], "contaminated": "", "artists_known": known, "tracks_learnt": 600,
             "protocols": list(lines), **audited.choose(lines, own), "left_out": [],
             "inferred": [], "readings": [], "notes": [], "failed": [], **others}
    return {"sentence": audited.sentence(found), **found}


TRACK = line("by track", 0.74, leaky=True, gap=(0.25, [0.13, 0.36]))
FILTERED = line("filtered", 0.49, 0.1, published="filtered")


def test_the_sentence_of_a_leak():
    assert values(TRACK, FILTERED)["sentence"] == (
        "Your .74 is .49 [.39, .59] on unheard artists: judging by 'by track' instead of "
        "'filtered' adds .25 [.13, .36].")


def test_the_sentence_of_a_leak_by_segment():
    rows = line("random segments", 0.9, leaky=True, gap=(0.41, [0.3, 0.5]), tracks=None)
    found = values(rows, TRACK, FILTERED)
    assert (found["reported"], found["unit"]) == ("random segments", "segment")
    assert found["sentence"].startswith("Your .87 is .46 [.36, .56] on unheard artists")


@pytest.mark.parametrize("interval", [[-0.02, 0.13], [0.0, 0.1], None])
def test_no_gap_is_claimed_that_may_be_chance(interval):
    small = line("by track", 0.54, leaky=True, gap=(0.05, interval))
    sentence = values(small, FILTERED)["sentence"]
    assert sentence.startswith("No gap can be shown: .54 under 'by track' and .49 [.39, .59]")
    assert "differ by .05" in sentence


def test_a_leak_that_makes_worse_is_no_flattery():
    worse = line("by track", 0.4, leaky=True, gap=(-0.09, [-0.15, -0.03]))
    assert "does not flatter this model, it adds -.09 [-.15, -.03]" in \
        values(worse, FILTERED)["sentence"]


def test_where_nothing_leaks_and_where_all_does():
    assert values(FILTERED)["sentence"].startswith("No protocol at hand leaks: .49 [.39, .59]")
    assert values(TRACK)["sentence"].endswith("every protocol at hand leaks.")


def test_unknown_artists_are_owned_up_to():
    songs = line("by song", 0.6)
    sentence = values(TRACK, songs, known=False)["sentence"]
    assert sentence.startswith("Your .74 is .60 [.55, .65] on unheard recordings")
    assert sentence.endswith("the artists of too few tracks are known.")


def test_which_protocol_is_the_honest_one():
    artist, other = line("by artist", 0.5), line("official", 0.45, published="official")
    assert values(TRACK, artist, other, FILTERED, own="filtered")["honest"] == "filtered"
    assert values(TRACK, artist, other, own="filtered")["honest"] == "official"
    assert values(TRACK, line("by song", 0.6), artist)["honest"] == "by artist"
    part = line("filtered (30 of 930 tracks)", 0.4, published="filtered (30 of 930 tracks)")
    assert values(TRACK, part, other, own="filtered")["honest"] == part["name"]
    leaky = line("filtered", 0.6, leaky=True, published="filtered")
    assert values(TRACK, leaky, artist, own="filtered")["honest"] == "by artist"


def test_texts_are_made_harmless():
    hostile = "<script>x</script> \x1b[31m & |"
    given = values(copy.deepcopy(TRACK), FILTERED, recipe=hostile, dataset=hostile,
                   left_out=[hostile], inferred=[hostile], failed=[hostile], notes=[hostile],
                   contaminated=hostile, readings=[hostile])
    given["protocols"][0]["name"] = hostile
    page, text = Page(audited.page(given)), "\n".join(audited.lines(given))
    assert "script" not in page.tags
    assert "\x1b" not in text + audited.page(given)
    assert "contaminated" in page.text
    assert all(bar.doubtful for bar in audited.bars(given, "track"))
