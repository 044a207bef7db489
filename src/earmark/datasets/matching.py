"""Which of the files at hand are the recordings that a dataset names.

Artist and title must be equal once spelling is folded away: case, accents, punctuation, guests
("feat. ..."), and notes on the edition ("(Remastered 2009)", "- Mono Version"). What tells another
recording stays and must agree: "live", "acoustic", "remix", "demo". Where both say how long the
recording is, durations that are further apart than a tolerance are two recordings, and titles of
one artist that are nearly equal (a slip of the hand) will do where durations agree. Where a dataset
knows albums and no titles, artist and album must be equal.

A file serves one track, a track has one file; of several that would do the one of the nearest
duration, then of the title nearest as written, then of the first path is taken, and the others are
named.
"""

from __future__ import annotations

import html
import math
import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from difflib import SequenceMatcher
from functools import lru_cache
from pathlib import Path, PurePosixPath
from typing import NamedTuple

from earmark.audio.load import find_audio
from earmark.datasets import artists
from earmark.datasets.artists import Origin, fold
from earmark.datasets.base import Track
from earmark.errors import DataError

Names = tuple[str | None, ...]
"""Artist, title and, where known, album, as people write them."""

SECONDS_TOLERANCE = 4.0
_ALIKE = 0.85

_EDITION = (
    r"(?:digital(?:ly)?\s|\d+(?:th|st|nd|rd)?\s|the\s)*"
    r"(?:re-?master(?:ed)?|mono|stereo|album|lp|single|original|bonus|explicit|deluxe|expanded|"
    r"special|limited|anniversary)"
    r"(?:\s(?:re-?master(?:ed)?|mono|stereo|album|lp|version|edition|track|mix|recording|in|"
    r"\d{4}))*"
)
_GUESTS = r"(?:feat|ft|featuring|with)\b\.?\s.+?"
_BRACKETED = re.compile(rf"\s*[(\[]\s*(?:{_EDITION}|{_GUESTS})\s*[)\]]", re.IGNORECASE)
_TRAILING = re.compile(rf"\s+[-\u2013\u2014]\s+{_EDITION}\s*$", re.IGNORECASE)
_NEXT_ARTIST = re.compile(r"\s*[;/,&+]\s*|\s+(?:and|x|vs\.?|with)\s+", re.IGNORECASE)


@dataclass(frozen=True)
class Candidate:
    """An audio file at hand.

    Attributes:
        file: where it is.
        artist: its name; None when unknown.
        title: likewise.
        seconds: how long it is by its header; None when that does not say.
        album: its name; None when unknown.
        origin: where the artist is known from.
    """

    file: Path
    artist: str | None = None
    title: str | None = None
    seconds: float | None = None
    album: str | None = None
    origin: Origin = "unknown"


@dataclass(frozen=True)
class Match:
    """A file found for a track, and why.

    Attributes:
        track: its id.
        file: where the file is.
        by: what agrees, such as ``artist, title, duration``; ``first artist`` where only the
            first of several artists does, ``title, artist`` where a file's name has them so,
            ``artist, title nearly, duration`` where the titles differ by a letter or two.
        seconds_apart: difference of the durations; None where one is unknown.
        origin: where the file's artist is known from: tags, folders or names.
        others: files that would have done as well.
    """

    track: str
    file: Path
    by: str
    seconds_apart: float | None = None
    origin: Origin = "unknown"
    others: tuple[Path, ...] = ()


def read_candidates(folder: Path) -> list[Candidate]:
    """Return the audio files in a folder by path: what their tags say, else folders and names.

    Raises:
        DataError: no such folder.
    """
    if not folder.is_dir():
        raise DataError(f"{folder}: no such folder; expected one with audio files in it.")
    paths = [path.relative_to(folder).as_posix() for path in find_audio([folder])]
    said = artists.credit(folder, paths, folders=False)
    return [_candidate(folder, path, credit) for path, credit in zip(paths, said, strict=True)]


