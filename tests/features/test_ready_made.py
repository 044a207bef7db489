"""Ready-made features: what is right comes out by hand, what is wrong is named."""

import io
import re

import numpy as np
import pytest

from earmark.errors import DataError, SettingsError
from earmark.features import base
from earmark.features._tables.echonest import COLUMNS
from earmark.features.table import Table, read_parquet
from tests.graphs import records_writer

HEADER = "track_id," + ",".join(COLUMNS)
ROW = ",0.5,0.25,0.125,1,0,0.75,120.5,0.0625"
VALUES = [0.5, 0.25, 0.125, 1, 0, 0.75, 120.5, 0.0625]


def echonest_of_fma(rows=(2, 3)):
    """Return text in the layout of FMA's own file: three header lines and the index's name."""
    groups = ["audio_features"] * 8 + ["metadata", "ranks", "temporal_features", "metadata"]
    names = [*COLUMNS, "album_name", "artist_hotttnesss_rank", "000", "tempo"]
    lines = [",".join(["", *["echonest"] * 12]), ",".join(["", *groups]), ",".join(["", *names]),
             "track_id" + "," * 12]
    return "\n".join([*lines, *(f'{row}{ROW},"A, B",,3.5,' for row in rows)]) + "\n"


def write(folder, content, name="echonest.csv"):
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def refused(path, family, message):
    with pytest.raises(DataError, match="^" + re.escape(f"{path}{message}")) as caught:
        family.read(path)
    assert "\n" not in str(caught.value)


class TestEchonest:
    @pytest.mark.parametrize("content", [
        f"{HEADER}\n2{ROW}\n3{ROW}\n", echonest_of_fma(), "\ufeff" + echonest_of_fma(),
        echonest_of_fma().replace("\n", "\r\n"),
    ])  # fmt: skip
    def test_both_layouts(self, tmp_path, content):
        made = Table().read(write(tmp_path, content))
        assert made.track_ids.tolist() == ["2", "3"]
        assert made.rows.tolist() == [VALUES, VALUES]
        assert made.rows.dtype == np.float32
        assert made.starts.tolist() == [0, 0]
        assert made.columns == COLUMNS == Table().columns
        assert made.source["front_end"] == base.describe(Table())

    def test_tracks_that_lack_a_value_are_left_out_and_named(self, tmp_path):
        content = f"{HEADER}\n2{ROW}\n3{ROW.replace('120.5', '')}\n4{ROW}\n"
        made = Table().read(write(tmp_path, content))
        assert made.track_ids.tolist() == ["2", "4"]
        assert made.source["left_out"] == ["3"]

    @pytest.mark.parametrize(("content", "message"), [
        (f"{HEADER}\n2{ROW}\n2{ROW}\n", ", line 3: '2' is already on line 2"),
        (f"{HEADER}\n{ROW}\n", ", line 2: the row has no name"),
        (f"{HEADER}\n2{ROW.replace('120.5', 'nan')}\n", ", line 2: 'tempo' of '2' is 'nan'"),
        (f"{HEADER}\n2{ROW}".replace("valence", "Valence"),
         ", line 1: 1 of 9 columns missing: 'valence' (is 'Valence' meant?)."),
        (f"{HEADER},tempo\n2{ROW},1\n", ", line 1: column 'tempo' is there 2 times"),
        (f"{HEADER}\n", ": holds no rows"),
        ("", ": is empty"),
        ("\n".join(echonest_of_fma().split("\n")[:3]), ": begins like FMA's echonest.csv"),
        (echonest_of_fma().replace("track_id", "id"), ": begins like FMA's echonest.csv"),
        (echonest_of_fma(rows=(2, 2)), ", line 6: '2' is already on line 5"),
        (echonest_of_fma()[:-4], ", line 6: 12 values; expected 13"),
    ])  # fmt: skip
    def test_what_is_wrong_is_named(self, tmp_path, content, message):
        refused(write(tmp_path, content), Table(), message)

    @pytest.mark.realdata
    def test_fmas(self, realdata):
        made = Table().read(realdata / "fma/echonest_audio_features_8000.csv")
        assert len(made.rows) + len(made.source["left_out"]) == 8000
        assert len(made.source["left_out"]) == 119
        assert made.track_ids[0] == "2"
        np.testing.assert_allclose(made.rows[0, [0, 6, 7]], [0.416675233, 165.922, 0.576660988],
                                   rtol=1e-6)


