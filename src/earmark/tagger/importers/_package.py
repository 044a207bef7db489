"""Files of a published Python package, wherever it lies: installed, unpacked, or in a wheel.

The package is never imported and nothing in it is run; of a wheel nothing is unpacked.
"""

from __future__ import annotations

import fnmatch
import glob
import importlib.util
import re
import subprocess
import sys
import zipfile
import zlib
from abc import ABC, abstractmethod
from pathlib import Path, PurePosixPath

from earmark.errors import TaggerError

_MOST_BYTES, _MOST_CHARACTERS = 64 * 1024**2, 100_000
_VERSION = re.compile(r"Version:\s*([0-9A-Za-z.+!-]{1,40})\s*")
_DOWNLOAD_SECONDS = 900
_UNREADABLE = (zipfile.BadZipFile, zlib.error, OSError, RuntimeError, EOFError, ValueError)


class Package(ABC):
    """One package and what was installed beside it.

    Attributes:
        name: of the package.
        where: names it in errors.
    """

    def __init__(self, name: str, where: str) -> None:
        self.name, self.where = name, where

    @abstractmethod
    def find(self, pattern: str) -> list[str]:
        """Return the files whose path from the folder above the package matches, sorted."""

    @abstractmethod
    def _content(self, path: str) -> bytes: ...

    def read(self, path: str) -> bytes:
        """Return a file's content by its path from the folder above the package.

        Raises:
            TaggerError: there is none, or it cannot be read.
        """
        if not self.find(glob.escape(path)):
            raise TaggerError(f"{self.where} lacks {path}; expected the published package "
                              f"'{self.name}': give its wheel.")
        try:
            content = self._content(path)
        except _UNREADABLE as error:
            raise TaggerError(f"{self.where}: {path} cannot be read: {error}.") from error
        if len(content) > _MOST_BYTES:
            raise TaggerError(f"{self.where}: {path} is over {_MOST_BYTES >> 20} MiB, more than "
                              "any file of the published package.")
        return content

    def text(self, path: str) -> str:
        """Return a file's content as text; raises as ``read`` does."""
        try:
            found = self.read(path).decode("utf-8-sig")
        except UnicodeDecodeError as error:
            raise TaggerError(f"{self.where}: {path} is no UTF-8 text.") from error
        if len(found) > _MOST_CHARACTERS:
            raise TaggerError(f"{self.where}: {path} has {len(found)} characters, more than any "
                              "text that is read of the published package.")
        return found

    @property
    def version(self) -> str:
        """As the package says of itself; "of unknown version" where nothing says it."""
        for path in self.find(f"{self.name}-*.dist-info/METADATA"):
            for line in self.text(path).splitlines():
                if said := _VERSION.fullmatch(line):
                    return said[1]
        return "of unknown version"

    def licence_text(self) -> str:
        """Return the text of the package's licence.

        Raises:
            TaggerError: it is not there, and a tagger must carry it.
        """
        for pattern in (f"{self.name}-*.dist-info/LICEN*",
                        f"{self.name}-*.dist-info/licenses/LICEN*", "LICEN*"):
            if found := self.find(pattern):
                return self.text(found[0])
        raise TaggerError(f"{self.where} has no licence text beside it, which a tagger must carry; "
                          "give the wheel.")


def locate(name: str, source: Path | None) -> Package:
    """Return the package at a place.

    Args:
        source: a wheel, a zip file, the package's folder or the one above it; None for the
            package that is installed here.

    Raises:
        TaggerError: it is not there; says what is.
    """
    if source is None:
        return _installed(name)
    try:
        if source.is_dir():
            return _Folder(name, _root(name, source), str(source))
        if not source.exists():
            raise TaggerError(f"{source} does not exist; expected a wheel, a zip file or a folder "
                              f"of the package '{name}'.")
        return _Zip(name, source)
    except OSError as error:
        raise TaggerError(f"{source} cannot be read: {error.strerror or error}.") from error


