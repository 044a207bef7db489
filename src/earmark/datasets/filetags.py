"""One's own music by the genres in its tags, wherever the files lie.

``root/**/<audio>``. Each file counts for the first genre that its tags name; genres of too few
tracks or of one artist, files without a genre, and genres that Earmark itself wrote are left out,
and ``remarks`` says so. Names that the taxonomy knows as one genre ("Hip-Hop", "hip hop music") are
one label, called as most files spell it.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

import numpy as np

from earmark.audio.load import find_audio
from earmark.datasets import artists
from earmark.datasets._files import counted, ids_of, is_file, is_nameable, some, songs_of
from earmark.datasets._genretags import PROVENANCE, GenreTags, read_genres
from earmark.datasets._own import OwnMusic
from earmark.datasets.artists import Credit, unify
from earmark.datasets.base import Track
from earmark.errors import DataError
from earmark.labels.taxonomy import Taxonomy
from earmark.labels.vocabulary import Vocabulary, fold

_LEAST_TRACKS = 5


class FileTags(OwnMusic):
    """A collection whose labels are the genres that its files' tags name."""

    name = "filetags"
    title = "The genres in the tags of one's own files"
    licence = "that of your own files"
    citation = "your own collection"
    url = "https://id3.org/id3v2.4.0-frames"
    layout = """
**/song.mp3     any audio in any folders; the genre is read from the file's tags
"""
    where = "Your own collection, as it lies."

    @property
    def vocabulary(self) -> Vocabulary:
        """The genres that are kept, sorted without regard to case, one to a track."""
        labels = sorted({track.label for track in self._found.tracks},
                        key=lambda n: (n.casefold(), n))
        aliases = {a: label for label, names in self._found.merged.items() for a in names}
        return Vocabulary(tuple(labels), aliases={a: t for a, t in aliases.items() if t in labels})

    def read_tracks(self) -> list[Track]:
        """Read the tracks that bear a genre, sorted by id.

        Raises:
            DataError: no such folder, or none with enough tracks of a genre in it.
        """
        found = self._found.tracks
        if not found:
            said = "; ".join(self._found.remarks)
            raise DataError(f"{self.root}: holds no genre of {_LEAST_TRACKS} tracks by two artists "
                            f"in its files' tags{f' ({said})' if said else ''}; put music into "
                            "folders called by their labels instead, without --labels filetags.")
        paths = [track.path for track in found]
        rows = zip(ids_of(paths), found, songs_of(paths), strict=True)
        tracks = [Track(i, (t.label,), t.path, t.credit.artist, t.credit.album, song)
                  for i, t, song in rows]  # fmt: skip
        return sorted(tracks, key=lambda track: track.id)

    @cached_property
    def credits(self) -> list[Credit]:
        """Who made each file, and where that is known from (``artists.origins`` counts it)."""
        return [track.credit for track in self._found.tracks]

    @property
    def found_remarks(self) -> Sequence[str]:
        return self._found.remarks

    @classmethod
    def sample(cls, root: Path) -> None:
        """Write three genres of six clips each, half a second of flac, and one clip without."""
        rng = np.random.default_rng(7)
        for number, genre in enumerate(("Folk, World, & Country", "Jazz; Blues", "techno")):
            for clip in range(6):
                artist = ("Ann Onym", "Bob Nobody", "Cyd Noone")[clip % 3]
                path = root / artist / f"{number} song {clip}.flac"
                _write_clip(path, 110.0 * 2**number, artist, genre, rng)
        _write_clip(root / "untagged.flac", 300.0, "Ann Onym", "", rng)

    @cached_property
    def _found(self) -> _Found:
        if not self.root.is_dir():
            raise DataError(f"{self.root}: no such folder; expected one with tagged music in it.")
        return _look(self.root)


class _Labelled(NamedTuple):
    path: str
    label: str
    credit: Credit


class _Found(NamedTuple):
    """What lies in the folder: tracks by path; each label's other spellings; what to know."""

    tracks: list[_Labelled]
    merged: dict[str, list[str]]
    remarks: list[str]


