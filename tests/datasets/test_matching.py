"""Files for tracks: what counts as the same artist, title and duration."""

from __future__ import annotations

import csv
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile
from hypothesis import given
from hypothesis import strategies as st

from earmark.datasets.base import Track
from earmark.datasets.matching import Candidate, fold_title, match, read_candidates
from earmark.errors import DataError


def _track(title: str, seconds: float | None = None, i: str = "t") -> Track:
    return Track(i, ("rock",), artist="Ann Onym", title=title, seconds=seconds)


def _file(
    title: str | None, artist: str | None = "Ann Onym", seconds: float | None = None,
    name: str = "a.mp3",
) -> Candidate:
    return Candidate(Path(name), artist, title, seconds, origin="tags")


@pytest.mark.parametrize("title", [
    "Déjà vu", "DEJA VU", "Déjà-Vu!", "Deja Vu (Remastered 2009)", "Deja Vu - 2011 Remaster",
    "Deja Vu [Mono Version]", "Deja Vu (feat. Bob Nobody)", "Deja Vu ft. Bob Nobody",
    "Deja Vu (Album Version) - Remastered", "Deja Vu (25th Anniversary Edition)",
])  # fmt: skip
def test_titles_of_one_recording(title: str) -> None:
    assert fold_title(title) == fold_title("Déjà Vu")
    assert match([_track("Déjà Vu")], None, [_file(title)])["t"].by == "artist, title"


@pytest.mark.parametrize("title", [
    "Deja Vu (Live)", "Deja Vu - Live", "Deja Vu (Acoustic)", "Deja Vu (Bob Remix)",
    "Deja Vu (Original Demo)", "Deja Vu II", "Deja", "Deja Vu (Instrumental)",
])  # fmt: skip
def test_titles_of_other_recordings(title: str) -> None:
    assert not match([_track("Déjà Vu")], None, [_file(title)])


@pytest.mark.parametrize("artist", ["ANN ONYM", "Ann-Onym", "The Ann Onym", "Ann Onym feat. Bob",
                                    "Änn Onym"])  # fmt: skip
def test_artists_that_are_one(artist: str) -> None:
    assert match([_track("Song")], None, [_file("Song", artist)])["t"].by == "artist, title"


def test_the_first_of_several_artists_is_weaker_and_said() -> None:
    both = _file("Song", "Ann Onym & Bob Nobody", name="both.mp3")
    assert match([_track("Song")], None, [both])["t"].by == "first artist, title"
    alone = _file("Song", name="z.mp3")
    assert match([_track("Song")], None, [both, alone])["t"].file == alone.file


def test_another_artist_or_none_is_no_match() -> None:
    files = [_file("Song", "Cyd Noone"), _file("Song", None), _file(None)]
    assert match([_track("Song"), _track("", i="u")], None, files) == {}


def test_durations_part_recordings_and_choose_among_files() -> None:
    track = _track("Song", seconds=200.0)
    far, near, nearest = (_file("Song", seconds=s, name=f"{s}.mp3") for s in (300, 203.5, 199))
    assert match([track], None, [far]) == {}
    found = match([track], None, [far, near, nearest])["t"]
    assert (found.file, found.by, found.seconds_apart) == (nearest.file, "artist, title, duration",
                                                           1.0)  # fmt: skip
    assert found.others == (near.file,)
    assert match([track], None, [far], seconds_tolerance=None)["t"].by == "artist, title"
    assert match([track], None, [nearest], seconds_tolerance=0.5) == {}


def test_a_file_without_duration_comes_after_one_that_is_near() -> None:
    files = [_file("Song", name="a.mp3"), _file("Song", seconds=202, name="b.mp3")]
    found = match([_track("Song", seconds=200.0)], None, files)["t"]
    assert (found.file.name, found.others) == ("b.mp3", (Path("a.mp3"),))
    assert match([_track("Song", seconds=200.0)], None, files[:1])["t"].seconds_apart is None


def test_the_title_as_written_goes_before_another_edition_then_the_path() -> None:
    files = [_file("Song (Mono)", name="a.mp3"), _file("Song", name="c.mp3"),
             _file("Song", name="b.mp3")]  # fmt: skip
    found = match([_track("Song")], None, files)["t"]
    assert found.file.name == "b.mp3"
    assert found.others == (Path("a.mp3"), Path("c.mp3"))


@pytest.mark.parametrize(("title", "seconds", "found"), [
    ("Guayateo", 158.0, True), ("Guayateo", None, False), ("Guayateo", 170.0, False),
    ("Guayeteo II", 158.0, False), ("Guayeteo 2", 158.0, False), ("Another one", 158.0, False),
])  # fmt: skip
def test_a_slip_in_a_title_is_forgiven_where_durations_agree(
    title: str, seconds: float | None, found: bool
) -> None:
    file = _file("Guayeteo", seconds=157.75)
    by = [m.by for m in match([_track(title, seconds)], None, [file]).values()]
    assert by == (["artist, title nearly, duration"] if found else [])
    assert not match([_track(title, seconds)], None, [file], seconds_tolerance=None)


def test_the_exact_title_goes_before_one_that_is_nearly_so() -> None:
    tracks = [_track("Guayateo", 158.0, "1"), _track("Guayeteo", 158.0, "2")]
    assert list(match(tracks, None, [_file("Guayeteo", seconds=158.0)])) == ["2"]


