"""What the labels of published sets mean."""

import csv
import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from earmark.errors import SettingsError
from earmark.labels import crosswalk
from earmark.labels.taxonomy import Taxonomy
from earmark.labels.vocabulary import GROUPS, fold

# Which tags are of which group, said anew by hand: (set, group) -> tags.
BY_HAND = {
    ("mtt50", "genre"): "classical techno electronic rock ambient indian opera pop classic "
                        "new_age dance country metal",
    ("mtt50", "instrument"): "guitar strings drums piano violin synth harpsichord flute sitar "
                             "harp cello",
    ("mtt50", "vocals"): "vocal female male singing vocals no_vocals woman male_vocal no_vocal "
                         "man choir voice male_voice female_vocal no_voice female_voice choral",
    ("mtt50", "mood"): "loud quiet soft weird",
    ("mtt50", "tempo"): "slow fast",
    ("mtt50", "other"): "beat solo beats",
    ("msd50", "genre"): "rock pop alternative indie electronic dance alternative_rock jazz metal "
                        "chillout classic_rock soul indie_rock electronica folk punk oldies blues "
                        "hard_rock ambient experimental Hip-Hop country easy_listening funk "
                        "electro heavy_metal Progressive_rock rnb indie_pop House",
    ("msd50", "instrument"): "acoustic guitar",
    ("msd50", "vocals"): "female_vocalists male_vocalists instrumental female_vocalist",
    ("msd50", "mood"): "beautiful Mellow chill party sexy catchy sad happy",
    ("msd50", "era"): "00s 80s 90s 70s 60s",
}  # fmt: skip
FAMILIES = {
    "female vocals": {"female", "woman", "female vocal", "female voice"},
    "male vocals": {"male", "man", "male vocal", "male voice"},
    "vocals": {"vocal", "vocals", "voice", "singing"},
    "no vocals": {"no vocals", "no vocal", "no voice"},
    "beat": {"beat", "beats"}, "classical": {"classic", "classical"}, "choir": {"choir", "choral"},
}  # fmt: skip


@pytest.mark.parametrize("name", ["mtt50", "msd50"])
def test_every_tag_is_of_the_group_it_is_by_hand(name):
    walk = crosswalk.read(name)
    expected = {tag.replace("_", " "): group for (of, group), tags in BY_HAND.items()
                if of == name for tag in tags.split()}
    assert len(walk.sheet.labels) == len(expected) == 50
    assert walk.groups(walk.sheet.labels) == expected
    assert all(walk.meaning(label).known for label in walk.sheet.labels)


def test_families_of_synonyms_become_one_label_and_nothing_else_does():
    walk = crosswalk.read("mtt50")
    found = {}
    for label in walk.sheet.labels:
        found.setdefault(walk.meaning(label).ours, set()).add(label)
    assert {ours: labels for ours, labels in found.items() if len(labels) > 1} == FAMILIES
    assert [crosswalk.read("msd50").meaning(label).ours
            for label in ("female vocalists", "female vocalist", "rnb", "House", "instrumental")
            ] == ["female vocals", "female vocals", "r&b", "house", "no vocals"]


@pytest.mark.parametrize(("label", "ours", "parents", "known"), [
    ("Electronic---Techno", "techno", ("electronic",), True),
    ("Hip Hop---Trip Hop", "trip hop", ("downtempo", "hip hop"), True),
    ("Electronic---Dub", "dub", ("reggae", "electronic"), True),
    ("Rock---Hardcore", "hardcore punk", ("punk",), True),
    ("Electronic---Hardcore", "hardcore techno", ("techno",), True),
    ("Folk, World, & Country---Éntekhno", "éntekhno", ("folk, world and country",), False),
    ("Funk / Soul---Rhythm & Blues", "r&b", ("funk and soul",), True),
    ("Rock---Happy", "happy", ("rock",), False),  # a genre here, never the mood
    ("Electronic---Some New Thing", "some new thing", ("electronic",), False),
    ("Unheard---Of", "of", (), False),
])  # fmt: skip
def test_styles_stand_under_their_genre(label, ours, parents, known):
    found = crosswalk.read("discogs400").meaning(label)
    assert (found.ours, found.parents, found.known) == (ours, parents, known)
    assert found.group == "genre"


@pytest.mark.parametrize(("label", "ours", "group"), [
    ("Hip hop music", "hip hop", "genre"), ("Acoustic guitar", "acoustic guitar", "instrument"),
    ("Male singing", "male vocals", "vocals"), ("Sad music", "sad", "mood"),
    ("Violin, fiddle", "violin", "instrument"), ("Rattle (instrument)", "rattle", "instrument"),
    ("Speech", "speech", "other"), ("Dog", "dog", "other"), ("Burst, pop", "burst, pop", "other"),
    ("Noise", "noise", "other"), ("Rattle", "rattle", "other"),
])  # fmt: skip
def test_sounds_that_are_no_music_are_of_the_group_other(label, ours, group):
    found = crosswalk.read("audioset527").meaning(label)
    assert (found.ours, found.group) == (ours, group)


@pytest.mark.parametrize(("label", "ours", "group"), [
    ("genre---drumnbass", "drum and bass", "genre"), ("instrument---voice", "vocals", "vocals"),
    ("mood/theme---slow", "slow", "tempo"), ("genre---90s", "90s", "era"),
    ("mood/theme---unheard", "unheard", "mood"), ("instrument---kazoo", "kazoo", "instrument"),
])  # fmt: skip
def test_sorted_tags_keep_their_group_where_we_know_no_better(label, ours, group):
    found = crosswalk.read("jamendo").meaning(label)
    assert (found.ours, found.group) == (ours, group)


