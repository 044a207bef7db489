import os
import shutil
import unicodedata

import pytest

from earmark.datasets.folder import Folder
from earmark.errors import DataError
from earmark.judging.splits import Split


def remark(dataset, words):
    found = [line for line in dataset.remarks() if words in line]
    assert len(found) == 1, dataset.remarks()
    return found[0]


def test_each_folder_is_a_label_however_deep_the_files_lie(tmp_path, clip):
    clip(tmp_path / "rock" / "a.wav")
    clip(tmp_path / "rock" / "Queen" / "Jazz" / "01 Mustapha.flac")
    clip(tmp_path / "Ambient" / "b.wav")
    tracks = Folder(tmp_path).tracks
    assert {t.id: t.labels for t in tracks.values()} == {
        "Ambient/b": ("Ambient",), "rock/a": ("rock",),
        "rock/Queen/Jazz/01 Mustapha": ("rock",)}  # fmt: skip
    assert Folder(tmp_path).vocabulary.labels == ("Ambient", "rock")
    assert Folder(tmp_path).vocabulary.task == "single"
    queen = tracks["rock/Queen/Jazz/01 Mustapha"]
    assert (queen.artist, queen.album) == ("Queen", "Queen / Jazz")
    assert remark(Folder(tmp_path), "artists:") == (
        "artists: 1 known, for 1 of 3 tracks (1 from folders, 2 unknown)")  # fmt: skip


def test_spellings_of_a_label_are_merged_and_said(tmp_path, clip):
    for folder in ("Hip-Hop", "hip hop", "HIPHOP", "rock"):
        clip(tmp_path / folder / f"{folder}.wav")
    dataset = Folder(tmp_path)
    assert dataset.vocabulary.labels == ("HIPHOP", "rock")
    assert [t.labels for t in dataset.tracks.values()] == [("HIPHOP",)] * 3 + [("rock",)]
    assert dataset.vocabulary.canonical("hip hop") == "HIPHOP"
    assert "HIPHOP, Hip-Hop, hip hop differ only by case" in remark(dataset, "differ only")


def test_accents_taken_apart_by_macos_are_the_same_label(tmp_path, clip):
    clip(tmp_path / unicodedata.normalize("NFD", "Café") / "a.wav")
    assert Folder(tmp_path).vocabulary.labels == (unicodedata.normalize("NFC", "Café"),)


def test_what_is_left_out_is_named(tmp_path, clip):
    clip(tmp_path / "rock" / "a.wav")
    clip(tmp_path / "loose.wav")
    (tmp_path / "empty").mkdir()
    (tmp_path / "notes").mkdir()
    (tmp_path / "notes" / "readme.txt").write_text("no music")
    (tmp_path / "rock" / "cover.jpg").write_bytes(b"x")
    clip(tmp_path / "rock" / "._b.wav")
    clip(tmp_path / "rock" / ".trash" / "c.wav")
    clip(tmp_path / ".hidden" / "d.wav")
    clip(tmp_path / "__MACOSX" / "._a.wav")
    (tmp_path / "rock" / "dead.mp3").symlink_to(tmp_path / "nowhere.mp3")
    dataset = Folder(tmp_path)
    assert list(dataset.tracks) == ["rock/a"]
    assert dataset.vocabulary.labels == ("rock",)
    assert "1 file in no label's folder left out: loose.wav" in remark(dataset, "no label's")
    assert "2 folders without audio left out: empty, notes" in remark(dataset, "without audio")
    assert "rock/dead.mp3" in remark(dataset, "cannot be opened")
    assert len(dataset.remarks()) == 4  # and the artists


def test_ids_stay_unique_where_only_suffixes_differ(tmp_path, clip):
    for name in ("a.wav", "a.flac", "a.wav.flac", "b.c.wav"):
        clip(tmp_path / "rock" / name)
    dataset = Folder(tmp_path)
    assert {t.id: t.path for t in dataset.tracks.values()} == {
        "rock/a.wav": "rock/a.wav", "rock/a.flac": "rock/a.flac",
        "rock/a.wav.flac": "rock/a.wav.flac", "rock/b.c": "rock/b.c.wav"}  # fmt: skip
    assert dataset.tracks["rock/a.wav"].song == dataset.tracks["rock/a.flac"].song == "rock/a"
    assert dataset.tracks["rock/b.c"].song is None


