"""AudioSet in its three forms; what is wrong in any is named."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import numpy as np
import pytest
from tests.graphs import records_writer as w

from earmark.datasets import _audioset_labels as known
from earmark.datasets._audioset_clips import known_copies
from earmark.datasets.audioset import AudioSet
from earmark.datasets.opening import recognised
from earmark.errors import DataError

RECORDS = Path("features/audioset_v1_embeddings")


@pytest.fixture(scope="module")
def sample(tmp_path_factory):
    root = tmp_path_factory.mktemp("audioset") / "sample"
    AudioSet.sample(root)
    return root


@pytest.fixture
def copy(sample, tmp_path):
    return shutil.copytree(sample, tmp_path / "copy")


def arrays(root, name="music_bal_train.npz", **changes):
    """Write the music subset with four labels: Music, Guitar, Rock music, Happy music."""
    root.mkdir(exist_ok=True)
    (root / "labels.csv").write_text(
        "column,audioset_index,label,group\n0,137,Music,Music\n1,140,Guitar,Musical instrument\n"
        "2,219,Rock music,Music genre\n3,276,Happy music,Music mood\n")
    made = {"clip": np.array(["bb", "aa", "cc"]), "frames": np.array([10, 9, 10], np.int16),
            "labels": np.array([[1, 0, 1, 0], [1, 1, 0, 0], [0, 0, 0, 1]], np.uint8),
            "embeddings": np.zeros((3, 10, 128), np.uint8)}
    np.savez(root / name, **{k: v for k, v in (made | changes).items() if v is not None})
    return root


def refused(dataset, message):
    with pytest.raises(DataError, match="^" + re.escape(message)) as caught:
        _ = dataset.tracks
    assert "\n" not in str(caught.value)


def replace_record(root, content, part="eval"):
    path = root / RECORDS / part / "z.tfrecord"
    path.write_bytes(w.record(content))
    return path


def test_a_folder_that_cannot_be_looked_into_is_not_taken_for_it(tmp_path):
    nowhere = tmp_path / ("x" * 300)  # longer than any system's names
    assert not AudioSet.recognises(nowhere)
    refused(AudioSet(nowhere), f"{nowhere}: cannot be read: ")


class TestRecords:
    def test_the_sample(self, sample):
        read = AudioSet(sample)
        assert len(read.tracks) == 36
        assert len(read.vocabulary) == 150
        assert read.tracks["-b000000000"].labels == ("Music", "Pop music", "Guitar", "Happy music")
        assert read.tracks["-b000000000"].seconds == 10
        parts = read.partitions()["official"]
        assert [list(parts.values()).count(part) for part in ("train", "test")] == [24, 12]
        assert read.remarks() == ["labels a clip: 3.25 in train, 4.00 in test",
                                  "no valid part is published: hold out some of the train part"]

    def test_a_record_by_hand(self, copy):
        shutil.rmtree(copy / RECORDS / "eval")
        (copy / RECORDS / "eval").mkdir()
        replace_record(copy, w.clip("abc", labels=[0, 219, 137, 219], start=6.0, end=15.5))
        read = AudioSet(copy)
        assert read.tracks["abc"].labels == ("Rock music", "Music")
        assert read.tracks["abc"].seconds == 9.5
        everything = AudioSet(copy, labels="all")
        assert len(everything.vocabulary) == 527
        assert everything.tracks["abc"].labels == ("Sound 0", "Rock music", "Music")

    @pytest.mark.parametrize(("labels", "count", "tracks"), [
        ("genre", 52, 36), ("instrument", 80, 36), ("mood", 7, 18), ("all", 527, 36),
    ])  # fmt: skip
    def test_labels_of_one_kind(self, sample, labels, count, tracks):
        read = AudioSet(sample, labels=labels)
        assert (len(read.vocabulary), len(read.tracks)) == (count, tracks)
        if labels != "all":
            assert {read.vocabulary.group(name) for name in read.vocabulary.labels} == {labels}
        assert set(read.partitions()["official"]) == set(read.tracks)
        left_out = "18 clips bear none of the chosen labels (mood) and are left out"
        assert (left_out in read.remarks()) == (labels == "mood")

    def test_tags_are_all_but_music_itself(self, copy):
        replace_record(copy, w.clip("bare", labels=[0, 137]), part="bal_train")
        read = AudioSet(copy, labels="tags")
        assert len(read.vocabulary) == 149
        assert "Music" not in read.vocabulary.labels
        assert read.tracks["bare"].labels == ()
        replace_record(copy, w.clip("bare", labels=[0]), part="bal_train")
        assert "bare" not in AudioSet(copy, labels="tags").tracks

    def test_two_million_clips_more_are_read_when_asked_for(self, copy):
        assert "train=all asks for unbal_train, which is not there" in AudioSet(
            copy, train="all").remarks()
        folder = copy / RECORDS / "unbal_train"
        folder.mkdir()
        (folder / "a.tfrecord").write_bytes(w.record(w.clip("more", labels=[235])))
        assert "more" not in AudioSet(copy).tracks
        read = AudioSet(copy, train="all")
        assert read.tracks["more"].labels == ("Jazz",)
        assert read.partitions()["official"]["more"] == "train"
        assert [t.path.name for t in read.feature_tables() if t.seconds] == [
            "bal_train", "unbal_train", "eval"]

    def test_segments_without_features_and_other_labels_are_counted(self, copy):
        (copy / RECORDS / "eval" / "e1.tfrecord").unlink()
        replace_record(copy, w.clip("unlisted", labels=[137]))
        with (copy / "eval_segments.csv").open() as file:
            lines = file.read().splitlines()
        lines[3] = lines[3].replace("/m/04rlf,", "")
        (copy / "eval_segments.csv").write_text("\n".join(lines))
        read = AudioSet(copy)
        assert len(read.tracks) == 24 + 6 + 1
        assert list(read.partitions()["official"].values()).count("test") == 12
        assert read.remarks()[:3] == [
            "6 segments of the lists have no features here",
            "1 clips are on none of the lists", "1 clips bear other labels than on the lists",
        ]

    @pytest.mark.parametrize(("record", "message"), [
        (w.clip("-b000000000", labels=[137]), "the clip '-b000000000' is already there"),
        (w.clip("x", labels=[527]), "bears the label 527; expected numbers from 0 to 526."),
        (w.clip("x", labels=[-1]), "bears the label -1"),
        (w.clip("x", start=10, end=10), "goes from 10 to 10 seconds"),
        (w.clip("x", start=float("nan")), "goes from nan to 40 seconds"),
        (w.clip(" "), "the clip's id is ' '"),
        (w.clip("é"), "'video_id' is (b'"),
        (w.example({"video_id": w.integers(3)}, {}), "'video_id' is (3,)"),
        (w.example({"video_id": w.texts(b"x"), "labels": w.texts(b"137")}, {}),
         "bears the label b'137'"),
        (w.example({"video_id": w.texts(b"x"), "labels": w.integers(1)}, {}),
         "'start_time_seconds' is ()"),
        (b"\x0a", "is no SequenceExample"),
    ])  # fmt: skip
    def test_what_is_wrong_in_a_record_is_named(self, copy, record, message):
        path = replace_record(copy, record)
        where = f"{path}, record 1: "
        refused(AudioSet(copy), where + message)

    def test_a_damaged_file_is_named(self, copy):
        path = copy / RECORDS / "eval" / "e0.tfrecord"
        path.write_bytes(path.read_bytes()[:-7])
        refused(AudioSet(copy), f"{path}, record 6: the file ends within")

    def test_the_folders_themselves_and_files_of_a_macintosh(self, copy, sample):
        flat = shutil.move(copy / RECORDS, copy / "audioset_v1_embeddings").parent
        (flat / "audioset_v1_embeddings" / "eval" / "._e0.tfrecord").write_bytes(b"x")
        assert AudioSet(flat).fingerprint == AudioSet(sample).fingerprint


class TestArrays:
    def test_by_hand(self, tmp_path):
        root = arrays(tmp_path / "music")
        arrays(root, "music_eval.npz", clip=np.array(["dd", "ee", "ff"]))
        read = AudioSet(root)
        assert recognised(root) == "audioset"
        assert list(read.tracks) == ["aa", "bb", "cc", "dd", "ee", "ff"]
        assert read.tracks["aa"].labels == ("Music", "Guitar")
        assert read.tracks["aa"].seconds == 9
        assert read.partitions()["official"] == {
            "aa": "train", "bb": "train", "cc": "train", "dd": "test", "ee": "test", "ff": "test"}
        assert read.vocabulary.labels == ("Music", "Guitar", "Rock music", "Happy music")
        assert [read.vocabulary.group(label) for label in read.vocabulary.labels] == [
            "other", "instrument", "genre", "mood"]
        genres = AudioSet(root, labels="genre")
        assert {t.id: t.labels for t in genres.tracks.values()} == {
            "bb": ("Rock music",), "dd": ("Rock music",)}
        assert genres.remarks()[0] == ("4 clips bear none of the chosen labels (genre) and are "
                                       "left out")

    @pytest.mark.parametrize(("changes", "message"), [
        ({"labels": None}, ": holds no array 'labels'."),
        ({"labels": np.zeros((3, 3), np.uint8)}, ": 'labels' are uint8 of shape (3, 3); expected"),
        ({"labels": np.zeros((2, 4), np.uint8)}, ": 'labels' are uint8 of shape (2, 4)"),
        ({"labels": np.full((3, 4), 2, np.uint8)}, ": 'labels' holds 2; expected 0 and 1."),
        ({"labels": np.zeros((3, 4))}, ": 'labels' are float64"),
        ({"clip": np.array([1, 2, 3])}, ": 'clip' is int64"),
        ({"clip": np.array(["aa", "aa", "b"])}, ", clip 2: the clip 'aa' is already there"),
        ({"clip": np.array(["aa", "", "b"])}, ", clip 2: the clip's id is ''"),
        ({"clip": np.array(["aa", "a\nb", "b"])}, ", clip 2: the clip's id is 'a\\nb'"),
        ({"clip": np.array(["aa", None, "b"])}, ": cannot be read as npz without running code"),
        ({"frames": np.array([1.0, 1, 1])}, ": 'frames' is float64"),
    ])  # fmt: skip
    def test_what_is_wrong_is_named(self, tmp_path, changes, message):
        root = arrays(tmp_path / "music", **changes)
        refused(AudioSet(root), f"{root / 'music_bal_train.npz'}{message}")

    def test_a_video_on_both_sides_is_refused(self, tmp_path):
        root = arrays(arrays(tmp_path / "music"), "music_eval.npz")
        refused(AudioSet(root), f"{root / 'music_eval.npz'}, clip 1: the clip 'bb' is already")

    @pytest.mark.parametrize(("text", "message"), [
        ("column,label\n0,Music\n", ": has no column 'audioset_index'"),
        ("column;audioset_index;label\n0;137;Music\n", ": has no column 'column'"),
        ("column,audioset_index,label\n1,137,Music\n", ", line 2: is numbered '1'; expected 0"),
        ("column,audioset_index,label\n0,x,Music\n", ", line 2: the number of 'Music' is 'x'"),
        ("column,audioset_index,label\n0,527,Music\n", ", line 2: the number of 'Music' is '527'"),
        ("column,audioset_index,label\n0,1,a\n1,1,b\n", ", line 3: the number of 'b' is '1'"),
        ("column,audioset_index,label\n0,137\n", ", line 2: a value is missing"),
        ("column,audioset_index,label\n", ": holds no labels"),
        ("", ": has no column"),
        ("column,audioset_index,label\n0,137,Musi\xe9\n".encode("latin-1"), ": cannot be read as"),
        ("column,audioset_index,label\n0,137,Music\n".encode("utf-16"), ": cannot be read as a"),
    ])  # fmt: skip
    def test_what_is_wrong_in_the_labels_is_named(self, tmp_path, text, message):
        root = arrays(tmp_path / "music")
        (root / "labels.csv").write_bytes(text if isinstance(text, bytes) else text.encode())
        refused(AudioSet(root), f"{root / 'labels.csv'}{message}")

    def test_labels_of_a_spreadsheet(self, tmp_path):
        root = arrays(tmp_path / "music")
        before = AudioSet(root).fingerprint
        text = "\ufeff" + (root / "labels.csv").read_text().replace("\n", "\r\n")
        (root / "labels.csv").write_bytes(text.encode())
        assert AudioSet(root).fingerprint == before


class TestSegments:
    def test_lists_alone_give_tracks_without_features(self, copy, sample):
        shutil.rmtree(copy / "features")
        read = AudioSet(copy)
        assert recognised(copy) == "audioset"
        assert read.feature_tables() == ()
        assert read.remarks()[0] == ("only the lists of segments are there: no features to learn "
                                     "from")
        assert {t.id: sorted(t.labels) for t in read.tracks.values()} == {
            t.id: sorted(t.labels) for t in AudioSet(sample).tracks.values()}

    @pytest.mark.parametrize(("line", "message"), [
        ('x, 0.0, 10.0, "/m/nothing"', "bears the label '/m/nothing', which is none of AudioSet's"),
        ('x, 10.0, 0.0, "/m/04rlf"', "goes from 10 to 0 seconds"),
        ('x, zero, 10.0, "/m/04rlf"', "goes from 'zero' to '10.0'; expected seconds."),
        ("x, 0.0, 10.0", "has 3 fields; expected 4"),
        ("x, 0.0, 10.0, /m/04rlf, /m/04rlf", "has 5 fields; expected 4"),
        (', 0.0, 10.0, "/m/04rlf"', "the clip's id is ''"),
        ('-e000000000, 0.0, 10.0, "/m/04rlf"', "the clip '-e000000000' is already there"),
    ])  # fmt: skip
    def test_what_is_wrong_is_named(self, copy, line, message):
        shutil.rmtree(copy / "features")
        path = copy / "eval_segments.csv"
        path.write_text(path.read_text() + line)
        refused(AudioSet(copy), f"{path}, line 16: {message}")

    def test_other_encodings_and_a_quote_without_end(self, copy):
        shutil.rmtree(copy / "features")
        path = copy / "eval_segments.csv"
        text = path.read_text()
        path.write_bytes(("\ufeff" + text.replace("\n", "\r\n")).encode())
        assert len(AudioSet(copy).tracks) == 36
        for content in (text.encode("utf-16"), text.rstrip('\n"').encode()):
            path.write_bytes(content)
            refused(AudioSet(copy), f"{path}: cannot be read as a table after line")


class TestLabels:
    @pytest.mark.parametrize(("change", "message"), [
        (lambda lines: lines[:-1], ": has 526 labels; expected 527. Is the file cut short?"),
        (lambda lines: [lines[0], *lines[2:]], ", line 2: is numbered '1'; expected 0"),
        (lambda lines: [line.replace("/m/04rlf", "/m/1") for line in lines],
         ": has 'Music' (/m/1) as number 137; expected 'Music' (/m/04rlf)"),
        (lambda lines: [line.replace("mid", "id") for line in lines], ": has no column 'mid'"),
    ])  # fmt: skip
    def test_another_list_is_refused(self, copy, change, message):
        path = copy / "class_labels_indices.csv"
        path.write_text("\n".join(change(path.read_text().splitlines())) + "\n")
        refused(AudioSet(copy), f"{path}{message}")

    def test_parents_are_the_nearest_labels_above(self, sample):
        parents = AudioSet(sample).parents()
        assert len(parents) == 150
        assert parents["Electric guitar"] == ("Guitar",)
        assert parents["Guitar"] == ("Musical instrument",)
        assert parents["Rock music"] == ("Music",)  # "Music genre" is no label
        assert parents["Music"] == ()
        assert AudioSet(sample, labels="genre").parents()["Rock music"] == ()

    def test_an_ontology_that_goes_in_a_circle_has_an_end(self, copy):
        nodes = [{"id": n, "name": n, "child_ids": c}
                 for n, c in (("a", ["b"]), ("b", ["c", "d"]), ("c", ["b", "c"]), ("d", ["a"]))]
        path = copy / "ontology.json"
        path.write_text(json.dumps(nodes))
        sounds = [known.Sound(name, 0, "") for name in "ad"]
        assert known.parents_of(sounds, path) == {"a": ("d",), "d": ("a",)}

    @pytest.mark.parametrize(("content", "message"), [
        ("[]", ": does not know 'A capella'"), ("{", ": is not AudioSet's ontology ("),
        ("3", ": is not AudioSet's ontology ("), ('[{"id": "a"}]', ": is not AudioSet's ontology"),
        ('[{"id": "a", "name": "a", "child_ids": [1]}]', ": is not AudioSet's ontology; expected"),
        ("[" * 100_000, ": is not AudioSet's ontology ("), (None, ": cannot be read: "),
    ])  # fmt: skip
    def test_other_ontologies_are_refused(self, copy, content, message):
        path = copy / "ontology.json"
        path.unlink()
        if content is not None:
            path.write_text(content)
        with pytest.raises(DataError, match="^" + re.escape(f"{path}{message}")):
            AudioSet(copy).parents()


@pytest.mark.realdata
class TestReal:
    """The music subset; counts and rates by hand from its arrays."""

    def test_clips_labels_and_parts(self, realdata):
        read = AudioSet(realdata / "audioset")
        assert recognised(realdata / "audioset") == "audioset"
        assert (len(read.tracks), len(read.vocabulary)) == (8836 + 7848, 150)
        parts = list(read.partitions()["official"].values())
        assert (parts.count("train"), parts.count("test")) == (8836, 7848)
        groups = [read.vocabulary.group(label) for label in read.vocabulary.labels]
        assert {g: groups.count(g) for g in set(groups)} == {
            "genre": 52, "instrument": 80, "mood": 7, "other": 11}
        assert [t.seconds for t in read.feature_tables()] == [1.0] * 2 + [None] * 6

    def test_music_and_nothing_more_is_kept_as_an_example_of_none(self, realdata):
        read = AudioSet(realdata / "audioset", labels="tags")
        assert (len(read.tracks), len(read.vocabulary)) == (8836 + 7848, 149)
        parts = read.partitions()["official"]
        assert sum(not t.labels and parts[i] == "train" for i, t in read.tracks.items()) == 2495

    def test_kinds_are_those_of_its_list(self, realdata):
        lines = (realdata / "audioset/labels.csv").read_text().splitlines()[1:]
        kinds = {"Music genre": "genre", "Musical instrument": "instrument", "Music mood": "mood",
                 "Music role": "role", "Music": "music", "Musical concepts": "music"}
        sounds = known.read_subset(realdata / "audioset/labels.csv")
        assert [s.kind for s in sounds] == [kinds[line.rpartition(",")[2]] for line in lines]
        assert {s.number for s in sounds} == known.MUSIC_NUMBERS

    def test_genres_a_clip_shift_from_train_to_test(self, realdata):
        read = AudioSet(realdata / "audioset", labels="genre")
        assert len(read.tracks) == 2490 + 2048
        assert "labels a clip: 1.29 in train, 1.69 in test" in read.remarks()
        matrix = read.vocabulary.matrix([t.labels for t in read.tracks.values()])
        with np.load(realdata / "audioset/music_bal_train.npz") as train, \
                np.load(realdata / "audioset/music_eval.npz") as test:
            sounds = known.read_subset(realdata / "audioset/labels.csv")
            columns = [k for k, s in enumerate(sounds) if s.kind == "genre"]
            counts = sum(f["labels"][:, columns].sum(axis=0, dtype=int) for f in (train, test))
        np.testing.assert_array_equal(matrix.sum(axis=0), counts)

    def test_parents(self, realdata):
        parents = AudioSet(realdata / "audioset").parents()
        assert parents["Grunge"] == ("Rock music",)
        assert parents["Beatboxing"] == ("Hip hop music", "Vocal music")
        assert [label for label, above in parents.items() if not above] == ["Music"]


def test_pairs_of_one_recording_are_told_where_both_are_there(tmp_path):
    facts = known_copies()
    assert len({frozenset((f.track, f.other)) for f in facts}) == len(facts) == 31
    first, second = facts[0], facts[-1]
    ids = np.array([first.track, first.other, second.track])
    read = AudioSet(arrays(tmp_path / "some", clip=ids))
    assert [(f.track, f.other) for f in read.faults()] == [(first.track, first.other)]
    assert read.faults()[0].is_copy
    assert read.faults()[0].source == "10 of 10 seconds have equal embeddings"


def test_the_copies_are_what_equal_embeddings_say(realdata):
    """Of the balanced train part alone: of the test part nothing is needed here."""
    with np.load(realdata / "audioset" / "music_bal_train.npz") as held:
        seconds = dict(zip(held["clip"].tolist(), held["embeddings"], strict=True))
    known_here = [f for f in known_copies() if {f.track, f.other} <= seconds.keys()]
    assert len(known_here) == 2
    for fault in known_here:
        a, b = ({row.tobytes() for row in seconds[track]} for track in (fault.track, fault.other))
        assert fault.source.startswith(f"{len(a & b)} of ")
