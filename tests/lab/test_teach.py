"""A personal tagger from folders or a table, and collections that are too small for one."""

import json

import numpy as np
import pytest
import soundfile
from tests.cli.conftest import clip, earmark, one_line  # noqa: F401 - fixtures

from earmark.lab import teach

RATE = 22_050


@pytest.fixture(scope="module")
def music(tmp_path_factory):
    """Three kinds of noise, each by four artists, named 'Artist - Title'."""
    rng = np.random.default_rng(5)
    root = tmp_path_factory.mktemp("collection") / "music"
    for label, smooth in (("bright", 1), ("dull", 12), ("dark", 40)):
        (root / label).mkdir(parents=True)
        for artist in ("Ann", "Bob", "Cyd", "Dee"):
            for title in ("One", "Two"):
                noise = rng.standard_normal(RATE * 11 + smooth - 1)
                tone = np.convolve(noise, np.full(smooth, 1 / smooth), "valid")
                beat = 1 + np.sign(np.sin(np.arange(len(tone)) / RATE * rng.uniform(8, 14)))
                path = root / label / f"{artist} {label} - {title}.wav"
                soundfile.write(path, (0.1 * tone * beat / tone.std()).astype(np.float32), RATE)
    return root


def test_a_folder_becomes_a_tagger(earmark, music, tmp_path):  # noqa: F811
    done = earmark("train", music, "--name", "tones")
    assert done.returncode == 0, done.stderr
    results = json.loads(next(tmp_path.glob("runs/tones-*/results.json")).read_text())
    assert results["cross_validated"]["grouped_by"] == "artist"
    assert results["cross_validated"]["accuracy"] > 0.8
    assert "test" not in results["parts"]
    assert len(results["learning_curve"]) >= 3
    assert {a["label"] for a in results["label_advice"]} == {"bright", "dull", "dark"}
    assert results["calibration"]["after"]["log_loss"] < 1
    assert list(tmp_path.glob("runs/tones-*/report.html"))
    assert "12 known" in done.stderr
    assert "use it: earmark tag FILES --tagger tones.earmark" in done.stdout
    song = next((music / "dark").iterdir())
    tagged = earmark("tag", song, "--tagger", "tones.earmark", "--json")
    assert next(iter(json.loads(tagged.stdout)["files"]))["tags"] == ["dark"]
    checked = earmark("tagger", "check", "tones.earmark")
    assert checked.returncode == 0, checked.stderr


def test_a_table_of_files_anywhere_becomes_a_tagger(earmark, music, tmp_path):  # noqa: F811
    rows = [f"{path},{path.parent.name},{path.name.split(' - ')[0]}"
            for path in sorted(music.rglob("*.wav")) if path.parent.name != "dull"]
    (tmp_path / "list.csv").write_text("path,label,artist\n" + "\n".join(rows) + "\n")
    done = earmark("train", "list.csv", "--out", "run")
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "my.earmark").is_file()
    assert json.loads((tmp_path / "run/results.json").read_text())["cross_validated"]["rows"] == 16


@pytest.mark.parametrize(("files", "message"), [
    (["rock/a.wav"], "one label"),
    (["rock/a.wav", "rock/b.wav"], "one label"),
    (["rock/Ann - a.wav", "pop/Ann - b.wav"], "of one artist"),
    (["rock/a.wav", "rock/b.wav", "pop/c.wav"], "pop: 1 track of one artist"),
    ([], "no label folders|holds no|no audio"),
])
def test_what_is_too_small_is_said(earmark, clip, tmp_path, files, message):  # noqa: F811
    import re

    (tmp_path / "in").mkdir()
    for name in files:
        clip(f"in/{name}")
    done = earmark("train", "in")
    assert done.returncode == 1
    assert re.search(message, one_line(done)), done.stderr
    assert not (tmp_path / "runs").exists()


def test_folders_that_differ_by_case_are_one_label(earmark, clip):  # noqa: F811
    for k, name in enumerate(["Rock/a.wav", "rock/b.wav", "pop/c.wav", "pop/d.wav"]):
        clip(f"in/{name}", 11.0, level=0.05 * (k + 1))
    done = earmark("train", "in")
    assert done.returncode == 0, done.stderr
    assert "Rock" in done.stderr
    assert "2 labels" in earmark("tagger", "show", "my.earmark").stdout


@pytest.mark.parametrize(("table", "message"), [
    ("path\na.wav\n", "label"),
    ("path,label\na.wav,rock\na.wav,pop\n", "a.wav"),
    ("path,label\na.wav,\"['rock']\"\n", "list"),
    ("path,label\ngone.wav,rock\n", "gone.wav|none of"),
])
def test_a_table_that_is_wrong_is_named(earmark, clip, tmp_path, table, message):  # noqa: F811
    import re

    clip("a.wav")
    (tmp_path / "list.csv").write_text(table)
    done = earmark("train", "list.csv")
    assert done.returncode == 1
    assert re.search(message, one_line(done)), done.stderr


