"""From the labels of one set to those of another."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from earmark.errors import DataError, SettingsError
from earmark.labels import bridge, crosswalk
from earmark.labels.bridge import translate
from earmark.labels.taxonomy import Taxonomy
from earmark.labels.vocabulary import Vocabulary

SETS = [name for name in crosswalk.names() if crosswalk.read(name).sheet.labels]


@pytest.mark.parametrize(("label", "from_set", "to", "expected", "how"), [
    ("hiphop", "gtzan10", "mumu15", ("Rap & Hip-Hop",), "alias"),
    ("classical", "gtzan10", "mumu15", ("Classical",), "equal"),
    ("disco", "gtzan10", "fma", ("Soul-RnB",), "ancestor"),
    ("metal", "gtzan10", "fma", ("Rock",), "ancestor"),
    ("Bebop", "mumu15", "gtzan10", ("jazz",), "ancestor"),
    ("Rap & Hip-Hop", "mumu15", "fma", ("Hip-Hop",), "alias"),
    ("genre---drumnbass", "jamendo", "fma", ("Electronic",), "ancestor"),
    ("genre---hiphop", "jamendo", "fma", ("Hip-Hop",), "equal"),
    ("Country Rock", "mumu250", "mumu15", ("Country", "Rock"), "given"),
    ("Sweden", "mumu250", "mumu15", (), "none"),
    ("woman", "mtt188", "mtt50", ("woman",), "equal"),
    ("female singer", "mtt188", "mtt50", ("female",), "alias"),
    ("no singing", "mtt188", "mtt50", ("no vocals",), "alias"),  # a denial leads to a denial
    ("not rock", "mtt188", "gtzan10", (), "none"),
    ("Bass", "mumu250", "mtt188", (), "none"),  # a style or an instrument: not the instrument
    ("bass", "mtt188", "audioset527", ("Bass guitar",), "alias"),
    ("Pop_Rock", "topmagd", "gtzan10", (), "none"),  # either of two is neither
    ("rock", "gtzan10", "topmagd", ("Pop_Rock",), "alias"),  # but each of them is one of the two
    ("metal", "gtzan10", "topmagd", ("Pop_Rock",), "ancestor"),
    ("Dance music", "audioset527", "mumu15", ("Dance & Electronic",), "alias"),
    ("Male singing", "audioset527", "mtt50", ("male",), "alias"),
    ("Drum & Bass", "id3", "mumu15", ("Dance & Electronic",), "ancestor"),
])  # fmt: skip
def test_where_labels_lead(label, from_set, to, expected, how):
    found = translate([label], from_set, to)[label]
    assert (found.to, found.how) == (expected, how)


def test_a_set_is_told_by_its_labels_and_by_its_reader():
    labels = crosswalk.read("mumu250").sheet.labels
    assert translate(labels, None, "mumu15")["Sweden"].how == "none"
    assert translate(labels, None, "mumu15")["Rockabilly"].to == ("Rock", "Country")
    assert crosswalk.set_of("anything", labels) == "mumu250"
    assert crosswalk.set_of("magnatagatune", ["monks", "guitar"]) == "mtt188"
    assert crosswalk.set_of("folder", ["monks", "guitar"]) is None


def test_of_several_ways_up_each_gives_its_nearest():
    taxonomy = Taxonomy.read()
    assert translate(["Trip-Hop"], None, ["electronic", "hip hop", "downtempo"], taxonomy)[
        "Trip-Hop"].to == ("downtempo", "hip hop")
    assert translate(["jazz fusion"], None, ["jazz", "folk"])["jazz fusion"].to == ("jazz",)


def test_to_a_vocabulary_a_list_or_a_name():
    vocabulary = Vocabulary(("Rap", "Jazz"))
    assert translate(["hip-hop"], None, vocabulary)["hip-hop"].to == ("Rap",)
    assert bridge.labels_of(vocabulary) == ("Rap", "Jazz")
    with pytest.raises(DataError, match="'discogs400' has no list"):
        translate(["x"], None, "discogs400")
    with pytest.raises(SettingsError, match="Did you mean 'gtzan10'"):
        translate(["x"], None, "gtzan1O")
    with pytest.raises(SettingsError, match="no label set"):
        translate(["x"], "nothing", "gtzan10")


def test_what_none_leads_to_is_said():
    found = translate(["techno", "bebop"], None, ["jazz", "electronic", "polka"])
    assert bridge.unreached(found, ["jazz", "electronic", "polka"]) == ("polka",)


@pytest.mark.parametrize("name", SETS)
def test_every_set_leads_to_itself_by_name_or_by_what_means_the_same(name):
    walk = crosswalk.read(name)
    for label, passage in translate(walk.sheet.labels, name, name).items():
        assert passage.how in ("equal", "alias"), label
        assert walk.meaning(passage.to[0]).ours == walk.meaning(label).ours
        if passage.how == "equal" and label in passage.to:
            assert passage.to == (label,)


@given(st.sampled_from(SETS), st.sampled_from(SETS), st.text())
def test_labels_lead_to_labels_of_the_other_set(name, to, odd):
    labels = [*crosswalk.read(name).sheet.labels[:20], odd]
    goals = set(bridge.labels_of(to))
    found = translate(labels, name, to)
    assert list(found) == list(dict.fromkeys(labels))
    for passage in found.values():
        assert set(passage.to) <= goals
        assert (passage.how == "none") == (not passage.to)


def test_a_users_taxonomy_leads_further(tmp_path):
    (tmp_path / "mine.toml").write_text("[genre]\ngqom = { parents = ['house'] }")
    mine = Taxonomy.read(tmp_path / "mine.toml")
    assert translate(["Gqom"], None, "fma", mine)["Gqom"].to == ("Electronic",)
    assert translate(["Gqom"], None, "fma")["Gqom"].to == ()
