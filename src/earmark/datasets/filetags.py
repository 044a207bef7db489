"""One's own music by the genres in its tags, wherever the files lie.

``root/**/<audio>``. Each file counts for the first genre that its tags name, or for all of them;
genres of too few tracks or of one artist, files without a genre, and genres that Earmark itself
wrote are left out, and ``remarks`` says so. Names that the taxonomy knows as one genre ("Hip-Hop",
"hip hop music") are one label, called as most files spell it.
"""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Literal, NamedTuple

import numpy as np

from earmark.audio.load import find_audio
from earmark.datasets import artists
from earmark.datasets._files import counted, ids_of, is_file, is_nameable, some, songs_of
from earmark.datasets._genretags import PROVENANCE, read_genres
from earmark.datasets._own import OwnMusic
from earmark.datasets.artists import Credit, unify
from earmark.datasets.base import Track
from earmark.errors import DataError
from earmark.labels.taxonomy import Taxonomy
from earmark.labels.vocabulary import Vocabulary, fold

_LEAST_TRACKS = 5


class FileTags(OwnMusic):
    """A collection whose labels are the genres that its files' tags name.

    ``labels``: the ``first`` genre of each file, or ``all`` of them. ``taxonomy``: a TOML file of
    your own that says which names are one genre, beside what Earmark knows; several are parted as
    the system parts paths.
    """

    name = "filetags"
    title = "The genres in the tags of one's own files"
    licence = "that of your own files"
    citation = "your own collection"
    url = "https://id3.org/id3v2.4.0-frames"
    layout = """
**/song.mp3     any audio in any folders; the genre is read from the file's tags
"""
    where = "Your own collection, as it lies."

    def __init__(
        self, root: Path | str, labels: Literal["first", "all"] = "first", taxonomy: str = ""
    ) -> None:
        super().__init__(root)
        self.labels: Literal["first", "all"] = labels
        self.taxonomy = taxonomy

    @property
    def vocabulary(self) -> Vocabulary:
        """The genres that are kept, sorted without regard to case.

        One to a track; ``multi`` where all genres of a file count.
        """
        labels = sorted({label for track in self._found.tracks for label in track.labels},
                        key=lambda n: (n.casefold(), n))
        aliases = {a: label for label, names in self._found.merged.items() for a in names}
        return Vocabulary(tuple(labels), "single" if self.labels == "first" else "multi",
                          aliases={a: t for a, t in aliases.items() if t in labels})

    def read_tracks(self) -> list[Track]:
        """Read the tracks that bear a genre, sorted by id.

        Raises:
            DataError: no such folder, or none with enough tracks of a genre in it; a taxonomy
                that does not hold together.
        """
        found = self._found.tracks
        if not found:
            said = "; ".join(self._found.remarks)
            raise DataError(f"{self.root}: holds no genre of {_LEAST_TRACKS} tracks by two artists "
                            f"in its files' tags{f' ({said})' if said else ''}; put music into "
                            "folders called by their labels instead, without --labels filetags.")
        paths = [track.path for track in found]
        rows = zip(ids_of(paths), found, songs_of(paths), strict=True)
        tracks = [Track(i, t.labels, t.path, t.credit.artist, t.credit.album, song)
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
        files = [Path(part) for part in self.taxonomy.split(os.pathsep) if part]
        return _look(self.root, self.labels, Taxonomy.read(*files))


class _Labelled(NamedTuple):
    path: str
    labels: tuple[str, ...]
    credit: Credit


class _Found(NamedTuple):
    """What lies in the folder: tracks by path; each label's other spellings; what to know."""

    tracks: list[_Labelled]
    merged: dict[str, list[str]]
    remarks: list[str]


def _look(root: Path, which: Literal["first", "all"], taxonomy: Taxonomy) -> _Found:
    every = [path.relative_to(root).as_posix() for path in find_audio([root])]
    named = [path for path in every if is_nameable(path) and is_file(root / path)]
    tags = {path: read_genres(root / path) for path in named}
    own = [path for path, said in tags.items() if said.by_earmark]
    bare = [path for path, said in tags.items() if not said.genres and not said.by_earmark]
    written = {path: said.genres[:1] if which == "first" else said.genres
               for path, said in tags.items() if said.genres and not said.by_earmark}  # fmt: skip
    label = _labels([name for names in written.values() for name in names], taxonomy)
    makers = artists.credit(root, list(written), folders=False)
    tracks = [_Labelled(path, tuple(dict.fromkeys(label[name] for name in names)), credit)
              for (path, names), credit in zip(written.items(), makers, strict=True)]
    rare = _too_rare(tracks)
    merged = _merged(label)
    kept = list(_without(tracks, rare))
    several = sum(len(tags[track.path].genres) > 1 for track in kept)
    remarks = [*_remarks(merged, rare), *_on_several(several, len(kept), which),
               *_left_out(bare, own, len(every) - len(named))]  # fmt: skip
    return _Found(kept, merged, remarks)


def _labels(names: Sequence[str], taxonomy: Taxonomy) -> dict[str, str]:
    """Return each name's label: one for names of other spelling, or known as the same genre."""
    def same(name: str) -> str:
        return fold(taxonomy.canonical(name) or name)

    return {name: label or name for name, label in zip(names, unify(names, same), strict=True)}


def _too_rare(tracks: Sequence[_Labelled]) -> dict[str, str]:
    """Return the labels that cannot be learnt and judged, with the reason."""
    makers: defaultdict[str, list[str]] = defaultdict(list)
    for track in tracks:
        for label in track.labels:
            makers[label].append(track.credit.artist or f"\0{track.path}")
    return {label: counted(len(found), "track") if len(found) < _LEAST_TRACKS else "one artist"
            for label, found in sorted(makers.items())
            if len(found) < _LEAST_TRACKS or len(set(found)) < 2}


def _without(tracks: Sequence[_Labelled], rare: Mapping[str, str]) -> Iterator[_Labelled]:
    for track in tracks:
        if labels := tuple(label for label in track.labels if label not in rare):
            yield track._replace(labels=labels)


def _merged(label: Mapping[str, str]) -> dict[str, list[str]]:
    others: defaultdict[str, set[str]] = defaultdict(set)
    for name, chosen in label.items():
        if name != chosen:
            others[chosen].add(name)
    return {chosen: sorted(names) for chosen, names in sorted(others.items())}


def _remarks(merged: Mapping[str, Sequence[str]], rare: Mapping[str, str]) -> Iterator[str]:
    for label, others in merged.items():
        yield (f"the genres {', '.join([label, *others])} are one genre: taken together as "
               f"'{label}'")
    if rare:
        yield (f"{counted(len(rare), 'genre')} of fewer than {_LEAST_TRACKS} tracks or of one "
               f"artist left out: {some(f'{label} ({why})' for label, why in rare.items())}")


def _on_several(several: int, tracks: int, which: Literal["first", "all"]) -> Iterator[str]:
    if several:
        what = ("each counts for the first that is written" if which == "first"
                else "each genre is judged by itself")  # fmt: skip
        yield f"{several} of {counted(tracks, 'track')} bear several genres: {what}"


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
