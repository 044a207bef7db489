"""Runs the command line in a process of its own, as a user does."""

import os
import subprocess
import sys

import numpy as np
import pytest
import soundfile


@pytest.fixture
def earmark(tmp_path):
    """Return a function that runs ``earmark`` in an empty folder and returns the process."""

    def run(*args, env=None, start=(sys.executable, "-W", "error", "-m", "earmark")):
        return subprocess.run(
            [*start, *map(str, args)], cwd=tmp_path,
            capture_output=True, text=True, encoding="utf-8", check=False, timeout=120,
            env={**os.environ, "PYTHONIOENCODING": "utf-8", **(env or {})},
        )

    return run


@pytest.fixture
def clip(rng, tmp_path):
    """Return a function that writes a few seconds of noise as a wav file."""

    def write(name, seconds=3.0, level=0.1):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        samples = level * rng.standard_normal(int(22_050 * seconds))
        soundfile.write(path, samples.astype(np.float32), 22_050, format="WAV")
        return path

    return write


_FAMILIES = """
import os, signal, time
from dataclasses import dataclass
from typing import ClassVar
import numpy as np
from earmark.features.base import FrontEnd


@dataclass(frozen=True)
class Levels(FrontEnd):
    '''Loudness in three bands of time: a picture.'''
    name: ClassVar[str] = "levels"
    any_length: ClassVar[bool] = True
    sample_rate: int = 8000
    columns = ("early", "middle", "late")

    def whole(self, passes):
        samples = np.concatenate(list(passes()))
        thirds = [np.sqrt(np.mean(part ** 2)) for part in np.array_split(samples, 3)]
        return np.outer(thirds, [1, 2]).astype(np.float32)


@dataclass(frozen=True)
class Drawn(Levels):
    '''The same, and it can be drawn.'''
    name: ClassVar[str] = "drawn"

    def png(self, values):
        return b"a drawing of " + values.tobytes()


@dataclass(frozen=True)
class Slow(FrontEnd):
    '''A mean that takes its time, and the process's life where it is loud.'''
    name: ClassVar[str] = "slow"
    any_length: ClassVar[bool] = True
    sample_rate: int = 8000
    seconds: float = 0.0
    columns = ("mean",)

    def whole(self, passes):
        samples = np.concatenate(list(passes()))
        time.sleep(self.seconds)
        if abs(samples).max() > 0.9:
            os.kill(os.getpid(), signal.SIGKILL)
        return samples.mean(keepdims=True)
"""
_ENTRY_POINTS = """[earmark.features]
levels = earmark_test_families:Levels
drawn = earmark_test_families:Drawn
slow = earmark_test_families:Slow
"""
_IN_PROCESSES = """
import sys
if __name__ == "__main__":
    from earmark.lab import workers
    with workers.one_thread_each():
        import numpy
    from earmark.lab import extractor
    extractor._PROCESS_SECONDS = 0.0
    from earmark.cli.main import main
    main(sys.argv[1:])
"""


@pytest.fixture
def families(tmp_path_factory):
    """Install families of features from outside and return the environment that knows them."""
    folder = tmp_path_factory.mktemp("families")
    (folder / "earmark_test_families.py").write_text(_FAMILIES)
    (folder / "earmark_test_families-1.dist-info").mkdir()
    (folder / "earmark_test_families-1.dist-info/entry_points.txt").write_text(_ENTRY_POINTS)
    (folder / "earmark_test_families-1.dist-info/METADATA").write_text(
        "Metadata-Version: 2.1\nName: earmark_test_families\nVersion: 1\n")
    paths = [str(folder), *filter(None, [os.environ.get("PYTHONPATH")])]
    return {"PYTHONPATH": os.pathsep.join(paths)}


@pytest.fixture
def in_processes(tmp_path_factory):
    """Return the start of a command line that works in processes however little there is to do."""
    script = tmp_path_factory.mktemp("driver") / "driver.py"
    script.write_text(_IN_PROCESSES)
    return [sys.executable, "-W", "error", str(script)]


def one_line(process):
    """Return stderr without progress and remarks, which must be a single line and no traceback."""
    assert "Traceback" not in process.stderr
    lines = [line for line in process.stderr.splitlines() if line.startswith("earmark:")]
    assert len(lines) == 1, process.stderr
    return lines[0]
