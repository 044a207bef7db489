"""Unpacking archives from the network: nothing outside the folder, nothing half.

What is unpacked lies in a hidden folder beside until all of it is whole, then is moved into
place. An interrupted run goes on: members that are whole already, in place or hidden, are not
written again. Links are not made: one to a file of the archive becomes a copy of it, and one out
of the archive ends the matter. What an archive may not hold is in ``_members``.
"""

from __future__ import annotations

import contextlib
import filecmp
import secrets
import shutil
import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Literal

from earmark.datasets._disk import need_room
from earmark.datasets._joined import open_joined, whole_of
from earmark.datasets._members import Member, Seen, Unsafe
from earmark.errors import DataError

Progress = Callable[[str, int, "int | None"], None]  # (what, bytes done, bytes in all if known)
_PIECE_BYTES = 1 << 20
_MOST_STEPS = 40  # from link to link


@dataclass(frozen=True)
class Unpacked:
    """What unpacking did.

    Attributes:
        written: how many files were new.
        kept: how many were whole in their place already.
        aside: files that differed from the archive's and now bear ``.bad`` after their names.
        left_out: links that lead to no file of the archive.
    """

    written: int
    kept: int
    aside: tuple[str, ...]
    left_out: tuple[str, ...]


def unpack(
    pieces: Sequence[Path],
    folder: Path,
    kind: Literal["zip", "tar"],
    progress: Progress | None = None,
) -> Unpacked:
    """Unpack an archive into a folder.

    Args:
        pieces: the archive, or the pieces that it was cut into (``.001``, ``.002`` ...), which
            are read as one.
        progress: called with the archive's name, bytes unpacked and bytes in all, which for tar
            is None until the end.

    Raises:
        DataError: the archive is damaged, cut short or encrypted, holds what could do harm, or
            does not fit on the disk; nothing is left in place then.
    """
    archive = pieces[0].with_name(whole_of(pieces[0].name)[0]) if len(pieces) > 1 else pieces[0]
    staging = folder / f".{archive.name}.unpacking"
    try:
        staging.mkdir(parents=True, exist_ok=True)
        with open_joined(pieces) as file:
            return _Job(archive, folder, staging, kind, progress).run(
                file, sum(piece.stat().st_size for piece in pieces))
    except Unsafe as error:
        shutil.rmtree(staging, ignore_errors=True)
        raise DataError(f"{archive}: is not unpacked: {error}.") from error
    except _damage(kind) as error:
        if isinstance(error, OSError) and error.errno is not None:  # bz2's own have no number
            raise DataError(f"{error.filename or archive}: cannot be unpacked: "
                            f"{error.strerror}.") from error
        shutil.rmtree(staging, ignore_errors=True)
        raise DataError(f"{archive}: is damaged or cut short ({error or type(error).__name__}); "
                        "remove it and fetch it again.") from error


def _damage(kind: str) -> tuple[type[Exception], ...]:
    if kind == "zip":
        from earmark.datasets._zip import ERRORS as ZIP_ERRORS

        return (*ZIP_ERRORS, OSError)
    from earmark.datasets._tar import ERRORS as TAR_ERRORS

    return (*TAR_ERRORS, OSError)


