"""What the readers of people's own files share: ids, songs of clips, copies, counted lists."""

from __future__ import annotations

import hashlib
import io
import os
from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path, PurePosixPath

import numpy as np

from earmark.datasets.artists import song_of
from earmark.datasets.base import Fault, Track
from earmark.labels.vocabulary import fold
from earmark.store import content_key

_SHOWN = 3
_PIECE_BYTES = 65_536
_SAMPLE_RATE = 22_050


def ids_of(paths: Sequence[str]) -> list[str]:
    """Return an id for each path: without its suffix, or with it where two would be equal.

    >>> ids_of(["rock/a.wav", "rock/b.wav", "rock/b.mp3"])
    ['rock/a', 'rock/b.wav', 'rock/b.mp3']
    """
    ids = [str(PurePosixPath(path).with_suffix("")) for path in paths]
    while doubled := {i for i, count in Counter(ids).items() if count > 1}:
        # Whole paths differ; one may still be what another is called without its suffix.
        ids = [path if i in doubled else i for i, path in zip(ids, paths, strict=True)]
    return ids


def songs_of(paths: Sequence[str]) -> list[str | None]:
    """Return the song for each file that is one of several parts, or formats, of a song."""
    names = [PurePosixPath(path).with_suffix("") for path in paths]
    songs = [str(name.with_name(song_of(name.name) or name.name)) for name in names]
    counted = Counter(songs)
    return [song if counted[song] > 1 else None for song in songs]


def one_spelling(labels: Iterable[str]) -> tuple[dict[str, str], dict[str, list[str]]]:
    """Take labels that differ only by case or punctuation for the first of them, as sorted.

    Returns:
        Each name's label, and, of the labels that stand for several, the other spellings.

    >>> one_spelling(["hip hop", "Hip-Hop"])[1]
    {'Hip-Hop': ['hip hop']}
    """
    first: dict[str, str] = {}
    others: dict[str, list[str]] = {}
    names = sorted(set(labels))
    for name in names:
        label = first.setdefault(fold(name), name)
        if label != name:
            others.setdefault(label, []).append(name)
    return {name: first[fold(name)] for name in names}, others


def is_nameable(path: str) -> bool:
    """Whether a path can stand in a table: no line breaks, no bytes that are not text."""
    return not any(c in "\r\n\0" or "\ud800" <= c <= "\udfff" for c in path)


def is_file(path: Path) -> bool:
    """Whether there is a file that can be asked about; never fails."""
    return os.path.isfile(path)  # noqa: PTH113 (Path.is_file raises where it has no permission)


def copies(root: Path, tracks: Iterable[Track]) -> list[Fault]:
    """Return the tracks whose files are the same, byte by byte, as an earlier one's.

    Only files of one size are looked into, and only those whose middles agree are read whole.
    """
    files = {track.id: root / track.path for track in tracks if track.path is not None}
    groups = [list(files)]
    keys: tuple[Callable[[Path], Hashable], ...] = (_size, _middle, content_key)
    for key in keys:
        groups = [part for group in groups for part in _parted(group, files, key)]
    return [Fault(other, "exact duplicate", first, "compared byte by byte")
            for first, *others in groups for other in others]  # fmt: skip


def some(names: Iterable[str]) -> str:
    """Return the first few names and how many more there are.

    >>> some("abcde")
    'a, b, c and 2 more'
    """
    names = list(names)
    shown = ", ".join(names[:_SHOWN])
    return f"{shown} and {len(names) - _SHOWN} more" if len(names) > _SHOWN else shown


def counted(number: int, thing: str) -> str:
    """Return number and noun, in the plural where there are not one.

    >>> counted(1, "track"), counted(2, "track")
    ('1 track', '2 tracks')
    """
    return f"{number} {thing}{'' if number == 1 else 's'}"


def same_recordings(tracks: Mapping[str, Track], faults: Sequence[Fault]) -> Iterator[str]:
    """Yield sentences on files that are one recording: copies, and clips of one song."""
    pairs = [(fault.track, fault.other) for fault in faults if fault.other]
    if pairs:
        named = some(f"{a} = {b}" for a, b in pairs)
        yield (f"{counted(len(pairs), 'file')} the same as another, byte by byte: {named}: remove "
               "one of each pair")
    torn = [f"{a} = {b}" for a, b in pairs if tracks[a].labels != tracks[b].labels]
    if torn:
        yield (f"{len(torn)} of these under another label than the other: {some(torn)}: one of "
               "each pair is wrong")
    clips = [track.song for track in tracks.values() if track.song]
    if clips:
        yield (f"{counted(len(clips), 'file')} are, by their names, parts or formats of "
               f"{counted(len(set(clips)), 'song')}: kept together when dividing")


def sample_clip(pitch_hz: float, rng: np.random.Generator) -> bytes:
    """Return half a second of wav: a tone under a little noise."""
    import soundfile

    seconds = np.arange(_SAMPLE_RATE // 2) / _SAMPLE_RATE  # (samples,)
    noise = rng.standard_normal(len(seconds))
    samples = 0.3 * np.sin(2 * np.pi * pitch_hz * seconds) + 0.01 * noise
    buffer = io.BytesIO()
    soundfile.write(buffer, samples, _SAMPLE_RATE, format="WAV", subtype="PCM_16")
    return buffer.getvalue()


def _parted(
    group: Sequence[str], files: Mapping[str, Path], key: Callable[[Path], Hashable]
) -> list[list[str]]:
    parts: defaultdict[Hashable, list[str]] = defaultdict(list)
    for track in group:
        try:
            parts[key(files[track])].append(track)
        except OSError:  # unreadable: named when its sound is needed
            continue
    return [part for part in parts.values() if len(part) > 1]


def _size(path: Path) -> int:
    return path.stat().st_size


def _middle(path: Path) -> bytes:
    # Beginnings agree too often: headers, and silence before the music.
    with path.open("rb") as file:
        file.seek(path.stat().st_size // 2)
        return hashlib.sha256(file.read(_PIECE_BYTES)).digest()
