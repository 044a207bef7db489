import unicodedata

import mutagen
import numpy as np
import pytest
import soundfile
from hypothesis import given
from hypothesis import strategies as st
from mutagen.id3 import TALB, TIT2, TPE1, TPE2

from earmark.datasets import artists
from earmark.datasets.artists import Credit, credit, fold, from_folders, from_name, song_of, unify


def clip(path, **tags):
    path.parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(path, np.zeros(4000, np.float32), 8000)
    if tags and path.suffix == ".mp3":
        file = mutagen.File(path)
        file.add_tags()
        frames = {"artist": TPE1, "albumartist": TPE2, "album": TALB, "title": TIT2}
        for key, kind in frames.items():
            if key in tags:
                file.tags.add(kind(encoding=3, text=tags[key]))
        file.save()
    elif tags:
        file = mutagen.File(path)
        file.update(tags)
        file.save()
    return path


@pytest.mark.parametrize(("stem", "artist", "title"), [
    ("ABBA - Dancing Queen", "ABBA", "Dancing Queen"),
    ("Karissa_Hobbs_-_Lets_Go_Fishin", "Karissa Hobbs", "Lets Go Fishin"),
    ("01 - ABBA - SOS", "ABBA", "SOS"),
    ("01_-_ABBA_-_SOS", "ABBA", "SOS"),
    ("7. ABBA \u2013 SOS", "ABBA", "SOS"),
    ("1-03 ABBA - SOS", "ABBA", "SOS"),
    ("50 Cent - In da Club", "50 Cent", "In da Club"),
    ("24-7 Spyz - Jungle", "24-7 Spyz", "Jungle"),
    ("311 - Down", "311", "Down"),
    ("10cc - Donna", "10cc", "Donna"),
    ("ABBA - Arrival - 03 - Tiger", "ABBA", "Tiger"),
    ("Jay-Z", None, "Jay-Z"),
    ("03 Tiger", None, "Tiger"),
    ("03 - Tiger", None, "Tiger"),
    ("1999 - Prince song", None, "Prince song"),
    ("Track 01 - Untold", None, "Untold"),
    ("Various Artists - Untold", None, "Untold"),
    ("Unknown Artist - Untold", None, "Untold"),
    ("blues.00000", None, "blues.00000"),
    (" - ", None, None),
])  # fmt: skip
def test_names(stem, artist, title):
    name = from_name(stem)
    assert (name.artist, name.title) == (artist, title)


def test_an_album_is_read_where_a_number_follows_it():
    assert from_name("ABBA - Arrival - 03 - Tiger").album == "Arrival"
    assert from_name("ABBA - Tiger - Live").album is None


@pytest.mark.parametrize(("folders", "artist", "album"), [
    ([], None, None),
    (["ABBA"], "ABBA", None),
    (["ABBA", "Arrival"], "ABBA", "Arrival"),
    (["ABBA", "Arrival", "CD 2"], "ABBA", "Arrival"),
    (["A", "ABBA"], "ABBA", None),
    (["ABBA - Arrival"], "ABBA", "Arrival"),
    (["1976 - Arrival"], "Arrival", None),
    (["Various Artists", "Now 42"], None, "Now 42"),
    (["2019", "mp3", "disc1"], None, None),
    (["train"], None, None),
])  # fmt: skip
def test_folders(folders, artist, album):
    name = from_folders(folders)
    assert (name.artist, name.album) == (artist, album)


@pytest.mark.parametrize("spellings", [
    ["The Beatles", "beatles", "BEATLES, The", "The  Béatles feat. Billy Preston"],
    ["Simon & Garfunkel", "Simon and Garfunkel", "Simon+and+Garfunkel"],
    ["AC/DC", "ACDC", "AC-DC", "ac dc"],
    ["Motörhead", "Moto\u0308rhead", "MOTORHEAD"],
    ["Jay-Z (ft. Rihanna)", "JAY Z"],
    ["Mø", "MO"],
])  # fmt: skip
def test_spellings_of_one_artist_are_equal(spellings):
    assert len({fold(name) for name in spellings}) == 1


@pytest.mark.parametrize(("a", "b"), [
    ("Little Feat", "Little"), ("!!!", "???"), ("Low", "Love"), ("किशोर", "कशर"),
    ("Theatre", "Atre"), ("宇多田ヒカル", "宇多田"),
])  # fmt: skip
def test_different_artists_stay_different(a, b):
    assert fold(a) != fold(b)


WORDS = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=20)


@given(WORDS)
def test_fold_keeps_what_it_made_and_loses_no_name(name):
    assert fold(fold(name)) == fold(name)
    assert fold(name) or not name.strip()


@given(WORDS)
def test_case_and_composition_make_no_other_artist(name):
    assert fold(unicodedata.normalize("NFD", name)) == fold(unicodedata.normalize("NFC", name))
    assert fold(name.casefold()) == fold(name)


PLAIN = st.text("abcdefghij xyzÄé", min_size=2, max_size=12).map(str.strip).filter(
    lambda s: len(s) > 1 and artists.somebody(s) and "  " not in s)  # fmt: skip


@given(artist=PLAIN, title=PLAIN, number=st.integers(1, 99), dash=st.sampled_from([" - ", "_-_"]))
def test_artist_and_title_are_found_behind_any_track_number(artist, title, number, dash):
    for stem in (f"{artist}{dash}{title}", f"{number:02d}{dash}{artist}{dash}{title}",
                 f"{number}. {artist}{dash}{title}"):  # fmt: skip
        assert from_name(stem).artist == unicodedata.normalize("NFC", artist)
        assert from_name(stem).title == unicodedata.normalize("NFC", title)


