"""What all tests share: folders of their own, seeded chance, and real data where it is at hand."""

import importlib.util
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

# Tests run on all cores at once: threads of their own would only wait for one another.
os.environ.setdefault("OMP_NUM_THREADS", "1")

import hypothesis
import numpy as np
import pytest

# No example may fail for being slow on a busy machine; CI draws the same ones every time, and
# laptops draw new ones.
hypothesis.settings.register_profile(
    "earmark", deadline=None, derandomize=bool(os.environ.get("CI"))
)
hypothesis.settings.load_profile("earmark")


_COMPILE_LIBROSA = "import librosa.util.utils, librosa.core.audio, librosa.core.pitch, librosa.beat"


def pytest_configure(config: pytest.Config) -> None:
    """Let tests press Ctrl-C, and have librosa compiled before there are several workers.

    It compiles as it is imported, and two processes that fill numba's cache at once may leave in it
    what ends every later one with a segmentation fault.
    """
    # What a shell starts in the background is deaf to Ctrl-C, and so would be what tests start.
    if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    at_once = getattr(config.option, "numprocesses", None)
    if at_once and not hasattr(config, "workerinput") and importlib.util.find_spec("librosa"):
        subprocess.run([sys.executable, "-c", _COMPILE_LIBROSA], check=False)


@pytest.fixture(scope="session", autouse=True)
def _own_folders(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    # For the session, so that fixtures made once a session do not use the user's folders either.
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("EARMARK_CACHE", str(tmp_path_factory.mktemp("cache")))
        patch.setenv("EARMARK_DATA", str(tmp_path_factory.mktemp("data")))
        yield


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(20_240_601)


@pytest.fixture(scope="session")
def realdata() -> Path:
    """The folder of real recordings and tables; never copied into the repository."""
    beside = Path(__file__).parents[2] / "shared" / "data"
    folder = Path(os.environ.get("EARMARK_TEST_DATA") or beside)
    if not folder.is_dir():
        pytest.skip(f"no real data in {folder}; name its folder in EARMARK_TEST_DATA")
    return folder
