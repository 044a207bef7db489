"""GTZAN is one dataset in every layout, and what is known of it agrees with its sources."""

from __future__ import annotations

import csv
import re
import shutil
from collections import Counter
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest

from earmark.datasets.base import FeatureTable
from earmark.datasets.gtzan import Gtzan
from earmark.datasets.opening import recognised
from earmark.errors import DataError

HEADER = "filename,length,tempo,label\n"


def touch(root: Path, *names: str) -> Path:
    """Make empty files: the reader goes by names and leaves the sound to others."""
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).touch()
    return root


def write_table(path: Path, *rows: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(HEADER + "".join(f"{row}\n" for row in rows), encoding="utf-8")
    return path


@pytest.fixture
def sample(tmp_path: Path) -> Gtzan:
    Gtzan.sample(tmp_path)
    return Gtzan(tmp_path)


@pytest.mark.parametrize(
    "name",
    [
        "Data/genres_original/blues/blues.00000.wav",
        "genres_original/blues/blues.00000.wav",
        "genres/blues/blues.00000.au",
        "gtzan/genres/blues/blues.00000.au",
        "blues/blues.00000.wav",
        "blues/blues_00000.wav",
        "wavs/blues/blues_00000.wav",
        "genres/Blues/Blues.00000.MP3",
        "genres/blues/blues.00000.flac",
    ],
)
def test_every_layout_gives_the_same_id(tmp_path: Path, name: str) -> None:
    (track,) = Gtzan(touch(tmp_path, name)).tracks.values()
    assert (track.id, track.labels, track.path) == ("blues.00000", ("blues",), name)
    assert track.artist == "artist-001"


def test_other_spellings_of_hiphop(tmp_path: Path) -> None:
    touch(tmp_path, "hip-hop/hip-hop.00001.wav", "Hip Hop/hiphop_00002.wav")
    tracks = Gtzan(tmp_path).tracks
    assert {t.id: t.labels for t in tracks.values()} == {
        "hiphop.00001": ("hiphop",), "hiphop.00002": ("hiphop",)
    }  # fmt: skip


def test_what_is_not_a_track_is_left_alone(tmp_path: Path) -> None:
    touch(tmp_path, "genres/jazz/jazz.00001.au", "genres/jazz/._jazz.00002.au",
          "genres/jazz/jazz.mf", "genres/jazz/jazz.00003.png", "genres/jazz/jazz.00004.2.wav",
          "genres/jazz/notes.wav", "genres/salsa/salsa.00000.wav", "genres/.jazz/jazz.00009.wav",
          "__MACOSX/genres/jazz/._jazz.00001.au")  # fmt: skip
    (tmp_path / "genres/jazz/jazz.00005.wav").mkdir()
    assert list(Gtzan(tmp_path).tracks) == ["jazz.00001"]


def test_of_several_files_wav_comes_first_then_the_path(tmp_path: Path) -> None:
    touch(tmp_path, "Data/genres_original/pop/pop.00000.mp3", "genres/pop/pop.00000.wav",
          "genres/pop/pop.00000.au", "Data/genres_original/pop/pop.00001.au",
          "genres/pop/pop.00001.au")  # fmt: skip
    paths = {t.id: t.path for t in Gtzan(tmp_path).tracks.values()}
    assert paths == {"pop.00000": "genres/pop/pop.00000.wav",
                     "pop.00001": "Data/genres_original/pop/pop.00001.au"}  # fmt: skip


def test_a_track_of_a_table_alone_has_no_path(tmp_path: Path) -> None:
    touch(tmp_path, "Data/genres_original/rock/rock.00000.wav")
    write_table(tmp_path / "Data/features_30_sec.csv", "rock.00000.wav,1,2,rock",
                "hiphop.00001.au,1,2,hip-hop")  # fmt: skip
    write_table(tmp_path / "Data/features_3_sec.csv", "pop.00002.0.wav,1,2,pop",
                "pop.00002.1.wav,1,2,pop")  # fmt: skip
    paths = {t.id: t.path for t in Gtzan(tmp_path).tracks.values()}
    assert paths == {"hiphop.00001": None, "pop.00002": None,
                     "rock.00000": "Data/genres_original/rock/rock.00000.wav"}  # fmt: skip


def test_feature_tables_and_pictures_are_found_where_they_are(tmp_path: Path) -> None:
    row = "pop.00002.0.wav,1,2,pop"
    near = write_table(tmp_path / "features_10_sec.csv", row)
    deep = write_table(tmp_path / "Data/features_3_sec.csv", row)
    assert Gtzan(tmp_path).feature_tables() == (
        FeatureTable(near, {"name": "gtzan57", "padding": "zeros"}, 10.0),
        FeatureTable(deep, {"name": "gtzan57", "padding": "reflect"}, 3.0),
    )
    assert Gtzan(tmp_path).pictures() is None
    (tmp_path / "Data/images_original").mkdir()
    assert Gtzan(tmp_path).pictures() == tmp_path / "Data/images_original"


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        (["pop.00001.wav,1,2,pop", "pop_00001.au,1,2,pop"],
         "line 3: 'pop_00001.au' is already on line 2"),
        (["pop.00001.wav,1,2,rock"], "line 2: 'pop.00001.wav' is labelled 'rock'; expected pop"),
        (["tune.wav,1,2,rock"], "line 2: 'tune.wav' does not name a GTZAN track"),
    ],
)  # fmt: skip
def test_a_table_that_contradicts_itself(tmp_path: Path, rows: list[str], message: str) -> None:
    table = write_table(tmp_path / "features_30_sec.csv", *rows)
    with pytest.raises(DataError, match=re.escape(f"{table}, {message}")):
        Gtzan(tmp_path).read_tracks()


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"length,tempo,label\n1,2,pop\n", "has no column 'filename'"),
        (b"", "has no column 'filename'"),
        ("filename,label\npop.00001.wav,é\n".encode("latin-1"), "cannot be read as a table"),
    ],
)
def test_a_table_of_another_make(tmp_path: Path, content: bytes, message: str) -> None:
    (tmp_path / "features_30_sec.csv").write_bytes(content)
    with pytest.raises(DataError, match=message):
        Gtzan(tmp_path).read_tracks()


