"""What a file is by its first bytes, beside what its name says it is.

Only formats whose beginning is unmistakable are told; of anything else nothing is said.

Sources: the formats' own descriptions (RIFF/WAVE, RFC 9639 FLAC, RFC 3533 Ogg, AIFF 1.3, Sun AU,
Apple CAF, ISO 14496-12 for MP4, ASF, Matroska, APE, WavPack) and RFC 1740 for AppleDouble.
"""

from __future__ import annotations

from pathlib import Path

from earmark.audio.identity import mpeg_starts_at

_HEAD_BYTES = 32
_TAIL_BYTES = 1 << 17  # a page of Ogg has 65 307 at most
_PAGE_HEADER, _LAST_PAGE = 27, 0x04
_SYSTEM_NAMES = frozenset({".ds_store", "thumbs.db", "desktop.ini", ".directory"})
_APPLE_DOUBLE = b"\x00\x05\x16\x07"

# (kind, offset, bytes there, usual suffix first)
_SIGNS: tuple[tuple[str, int, bytes, tuple[str, ...]], ...] = (
    ("WAV", 8, b"WAVE", (".wav", ".wave", ".bwf", ".rf64")),
    ("AIFF", 8, b"AIFF", (".aif", ".aiff", ".aifc")),
    ("AIFF", 8, b"AIFC", (".aif", ".aiff", ".aifc")),
    ("FLAC", 0, b"fLaC", (".flac",)),
    ("Ogg", 0, b"OggS", (".ogg", ".oga", ".opus", ".spx")),
    ("AU", 0, b".snd", (".au", ".snd")),
    ("CAF", 0, b"caff", (".caf",)),
    ("MP4", 4, b"ftyp", (".m4a", ".m4b", ".mp4", ".aac", ".mov", ".3gp", ".alac")),
    ("WMA", 0, b"\x30\x26\xb2\x75\x8e\x66\xcf\x11", (".wma", ".asf", ".wmv")),
    ("Matroska", 0, b"\x1a\x45\xdf\xa3", (".mka", ".mkv", ".webm")),
    ("APE", 0, b"MAC ", (".ape",)),
    ("WavPack", 0, b"wvpk", (".wv",)),
    ("W64", 0, b"riff\x2e\x91\xcf\x11", (".w64",)),
)
_MP3 = ("MP3", (".mp3", ".mp2", ".mpga", ".mpg", ".mp1"))
_WHOLE_HEADS = {b"WAVE": (b"RIFF", b"RF64", b"BW64"), b"AIFF": (b"FORM",), b"AIFC": (b"FORM",)}


def kind_of(path: Path) -> tuple[str, tuple[str, ...]] | None:
    """Return a file's kind and the suffixes it goes by, the usual one first; None where its
    beginning says nothing for sure.

    Raises:
        OSError: it cannot be read.
    """
    with path.open("rb") as file:
        head = file.read(_HEAD_BYTES)
        for kind, place, sign, suffixes in _SIGNS:
            outer = _WHOLE_HEADS.get(sign)
            if head[place:].startswith(sign) and (outer is None or head.startswith(outer)):
                return kind, suffixes
        return _MP3 if mpeg_starts_at(file) is not None else None


def wrong_suffix(path: Path) -> tuple[str, str] | None:
    """Return what a file is and the suffix it should have; None where its name is right, where it
    has no suffix, or where its beginning says nothing for sure.

    Raises:
        OSError: it cannot be read.
    """
    suffix = path.suffix.lower()
    found = kind_of(path) if suffix else None
    if found is None or suffix in found[1]:
        return None
    return found[0], found[1][0]


def ogg_breaks_off(path: Path) -> bool:
    """Tell whether a file is Ogg whose last page is cut off or not marked as the last: decoders
    take such a file for a shorter one and say nothing.

    Raises:
        OSError: it cannot be read.
    """
    with path.open("rb") as file:
        if file.read(4) != b"OggS":
            return False
        file.seek(max(0, file.seek(0, 2) - _TAIL_BYTES))
        tail = file.read()
    page = tail[max(0, tail.rfind(b"OggS")) :]
    if len(page) < _PAGE_HEADER or not page[5] & _LAST_PAGE:
        return True
    segments = page[_PAGE_HEADER : _PAGE_HEADER + page[26]]
    return len(page) < _PAGE_HEADER + page[26] + sum(segments)


def is_system_file(path: Path) -> bool:
    """Tell whether a file is one that a system left beside others: ``._*`` and ``.DS_Store`` of
    macOS, ``Thumbs.db`` and ``desktop.ini`` of Windows.

    A name beginning with ``._`` alone does not make it one: its first bytes must, too.
    """
    if path.name.lower() in _SYSTEM_NAMES:
        return True
    if not path.name.startswith("._"):
        return False
    try:
        with path.open("rb") as file:
            return file.read(4) in (_APPLE_DOUBLE, b"")
    except OSError:
        return False
