"""Fetching the files that a dataset is published in: checked, resumed, never half.

Each file is known by the checksum its publisher gives, or, where there is none, by the one that
it had when it first came (``download.json`` in the folder keeps those). Files that are whole are
not fetched again, an interrupted file goes on where it broke off (``_transfer``), and one that is
not what it should be never takes its place.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from urllib.parse import quote, urlsplit

from earmark.datasets._disk import need_room
from earmark.datasets._joined import grouped
from earmark.datasets._records import Records, agrees
from earmark.datasets._transfer import Progress, Transfer, sizes_on_server
from earmark.datasets.archives import Unpacked, unpack
from earmark.datasets.base import Source
from earmark.errors import DataError, SettingsError, require, suggestion
from earmark.store import lock

MIRROR = "EARMARK_MIRROR"  # environment: a prefix of addresses to use in place of the publisher's
_LOCK = ".download.lock"


@dataclass(frozen=True)
class Fetched:
    """A file that is at hand.

    Attributes:
        checksum: by which it is known: as published, or else the ``sha256:`` of what came.
        published: whether the publisher gives that checksum.
        new: whether it was fetched now; else it was there.
    """

    source: Source
    path: Path
    checksum: str
    published: bool
    new: bool


def fetch(
    sources: Iterable[Source],
    root: Path,
    *,
    parts: Sequence[str] | None = None,
    mirror: str | None = None,
    progress: Progress | None = None,
) -> list[Fetched]:
    """Fetch files into a dataset's folder and check them.

    Args:
        parts: only sources of these parts; None for all.
        mirror: prefix of addresses: each file is sought at the prefix, ``/`` and its place below
            the root. None for ``EARMARK_MIRROR`` or, without that, the publisher's addresses.
        progress: called with a file's name, bytes at hand and, where known, bytes in all.

    Raises:
        DataError: one line on what keeps a file from coming, or on a file that is not what it
            should be. SettingsError: no such part. MissingExtraError: pooch is not installed.
    """
    chosen = choose(sources, parts)
    require("pooch", extra="data", purpose="fetching datasets")
    with _alone(root):
        records = Records(root)
        _need_room(chosen, root)
        return [_one(source, root, records, address(source, mirror), progress)
                for source in chosen]


def unpack_all(
    fetched: Iterable[Fetched], progress: Progress | None = None
) -> dict[str, Unpacked]:
    """Unpack the archives among fetched files, beside themselves; name of the archive to outcome.

    Raises:
        DataError: as ``archives.unpack``, or a piece of a cut archive was not fetched.
    """
    by_file = {f.path.as_posix(): f for f in fetched}
    done = {}
    for whole, files in grouped(by_file).items():
        pieces = [by_file[file].path for file in files]
        kind = max(by_file[file].source.unpack for file in files)  # of a cut one, one may say it
        if kind != "":
            try:
                done[whole] = unpack(pieces, pieces[0].parent, kind, progress)
            except DataError:
                _forget([by_file[file] for file in files])
                raise
    return done


def _forget(files: Sequence[Fetched]) -> None:
    """Expect no more what came of files that cannot be unpacked and have no published checksum."""
    for fetched in files:
        if not fetched.published:
            root = fetched.path.parents[len(PurePosixPath(fetched.source.file).parts) - 1]
            Records(root).remove(fetched.source.file)


def choose(sources: Iterable[Source], parts: Sequence[str] | None) -> list[Source]:
    """Return the sources of the given parts; None for all.

    Raises:
        SettingsError: a part that no source is of.
    """
    sources = list(sources)
    known = list(dict.fromkeys(source.part for source in sources))
    for part in parts or ():
        if part not in known:
            raise SettingsError(f"no part is called '{part}'.{suggestion(part, known)}")
    return [s for s in sources if parts is None or s.part in parts]


def sizes(sources: Iterable[Source], mirror: str | None = None) -> list[int | None]:
    """Return each file's size: as published, else as its server says; None where it does not.

    Raises:
        MissingExtraError: a server must be asked and pooch, which brings what asks, is not there.
    """
    sources = list(sources)
    unknown = [address(source, mirror) for source in sources if source.bytes is None]
    if not unknown:
        return [source.bytes for source in sources]
    require("pooch", extra="data", purpose="fetching datasets")
    said = iter(sizes_on_server(unknown))
    return [next(said) if source.bytes is None else source.bytes for source in sources]


def address(source: Source, mirror: str | None = None) -> str:
    """Return where a file is fetched from.

    Raises:
        DataError: it is no http or https address.

    >>> address(Source("https://example.org/download?id=7", "a b.zip"), "http://localhost:8000/")
    'http://localhost:8000/a%20b.zip'
    """
    prefix = mirror or os.environ.get(MIRROR)
    url = f"{prefix.rstrip('/')}/{quote(source.file)}" if prefix else source.url
    if urlsplit(url).scheme not in ("http", "https") or not urlsplit(url).netloc:
        raise DataError(f"{url}: is no http or https address; only those are fetched.")
    return url


@contextlib.contextmanager
def _alone(root: Path) -> Iterator[None]:
    """Make the folder and keep a second run out of it."""
    try:
        root.mkdir(parents=True, exist_ok=True)
        with lock(root / _LOCK):
            yield
    except BlockingIOError as error:
        raise DataError(f"{root}: another run is fetching into this folder; wait for it."
                        ) from error
    except OSError as error:
        raise DataError(f"{error.filename or root}: cannot be used: {error.strerror or error}; "
                        "choose another folder.") from error


def _need_room(sources: Sequence[Source], root: Path) -> None:
    missing = [s for s in sources if not (root / s.file).is_file()]
    needed = sum(max(0, (s.bytes or 0) - _begun(root / s.file)) for s in missing)
    need_room(root, needed, "what is to be fetched")


def _begun(path: Path) -> int:
    part = path.with_name(path.name + ".part")
    return part.stat().st_size if part.is_file() else 0


def _one(
    source: Source, root: Path, records: Records, url: str, progress: Progress | None
) -> Fetched:
    path = root / source.file
    expected = source.checksum or records.checksum(source.file)
    new = not _there(path, source, expected)
    if new:
        _download(Transfer(url, path, source.bytes, expected is not None, progress), expected)
    if expected is None:
        expected = records.add(source.file, url, path)
    return Fetched(source, path, expected, source.checksum is not None, new)


def _there(path: Path, source: Source, expected: str | None) -> bool:
    """Whether a file is there and what it should be; one that is not is put aside."""
    if path.is_dir():
        raise DataError(f"{path}: is a folder where a file is to go; move it.")
    if not path.is_file():
        return False
    if expected is None:
        fits = source.bytes in (None, path.stat().st_size)
    else:
        fits = agrees(path, expected)
    if fits:
        return True
    path.replace(path.with_name(path.name + ".bad"))
    return False


def _download(transfer: Transfer, expected: str | None) -> None:
    """Let pooch fetch into a temporary file, compare, and move it into place."""
    import pooch

    pooch.get_logger().setLevel("ERROR")  # it would advise on code of its own
    target = transfer.target
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        pooch.retrieve(transfer.url, expected, target.name, target.parent, downloader=transfer)
    except ValueError as error:
        raise DataError(f"{transfer.url}: what came has not the checksum {expected} and is thrown "
                        "away: the file was changed or damaged on its way; try again, or another "
                        "address with --from.") from error
    except OSError as error:
        raise DataError(f"{target}: cannot be written: {error.strerror or error}.") from error
