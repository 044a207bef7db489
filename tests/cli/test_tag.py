import csv
import io
import json

import numpy as np
import pytest
import soundfile
from tests.cli.conftest import one_line

GENRES = ["blues", "classical", "country", "disco", "hiphop", "jazz", "metal", "pop", "reggae",
          "rock"]


def test_text_names_the_file_its_length_and_labels(earmark, clip):
    done = earmark("tag", clip("a b.wav", 31.0), "--top", 2)
    assert done.returncode == 0, done.stderr
    first, second = done.stdout.splitlines()
    assert first.endswith("a b.wav  0:31")
    assert len(second.split()) == 4
    assert second.split()[0] in GENRES
    assert "gtzan10-net: " in done.stderr  # what it cannot know


def test_json_is_one_object_on_stdout_alone(earmark, clip):
    clip("a.wav", 65.0)
    done = earmark("tag", "a.wav", "--json", "--timeline")
    answer = json.loads(done.stdout)
    assert answer["tagger"].startswith("gtzan10-net@")
    assert answer["failed"] == []
    (tags,) = answer["files"]
    assert tags["file"] == "a.wav"
    assert tags["seconds"] == 65.0
    assert list(tags["scores"]) == GENRES
    assert sum(tags["scores"].values()) == pytest.approx(1, abs=1e-3)
    best = max(tags["scores"], key=tags["scores"].get)
    assert tags["tags"] == ([] if tags["unknown"] else [best])
    timeline = tags["timeline"]
    # The last five seconds get a segment that ends with the track.
    assert timeline["starts_seconds"] == [0.0, 10.0, 20.0, 30.0, 40.0, 50.0, 55.0]
    mean = np.mean(timeline["scores"], axis=0)  # near: the mean is calibrated after averaging
    np.testing.assert_allclose(mean, list(tags["scores"].values()), atol=0.02)
    np.testing.assert_allclose(np.sum(timeline["scores"], axis=1), 1, atol=1e-3)


def test_csv_has_a_row_a_file(earmark, clip):
    for name in ("b.wav", "a.wav"):
        clip(f"in/{name}", 30.0)
    done = earmark("tag", "in", "--csv")
    rows = list(csv.DictReader(io.StringIO(done.stdout)))
    assert [row["file"].replace("\\", "/") for row in rows] == ["in/a.wav", "in/b.wav"]
    assert {row["tags"] for row in rows} <= set(GENRES)
    assert float(rows[0]["score: rock"]) <= 1


def test_timeline_draws_a_row_a_label(earmark, clip):
    done = earmark("tag", clip("a.wav", 125.0), "--timeline", "--top", 3)
    lines = done.stdout.splitlines()
    assert len(lines) == 6
    assert lines[-1].split() == ["0:00", "2:05"] or lines[-1].split() == ["0:00"]


def test_a_short_file_is_tagged_and_said_to_be_short(earmark, clip):
    done = earmark("tag", clip("a.wav", 2.0))
    assert done.returncode == 0
    assert "note: shorter than one segment of 10 s: repeated to fill it" in done.stdout


def test_one_bad_file_is_named_and_the_rest_go_on(earmark, clip, tmp_path):
    clip("in/a.wav")
    (tmp_path / "in/b.mp3").write_text("not music")
    clip("in/c.wav")
    done = earmark("tag", "in", "--json")
    assert done.returncode == 3
    assert "b.mp3" in one_line(done)
    answer = json.loads(done.stdout)
    assert len(answer["files"]) == 2
    assert [f["file"].replace("\\", "/") for f in answer["failed"]] == ["in/b.mp3"]


def write_bad(kind, path):
    silence = np.zeros(22_050 * 3, np.float32)
    if kind == "text":
        path.write_text("la la la")
    elif kind == "empty":
        path.write_bytes(b"")
    elif kind == "no samples":
        soundfile.write(path, silence[:0], 22_050, format="WAV")
    elif kind == "silent":
        soundfile.write(path, silence, 22_050, format="WAV")
    elif kind == "offset":
        soundfile.write(path, silence + 0.5, 22_050, format="WAV")
    elif kind == "not a number":
        silence[1000] = np.nan
        soundfile.write(path, silence, 22_050, format="WAV", subtype="FLOAT")


@pytest.mark.parametrize(("kind", "message"), [
    ("missing", "no such file|does not exist"),
    ("text", "cannot be decoded"),
    ("empty", "empty"),
    ("no samples", "no audio samples|no samples"),
    ("silent", "silent from beginning to end"),
    ("offset", "silent from beginning to end"),
    ("not a number", "not finite numbers"),
])
def test_what_cannot_be_tagged_is_one_line(earmark, tmp_path, kind, message):
    import re

    write_bad(kind, tmp_path / "x.wav")
    done = earmark("tag", "x.wav")
    assert done.returncode == 1
    assert done.stdout == ""
    line = one_line(done)
    assert "x.wav" in line
    assert re.search(message, line), line


def test_a_folder_without_music_says_so(earmark, tmp_path):
    (tmp_path / "in").mkdir()
    done = earmark("tag", "in")
    assert done.returncode == 1
    assert "no audio files in in" in one_line(done)


@pytest.mark.parametrize(("args", "message"), [
    (["tag"], "Missing argument"),
    (["tag", "x.wav", "--json", "--csv"], "exclude each other"),
    (["tag", "x.wav", "--csv", "--timeline"], "no room for a timeline"),
    (["tag", "x.wav", "--top", "0"], "0 is not in the range"),
    (["tga", "x.wav"], "Did you mean 'tag'"),
    (["tag", "x.wav", "--jsno"], "--json"),
])
def test_usage_errors_exit_2(earmark, args, message):
    done = earmark(*args)
    assert done.returncode == 2
    assert message in done.stderr
    assert "Traceback" not in done.stderr


def test_an_unknown_tagger_offers_the_nearest(earmark, clip):
    done = earmark("tag", clip("a.wav"), "--tagger", "gtzan1O")
    assert done.returncode == 1
    assert "Did you mean 'gtzan10'" in one_line(done)


def test_a_damaged_tagger_is_refused(earmark, clip, tmp_path):
    from earmark.tagger.tagger import find

    content = bytearray(find("gtzan10").read_bytes())
    content[len(content) // 2] ^= 1
    (tmp_path / "mine.earmark").write_bytes(content)
    done = earmark("tag", clip("a.wav"), "--tagger", "mine.earmark")
    assert done.returncode == 1
    assert "checksum does not match" in one_line(done)


def test_jobs_change_nothing_but_the_time(earmark, clip):
    for k in range(4):
        clip(f"in/{k}.wav", 30.0 + k)
    one, three = (earmark("tag", "in", "--json", "--jobs", jobs).stdout for jobs in (1, 3))
    assert one == three


@pytest.mark.realdata
def test_the_unreadable_clip_is_skipped_among_good_ones(earmark, realdata):
    done = earmark("tag", realdata / "gtzan/Data/genres_original/jazz", "--json")
    assert done.returncode == 3
    answer = json.loads(done.stdout)
    assert len(answer["files"]) == 12
    assert "jazz.00054.wav" in one_line(done)


@pytest.mark.realdata
def test_all_real_songs_are_tagged_whole_with_a_timeline(earmark, realdata):
    done = earmark("tag", realdata / "songs", "--json", "--timeline")
    assert done.returncode == 0
    answer = json.loads(done.stdout)
    assert len(answer["files"]) == 10
    for tags in answer["files"]:
        assert len(tags["timeline"]["scores"]) >= max(1, int(tags["seconds"] // 30))
