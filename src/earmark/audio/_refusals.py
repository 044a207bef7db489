"""Why a path is no audio file, in words: missing, a dead link, a folder, forbidden, empty, text."""

from __future__ import annotations

import contextlib
import errno
import os
import stat
from pathlib import Path

from earmark.errors import AudioError, EmptyAudioError

_TEXT_BYTES = 200


def refuse_unreadable(path: Path) -> None:
    try:
        status = path.stat()
        if stat.S_ISREG(status.st_mode):  # a pipe would make open wait
            path.open("rb").close()
    except PermissionError:
        raise AudioError(f"{path}: no permission to read it; give yourself the right to.") from None
    except (OSError, ValueError) as error:  # ValueError: a zero byte in the name
        raise AudioError(f"{path}: {_why_missing(path, error)}") from error
    if stat.S_ISDIR(status.st_mode):
        raise AudioError(f"{path}: {_why_no_file(path)}")
    if not stat.S_ISREG(status.st_mode):
        raise AudioError(f"{path}: a pipe or device; expected an audio file: save it as one first.")
    if not status.st_size:
        raise EmptyAudioError(f"{path}: empty (0 bytes); expected an audio file: get it again.")


def _why_missing(path: Path, error: OSError | ValueError) -> str:
    absent = FileNotFoundError | NotADirectoryError | ValueError
    if not isinstance(error, absent) and error.errno != errno.ELOOP:
        return f"cannot be read: {error.strerror or error}."
    with contextlib.suppress(OSError, ValueError):
        return f"a link to {path.readlink()}, which leads nowhere; mend or remove it."
    return "no such file; check the name and the folder."


def _why_no_file(folder: Path) -> str:
    try:
        os.scandir(folder).close()
    except OSError as error:
        return f"a folder that cannot be read: {error.strerror or error}."
    return "a folder; expected an audio file: name the files in it."


def text_instead(path: Path) -> str:
    """Return a remark when the file is text, such as an error page saved as .mp3."""
    with path.open("rb") as file:
        head = file.read(_TEXT_BYTES)
    text = head.decode("utf-8", "ignore").lstrip("\ufeff")
    beginning = " ".join(text.split())[:40]
    if len(text.encode()) < len(head) - 6 or not beginning.isprintable() or not beginning:
        return ""
    return f", it is text ('{beginning}')"
