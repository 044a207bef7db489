"""One's own music: a folder for each label, with files, or folders of artists and albums, in it.

``root/<label>/**/<audio>``. What the folder at the top is called is the label, as it is spelt
there; folders whose names differ only by case or punctuation are one label. Whatever else is
found on the way is left out and named in ``remarks``, never guessed at.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

import numpy as np

from earmark.audio.load import find_audio
from earmark.datasets import artists
from earmark.datasets._files import (
    counted,
    ids_of,
    is_file,
    is_nameable,
    one_spelling,
    sample_clip,
    some,
    songs_of,
)
from earmark.datasets._own import OwnMusic
from earmark.datasets.base import Track
from earmark.errors import DataError
from earmark.labels.vocabulary import Vocabulary
from earmark.store import write_bytes


class Folder(OwnMusic):
    """A folder for each label, nested as one likes below that, with artists where to be found."""

    name = "folder"
    title = "A folder for each label"
    licence = "that of your own files"
    citation = "your own collection"
    url = "https://docs.pytorch.org/vision/stable/generated/torchvision.datasets.ImageFolder.html"
    layout = """
<label>/song.mp3                     a folder a label; any audio, nested as one likes
<label>/<artist>/<album>/song.mp3    artists and albums are read from tags, folders or names
"""
    where = "Your own files: put them into folders that are called by their labels."

    @property
    def vocabulary(self) -> Vocabulary:
        """The labels that have tracks, sorted without regard to case."""
        merged = self._found.merged
        labels = sorted({label for label, _ in self._found.files}, key=lambda n: (n.casefold(), n))
        aliases = {alias: label for label, names in merged.items() for alias in names}
        return Vocabulary(tuple(labels), aliases={a: t for a, t in aliases.items() if t in labels})

    def read_tracks(self) -> list[Track]:
        """Read all tracks below the label folders, sorted by id.

        Ids are paths without suffixes; the suffix stays where two files differ by it alone.

        Raises:
            DataError: no such folder, or none with audio in it.
        """
        files = self._found.files
        if not files:
            raise DataError(self._nothing_found())
        paths = [path for _, path in files]
        rows = zip(ids_of(paths), files, self.credits, songs_of(paths), strict=True)
        tracks = [Track(i, (label,), path, credit.artist, credit.album, song)
                  for i, (label, path), credit, song in rows]  # fmt: skip
        return sorted(tracks, key=lambda track: track.id)

    @cached_property
    def credits(self) -> list[artists.Credit]:
        """Who made each file, and where that is known from (``artists.origins`` counts it)."""
        return artists.credit(self.root, [path for _, path in self._found.files])

    @property
    def found_remarks(self) -> Sequence[str]:
        return [*self._found.remarks, *self._called_after_artists()]

    def _called_after_artists(self) -> Iterator[str]:
        """Yield a sentence where most folders are called like the artist of their first file."""
        first: dict[str, str] = {}
        for label, path in self._found.files:
            first.setdefault(label, path)
        same = [label for label, path in first.items()
                if artists.fold(artists.read_tags(self.root / path).artist or "") ==
                artists.fold(label)]
        if 2 * len(same) > len(first):
            yield (f"{len(same)} of {len(first)} folders are called like the artist of their "
                   f"files: {some(same)}; if they are artists and no genres, take the genres in "
                   "the files' tags: --dataset filetags, or in training --labels filetags")

    @classmethod
    def sample(cls, root: Path) -> None:
        """Write three labels of four clips each, half a second long: by folders and by names."""
        rng = np.random.default_rng(5)
        for number, label in enumerate(("Jazz", "folk", "techno")):
            for artist, title in ((a, t) for a in ("Ann Onym", "Bob Nobody") for t in "12"):
                name = f"{artist}/Songs/0{title} Song.wav" if number else f"{artist} - {title}.wav"
                write_bytes(root / label / name, sample_clip(110 * 2**number, rng))

    @cached_property
    def _found(self) -> _Found:
        if not self.root.is_dir():
            raise DataError(f"{self.root}: no such folder; expected one with a folder of audio "
                            "for each label.")
        return _look(self.root)

    def _nothing_found(self) -> str:
        said = f" ({'; '.join(self._found.remarks)})" if self._found.remarks else ""
        return (f"{self.root}: holds no audio in folders{said}; expected a folder for each label, "
                "such as rock/song.mp3 and jazz/song.flac.")


class _Found(NamedTuple):
    """What lies in the folder.

    ``files`` are (label, path), sorted by path; ``merged`` gives a label's other spellings.
    """

    files: list[tuple[str, str]]
    merged: dict[str, list[str]]
    remarks: list[str]


def _look(root: Path) -> _Found:
    folders = _label_folders(root)
    spelt, merged = _spellings(folders)
    paths = [path.relative_to(root) for path in find_audio([root])]
    kept, loose, lost, odd = [], [], [], []
    for path in paths:
        name = path.as_posix()
        if not is_nameable(name):
            odd.append(repr(name))
        elif not is_file(root / path):  # a dead link, a folder that may not be read
            lost.append(name)
        elif len(path.parts) == 1:
            loose.append(name)
        elif path.parts[0] in spelt:
            kept.append((spelt[path.parts[0]], name))
    with_audio = {Path(name).parts[0] for _, name in kept}
    empty = [folder for folder in folders if folder not in with_audio]
    return _Found(kept, merged, [*_remarks(merged, loose, empty, lost, odd),
                                 *_one_holder(root, sorted(with_audio))])  # fmt: skip


def _label_folders(root: Path) -> list[str]:
    try:
        entries = sorted(entry.name for entry in root.iterdir() if entry.is_dir())
    except OSError as error:
        raise DataError(f"{root}: cannot be read: {error.strerror or error}; give yourself the "
                        "right to.") from error
    return [name for name in entries if not name.startswith((".", "__MACOSX"))]


def _spellings(folders: Sequence[str]) -> tuple[dict[str, str], dict[str, list[str]]]:
    """Return folder to label, and each merged label's other spellings."""
    # macOS takes accents apart in names; a label is the same wherever the files lie.
    names = {folder: unicodedata.normalize("NFC", folder).strip() for folder in folders}
    spelt, merged = one_spelling(names.values())
    return {folder: spelt[name] for folder, name in names.items()}, merged


def _remarks(
    merged: Mapping[str, Sequence[str]], loose: Sequence[str], empty: Sequence[str],
    lost: Sequence[str], odd: Sequence[str],
) -> Iterator[str]:
    for label, others in merged.items():
        yield (f"the folders {', '.join([label, *others])} differ only by case or punctuation: "
               f"taken together as '{label}'")
    if empty:
        yield f"{counted(len(empty), 'folder')} without audio left out: {some(empty)}"
    if loose:
        yield (f"{counted(len(loose), 'file')} in no label's folder left out: {some(loose)}: move "
               "them into one")
    if lost:
        yield f"{len(lost)} that cannot be opened (dead links, no permission): {some(lost)}"
    if odd:
        yield f"{counted(len(odd), 'file')} with line breaks or odd bytes in the name left out: " \
              f"{some(odd)}: rename them"


def _one_holder(root: Path, folders: Sequence[str]) -> Iterator[str]:
    """A single folder that holds folders is more likely the one that was meant."""
    if len(folders) == 1 and len(inner := _label_folders(root / folders[0])) > 1:
        yield (f"the only folder with audio is '{folders[0]}', which holds {some(inner)}: if these "
               f"are the labels, give {root / folders[0]} instead")
