"""Members of zip archives."""

from __future__ import annotations

import contextlib
import lzma
import os
import stat
import struct
import zipfile
import zlib
from collections.abc import Iterator
from functools import partial
from typing import IO

from earmark.datasets._members import Member, Unsafe, safe_name, safe_target

# Of made-up headers, zipfile stumbles over numbers, too; methods it does not know are a
# RuntimeError.
ERRORS = (zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError, RuntimeError, struct.error,
          ValueError, OverflowError)  # fmt: skip
_ENCRYPTED = 0x1
_UTF8 = 0x800
_LONGEST_TARGET = 4096
_LONGEST_END = 22 + 65_535  # with a comment
_COUNT_ELSEWHERE = 65_535


@contextlib.contextmanager
def opened(file: IO[bytes], packed: int) -> Iterator[Iterator[Member]]:
    """Yield the members of a zip archive of ``packed`` bytes; their names are all checked first.

    Raises:
        Unsafe: it is not to be unpacked. One of ``ERRORS``: it is damaged.
    """
    with zipfile.ZipFile(file) as archive:
        infos = archive.infolist()
        # zipfile looks only at where the list of members begins, not at how many there are.
        if _declared(file) not in (_COUNT_ELSEWHERE, len(infos) % (_COUNT_ELSEWHERE + 1)):
            raise zipfile.BadZipFile("the list of its members is not whole")
        if sum(info.compress_size for info in infos) > packed:
            raise Unsafe("its members overlap")
        yield iter([_member(archive, info) for info in infos])


def _declared(file: IO[bytes]) -> int:
    """Return the number of members as the end of the archive says it, in sixteen bits."""
    size = file.seek(0, os.SEEK_END)
    file.seek(max(0, size - _LONGEST_END))
    end = file.read()
    return int(struct.unpack_from("<H", end, end.rindex(b"PK\x05\x06") + 10)[0])


def _member(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> Member:
    name = safe_name(_name(info))
    if info.flag_bits & _ENCRYPTED:
        raise Unsafe(f"a member is encrypted: '{name}'")
    kind = stat.S_IFMT(info.external_attr >> 16)
    if info.filename.endswith("/") or kind == stat.S_IFDIR:
        return Member(name, "folder")
    if kind == stat.S_IFLNK:
        if info.file_size > _LONGEST_TARGET:
            raise Unsafe(f"a link is longer than any path: '{name}'")
        target = archive.read(info).decode("utf-8", "surrogateescape")
        return Member(name, "link", target=safe_target(name, target))
    if kind not in (0, stat.S_IFREG):
        raise Unsafe(f"a member is a device or pipe: '{name}'")
    return Member(name, "file", info.file_size, info.CRC, open=partial(archive.open, info))


def _name(info: zipfile.ZipInfo) -> str:
    """Return the whole name: ``filename`` ends at a NUL and turns backslashes on Windows."""
    name = info.orig_filename
    if not info.flag_bits & _UTF8:
        # Many programs write UTF-8 without saying so; what is no UTF-8 is left as DOS wrote it.
        with contextlib.suppress(UnicodeError):
            return name.encode("cp437").decode("utf-8")
    return name