def match(
    tracks: Iterable[Track],
    names: Mapping[str, Names] | None,
    candidates: Sequence[Candidate],
    *,
    seconds_tolerance: float | None = SECONDS_TOLERANCE,
) -> dict[str, Match]:
    """Return a match for each track whose recording is at hand, in the order of the tracks.

    Args:
        names: track id to (artist, title) or (artist, title, album) where the tracks' own artist
            is a key and no name; None for what the tracks say.
        seconds_tolerance: durations further apart are other recordings; None to compare none,
            where the dataset's tracks are excerpts.
    """
    wanted = [_wanted(track, names) for track in tracks]
    found: dict[str, Match] = {}
    taken: set[Path] = set()
    for way, files in _ways(candidates):
        index = _index(files, way)
        groups: defaultdict[_Key, list[_Wanted]] = defaultdict(list)
        for each in wanted:
            if each.id not in found and (key := way.key(each, index)) is not None:
                groups[key].append(each)
        for (artist, name), group in groups.items():
            free = [c for c in index[artist].get(name, ()) if c.file not in taken]
            for made in _paired(group, free, way.by, seconds_tolerance):
                found[made.track] = made
                taken.add(made.file)
    if seconds_tolerance is not None:
        left = [each for each in wanted if each.id not in found]
        free = [each for each in candidates if each.file not in taken]
        found |= {made.track: made for made in _nearly(left, free, seconds_tolerance)}
    return {each.id: found[each.id] for each in wanted if each.id in found}


def fold_title(title: str) -> str:
    """Return what is equal for the spellings of one title: the key to compare by.

    >>> fold_title("Déjà Vu (feat. Nobody) [2009 Remaster]") == fold_title("Deja vu")
    True
    >>> fold_title("Song (Live)") == fold_title("Song")
    False
    """
    plain, before = " ".join(html.unescape(title).split()), ""
    while plain != before:  # (feat. A) [Remastered] - Mono
        before, plain = plain, _TRAILING.sub("", _BRACKETED.sub("", plain))
    return fold(plain if any(c.isalnum() for c in plain) else title)


class _Wanted(NamedTuple):
    id: str
    artist: str | None
    title: str | None
    album: str | None
    seconds: float | None


def _wanted(track: Track, names: Mapping[str, Names] | None) -> _Wanted:
    if names is None:
        return _Wanted(track.id, track.artist, track.title, None, track.seconds)
    artist, title, album = (*names.get(track.id, ()), None, None, None)[:3]
    return _Wanted(track.id, artist, title, album, track.seconds)


_Key = tuple[str, str]
_Index = Mapping[str, Mapping[str, Sequence[Candidate]]]


class _Way(NamedTuple):
    """How a track is looked up: by its title or its album, by all or the first of its artists."""

    by: str
    first_artist: bool = False
    album: bool = False

    def key(self, wanted: _Wanted, known: Collection[str] | None = None) -> _Key | None:
        """Return what is equal for tracks and files alike; None without a ``known`` artist."""
        name = wanted.album if self.album else wanted.title
        if not wanted.artist or not name or (self.album and wanted.title):
            return None
        artist = _folded(_first(wanted.artist) if self.first_artist else wanted.artist)
        return None if known is not None and artist not in known else (artist, fold_title(name))


def _ways(candidates: Sequence[Candidate]) -> Iterator[tuple[_Way, Sequence[Candidate]]]:
    """Yield ways to look, the surest first, and the files to look at."""
    yield _Way("artist, title"), candidates
    yield _Way("first artist, title", first_artist=True), candidates
    # Of names, 'Title - Artist.mp3' is as usual as 'Artist - Title.mp3'.
    yield _Way("title, artist"), [replace(c, artist=c.title, title=c.artist)
                                  for c in candidates if c.origin == "names"]  # fmt: skip
    yield _Way("artist, album", album=True), [replace(c, title=None) for c in candidates]


def _index(files: Iterable[Candidate], way: _Way) -> _Index:
    found: defaultdict[str, defaultdict[str, list[Candidate]]] = defaultdict(
        lambda: defaultdict(list))
    for file in files:
        if key := way.key(_Wanted("", file.artist, file.title, file.album, None)):
            found[key[0]][key[1]].append(file)
    return found