def audioset(folder, **changes):
    arrays = {
        "embeddings": np.arange(2 * 3 * 128).reshape(2, 3, 128).astype(np.uint8),
        "frames": np.array([3, 1], np.int16), "clip": np.array(["aa", "bb"]),
    }
    arrays = {name: value for name, value in (arrays | changes).items() if value is not None}
    path = folder / "clips.npz"
    np.savez_compressed(path, **arrays)
    return path


class TestVggish:
    family = Table(kind="vggish", sample_rate=16_000)

    def test_bytes_become_numbers_of_the_real_seconds(self, tmp_path):
        made = self.family.read(audioset(tmp_path))
        assert made.rows.shape == (4, 128)
        assert made.track_ids.tolist() == ["aa", "aa", "aa", "bb"]
        assert made.starts.tolist() == [0, 1, 2, 0]
        # 0 is -2, 255 is 2, and each byte is 4 / 255 more; the second clip's first byte is 128.
        np.testing.assert_allclose(made.rows[0, :3], [-2, -2 + 4 / 255, -2 + 8 / 255], atol=1e-6)
        assert made.rows[1, 127] == pytest.approx(2, abs=1e-6)
        np.testing.assert_allclose(made.rows[3, 0], -2 + 128 * 4 / 255, atol=1e-6)
        assert len(made.columns) == 128 == len(self.family.columns)

    def test_seconds_are_pooled_to_a_row_a_clip(self, tmp_path):
        path = audioset(tmp_path)
        of = self.family.read(path).rows
        mean = Table(kind="vggish", pooling="mean").read(path)
        both = Table(kind="vggish", pooling="moments").read(path)
        assert mean.track_ids.tolist() == both.track_ids.tolist() == ["aa", "bb"]
        np.testing.assert_allclose(mean.rows, [of[:3].mean(axis=0), of[3]], atol=1e-6)
        np.testing.assert_allclose(both.rows[:, :128], mean.rows, atol=1e-6)
        np.testing.assert_allclose(both.rows[:, 128:], [of[:3].std(axis=0), 0 * of[3]], atol=1e-6)
        assert mean.columns[:2] == ("vggish1_mean", "vggish2_mean")
        assert both.columns[128] == "vggish1_std"
        assert len(both.columns) == 256

    def test_a_clip_can_be_a_picture_of_its_seconds(self, tmp_path):
        path = audioset(tmp_path)
        of = self.family.read(path).rows
        made = Table(kind="vggish", pooling="sequence").read(path)
        assert made.rows.shape == (2, 128, 3)
        assert made.track_ids.tolist() == ["aa", "bb"]
        np.testing.assert_array_equal(made.rows[0].T, of[:3])
        np.testing.assert_array_equal(made.rows[1].T, of[[3, 3, 3]])  # one second, begun anew
        assert made.columns == self.family.columns

    def test_only_rows_of_seconds_can_be_pooled(self):
        with pytest.raises(ValueError, match="'pooling' is 'mean' for echonest"):
            Table(pooling="mean")

    @pytest.mark.parametrize(("changes", "message"), [
        ({"clip": None}, ": holds no array 'clip'."),
        ({"frames": None, "frame": np.ones(2)}, ": holds no array 'frames'. Did you mean 'frame'?"),
        ({"embeddings": np.zeros((2, 3, 127), np.uint8)}, ": 'embeddings' are uint8 of shape"),
        ({"embeddings": np.zeros((2, 3, 128))}, ": 'embeddings' are float64 of shape"),
        ({"embeddings": np.zeros((2, 128), np.uint8)}, ": 'embeddings' are uint8 of shape"),
        ({"embeddings": np.zeros((0, 3, 128), np.uint8)}, ": holds no clips"),
        ({"frames": np.array([3])}, ": 'frames' is int64 of shape (1,)"),
        ({"frames": np.array([3.0, 1.0])}, ": 'frames' is float64"),
        ({"frames": np.array([3, 4])}, ": clip 'bb' has 4 frames; expected 1 to 3."),
        ({"frames": np.array([0, 1])}, ": clip 'aa' has 0 frames"),
        ({"clip": np.array(["aa", "aa"])}, ": clip 'aa' is there 2 times; expected once."),
        ({"clip": np.array(["aa", ""])}, ": a clip has no id"),
        ({"clip": np.array([1, 2])}, ": 'clip' is int64 of shape (2,)"),
        ({"clip": np.array(["aa", None])}, ": cannot be read as npz without running code"),
    ])  # fmt: skip
    def test_what_is_wrong_is_named(self, tmp_path, changes, message):
        refused(audioset(tmp_path, **changes), self.family, message)

    def test_other_files(self, tmp_path):
        refused(tmp_path / "absent.npz", self.family, ": cannot be read: ")
        refused(write(tmp_path, "text", "a.npz"), self.family, ": cannot be read as npz")
        refused(write(tmp_path, b"", "b.npz"), self.family, ": cannot be read as npz")
        whole = audioset(tmp_path).read_bytes()
        refused(write(tmp_path, whole[: len(whole) // 2], "c.npz"), self.family,
                ": cannot be read as npz")
        single = io.BytesIO()
        np.save(single, np.zeros(3))
        refused(write(tmp_path, single.getvalue(), "d.npz"), self.family, ": is not an npz file")

    @pytest.mark.realdata
    def test_audiosets(self, realdata):
        made = self.family.read(realdata / "audioset/music_eval.npz")
        assert made.rows.shape[0] == 10 * 7790 + 9 * 16 + 8 * 13 + 7 * 14 + 6 * 10 + 5 * 3 + 2 * 2
        assert (made.rows.min(), made.rows.max()) == pytest.approx((-2, 2))
        assert made.starts.max() == 9
        assert made.of(["--i-y1v8Hy8"]).rows.shape == (9, 128)
        assert made.rows[0, 0] == pytest.approx(160 * 4 / 255 - 2, abs=1e-6)


class TestVggishRecords:
    family = Table(kind="vggish")

    def folder(self, root, *clips):
        """Write each clip to a file of its own."""
        root.mkdir(exist_ok=True)
        for number, clip in enumerate(clips):
            (root / f"{number:02}.tfrecord").write_bytes(records_writer.record(clip))
        return root

    def test_the_same_as_from_npz(self, tmp_path):
        levels = np.arange(2 * 3 * 128).reshape(2, 3, 128).astype(np.uint8)
        seconds = [second.tobytes() for second in levels[0]]
        root = self.folder(tmp_path / "bal_train", records_writer.clip("aa", seconds=seconds),
                           records_writer.clip("none", seconds=()),
                           records_writer.clip("bb", seconds=[levels[1, 0].tobytes()]))
        (root / "._00.tfrecord").write_bytes(b"of a Macintosh")
        made, expected = self.family.read(root), self.family.read(audioset(tmp_path))
        np.testing.assert_array_equal(made.rows, expected.rows)
        assert made.track_ids.tolist() == expected.track_ids.tolist()
        assert made.starts.tolist() == expected.starts.tolist()
        assert made.source["table"] == "bal_train"
        assert self.family.read(root / "02.tfrecord").track_ids.tolist() == ["bb"]

    @pytest.mark.parametrize(("clip", "message"), [
        (records_writer.clip("aa"), ", record 1: clip 'aa' is already there"),
        (records_writer.clip("bb", seconds=[bytes(128), bytes(127)]),
         ", record 1: second 1 of 'audio_embedding' is not 128 bytes."),
        (records_writer.clip(""), ", record 1: 'video_id' is (b'',); expected one id."),
        (records_writer.example({}, {}), ", record 1: 'video_id' is ();"),
        (records_writer.clip("é"), ", record 1: 'video_id' is (b'"),
        (records_writer.clip("bb").replace(b"bb", b"b\xff"), ", record 1: 'video_id' is (b'b"),
        (b"\x0a", ", record 1: is no SequenceExample"),
    ])  # fmt: skip
    def test_what_is_wrong_is_named(self, tmp_path, clip, message):
        root = self.folder(tmp_path / "eval", records_writer.clip("aa"), clip)
        with pytest.raises(DataError, match="^" + re.escape(f"{root / '01.tfrecord'}{message}")):
            self.family.read(root)

    def test_folders_without_clips(self, tmp_path):
        refused(tmp_path, self.family, ": holds no .tfrecord files")
        refused(write(tmp_path, b"", "a.tfrecord"), self.family, ": holds no clips")

    def test_the_rate_of_a_sound_that_is_not_taken_makes_no_other_table(self):
        known = base.describe(base.build({"name": "table", "kind": "vggish", "sample_rate": 8000}))
        assert self.family.made_by(known)
        assert not Table().made_by(known)


class TestOther:
    family = Table(kind="other", names=("b", "a"), name_column="id")

    def parquet(self, folder, **columns):
        arrow = pytest.importorskip("pyarrow", reason="pyarrow is not installed")
        parquet = pytest.importorskip("pyarrow.parquet", reason="pyarrow is not installed")
        path = folder / "t.parquet"
        parquet.write_table(arrow.table(columns), path)
        return path

    def test_csv_and_parquet_give_the_same(self, tmp_path):
        plain = self.family.read(write(tmp_path, "a,x,id,b\n1,?,t1,2\n3,?,t2,4.5\n"))
        arrow = self.family.read(self.parquet(tmp_path, a=[1, 3], x=["?", "?"], id=["t1", "t2"],
                                              b=[2.0, 4.5]))
        for made in (plain, arrow):
            assert made.columns == ("b", "a")
            assert made.rows.tolist() == [[2, 1], [4.5, 3]]
            assert made.track_ids.tolist() == ["t1", "t2"]

    def test_whole_numbers_name_rows_and_aliases_lead_to_columns(self, tmp_path):
        path = self.parquet(tmp_path, id=[7, 9], bpm=[1.5, 2.5])
        read = read_parquet(path, ["tempo"], aliases={"bpm": "tempo"}, name_column="id")
        assert (read.names, read.rows.tolist()) == (("7", "9"), [[1.5], [2.5]])

    @pytest.mark.parametrize(("columns", "message"), [
        ({"id": ["x", "x"]}, ", row 2: 'x' is already in row 1; expected each name once."),
        ({"id": ["x", " "]}, ", row 2: the row has no name"),
        ({"id": ["x", None]}, ", row 2: the row has no name"),
        ({"id": [0.5, 1.5]}, ": 'id' holds double; expected names as text"),
        ({"a": [1.0, None]}, ", row 2: 'a' of 'u' is ''; expected a finite number."),
        ({"a": [1.0, float("nan")]}, ", row 2: 'a' of 'u' is 'nan'; expected"),
        ({"a": [float("-inf"), 1.0]}, ", row 1: 'a' of 't' is '-inf'; expected"),
        ({"a": ["1", "2"]}, ": 'a' holds string; expected numbers."),
        ({"a": [True, False]}, ": 'a' holds bool; expected numbers."),
    ])  # fmt: skip
    def test_what_is_wrong_in_parquet_is_named(self, tmp_path, columns, message):
        good = {"id": ["t", "u"], "a": [1.0, 2.0], "b": [3.0, 4.0]}
        refused(self.parquet(tmp_path, **(good | columns)), self.family, message)

    def test_other_parquet_files(self, tmp_path):
        path = self.parquet(tmp_path, id=["t"], aa=[1.0], b=[2.0])
        family = Table(kind="other", names=("track_aa",), name_column="id")
        refused(path, family, ": 1 of 2 columns missing: 'track_aa'")
        refused(self.parquet(tmp_path, id=[], a=[], b=[]), self.family, ": holds no rows")
        refused(write(tmp_path, "text", "x.parquet"), self.family, ": cannot be read as Parquet")
        refused(tmp_path / "absent.parquet", self.family, ": cannot be read: ")

    def test_numbers_too_large_for_a_row_are_named(self, tmp_path):
        path = write(tmp_path, "id,a,b\nt,1e39,2\n")
        with pytest.raises(DataError, match=r"'a' of 't' is 1e\+39; expected a number below"):
            self.family.read(path)


@pytest.mark.parametrize(("setting", "message"), [
    ({"kind": "other"}, "'names' is empty; expected the columns to take"),
    ({"names": ["x"]}, "'names' are given for echonest, whose columns are known"),
    ({"kind": "other", "names": ["x", "x"]}, "'names' has 'x' twice"),
    ({"kind": "other", "names": ["track_id"]}, "'names' has 'track_id', the column of track ids"),
    ({"kind": "echonset"}, "Did you mean 'echonest'"),
    ({"sample_rate": 0}, "'sample_rate' is 0"),
])  # fmt: skip
def test_settings_that_cannot_be_are_refused(setting, message):
    with pytest.raises(SettingsError, match=message):
        base.build({"name": "table", **setting})


def test_no_sound_is_taken():
    for family in (Table(), Table(kind="vggish"), Table(kind="other", names=("x",))):
        with pytest.raises(SettingsError, match="come ready-made and cannot be made from audio"):
            family(np.zeros(9, np.float32))
        with pytest.raises(SettingsError, match="come ready-made"):
            family.whole(lambda: ())


def test_pictures_of_different_lengths_are_not_joined(tmp_path):
    family = Table(kind="vggish", pooling="sequence")
    sets = []
    for part, seconds in (("a", 3), ("b", 2)):
        np.savez(tmp_path / f"{part}.npz", clip=np.array([part]), frames=np.array([seconds]),
                 embeddings=np.zeros((1, seconds, 128), np.uint8))
        sets.append(family.read(tmp_path / f"{part}.npz"))
    with pytest.raises(DataError, match=r"^a.npz, b.npz: rows of 128 x 2 and 128 x 3; expected"):
        base.FeatureSet.joined(sets)
