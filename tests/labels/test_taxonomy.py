"""One name for each thing, several parents, no circles; a user's file adds to it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from earmark.errors import DataError, SettingsError
from earmark.labels.taxonomy import Taxonomy, Term, folded
from earmark.labels.vocabulary import GROUPS

OURS = Taxonomy.read()


@pytest.mark.parametrize(("name", "label", "group"), [
    ("techno", "techno", "genre"), ("Hip-Hop", "hip hop", "genre"), ("hiphop", "hip hop", "genre"),
    ("R&B", "r&b", "genre"), ("Rhythm & Blues", "r&b", "genre"), ("Drum'n'Bass", "drum and bass",
     "genre"), ("Musique Concrète", "musique concrete", "genre"),
    ("Female Vocalists", "female vocals", "vocals"), ("man", "male vocals", "vocals"),
    ("no voice", "no vocals", "vocals"), ("instrumental", "no vocals", "vocals"),
    ("Synth", "synthesizer", "instrument"), ("1980s", "80s", "era"), ("quick", "fast", "tempo"),
    ("Mellow", "mellow", "mood"), ("x-mas", "christmas", "other"),
])  # fmt: skip
def test_names_find_their_label_and_group(name, label, group):
    assert OURS.canonical(name) == label
    assert OURS.group_of(name) == group


def test_absence_is_never_merged_with_presence():
    for name in ("no vocals", "no voice", "no vocal", "instrumental"):
        assert OURS.canonical(name) not in {OURS.canonical("vocals"), OURS.canonical("singing")}
        assert "vocals" not in OURS.ancestors(name)
    assert OURS.canonical("no drums") != OURS.canonical("drums")


def test_the_graph_has_several_parents_and_goes_both_ways():
    assert OURS.parents("folk metal") == ("metal", "folk")
    assert OURS.ancestors("folk metal") == ("metal", "folk", "rock", "folk, world and country")
    assert OURS.parents("rock") == ()
    assert "folk metal" in OURS.children("metal")
    assert "folk metal" in OURS.children("Folk")
    assert OURS.children("folk metal") == ()


def test_every_label_is_its_own_name_and_its_parents_have_it_as_child():
    assert len(OURS.labels) > 500
    for label in OURS.labels:
        assert OURS.canonical(label) == label
        assert OURS.group_of(label) in GROUPS
        assert label not in OURS.ancestors(label)
        for parent in OURS.parents(label):
            assert label in OURS.children(parent), label
            assert set(OURS.ancestors(parent)) < {*OURS.ancestors(label), parent}, label


def test_what_is_not_a_label():
    assert OURS.canonical("tehcno") is None
    for ask in (OURS.group_of, OURS.parents, OURS.ancestors, OURS.children):
        with pytest.raises(DataError, match=r"no label is called 'tehcno'\. Did you mean 'techno'"):
            ask("tehcno")


@given(st.text())
def test_any_text_is_one_of_ours_or_none(text):
    found = OURS.canonical(text)
    assert found is None or folded(found) == folded(OURS.canonical(found) or "")


def written(tmp_path, text):
    path = tmp_path / "mine.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_a_file_of_ones_own_adds_labels_parents_and_names(tmp_path):
    path = written(tmp_path, '[genre]\n'
                   'gqom = { parents = ["african", "house"], also = ["igqom"] }\n'
                   'techno = { parents = ["dance"], also = ["teckno"] }\n')
    mine = Taxonomy.read(path)
    assert mine.canonical("Igqom") == "gqom"
    assert mine.ancestors("gqom")[:2] == ("african", "house")
    assert mine.parents("techno") == ("electronic", "dance")
    assert mine.canonical("teckno") == "techno"
    assert OURS.canonical("gqom") is None


@pytest.mark.parametrize(("text", "message"), [
    ("[genre]\ngqom = { parents = ['hous'] }", r"'hous', a parent of 'gqom', is not a label\. Did "
     "you mean 'house'"),
    ("[gender]\ngqom = {}", r"group 'gender'\. Did you mean 'genre'"),
    ("[genre]\ngqom = { also = ['techno'] }", "'techno' stands for 'techno' and for 'gqom'"),
    ("[genre]\n'Tech-No' = {}", "'Tech-No' stands for 'techno' and for 'Tech-No'"),
    ("[mood]\ntechno = {}", "of the group 'mood' here and of 'genre' in another file"),
    ("[genre]\nelectronic = { parents = ['minimal techno'] }",
     "electronic < minimal techno < techno < electronic: no label may be a kind of itself"),
    ("[genre]\ngqom = { parents = ['gqom'] }", "gqom < gqom: no label may be a kind of itself"),
    ("[genre]\ngqom = 3", "expected {}"),
    ("[genre]\n'' = {}", "is not a label"),
    ("genre = 3", "'genre' is no table"),
    ("[genre]\ngqom = { parent = ['house'] }", "unknown setting 'parent'"),
    ("[genre]\ngqom = { parents = 'house' }", "expected a list"),
    ("[genre", "cannot be read as TOML"),
])  # fmt: skip
def test_a_file_that_does_not_hold_together_is_refused(tmp_path, text, message):
    with pytest.raises((DataError, SettingsError), match=message):
        Taxonomy.read(written(tmp_path, text))


@pytest.mark.parametrize(("text", "line"), [
    ("[genre]\n\ngqom = { parents = ['hous'] }", 3), ("[genre]\ngqom = { also = ['techno'] }", 2),
    ("[mood]\n'x' = {}\n'techno' = {}", 3), ("[genre]\n# gqom\n\"gqom\" = 3", 3),
    ("[genre]\na = {}\nb = { parents = ['c'] }\nc = { parents = ['b'] }", 3),
    ("[genre]\ngqom = { parent = ['house'] }", 2), ("[gender]\ngqom = {}", 2),
    ("[genre]\na = { also = ['z'] }\nb = { also = ['z'] }", 3),
])  # fmt: skip
def test_a_refusal_names_the_file_and_the_line(tmp_path, text, line):
    with pytest.raises((DataError, SettingsError), match=rf"mine.toml, line {line}: "):
        Taxonomy.read(written(tmp_path, text))


@pytest.mark.parametrize(("names", "label"), [
    (["R&B", "RnB", "Rhythm and Blues", "rhythm & blues", "R & B"], "r&b"),
    (["Hip-Hop", "HipHop", "hip hop", "Rap"], "hip hop"), (["Alt. Rock", "AlternativeRock"],
                                                           "alternative rock"),
    (["D&B", "DnB", "Drum'n'Bass", "Drum & Bass", "drum and bass"], "drum and bass"),
    (["Folk, World, & Country", "folk, world and country"], "folk, world and country"),
    (["Electronica"], "electronica"), (["Música concreta"], None),
])  # fmt: skip
def test_the_ways_people_write_them(names, label):
    assert {OURS.canonical(name) for name in names} == {label}


@given(st.dictionaries(st.sampled_from("abcdef"), st.sets(st.sampled_from("abcdef")), min_size=6))
def test_exactly_the_graphs_with_a_circle_are_refused(edges):
    def reaches(start):
        seen, todo = set(), list(edges[start])
        while todo:
            if (label := todo.pop()) not in seen:
                seen.add(label)
                todo += edges[label]
        return seen

    circular = any(label in reaches(label) for label in edges)
    terms = {label: Term(tuple(sorted(parents))) for label, parents in edges.items()}
    try:
        made = Taxonomy(dict.fromkeys(edges, "genre"), terms)
    except DataError as error:
        assert circular, str(error)  # noqa: PT017
    else:
        assert not circular
        assert all(set(made.ancestors(label)) == reaches(label) for label in edges)