def _look(root: Path) -> _Found:
    every = [path.relative_to(root).as_posix() for path in find_audio([root])]
    named = [path for path in every if is_nameable(path) and is_file(root / path)]
    tags = {path: read_genres(root / path) for path in named}
    own = [path for path, said in tags.items() if said.by_earmark]
    bare = [path for path, said in tags.items() if not said.genres and not said.by_earmark]
    paths = [path for path, said in tags.items() if said.genres and not said.by_earmark]
    labels = unify([tags[path].genres[0] for path in paths], _same)
    makers = artists.credit(root, paths, folders=False)
    tracks = [_Labelled(path, label or "", credit)
              for path, label, credit in zip(paths, labels, makers, strict=True)]
    rare = _too_rare(tracks)
    merged = _merged(tracks, tags)
    kept = [track for track in tracks if track.label not in rare]
    remarks = [*_remarks(merged, rare, tags, kept), *_left_out(bare, own, len(every) - len(named))]
    return _Found(kept, merged, remarks)


def _same(name: str) -> str:
    """Return what is equal for names of one genre: of other spelling, or known as the same."""
    return fold(Taxonomy.read().canonical(name) or name)


def _too_rare(tracks: Sequence[_Labelled]) -> dict[str, str]:
    """Return the labels that cannot be learnt and judged, with the reason."""
    makers: defaultdict[str, list[str]] = defaultdict(list)
    for track in tracks:
        makers[track.label].append(track.credit.artist or f"\0{track.path}")
    return {label: counted(len(found), "track") if len(found) < _LEAST_TRACKS else "one artist"
            for label, found in sorted(makers.items())
            if len(found) < _LEAST_TRACKS or len(set(found)) < 2}


def _merged(tracks: Sequence[_Labelled], tags: Mapping[str, GenreTags]) -> dict[str, list[str]]:
    others: defaultdict[str, set[str]] = defaultdict(set)
    for track in tracks:
        if (spelt := tags[track.path].genres[0]) != track.label:
            others[track.label].add(spelt)
    return {label: sorted(names) for label, names in sorted(others.items())}


def _remarks(
    merged: Mapping[str, Sequence[str]], rare: Mapping[str, str],
    tags: Mapping[str, GenreTags], kept: Sequence[_Labelled],
) -> Iterator[str]:
    for label, others in merged.items():
        yield (f"the genres {', '.join([label, *others])} are one genre: taken together as "
               f"'{label}'")
    if rare:
        yield (f"{counted(len(rare), 'genre')} of fewer than {_LEAST_TRACKS} tracks or of one "
               f"artist left out: {some(f'{label} ({why})' for label, why in rare.items())}")
    several = Counter(len(tags[track.path].genres) > 1 for track in kept)[True]
    if several:
        yield (f"{several} of {counted(len(kept), 'track')} bear several genres: each counts for "
               "the first that is written")


def _left_out(bare: Sequence[str], own: Sequence[str], odd: int) -> Iterator[str]:
    if bare:
        yield f"{counted(len(bare), 'file')} without a genre left out: {some(bare)}"
    if own:
        yield (f"{counted(len(own), 'file')} whose genre Earmark wrote ({PROVENANCE.upper()} in "
               f"the tags) left out: {some(own)}")
    if odd:
        yield f"{counted(odd, 'file')} that cannot be opened, or of odd names, left out"


def _write_clip(
    path: Path, pitch_hz: float, artist: str, genre: str, rng: np.random.Generator
) -> None:
    import soundfile

    seconds = np.arange(11_025) / 22_050  # (samples,)
    samples = 0.3 * np.sin(2 * np.pi * pitch_hz * seconds)
    path.parent.mkdir(parents=True, exist_ok=True)
    with soundfile.SoundFile(path, "w", 22_050, 1, "PCM_16", format="FLAC") as file:
        file.artist, file.title = artist, path.stem
        if genre:
            file.genre = genre
        file.write(samples + 0.01 * rng.standard_normal(len(seconds)))
