"""The inner loops, in two kinds with equal values: ``plain`` (numpy) and ``fast`` (numba, scipy).

``fast`` needs the extra of that name, takes more than a second to start in each process, and is
therefore taken only when so much audio is queued that it repays its start: whoever has a queue
says so through ``expect``. Compiled code lies in the cache folder; ``earmark warm`` puts it there
ahead of time. Where it cannot be compiled or kept, everything goes on with ``plain``.

A kernel is a function that stands in both modules under one name, with one signature; the list is
``NAMES``, and tests compare the two on the same arrays.
"""

from __future__ import annotations

import contextlib
import importlib
import importlib.util
import os
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Literal

from earmark.audio.kernels import _compiled, plain
from earmark.audio.kernels._compiled import compiled_folder

Kind = Literal["plain", "fast"]
NAMES = (
    "rfft", "spectra", "powers", "magnitudes", "overlap_add", "moments", "mean_and_squares",
    "rolloff_bins", "peaks", "running_median", "harmonic_mask", "median_rise", "frame_energies",
    "sign_changes", "mean_autocorrelation", "beat_links",
)  # fmt: skip
REPAID_SECONDS = 600.0
"""Audio in one process from which on the fast kernels repay their start: half a second, against 30
to 35 ms saved on 30 seconds of audio. Measured by ``benchmarks/features.py``."""
REPAID_COMPILING_SECONDS = 9000.0
"""The same where they are still to be compiled, which takes some ten seconds."""

_active: ModuleType = plain
_fast_module: ModuleType | None = None
_why_not: str | None = None
_chosen: Kind | None = None


def active() -> ModuleType:
    """Return the module whose kernels are to be used now."""
    return _active


def expect(seconds: float) -> None:
    """Say that so much audio is about to be listened to in this process."""
    if _chosen is None and _active is plain and seconds >= REPAID_SECONDS and available():
        compiled = any(compiled_folder().rglob("*.nbc"))
        if compiled or seconds >= REPAID_COMPILING_SECONDS:
            start("fast")


def start(kind: Kind) -> str | None:
    """Use one kind from here on; return None, or why it must be ``plain`` after all."""
    global _active
    if kind == "plain":
        _active = plain
        return None
    module = _fast()
    if module is not None:
        _active = module
    return _why_not


@contextlib.contextmanager
def using(kind: Kind) -> Iterator[None]:
    """Use one kind inside the block, whatever is expected; for tests and measurements.

    Raises:
        ImportError: the fast kernels cannot be had here; says why.
    """
    global _active, _chosen
    before = _active, _chosen
    try:
        if why := start(kind):
            raise ImportError(why)
        _chosen = kind
        yield
    finally:
        _active, _chosen = before


def available() -> bool:
    """Tell, without importing them, whether the packages of the fast kernels are there."""
    return all(importlib.util.find_spec(name) for name in ("numba", "scipy"))


def warm() -> list[str]:
    """Compile the fast kernels and keep them for later processes; return what was done, in lines.

    Where they cannot be had, the lines say why, and that the plain ones do the same.
    """
    began = time.monotonic()
    if why := start("fast"):
        return [f"the plain kernels are used, with equal values: {why}"]
    folder = compiled_folder()
    done = f"the fast kernels are ready, in {time.monotonic() - began:.1f} s"
    if not _is_writable(folder):
        return [done, f"they could not be kept in {folder}, which cannot be written; processes "
                      "that use them may compile them anew"]
    return [f"{done}; kept in {folder}"]


def _is_writable(folder: Path) -> bool:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            return True
    except OSError:
        return False


def _fast() -> ModuleType | None:
    """Return the fast kernels, ready to run, or None; they are tried once in a process."""
    global _fast_module, _why_not
    if _fast_module is None and _why_not is None:
        if not available():
            _why_not = "the extra [fast] is not installed: pip install 'earmark[fast]'"
            return None
        folder = compiled_folder()
        _compiled.check(folder)
        try:
            module = _imported(folder)
            module.warm()
            _fast_module = module
        except Exception as error:  # numba fails in many ways where it cannot compile or keep
            said = str(error).strip().split("\n")[0]
            _why_not = f"the fast kernels cannot be started ({type(error).__name__}: {said})"
            _compiled.empty(folder)  # what is there may be the reason; the next process tries anew
        else:
            _compiled.seal(folder)
    return _fast_module


def _imported(folder: Path) -> ModuleType:
    """Import the fast kernels, their compiled code going to and coming from a folder."""
    # Before numba is imported, which fails where it finds no place of its own to write to.
    set_here = os.environ.setdefault("NUMBA_CACHE_DIR", str(folder)) == str(folder)
    try:
        import numba

        theirs, numba.config.CACHE_DIR = numba.config.CACHE_DIR, str(folder)
        try:
            return importlib.import_module(f"{__name__}.fast")
        finally:
            numba.config.CACHE_DIR = "" if theirs == str(folder) else theirs
    finally:
        if set_here:
            del os.environ["NUMBA_CACHE_DIR"]