@given(stem=st.text(max_size=60), numbered=st.booleans())
def test_no_name_is_too_odd(stem, numbered):
    name = from_name(stem, numbered=numbered)
    assert all(part is None or part == part.strip() != "" for part in name)
    song = song_of(stem)
    assert song is None or (stem.startswith(song) and len(song) < len(stem))


@pytest.mark.parametrize(("stem", "song"), [
    ("track01_part2", "track01"), ("blues.00000.3", "blues.00000"), ("blues.00000", None),
    ("Song (Part 2)", "Song"), ("a-clip-12", "a"), ("apart2", None), ("part 2", None),
    ("rapt 2", None), ("Song 2", None), ("07 Title", None),
])  # fmt: skip
def test_songs_of_clips(stem, song):
    assert song_of(stem) == song


def test_numbers_before_names_are_track_numbers_where_the_folder_has_several(tmp_path):
    paths = ["pop/12 ABBA - SOS.wav", "pop/13 Queen - Bicycle.wav"]
    assert [c.artist for c in credit(tmp_path, paths)] == ["ABBA", "Queen"]
    paths = ["rap/50 Cent - In da Club.wav", "rap/50 Cent - Candy Shop.wav"]
    assert [c.artist for c in credit(tmp_path, paths)] == ["50 Cent", "50 Cent"]


def test_tags_go_before_folders_and_names(tmp_path):
    clip(tmp_path / "pop/Folder/Name - Title.mp3", artist="Tagged", album="A", title="T")
    clip(tmp_path / "pop/Folder/Record/Name - Title.mp3")
    clip(tmp_path / "pop/Folder/Other - Title.mp3")
    clip(tmp_path / "pop/song.mp3", artist="Various Artists", albumartist="TAGGED")
    clip(tmp_path / "pop/none.flac", artist="Flac Artist")
    clip(tmp_path / "pop/bare.wav")
    paths = sorted(p.relative_to(tmp_path).as_posix() for p in tmp_path.rglob("*.*"))
    found = dict(zip(paths, credit(tmp_path, paths), strict=True))
    # Two spellings once each: the first as sorted is taken for both.
    assert found == {
        "pop/Folder/Name - Title.mp3": Credit("TAGGED", "Tagged / A", "T", "tags"),
        "pop/Folder/Other - Title.mp3": Credit("Other", None, "Title", "names"),
        "pop/Folder/Record/Name - Title.mp3": Credit(
            "Folder", "Folder / Record", "Title", "folders"),
        "pop/bare.wav": Credit(None, None, "bare", "unknown"),
        "pop/none.flac": Credit("Flac Artist", None, "none", "tags"),
        "pop/song.mp3": Credit("TAGGED", None, "song", "tags"),
    }
    assert artists.origins(found.values()) == {
        "table": 0, "tags": 3, "folders": 1, "names": 1, "unknown": 1}


@pytest.mark.parametrize("content", [
    b"", b"ID3\x04\x00\x00\x7f\x7f\x7f\x7f" + b"TPE1\x7f\x7f\x7f\x7f\x00\x00\x03" + b"x" * 50,
    b"ID3", b"RIFF\xff\xff\xff\xffWAVELIST\xff\xff\xff\xffINFOIART\xff\xff\xff\xffa",
    b"OggS" + b"\x00" * 60, b"fLaC\x84\xff\xff\xff", b"\x00\x00\x00\x20ftypM4A " + b"\xff" * 40,
])  # fmt: skip
@pytest.mark.parametrize("suffix", [".mp3", ".wav", ".ogg", ".flac", ".m4a", ".au", ".wma"])
def test_broken_tags_say_nothing_and_never_fail(tmp_path, content, suffix):
    path = tmp_path / f"a{suffix}"
    path.write_bytes(content)
    assert artists.read_tags(path).origin in ("unknown", "tags")
    assert credit(tmp_path, [f"x/{path.name}"])[0].artist is None


def test_missing_files_and_folders_have_no_tags(tmp_path):
    assert artists.read_tags(tmp_path) == artists.read_tags(tmp_path / "none.mp3") == Credit()


def test_albums_of_one_name_by_two_artists_differ_and_guests_change_none(tmp_path):
    clip(tmp_path / "a.mp3", artist="Ann", album="Greatest Hits")
    clip(tmp_path / "b.mp3", artist="Bob", album="Greatest Hits")
    clip(tmp_path / "c.mp3", artist="Ann feat. Bob", album="greatest hits")
    clip(tmp_path / "d.mp3", artist="Ann feat. Bob", album="Others")
    clip(tmp_path / "e.mp3", artist="Ann", albumartist="Various Artists", album="Now 42")
    clip(tmp_path / "f.mp3", artist="Bob", albumartist="Various Artists", album="Now 42")
    albums = [c.album for c in credit(tmp_path, [f"{n}.mp3" for n in "abcdef"], folders=False)]
    assert albums[0] == albums[2] != albums[1]
    assert len({albums[0], albums[1], albums[3]}) == 3
    assert albums[4] == albums[5] == "Various Artists / Now 42"


def test_the_commonest_spelling_is_taken():
    assert unify(["abba", "ABBA", None, "ABBA", "Queen"]) == ["ABBA", "ABBA", None, "ABBA", "Queen"]


def test_an_artist_called_like_the_label_is_none(tmp_path):
    clip(tmp_path / "Hip-Hop/a.mp3", artist="hip hop")
    clip(tmp_path / "Hip-Hop/hip-hop - b.mp3")
    paths = ["Hip-Hop/a.mp3", "Hip-Hop/hip-hop - b.mp3"]
    assert [c.artist for c in credit(tmp_path, paths)] == [None, None]
    assert credit(tmp_path, paths, folders=False)[0].artist == "hip hop"
