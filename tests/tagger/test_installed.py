"""Taggers that are added, found by name and removed; those that come with Earmark stay."""

import dataclasses
import os

import pytest
from tests.tagger.conftest import manifest

from earmark import store
from earmark.errors import EarmarkError, TaggerError
from earmark.tagger import installed
from earmark.tagger.tagger import Tagger, find, install, names


@pytest.fixture
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("EARMARK_DATA", str(tmp_path / "data"))
    return tmp_path / "data" / "taggers"


def named(contents, name):
    return dataclasses.replace(contents, manifest=manifest(name=name))


def test_an_added_tagger_is_found_by_its_name_until_it_is_removed(contents, home):
    assert names() == ["gtzan10", "gtzan10-net"]
    path = install(named(contents, "small"))
    assert path == home / "small.earmark"
    assert names() == ["gtzan10", "gtzan10-net", "small"]
    assert installed.added() == ["small"]
    assert find("small") == path
    assert Tagger.load("small").manifest.labels == contents.manifest.labels
    assert installed.remove("small") == path
    assert names() == ["gtzan10", "gtzan10-net"]
    with pytest.raises(TaggerError, match=r"no tagger is called 'small'"):
        find("small")


def test_no_added_tagger_takes_the_place_of_one_that_comes_with_earmark(contents, home):
    for name in ("gtzan10", "GTZAN10"):
        with pytest.raises(TaggerError, match="comes with Earmark; give this one another name"):
            install(named(contents, name))
    home.mkdir(parents=True)
    (home / "gtzan10.earmark").write_text("not a tagger")
    assert names() == ["gtzan10", "gtzan10-net"]
    assert len(Tagger.load("gtzan10").manifest.labels) == 10
    with pytest.raises(TaggerError, match="'gtzan10' comes with Earmark and stays"):
        installed.remove("gtzan10")
    assert (home / "gtzan10.earmark").exists()


@pytest.mark.parametrize("name", ["", "../up", "a/b", "a b", ".hidden", "x" * 65, "ä", "dot."])
def test_names_that_are_no_file_names_everywhere(contents, home, name):
    with pytest.raises(TaggerError, match="cannot be added: expected a name"):
        install(named(contents, name))
    assert not home.exists()


def test_what_cannot_be_removed(contents, home):
    with pytest.raises(TaggerError, match=r"'smal'\. None has been added"):
        installed.remove("smal")
    install(named(contents, "small"))
    with pytest.raises(TaggerError, match=r"Did you mean 'small'\?"):
        installed.remove("smal")
    (home / "folder.earmark").mkdir()
    with pytest.raises(TaggerError, match="no added tagger is called 'folder'"):
        installed.remove("folder")


def test_what_is_no_file_is_no_tagger(contents, home):
    install(named(contents, "small"))
    (home / "folder.earmark").mkdir()
    os.mkfifo(home / "pipe.earmark")  # reading it would never end
    assert installed.added() == ["small"]


@pytest.mark.parametrize("odd", ["con", "LPT1", "nul.x", "small.earmark", "small."])
def test_names_that_no_file_may_bear_everywhere_are_refused(contents, home, odd):
    with pytest.raises(TaggerError, match="cannot be added"):
        install(named(contents, odd))


def test_files_hidden_beside_a_copy_are_no_taggers(home):
    home.mkdir(parents=True)
    (home / "._small.earmark").write_text("left by a system")
    assert names() == ["gtzan10", "gtzan10-net"]


def test_the_usual_taggers_are_the_preferred_ones_at_hand(contents, home):
    assert installed.usual() == ["gtzan10-net"]
    for name in ("another", "musicnn"):
        install(named(contents, name))
    assert installed.usual() == ["gtzan10-net", "musicnn"]


def test_data_folder_is_the_given_one_or_the_systems(monkeypatch, tmp_path):
    monkeypatch.setenv("EARMARK_DATA", str(tmp_path))
    assert store.data_folder() == tmp_path
    monkeypatch.delenv("EARMARK_DATA")
    assert store.data_folder() != store.cache_folder()
    assert "earmark" in str(store.data_folder())


def test_a_data_folder_that_is_a_file_is_one_line(contents, tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("EARMARK_DATA", str(tmp_path / "file"))
    assert names() == ["gtzan10", "gtzan10-net"]
    with pytest.raises(EarmarkError, match="cannot be written"):
        install(named(contents, "small"))
