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

    def run(*args, env=None):
        return subprocess.run(
            [sys.executable, "-W", "error", "-m", "earmark", *map(str, args)], cwd=tmp_path,
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


def one_line(process):
    """Return stderr without progress and remarks, which must be a single line and no traceback."""
    assert "Traceback" not in process.stderr
    lines = [line for line in process.stderr.splitlines() if line.startswith("earmark:")]
    assert len(lines) == 1, process.stderr
    return lines[0]