def download(requirement: str, folder: Path) -> Path:
    """Fetch a wheel from the package registry that pip is set up for; return its path.

    Raises:
        TaggerError: pip's last line, and what to do.
    """
    # Wheels only: pip would run the setup of a source distribution.
    command = [sys.executable, "-m", "pip", "download", "--disable-pip-version-check", "--no-deps",
               "--only-binary", ":all:", "--dest", str(folder), requirement]  # fmt: skip
    try:
        done = subprocess.run(command, capture_output=True, text=True, errors="replace",
                              timeout=_DOWNLOAD_SECONDS, check=False)  # fmt: skip
        said = (done.stderr or done.stdout).strip().splitlines()
    except (OSError, subprocess.TimeoutExpired) as error:
        done, said = None, [str(error)]
    wheels = sorted(folder.glob("*.whl"))
    if done is None or done.returncode or not wheels:
        raise TaggerError(f"{requirement} could not be fetched: {said[-1] if said else 'no word'}; "
                          "without a network, fetch its wheel elsewhere and give its path.")
    return wheels[0]


def _installed(name: str) -> Package:
    try:
        spec = importlib.util.find_spec(name)  # of a top-level name, this imports nothing
    except (ImportError, ValueError):
        spec = None
    for place in (spec.submodule_search_locations or ()) if spec else ():
        if (Path(place) / "__init__.py").is_file():
            return _Folder(name, Path(place).parent, f"the installed package '{name}'")
    raise TaggerError(f"the package '{name}' is not installed; give the path of its wheel, or "
                      "fetch it with --download.")


def _root(name: str, folder: Path) -> Path:
    """Return the folder above the package, of which one of the two was given."""
    if (folder / name / "__init__.py").is_file():
        return folder
    if folder.resolve().name == name and (folder / "__init__.py").is_file():
        return folder.resolve().parent
    raise TaggerError(f"{folder} holds no package '{name}'; expected the package's folder, the one "
                      "above it, or its wheel.")


class _Folder(Package):
    def __init__(self, name: str, root: Path, where: str) -> None:
        super().__init__(name, where)
        self._root = root

    def find(self, pattern: str) -> list[str]:
        found = self._root.glob(pattern)
        return sorted(p.relative_to(self._root).as_posix() for p in found if p.is_file())

    def _content(self, path: str) -> bytes:
        with (self._root / path).open("rb") as file:
            return file.read(_MOST_BYTES + 1)


class _Zip(Package):
    def __init__(self, name: str, path: Path) -> None:
        super().__init__(name, str(path))
        self._path = path
        try:
            with zipfile.ZipFile(path) as archive:
                self._names = [n for n in archive.namelist() if not n.endswith("/")]
        except _UNREADABLE as error:
            raise TaggerError(f"{path} is neither a wheel nor a zip file: {error}.") from error
        self._refuse_others()
        roots = [str(PurePosixPath(n).parents[1]) for n in self._names
                 if PurePosixPath(n).parts[-2:] == (name, "__init__.py")]  # fmt: skip
        if not roots:
            raise TaggerError(f"{path} holds no package '{name}'; give its wheel.")
        root = min(roots, key=len)
        self._prefix = "" if root == "." else f"{root}/"

    def _refuse_others(self) -> None:
        for entry in self._names:
            first, _, rest = entry.partition("/")
            if rest == "METADATA" and first.endswith(".dist-info"):
                given = first.partition("-")[0]
                if given != self.name:
                    raise TaggerError(f"{self.where} is the wheel of '{given}'; expected "
                                      f"{self.name}.")

    def find(self, pattern: str) -> list[str]:
        size, depth = len(self._prefix), pattern.count("/")
        names = [n[size:] for n in self._names if n.startswith(self._prefix)]
        return sorted(n for n in names
                      if n.count("/") == depth and fnmatch.fnmatchcase(n, pattern))

    def _content(self, path: str) -> bytes:
        with (zipfile.ZipFile(self._path) as archive,
              archive.open(self._prefix + path) as member):  # fmt: skip
            return member.read(_MOST_BYTES + 1)
