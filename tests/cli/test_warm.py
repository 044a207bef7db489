"""The fast kernels are an offer: had ahead of time, and missed by nobody who has none."""

import json
import os
import subprocess
import sys

import pytest

_BLIND = """
import importlib.util, sys
real = importlib.util.find_spec
importlib.util.find_spec = lambda n, *a: None if n == "numba" else real(n, *a)
from earmark.cli.main import main
main(["warm"])
"""
_STAND_IN = """
import sys, types
fast = types.ModuleType("earmark.audio.kernels.fast")
fast.warm = lambda: print("compiled")
sys.modules[fast.__name__] = fast
from earmark.audio import kernels
{before}
kernels.available = lambda: True
print(*kernels.warm(), sep="\\n")
print(kernels.active().__name__.rpartition(".")[2])
"""


def run(code, **env):
    clean = {k: v for k, v in os.environ.items() if k != "NUMBA_CACHE_DIR"}
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True,
                          env={**clean, **env}, check=False, timeout=120)


def test_without_the_extra_it_says_how_to_get_it():
    done = run(_BLIND)
    assert done.returncode == 0
    assert "pip install 'earmark[fast]'" in done.stdout
    assert done.stderr == ""


def test_it_says_what_it_did_and_where(tmp_path):
    done = run(_STAND_IN.format(before=""), EARMARK_CACHE=str(tmp_path))
    compiled, line, kind = done.stdout.splitlines()
    assert (compiled, kind) == ("compiled", "fast")
    assert line.startswith("the fast kernels are ready, in ")
    assert f"; kept in {tmp_path / 'numba'}" in line


def test_kernels_that_cannot_be_kept_are_used_all_the_same(tmp_path):
    (tmp_path / "cache").write_text("in the way")
    done = run(_STAND_IN.format(before=""), EARMARK_CACHE=str(tmp_path / "cache"))
    assert done.stdout.splitlines()[2].startswith("they could not be kept in ")
    assert done.stdout.splitlines()[3] == "fast"


def test_kernels_that_cannot_be_run_are_replaced(tmp_path):
    before = "def failing(): raise RuntimeError('no locator available')\nfast.warm = failing"
    done = run(_STAND_IN.format(before=before), EARMARK_CACHE=str(tmp_path))
    line, kind = done.stdout.splitlines()
    assert "cannot be started (RuntimeError: no locator available)" in line
    assert kind == "plain"


@pytest.mark.parametrize("cache", ["cache", "file"])
def test_the_command_ends_well_with_and_without_a_place_to_write(tmp_path, cache):
    (tmp_path / "file").write_text("in the way")
    code = "from earmark.cli.main import main\nmain(['warm'])"
    done = run(code, EARMARK_CACHE=str(tmp_path / cache), HOME=str(tmp_path / "file"))
    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stderr
    assert 1 <= len(done.stdout.splitlines()) <= 2


def test_tagging_a_few_files_starts_no_compiler(clip):
    paths = [str(clip(f"{n}.wav", 3.0)) for n in range(3)]
    code = ("import sys, json\nfrom earmark.cli.main import main\n"
            f"try: main(['tag', '--csv', *{paths!r}])\nexcept SystemExit: pass\n"
            "print(json.dumps([m for m in ('numba', 'scipy') if m in sys.modules]))")
    done = run(code)
    assert json.loads(done.stdout.splitlines()[-1]) == [], done.stderr


@pytest.mark.parametrize(("count", "expected"), [(1, []), (2, [2.0])])
def test_a_library_is_announced_and_a_single_file_is_not(clip, monkeypatch, count, expected):
    from earmark.audio import kernels, queued
    from earmark.cli.tag import tag_files

    found = []
    monkeypatch.setattr(kernels, "expect", found.append)
    monkeypatch.setattr(queued, "likely_seconds", lambda paths: float(len(list(paths))))
    assert tag_files([clip(f"{n}.wav") for n in range(count)], ["gtzan10"], style="csv") == 0
    assert found == expected
