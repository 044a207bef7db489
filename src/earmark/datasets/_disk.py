"""Room on disks, and sizes in words."""

from __future__ import annotations

import shutil
from pathlib import Path

from earmark.errors import DataError

_SPARE_BYTES = 64 << 20  # a disk filled to the last byte breaks other programs


def need_room(folder: Path, needed: int, what: str) -> None:
    """Refuse to begin what the disk cannot hold.

    Args:
        folder: on the disk in question, or to be made on it.
        needed: bytes to be written.

    Raises:
        DataError: less than that, and a little to spare, is free; says both.
    """
    free = shutil.disk_usage(_existing(folder)).free
    if needed and needed + _SPARE_BYTES > free:
        raise DataError(f"{folder}: {what} needs {in_words(needed)} and {in_words(free)} are free "
                        "on its disk; free some space or choose another folder.")


def in_words(size: int) -> str:
    """Return a size in units of 1000.

    >>> in_words(999), in_words(1_225_571_541), in_words(20_000)
    ('999 B', '1.2 GB', '20 kB')
    """
    value, unit = float(size), "B"
    for unit in ("B", "kB", "MB", "GB", "TB"):
        if value < 999.5 or unit == "TB":
            break
        value /= 1000
    return f"{value:.1f} {unit}" if unit in ("GB", "TB") and value < 100 else f"{value:.0f} {unit}"


def _existing(folder: Path) -> Path:
    """Return the folder, or the nearest above it that there is."""
    folder = folder.absolute()
    return next(f for f in (folder, *folder.parents) if f.exists())