def test_clips_of_a_song_are_known(tmp_path, clip):
    for name in ("blues.00000.0", "blues.00000.1", "blues.00001.0", "x_part1", "x_part2", "y"):
        clip(tmp_path / "blues" / f"{name}.wav")
    songs = {t.id: t.song for t in Folder(tmp_path).tracks.values() if t.song}
    assert songs == {"blues/blues.00000.0": "blues/blues.00000",
                     "blues/blues.00000.1": "blues/blues.00000",
                     "blues/x_part1": "blues/x", "blues/x_part2": "blues/x"}  # fmt: skip
    assert "4 files are, by their names, parts or formats of 2 songs" in remark(
        Folder(tmp_path), "by their names")


def test_copies_are_found_by_their_bytes_and_said_when_labels_differ(tmp_path, clip):
    clip(tmp_path / "rock" / "a.wav", seed=1)
    clip(tmp_path / "rock" / "b.wav", seed=2)  # of the same size
    clip(tmp_path / "rock" / "a again.wav", seed=1)
    shutil.copy(tmp_path / "rock" / "b.wav", tmp_path / "rock" / "z.wav")
    (tmp_path / "pop").mkdir()
    (tmp_path / "pop" / "link.wav").symlink_to(tmp_path / "rock" / "b.wav")
    dataset = Folder(tmp_path)
    pairs = {(f.track, f.other, f.kind) for f in dataset.faults()}
    assert pairs == {("rock/a again", "rock/a", "exact duplicate"),
                     ("rock/b", "pop/link", "exact duplicate"),
                     ("rock/z", "pop/link", "exact duplicate")}  # fmt: skip
    assert "3 files the same as another" in remark(dataset, "byte by byte")
    assert "2 of these under another label" in remark(dataset, "another label")


def test_names_that_no_table_can_hold_are_left_out(tmp_path, clip):
    clip(tmp_path / "rock" / "a.wav")
    for odd in (b"line\nbreak.wav", b"latin \xe9.wav"):
        path = os.fsencode(tmp_path / "rock") + b"/" + odd
        try:
            shutil.copy(tmp_path / "rock" / "a.wav", path)
        except OSError:
            pytest.skip("this file system refuses such names")
    dataset = Folder(tmp_path)
    assert list(dataset.tracks) == ["rock/a"]
    assert "2 files with line breaks or odd bytes" in remark(dataset, "odd bytes")
    Split("s", dict.fromkeys(dataset.tracks, "train")).save(tmp_path / "s.csv")


def test_a_single_holder_of_folders_is_pointed_out(tmp_path, clip):
    clip(tmp_path / "genres" / "rock" / "a.wav")
    clip(tmp_path / "genres" / "jazz" / "b.wav")
    assert f"give {tmp_path / 'genres'} instead" in remark(Folder(tmp_path), "the only folder")


def test_audio_without_label_folders_is_refused_with_what_was_found(tmp_path, clip):
    clip(tmp_path / "a.wav")
    (tmp_path / "empty").mkdir()
    with pytest.raises(DataError, match=r"holds no audio in folders .*empty.*a\.wav"):
        Folder(tmp_path).read_tracks()


def test_loops_of_links_end(tmp_path, clip):
    clip(tmp_path / "rock" / "a.wav")
    (tmp_path / "rock" / "loop").symlink_to(tmp_path, target_is_directory=True)
    assert list(Folder(tmp_path).tracks) == ["rock/a"]


def test_reading_writes_nothing(tmp_path, clip):
    clip(tmp_path / "rock" / "a.wav")
    before = sorted(p.name for p in tmp_path.rglob("*"))
    Folder(tmp_path).remarks()
    assert sorted(p.name for p in tmp_path.rglob("*")) == before


@pytest.mark.realdata
def test_gtzan_clips_as_folders_have_no_artists_in_their_names(realdata, tmp_path):
    for label in ("classical", "jazz"):
        source = realdata / "gtzan" / "Data" / "genres_original" / label
        (tmp_path / label).symlink_to(source.resolve(), target_is_directory=True)
    dataset = Folder(tmp_path)
    assert {t.labels for t in dataset.tracks.values()} == {("classical",), ("jazz",)}
    assert {t.artist for t in dataset.tracks.values()} == {None}
    assert {t.song for t in dataset.tracks.values()} == {None}