@pytest.mark.parametrize("name", crosswalk.names())
def test_every_label_listed_is_known_and_every_exception_is_one_of_ours(name):
    walk = crosswalk.read(name)
    assert len(set(walk.sheet.labels)) == len(walk.sheet.labels)
    assert [x for x in walk.sheet.labels if not walk.meaning(x).known] == \
        [x for x in walk.sheet.labels if x in walk.sheet.left]  # fmt: skip
    assert set(walk.sheet.left) <= set(walk.sheet.labels)
    assert set(walk.sheet.covers) <= set(walk.sheet.labels)
    for ours in (name for names in walk.sheet.covers.values() for name in names):
        assert walk.taxonomy.canonical(ours) == ours
    for label, ours in walk.sheet.ours.items():
        assert walk.taxonomy.canonical(ours) == ours
        assert walk.meaning(label).ours == ours


@pytest.mark.parametrize("name", ["gtzan10", "mtt50", "msd50", "fma", "audioset527"])
def test_a_set_is_known_by_its_labels(name):
    walk = crosswalk.read(name)
    assert crosswalk.of(reversed(walk.sheet.labels)).sheet == walk.sheet


def test_other_labels_are_read_by_their_names():
    assert crosswalk.of(["genre---rock", "mood/theme---sad"]).sheet == crosswalk.read(
        "jamendo").sheet
    for labels in ([], ["techno", "kazoo"], ["Rock---Surf", "techno"]):
        assert crosswalk.of(labels).sheet.form == "plain"
    found = crosswalk.of(["Tecno", "Kazoo"])
    assert found.meaning("Tecno").ours == "techno"
    assert (found.meaning("Kazoo").ours, found.meaning("Kazoo").group) == ("kazoo", "other")


def test_a_users_taxonomy_serves_as_well(tmp_path):
    (tmp_path / "mine.toml").write_text("[genre]\nhalftime = { parents = ['drum and bass'] }")
    walk = crosswalk.read("discogs400", Taxonomy.read(tmp_path / "mine.toml"))
    assert walk.meaning("Electronic---Halftime").parents == ("drum and bass",)


def test_an_unknown_set_offers_the_nearest():
    with pytest.raises(SettingsError, match="Did you mean 'mtt50'"):
        crosswalk.read("mtt5O")


@given(st.sampled_from(crosswalk.names()), st.text())
def test_any_label_means_something(name, label):
    found = crosswalk.read(name).meaning(label)
    assert found.label == label
    assert found.group in GROUPS


@pytest.mark.realdata
def test_every_published_music_label_of_audioset_is_mapped(realdata):
    groups = {"Musical instrument": {"instrument", "vocals"}, "Music genre": {"genre", "vocals"},
              "Music mood": {"mood"}, "Music": {"other"}, "Musical concepts": {"other"},
              "Music role": {"genre", "other"}}
    walk = crosswalk.read("audioset527")
    with (realdata / "audioset/labels.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 150
    for row in rows:
        found = walk.meaning(row["label"])
        assert found.known, row
        assert found.group in groups[row["group"]], row


def test_the_numbers_of_id3_are_those_of_another_library():
    names = pytest.importorskip("mutagen._constants").GENRES
    listed = crosswalk.read("id3").sheet.labels
    assert [(ours, theirs) for ours, theirs in zip(listed, names, strict=True)
            if fold(ours) != fold(theirs)] == [
        ("AlternRock", "Alt. Rock"), ("Gangsta", "Gangsta Rap"), ("Hardcore Techno", "Hardcore")]


@pytest.mark.realdata
def test_all_but_three_genres_of_fma_are_known(realdata):
    walk = crosswalk.read("fma")
    with (realdata / "fma/fma_metadata/genres.csv").open(encoding="utf-8") as file:
        titles = [row["title"] for row in csv.DictReader(file)]
    assert len(titles) == 163
    assert [title for title in titles if not walk.meaning(title).known] == [
        "Sound Effects", "Unclassifiable", "Compilation"]


@pytest.mark.realdata
def test_the_tags_of_magnatagatune_are_those_published(realdata):
    listed = crosswalk.read("mtt188").sheet.labels
    assert len(set(listed)) == 188
    text = (realdata / "mtat/tag_list_and_synonyms.md").read_text(encoding="utf-8")
    families = re.findall(r"\[('[^\]]+')\]", text)
    named = {name for family in families for name in re.findall(r"'([^']+)'", family)}
    assert len(named) > 80
    assert named - set(listed) == set()


@pytest.mark.realdata
def test_every_tag_of_jamendo_is_known(realdata):
    walk = crosswalk.read("jamendo")
    tags = {tag for path in (realdata / "jamendo").glob("autotagging_*.tsv")
            for tag in re.findall(r"\S+---\S+", path.read_text(encoding="utf-8"))}
    assert len(tags) > 150
    assert [tag for tag in sorted(tags) if not walk.meaning(tag).known] == []
    spelt = json.loads((realdata / "jamendo/tag_map.json").read_text(encoding="utf-8"))
    genres = {walk.meaning(f"genre---{a}").ours: walk.meaning(f"genre---{b}").ours
              for a, b in spelt["genre"].items() if walk.meaning(f"genre---{a}").known}
    assert [pair for pair in genres.items() if pair[0] != pair[1]] == []