@pytest.mark.parametrize("name", ["a/b", "", "../x", "x\ny"])
def test_a_name_that_no_file_should_have_is_refused(earmark, music, name):  # noqa: F811
    done = earmark("train", music, "--name", name)
    assert done.returncode == 1
    assert "--name: 'name' is" in one_line(done)


def test_more_tracks_make_another_run(earmark, clip, tmp_path):  # noqa: F811
    for k, name in enumerate(["rock/a.wav", "rock/b.wav", "pop/c.wav", "pop/d.wav"]):
        clip(f"in/{name}", 11.0, level=0.02 * (k + 1))
    first = earmark("train", "in")
    assert "folds by song, no artist being known" in first.stdout
    assert "by artist" not in first.stdout
    clip("in/pop/e.wav", 11.0)
    assert earmark("train", "in").returncode == 0
    assert len(list((tmp_path / "runs").iterdir())) == 2


def test_a_recipe_wins_over_a_folder_of_its_name_when_data_is_given(earmark, tmp_path):  # noqa: F811
    (tmp_path / "gtzan57-logistic").mkdir()
    done = earmark("train", "gtzan57-logistic", "--data", "nowhere")
    assert "nowhere: no such folder" in one_line(done)


@pytest.mark.parametrize(("what", "message"), [
    ("nofolder", "no folder or table of music, and no recipe's name"),
    ("gtzan10", "needs --data"),
])
def test_what_is_missing_is_said(earmark, what, message):  # noqa: F811
    done = earmark("train", what)
    assert done.returncode == 2
    assert message in done.stderr


def test_a_song_in_the_wrong_folder_is_named_and_kept(earmark, music, tmp_path):  # noqa: F811
    import shutil

    shutil.copytree(music, tmp_path / "in")
    wrong = tmp_path / "in/dark/Ann bright - Two.wav"
    shutil.move(tmp_path / "in/bright" / wrong.name, wrong)
    done = earmark("train", "in")
    assert done.returncode == 0, done.stderr
    checks = [line for line in done.stdout.splitlines() if line.startswith("check: ")]
    assert checks[0].startswith("check: dark/Ann bright - Two says dark, sounds like bright (")
    results = json.loads(next(tmp_path.glob("runs/my-*/results.json")).read_text())
    assert results["likely_mistags"][0]["track"] == "dark/Ann bright - Two"
    assert results["cross_validated"]["rows"] == 24
    assert "Likely mistags" in next(tmp_path.glob("runs/my-*/report.html")).read_text()


def test_files_that_cannot_be_heard_do_not_count_as_seen(earmark, music, tmp_path):  # noqa: F811
    import shutil

    shutil.copytree(music, tmp_path / "in")
    (tmp_path / "in/dark/Ann dark - Broken.wav").write_text("no sound")
    done = earmark("train", "in")
    assert done.returncode == 0, done.stderr
    shown = earmark("tagger", "show", "my.earmark").stdout
    assert "all 25 tracks of split all tracks but 1 without features\n" in shown
    results = json.loads(next(tmp_path.glob("runs/my-*/results.json")).read_text())
    assert results["majority_baseline"]["accuracy"] == pytest.approx(8 / 24)


def test_no_more_is_promised_than_can_be_gained():
    advice = [{"label": "jazz", "tracks": 12, "have": 12, "gain": 0.06}]
    said = {"label_advice": advice, "cross_validated": {"f1_macro": 0.98}}
    assert teach.advice_line(said).endswith("about +2 points of macro F1")
    assert teach.advice_line({**said, "cross_validated": {"f1_macro": 1.0}}) is None


def test_genres_in_tags_may_be_the_labels(earmark, music, tmp_path):  # noqa: F811
    root = tmp_path / "loose"
    root.mkdir()
    for path in sorted(music.rglob("*.wav")):
        samples, rate = soundfile.read(path)
        with soundfile.SoundFile(root / f"{path.stem}.flac", "w", rate, 1) as file:
            file.genre, file.artist = path.parent.name, path.name.split()[0]
            file.write(samples)
    done = earmark("train", root, "--labels", "filetags")
    assert done.returncode == 0, done.stderr
    assert "artists: 4 known, for 24 of 24 tracks (24 from tags)" in done.stderr
    assert "3 labels" in earmark("tagger", "show", "my.earmark").stdout
    assert "filetags" in done.stdout


