"""Where the compiled kernels lie, and whether they are what was put there.

numba loads machine code without looking whether its bytes have changed, and runs it. So the hashes
of all files are kept beside them; a folder with a changed file is emptied and compiled anew.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import shutil
from pathlib import Path

from earmark.errors import EarmarkError
from earmark.store import cache_folder, write_text

_SEAL = "hashes.json"


def compiled_folder() -> Path:
    """Return where the compiled code of these very kernels lies.

    numba looks at one file's date to tell whether its code is stale; here all of them count.
    """
    digest = hashlib.sha256()
    for path in sorted(Path(__file__).parent.glob("*.py")):
        digest.update(path.read_bytes())
    return cache_folder() / "numba" / digest.hexdigest()[:12]


def check(folder: Path) -> None:
    """Empty the folder where a file is not the one that was sealed."""
    with contextlib.suppress(OSError):
        sealed = _sealed(folder)
        if sealed is not None and any(_hashes(folder).get(n) != h for n, h in sealed.items()):
            empty(folder)


def seal(folder: Path) -> None:
    """Note the hashes of all files, where there are others than were noted."""
    with contextlib.suppress(OSError, EarmarkError):
        found = _hashes(folder)
        if found and found != _sealed(folder):
            write_text(folder / _SEAL, json.dumps(found))


def empty(folder: Path) -> None:
    """Remove what is there."""
    shutil.rmtree(folder, ignore_errors=True)


def _sealed(folder: Path) -> dict[str, str] | None:
    """Return the hashes that were noted; none of a file that is no such note."""
    try:
        noted = json.loads((folder / _SEAL).read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    except ValueError:
        return {_SEAL: "damaged"}
    return noted if isinstance(noted, dict) else {_SEAL: "damaged"}


def _hashes(folder: Path) -> dict[str, str]:
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*.nb[ci]"))
    }
