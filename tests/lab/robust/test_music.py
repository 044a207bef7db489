"""Which recordings are judged, and which of them a tagger has learnt from."""

import dataclasses

import pytest
from tests.lab.robust.conftest import taught

from earmark.datasets.gtzan import Gtzan
from earmark.errors import DataError
from earmark.lab.robust import music as musics


def test_a_dataset_gives_its_audio_by_artist(dataset):
    music = musics.of_dataset(dataset)
    assert len(music.items) == 10
    assert len({item.group for item in music.items}) == 2  # Ann and Bob
    assert all(item.path.is_file() for item in music.items)
    assert {item.labels for item in music.items} == {("calm",), ("loud",), ("polka",)}


def test_tracks_of_tables_alone_are_left_out_and_said(tmp_path):
    Gtzan.sample(tmp_path)
    whole = Gtzan(tmp_path)
    gone = next(track for track in whole.tracks.values() if track.path)
    (tmp_path / gone.path).unlink()
    music = musics.of_dataset(Gtzan(tmp_path))
    assert gone.id not in {item.id for item in music.items}
    assert any("have no audio here" in text for text in music.remarks)
    for item in music.items:
        item.path.unlink()
    with pytest.raises(DataError, match="no track of 'gtzan' has its audio here"):
        musics.of_dataset(Gtzan(tmp_path))


def test_files_without_labels(music, tmp_path):
    found = musics.of_files(music)
    assert len(found.items) == 10
    assert found.items[0].id == "calm/Ann - One.wav"
    assert {item.labels for item in found.items} == {()}
    assert len(musics.of_files(found.items[0].path).items) == 1
    assert musics.is_unlabelled(music / "calm")
    assert not musics.is_unlabelled(music)
    with pytest.raises(DataError, match="no music found"):
        musics.of_files(tmp_path)


def test_some_are_drawn(dataset):
    music = musics.of_dataset(dataset)
    some = music.drawn(4, 1)
    assert len(some.items) == 4
    assert set(some.items) <= set(music.items)
    assert some.items == music.drawn(4, 1).items != music.drawn(4, 2).items
    assert "4 of 10 tracks, drawn by chance" in some.remarks
    assert music.drawn(10, 1) == music.drawn(None, 1) == music


def test_the_fingerprint_knows_files_and_labels(dataset):
    music = musics.of_dataset(dataset)
    first, *others = music.items
    other = dataclasses.replace(first, labels=("loud",))
    assert dataclasses.replace(music, items=(other, *others)).fingerprint != music.fingerprint
    gone = dataclasses.replace(first, path=first.path / "nowhere")
    assert dataclasses.replace(music, items=(gone, *others)).fingerprint != music.fingerprint


def test_of_ones_own_music_only_what_it_was_taught_is_seen(loudness, dataset):
    music = musics.of_dataset(dataset)
    card = {"seen": ("folder: all 10 tracks of split by track",),
            "dataset": {"name": "folder", "fingerprint": dataset.fingerprint}}
    assert musics.learnt_from(taught(loudness, **card).manifest.card, music) == \
        {item.id for item in music.items}
    card["dataset"] = {"name": "folder", "fingerprint": "0" * 16}  # somebody else's folder
    assert not musics.learnt_from(taught(loudness, **card).manifest.card, music)
    assert not musics.learnt_from(taught(loudness).manifest.card, music)
    without = dataclasses.replace(music, dataset=None)
    assert not musics.learnt_from(taught(loudness, **card).manifest.card, without)


@pytest.mark.parametrize(("seen", "split", "parts"), [
    ("gtzan: all 930 tracks of split filtered", "filtered", {"train", "valid", "test"}),
    ("gtzan: train part of split filtered", "filtered (30 of 930 tracks)", {"train"}),
    ("gtzan: something of it", "another split", {"train", "valid", "test", None}),
    ("audioset: train part of split filtered", "filtered", set()),
])
def test_of_published_music_the_parts_that_the_card_names(loudness, tmp_path, seen, split, parts):
    Gtzan.sample(tmp_path)
    dataset = Gtzan(tmp_path)
    music = musics.of_dataset(dataset)
    card = taught(loudness, seen=(seen,), split={"name": split}).manifest.card
    part_of = dataset.partitions()["filtered"]
    expected = {item.id for item in music.items if part_of.get(item.id) in parts}
    assert musics.learnt_from(card, music) == expected
