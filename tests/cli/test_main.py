import json
import os
import subprocess
import sys

import pytest

HEAVY = ("scipy", "numba", "torch", "sklearn", "librosa", "pandas", "lightgbm", "onnx",
         "pyarrow", "jinja2")


def loaded_by(code):
    """Return the heavy packages that a fresh process has imported after running the code."""
    script = (f"{code}\nimport sys, json\n"
              f"print(json.dumps([m for m in {HEAVY!r} if m in sys.modules]))")
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    return json.loads(done.stdout.splitlines()[-1])


def test_help_lists_the_commands(earmark):
    done = earmark("--help")
    assert done.returncode == 0
    for command in ("compare", "demo", "evaluate", "features", "report", "tag", "tagger", "train",
                    "warm"):
        assert f"\n  {command} " in done.stdout


def test_help_imports_nothing_to_speak_of():
    code = ("import sys\nfrom earmark.cli.main import earmark\n"
            "try: earmark(['--help'])\nexcept SystemExit: pass\n"
            "assert 'numpy' not in sys.modules and 'onnxruntime' not in sys.modules")
    assert loaded_by(code) == []


def test_tagging_needs_the_base_install_only(clip):
    path = clip("a.wav", 31.0)
    code = ("from pathlib import Path\nfrom earmark.tagger.tagger import Tagger\n"
            f"Tagger.load('gtzan10').tag(Path({str(path)!r}), timeline=True)")
    assert loaded_by(code) == []


def test_version(earmark):
    assert earmark("--version").stdout.startswith("earmark, version ")


def test_taggers_are_listed_shown_and_checked(earmark):
    one, two, *others = json.loads(earmark("tagger", "list", "--json").stdout)
    for entry, name in ((one, "gtzan10"), (two, "gtzan10-net")):
        assert (entry["name"], entry["state"], len(entry["labels"])) == (name, "bundled", 10)
    assert {other["state"] for other in others} <= {"not installed", "to be brought"}
    assert "gtzan10" in earmark("tagger", "list").stdout
    shown = earmark("tagger", "show", "gtzan10").stdout
    for fact in ("limits:", "licence:", "cross-validated accuracy", "by artist", "has seen: gtzan"):
        assert fact in shown
    manifest = json.loads(earmark("tagger", "show", "gtzan10", "--json").stdout)
    assert len(manifest["labels"]) == 10
    checked = earmark("tagger", "check", "gtzan10")
    assert checked.returncode == 0
    assert "sound" in checked.stdout


def test_training_from_the_command_line(earmark, tmp_path):
    from earmark.datasets.gtzan import Gtzan

    Gtzan.sample(tmp_path / "data")
    (tmp_path / "data/Data/features_30_sec.csv").unlink()  # so that features come from audio
    env = {"EARMARK_CACHE": str(tmp_path / "cache")}
    done = earmark("train", "gtzan57-logistic", "--data", "data", env=env)
    assert done.returncode == 0, done.stderr
    assert "split filtered (30 of 930 tracks)" in done.stdout
    assert "leak" not in done.stdout
    again = earmark("train", "gtzan57-logistic", "--data", "data", "--json", env=env)
    assert json.loads(again.stdout)["protocol"]["seed"] == 57
    tagged = earmark("tag", "data/Data/genres_original/blues", "--tagger",
                     "runs/gtzan57-logistic/tagger.earmark")
    assert tagged.returncode == 0, tagged.stderr


@pytest.mark.parametrize(("args", "message"), [
    (["train", "gtzan57-logistik", "--data", "."], "Did you mean 'gtzan57-logistic'"),
    (["train", "gtzan57-logistic", "--data", "nowhere"], "nowhere: no such folder"),
    (["train", "gtzan57-logistic", "--data", "."], "holds no GTZAN"),
])
def test_training_errors_are_one_line(earmark, args, message):
    done = earmark(*args)
    assert done.returncode == 1
    assert message in done.stderr
    assert "Traceback" not in done.stderr


def test_the_demo_composes_and_tags(earmark, tmp_path):
    done = earmark("demo", "--out", "d", env={"HOME": str(tmp_path), "USERPROFILE": str(tmp_path)})
    assert done.returncode == 0, done.stderr
    pieces = sorted((tmp_path / "d/pieces").glob("*.wav"))
    assert len(pieces) == 3
    for piece in pieces:
        assert done.stdout.count(piece.name) == 2  # by the demo's tagger and by gtzan10
    assert "copies found by ear: 6 pairs, 6 were planted" in done.stdout
    offer = done.stdout.splitlines()[-1]
    assert offer == ("instruments, voices and moods as well: "
                     "earmark tagger import musicnn --download")
    for name in ("demo.earmark", "runs/compare.html", "runs/svm-by-artist/report.html"):
        assert (tmp_path / "d" / name).is_file()


def test_the_demo_looks_for_your_files_first(earmark, tmp_path):
    done = earmark("demo", "gone.mp3")
    assert done.returncode == 1
    assert "gone.mp3: no such file" in done.stderr
    assert not (tmp_path / "demo").exists()


def test_the_demo_of_a_base_install_tags_files_given(clip, tmp_path):
    # A base install: scikit-learn cannot be found.
    blind = ("import importlib.util, sys; real = importlib.util.find_spec\n"
             "importlib.util.find_spec = lambda n, *a: None if n == 'sklearn' else real(n, *a)\n"
             "from earmark.cli.main import main; main(sys.argv[1:])")
    done = subprocess.run(
        [sys.executable, "-c", blind, "demo", str(clip("mine.wav", 30.0)), "--out", "d"],
        capture_output=True, text=True, encoding="utf-8", check=False,
        cwd=tmp_path, env={**os.environ, "PYTHONIOENCODING": "utf-8"},
    )
    assert done.returncode == 0, done.stderr
    assert "mine.wav" in done.stdout
    assert "pip install '.[train]'" in done.stderr
