"""What the file names of MagnaTagATune say: ``f/<artist>-<album>-<NN>-<title>-<start>-<end>.mp3``.

Artists are taken from the names, which every layout has, so that a track's artist is the same in
all of them. Three traps are met on the way, with what lies in ``magnatagatune_facts/artists.csv``:

* 1 013 clips are of samplers, whose file names call the artist ``magnatune`` or
  ``various_artists``; who plays stands at the beginning or the end of the title, and most of
  these artists have albums of their own elsewhere.
* Some artists are spelt in two ways (``c_layne``, ``c__layne``): column ``same_as``.
* Some play together as another (``seth_carlin``, ``seth_and_maryse_carlin``): column ``kin``; they
  are different artists, but never in different parts of a split.
"""

from __future__ import annotations

import csv
import io
import re
from functools import cache
from importlib import resources
from typing import NamedTuple

_NAME = re.compile(
    r"(?P<folder>[0-9a-f])/(?P<artist>[^/\\-]+)-(?P<album>[^/\\-]+)-(?P<number>[0-9]{1,3})-"
    r"(?P<title>[^/\\-]*)-(?P<start>[0-9]{1,5})-(?P<end>[0-9]{1,5})\.mp3",
    re.ASCII,
)
_SAMPLERS = ("magnatune", "magnatune_com", "magnatune_compilation", "magnatune_remixed",
             "various_artists")  # fmt: skip


class ClipName(NamedTuple):
    """What a file's name says.

    Attributes:
        folder: one of 0 to f.
        artist: who plays, also on samplers, spelt in one way.
        album: of the artist, so that two albums of one name are two, and a sampler is as many as
            there are artists on it: else it would tie them together.
        song: equal for the clips of one recording.
        title: with spaces.
        seconds: from the start to the end of the clip, in whole seconds; in truth .1 more.
    """

    folder: str
    artist: str
    album: str
    song: str
    title: str
    seconds: float


def parse(path: str) -> ClipName | None:
    """Return what the published path of a clip says; None where it is not formed so.

    >>> parse("8/rapoon-vernal_crossing-07-anatapurrah-320-349.mp3").song
    'rapoon-vernal_crossing-07-anatapurrah'
    """
    match = _NAME.fullmatch(path)
    if match is None:
        return None
    written, album, title = match["artist"], match["album"], match["title"]
    artist = artist_of(written, title)
    return ClipName(
        match["folder"], artist, f"{artist}-{album}",
        f"{written}-{album}-{match['number']}-{title}", title.replace("_", " ").strip(),
        float(match["end"]) - float(match["start"]),
    )  # fmt: skip


@cache
def artist_of(written: str, title: str) -> str:
    """Return who plays, given the artist and title of a file name.

    >>> artist_of("magnatune_com", "less_of_you_c_layne")
    'c__layne'
    """
    if written in _SAMPLERS:
        written = _on_sampler(written, title) or written
    return _artists().get(written, {}).get("same_as") or written


def part_of(artist: str) -> str:
    """Return the part of the artist-disjoint split that an artist is in; train where unknown."""
    return _artists().get(artist, {}).get("part") or "train"


def _on_sampler(sampler: str, title: str) -> str | None:
    """Return the longest known artist whom the title begins or ends with.

    A remix names the remixer last, and may begin with a word that is another's name.
    """
    for artist in _longest_first():
        ends = f"_{title}".endswith(f"_{artist}")
        begins = f"{title}_".startswith(f"{artist}_")
        if ends or (begins and sampler != "magnatune_remixed"):
            return artist
    return None


@cache
def _longest_first() -> tuple[str, ...]:
    return tuple(sorted(_artists(), key=lambda artist: (-len(artist), artist)))


@cache
def _artists() -> dict[str, dict[str, str]]:
    facts = resources.files("earmark.datasets").joinpath("magnatagatune_facts", "artists.csv")
    return {row["artist"]: row for row in csv.DictReader(io.StringIO(facts.read_text("utf-8")))}
