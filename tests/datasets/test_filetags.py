"""Genres from tags as real taggers write them: several values, numbers, separators, our own."""

import os
import shutil

import mutagen
import numpy as np
import pytest
import soundfile
from mutagen.id3 import ID3, TCON, TPE1, TXXX

from earmark.datasets._genretags import read_genres, split
from earmark.datasets.filetags import FileTags
from earmark.errors import DataError


@pytest.mark.parametrize(("values", "genres"), [
    (["Folk, World, & Country"], ("Folk, World, & Country",)),
    (["Rock; Blues"], ("Rock", "Blues")),
    (["Rock / Blues"], ("Rock", "Blues")),
    (["Rock/Blues"], ("Rock", "Blues")),
    (["Rock\0Blues"], ("Rock", "Blues")),
    (["Rock", "Blues", "rock"], ("Rock", "Blues")),
    (["R&B/Soul"], ("R&B/Soul",)),
    (["Jazz/hip-hop / rap/Soul"], ("Jazz", "hip-hop / rap", "Soul")),
    (["Funk / Soul; Disco"], ("Funk / Soul", "Disco")),
    (["Rhythm & Blues"], ("Rhythm & Blues",)),
    (["Drum & Bass"], ("Drum & Bass",)),
    (["  Trip   Hop "], ("Trip Hop",)),
    (["Other", "Unknown", "17", "", "/", ";;"], ()),
    (["Post-Rock/Post Rock"], ("Post-Rock",)),
    (["Soundtrack"], ("Soundtrack",)),
    (["Tracks of sound; ck oundtr"], ("Tracks of sound", "ck oundtr")),
    (["民謡/演歌"], ("民謡", "演歌")),
    ([], ()),
])
def test_values_are_parted_where_genres_end(values, genres):
    assert split(values) == genres


@pytest.fixture
def tagged(tmp_path, rng):
    """Return a function that writes a clip with tags: FLAC, or mp3 with ID3 frames."""

    def write(name, genre=(), artist="", **fields):
        path = tmp_path / "music" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        samples = 0.1 * rng.standard_normal(6000)
        soundfile.write(path, samples, 22_050, format=path.suffix[1:].upper())
        if path.suffix == ".mp3":
            frames = ID3()
            frames.add(TCON(encoding=3, text=list(genre)))
            frames.add(TPE1(encoding=3, text=[artist]))
            for key, value in fields.items():
                frames.add(TXXX(encoding=3, desc=key, text=[value]))
            frames.save(path, v2_version=4)
        else:
            file = mutagen.File(path)
            file["genre"], file["artist"] = list(genre), [artist]
            for key, value in fields.items():
                file[key] = value
            file.save()
        return path

    return write


@pytest.mark.parametrize("name", ["a.flac", "a.mp3", "a.ogg"])
@pytest.mark.parametrize(("genre", "genres"), [
    (["Rock", "Blues"], ("Rock", "Blues")), (["R&B/Soul"], ("R&B/Soul",)), ([], ()),
])
def test_native_values_stay_apart(tagged, name, genre, genres):
    assert read_genres(tagged(name, genre)) == (genres, False)


@pytest.mark.parametrize(("number", "genre"), [("(17)", "Rock"), ("17", "Rock"), ("(8)", "Jazz")])
def test_numbers_of_id3_are_names(tmp_path, number, genre):
    # By hand: the library that writes tags would spell the number out.
    text = number.encode()
    frame = b"TCON" + (len(text) + 1).to_bytes(4, "big") + b"\0\0" + b"\0" + text
    size = len(frame).to_bytes(4, "big")  # below 128, so that seven bits a byte are all of it
    path = tmp_path / "a.mp3"
    path.write_bytes(b"ID3\x04\0\0" + size + frame + b"\xff\xfb\x90\0" + bytes(500))
    assert read_genres(path).genres == (genre,)


@pytest.mark.parametrize("name", ["a.flac", "a.mp3", "a.ogg"])
@pytest.mark.parametrize("field", ["EARMARK", "earmark_tagger"])
def test_what_earmark_wrote_is_known(tagged, name, field):
    assert read_genres(tagged(name, ["Rock"], **{field: "gtzan10@0123"})) == (("Rock",), True)


@pytest.mark.parametrize("content", [
    b"", b"ID3", b"fLaC\0\0", b"not music", b"RIFF\xff\xff\xff\xff"])
def test_broken_files_have_no_genre(tmp_path, content):
    (tmp_path / "a.mp3").write_bytes(content)
    assert read_genres(tmp_path / "a.mp3") == ((), False)


@pytest.fixture
def collection(tagged, tmp_path):
    """Six rock, spelt in two ways, five jazz, and much that is to be left out."""
    for k in range(6):
        tagged(f"r{k}.flac", ["Hip Hop" if k else "hip-hop"], f"band {k % 3}")
    for k in range(5):
        tagged(f"j{k}.flac", ["Jazz", "Blues"] if k < 2 else ["Jazz"], f"trio {k % 2}")
    for k in range(4):
        tagged(f"p{k}.flac", ["Polka"], f"player {k}")
    for k in range(5):
        tagged(f"s{k}.flac", ["Ska"], "The Same")
    tagged("none.flac")
    tagged("ours.flac", ["Jazz"], "trio 9", EARMARK="gtzan10@0123")
    return FileTags(tmp_path / "music")