def _paired(
    wanted: Sequence[_Wanted], free: Sequence[Candidate], by: str, tolerance: float | None
) -> Iterator[Match]:
    """Yield matches of tracks and files of one key, the nearest pairs first."""
    pairs = sorted(
        ((_distance(w, c, tolerance), w.id, str(c.file), w, c) for w in wanted for c in free),
        key=lambda pair: pair[:3])  # fmt: skip
    pairs = [pair for pair in pairs if tolerance is None or not pair[0][0] > tolerance]
    used: set[object] = set()
    for _, _, _, w, c in pairs:
        if w.id in used or c.file in used:
            continue
        used |= {w.id, c.file}
        apart = _apart(w, c)
        others = tuple(sorted(o.file for *_, v, o in pairs if v.id == w.id and o.file != c.file))
        compared = apart is not None and tolerance is not None
        yield Match(w.id, c.file, f"{by}, duration" if compared else by, apart, c.origin, others)


def _nearly(
    wanted: Iterable[_Wanted], free: Sequence[Candidate], tolerance: float
) -> Iterator[Match]:
    """Yield matches of tracks and files of one artist, near in duration and in title."""
    way = _Way("artist, title nearly")
    index = _index((c for c in free if c.seconds is not None), way)
    taken: set[Path] = set()
    for w in wanted:
        if w.seconds is None or (key := way.key(w, index)) is None:
            continue
        near = [c for title, files in index[key[0]].items() if _alike(title, key[1])
                for c in files if c.file not in taken]  # fmt: skip
        for made in _paired([w], near, way.by, tolerance):
            taken.add(made.file)
            yield made


def _alike(title: str, other: str) -> bool:
    """Whether titles differ by a slip; other numbers, or another part of two, are no slip."""
    if [c for c in title if c.isdigit()] != [c for c in other if c.isdigit()]:
        return False
    if title.startswith(other) or other.startswith(title):  # Part I, Part II
        return False
    return SequenceMatcher(None, title, other, autojunk=False).ratio() >= _ALIKE


def _distance(w: _Wanted, c: Candidate, tolerance: float | None) -> tuple[float, bool]:
    """Return what sorts files for a track: seconds apart, then whether the title differs."""
    apart = _apart(w, c)
    differs = fold(w.title or "") != fold(c.title or "")
    if tolerance is None:
        return 0.0, differs
    return (tolerance if apart is None else round(apart, 1)), differs  # unknown: behind any near


def _apart(w: _Wanted, c: Candidate) -> float | None:
    return None if w.seconds is None or c.seconds is None else abs(w.seconds - c.seconds)


@lru_cache(maxsize=1 << 16)
def _folded(artist: str) -> str:
    return fold(html.unescape(artist))


def _first(artist: str) -> str:
    return _NEXT_ARTIST.split(html.unescape(artist), maxsplit=1)[0] or artist


def _candidate(folder: Path, path: str, said: artists.Credit) -> Candidate:
    artist, origin = said.artist, said.origin
    above = artists.from_folders(PurePosixPath(path).parts[:-1])
    if artist is None and above.artist:
        artist, origin = above.artist, "folders"
    album = (said.album or "").partition(" / ")[2] or above.album
    title = _without_artist(said.title, artist)
    return Candidate(folder / path, artist, title, _seconds(folder / path), album, origin)


def _without_artist(title: str | None, artist: str | None) -> str | None:
    """Return the title of 'Artist - Title', as some shops write it."""
    head, mark, tail = (title or "").partition(" - ")
    return tail.strip() or title if mark and artist and _said_in(head, artist) else title


def _said_in(head: str, artist: str) -> bool:
    return _folded(artist).startswith(_folded(head))


def _seconds(path: Path) -> float | None:
    from tinytag import TinyTag

    try:
        seconds = TinyTag.get(path, tags=False).duration
    except Exception:  # as for tags: whatever its header makes the reader do
        return None
    return float(seconds) if seconds and math.isfinite(seconds) else None
