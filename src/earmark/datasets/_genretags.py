"""The genres that a file's own tags name, one by one, as players and shops write them.

Several genres may stand in one tag: as values of their own (FLAC, ID3v2.4), or in one text with a
semicolon or a slash between them. A comma parts nothing, since "Folk, World, & Country" is one
genre, and neither does a slash within the names of shops that hold one ("Hip-Hop/Rap").
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from earmark.labels.vocabulary import fold

PROVENANCE = "earmark"
"""Tags whose names begin so (``EARMARK``, ``EARMARK_TAGGER``: texts of the user's own in ID3,
Vorbis comments, MP4's free-form atoms) say that Earmark wrote the genre: it must not learn from
itself."""

# Of iTunes, AllMusic and Discogs, and of ID3's list; any spelling of them is known.
_WITH_A_SLASH = frozenset(map(fold, (
    "Hip-Hop/Rap", "R&B/Soul", "Singer/Songwriter", "Pop/Rock", "Pop/Funk", "Funk / Soul",
)))  # fmt: skip
_NO_GENRE = frozenset({"other", "others", "unknown", "unknowngenre", "misc", "miscellaneous",
                       "genre", "none", "null", "nan", "na", "undefined", "default", "various",
                       "music", "audio"})  # fmt: skip


class GenreTags(NamedTuple):
    """What the tags of one file say.

    Attributes:
        genres: as written, in their order, each once.
        by_earmark: whether Earmark wrote them.
    """

    genres: tuple[str, ...] = ()
    by_earmark: bool = False


def read_genres(path: Path) -> GenreTags:
    """Return the genres in a file's tags; none for a file without, a broken or a foreign one.

    ID3's numbers (``(17)``) come as the names they stand for.
    """
    from tinytag import TinyTag

    try:
        tag = TinyTag.get(path, duration=False)
    except Exception:  # whatever a broken tag makes its reader do, the sound may be good
        return GenreTags()
    values = [*([tag.genre] if tag.genre else []), *tag.other.get("genre", ())]
    return GenreTags(split(values), any(name.lower().startswith(PROVENANCE) for name in tag.other))


def split(values: Sequence[str]) -> tuple[str, ...]:
    """Return the single genres in the values of a tag; what names none is left out.

    >>> split(["Folk, World, & Country", "R&B/Soul/Jazz; Blues", "Other"])
    ('Folk, World, & Country', 'R&B/Soul', 'Jazz', 'Blues')
    """
    found: dict[str, str] = {}
    for text in (text for value in values for text in re.split(r"[;\0]", value)):
        for genre in filter(_is_genre, _by_slashes(text)):
            found.setdefault(fold(genre), genre)
    return tuple(found.values())


def _by_slashes(text: str) -> Iterator[str]:
    parts = [" ".join(part.split()) for part in text.split("/")]
    while parts:
        part = parts.pop(0)
        if parts and fold(part + parts[0]) in _WITH_A_SLASH:
            slash = " / " if f"{part} / {parts[0]}" in " ".join(text.split()) else "/"
            part += slash + parts.pop(0)
        yield part


def _is_genre(text: str) -> bool:
    folded = fold(text)
    return any(c.isalpha() for c in text) and folded not in _NO_GENRE and text.isprintable()