def test_genres_that_can_be_learnt_are_kept(collection):
    assert collection.vocabulary.labels == ("Hip Hop", "Jazz")
    labels = {track.id: track.labels for track in collection.tracks.values()}
    assert labels == {f"r{k}": ("Hip Hop",) for k in range(6)} | \
        {f"j{k}": ("Jazz",) for k in range(5)}
    assert collection.tracks["r4"].artist == "band 1"
    assert collection.vocabulary.canonical("hip-hop") == "Hip Hop"


@pytest.mark.parametrize("said", [
    "the genres Hip Hop, hip-hop are one genre: taken together as 'Hip Hop'",
    "2 genres of fewer than 5 tracks or of one artist left out: Polka (4 tracks), Ska (one artist)",
    "2 of 11 tracks bear several genres: each counts for the first that is written",
    "1 file without a genre left out: none.flac",
    "1 file whose genre Earmark wrote (EARMARK in the tags) left out: ours.flac",
    "artists: 5 known, for 11 of 11 tracks (11 from tags)",
])
def test_what_was_left_out_is_said(collection, said):
    assert said in collection.remarks()


def test_tracks_of_nobody_known_are_not_of_one_artist(tagged, tmp_path):
    for k in range(5):
        tagged(f"{k}.flac", ["Ska"], "")
    assert FileTags(tmp_path / "music").vocabulary.labels == ("Ska",)


def test_a_collection_without_genres_says_what_to_do(tagged, tmp_path):
    tagged("a.flac")
    with pytest.raises(DataError, match=r"1 file without a genre left out: a\.flac.*folders"):
        FileTags(tmp_path / "music").read_tracks()


def test_all_genres_of_a_file_may_count(collection, tagged, tmp_path):
    for k in range(4):
        tagged(f"b{k}.flac", ["blues", "hip hop", "Gamelan"], f"player {k}")
    every = FileTags(tmp_path / "music", labels="all")
    assert every.vocabulary.labels == ("blues", "Hip Hop", "Jazz")
    assert every.vocabulary.task == "multi"
    assert every.tracks["j0"].labels == ("Jazz", "blues")
    assert every.tracks["b0"].labels == ("blues", "Hip Hop")
    assert "6 of 15 tracks bear several genres: each genre is judged by itself" in every.remarks()
    first = FileTags(tmp_path / "music")
    assert first.vocabulary.task == "single"
    assert "b0" not in first.tracks  # four blues are too few


def test_ones_own_taxonomy_says_which_names_are_one(tagged, tmp_path):
    for k in range(6):
        tagged(f"{k}.flac", ["Gqom" if k % 2 else "iGqom"], f"band {k}")
    files = [tmp_path / "a.toml", tmp_path / "b.toml"]
    files[0].write_text("[genre]\ngqom = { parents = ['house'] }")
    files[1].write_text("[genre]\ngqom = { also = ['igqom'] }")
    with pytest.raises(DataError, match="no genre of 5 tracks"):
        FileTags(tmp_path / "music").read_tracks()
    mine = FileTags(tmp_path / "music", taxonomy=os.pathsep.join(map(str, files)))
    assert len(mine.tracks) == 6
    assert mine.vocabulary.labels == ("Gqom",)
    files[1].write_text("[genre]\n\ngqom = { parents = ['hous'] }")
    with pytest.raises(DataError, match=r"b\.toml, line 3: 'hous'"):
        FileTags(tmp_path / "music", taxonomy=str(files[1])).read_tracks()


def test_a_copy_is_known(collection, tmp_path):
    shutil.copy(tmp_path / "music/r1.flac", tmp_path / "music/z.flac")
    (fault,) = FileTags(tmp_path / "music").faults()
    assert (fault.track, fault.other) == ("z", "r1")


def test_where_files_lie_does_not_matter(tmp_path):
    FileTags.sample(tmp_path / "a")
    dataset = FileTags(tmp_path / "a")
    assert dataset.vocabulary.labels == ("Folk, World, & Country", "Jazz", "techno")
    assert np.unique([len(t.labels) for t in dataset.tracks.values()]).tolist() == [1]
    assert len(dataset.tracks) == 18


def test_names_known_as_one_genre_are_one_label(tagged, tmp_path):
    for k in range(6):
        tagged(f"e{k}.flac", ["Electronica" if k > 4 else "Drum & Bass"], f"band {k}")
        tagged(f"d{k}.flac", ["DnB"], f"band {k}")
    assert FileTags(tmp_path).vocabulary.labels == ("DnB",)
    assert FileTags(tmp_path).vocabulary.canonical("drum & bass") == "DnB"
