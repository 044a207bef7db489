"""What is wrong with the sound of each file: the checks, their limits, and what they say.

Limits were set on 61 real recordings, of which by them none is clipped and one has an offset
(GTZAN's hiphop.00000, 13 % of its RMS), and on composed ones with faults planted.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from earmark.audio.containers import is_system_file, wrong_suffix
from earmark.audio.speech import WINDOW_SECONDS
from earmark.datasets.base import Dataset
from earmark.lab.doctor.ears import Sound, Unheard
from earmark.lab.doctor.findings import Finding

# Of all samples. Limited masters have none, or a few by chance; what was recorded 6 dB too loud
# has 2 to 70 times as many in most styles.
CLIPPED_SHARE = 1e-4
OFFSET = 0.005  # of full scale
SOFTEST_DB = -66.0  # RMS; below it music drowns in the noise of 16 bits' last steps
SPOKEN_WINDOWS = 2  # in a row that sound like speech, or all of a shorter recording's

_USUAL_SHARE = 0.8  # of files that are of one length, for it to be the usual one
_LEAST_FILES = 5
_TOLERANCE = 0.05  # of a length
_TOLERANCE_SECONDS = 1.0


def check_sound(name: str, path: Path, sound: Sound | Unheard) -> Iterator[Finding]:
    """Yield what is wrong with one track's file, taken by itself.

    Args:
        name: the track's id.
        path: of the file, whose name is held against what it is.
    """
    if isinstance(sound, Unheard):
        yield Finding(sound.kind, name, sound.reason)
        return
    for note in sound.notes:
        yield Finding("truncated", name, note)
    yield from _silence(name, sound)
    yield from _waveform(name, sound)
    yield from _speech(name, sound)
    yield from _suffix(name, path)


def check_lengths(
    sounds: Mapping[str, Sound | Unheard], said: Mapping[str, float | None]
) -> Iterator[Finding]:
    """Yield the tracks that are not as long as is said of them, or as the others are.

    What is said is not held against the files where most of them differ from it: tables often
    give the length of the song that a clip was taken from.

    Args:
        said: seconds by track id, None or missing where nothing is said.
    """
    seconds = {name: sound.seconds for name, sound in sounds.items()
               if isinstance(sound, Sound) and not sound.notes}  # fmt: skip
    claimed = {name: value for name in seconds if (value := said.get(name)) is not None}
    differ = {name for name, value in claimed.items() if _differs(seconds[name], value)}
    believed = len(differ) <= len(claimed) / 2
    usual = _usual(list(seconds.values()))
    for name, length in seconds.items():
        if believed and name in differ:
            yield Finding("wrong duration", name, f"{length:.1f} s long; {claimed[name]:.1f} s are "
                          "said of it")
        elif usual is not None and _differs(length, usual):
            yield Finding("wrong duration", name, f"{length:.1f} s long; the others are "
                          f"{usual:.1f} s")
    if not believed:
        yield Finding("wrong duration", "seconds", f"{len(differ)} of {len(claimed)} files are not "
                      "as long as is said of them: what is said may be of the songs that they "
                      "were taken from", subject="dataset")


def check_files(dataset: Dataset) -> Iterator[Finding]:
    """Yield the files under a dataset's root that a system left there, sorted."""
    found = []
    for folder, folders, files in os.walk(dataset.root):
        folders.sort()
        paths = (Path(folder, name) for name in files)
        found += [path for path in paths if is_system_file(path)]
    for path in sorted(found):
        yield Finding("system file", path.relative_to(dataset.root).as_posix(),
                      "no music: a file that a system left beside others", subject="file")


def _silence(name: str, sound: Sound) -> Iterator[Finding]:
    levels = sound.levels
    if levels.silent:
        what = "every sample is 0" if levels.low == levels.high == 0 else "nothing is to be heard"
        yield Finding("silent", name, f"{what} in {sound.seconds:.1f} s")
    elif sound.cancels:
        yield Finding("silent", name, "its channels are each other's opposites: nothing is left of "
                      "them in mono")
    elif levels.rms_db < SOFTEST_DB:
        yield Finding("silent", name, f"hardly anything is to be heard: {levels.rms_db:.0f} dB")


def _waveform(name: str, sound: Sound) -> Iterator[Finding]:
    levels = sound.levels
    if levels.flat >= CLIPPED_SHARE and not levels.silent:
        yield Finding("clipped", name, f"{levels.flat:.2%} of all samples are cut off at "
                      f"{levels.peak:.2f} of full scale")
    if abs(levels.offset) >= OFFSET:
        yield Finding("dc offset", name, f"the mean is {levels.offset:+.4f} of full scale")


def _speech(name: str, sound: Sound) -> Iterator[Finding]:
    windows = int(sound.spoken.sum())
    # One after another: an hour of music has some that sound so here and there.
    if not windows or _longest_run(sound.spoken) < min(SPOKEN_WINDOWS, len(sound.spoken)):
        return
    spoken = min(windows * WINDOW_SECONDS, sound.seconds)
    first = float(np.argmax(sound.spoken)) * WINDOW_SECONDS
    yield Finding("speech", name, f"a suspicion: {spoken:.0f} of {sound.seconds:.0f} s sound like "
                  f"speech, from {first:.0f} s on")


def _longest_run(flags: NDArray[np.bool_]) -> int:
    """Return how many in a row are True at most."""
    padded = np.concatenate([[0], flags.astype(np.int8), [0]])
    starts, ends = (np.flatnonzero(np.diff(padded) == way) for way in (1, -1))
    return int((ends - starts).max(initial=0))


def _suffix(name: str, path: Path) -> Iterator[Finding]:
    try:
        found = wrong_suffix(path)
    except OSError:  # it went meanwhile; what it sounds like is known from the cache
        return
    if found:
        yield Finding("wrong extension", name, f"{path.name} is {found[0]}: its name should end in "
                      f"{found[1]}")


def _usual(seconds: list[float]) -> float | None:
    if len(seconds) < _LEAST_FILES:
        return None
    middle = float(np.median(seconds))
    alike = sum(not _differs(value, middle) for value in seconds)
    return middle if alike >= _USUAL_SHARE * len(seconds) else None


def _differs(seconds: float, expected: float) -> bool:
    return abs(seconds - expected) > max(_TOLERANCE_SECONDS, _TOLERANCE * expected)