def test_a_file_in_the_folder_of_another_genre(tmp_path: Path) -> None:
    touch(tmp_path, "genres/pop/rock.00001.wav")
    with pytest.raises(DataError, match="is named rock and lies in the folder of pop"):
        Gtzan(tmp_path).read_tracks()


def test_nothing_found_says_where_it_looked(tmp_path: Path) -> None:
    touch(tmp_path, "blues/my favourite song.mp3")
    looked = r"holds no GTZAN: looked for <genre>/<genre>\.NNNNN\.wav .* features_3_sec\.csv"
    with pytest.raises(DataError, match=looked) as caught:
        Gtzan(tmp_path).read_tracks()
    assert "\n" not in str(caught.value)
    with pytest.raises(DataError, match="nowhere: no such folder"):
        Gtzan(tmp_path / "nowhere").read_tracks()


@pytest.mark.parametrize(
    ("row_name", "expected"),
    [
        ("blues.00000.3.wav", ("blues.00000", 3)),
        ("blues.00000.wav", ("blues.00000", 0)),
        ("blues.00000.au", ("blues.00000", 0)),
        ("hip-hop_00012.9.wav", ("hiphop.00012", 9)),
        ("blues/blues.00000.wav", ("blues.00000", 0)),
    ],
)
def test_segment_of(row_name: str, expected: tuple[str, int]) -> None:
    assert Gtzan("").segment_of(row_name) == expected


@pytest.mark.parametrize("row_name", ["", "blues", "blues.0000.wav", "salsa.00000.wav",
                                      "blues.00000.x.wav", "blues.00000.gif", "._blues.00000.wav"])
def test_segment_of_refuses_other_names(row_name: str) -> None:
    with pytest.raises(DataError, match="does not name a GTZAN track; expected"):
        Gtzan("").segment_of(row_name)


def test_sample_has_each_genre_in_each_part(sample: Gtzan) -> None:
    parts = sample.partitions()["filtered"]
    held = Counter((track.labels[0], parts[t]) for t, track in sample.tracks.items())
    assert held == {(g, p): 1 for g in sample.vocabulary.labels for p in ("train", "valid", "test")}


