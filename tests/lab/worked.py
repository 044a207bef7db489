"""Work for ``test_workers``, in a module of its own so that other processes can import it."""

import os
import signal
import time
from pathlib import Path

from earmark.errors import AudioError, EarmarkError


def read(path: Path) -> str:
    """Return the file's text, or do what it says."""
    text = path.read_text()
    if text.startswith("sleep"):
        time.sleep(float(text.split()[1]))
    if text == "killed":
        os.kill(os.getpid(), signal.SIGKILL)
    if text == "exit":
        os._exit(7)
    if text == "unreadable":
        raise AudioError(f"{path}: no music")
    if text == "full":
        raise EarmarkError("the disk is full")
    if text == "bug":
        raise KeyError("a bug")
    return text


def process(path: Path) -> int:
    """Return the number of the process that works on the file."""
    time.sleep(0.05)
    return os.getpid()


def threads(path: Path) -> str:
    """Return how many threads linear algebra may use."""
    return os.environ.get("OPENBLAS_NUM_THREADS", "any")


class Unstartable:
    """Work that ends the process it is sent to, but not this one."""

    def __init__(self) -> None:
        self.home = os.getpid()

    def __setstate__(self, state: dict[str, int]) -> None:
        self.__dict__.update(state)
        if os.getpid() != self.home:
            os._exit(1)

    def __call__(self, path: Path) -> str:
        return path.read_text()
