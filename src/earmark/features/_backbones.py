"""The graphs of backbones, by what they are: held in memory, and on disk for other processes.

A front end names its graph by SHA-256 and never holds it, so that settings stay settings. Whoever
has the bytes (a tagger that is opened, an importer) provides them here first. What lies on disk is
checked against its name whenever it is read, and nothing else is ever taken for it.
"""

from __future__ import annotations

import contextlib
import hashlib
import threading
from pathlib import Path

from earmark.errors import EarmarkError, SettingsError
from earmark.graphs.session import Session
from earmark.store import atomic_write, cache_folder

_held: dict[str, bytes] = {}
_sessions: dict[str, Session] = {}
_making = threading.Lock()


def provide(content: bytes, *, keep: bool = True) -> str:
    """Make a graph known to this process and return its SHA-256 in hex.

    Args:
        keep: write it to the cache too, where processes that are started later find it; a cache
            that cannot be written is no error.
    """
    name = hashlib.sha256(content).hexdigest()
    _held.setdefault(name, content)
    if keep and not _path(name).is_file():
        with contextlib.suppress(EarmarkError), atomic_write(_path(name)) as file:
            file.write(content)
    return name


def content(graph: str, backbone: str) -> bytes:
    """Return the bytes of a graph.

    Args:
        graph: its SHA-256 in hex. backbone: what people call it, for the error.

    Raises:
        SettingsError: it was not provided and is not in the cache.
    """
    if graph not in _held:
        with contextlib.suppress(OSError):
            found = _path(graph).read_bytes()
            if hashlib.sha256(found).hexdigest() == graph:
                _held[graph] = found
    if graph not in _held:
        raise SettingsError(f"the backbone '{backbone}' (graph {graph[:12] or 'not named'}) is not "
                            f"at hand; install it: earmark tagger import {backbone or 'NAME'}")
    return _held[graph]


def session(graph: str, backbone: str) -> Session:
    """Return a graph ready to run, one for all threads of the process.

    Raises:
        SettingsError: as ``content``. TaggerError: it may not be run (see ``graphs.guard``).
    """
    with _making:
        if graph not in _sessions:
            made = Session(content(graph, backbone), f"backbone {backbone}")
            _ = made.outputs  # loaded here, where no other thread does it too
            _sessions[graph] = made
        return _sessions[graph]


def travels(graph: str) -> bytes | None:
    """Return what another process must be handed to know the graph; None where the cache does."""
    return None if _path(graph).is_file() else _held.get(graph)


def _path(graph: str) -> Path:
    return cache_folder() / "backbones" / f"{graph}.onnx"
