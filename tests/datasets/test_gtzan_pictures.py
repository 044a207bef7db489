"""GTZAN's spectrogram pictures: of which tracks they are, and who borrows one."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from earmark.datasets.base import FeatureTable
from earmark.datasets.gtzan import Gtzan
from earmark.datasets.opening import recognised
from earmark.errors import DataError
from earmark.features import base as features
from earmark.features.specgram import Specgram, full_size


def pictures(folder: Path, *names: str) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "some.npz"
    np.savez(path, X=np.zeros((len(names), 370, 496), np.uint8), name=np.array(names, np.str_))
    return path


@pytest.mark.parametrize("at", [".", "gtzan", "Data"])
def test_they_are_found_at_the_root_or_one_folder_down(tmp_path: Path, at: str) -> None:
    path = pictures(tmp_path / at / "spectrograms", "blues/blues.00003.png", "pop.00004.png")
    read = Gtzan(tmp_path)
    assert [(t.id, t.labels, t.path) for t in read.tracks.values()] == [
        ("blues.00003", ("blues",), None), ("pop.00004", ("pop",), None)]
    (table,) = read.feature_tables()
    assert (table.path, table.seconds, table.pictures, table.comparable, table.borrowed) == (
        path, None, True, False, {})
    assert recognised(tmp_path) == "gtzan"


def test_what_the_table_says_of_itself_is_what_the_family_says(tmp_path: Path) -> None:
    pictures(tmp_path / "spectrograms", "blues/blues.00003.png")
    (table,) = Gtzan(tmp_path).feature_tables()
    assert features.build(table.front_end) == full_size()
    assert Specgram().made_by(features.describe(features.build(table.front_end)))


def test_they_stand_beside_the_other_tables(tmp_path: Path) -> None:
    (tmp_path / "features_30_sec.csv").write_text("filename,label\nrock.00001.wav,rock\n")
    pictures(tmp_path / "spectrograms", "blues/blues.00003.png")
    read = Gtzan(tmp_path)
    assert list(read.tracks) == ["blues.00003", "rock.00001"]
    assert [t.front_end["name"] for t in read.feature_tables()] == ["gtzan57", "specgram"]


def test_the_copy_of_a_pictured_clip_borrows_its_picture(tmp_path: Path) -> None:
    # disco 98 and 99 are one recording, and so are rock 16 and metal 58; pop 15 and 22 only nearly
    pictures(tmp_path / "spectrograms", "disco/disco.00099.png", "metal/metal.00058.png",
             "pop/pop.00015.png", "pop/pop.00054.png", "pop/pop.00060.png")  # fmt: skip
    read = Gtzan(tmp_path)
    assert list(read.tracks) == ["disco.00098", "disco.00099", "metal.00058", "pop.00015",
                                 "pop.00054", "pop.00060", "rock.00016"]  # fmt: skip
    assert read.tracks["rock.00016"].labels == ("rock",)
    assert read.feature_tables()[0].borrowed == {"disco.00098": "disco.00099",
                                                 "rock.00016": "metal.00058"}  # fmt: skip


@pytest.mark.parametrize(("name", "message"), [
    ("blues/tune.png", "'blues/tune.png' does not name a GTZAN track"),
    ("polka/polka.00001.png", "'polka/polka.00001.png' does not name a GTZAN track"),
    ("pop/rock.00001.png", "'pop/rock.00001.png' lies in the folder of another genre"),
    ("blues/blues00003.png", "'blues/blues00003.png' is of a part of blues.00003, or one more"),
    ("pop/pop.00001.3.png", "'pop/pop.00001.3.png' is of a part of pop.00001, or one more"),
    ("", "does not name a GTZAN track"),
])  # fmt: skip
def test_pictures_of_no_track(tmp_path: Path, name: str, message: str) -> None:
    path = pictures(tmp_path / "spectrograms", "blues/blues.00003.png", name)
    with pytest.raises(DataError, match=re.escape(f"{path}: ") + ".*" + re.escape(message)):
        Gtzan(tmp_path).read_tracks()
    assert recognised(tmp_path) != "gtzan"


def test_a_file_that_holds_no_pictures(tmp_path: Path) -> None:
    path = pictures(tmp_path / "spectrograms", "blues/blues.00003.png")
    np.savez(path, X=np.zeros(2), name=np.zeros((2, 2)))
    with pytest.raises(DataError, match=r"some\.npz: 'name' is float64 of shape \(2, 2\)"):
        Gtzan(tmp_path).read_tracks()
    path.write_bytes(b"nothing")
    with pytest.raises(DataError, match=r"some\.npz: cannot be read as npz"):
        Gtzan(tmp_path).read_tracks()


def test_a_picture_file_is_no_audio(tmp_path: Path) -> None:
    (tmp_path / "genres/blues").mkdir(parents=True)
    (tmp_path / "genres/blues/blues.00001.png").touch()
    with pytest.raises(DataError, match=r"holds no GTZAN: .* and spectrograms/\*\.npz"):
        Gtzan(tmp_path).read_tracks()


@pytest.mark.realdata
class TestRealData:
    def test_all_tracks_but_one_have_a_picture_or_borrow_one(self, realdata: Path) -> None:
        read = Gtzan(realdata / "gtzan")
        table: FeatureTable = read.feature_tables()[-1]
        assert table.path.name == "linear_985_uint8.npz"
        assert len(table.borrowed) == 14
        with np.load(table.path) as file:
            own = {read.segment_of(name)[0] for name in file["name"].tolist()}
        assert read.tracks.keys() - own - table.borrowed.keys() == {"jazz.00054"}
        parts = read.partitions()["filtered"]
        assert Counter(parts[t] for t in own if t in parts) == {
            "train": 433, "valid": 196, "test": 286}
        have = own | table.borrowed.keys()
        assert Counter(parts[t] for t in have if t in parts) == {
            "train": 442, "valid": 197, "test": 290}
