"""The taggers at hand: those that come with Earmark and those the user has added.

An added tagger is one file in ``store.data_folder()/taggers``; its name is the file's. A name
that comes with Earmark always means the tagger that comes with it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

from earmark.errors import EarmarkError, TaggerError, suggestion
from earmark.store import data_folder
from earmark.tagger import format as tagger_format
from earmark.tagger.format import SUFFIX, Contents

_BUNDLED = Path(__file__).parent / "bundled"
_PLAIN_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
# Names that Windows keeps for devices.
_RESERVED = {"con", "prn", "aux", "nul", *(f"{p}{k}" for p in ("com", "lpt") for k in range(10))}
PREFERRED = ("gtzan10-net", "musicnn")
"""Files are tagged by these, as far as they are at hand, where no tagger is named."""


def folder() -> Path:
    """Return where added taggers lie; it need not exist."""
    return data_folder() / "taggers"


def bundled() -> list[str]:
    """Return the names of the taggers that come with Earmark."""
    return _stems(_BUNDLED.glob(f"*{SUFFIX}"))


def added() -> list[str]:
    """Return the names of the taggers the user has added."""
    taken = {name.casefold() for name in bundled()}
    return [name for name in _stems(folder().glob(f"*{SUFFIX}")) if name.casefold() not in taken]


def names() -> list[str]:
    """Return the names of all taggers at hand."""
    return sorted([*bundled(), *added()])


def usual() -> list[str]:
    """Return the names of the taggers used where none is named: of ``PREFERRED``, those at hand."""
    at_hand = names()
    return [name for name in PREFERRED if name in at_hand]


def find(name: str | Path) -> Path:
    """Return the path of a tagger given by name or by path.

    Raises:
        TaggerError: neither; the nearest name is offered.
    """
    for known, place in ((bundled(), _BUNDLED), (added(), folder())):
        if str(name) in known:
            return place / f"{name}{SUFFIX}"
    path = Path(name)
    if path.exists() or path.suffix == SUFFIX or len(path.parts) > 1:
        return path
    raise TaggerError(f"no tagger is called '{name}'.{suggestion(str(name), names())} A tagger "
                      f"file is given by its path, which ends in {SUFFIX}.")


def install(contents: Contents) -> Path:
    """Add a tagger under its own name, in place of an added one so called; return its path.

    Raises:
        TaggerError: its name comes with Earmark, or cannot be a file's on every system.
        EarmarkError: the folder cannot be written.
    """
    name = contents.manifest.name
    _refuse_odd(name)
    if name.casefold() in {known.casefold() for known in bundled()}:
        raise TaggerError(f"a tagger called '{name}' comes with Earmark; give this one another "
                          "name.")
    path = folder() / f"{name}{SUFFIX}"
    tagger_format.write(contents, path)
    return path


def remove(name: str) -> Path:
    """Remove an added tagger and return where it lay.

    Raises:
        TaggerError: it comes with Earmark, or none is so called. EarmarkError: the system refuses.
    """
    if name in bundled():
        raise TaggerError(f"'{name}' comes with Earmark and stays; only added taggers are removed.")
    if name not in added():
        hint = suggestion(name, added()) or " None has been added."
        raise TaggerError(f"no added tagger is called '{name}'.{hint}")
    path = folder() / f"{name}{SUFFIX}"
    try:
        path.unlink()
    except OSError as error:
        raise EarmarkError(f"{path} cannot be removed: {error.strerror or error}") from error
    return path


def _refuse_odd(name: str) -> None:
    odd = name.endswith((".", SUFFIX)) or name.partition(".")[0].casefold() in _RESERVED
    if odd or not _PLAIN_NAME.fullmatch(name):
        raise TaggerError(f"a tagger called {name!r} cannot be added: expected a name of up to 64 "
                          "letters a to z, digits, '.', '_' and '-', such as 'my-genres'.")


def _stems(paths: Iterable[Path]) -> list[str]:
    """Names of the files, without hidden ones such as some systems leave beside copies."""
    return sorted(path.stem for path in paths if not path.name.startswith(".") and path.is_file())