def test_escaped_marks_and_titles_that_repeat_the_artist(tmp_path: Path) -> None:
    with soundfile.SoundFile(tmp_path / "x.flac", "w", 8000, 1) as file:
        file.artist, file.title = "Ann &quot;O.N.&quot; Onym", "Ann - Miedo"
        file.write(np.zeros(800))
    track = Track("t", ("rock",), artist="ANN “O.N.” ONYM", title="Miedo")
    assert match([track], None, read_candidates(tmp_path))["t"].by == "artist, title"
    other = Track("t", ("rock",), artist="Ann", title="Miedo")
    assert not match([other], None, read_candidates(tmp_path))


def test_one_file_serves_one_track_and_one_track_has_one_file() -> None:
    twins = [_track("Song", i="1"), _track("Song (Remastered)", i="2"), _track("Song", i="3")]
    files = [_file("Song", name="a.mp3"), _file("Song", name="b.mp3")]
    found = match(twins, None, files)
    assert list(found) == ["1", "3"]
    assert {m.file.name for m in found.values()} == {"a.mp3", "b.mp3"}


def test_names_beside_the_tracks_are_used_instead_of_their_keys() -> None:
    tracks = [Track("t", ("rock",), artist="2f9ecbed", album="B000")]
    assert match(tracks, {"t": ("Ann Onym", "Song")}, [_file("Song")])["t"].track == "t"
    assert match(tracks, {}, [_file("Song")]) == {}
    assert match(tracks, {"t": (None, "Song")}, [_file("Song")]) == {}


def test_files_of_an_album_serve_its_tracks_where_no_titles_are_known() -> None:
    tracks = [Track(i, ("rock",)) for i in ("1", "2", "3")]
    names = dict.fromkeys("12", ("Ann Onym", None, "Arrival (Deluxe Edition)"))
    names["3"] = ("Ann Onym", "Song", "Arrival")  # its title is known: it alone will do
    files = [replace(_file(f"{n}", name=f"{n}.mp3"), album="Arrival") for n in range(5)]
    found = match(tracks, names, files)
    assert {i: (m.file.name, m.by) for i, m in found.items()} == {
        "1": ("0.mp3", "artist, album"), "2": ("1.mp3", "artist, album")}  # fmt: skip


def test_a_name_may_have_the_title_first() -> None:
    turned = replace(_file("Ann Onym", "Song"), origin="names")
    assert match([_track("Song")], None, [turned])["t"].by == "title, artist"
    assert match([_track("Song")], None, [replace(turned, origin="tags")]) == {}


@given(st.text(max_size=30))
def test_folding_again_changes_nothing_and_hostile_titles_do_no_harm(title: str) -> None:
    assert fold_title(title.upper()) == fold_title(title.upper().lower().upper())
    assert match([_track(title)], None, [_file(title)]).keys() == ({"t"} if title else set())


def test_candidates_are_read_from_tags_folders_and_names(tmp_path: Path) -> None:
    samples = 0.1 * np.ones(8000)
    for path in ("Ann Onym/Arrival/01 First.wav", "Bob Nobody - Second.wav", "third.wav"):
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        soundfile.write(tmp_path / path, samples, 8000)
    with soundfile.SoundFile(tmp_path / "x.flac", "w", 8000, 1) as file:
        file.artist, file.title, file.album = "Cyd Noone", "Fourth", "Waterloo"
        file.write(np.tile(samples, 2))
    (tmp_path / "broken.mp3").write_bytes(b"ID3\x04nothing of the sort")
    (tmp_path / "notes.txt").write_text("no audio")
    found = {c.file.name: (c.artist, c.title, c.album, c.seconds, c.origin)
             for c in read_candidates(tmp_path)}  # fmt: skip
    assert found == {
        "01 First.wav": ("Ann Onym", "First", "Arrival", 1.0, "folders"),
        "Bob Nobody - Second.wav": ("Bob Nobody", "Second", None, 1.0, "names"),
        "third.wav": (None, "third", None, 1.0, "unknown"),
        "x.flac": ("Cyd Noone", "Fourth", "Waterloo", 2.0, "tags"),
        "broken.mp3": (None, "broken", None, None, "unknown"),
    }


def test_a_missing_folder_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no such folder"):
        read_candidates(tmp_path / "nowhere")


@pytest.mark.realdata
def test_real_songs_are_found_by_what_a_catalogue_says(realdata: Path) -> None:
    with (realdata / "songs/jamendo_songs.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    tracks = [Track(row["Filepath"], (row["Genre"],), artist=row["Artist"], title=row["Title"])
              for row in rows]  # fmt: skip
    found = match(tracks, None, read_candidates(realdata / "songs"))
    assert {track: made.file.name for track, made in found.items()} == {
        row["Filepath"]: row["Filepath"] for row in rows if row["Title"] != "Guayateo"}
    # The catalogue's slip is forgiven once it says how long the song is.
    slip = [Track("slip", ("pop",), artist="JhoyKing", title="Guayateo", seconds=158.0)]
    assert match(slip, None, read_candidates(realdata / "songs"))["slip"].origin == "tags"