@pytest.mark.parametrize(("arguments", "message"), [
    (("list.csv", "--labels", "filetags"), "is a table, which has labels of its own"),
    (("in", "--labels", "filetags"), "holds no genre of 5 tracks"),
    (("gtzan57-logistic", "--data", "in", "--labels", "filetags"), "own music"),
    (("in", "--features", "gtzan75"), "Did you mean 'gtzan57'"),
    (("in", "--taxonomy", "mine.toml"), "it needs '--labels filetags'"),
    (("gtzan57-logistic", "--data", "in", "--taxonomy", "mine.toml"), "own music"),
    (("in", "--labels", "filetags", "--taxonomy", "mine.toml"), "mine.toml, line 2: 'hous'"),
])
def test_options_that_do_not_fit_are_one_line(earmark, clip, tmp_path, arguments, message):  # noqa: F811
    for name in ("rock/a", "rock/b", "pop/c", "pop/d"):
        clip(f"in/{name}.wav")
    (tmp_path / "list.csv").write_text("path,label\nin/rock/a.wav,rock\n")
    (tmp_path / "mine.toml").write_text("[genre]\ngqom = { parents = ['hous'] }\n")
    done = earmark("train", *arguments)
    assert done.returncode in (1, 2)
    assert "Traceback" not in done.stderr
    assert message in done.stderr


def tagged_rows(music):
    """Lines of a table in which each song of ``music`` bears two labels."""
    return ["path,labels", *(
        f"{song},{label};{'loud' if number % 2 else 'soft'}" for label in ("bright", "dark")
        for number, song in enumerate(sorted((music / label).iterdir())))]


def test_tracks_of_several_labels_make_a_tagger_and_what_is_left_out_is_said(
    earmark, music, tmp_path  # noqa: F811
):
    rows = tagged_rows(music)
    (tmp_path / "t.csv").write_text("\n".join(rows) + "\n")
    done = earmark("train", "t.csv", "--name", "several")
    assert done.returncode == 0, done.stderr
    assert "no learning curve" in done.stdout
    assert "commonest label" not in done.stdout
    tagged = earmark("tag", next((music / "dark").iterdir()), "--tagger", "several.earmark",
                     "--json")
    answer = next(iter(json.loads(tagged.stdout)["files"]))
    assert "dark" in answer["tags"]
    assert answer["label_set"]["labels"]
    shown = earmark("tagger", "show", "several.earmark").stdout
    assert all(word in shown for word in ("calibrat", "threshold", "label sets"))


def test_folders_of_artists_are_pointed_to_the_files_tags(earmark, clip, tmp_path):  # noqa: F811
    for place in ("Swedes", "Britons"):
        for title in ("One", "Two"):
            clip(f"lib/{place}/{'Abba' if place == 'Swedes' else 'Queen'} - {title}.wav")
    done = earmark("train", "lib")
    assert done.returncode == 1
    assert "--labels filetags takes the genres" in one_line(done)
    for band in ("ABBA", "Queen", "Others"):
        path = tmp_path / "artists" / band / "song.flac"
        path.parent.mkdir(parents=True)
        with soundfile.SoundFile(path, "w", RATE, 1, "PCM_16", format="FLAC") as file:
            file.artist = "Abba" if band == "ABBA" else band.replace("Others", "Somebody")
            file.write(np.zeros(2000))
    told = teach.remarks(teach.collection(tmp_path / "artists"))
    assert any("2 of 3 folders are called like the artist of their files: ABBA, Queen" in line
               for line in told)


def test_the_parts_that_a_table_states_are_used_where_they_suffice(tmp_path):
    from earmark.datasets.manifest import Manifest

    Manifest.sample(tmp_path / "m")
    dataset = teach.collection(tmp_path / "m")
    recipe = teach.recipe_for(dataset, "my")
    assert recipe.split.partition == "given"
    assert recipe.split.learn_from == ("train", "valid")
    assert "the parts that the table states are used: 6 train, 3 valid, 3 test" in \
        teach.remarks(dataset)
    table = tmp_path / "m" / "manifest.csv"
    table.write_text(table.read_text().replace(",train", ",test").replace(",valid", ",train"))
    dataset = teach.collection(tmp_path / "m")  # one track of each label is left to learn from
    assert teach.recipe_for(dataset, "my").split.partition is None
    assert any("are not used" in line for line in teach.remarks(dataset))


def test_a_label_that_cannot_be_printed_is_refused_before_anything_is_learnt(earmark, clip):  # noqa: F811
    for name in ("rock/a", "rock/b", "po\x07p/c", "po\x07p/d"):
        clip(f"in/{name}.wav")
    done = earmark("train", "in")
    assert done.returncode == 1
    assert "cannot be printed; rename it" in one_line(done)


def test_a_rare_tag_among_several_is_told_and_stops_nothing(
    earmark, music, tmp_path  # noqa: F811
):
    rows = tagged_rows(music)
    rows[1] += ";once"
    (tmp_path / "t.csv").write_text("\n".join(rows) + "\n")
    done = earmark("train", "t.csv", "--name", "rare")
    assert done.returncode == 0, done.stderr
    assert "once" in done.stdout
    assert "Traceback" not in done.stderr
