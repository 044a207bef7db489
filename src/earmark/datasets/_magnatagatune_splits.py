"""The divisions of MagnaTagATune: by folder, the clean one, and one that keeps artists apart."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path, PurePosixPath

from earmark.datasets._cpickle_lists import read_pickled_list
from earmark.datasets._files import some
from earmark.datasets._magnatagatune_labels import TOP50
from earmark.datasets._magnatagatune_names import part_of
from earmark.datasets._magnatagatune_tables import Clip
from earmark.errors import DataError

# Files without sound in them, left out of the folder division, too: 18 706 for 18 709 to learn.
EMPTY = ("35644", "55753", "57881")
# Bear some of the fifty tags and yet are not in the published clean lists.
_LEFT_OUT = frozenset({"29", "11268", "11269", *EMPTY})
_PARTS = ("train", "valid", "test")
_TOP50 = frozenset(TOP50)
CLEAN_SIZES = (15_244, 1_529, 4_332)


def by_folder(clips: Sequence[Clip]) -> dict[str, str]:
    """Divide 0-b, c and d-f: no album in two parts, but artists in several."""
    return {clip.id: _folder_part(clip) for clip in clips if clip.id not in EMPTY}


def by_artist(clips: Sequence[Clip]) -> dict[str, str]:
    """Divide so that no artist, nor any who plays with them, is in two parts."""
    return {clip.id: part_of(clip.name.artist) for clip in clips if clip.id not in EMPTY}


def clean(clips: Sequence[Clip], known: frozenset[str], root: Path) -> dict[str, str]:
    """Return the clean division: the pickled lists where they are, else the table's, else a rule.

    The rule: clips that bear any of the fifty tags, by folder, without six that the published
    lists leave out. Empty where not all of the fifty are known and nothing says so.

    Raises:
        DataError: a pickled list that is damaged, holds anything else, or names no clip.
    """
    if lists := pickled(root):
        return _listed(lists, clips)
    if any(clip.clean for clip in clips):
        return {clip.id: clip.clean for clip in clips if clip.clean not in {"", "none"}}
    if not known >= _TOP50:
        return {}
    return {clip.id: _folder_part(clip) for clip in clips
            if clip.id not in _LEFT_OUT and not _TOP50.isdisjoint(clip.tags or ())}


def pickled(root: Path) -> dict[str, Path]:
    """Return part to pickled list, at the root or in ``MTAT_split``; empty unless all are there."""
    for folder in (root, root / "MTAT_split"):
        lists = {part: folder / f"{part}_list_pub.cP" for part in _PARTS}
        if all(path.is_file() for path in lists.values()):
            return lists
    return {}


def _listed(lists: dict[str, Path], clips: Sequence[Clip]) -> dict[str, str]:
    ids = {clip.path.removesuffix(".mp3"): clip.id for clip in clips}
    parts: dict[str, str] = {}
    unknown: list[str] = []
    for part, path in lists.items():
        for entry in read_pickled_list(path):
            clip = ids.get(_key(entry))
            if clip is None:
                unknown.append(str(entry))
            elif parts.setdefault(clip, part) != part:
                raise DataError(f"{path}: '{entry}' is in {parts[clip]}, too; expected each clip "
                                "in one part.")
        if unknown:
            raise DataError(f"{path}: names clips that the table does not: {some(unknown)}.")
    return dict(sorted(parts.items()))


def _key(entry: object) -> str:
    """Return folder and name without suffix: the lists name arrays, at any place."""
    path = PurePosixPath(str(entry).replace("\\", "/"))
    return f"{path.parent.name}/{path.stem}"


def _folder_part(clip: Clip) -> str:
    folder = clip.name.folder
    return "train" if folder < "c" else "valid" if folder == "c" else "test"