class _Job:
    """One archive on its way into a folder."""

    def __init__(
        self, archive: Path, folder: Path, staging: Path, kind: str, progress: Progress | None
    ) -> None:
        self.archive, self.folder, self.staging, self.kind = archive, folder, staging, kind
        self.progress = progress
        self.done, self.total = 0, None if kind == "tar" else 0
        self.files: set[str] = set()
        self.links: dict[str, str] = {}
        self.kept = 0

    def run(self, file: IO[bytes], packed: int) -> Unpacked:
        seen = Seen(packed, _ignores_case(self.staging))
        with self._opened(file, packed) as members:
            for member in self._foreseen(members, seen) if self.kind == "zip" else members:
                if self.kind != "zip":
                    seen.add(member)
                self._take(member)
        self.total = self.done
        self._tell(0)
        left_out = self._copy_links()
        self._forget_strangers()
        count = len(self.files) + len(self.links) - len(left_out) - self.kept
        _clear_way(self.staging, self.folder)
        aside = tuple(_merge(self.staging, self.folder, self.folder))
        self.staging.rmdir()
        return Unpacked(count, self.kept, aside, left_out)

    def _opened(
        self, file: IO[bytes], packed: int
    ) -> contextlib.AbstractContextManager[Iterator[Member]]:
        if self.kind == "zip":
            from earmark.datasets import _zip

            return _zip.opened(file, packed)
        from earmark.datasets import _tar

        return _tar.opened(file, self.staging)

    def _foreseen(self, members: Iterator[Member], seen: Seen) -> list[Member]:
        """Check all members of a zip, which lists them, before the first is written."""
        known = list(members)
        for member in known:
            seen.add(member)
        self.total = sum(member.size for member in known)
        need_room(self.folder, sum(m.size for m in known if not self._seems_there(m)),
                  f"unpacking {self.archive.name}")
        return known

    def _seems_there(self, member: Member) -> bool:
        return any(_size(base / member.name) == member.size
                   for base in (self.folder, self.staging))

    def _take(self, member: Member) -> None:
        if member.kind == "link":
            self.links[member.name] = member.target
        elif member.kind == "folder":
            (self.staging / member.name).mkdir(parents=True, exist_ok=True)
        else:
            self.files.add(member.name)
            if _whole(self.folder / member.name, member):
                self.kept += 1
                (self.staging / member.name).unlink(missing_ok=True)
            elif not _whole(self.staging / member.name, member):
                self._write(member)
            self._tell(member.size)

    def _write(self, member: Member) -> None:
        need_room(self.folder, member.size, f"unpacking {self.archive.name}")
        path = self.staging / member.name
        path.parent.mkdir(parents=True, exist_ok=True)
        with _content(member) as content, path.open("wb") as out:
            left = member.size
            while piece := content.read(min(_PIECE_BYTES, left + 1)):
                left -= len(piece)
                if left < 0:
                    raise Unsafe(f"a member is larger than it says: '{member.name}'")
                out.write(piece)
        if left:
            raise Unsafe(f"a member is smaller than it says: '{member.name}'")

    def _tell(self, size: int) -> None:
        self.done += size
        if self.progress is not None:
            self.progress(self.archive.name, self.done, self.total)

    def _copy_links(self) -> tuple[str, ...]:
        """Copy the files that links lead to; return the links that lead to none."""
        left_out = []
        for name in self.links:
            source = self._end_of(name)
            if source is None:
                left_out.append(name)
                continue
            at = next(b for b in (self.staging, self.folder) if (b / source).is_file())
            self._copy(at / source, name)
        return tuple(left_out)

    def _copy(self, source: Path, name: str) -> None:
        place = self.folder / name
        if _size(place) == _size(source) and filecmp.cmp(place, source, shallow=False):
            self.kept += 1
            return
        need_room(self.folder, source.stat().st_size, f"unpacking {self.archive.name}")
        (self.staging / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, self.staging / name)

    def _forget_strangers(self) -> None:
        """Remove what an interrupted run of another edition of the archive left behind."""
        known = self.files | self.links.keys()
        for path in list(self.staging.rglob("*")):
            if path.is_file() and path.relative_to(self.staging).as_posix() not in known:
                path.unlink()

    def _end_of(self, name: str) -> str | None:
        for _ in range(_MOST_STEPS):
            if name not in self.links:
                return name if name in self.files else None
            name = self.links[name]
        return None


def _content(member: Member) -> IO[bytes]:
    assert member.open is not None  # only files are opened
    return member.open()


def _whole(path: Path, member: Member) -> bool:
    """Whether a file is what the archive holds: by size and CRC, or by its bytes."""
    if _size(path) != member.size:
        return False
    if member.crc is not None:
        return _crc(path) == member.crc
    with _content(member) as content, path.open("rb") as file:
        while piece := content.read(_PIECE_BYTES):
            if piece != file.read(len(piece)):
                return False
    return True


def _size(path: Path) -> int | None:
    return path.stat().st_size if path.is_file() else None


def _crc(path: Path) -> int:
    crc = 0
    with path.open("rb") as file:
        while piece := file.read(_PIECE_BYTES):
            crc = zlib.crc32(piece, crc)
    return crc


def _ignores_case(folder: Path) -> bool:
    """Whether the disk takes names that differ by case for one."""
    probe = folder / f"case{secrets.token_hex(4)}"
    probe.touch()
    try:
        return probe.with_name(probe.name.upper()).exists()
    finally:
        probe.unlink()


def _clear_way(source: Path, target: Path) -> None:
    """Refuse where a file would have to take a folder's place, or a folder a file's."""
    for path in source.iterdir():
        place = target / path.name
        if place.exists() and path.is_dir() != place.is_dir():
            raise DataError(f"{place}: is in the way of what is unpacked; move it and run this "
                            "again.")
        if place.is_dir():
            _clear_way(path, place)


def _merge(source: Path, target: Path, root: Path) -> Iterator[str]:
    """Move what is in a folder into another; yield the files that had to be put aside."""
    for path in sorted(source.iterdir()):
        place = target / path.name
        if place.is_dir():
            yield from _merge(path, place, root)
            path.rmdir()
            continue
        if place.is_file():
            place.replace(place.with_name(place.name + ".bad"))
            yield place.relative_to(root).as_posix()
        path.replace(place)
