"""Members of tar archives, plain or compressed."""

from __future__ import annotations

import contextlib
import gzip
import lzma
import tarfile
import zlib
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import IO, Any, cast

from earmark.datasets._members import Member, Unsafe, safe_name, safe_target

# Of made-up headers, tarfile stumbles over numbers, too.
ERRORS = (tarfile.TarError, gzip.BadGzipFile, zlib.error, lzma.LZMAError, EOFError, ValueError,
          OverflowError)  # fmt: skip
_LONGEST_HEADER = 1 << 20
_PIECE_BYTES = 1 << 20
_HEADERS = (tarfile.GNUTYPE_LONGNAME, tarfile.GNUTYPE_LONGLINK, tarfile.XHDTYPE,
            tarfile.XGLTYPE, tarfile.SOLARIS_XHDTYPE)  # fmt: skip


@contextlib.contextmanager
def opened(file: IO[bytes], inside: Path) -> Iterator[Iterator[Member]]:
    """Yield the members of a tar archive, read once from its start.

    Args:
        inside: the folder to unpack in, for Python's own checks.

    Raises:
        Unsafe: it is not to be unpacked. One of ``ERRORS`` or an OSError: it is damaged.
    """
    with tarfile.open(fileobj=file, mode="r:*", tarinfo=_Careful) as archive:
        yield _members(archive, inside)


class _Careful(tarfile.TarInfo):
    """Refuses headers such as long names that would be read into memory whole."""

    def _proc_member(self, archive: tarfile.TarFile) -> Any:
        if self.type in _HEADERS and self.size > _LONGEST_HEADER:
            raise Unsafe("a name or header is longer than any can be")
        return super()._proc_member(archive)  # type: ignore[misc]


def _members(archive: tarfile.TarFile, inside: Path) -> Iterator[Member]:
    for info in archive:
        yield _member(archive, info, inside)
    # Where a header is cut or broken tarfile just ends; a whole archive ends with zeros.
    file = cast(IO[bytes], archive.fileobj)
    file.seek(archive.offset)
    if file.read(tarfile.BLOCKSIZE) != bytes(tarfile.BLOCKSIZE):
        raise tarfile.ReadError("it ends without an end mark")
    # To its end, where compressed files have the checksum of all.
    while rest := file.read(_PIECE_BYTES):
        if rest.strip(b"\0"):
            raise Unsafe("something follows after its end")


def _member(archive: tarfile.TarFile, info: tarfile.TarInfo, inside: Path) -> Member:
    name = safe_name(_text(info.name))
    if info.isdir():
        return Member(name, "folder")
    if info.issym():
        return Member(name, "link", target=safe_target(name, _text(info.linkname)))
    if info.islnk():  # unlike that of a symbolic link, its target starts at the archive's top
        return Member(name, "link", target=safe_target("", _text(info.linkname)))
    if not info.isreg():
        raise Unsafe(f"a member is a device or pipe: '{name}'")
    if hasattr(tarfile, "data_filter"):  # not in the first releases of Python 3.11
        try:
            tarfile.data_filter(info, str(inside))
        except tarfile.FilterError as error:
            raise Unsafe(str(error)) from error
    content = cast(Any, partial(archive.extractfile, info))
    return Member(name, "file", info.size, open=content)


def _text(name: str) -> str:
    """Return a name whose bytes are no UTF-8 as Latin-1, which any disk can take."""
    return name.encode("utf-8", "surrogateescape").decode("latin-1") if any(
        "\ud800" <= c < "\ue000" for c in name) else name
