"""One file, heard once: everything the doctor asks of its sound, from one decoding.

The file streams through in bounded memory, an hour like a minute. What was heard is kept in the
cache under what the file sounds like (``audio.identity``), so that moving it or writing tags into
it makes nothing anew. A file that could not be decoded to its end is heard again the next time: the
fault may lie in the disk, the net or the decoder of the day.
"""

from __future__ import annotations

import contextlib
import dataclasses
import hashlib
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from earmark.audio import fingerprint as prints
from earmark.audio._refusals import refuse_unreadable
from earmark.audio.containers import ogg_breaks_off
from earmark.audio.fingerprint import Fingerprint, Printer
from earmark.audio.identity import identity
from earmark.audio.levels import LevelMeter, Levels
from earmark.audio.load import probe, stream
from earmark.audio.segments import is_silent
from earmark.audio.speech import SpeechMeter
from earmark.errors import AudioError, EarmarkError, EmptyAudioError
from earmark.store import ArrayCache, cache_folder

Samples = NDArray[np.float32]

_VERSION = 1  # of what is kept, beside the fingerprint's own


@dataclass(frozen=True, eq=False)
class Sound:
    """What was heard in a file.

    Attributes:
        seconds: how long it is.
        levels: of its channels.
        cancels: whether nothing is left when its channels are averaged, as every front end does.
        spoken: whether each window of 5 s sounds like speech [shape=(windows,)].
        digest: hex SHA-256 of its mono samples and their rate; empty where all are 0.
        print: its fingerprint.
        notes: sentences on what was missing or broken.
    """

    seconds: float
    levels: Levels
    cancels: bool
    spoken: NDArray[np.bool_]
    digest: str
    print: Fingerprint
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Unheard:
    """A file in which nothing could be heard, and why, in a line."""

    kind: Literal["unreadable", "empty"]
    reason: str


@dataclass(frozen=True)
class Ears:
    """Hears files; call it with a path. It can be sent to another process."""

    cache: ArrayCache

    def __call__(self, path: Path) -> Sound | Unheard:
        """Return what is heard in a file, from the cache where the same was heard before."""
        try:
            before = _state(path)
            key = _key(path)
            if (held := _unpacked(self.cache.get(key))) is not None:
                return held
            sound = hear(path)
        except EmptyAudioError as error:
            return Unheard("empty", str(error))
        except AudioError as error:
            return Unheard("unreadable", str(error))
        except OSError as error:  # the file went while it was read
            return Unheard("unreadable", f"{path}: cannot be read: {error.strerror or error}.")
        # A file that someone wrote meanwhile is not what the key is of.
        if not sound.notes and _state(path) == before:
            with contextlib.suppress(EarmarkError):  # it is heard again the next time
                self.cache.put(key, _packed(sound))
        return sound

    def known(self, path: Path) -> Sound | None:
        """Return what the cache holds of a file; nothing is decoded.

        Raises:
            AudioError: the file cannot be read.
        """
        return _unpacked(self.cache.get(_key(path)))


def ears_cache() -> ArrayCache:
    """Return the cache of what was heard."""
    return ArrayCache(cache_folder() / "heard")


def hear(path: Path) -> Sound:
    """Decode a file once and return what is heard in it.

    Raises:
        AudioError: it cannot be read or decoded; names it.
    """
    rate, notes, levels = probe(path).sample_rate, list[str](), LevelMeter()
    listener = _Listener(rate)
    for block in stream(path, notes=notes, decoded=levels.add):
        listener.add(block)
    if ogg_breaks_off(path):
        notes.append(f"truncated: its last page is missing; {listener.samples / rate:.1f} s could "
                     "be decoded")
    measured = levels.end()
    return Sound(
        seconds=listener.samples / rate,
        levels=measured,
        cancels=listener.silent and not measured.silent,
        spoken=listener.speech.end(),
        digest=listener.digest,
        print=listener.print(),
        notes=tuple(dict.fromkeys(notes)),
    )


class _Listener:
    """What mono samples go through."""

    def __init__(self, rate: int) -> None:
        import soxr

        self.samples, self.speech = 0, SpeechMeter(rate)
        self._low, self._high = np.inf, -np.inf
        self._digest = hashlib.sha256(f"{rate} ".encode())
        self._resampler = soxr.ResampleStream(rate, prints.SAMPLE_RATE, 1, quality="MQ")
        self._printer = Printer()

    def add(self, block: Samples) -> None:
        self.samples += len(block)
        self._low, self._high = (min(self._low, float(block.min())),
                                 max(self._high, float(block.max())))  # fmt: skip
        self._digest.update(np.ascontiguousarray(block).data)
        self.speech.add(block)
        self._printer.add(self._resampler.resample_chunk(block))

    def print(self) -> Fingerprint:
        self._printer.add(self._resampler.resample_chunk(np.empty(0, np.float32), last=True))
        return self._printer.end()

    @property
    def silent(self) -> bool:
        return is_silent(np.asarray([self._low, self._high], np.float32))

    @property
    def digest(self) -> str:
        return self._digest.hexdigest() if self._low < 0 or self._high > 0 else ""


def _key(path: Path) -> str:
    refuse_unreadable(path)
    try:
        content = identity(path)
    except OSError as error:
        raise AudioError(f"{path}: cannot be read: {error.strerror or error}.") from error
    return hashlib.sha256(f"heard {_VERSION} {prints.VERSION} {content}".encode()).hexdigest()


def _state(path: Path) -> tuple[int, ...]:
    with contextlib.suppress(OSError, ValueError):
        status = os.stat(path)  # noqa: PTH116 (as elsewhere where a path may be anything)
        return status.st_ino, status.st_size, status.st_mtime_ns
    return ()


def _packed(sound: Sound) -> dict[str, NDArray[Any]]:
    facts = [sound.seconds, float(sound.cancels), *dataclasses.astuple(sound.levels)]
    return {
        "facts": np.asarray(facts, np.float64), "spoken": sound.spoken,
        "digest": np.frombuffer(bytes.fromhex(sound.digest or "00" * 32), "<u4"),
        "words": sound.print.words, "firm": np.asarray(sound.print.firm, np.uint32),
    }  # fmt: skip


def _unpacked(held: dict[str, NDArray[Any]] | None) -> Sound | None:
    if held is None or set(held) != {"facts", "spoken", "digest", "words", "firm"}:
        return None
    facts: Iterator[float] = iter(held["facts"].tolist())
    seconds, cancels, frames = next(facts), bool(next(facts)), int(next(facts))
    digest = held["digest"].tobytes().hex() if held["digest"].any() else ""
    return Sound(seconds, Levels(frames, *facts), cancels, held["spoken"], digest,
                 Fingerprint(held["words"], held["firm"]))  # fmt: skip