def test_the_parts_of_a_fold_are_the_fold_and_the_rest(sample: Gtzan) -> None:
    folds = [sample.partitions()[f"artist-fold-{k}"] for k in (1, 2, 3)]
    for track in folds[0]:
        assert sorted(fold[track] for fold in folds) == ["test", "train", "train"]


def test_faults_concern_tracks_that_are_present(tmp_path: Path) -> None:
    touch(tmp_path, "genres/metal/metal.00058.au", "genres/jazz/jazz.00054.au",
          "genres/metal/metal.00034.au")  # fmt: skip
    assert [(f.track, f.kind) for f in Gtzan(tmp_path).faults()] == [("jazz.00054", "unreadable")]
    touch(tmp_path, "genres/rock/rock.00016.au")
    pair = Gtzan(tmp_path).faults()[1]
    assert (pair.track, pair.kind, pair.other) == ("metal.00058", "exact duplicate", "rock.00016")


@pytest.mark.realdata
class TestRealData:
    """The facts that travel with the package, against the files they were drawn from."""

    @pytest.fixture
    def gtzan(self, realdata: Path) -> Gtzan:
        return Gtzan(realdata / "gtzan")

    def test_sample_has_the_published_columns(self, realdata: Path, tmp_path: Path) -> None:
        Gtzan.sample(tmp_path)
        headers = []
        for root in (realdata / "gtzan", tmp_path):
            with (root / "Data/features_30_sec.csv").open(newline="") as file:
                headers.append(next(csv.reader(file)))
        assert headers[0] == headers[1]

    def test_tables_complete_the_partial_audio(self, gtzan: Gtzan) -> None:
        assert len(gtzan.tracks) == 1000
        assert set(Counter(t.labels for t in gtzan.tracks.values()).values()) == {100}
        with_audio = [t for t in gtzan.tracks.values() if t.path]
        assert len(with_audio) == 44 + 4  # the Kaggle part and the Marsyas part
        assert gtzan.tracks["disco.00004"].path == "genres/disco/disco.00004.au"

    def test_table_alone_gives_all_tracks(self, realdata: Path, tmp_path: Path) -> None:
        table = realdata / "gtzan/Data/features_30_sec.csv"
        (tmp_path / "features_30_sec.csv").write_bytes(table.read_bytes())
        tracks = Gtzan(tmp_path).tracks
        assert len(tracks) == 1000
        assert not any(t.path for t in tracks.values())

    def test_filtered_split_is_the_published_one(self, gtzan: Gtzan, realdata: Path) -> None:
        filtered = gtzan.partitions()["filtered"]
        assert Counter(filtered.values()) == {"train": 443, "valid": 197, "test": 290}
        for part in ("train", "valid", "test"):
            lines = (realdata / f"gtzan/splits/{part}_filtered.txt").read_text().split()
            published = {line.partition("/")[2].removesuffix(".wav") for line in lines}
            assert published == {t for t, p in filtered.items() if p == part}

    @pytest.mark.parametrize(("fold", "train", "test"), [(1, 633, 315), (2, 632, 316),
                                                        (3, 631, 317)])
    def test_artist_folds(self, gtzan: Gtzan, fold: int, train: int, test: int) -> None:
        parts = gtzan.partitions()[f"artist-fold-{fold}"]
        assert len(parts) == 948
        assert Counter(parts.values()) == {"train": train, "test": test}

    def test_no_artist_stands_on_two_sides_of_the_filtered_split(self, gtzan: Gtzan) -> None:
        sides = self.sides(gtzan, gtzan.partitions()["filtered"])
        assert not [artist for artist, parts in sides.items() if len(parts) > 1]

    def test_artist_folds_are_not_free_of_artists_on_two_sides(self, gtzan: Gtzan) -> None:
        folds = [gtzan.partitions()[f"artist-fold-{k}"] for k in (1, 2, 3)]
        own = {t: str([f[t] for f in folds].index("test")) for t in folds[0]}
        assert sum(len(parts) > 1 for parts in self.sides(gtzan, own).values()) == 24

    def test_artists_are_those_of_the_index(self, gtzan: Gtzan, realdata: Path) -> None:
        index = (realdata / "gtzan/faults/sturm_index.txt").read_text().splitlines()
        pairs = set()
        for line in index:
            if ":::" not in line:
                continue
            track, artist = (field.strip() for field in line.split(":::")[:2])
            spelling = re.sub("[^a-z0-9]", "", artist.casefold().replace("&", "and"))
            pairs.add((spelling or None, gtzan.tracks[track.removesuffix(".wav")].artist))
        assert len(pairs) == len({a for a, _ in pairs}) == len({b for _, b in pairs}) == 243
        assert (None, None) in pairs

    def test_exact_duplicates_are_the_equal_rows(self, gtzan: Gtzan) -> None:
        with gtzan.root.joinpath("Data/features_30_sec.csv").open(newline="") as file:
            held: dict[tuple[str, ...], list[str]] = {}
            for row in list(csv.reader(file))[1:]:
                held.setdefault(tuple(row[2:-1]), []).append(gtzan.segment_of(row[0])[0])
        equal = {tuple(tracks) for tracks in held.values() if len(tracks) > 1}
        faults = [f for f in gtzan.faults() if f.kind == "exact duplicate"]
        assert {(f.track, f.other) for f in faults} == equal
        assert len(equal) == 14

    def test_near_duplicates_are_the_nearest_rows(self, gtzan: Gtzan) -> None:
        table = gtzan.root / "Data/features_30_sec.csv"
        rows = np.loadtxt(table, delimiter=",", skiprows=1, usecols=range(2, 59))
        rows = (rows - rows.mean(axis=0)) / rows.std(axis=0)
        ids = list(gtzan.tracks)
        near = set()
        for i, row in enumerate(rows):
            distance = np.linalg.norm(rows[i + 1 :] - row, axis=1)
            found = np.flatnonzero((distance > 0) & (distance < 0.5)) + i + 1
            near |= {(ids[i], ids[j]) for j in found}
        assert {(f.track, f.other) for f in gtzan.faults() if f.kind == "near duplicate"} == near

    def test_pairs_of_one_title_are_those_of_the_index(self, gtzan: Gtzan, realdata: Path) -> None:
        named: dict[tuple[str, ...], list[str]] = {}
        for line in (realdata / "gtzan/faults/sturm_index.txt").read_text().splitlines():
            track, *credit = (field.strip() for field in line.split(":::"))
            if len(credit) == 2 and all(credit):
                named.setdefault(tuple(credit), []).append(track.removesuffix(".wav"))
        pairs = {p for tracks in named.values() for p in combinations(sorted(tracks), 2)}
        assert len(pairs) == 91
        assert {(f.track, f.other) for f in gtzan.faults() if f.kind == "same title"} == pairs

    def test_one_title_is_no_copy(self, gtzan: Gtzan) -> None:
        assert sum(fault.is_copy for fault in gtzan.faults()) == 14 + 5

    @staticmethod
    def sides(gtzan: Gtzan, parts: dict[str, str]) -> dict[str, set[str]]:
        sides: dict[str, set[str]] = {}
        for track, part in parts.items():
            if artist := gtzan.tracks[track].artist:
                sides.setdefault(artist, set()).add(part)
        return sides


def test_folders_of_genres_with_other_music_in_them_are_somebodys_own(tmp_path):
    Gtzan.sample(tmp_path)
    (tmp_path / "Data" / "features_30_sec.csv").unlink()
    assert recognised(tmp_path) == "gtzan"
    clip = next((tmp_path / "Data" / "genres_original" / "blues").iterdir())
    (tmp_path / "part" / "genres" / "blues").mkdir(parents=True)
    shutil.copy(clip, tmp_path / "part" / "genres" / "blues")
    assert recognised(tmp_path / "part") == "gtzan"
    for number in range(3):
        shutil.copy(clip, clip.with_name(f"my song {number}.wav"))
    shutil.copy(clip, clip.with_name("._blues.00001.wav"))
    assert recognised(tmp_path / "Data" / "genres_original") == "folder"
    (remark,) = Gtzan(tmp_path).remarks()
    assert remark.startswith("3 audio files not named as GTZAN's left out: Data/genres_original/"
                             "blues/my song 0.wav")
