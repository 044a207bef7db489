"""Ctrl-C in the middle of a command: one line, and the exit code that shells expect."""

import io
import sys

import pytest
from tests.cli.conftest import one_line

from earmark.cli.train import Progress

_DRIVER = """
import importlib, signal, sys

def interrupted(*args, **more):
    signal.raise_signal(signal.SIGINT)

module, name = sys.argv[1].split(":")
setattr(importlib.import_module(module), name, interrupted)
from earmark.cli.main import main
main(sys.argv[2:])
"""
_GIVEN = ("gtzan57-logistic", "--data", ".")
_ON = "the same command goes on from there"


@pytest.fixture
def interrupted(earmark, tmp_path):
    """Return a function that runs a command line and presses Ctrl-C where a function is called."""
    (tmp_path / "driver.py").write_text(_DRIVER)

    def run(place, *args):
        return earmark(place, *args, start=(sys.executable, "-W", "error", "driver.py"))

    return run


@pytest.mark.parametrize(("place", "args"), [
    ("earmark.lab.experiment:run", ("train", *_GIVEN)),
    ("earmark.lab.choose:bench", ("evaluate", *_GIVEN)),
    ("earmark.lab.audit:audit", ("audit", *_GIVEN)),
    ("earmark.lab.unlabelled.proof:desk", ("pretrain", *_GIVEN)),
    ("earmark.lab.explain.explaining:explain", ("explain", "a.wav")),
    ("earmark.lab.doctor.outcome:read_excluded", ("train", *_GIVEN, "--exclude", "driver.py")),
])  # fmt: skip
def test_it_is_said_in_one_line(interrupted, clip, place, args):
    clip("a.wav")
    done = interrupted(place, *args)
    assert done.returncode == 130
    assert done.stderr == "earmark: interrupted\n"
    assert not done.stdout


@pytest.mark.parametrize(("place", "args"), [
    ("earmark.lab.experiment:run", ("train", "gtzan10-net", "--data", ".")),
    ("earmark.lab.experiment:run", ("train", "several.toml", "--data", ".")),
    ("earmark.lab.tuning.tuning:tune", ("tune", *_GIVEN)),
])  # fmt: skip
def test_what_can_be_taken_up_again_is_said_to_be(interrupted, tmp_path, place, args):
    from earmark.lab import recipe as recipes

    recipes.write(recipes.read("gtzan57-logistic"), tmp_path / "several.toml")
    text = (tmp_path / "several.toml").read_text().replace(
        'name = "classical:logistic"',
        'name = "ensemble:mean"\nmembers = [{ name = "classical:lda" }, { name = "dense:mlp" }]')
    (tmp_path / "several.toml").write_text(text)
    done = interrupted(place, *args)
    assert done.returncode == 130
    assert one_line(done).startswith("earmark: interrupted; finished ")
    assert done.stderr.endswith(f"{_ON}\n")


@pytest.mark.parametrize("error", [None, KeyboardInterrupt, ValueError])
def test_a_terminal_has_its_cursor_back(monkeypatch, error):
    class Terminal(io.StringIO):
        def isatty(self):
            return True

    monkeypatch.setattr(sys, "stderr", terminal := Terminal())
    monkeypatch.setenv("TERM", "xterm")
    try:
        with Progress() as log:
            log("fold 1 of 5")
            if error is not None:
                raise error
    except (KeyboardInterrupt, ValueError):
        pass
    shown = terminal.getvalue()
    assert "fold 1 of 5" in shown
    assert shown.count("\x1b[?25l") == shown.count("\x1b[?25h") == 1
    assert shown.index("\x1b[?25l") < shown.rindex("\x1b[?25h")
